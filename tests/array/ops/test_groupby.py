"""Reductions of groups."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.stats
import sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.strategies import chunked_arrays, chunks_of

import weft.array as da
from weft.array.kernels import groupings as kernels
from weft.array.ops.group_nodes import GroupBlocks, GroupCohorts, GroupTree

BASIC = ["sum", "prod", "min", "max", "mean", "var", "std", "argmin", "argmax"]
FUNCS = [
    *BASIC,
    *[f"nan{name}" for name in BASIC if not name.startswith("arg")],
    "any",
    "all",
    "median",
    "mode",
    "nanmode",
    "first",
    "last",
    "len",
]
OTHERS = {
    "first": lambda v: v[0],
    "last": lambda v: v[-1],
    "len": len,
    "mode": lambda v: scipy.stats.mode(v).mode,
    "nanmode": lambda v: scipy.stats.mode(v, nan_policy="omit").mode,
}


def by_hand(whole, labels, groups, func, axis):
    """Each group by NumPy's function."""
    results = []
    for group in groups:
        places = np.flatnonzero(labels == group)

        def one(line, places=places):
            found = OTHERS.get(func, getattr(np, func, None))(line[places])
            return places[found] if func.startswith("arg") else found

        results.append(np.apply_along_axis(one, axis, whole))
    return np.stack(results, axis=axis)


@pytest.fixture(params=[1, 256], ids=["rows", "runs"])
def wide(request, monkeypatch):
    monkeypatch.setattr(kernels, "WIDE", request.param)


@pytest.mark.usefixtures("wide")
@settings(max_examples=40, deadline=None)
@given(
    chunked_arrays(st.sampled_from(["float64", "int64", "uint8"]), min_dims=1, min_side=1),
    st.sampled_from(FUNCS),
    st.sampled_from([None, "map-reduce", "cohorts"]),
    st.booleans(),
    st.data(),
)
def test_every_function_agrees_with_numpys_whatever_the_plan(pair, func, method, nan, data):
    whole, chunked = pair
    axis = data.draw(st.integers(0, whole.ndim - 1))
    if nan and whole.dtype.kind == "f":
        whole = np.where(np.abs(whole) < 3, np.nan, whole)
        chunked = da.from_array(whole, chunks=chunked.chunks)
    labels = data.draw(hnp.arrays("int64", (whole.shape[axis],), elements=st.integers(0, 4)))
    method = None if func in ("median", "mode", "nanmode") or chunked.numblocks[axis] == 1 else method
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        result, groups = da.groupby_reduce(chunked, labels, func=func, axis=axis, method=method)
        expected = by_hand(whole, labels, np.unique(labels), func, axis)
        np.testing.assert_array_equal(groups, np.unique(labels))
        found = result.compute(scheduler="sync", optimize_graph=data.draw(st.booleans()))
    assert found.shape == result.shape == expected.shape
    assert found.dtype == result.dtype
    np.testing.assert_allclose(found.astype(float), expected.astype(float), rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    chunked_arrays(st.just("float64"), min_dims=1, max_dims=1, min_side=1),
    st.sampled_from(["mean", "max", "count"]),
    st.data(),
)
def test_labels_may_be_chunked_and_groups_given(pair, func, data):
    whole, chunked = pair
    labels = data.draw(hnp.arrays("int64", whole.shape, elements=st.integers(0, 4)))
    lazy = da.from_array(labels, chunks=data.draw(chunks_of(whole.shape)))
    expected_groups = np.array([3, 1, 7])
    result, groups = da.groupby_reduce(chunked, lazy, func=func, expected_groups=expected_groups, sort=False)
    np.testing.assert_array_equal(groups, expected_groups)
    found = result.compute(scheduler="sync")
    for value, group in zip(found, groups, strict=True):
        part = whole[labels == group]
        if func == "count":
            assert value == len(part)
        else:
            np.testing.assert_allclose(value, getattr(np, func)(part) if len(part) else np.nan)


def test_the_plan_follows_the_labels():
    x = da.ones((730, 300), chunks=(73, 300))
    days = np.arange(730) % 365
    assert type(da.groupby_reduce(x, days, func="mean", axis=0)[0].expr) is GroupCohorts
    assert type(da.groupby_reduce(x, days % 12, func="mean", axis=0)[0].expr) is GroupTree
    assert type(da.groupby_reduce(x, np.arange(730) // 73, func="mean", axis=0)[0].expr) is GroupBlocks
    with pytest.raises(ValueError, match="several chunks"):
        da.groupby_reduce(x, days, func="mean", axis=0, method="blockwise")


def test_a_climatology_is_cut_along_its_groups():
    whole = np.random.default_rng(0).random((200, 3, 4))
    days = np.arange(200) % 50
    result, _ = da.groupby_reduce(da.from_array(whole, chunks=(30, 2, 4)), days, func="mean", axis=0)
    assert result.numblocks[0] > 1
    np.testing.assert_allclose(result.compute(), whole.reshape(4, 50, 3, 4).mean(axis=0))


def test_elements_without_a_label_belong_to_no_group():
    whole = np.arange(5.0)
    result, groups = da.groupby_reduce(da.from_array(whole, chunks=2), [0, np.nan, 1, np.nan, 0], func="sum")
    assert groups.tolist() == [0, 1]
    assert result.compute().tolist() == [4, 2]
    assert da.groupby_reduce(whole, np.array(["a", None, "b", "a", None], object), func="len")[
        0
    ].compute().tolist() == [2, 1]


def test_several_labels_make_combinations():
    whole = np.arange(12.0).reshape(2, 6)
    a, b = [0, 0, 1, 1, 0, 0], ["x", "y", "x", "y", "x", "x"]
    result, first, second = da.groupby_reduce(da.from_array(whole, chunks=(1, 4)), a, b, func="sum")
    assert (first.tolist(), second.tolist()) == ([0, 1], ["x", "y"])
    assert result.compute()[0].tolist() == [[9, 1], [2, 3]]


def test_labels_may_have_several_axes():
    whole = np.arange(24.0).reshape(2, 3, 4)
    labels = np.arange(12).reshape(3, 4) % 5
    result, groups = da.groupby_reduce(da.from_array(whole, chunks=2), da.from_array(labels, chunks=3), func="max")
    assert result.shape == (2, 5)
    expected = [[whole[k][labels == group].max() for group in groups] for k in range(2)]
    np.testing.assert_array_equal(result.compute(), expected)


def test_groups_may_be_intervals():
    result, groups = da.groupby_reduce(
        [1.0, 2.0, 3.0, 9.0], [1, 2, 3, 9], func="sum", expected_groups=[0, 2, 5], isbin=True
    )
    assert groups.tolist() == [[0, 2], [2, 5]]
    assert result.compute().tolist() == [3, 3]


def test_missing_groups_are_filled():
    x, labels = np.arange(3), [0, 0, 2]
    for func, fill in [("sum", 0), ("prod", 1), ("count", 0), ("mean", np.nan), ("max", np.nan), ("argmax", -1)]:
        result, _ = da.groupby_reduce(x, labels, func=func, expected_groups=[0, 1])
        np.testing.assert_equal(float(result.compute()[1]), float(fill))
    assert da.groupby_reduce(x, labels, func="max", expected_groups=[0, 1], fill_value=-7)[0].compute().tolist() == [
        1,
        -7,
    ]


def test_groups_of_too_few_elements_get_the_fill_value():
    labels = [0, 0, 1, 3]
    for values, func, fill, expected in [
        (np.array([1, 2, 3, 4]), "sum", -1, [3, -1, -1, -1]),
        (np.array([1, 2, 3, 4]), "sum", np.nan, [3, np.nan, np.nan, np.nan]),
        (np.array([1, 2, np.nan, 4], "f4"), "mean", None, [1.5, np.nan, np.nan, np.nan]),
        (np.array([1, 2, np.nan, 4], "f4"), "max", np.nan, [2, np.nan, np.nan, np.nan]),
        (np.array([1, 2, 3, 4], "M8[D]"), "max", np.nan, [2, "NaT", "NaT", "NaT"]),
    ]:
        options = {"func": func, "expected_groups": range(4), "min_count": 2, "fill_value": fill}
        result, _ = da.groupby_reduce(da.from_array(values, chunks=2), labels, **options)
        kind = values.dtype if values.dtype.kind in "fM" or fill == -1 else np.dtype(float)
        assert result.dtype == result.compute().dtype == kind
        np.testing.assert_array_equal(result.compute(), np.array(expected, kind))


def test_options_of_functions_are_passed_on():
    whole, labels = np.arange(6.0), [0, 0, 0, 1, 1, 1]
    x = da.from_array(whole, chunks=2)
    assert da.groupby_reduce(x, labels, func="var", finalize_kwargs={"ddof": 1})[0].compute().tolist() == [1, 1]
    quantiles, _ = da.groupby_reduce(x, labels, func="quantile", finalize_kwargs={"q": [0.5, 1.0]})
    assert quantiles.compute().tolist() == [[1, 4], [2, 5]]
    assert da.groupby_reduce(x, labels, func="sum", min_count=4)[0].compute().tolist() == pytest.approx(
        [np.nan] * 2, nan_ok=True
    )
    with pytest.raises(TypeError, match="takes no options"):
        da.groupby_reduce(x, labels, func="sum", finalize_kwargs={"ddof": 1})


def spread_of(high, low):
    return high - low


def test_functions_of_ones_own_reduce_groups():
    whole, labels = np.array([5.0, 1.0, 7.0, 2.0]), [0, 1, 0, 1]
    x = da.from_array(whole, chunks=3)
    assert da.groupby_reduce(x, labels, func=np.ptp)[0].compute().tolist() == [2, 1]
    mine = da.Aggregation("ptp", chunk=("max", "min"), finalize=spread_of)
    assert da.groupby_reduce(x, labels, func=mine)[0].compute(scheduler="processes").tolist() == [2, 1]


def test_times_have_groups():
    times = np.array(["2000-01-02", "NaT", "2000-01-01"], "M8[D]")
    result, _ = da.groupby_reduce(da.from_array(times, chunks=1), [0, 0, 0], func="nanmin")
    assert result.compute()[0] == times[2]
    result, groups = da.groupby_reduce([1, 2, 3], times, func="sum")
    assert groups.tolist() == sorted(times[[0, 2]].tolist())
    assert result.compute().tolist() == [3, 1]


def test_bad_calls_say_what_to_do():
    x = da.ones((4, 3), chunks=2)
    with pytest.raises(ValueError, match="a label for each place"):
        da.groupby_reduce(x, [0, 1], func="sum", axis=0)
    with pytest.raises(ValueError, match="none of sum"):
        da.groupby_reduce(x, [0, 1, 2], func="total")
    with pytest.raises(TypeError, match="needs labels"):
        da.groupby_reduce(x, func="sum")
    with pytest.raises(ValueError, match="method="):
        da.groupby_reduce(x, [0, 1, 2], func="sum", method="fast")
    with pytest.raises(ValueError, match="some are equal"):
        da.groupby_reduce(x, [0, 1, 2], func="sum", expected_groups=[1, 1])
    with pytest.raises(np.exceptions.AxisError):
        da.groupby_reduce(x, [0, 1, 2], func="sum", axis=2)


def test_groups_of_sparse_blocks_are_dense_and_masked_arrays_are_refused():
    whole = np.array([1.0, 0, 2, 0, 5])
    labels = [0, 0, 1, 1, 0]
    found, _ = da.groupby_reduce(da.from_array(sparse.COO.from_numpy(whole), chunks=2), labels, func="sum")
    assert found.compute().tolist() == [6.0, 2.0]
    with pytest.raises(TypeError, match="masked"):
        da.groupby_reduce(da.ma.masked_equal(da.arange(5, chunks=2), 1), labels, func="sum")
