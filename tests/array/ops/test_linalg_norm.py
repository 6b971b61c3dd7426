from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

quick = settings(deadline=None, max_examples=60)
NUMBERS = st.sampled_from(["int64", "float64", "float32", "complex128", "bool"])


def arrays(ndim):
    return chunked_arrays(dtypes=NUMBERS, min_dims=ndim, max_dims=ndim, min_side=1, max_side=6)


@quick
@given(st.data(), st.sampled_from([None, 0, 1, 2, 3, 2.5, -1, np.inf, -np.inf]), st.booleans())
def test_norms_of_vectors_agree_with_numpy(data, ord, keepdims):
    whole, chunked = data.draw(arrays(data.draw(st.integers(1, 3))))
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    with np.errstate(divide="ignore"):
        assert_same(
            da.linalg.norm(chunked, ord, axis, keepdims), np.linalg.norm(whole, ord, axis, keepdims), exact=False
        )
        how = {"axis": axis, "keepdims": keepdims, "ord": 2 if ord is None else ord}
        assert_same(da.linalg.vector_norm(chunked, **how), np.linalg.vector_norm(whole, **how), exact=False)
        how["axis"] = None
        assert_same(da.linalg.vector_norm(chunked, **how), np.linalg.vector_norm(whole, **how), exact=False)


@quick
@given(st.data(), st.sampled_from([None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]), st.booleans())
def test_norms_of_matrices_agree_with_numpy(data, ord, keepdims):
    whole, chunked = data.draw(arrays(data.draw(st.integers(2, 3))))
    axes = tuple(data.draw(st.permutations(range(whole.ndim)))[:2])
    assert_same(da.linalg.norm(chunked, ord, axes, keepdims), np.linalg.norm(whole, ord, axes, keepdims), exact=False)
    how = {"keepdims": keepdims, "ord": "fro" if ord is None else ord}
    assert_same(da.linalg.matrix_norm(chunked, **how), np.linalg.matrix_norm(whole, **how), exact=False)


@quick
@given(chunked_arrays(dtypes=NUMBERS, min_dims=1, min_side=1), st.booleans())
def test_the_default_is_the_root_of_the_sum_of_squares(pair, keepdims):
    whole, chunked = pair
    assert_same(da.linalg.norm(chunked, keepdims=keepdims), np.linalg.norm(whole, keepdims=keepdims), exact=False)


@pytest.mark.parametrize(
    ("shape", "how"),
    [
        ((3,), {"ord": "fro"}),
        ((3,), {"ord": "nuc"}),
        ((3, 3), {"ord": 3}),
        ((3, 3), {"ord": "other"}),
        ((3, 3, 3), {"ord": 2}),
        ((3, 3), {"axis": (0, 0)}),
        ((3, 3), {"axis": 2}),
        ((3, 3, 3), {"axis": (0, 1, 2)}),
    ],
)
def test_norms_that_there_are_not_are_refused(shape, how):
    with pytest.raises(ValueError, match=r"."):
        np.linalg.norm(np.ones(shape), **how)
    with pytest.raises(ValueError, match=r"."):
        da.linalg.norm(da.ones(shape), **how)


def test_an_axis_is_an_integer():
    with pytest.raises(TypeError, match="axis"):
        da.linalg.norm(da.ones((3, 3)), axis="x")
