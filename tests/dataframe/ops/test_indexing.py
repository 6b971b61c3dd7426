"""Rows and columns by label and position, read and set: what pandas gives for the same keys, for partitions of several cuts."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {"a": [1, 2, 3, 4, 5], "b": [0.5, 1.5, 2.5, 3.5, 4.5], "c": list("vwxyz")}, index=["i1", "i10", "i2", "i20", "i3"]
)
LEVELS = WHOLE.set_axis(
    pd.MultiIndex.from_tuples(
        [("a", "x", 1), ("a", "x", 2), ("a", "y", 1), ("b", "x", 1), ("b", "y", 2)], names=list("lmn")
    )
)
MOMENTS = WHOLE.set_axis(pd.DatetimeIndex(list(pd.date_range("2024-01-01 06:00", periods=5, freq="6h"))))
UNSORTED = WHOLE.iloc[[3, 0, 4, 1, 2]]
SPANS = WHOLE.set_axis(pd.IntervalIndex.from_breaks([0, 1, 2, 3, 4, 5]))

READ = {
    "an ellipsis": (WHOLE, lambda d: d.loc[...]),
    "an ellipsis and columns": (WHOLE, lambda d: d.iloc[..., [2, 0]]),
    "a function of positions": (WHOLE, lambda d: d.iloc[lambda each: [0, 2]]),
    "columns by an iterator": (WHOLE, lambda d: d.loc[:, iter(["c", "a"])]),
    "columns by an array": (WHOLE, lambda d: d.loc[["i2"], np.array(["c", "a"])]),
    "a list in a tuple": (WHOLE, lambda d: d["a"].loc[(["i3", "i1"],)]),
    "labels that are in no order": (UNSORTED, lambda d: d.loc["i1":"i10"]),
    "labels that are in no order, of a series": (UNSORTED, lambda d: d["a"].loc["i20":"i3"]),
    "positions in any order, some twice": (WHOLE, lambda d: d.iloc[[4, 0, 4, -2, 1]]),
    "positions of an array": (WHOLE, lambda d: d["a"].iloc[np.array([3, -5], dtype="int8")]),
    "positions of an index": (WHOLE, lambda d: d.iloc[pd.Index([2, 1])]),
    "no positions": (WHOLE, lambda d: d.iloc[[]]),
    "all positions": (WHOLE, lambda d: d.iloc[np.arange(5)]),
    "labels in any order, some twice": (WHOLE, lambda d: d.loc[["i3", "i1", "i3"]]),
    "truth values with gaps": (WHOLE, lambda d: d.iloc[pd.array([True, None, True, False, None], dtype="boolean")]),
    "truth values by place": (WHOLE, lambda d: d.iloc[[True, False, True, False, False]]),
    "labels of levels in an order": (LEVELS, lambda d: d.loc[(["b", "a"], "x"), :]),
    "labels of levels in an order, all of another": (LEVELS, lambda d: d.loc[(["b", "a"], slice(None), 1), :]),
    "labels of two levels in an order": (LEVELS, lambda d: d["a"].loc[["b", "a"], ["y", "x"]]),
    "levels of a series that are left out": (LEVELS, lambda d: d["a"].loc["a", :, 1]),
    "levels of a frame that stay": (LEVELS, lambda d: d.loc[("a", slice(None), 1), :]),
    "a slice of a level": (LEVELS, lambda d: d.loc[(slice("a", "b"), slice("y", "z")), :]),
    "a slice of labels of levels": (LEVELS, lambda d: d.loc[("a", "y") : ("b", "x")]),
    "points in spans": (SPANS, lambda d: d.loc[[0.5, 3.5]]),
    "a function of columns": (WHOLE, lambda d: d.loc[["i3"], lambda each: ["a"]]),
}


def read(whole, key, count):
    return agree(lambda: key(dd.from_pandas(whole, npartitions=count, sort=False)), lambda: key(whole))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", READ)
def test_rows_and_columns_are_pandas(name, count):
    whole, key = READ[name]
    read(whole, key, count)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_many_positions_are_pandas(seed, count):
    chance = np.random.default_rng(seed)
    whole = pd.DataFrame({"a": chance.random(50), "t": chance.choice(["x", "yy"], 50)}, index=chance.integers(0, 9, 50))
    places = chance.integers(-50, 50, 70)
    parts = dd.from_pandas(whole, npartitions=count, sort=False)
    for frame in (parts, parts.map_partitions(lambda rows: rows)):
        pd.testing.assert_frame_equal(frame.iloc[places].compute(), whole.iloc[places])
        with pytest.raises(IndexError):
            frame.iloc[[0, 50]].compute()


def test_positions_that_change_later_are_as_they_were():
    places = np.array([1, 0])
    chosen = dd.from_pandas(WHOLE, npartitions=2, sort=False).iloc[places]
    places[:] = 3
    pd.testing.assert_frame_equal(chosen.compute(), WHOLE.iloc[[1, 0]])


def set_in(frame, rows, columns, value, way="loc"):
    if columns is None:
        getattr(frame, way)[rows] = value
    else:
        getattr(frame, way)[rows, columns] = value
    return frame


SET = {
    "a row by a series": (WHOLE, lambda d: set_in(d, "i2", None, pd.Series({"c": "q", "a": 7, "b": 0.0}))),
    "a row by a list": (WHOLE, lambda d: set_in(d, "i2", slice(None), [7, 0.5, "q"])),
    "a row by place": (WHOLE, lambda d: set_in(d, 3, None, [7, 0.5, "q"], "iloc")),
    "a row by a dict": (WHOLE, lambda d: set_in(d, 3, None, {"c": "q", "b": 0.5, "a": 7}, "iloc")),
    "a new row": (WHOLE, lambda d: set_in(d, "new", None, [7, 0.5, "q"])),
    "a cell of a new row": (WHOLE, lambda d: set_in(d, "new", "b", 0.5)),
    "a value of a new label": (WHOLE.b, lambda d: set_in(d, "new", None, 7.5)),
    "a new label of a series": (WHOLE.a, lambda d: d.__setitem__("new", 7) or d),
    "new columns": (WHOLE[["a", "b"]], lambda d: set_in(d, ["i1", "i3"], ["b", "q"], 7.0)),
    "a whole column by a list": (WHOLE, lambda d: set_in(d, slice(None), "a", [9, 8, 7, 6, 5])),
    "some rows by a list": (WHOLE, lambda d: set_in(d, ["i3", "i1"], "a", [9, 8])),
    "some places by a list": (WHOLE, lambda d: set_in(d, slice(1, 3), 0, [9, 8], "iloc")),
    "some rows by a table": (WHOLE, lambda d: set_in(d, ["i3", "i1"], ["a", "b"], [[9, 0.5], [8, 1.5]])),
    "columns by an array": (WHOLE, lambda d: set_in(d, "i3", np.array(["a"]), 9)),
    "rows in no order": (UNSORTED, lambda d: set_in(d, slice("i1", "i10"), "a", 9)),
    "rows by a range": (WHOLE.reset_index(drop=True), lambda d: set_in(d, range(1, 3), "a", 9)),
    "labels of levels": (LEVELS, lambda d: set_in(d, ("a", "x"), "a", 9)),
    "a slice of a level": (LEVELS, lambda d: set_in(d, (slice(None), slice("y", "z")), "a", 9)),
    "a label of a first level": (LEVELS.a, lambda d: set_in(d, "b", None, 9)),
    "a time of day": (MOMENTS, lambda d: set_in(d, datetime.time(12, 0), "a", 9)),
    "a series of some rows": (WHOLE.a, lambda d: set_in(d, ["i1", "i2"], None, pd.Series({"i2": 8, "i1": 9}))),
    "a frame by place": (
        WHOLE,
        lambda d: set_in(d, slice(None), [1, 0], WHOLE[["b", "a"]].set_axis(["p", "q"], axis=1) * 2, "iloc"),
    ),
    "a value by at": (WHOLE, lambda d: d.at.__setitem__(("i2", "a"), 9) or d),
    "a value by iat": (WHOLE, lambda d: d.iat.__setitem__((2, 0), 9) or d),
    "rows of floats": (WHOLE.set_axis([0.5, 1.5, 2.5, 3.5, 4.5]), lambda d: d.__setitem__(slice(1.0, 3.0), 9) or d),
    "an ellipsis": (WHOLE[["a", "b"]], lambda d: set_in(d, ..., 0, 9, "iloc")),
}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", SET)
def test_values_that_are_set_are_pandas(name, count):
    whole, change = SET[name]
    agree(lambda: change(dd.from_pandas(whole, npartitions=count, sort=False)), lambda: change(whole.copy()))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda d: d.loc[[True, False]], Exception),
        (lambda d: d.iloc[[True, False]], IndexError),
        (lambda d: d.iloc[["1", "2"], :], IndexError),
        (lambda d: d.loc[True], KeyError),
        (lambda d: set_in(d, ["i1", "no"], "a", 3), KeyError),
        (lambda d: set_in(d, "i1", "a", "text"), TypeError),
        (lambda d: set_in(d, slice(None), "a", [1, 2]), ValueError),
        (lambda d: d.iloc[..., ..., 0], pd.errors.IndexingError),
    ],
)
def test_keys_that_fail_in_pandas_fail(change, kind):
    for frame in (WHOLE.copy(), dd.from_pandas(WHOLE, npartitions=2, sort=False)):
        with pytest.raises(kind):
            change(frame)


def test_labels_that_are_not_known_are_looked_for():
    parts = dd.from_pandas(WHOLE, npartitions=3, sort=False).map_partitions(lambda each: each)
    parts.loc["new", "a"] = 7
    parts.loc["i2", "a"] = 8
    whole = WHOLE.copy()
    whole.loc["new", "a"] = 7
    whole.loc["i2", "a"] = 8
    pd.testing.assert_frame_equal(parts.compute(), whole)


@pytest.mark.parametrize("counts", [(3, 3), (4, 2), (1, 3)])
def test_a_column_of_more_rows_adds_none(counts):
    whole, more = pd.DataFrame({"v": np.arange(9.0)}), pd.Series(np.arange(30) % 7.0)
    parts, other = (dd.from_pandas(each, npartitions=count) for each, count in zip((whole, more), counts, strict=True))
    agree(lambda: parts.assign(k=other), lambda: whole.assign(k=more))
    agree(lambda: parts.v.groupby(other).sum(), lambda: whole.v.groupby(more).sum())


def test_a_series_as_a_mapping_of_replacements():
    whole, mapping = pd.Series([1, 2, 3]), pd.Series(["x", "y"], index=[1, 3])
    parts = dd.from_pandas(whole, npartitions=2)
    agree(lambda: parts.replace(dd.from_pandas(mapping, npartitions=2)), lambda: whole.replace(mapping))
    agree(lambda: parts.replace(mapping), lambda: whole.replace(mapping))


@pytest.mark.parametrize("choose", [lambda d: d[:], lambda d: d.loc[:], lambda d: d.iloc[:]])
def test_all_rows_are_a_frame_of_their_own(choose):
    frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
    chosen = choose(frame)
    chosen["b"] = 1
    assert list(frame.columns) == ["a"]
    assert list(chosen.columns) == ["a", "b"]
