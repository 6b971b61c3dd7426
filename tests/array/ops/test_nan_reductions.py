"""Reductions that leave out NaN."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_near, chunked_arrays, chunks_of

import weft.array as da

NAMES = st.sampled_from(["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmin", "nanmax"])


@st.composite
def with_nans(draw):
    whole, _ = draw(
        chunked_arrays(dtypes=st.sampled_from(["float64", "float32", "complex128", "int64"]), min_dims=1, min_side=1)
    )
    if whole.dtype.kind in "fc":
        whole = np.where(np.abs(whole) < draw(st.integers(0, 20)), np.nan, whole).astype(whole.dtype)
    return whole, da.from_array(whole, chunks=draw(chunks_of(whole.shape)))


@settings(max_examples=80, deadline=None)
@given(with_nans(), NAMES, st.booleans(), st.data())
def test_nan_counts_for_nothing(pair, name, keepdims, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = getattr(np, name)(whole, axis=axis, keepdims=keepdims)
        ours = getattr(da, name)(chunked, axis=axis, keepdims=keepdims, split_every=2)
        assert_near(ours, expected, whole.dtype)


NOTHING_BUT_NAN = np.array([[np.nan, 1.0], [np.nan, 2.0]])


@pytest.mark.parametrize("name", ["nanmean", "nanmin", "nanmax"])
def test_nothing_but_nan_gives_nan_without_a_warning(name):
    result = getattr(da, name)(da.from_array(NOTHING_BUT_NAN, chunks=1), axis=0).compute(scheduler="sync")
    np.testing.assert_array_equal(np.isnan(result), [True, False])


@pytest.mark.parametrize("name", ["nanvar", "nanstd"])
def test_the_spread_of_nothing_but_nan_is_nan_with_numpys_warning(name):
    spread = getattr(da, name)(da.from_array(NOTHING_BUT_NAN, chunks=1), axis=0)
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        result = spread.compute(scheduler="sync")
    np.testing.assert_array_equal(np.isnan(result), [True, False])


def test_large_blocks_are_reduced_in_tiles_with_the_same_result():
    whole = np.random.default_rng(0).random((600, 500))
    whole[::7, 5] = np.nan
    whole[3] = np.nan
    chunked = da.from_array(whole, chunks=(400, 500))
    for name in ("nanmean", "nanstd", "nansum"):
        np.testing.assert_allclose(
            getattr(da, name)(chunked * 2 + 1, axis=0).compute(), getattr(np, name)(whole * 2 + 1, axis=0)
        )


@pytest.mark.parametrize("chunks", [1, 2, 4])
def test_extremes_of_objects_leave_nan_out(chunks):
    whole = np.array([[1.0, 2.0], [np.nan, 4.0], [np.nan, np.nan], [0.5, np.nan]], dtype=object)
    chunked = da.from_array(whole, chunks=chunks)
    for name in ("nanmin", "nanmax"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            by_row = getattr(np, name)(whole, axis=1).astype(float)
        assert getattr(da, name)(chunked).compute() == getattr(np, name)(whole)
        np.testing.assert_array_equal(getattr(da, name)(chunked, axis=1).compute().astype(float), by_row)


def test_the_mean_of_no_objects_is_nan():
    empty = da.from_array(np.empty((0, 2), object), chunks=1)
    assert np.isnan(da.nanmean(empty).compute())
    assert np.isnan(da.nanmean(empty, axis=0).compute().astype(float)).all()


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanstd"])
def test_means_of_objects_are_not_asked_for_as_integers(name):
    with pytest.raises(TypeError, match="must be inexact"):
        getattr(da, name)(da.from_array(np.array([1, 2], object), chunks=1), dtype=int)


@pytest.mark.parametrize("dtype", ["M8[s]", "m8[D]"])
def test_positions_of_extremes_skip_times_that_are_none(dtype):
    whole = (
        np.array([7, "NaT", 3, 9]).astype(dtype)
        if dtype[0] == "m"
        else np.array(["2007", "NaT", "2003", "2009"], dtype)
    )
    chunked = da.from_array(whole, chunks=2)
    assert (da.nanargmin(chunked).compute(), da.nanargmax(chunked, axis=0).compute()) == (2, 3)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "longdouble"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_variances_with_gaps_are_of_the_type_and_value_of_numpys(kind, axis):
    chance = np.random.default_rng(3)
    whole = (chance.random((40, 30)) + 5).astype(kind)
    whole[chance.random(whole.shape) < 0.2] = np.nan
    whole[:, 4] = np.nan
    whole[7, 2] = np.inf
    chunked = da.from_array(whole, chunks=(13, 11))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for ddof in (0, 1):
            found, wanted = da.nanvar(chunked, axis=axis, ddof=ddof).compute(), np.nanvar(whole, axis=axis, ddof=ddof)
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found, wanted, rtol=2e-2 if kind == "float16" else 1e-5)
