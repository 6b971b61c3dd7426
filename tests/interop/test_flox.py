"""Groups that flox reduces give with Weft's arrays what they give with NumPy's."""

import subprocess
import sys

import flox
import flox.xarray
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import weft.array as da
from weft.interop.flox import scanned
from weft.interop.xarray import register

register()

RNG = np.random.default_rng(0)
VALUES = np.where(RNG.random((3, 5, 24)) < 0.2, np.nan, RNG.normal(size=(3, 5, 24)).round(2))
LABELS = RNG.integers(0, 4, 24)
FUNCTIONS = [
    "sum",
    "nansum",
    "prod",
    "mean",
    "nanmean",
    "max",
    "nanmin",
    "nanvar",
    "std",
    "count",
    "first",
    "nanlast",
    "any",
    "all",
    "nanargmax",
    "nanmedian",
]


def assert_same(ours, expected):
    result, *groups = ours
    assert isinstance(result, da.Array)
    np.testing.assert_allclose(result.compute(), expected[0])
    assert result.dtype == expected[0].dtype
    for each, other in zip(groups, expected[1:], strict=True):
        assert list(each) == list(other)


@pytest.mark.parametrize("func", FUNCTIONS)
def test_every_function_agrees_with_flox_on_numpy_arrays(func):
    values = np.isnan(VALUES) if func in ("any", "all") else VALUES
    x = da.from_array(values, chunks=(2, 3, 7))
    for options in ({}, {"expected_groups": np.arange(4)}):
        expected = flox.groupby_reduce(values, LABELS, func=func, engine="numpy", **options)
        assert_same(flox.groupby_reduce(x, LABELS, func=func, **options), expected)
        assert_same(flox.xarray.groupby_reduce(x, LABELS, func=func, **options), expected)


def test_labels_may_be_chunked_have_several_axes_and_make_combinations():
    x, labels = da.from_array(VALUES, chunks=(2, 3, 7)), da.from_array(LABELS, chunks=5)
    options = {"func": "nansum", "expected_groups": ([3, 1, 7],), "fill_value": -1}
    assert_same(flox.groupby_reduce(x, labels, **options), flox.groupby_reduce(VALUES, LABELS, **options))
    assert_same(flox.groupby_reduce(VALUES, labels, **options), flox.groupby_reduce(VALUES, LABELS, **options))
    options = {"func": "nanmean", "expected_groups": (None, [0, 1, 2])}
    both = (LABELS, LABELS[::-1] % 3)
    assert_same(flox.groupby_reduce(x, *both, **options), flox.groupby_reduce(VALUES, *both, **options))
    plane = RNG.integers(0, 3, (5, 24))
    assert_same(flox.groupby_reduce(x, plane, func="nanmax"), flox.groupby_reduce(VALUES, plane, func="nanmax"))
    options = {"func": "count", "expected_groups": (np.arange(5), np.arange(3))}
    expected = flox.groupby_reduce(VALUES, np.broadcast_to(np.arange(5)[:, None], (5, 24)), plane, **options)
    assert_same(flox.groupby_reduce(x, np.arange(5)[:, None], da.from_array(plane, chunks=4), **options), expected)
    options = {"func": "nansum", "axis": -1, "expected_groups": np.arange(3), "fill_value": 0}
    assert_same(flox.groupby_reduce(x, plane, **options), flox.groupby_reduce(VALUES, plane, **options))


def test_axes_that_stay_keep_their_order_and_labels_may_be_broadcast():
    cube = RNG.integers(0, 3, VALUES.shape)
    x = da.from_array(VALUES, chunks=(2, 3, 7))
    for func, fill in (("nansum", 7), ("count", 0), ("any", False), ("nanmax", np.nan)):
        for axis in (0, 1, -1, (0, 2)):
            options = {"func": func, "axis": axis, "fill_value": fill, "expected_groups": np.arange(4)}
            assert_same(flox.groupby_reduce(x, cube, **options), flox.groupby_reduce(VALUES, cube, **options))
    thin = np.arange(5)[:, None] % 2
    options = {"func": "nanmean", "expected_groups": np.arange(2)}
    expected = flox.groupby_reduce(VALUES, np.broadcast_to(thin, (5, 24)), **options)
    assert_same(flox.groupby_reduce(x, thin, **options), expected)


def test_groups_may_be_intervals():
    x, labels = da.from_array(VALUES, chunks=(2, 3, 7)), RNG.random(24)
    options = {"func": "count", "expected_groups": np.array([0, 0.3, 0.6, 1.0]), "isbin": True}
    expected = flox.groupby_reduce(VALUES, labels, **options)
    assert_same(flox.groupby_reduce(x, labels, **options), expected)
    assert_same(flox.groupby_reduce(x, da.from_array(labels, chunks=5), **options), expected)


@pytest.mark.parametrize("func", ["cumsum", "nancumsum", "ffill", "bfill"])
def test_running_functions_of_groups_agree_with_flox_on_numpy_arrays(func):
    x = da.from_array(VALUES, chunks=(2, 3, 7))
    ours = flox.groupby_scan(x, LABELS, func=func)
    assert isinstance(ours, da.Array)
    np.testing.assert_allclose(ours.compute(), flox.groupby_scan(VALUES, LABELS, func=func))


def test_what_cannot_be_is_refused_with_what_to_do():
    x = da.ones((3, 4), chunks=2)
    with pytest.raises(TypeError, match=r"weft\.array\.Aggregation"):
        flox.groupby_reduce(x, np.zeros(4, int), func=flox.Aggregation("f", chunk="sum", combine="sum"))
    with pytest.raises(ValueError, match="expected_groups"):
        flox.groupby_reduce(x, np.zeros(4), func="sum", isbin=True)
    with pytest.raises(ValueError, match="cumsum"):
        flox.groupby_scan(x, np.zeros(4, int), func="cumprod")
    with pytest.raises(NotImplementedError, match="along one axis"):
        flox.groupby_scan(x, np.zeros((3, 4), int), func="cumsum")


def test_climatologies_of_xarray_are_one_reduction_of_groups():
    times = pd.date_range("2019-01-01", periods=731)
    whole = xr.Dataset({"t": (("time", "x"), RNG.normal(size=(731, 3)))}, {"time": times})
    chunked = whole.chunk(time=100, chunked_array_type="weft")
    mean = chunked.groupby("time.dayofyear").mean()
    assert "groupby" in str(mean.t.data.explain())
    xr.testing.assert_allclose(mean, whole.groupby("time.dayofyear").mean())


def test_datasets_group_by_what_is_still_to_be_computed():
    values = xr.DataArray(np.arange(12.0), dims="x", coords={"key": ("x", np.arange(12) % 3)})
    lazy = values.chunk(x=5, chunked_array_type="weft")
    lazy = lazy.assign_coords(key=lazy.key.variable.chunk(x=5, chunked_array_type="weft"))
    grouper = xr.groupers.UniqueGrouper(labels=[0, 1, 2])
    ours = lazy.groupby(key=grouper).mean()
    assert isinstance(ours.data, da.Array)
    np.testing.assert_array_equal(ours, values.groupby("key").mean())


def test_intervals_of_time_without_elements_have_missing_ones():
    times = pd.to_datetime(["2000-01-01", "2000-01-02", "2000-01-09"])
    whole = xr.DataArray(np.arange(3.0), {"time": times}, "time")
    ours = whole.chunk(time=2, chunked_array_type="weft").resample(time="3D").first()
    xr.testing.assert_identical(ours.compute(), whole.resample(time="3D").first())


def test_running_functions_take_all_labels_that_there_are():
    x, labels = da.arange(6, chunks=2), np.array([0, 1, 0, 1, 0, 1])
    whole = scanned(x, labels, func="cumsum", expected_groups=(pd.Index([0, 1]),))
    np.testing.assert_array_equal(whole.compute(), [0, 1, 2, 4, 6, 9])
    with pytest.raises(NotImplementedError, match="leave expected_groups out"):
        scanned(x, labels, func="cumsum", expected_groups=pd.Index([0]))


@pytest.mark.parametrize("func", ["argmax", "nanargmin"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_places_of_extremes_are_those_along_the_axis(func, axis):
    cube = RNG.integers(0, 3, VALUES.shape)
    values = np.nan_to_num(VALUES)
    x = da.from_array(values, chunks=(2, 3, 7))
    for groups in (np.arange(4), [2, 0]):
        options = {"func": func, "axis": axis, "fill_value": 77, "expected_groups": groups}
        expected = flox.groupby_reduce(values, cube, engine="numpy", **options)
        assert_same(flox.groupby_reduce(x, cube, **options), expected)


def test_arrays_put_into_xarray_by_hand_are_grouped_in_a_program_that_says_nothing_else():
    program = """
import numpy as np, xarray as xr
import weft.array as da
held = xr.DataArray(da.arange(6, chunks=2), dims="t", coords={"t": [0, 1, 0, 1, 0, 1]})
assert held.groupby("t").mean().values.tolist() == [2.0, 3.0]
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
