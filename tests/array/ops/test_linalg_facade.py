from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da
from weft.array import numpy_linalg


@settings(deadline=None, max_examples=40)
@given(chunked_arrays(min_dims=2), st.integers(-9, 9))
def test_diagonals_of_the_last_axes_agree_with_numpy(pair, offset):
    whole, chunked = pair
    assert_same(da.linalg.diagonal(chunked, offset=offset), np.linalg.diagonal(whole, offset=offset))
    assert_same(da.linalg.trace(chunked, offset=offset), np.linalg.trace(whole, offset=offset))
    assert_same(da.linalg.trace(chunked, dtype="complex128"), np.linalg.trace(whole, dtype="complex128"))


def test_outer_takes_vectors_only():
    assert_same(da.linalg.outer(da.arange(3), da.arange(4)), np.outer(np.arange(3), np.arange(4)))
    with pytest.raises(ValueError, match="one-dimensional"):
        da.linalg.outer(da.ones((2, 2)), da.ones(2))


def test_all_of_numpys_names_are_there():
    assert set(np.linalg.__all__) <= set(da.linalg.__all__)
    assert set(np.linalg.__all__) == set(numpy_linalg.__all__)
    assert da.linalg.LinAlgError is np.linalg.LinAlgError


def test_numpys_functions_call_those_of_chunked_arrays():
    whole = np.arange(12.0).reshape(4, 3)
    x = da.from_array(whole, chunks=2)
    assert isinstance(np.linalg.qr(x).R, da.Array)
    assert isinstance(np.fft.fft(x), da.Array)
    assert_same(np.linalg.norm(x), np.linalg.norm(whole), exact=False)
    assert_same(np.einsum("ij->j", x), whole.sum(axis=0))
    assert_same(np.tensordot(x, x, axes=2), np.tensordot(whole, whole, axes=2))
    assert_same(np.kron(x, x), np.kron(whole, whole))
