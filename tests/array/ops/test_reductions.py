from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, graph_size

import weft.array as da


def some_axes(data, ndim):
    return data.draw(st.none() | st.sets(st.integers(0, ndim - 1)).map(lambda axes: tuple(sorted(axes))))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1), st.sampled_from(["sum", "any", "all"]), st.booleans(), st.data())
def test_reductions_agree_with_numpy(pair, name, keepdims, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    expected = getattr(np, name)(whole, axis=axis, keepdims=keepdims)
    assert_same(getattr(chunked, name)(axis=axis, keepdims=keepdims, split_every=3), expected, exact=False)


@settings(max_examples=20, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=1))
def test_products_agree_with_numpy(pair):
    whole, chunked = pair
    assert_same(da.prod(chunked, split_every=2), np.prod(whole), exact=False)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1), st.sampled_from(["min", "max"]), st.data())
def test_least_and_greatest_agree_with_numpy_whatever_chunks_are_empty(pair, name, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    assert_same(getattr(da, name)(chunked, axis=axis), getattr(np, name)(whole, axis=axis))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1), st.sampled_from(["mean", "var", "std"]), st.data())
def test_moments_agree_with_numpy(pair, name, data):
    whole, chunked = pair
    axis = some_axes(data, whole.ndim)
    assert_same(getattr(da, name)(chunked, axis=axis), getattr(np, name)(whole, axis=axis), exact=False)


def test_variance_keeps_its_digits_where_the_mean_is_large():
    whole = np.arange(1000.0) + 1e9
    chunked = da.from_array(whole, chunks=7)
    np.testing.assert_allclose(chunked.var(ddof=1).compute(scheduler="sync"), np.var(whole, ddof=1), rtol=1e-12)


def test_a_nan_makes_the_greatest_element_nan():
    whole = np.array([1.0, np.nan, 3.0])
    assert np.isnan(da.from_array(whole, chunks=1).max().compute(scheduler="sync"))


def test_a_dtype_can_be_asked_for():
    whole = np.arange(10, dtype="uint8")
    assert_same(da.from_array(whole, chunks=3).sum(dtype="float32"), whole.sum(dtype="float32"))


@pytest.mark.parametrize("axis", [2, -3])
def test_a_wrong_axis_is_numpys_error_at_the_call(axis):
    with pytest.raises(np.exceptions.AxisError):
        da.ones((2, 2), chunks=1).sum(axis=axis)


def test_the_least_of_nothing_is_numpys_error_at_the_call():
    with pytest.raises(ValueError, match="no identity"):
        da.zeros((0, 3), chunks=1).min(axis=0)


def test_a_reduction_over_one_block_needs_one_task_with_its_source():
    assert graph_size((da.ones((4, 6), chunks=(2, 6)) + 1).sum(axis=1)) == 2
