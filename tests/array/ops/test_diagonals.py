from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

DTYPES = st.sampled_from(["i8", "f4", "c16", "?"])


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=2, dtypes=DTYPES), st.integers(-9, 9))
def test_diag_agrees_with_numpy(pair, k):
    whole, ours = pair
    assert_same(da.diag(ours, k), np.diag(whole, k))
    assert_same(np.diag(ours, k), np.diag(whole, k))


@settings(max_examples=60, deadline=None)
@given(st.data(), chunked_arrays(min_dims=2, max_dims=4, max_side=5, dtypes=DTYPES), st.integers(-6, 6))
def test_diagonal_agrees_with_numpy(data, pair, offset):
    whole, ours = pair
    first, second = data.draw(st.permutations(range(-whole.ndim, 0)))[:2]
    assert_same(da.diagonal(ours, offset, first, second), np.diagonal(whole, offset, first, second))


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(min_dims=1, max_dims=3, max_side=5, dtypes=st.sampled_from(["i8", "f4", "c16"])), st.integers(-6, 6)
)
def test_triangles_agree_with_numpy(pair, k):
    whole, ours = pair
    assert_same(da.tril(ours, k), np.tril(whole, k))
    assert_same(np.triu(ours, k), np.triu(whole, k))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.integers(-7, 7), st.none() | st.integers(0, 6), st.sampled_from([2, "auto"]))
def test_indices_of_triangles_agree_with_numpy(n, k, m, chunks):
    for name in ("tril_indices", "triu_indices"):
        for ours, expected in zip(getattr(da, name)(n, k, m, chunks=chunks), getattr(np, name)(n, k, m), strict=True):
            assert_same(ours, expected)


def test_indices_from_arrays_agree_with_numpy():
    x = da.ones((3, 4), chunks=2)
    for name in ("tril_indices_from", "triu_indices_from"):
        for ours, expected in zip(getattr(da, name)(x, 1), getattr(np, name)(np.ones((3, 4)), 1), strict=True):
            assert_same(ours, expected)
        with pytest.raises(ValueError, match="2-d"):
            getattr(da, name)(da.ones(3))
    for ours, expected in zip(da.diag_indices(3, 3), np.diag_indices(3, 3), strict=True):
        assert_same(ours, expected)
    assert_same(da.diag_indices_from(da.ones((2, 2)))[1], np.arange(2))
    with pytest.raises(ValueError, match="equal length"):
        da.diag_indices_from(x)


@pytest.mark.parametrize("dtype", ["i8", "f8", "c16", "i1"])
def test_powers_agree_with_numpy(dtype):
    whole = np.arange(1, 5).astype(dtype)
    for arguments in [(), (3,), (3, True), (0,)]:
        assert_same(da.vander(da.from_array(whole, chunks=3), *arguments), np.vander(whole, *arguments), exact=False)


def test_what_has_no_diagonal_is_refused():
    with pytest.raises(ValueError, match="at least two"):
        da.diagonal(da.ones(3))
    with pytest.raises(ValueError, match="same"):
        da.diagonal(da.ones((3, 3)), axis1=1, axis2=-1)
    with pytest.raises(ValueError, match="1- or 2-d"):
        da.diag(da.ones((1, 1, 1)))
    with pytest.raises(np.exceptions.AxisError):
        da.diagonal(da.ones((3, 3)), axis1=2)
