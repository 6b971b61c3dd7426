"""Calls of pandas' own tests on which frames once differed: the same values, types, labels and refusals."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd

GAPS = pd.DataFrame({0: list("aba"), 1: [1.5, np.nan, np.nan], 2: [np.nan] * 3})
NUMBERS = pd.DataFrame({"A": [1, 2, 3, 4], "B": [2.0, np.nan, 4, 1]})
OTHERS = pd.DataFrame({"A": [0, 2, 12, 4], "C": [2.0, np.nan, 4, 5]}, index=[2, 1, 0, 9])
TIMES = pd.DataFrame({"a": range(48)}, index=pd.date_range("2000-01-01", periods=48, freq="h"))
PERIODS = pd.DataFrame({"x": [1, 2, 3]}, index=pd.period_range("2000-01", periods=3, freq="M", name="p"))
LABELLED = pd.DataFrame({"x": [1, 2, 3, 4]}, index=pd.Index(list("abca"), name="k"))
CONSTANT = pd.DataFrame({"a": [0.1] * 20, "b": np.arange(20) / 7})
MASKS = [
    [True, None, False, True],
    np.array([True, None, False, True], object),
    pd.array([True, None, False, True]),
    [1, 0, 1, 0],
    ["a"],
    (True, False, True, False),
    [True, False, True, True],
]


def like(frame, other):
    """A frame beside another: one of ours beside one of ours."""
    return other if isinstance(frame, pd.DataFrame) else dd.from_pandas(other, npartitions=3, sort=False)


CALLS = {
    "shift by several periods of a frequency": (TIMES, lambda d: d.shift([1, 2], freq="h")),
    "shift of columns by a frequency": (TIMES[:2].T, lambda d: d.shift(1, freq="D", axis=1)),
    "shift by a frequency and a value": (TIMES, lambda d: d.shift(1, freq="h", fill_value=0)),
    "shift of columns by several periods": (NUMBERS, lambda d: d.shift([0, 1], axis=1)),
    "categories of columns with numbers as labels": (GAPS, lambda d: d.astype("category")),
    "fillna of some values": (GAPS, lambda d: d.fillna({1: 5}, limit=1)),
    "fillna of some values of each row": (GAPS[[1, 2]], lambda d: d.fillna(5, limit=1, axis=1)),
    "fillna by a value for each row": (GAPS[[1, 2]], lambda d: d.fillna(pd.Series([7, 8, 9.0]), axis=1)),
    "fillna by a series for a column": (GAPS, lambda d: d.fillna({1: pd.Series([7, 8, 9.0]), 2: 4})),
    "drop along two axes": (NUMBERS, lambda d: d.drop(index=0, axis=1)),
    "drop of times as text": (TIMES, lambda d: d.drop("2000-01-01 03:00")),
    "dropna of an array of labels": (GAPS, lambda d: d.dropna(subset=np.array([1]))),
    "explode of no column": (NUMBERS, lambda d: d.explode([])),
    "explode of lists of lists": (NUMBERS, lambda d: d.explode([["A", "A"]])),
    "correlation of a constant": (CONSTANT, lambda d: d.corr()),
    "covariance by default": (NUMBERS, lambda d: d.cov(ddof=None)),
    "correlation of few rows": (NUMBERS, lambda d: d.corrwith(d.B * 2, min_periods=4)),
    "isin of a frame": (NUMBERS, lambda d: d.isin(OTHERS)),
    "isin of a series by label": (NUMBERS, lambda d: d.isin(OTHERS.A)),
    "isin of a frame with equal labels": (NUMBERS, lambda d: d.isin(OTHERS.set_index([[0, 0, 1, 2]]))),
    "loc of a time of day": (TIMES, lambda d: d.loc[datetime.time(12)]),
    "loc of times of day": (TIMES, lambda d: d.loc[datetime.time(12) : datetime.time(14)]),
    "loc of a range": (NUMBERS, lambda d: d.loc[range(2, 4)]),
    "quantile of rows": (NUMBERS, lambda d: d.quantile(0.9, axis=1, interpolation="nearest", method="table")),
    "reindex along two axes": (NUMBERS, lambda d: d.reindex(index=[1], axis=0)),
    "rename_axis by a mapping": (NUMBERS, lambda d: d.rename_axis({0: 1})),
    "groups by a mapping of labels": (LABELLED, lambda d: d.groupby({"a": "u", "b": "v", "c": "u"}).x.sum()),
    "groups by a function of labels": (LABELLED, lambda d: d.groupby(str.upper).x.sum()),
    "an aggregate without keys as index": (NUMBERS, lambda d: d.groupby("A", as_index=False)["B"].agg("sum")),
    "aggregates of mappings": (NUMBERS, lambda d: d.groupby("A").agg({"r": {"B": "mean"}})),
    "include_groups": (LABELLED, lambda d: d.groupby("k").apply(len, include_groups=True)),
    "periods of another frequency as labels": (PERIODS, lambda d: d.index.asfreq("D")),
    "periods of another frequency": (PERIODS.reset_index(), lambda d: d.p.dt.asfreq("D", how="S")),
    "weeks of periods": (PERIODS.reset_index(), lambda d: d.p.dt.week),
    "rounded by NumPy": (NUMBERS, lambda d: np.round(d, 1)),
}
MIXED = pd.Series(["aXb", np.nan, "foo o", True, 5, None, 1.5, "o"], dtype=object)
WORDS = pd.Series(["a b c", "a b", " ", None], dtype=object)
OF_TEXT = {"len": (), "contains": ("o",), "split": ("X",), "slice": (1, 2), "strip": (), "count": ("o",)}
CALLS |= {
    f"{method} of texts among other objects": (MIXED, lambda s, method=method: getattr(s.str, method)(*OF_TEXT[method]))
    for method in OF_TEXT
}
CALLS |= {
    "texts repeated by a number for each row": (pd.Series(["a", "b", "c"]), lambda s: s.str.repeat([1, 2, 3])),
    "parts of objects as columns": (WORDS, lambda s: s.str.split(expand=True)),
    "parts of categories as columns": (WORDS[:2].astype("category"), lambda s: s.str.split(expand=True)),
    "parts as what is no truth value": (WORDS, lambda s: s.str.split(expand="yes")),
}

COMPLEX = pd.DataFrame({"k": [1, 2, 1], "z": [1 + 2j, 2, 3j]})
TEXTS = pd.DataFrame({"k": ["a", "b", "a"], "v": ["x", "y", "z"]})
LEVELS = pd.DataFrame({("a", ""): [1, 1, 2], ("b", "c"): [1, 2, 3]})
NESTED = pd.DataFrame({"v": range(4)}, index=pd.MultiIndex.from_product([["u", "w"], ["x", "y"]], names=["f", "s"]))
CALLS |= {
    "sums of complex numbers": (COMPLEX, lambda d: d.groupby("k").sum()),
    "means of complex numbers": (COMPLEX, lambda d: d.groupby("k").z.mean()),
    "no column of numbers": (TEXTS, lambda d: d.groupby("k", as_index=False).sum(numeric_only=True)),
    "groups by the first level of a label": (LEVELS, lambda d: d.groupby("a").sum()),
    "groups by a mapping of a level": (NESTED, lambda d: d.groupby({"u": 0, "w": 1}, level=0).sum()),
    "groups by a function of a level": (NESTED, lambda d: d.groupby(str.upper, level="s").sum()),
}
CALLS |= {
    "last of periods, missing or not": (TIMES.where(TIMES.a % 5 > 1), lambda d: d.resample("5h").last(skipna=False)),
    "first of periods, if there are some": (
        TIMES.where(TIMES.a % 5 > 1),
        lambda d: d.resample("5h").first(min_count=4),
    ),
    "curves through periods": (TIMES.iloc[::3] ** 2, lambda d: d.resample("1h").interpolate("cubic")),
    "aggregates of periods by mappings": (TIMES, lambda d: d.resample("5h").agg({"r": {"a": "mean"}})),
}
FIRST = pd.DataFrame({"a": [1.0, np.nan, 3]})
SECOND = pd.DataFrame({"a": [9.0, 8, 7], "b": [1, 2, 3], "t": pd.date_range("2000-01-01", periods=3)}, index=[1, 2, 3])
CALLS |= {
    "combine_first of frames with other columns": (FIRST, lambda d: d.combine_first(like(d, SECOND))),
    "combine_first the other way": (SECOND, lambda d: d.combine_first(like(d, FIRST))),
}
COUNTED = pd.Series([1, 2, 3], name="a")
CALLS |= {
    "combine with one value": (COUNTED, lambda s: s.combine(2, lambda one, two: one > two)),
    "clipped by NumPy": (COUNTED, lambda s: np.clip(s, 1, 2)),
    "covariance of series by default": (COUNTED, lambda s: s.cov(s * 2, ddof=None)),
    "cases by lists": (COUNTED, lambda s: s.case_when([([True, False, False], 5), (s == 2, [9, 8, 7])])),
    "cases by arrays": (COUNTED, lambda s: s.case_when([(s > 1, np.array([9, 8, 7]))])),
    "no cases": (COUNTED, lambda s: s.case_when([])),
}
CALLS |= {
    f"{method} of groups of objects such as {values[0]!r}": (
        pd.DataFrame({"A": pd.Series(values, dtype=object), "k": [1, 2, 1]}),
        lambda d, method=method: d.groupby("k").A.agg(method),
    )
    for method in ("min", "max", "first", "last", "nunique")
    for values in ([1, 2, 3], ["a", "b", "c"], [1.5, 2, None], [pd.Timestamp("2000"), pd.Timestamp("2001"), None])
}
CALLS |= {
    f"filter by {mask!r}, gaps {na}": (NUMBERS, lambda d, mask=mask, na=na: d.filter(cond=mask, na=na))
    for mask in MASKS
    for na in (True, False, "raise", "x")
}
CALLS |= {
    f"np.{name} with {words}": (NUMBERS, lambda d, name=name, words=words: getattr(np, name)(d, **words))
    for name in ("sum", "mean", "max", "min", "any", "all", "prod", "std", "var", "cumsum")
    for words in ({}, {"axis": 0})
}
DIVIDED = pd.DataFrame({"x": [1, 2, 3, -4, 0, 6], "y": [1.5, 2, 3, -4, 0, 5]}, index=[0, 0, 1, 2, 4, 5])
CALLS |= {
    f"{method} by {kind}": (DIVIDED, lambda d, method=method, by=by: getattr(d.x, method)(by(d)))
    for method in ("floordiv", "rfloordiv", "mod", "rmod", "truediv", "eq")
    for kind, by in {"an index": lambda d: pd.Index([0, 1, 0, 2, 3, 0]), "its own index": lambda d: d.index}.items()
}
CALLS |= {
    "a frame's rows by labels": (DIVIDED, lambda d: d.mod(d.index, axis=0)),
    **{
        f"eval of {text!r}": (DIVIDED, lambda d, text=text: d.eval(text))
        for text in (
            "x.max()",
            "1 + 1",
            "x.sum() + y.sum()",
            "x.mean() > 3",
            "z = x.max()",
            "x - x.max()",
            "y.argmax()",
        )
    },
}
OBJECTS = pd.DataFrame({"a": ["x", None, "z", "w"], "b": [1, 2, 3, 4], "c": [None] * 4}, dtype=object)
CALLS |= {
    f"{method} of objects with gaps": (OBJECTS, lambda d, method=method: getattr(d, method)(skipna=False).map(repr))
    for method in ("min", "max", "sum")
}
CALLS |= {
    f"{method} of groups of objects with gaps": (
        OBJECTS.assign(k=[1, 2, 1, 2]),
        lambda d, method=method: d.groupby("k")[["a", "c"]].agg(method).map(repr),
    )
    for method in ("first", "last", "min")
}
REPEATED = pd.DataFrame({"v": range(6)}, index=pd.Index([0, 1, 1, 2, 4, 5], name="i"))
MOMENTS = pd.DataFrame({"v": range(6)}, index=pd.DatetimeIndex(pd.date_range("2000", periods=6, freq="7min").tolist()))
TUPLES = pd.Series([("u", "x"), ("c", "d")])
FLAGS = np.array([True, False] * 3)
CALLS |= {
    "least label": (REPEATED, lambda d: d.index.argmin()),
    "greatest label": (REPEATED, lambda d: d.index.argmax(skipna=False)),
    "labels where an array says": (REPEATED, lambda d: d.index.where(FLAGS, 9)),
    "labels where an array says, or none": (REPEATED, lambda d: d.index.where(FLAGS)),
    "labels where values say": (REPEATED, lambda d: d.index.where(d.v > 1, 9)),
    "labels rounded": (MOMENTS, lambda d: d.index.round(freq="h")),
    "labels taken, or none": (REPEATED, lambda d: d.index.take([0, -1, 3], fill_value=np.nan)),
    "times taken, or none": (MOMENTS, lambda d: d.index.take([0, -1, 3], fill_value=np.nan)),
    "labels of two levels taken, or none": (NESTED, lambda d: d.index.take([0, -1, 3], fill_value=np.nan)),
    "labels without some of a level": (NESTED, lambda d: d.index.drop(["x"], level="s")),
    "another name of a level": (NESTED, lambda d: d.index.rename("z", level="s")),
    "other names of levels": (NESTED, lambda d: d.index.rename(["z", "q"], level=[1, 0])),
    "rows by a level": (NESTED, lambda d: d[d.index.isin(["x", "q"], level="s")]),
    **{
        f"labels joined, {how}": (REPEATED, lambda d, how=how: d.index.join(pd.Index([1, 2, 7]), how=how))
        for how in ("left", "right", "inner", "outer")
    },
    **{
        f"{method} of labels of two levels and {kind}": (
            NESTED,
            lambda d, method=method, other=other: getattr(d.index, method)(other),
        )
        for method in ("union", "intersection", "difference", "symmetric_difference")
        for kind, other in {"a series": TUPLES, "an array": TUPLES.to_numpy(), "a list": TUPLES.tolist()}.items()
    },
}


def outcome(program, frame):
    """What a call gives, or the type of what it raises."""
    try:
        made = program(frame)
        return made.compute(scheduler="sync") if hasattr(made, "compute") else made
    except Exception as error:
        return type(error)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("npartitions", [1, 3])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_what_pandas_gives(name, npartitions):
    frame, program = CALLS[name]
    ours = dd.from_pandas(frame, npartitions=npartitions, sort=False)
    expected, found = outcome(program, frame), outcome(program, ours)
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected, check_freq=False)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected)
    elif isinstance(expected, pd.Index):
        pd.testing.assert_index_equal(found, expected)
    else:
        assert found == expected or np.isclose(found, expected)


def test_isin_of_a_series_is_lazy():
    seen = []
    others = dd.from_map(
        lambda number: seen.append(number) or pd.DataFrame({"a": [number]}), range(2), meta={"a": "int64"}
    )
    made = dd.from_pandas(NUMBERS, npartitions=2).A.isin(others.a)
    assert not seen
    assert made.compute(scheduler="sync").tolist() == [True, False, False, False]


@pytest.mark.parametrize("texts", [["1", "2", "3"], ["1", "2.5", None], [1, "2", "3"]])
def test_numbers_of_texts(texts):
    whole = pd.Series(texts)
    made = dd.to_numeric(dd.from_pandas(whole, npartitions=2))
    assert made.dtype == "float64"
    pd.testing.assert_series_equal(made.compute(), pd.to_numeric(whole))


def test_rows_brought_together_by_a_series():
    whole = pd.DataFrame({"k": [1, 2, 1, 2, 3], "v": range(5)})
    ours = dd.from_pandas(whole, npartitions=3)
    made = ours.shuffle(on=ours.k % 2)
    assert list(made.columns) == ["k", "v"]
    parts = [part.compute() for part in made.partitions]
    assert sum(any(part.k % 2 == rest) for rest in (0, 1) for part in parts) == 2
    pd.testing.assert_frame_equal(pd.concat(parts).sort_index(), whole)


def test_what_a_property_fails_with_is_what_is_raised(monkeypatch):
    def fails(self):
        raise AttributeError("something else")

    monkeypatch.setattr(dd.DataFrame, "known_divisions", property(fails))
    with pytest.raises(AttributeError, match="something else"):
        _ = dd.from_pandas(NUMBERS, npartitions=2).known_divisions
