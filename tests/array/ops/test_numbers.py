from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

ODD = np.array([0.0, -0.0, 1.5, -2.5, np.nan, np.inf, -np.inf, 1e300])


def chunked(array):
    return da.from_array(array, chunks=3)


@pytest.mark.parametrize(
    "name", ["i0", "sinc", "fix", "real", "imag", "angle", "iscomplex", "isreal", "isposinf", "isneginf", "nan_to_num"]
)
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i4", "?", "c16"])
def test_functions_of_numbers_agree_with_numpy(name, dtype):
    with np.errstate(all="ignore"):
        whole = np.array([0, -1, 2, 3, 0, 1]).astype(dtype)
        if dtype in ("f8", "f4"):
            whole = ODD[:-1].astype(dtype)
        if name == "i0" and dtype.startswith("f"):
            whole = np.array([0.0, 1, -2], dtype)
        theirs = np.trunc if name == "fix" else getattr(np, name)
        try:
            expected = theirs(whole)
        except TypeError:
            with pytest.raises(TypeError):
                getattr(da, name)(chunked(whole))
            return
        assert_same(getattr(da, name)(chunked(whole)), expected)
        assert_same(getattr(np, name)(chunked(whole)), expected)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(), st.integers(-3, 3))
def test_rounding_agrees_with_numpy(pair, decimals):
    whole, ours = pair
    if whole.dtype == bool:
        return
    assert_same(da.round(ours, decimals), np.round(whole, decimals))
    assert_same(ours.round(decimals), whole.round(decimals))
    assert_same(np.around(ours, decimals), np.round(whole, decimals))


BOUNDS = st.sampled_from([None, -1, 0, 2, 2.5, np.float32(1), 300, -300, np.array([1, 2, 3])])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["i8", "u1", "f4", "f8", "i1"]), BOUNDS, BOUNDS)
def test_bounds_agree_with_numpy(dtype, low, high):
    whole = np.arange(9).reshape(3, 3).astype(dtype)
    try:
        expected = np.clip(whole, low, high)
    except (OverflowError, TypeError) as error:
        with pytest.raises(type(error)):
            da.clip(chunked(whole), low, high)
        return
    assert_same(da.clip(chunked(whole), low, high), expected)
    assert_same(np.clip(chunked(whole), min=low, max=high), expected)
    assert_same(chunked(whole).clip(low, max=high) if False else chunked(whole).clip(low, high), expected)


def test_bounds_given_twice_or_not_at_all_are_refused():
    x = da.ones(3, chunks=2)
    with pytest.raises(ValueError, match="forbidden"):
        da.clip(x, 1, 2, min=3)
    with pytest.raises(TypeError, match="a_max"):
        da.clip(x, 1)
    assert_same(da.clip(x), np.ones(3))
    out = da.zeros(3, dtype="f4", chunks=1)
    assert da.clip(x, 2, 3, out=out) is out
    assert_same(out, np.full(3, 2, "f4"))


@settings(max_examples=40, deadline=None)
@given(st.booleans(), st.sampled_from([1e-5, 0.5]), hnp.arrays("f8", 5, elements=st.sampled_from(list(ODD))))
def test_closeness_and_equality_agree_with_numpy(equal_nan, rtol, other):
    whole = ODD[:5]
    with np.errstate(all="ignore"):
        ours, theirs = chunked(whole), da.from_array(other, chunks=2)
        assert_same(
            da.isclose(ours, theirs, rtol, equal_nan=equal_nan), np.isclose(whole, other, rtol, equal_nan=equal_nan)
        )
        assert bool(da.allclose(ours, other, rtol, equal_nan=equal_nan)) == np.allclose(
            whole, other, rtol, equal_nan=equal_nan
        )
        for a, b in [(whole, other), (whole, whole), (whole, whole[:2]), (whole, whole[None])]:
            expected = np.array_equal(a, b, equal_nan)
            assert bool(da.array_equal(chunked(a), b, equal_nan)) == expected
            assert bool(np.array_equal(a, chunked(b), equal_nan)) == expected
            assert bool(da.array_equiv(chunked(a), b)) == np.array_equiv(a, b)


def test_equality_of_texts_dates_and_objects():
    for dtype in ("U1", "M8[D]", "O"):
        whole = np.array([1, 2, 3]).astype(dtype)
        assert bool(da.array_equal(chunked(whole), whole))
        assert not bool(da.array_equal(chunked(whole), whole[::-1], equal_nan=True))
    nat = np.array(["NaT", "2000"], "M8[D]")
    assert bool(da.array_equal(chunked(nat), nat, equal_nan=True))
    assert not bool(da.array_equal(chunked(nat), nat))


def test_missing_values_are_those_of_pandas():
    whole = np.array([1, None, np.nan, "a", pd.NaT], object)
    assert_same(da.isnull(chunked(whole)), pd.isnull(whole))
    assert_same(da.notnull(chunked(whole)), pd.notnull(whole))


def test_replacing_what_is_no_number():
    ours = chunked(ODD)
    assert_same(
        da.nan_to_num(ours, nan=1, posinf=2, neginf=[3] * 8), np.nan_to_num(ODD, nan=1, posinf=2, neginf=[3] * 8)
    )
    assert da.nan_to_num(ours, copy=False) is ours
    assert_same(ours, np.nan_to_num(ODD))


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(dtypes=st.sampled_from(["f8", "i4"])), st.sampled_from([None, -1.0, 3]), st.sampled_from([None, 4.0])
)
def test_interpolation_agrees_with_numpy(pair, left, period):
    whole, ours = pair
    places, values = np.array([-2.0, 0.5, 1, 7]), np.array([1.0, -1, 3, 2])
    expected = np.interp(whole, places, values, left, 9, period)
    assert_same(da.interp(ours, places, chunked(values), left, 9, period), expected)
    assert_same(
        np.interp(ours, chunked(places), values * 1j, left, 9, period),
        np.interp(whole, places, values * 1j, left, 9, period),
    )


def test_interpolation_refuses_what_numpy_refuses():
    x = da.ones(3, chunks=2)
    for arguments, error in [(([1], [1, 2]), ValueError), (([], []), ValueError), (([[1]], [[1]]), ValueError)]:
        with pytest.raises(error):
            da.interp(x, *arguments)
    with pytest.raises(ValueError, match="period"):
        da.interp(x, [1], [1], period=0)
    with pytest.raises(TypeError):
        da.interp(x * 1j, [1], [1])
