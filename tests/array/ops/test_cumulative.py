"""Running sums and products, accumulations, filling."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_near, assert_same, chunked_arrays, chunks_of

import weft.array as da

METHODS = st.sampled_from(["sequential", "blelloch"])


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(), st.sampled_from(["cumsum", "nancumsum"]), METHODS, st.data())
def test_running_sums_agree_with_numpy(pair, name, method, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1)) if whole.ndim else None
    ours = getattr(da, name)(chunked, axis=axis, method=method)
    assert_near(ours, getattr(np, name)(whole, axis=axis), whole.dtype)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(st.sampled_from(["float64", "int32"]), min_dims=1), st.booleans(), METHODS, st.data())
def test_the_standards_forms_may_begin_with_the_initial_value(pair, include_initial, method, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    options = {"axis": axis, "include_initial": include_initial}
    assert_near(da.cumulative_sum(chunked, method=method, **options), np.cumulative_sum(whole, **options), "f8")
    signs = np.sign(whole).astype(whole.dtype)
    ours = da.cumulative_prod(da.from_array(signs, chunks=chunked.chunks), **options)
    assert_same(ours, np.cumulative_prod(signs, **options))


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(st.sampled_from(["float64", "int64"]), min_dims=1),
    st.sampled_from([np.maximum, np.minimum, np.fmax, np.subtract, np.logical_or, np.add]),
    st.data(),
)
def test_ufuncs_accumulate_whether_they_are_associative_or_not(pair, ufunc, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    assert_near(da.accumulate(ufunc, chunked, axis), ufunc.accumulate(whole, axis), "f8")


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(st.just("float64"), min_dims=1, min_side=1), st.booleans(), st.none() | st.integers(1, 3), st.data()
)
def test_filling_agrees_with_pandas(pair, backward, limit, data):
    whole, _ = pair
    whole = np.where(np.abs(whole) < 6, np.nan, whole)
    chunked = da.from_array(whole, chunks=data.draw(chunks_of(whole.shape)))
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    name = "bfill" if backward else "ffill"
    expected = np.apply_along_axis(lambda line: getattr(pd.Series(line), name)(limit=limit).to_numpy(), axis, whole)
    assert_same(getattr(da, name)(chunked, axis, limit), expected)
    if not backward:
        assert_same(da.push(chunked, limit, axis), expected)


def test_times_can_be_filled_and_integers_have_nothing_to_fill():
    whole = np.array(["NaT", "2000-01-01", "NaT"], "M8[D]")
    assert da.ffill(da.from_array(whole, chunks=1), 0).compute()[2] == whole[1]
    whole = da.arange(3, chunks=2)
    assert da.bfill(whole, 0).name == whole.name


def test_masked_elements_add_nothing():
    whole = np.ma.masked_array(np.arange(6.0), mask=[0, 1, 0, 1, 0, 0])
    chunked = da.from_array(np.arange(6.0), chunks=2).map_blocks(
        lambda block: np.ma.masked_array(block, mask=(block % 2 == 1) & (block < 5)),
        meta=np.ma.masked_array(np.zeros(0)),
    )
    result = chunked.cumsum(axis=0).compute(scheduler="sync")
    np.testing.assert_array_equal(result.filled(-1), whole.cumsum().filled(-1))


def test_one_may_scan_with_functions_of_ones_own():
    whole = np.arange(12.0).reshape(3, 4)
    chunked = da.from_array(whole, chunks=2)
    for options in ({}, {"method": "blelloch", "preop": np.sum}):
        assert_same(da.reductions.cumreduction(np.cumsum, np.add, 0, chunked, axis=1, **options), whole.cumsum(axis=1))
    with pytest.raises(TypeError, match="preop"):
        da.reductions.cumreduction(np.cumsum, np.add, 0, chunked, axis=1, method="blelloch")


def test_lengths_need_not_be_known():
    whole = np.arange(10.0)
    chunked = da.from_array(whole, chunks=3)
    part = chunked[chunked % 3 == 1]
    np.testing.assert_array_equal(part.cumsum(axis=0).compute(), np.cumsum(whole[whole % 3 == 1]))


def test_bad_calls_are_refused_at_once():
    x = da.ones((2, 2), chunks=1)
    with pytest.raises(np.exceptions.AxisError):
        x.cumsum(axis=2)
    with pytest.raises(ValueError, match="method="):
        x.cumsum(axis=0, method="parallel")
    with pytest.raises(ValueError, match="``axis`` argument is required"):
        da.cumulative_sum(x)
    with pytest.raises(ValueError, match="binary functions"):
        da.accumulate(np.sin, x)
    with pytest.raises(ValueError, match="limit"):
        da.ffill(x, 0, limit=-1)
