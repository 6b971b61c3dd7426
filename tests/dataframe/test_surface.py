"""What programs written for pandas call, side by side with pandas, by name."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree

import weft.dataframe as dd

WHOLE = pd.DataFrame(
    {"k": [1, 2, 1, 2, 1], "v": [1.0, 2, None, 4, 5], "w": [3, 4, 5, 6, 7]}, index=pd.date_range("2024", periods=5)
)

PROGRAMS = [
    lambda d: d.convert_dtypes(),
    lambda d: d.v.map(lambda value, more: value + more, more=2),
    lambda d: d.v.map(func={1.0: "one"}),
    lambda d: round(d, 1),
    lambda d: d.filter(cond=lambda each: each.w > 4),
    lambda d: d.filter(lambda each: each.w > 4),
    lambda d: d.filter(items=["w", "nothing"]),
    lambda d: d.filter(regex="^[vw]"),
    lambda d: d.filter(like="01-02", axis=0),
    lambda d: d.w.filter(like="01-02"),
    lambda d: d.select("w", total=lambda each: each.w + 1),
    lambda d: d.v.asof(pd.Timestamp("2024-01-03")),
    lambda d: d.asof(pd.DatetimeIndex(["2024-01-03", "2024-01-06"])),
    lambda d: d.pct_change(freq="2D"),
    lambda d: d.shift([1, 2]),
    lambda d: d.w.shift([0, 1], suffix="_before"),
    lambda d: d.assign(t=d.index).quantile(0.5),
    lambda d: d.quantile(0.5, interpolation="nearest", method="table"),
    lambda d: d.median(skipna=False),
    lambda d: d.mean(axis=None),
    lambda d: d.rolling(2).pipe(lambda windows: windows.sum()),
    lambda d: d.rolling(2, method="single").window,
    lambda d: d.ewm(com=1).agg("mean"),
    lambda d: d.ewm(halflife="1D", times=d.index).mean(),
    lambda d: d.w.ewm(halflife="1D", times=d.index).mean(),
    lambda d: d.resample("2D").get_group("2024-01-01"),
    lambda d: d.resample("2D").ngroups,
    lambda d: d.resample("2D", convention=None).sum(),
    lambda d: d.stack(),
    lambda d: d.w.repeat([1, 0, 2, 1, 1]),
    lambda d: d.tz_localize("UTC").tz_convert("Europe/Paris"),
    lambda d: d.sort_index(axis=1, ascending=False),
    lambda d: d.sort_values(pd.Timestamp("2024-01-02"), axis=1),
    lambda d: d.rename_axis("day").sort_values(["k", "day"], ascending=[True, False]),
    lambda d: d.dropna(axis=1),
    lambda d: d.dropna(ignore_index=True),
    lambda d: d.reset_index(names="day"),
    lambda d: d.set_index("k", append=True, **({} if isinstance(d, pd.DataFrame) else {"sort": False})).reset_index(
        level=1
    ),
    lambda d: d.astype(dtype={"w": "float64"}),
    lambda d: d.add_prefix("day ", axis=0),
    lambda d: d.index.sort_values(ascending=False),
    lambda d: d.index.append(d.index),
    lambda d: d.index.insert(1, pd.Timestamp("2021")),
    lambda d: d.index.delete([0]),
    lambda d: d.index.take([3, 0]),
    lambda d: d.index[2],
    lambda d: d.index[1:3],
    lambda d: d.index.drop(pd.Timestamp("2024-01-02")),
    lambda d: d.index.dropna(),
    lambda d: d.index.repeat(2),
    lambda d: d.index.shift(1, "D"),
    lambda d: d.index.unit,
    lambda d: d.index.map(mapper=lambda label: label.day),
    lambda d: d.v.rename("x").rename(index={}),
    lambda d: d.corr(method="spearman"),
    lambda d: d.loc["2024-01-02":"2024-01-04":2],
    lambda d: d.reindex(columns=["w", "z"]),
    lambda d: d.groupby("k").resample("2D").prod(),
]


@pytest.mark.parametrize("place", range(len(PROGRAMS)))
def test_a_program_gives_what_pandas_gives(place):
    program = PROGRAMS[place]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*'freq' attribute")
        options = {} if isinstance(program(WHOLE), (pd.Index, str, int)) else {"check_freq": False}
        agree(lambda: program(dd.from_pandas(WHOLE, npartitions=3)), lambda: program(WHOLE), **options)


def test_values_are_put_by_label_and_taken_out():
    parts = dd.from_pandas(WHOLE, npartitions=3)
    series = parts.w.copy()
    series["2024-01-02"] = 100
    series[0:1] = 7
    assert series.compute().tolist() == [7, 100, 5, 6, 7]
    assert series.pop(pd.Timestamp("2024-01-02")) == 100
    assert len(series) == 4


def test_edges_come_with_the_intervals():
    parts = dd.from_pandas(WHOLE, npartitions=3)
    for function, given in ((dd.cut, 3), (dd.qcut, 2)):
        found, edges = function(parts.w, given, retbins=True)
        wanted, expected = getattr(pd, function.__name__)(WHOLE.w, given, retbins=True)
        assert np.allclose(edges, expected)
        pd.testing.assert_series_equal(found.compute(), wanted, check_freq=False)


def test_tables_and_numbers():
    parts = dd.from_pandas(WHOLE, npartitions=3)
    expected = pd.crosstab(WHOLE.k, WHOLE.w, values=WHOLE.v, aggfunc="sum")
    pd.testing.assert_frame_equal(dd.crosstab(parts.k, parts.w, values=parts.v, aggfunc="sum").compute(), expected)
    assert dd.to_numeric(parts.w, downcast="integer").compute().dtype == "int8"
    assert dd.DataFrame.from_records([(1, 2)], columns=["a", "b"]).compute().values.tolist() == [[1, 2]]


LEVELS = pd.DataFrame({"o": [1, 1, 2], "i": ["x", "y", "x"], "v": [1, 2, 3]})
OTHERS = pd.DataFrame({"o": [1, 2, 2], "i": ["x", "x", "y"], "w": [4, 5, 6]})


@pytest.mark.parametrize("how", ["inner", "left", "outer"])
@pytest.mark.parametrize(
    ("on", "left", "right"),
    [
        ("o", ["o"], ["o"]),
        (["o", "i"], ["o"], None),
        (["o", "i"], ["o"], ["o"]),
        (["o", "i"], ["o", "i"], ["o", "i"]),
    ],
)
def test_levels_of_the_index_are_keys_of_a_join(how, on, left, right):
    one, two = LEVELS.set_index(left), OTHERS if right is None else OTHERS.set_index(right)
    ours = [dd.from_pandas(each, npartitions=2, sort=False) for each in (one, two)]
    agree(lambda: ours[0].merge(ours[1], on=on, how=how), lambda: one.merge(two, on=on, how=how))


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d.loc[1],
        lambda d: d.loc[[1]],
        lambda d: d.loc[(slice(None), "x"), :],
        lambda d: d.loc[1, "v"],
        lambda d: d.loc[([1, 2], "x"), "v"],
        lambda d: d.v.loc[2],
        lambda d: d.loc[pd.IndexSlice[:, ["y"]], :],
    ],
)
def test_rows_by_levels_of_their_labels(program):
    whole = LEVELS.set_index(["o", "i"])
    agree(lambda: program(dd.from_pandas(whole, npartitions=2, sort=False)), lambda: program(whole))


KINDS = pd.DataFrame(
    {
        "flag": pd.Series([True, None, False], dtype="bool[pyarrow]"),
        "text": ["ab", "ba", None],
        "group": pd.Categorical(["x", "y", "x"]),
        "count": pd.array([1, None, 2], dtype="Int64"),
        "python": pd.array(["p", None, "q"], dtype="string[python]"),
    }
)


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d.sort_values("flag"),
        lambda d: d.text.str.translate({97: "q"}),
        lambda d: d.group.cat.rename_categories({"x": "xx"}),
        lambda d: d.text.astype(pd.CategoricalDtype(ordered=True)),
        lambda d: d.groupby("group")["count"].size(),
        lambda d: d.python.str.upper(),
        lambda d: d[["python"]],
        lambda d: d.set_index(d.text.astype(object), **({} if isinstance(d, pd.DataFrame) else {"sort": False})).head(
            2
        ),
    ],
)
def test_types_are_kept(program):
    agree(lambda: program(dd.from_pandas(KINDS, npartitions=3, sort=False)), lambda: program(KINDS))
