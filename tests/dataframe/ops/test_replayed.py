"""Calls that pandas' own tests make, and that once gave other values here, or failed: one case for each cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree

import weft
import weft.dataframe as dd

NUMBERS = pd.DataFrame({"k": list("aabb"), "v": [1.0, np.nan, 3.0, 4.0], "n": [1, 2, 3, 4]})
WORDS = pd.DataFrame({"a": ["x", "y", None, "x"], "b": pd.Categorical(list("qppq")), "n": [1, 2, 3, 4]})
TIMES = NUMBERS[["v", "n"]].set_axis(
    pd.DatetimeIndex([None, "2024-01-01", "2024-01-02", "2024-01-05"], dtype="datetime64[us]"), axis=0
)
LEVELS = pd.DataFrame([[1, 2], [3, 4]], columns=pd.MultiIndex.from_tuples([("p", "x"), ("q", "y")], names=["u", "w"]))
SEVERAL = pd.DataFrame(
    {"v": range(8)},
    pd.MultiIndex.from_arrays([list("bABabBAa"), [2, 1, 1, 2, 1, 2, 2, 1], list("xyxyxyyx")], names=["p", "q", "r"]),
)


def parts_of(whole, count=2):
    return dd.from_pandas(whole, npartitions=count, sort=False)


CALLS = {
    "medians of groups with gaps": (NUMBERS, lambda d: d.groupby("k").v.median(skipna=False)),
    "the built-in sum of groups": (NUMBERS, lambda d: d.groupby("k").v.agg(sum)),
    "groups by a list with gaps": (NUMBERS, lambda d: d.v.groupby(["x", "y", None, "x"], dropna=False).sum()),
    "an iterator of values": (NUMBERS, lambda d: d.n.isin(each for each in (1, 3))),
    "intervals of truth values": (NUMBERS, lambda d: top(d).cut(d.n > 2, 2)),
    "quantiles of truth values": (NUMBERS, lambda d: top(d).qcut(d.n > 2, 2, duplicates="drop")),
    "rows by a list of labels": (NUMBERS.rename_axis("row"), lambda d: d.filter(items=[0, 2], axis=0)),
    "aggregates by an array": (NUMBERS[["v", "n"]], lambda d: d.agg(np.array(["sum", "min"]))),
    "dummies of texts": (WORDS, lambda d: top(d).get_dummies(d)),
    "dummies of a column": (WORDS, lambda d: top(d).get_dummies(d.a, dummy_na=True)),
    "dummies of numbers": (WORDS, lambda d: top(d).get_dummies(d, columns=["n"], prefix={"n": "N"}, drop_first=True)),
    "categories of dummies": (
        pd.DataFrame({"c_x": [1, 0, 0], "c_y": [0, 1, 1], "d_x": [1, 1, 0], "d_y": [0, 0, 1]}),
        lambda d: top(d).from_dummies(d, sep="_"),
    ),
    "a level of columns": (LEVELS, lambda d: d.melt(col_level=0)),
    "rows of a key": (NUMBERS, lambda d: top(d).concat([d, d], keys=["x", "y"], verify_integrity=False)),
    "a series beside columns": (NUMBERS[["v", "n"]], lambda d: d / same(d, pd.Series({"n": 2.0, "v": 4.0}))),
    "a series beside columns, turned": (NUMBERS[["v", "n"]], lambda d: d.rsub(same(d, pd.Series({"n": 2, "v": 4})))),
    "types by a series": (NUMBERS, lambda d: d.astype(same(d, pd.Series({"n": "float32"})))),
    "names by a series": (NUMBERS.n, lambda d: d.rename(same(d, pd.Series({0: 10, 2: 12})))),
    "numbers and gaps as categories": (
        pd.Series([1, None, 2], dtype="category"),
        lambda d: top(d).concat([d, same(d, pd.Series([3, 4], dtype="category"))], ignore_index=True),
    ),
    "categories of all": (
        WORDS,
        lambda d: top(d).concat([d, d.assign(b=d.b.cat.rename_categories({"p": "r"}))], union_categories=True).b,
    ),
    "levels as an index": (
        NUMBERS,
        lambda d: d.set_index(pd.MultiIndex.from_arrays([[1, 2, 3, 4], list("abcd")], names=["p", "q"]), **unsorted(d)),
    ),
    "values by a series": (NUMBERS[["v", "n"]], lambda d: d.replace(1, same(d, pd.Series({"v": 7.0, "n": 8})))),
    "columns by an iterator": (NUMBERS, lambda d: d.select(iter(["n", "v"]))),
    "a series beside columns of numbers": (
        pd.DataFrame([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        lambda d: d.sub(same(d, pd.Series([1.0, 4.0]))),
    ),
    "a comparison with a value for each column": (
        pd.DataFrame([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        lambda d: d.ge(same(d, pd.Series([3.0, 4.0]))),
    ),
    "gaps filled by a value for each column": (
        pd.DataFrame([[1.0, None], [None, 4.0], [None, None]]),
        lambda d: d.fillna(same(d, pd.Series([7.0, 8.0]))),
    ),
    "periods of times with gaps": (TIMES, lambda d: d.resample("2D").agg({"v": "sum", "n": "count"}).reset_index()),
    "periods of few values": (TIMES.iloc[1:], lambda d: d.v.resample("2D").max(min_count=2)),
    "a direction in capitals": (NUMBERS.v, lambda d: d.interpolate(limit_direction="FORWARD")),
    "texts beside texts": (WORDS.a, lambda d: d.str.cat(["1", "2", "3", "4"], sep="-")),
    "a value for each column where a condition fails": (
        NUMBERS[["v", "n"]],
        lambda d: d.where(d > 2, same(d, pd.Series([10, 20], index=["v", "n"])), axis="columns"),
    ),
    "objects with gaps that are not left out": (
        pd.Series([1, None, 3, 4], dtype=object),
        lambda d: d.sum(skipna=False),
    ),
    "lists that functions give": (WORDS.a.fillna("p,q,r"), lambda d: d.apply(lambda each: pd.Series(each.split(",")))),
    "lists that functions of rows give": (
        WORDS.fillna("p,q,r"),
        lambda d: d.apply(lambda row: pd.Series(row.a.split(",")), axis=1),
    ),
    "groups that a function of a column is true of": (
        NUMBERS,
        lambda d: d.groupby("k").n.filter(lambda n: n.sum() - 3),
    ),
    "categories without rows where nothing is said": (
        WORDS.assign(b=WORDS.b.cat.set_categories(list("pqr"))),
        lambda d: d.groupby("b", observed=None).n.sum(),
    ),
    "gaps replaced by None": (WORDS.assign(v=NUMBERS.v), lambda d: d.replace({np.nan: None})),
    "gaps of a column replaced by None": (NUMBERS.v, lambda d: d.replace(np.nan, None)),
    "values of some columns replaced by None": (NUMBERS, lambda d: d.replace({"v": {3.0: None}, "n": {4: 9}})),
    "a stretch of labels that fall": (NUMBERS.set_axis([3, 2, 1, 0]), lambda d: d.truncate(1, 2)),
    "labels by values, columns kept": (
        pd.DataFrame(np.arange(12.0).reshape(4, 3)),
        lambda d: d.set_index([0, d[1] * 2], drop=False, append=True, **unsorted(d)),
    ),
    "labels by an array beside numbered columns": (
        pd.DataFrame(np.arange(12.0).reshape(4, 3)),
        lambda d: d.set_index(np.array([3, 1, 2, 4]), **unsorted(d)),
    ),
    "weights by times in groups": (
        NUMBERS.assign(t=pd.date_range("2024", periods=4)),
        lambda d: d.groupby("k").v.ewm(halflife="2D", times=d.t).mean(),
    ),
    "weights by times of numbered columns": (
        pd.DataFrame(np.arange(12.0).reshape(4, 3)),
        lambda d: d.ewm(halflife="2D", times=pd.date_range("2024", periods=4)).mean(),
    ),
    "windows of groups beside others": (NUMBERS, lambda d: d.groupby("k").v.rolling(2).cov(d.n)),
    "windows of groups beside frames": (NUMBERS, lambda d: d.groupby("k")[["v", "n"]].expanding().corr(d[["n", "v"]])),
    "sums of texts of categories without rows": (
        WORDS.assign(b=WORDS.b.cat.set_categories(list("pqr")), a=list("xyzx")),
        lambda d: d.groupby("b", observed=False)[["a", "n"]].sum(),
    ),
    "sums of objects of pairs without rows": (
        WORDS.assign(b=WORDS.b.cat.set_categories(list("pqr")), a=pd.Series(list("xyzx"), dtype=object)),
        lambda d: d.groupby(["b", "n"], observed=False).a.sum(),
    ),
    "correlations of large numbers that lie close together": (
        pd.DataFrame({"x": [0.0, 1.0, 2.0], "y": [1e15, 1e15 + 2, 1e15 + 4], "z": [0.1, 0.1, 0.1]}),
        lambda d: d.corr(),
    ),
    "unsigned sums beside counts": (NUMBERS.n.astype("uint32"), lambda d: d.agg(["sum", "count", "mean"])),
    "labels of columns that are tuples": (NUMBERS[["v", "n"]], lambda d: d.rename(columns=lambda each: (each, 1))),
    "a column that keeps its level": (NUMBERS, lambda d: d.xs("v", axis=1, drop_level=False)),
    "a condition for each column": (
        NUMBERS[["v", "n"]],
        lambda d: d.where(same(d, pd.Series([True, False], index=["v", "n"])), axis=1),
    ),
    "labels of extremes of pairs": (SEVERAL, lambda d: d.groupby(d.v % 3).v.idxmax()),
    "windows of two with other labels": (
        NUMBERS.v,
        lambda d: d.expanding().cov(same(d, pd.Series([1.0, 2.0, 4.0], index=[0, 3, 5]))),
    ),
    "windows of a frame beside other labels": (
        NUMBERS[["v", "n"]],
        lambda d: d.rolling(2, min_periods=1).cov(same(d, pd.Series([1.0, 2.0, 4.0], index=[3, 0, 5]))),
    ),
    "labels of several kinds": (TIMES.iloc[1:], lambda d: d.reindex([pd.Timestamp("2024-01-02"), "x"])),
    "a frame with nothing before others": (NUMBERS, lambda d: top(d).concat([same(d, pd.DataFrame()), d])),
    "a frame with nothing behind others": (NUMBERS, lambda d: top(d).concat([d, pd.DataFrame()], ignore_index=True)),
    "lengths of objects with gaps": (WORDS.a.astype(object), lambda d: d.str.len()),
    "places in objects with gaps": (WORDS.a.astype(object), lambda d: d.str.find("x")),
    "an expression with a mean": (NUMBERS, lambda d: d.query("n > n.mean()")),
    "values less their mean": (NUMBERS, lambda d: d.eval("m = n - n.mean()")),
    "values of a column among those of another": (
        pd.DataFrame({"a": list("aabbcc"), "b": list("xxxcab"), "n": range(6)}),
        lambda d: d.query("a in b and n.shift() > 1"),
    ),
    "means of objects, gaps and all": (
        pd.DataFrame({"x": [1, 1, True, True], "y": [2, 2, False, True]}, dtype=object),
        lambda d: d.mean(skipna=False),
    ),
    "sums of masked numbers, gaps and all": (
        pd.DataFrame({"x": [1, None, 3], "y": [1, 2, 3]}, dtype="Int64"),
        lambda d: d.sum(skipna=False),
    ),
    "one level in order": (SEVERAL, lambda d: d.sort_index(level="q", sort_remaining=False)),
    "levels in two directions": (SEVERAL.v, lambda d: d.sort_index(level=["q", "p"], ascending=[False, True])),
    "a level by a key": (SEVERAL, lambda d: d.sort_index(level="p", key=lambda labels: labels.str.lower())),
    "windows from the first row, of any length": (NUMBERS[["v", "n"]], lambda d: d.expanding(None).max()),
    "texts beside columns of texts": (WORDS, lambda d: d.a.str.cat(d[["a", "a"]].set_axis(["p", "q"], axis=1))),
}


def unsorted(frame):
    return {} if top(frame) is pd else {"sort": False}


def top(frame):
    return pd if isinstance(frame, (pd.DataFrame, pd.Series)) else dd


def same(frame, value):
    return value if top(frame) is pd else parts_of(value)


@pytest.mark.parametrize("method", ["min", "max", "sum", "mean", "median", "var", "std", "sem", "skew", "kurt"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_masked_numbers_with_nan_in_groups(method, count):
    values = pd.array([1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0, 8.0], dtype="Float64")
    values._data[[1, 6]] = np.nan
    whole = pd.DataFrame({"k": [1, 1, 1, 1, 1, 2, 2, 2], "v": values})
    agree(
        lambda: getattr(parts_of(whole, count).groupby("k").v, method)(),
        lambda: getattr(whole.groupby("k").v, method)(),
    )


@pytest.mark.parametrize("method", ["median", "cumsum", "head", "shift", "sum"])
def test_numbered_columns_stay_so_beside_keys_of_other_frames(method):
    whole, keys = pd.DataFrame(np.arange(12).reshape(4, 3)), pd.Series(list("abab"))
    agree(
        lambda: getattr(parts_of(whole).groupby(parts_of(keys, 3)), method)(),
        lambda: getattr(whole.groupby(keys), method)(),
    )


@pytest.mark.parametrize("engine", ["auto", "pandas"])
@pytest.mark.parametrize("name", CALLS)
def test_calls_give_what_pandas_gives(name, engine):
    whole, call = CALLS[name]
    with weft.config.set({"dataframe.engine": engine}):
        agree(lambda: call(parts_of(whole)), lambda: call(whole))


@pytest.mark.parametrize(
    "call",
    [
        lambda d: top(d).concat([d, d], keys=["x", "y"], ignore_index=True),
        lambda d: top(d).concat([d, d.set_index(["k", "n"])], keys=["x", "y"]),
        lambda d: top(d).concat([d, d], keys=["x", "x"], verify_integrity=True),
        lambda d: top(d).cut(d, 2),
        lambda d: top(d).get_dummies(d, columns=["k"], prefix=["p", "q"]),
        lambda d: top(d).get_dummies(d, columns=["k"], dtype=object),
        lambda d: d.set_axis(["a", "b", "c"], axis=3),
        lambda d: d.v.rename({}, axis=5),
        lambda d: d.rename(index=pd.Series(["x", "y"], index=[1, 1])),
    ],
)
def test_calls_that_pandas_refuses_are_refused(call):
    for frame in (NUMBERS, parts_of(NUMBERS)):
        with pytest.raises(ValueError, match=r"."):
            call(frame)


def test_functions_that_say_no_truth_of_a_group_are_refused():
    for frame in (NUMBERS, parts_of(NUMBERS)):
        with pytest.raises(TypeError, match="expected a scalar bool"):
            len(frame.groupby("k").filter(lambda rows: rows.n.mean()))


def test_categories_have_the_order_of_partitions_wherever_rows_go():
    parts = [
        pd.DataFrame({"c": pd.Categorical(values, categories=kinds), "n": numbers})
        for values, kinds, numbers in [(["b"], ["b", "a"], [3]), ([], ["d"], []), (["c", "a"], ["c", "a"], [1, 2])]
    ]
    frame = dd.from_map(parts.__getitem__, range(3), meta=parts[0].iloc[:0])
    for made in (frame, frame.sort_values("n"), frame.shuffle("n"), frame.drop_duplicates(), frame[frame.n < 3]):
        assert made.compute().c.cat.categories.tolist() == ["b", "a", "d", "c"]
    assert frame.sort_values("n").groupby("c").n.sum().compute().index.tolist() == ["b", "a", "c"]


@pytest.mark.parametrize("how", ["inner", "left"])
def test_a_level_that_is_a_key_stays_in_the_index(how):
    left = pd.DataFrame({"o": [1, 2, 2], "v": [1.0, 2.0, 3.0]}, index=pd.Index([7, 8, 9], name="i"))
    right = pd.DataFrame({"o": [1, 2], "i": [7, 9], "w": [5, 6]}).set_index(["o", "i"])
    agree(
        lambda: parts_of(left).join(parts_of(right), on=["o", "i"], how=how), lambda: left.join(right, ["o", "i"], how)
    )


MIXED = pd.Series(["a|b", 1, np.nan, "b"], dtype=object)


@pytest.mark.parametrize(
    ("whole", "call"),
    [
        (MIXED, lambda s: s.str.get_dummies()),
        (MIXED[:0].astype("str"), lambda s: s.str.split(expand=True)),
        (pd.Series([""], dtype=object), lambda s: s.str.rsplit(expand=True)),
        (pd.Series([None, None], dtype="str"), lambda s: s.str.split(",", expand=True)),
    ],
)
def test_texts_that_are_numbers_or_nothing(whole, call):
    agree(lambda: call(parts_of(whole)), lambda: call(whole))


def test_labels_of_a_mapping_that_no_row_has_are_told():
    for frame in (NUMBERS, parts_of(NUMBERS), NUMBERS.n, parts_of(NUMBERS).n):
        with pytest.raises(KeyError, match=r"\[9\] not found in axis"):
            frame.rename(index={0: "x", 9: "y"}, errors="raise")
    for frame in (SEVERAL, parts_of(SEVERAL)):
        with pytest.raises(KeyError, match="not found in axis"):
            frame.rename(index={1: "x", 9: "y"}, level="q", errors="raise")
    agree(
        lambda: parts_of(NUMBERS).rename(index={0: 7}, errors="raise"),
        lambda: NUMBERS.rename(index={0: 7}, errors="raise"),
    )


def test_lists_are_no_keys_of_cross_sections():
    for frame in (SEVERAL, parts_of(SEVERAL), NUMBERS, parts_of(NUMBERS)):
        with pytest.raises(TypeError, match="list keys are not supported in xs"):
            frame.xs([1])


@pytest.mark.parametrize(
    "call",
    [
        lambda d: d.filter(lambda rows: rows.columns.str.contains("v|k"), axis=1),
        lambda d: d.filter(cond=[True, False, True], axis=1),
        lambda d: d.filter(cond=pd.Series([True, False, False], index=["n", "v", "k"]), axis="columns"),
        lambda d: d[["v", "n"]].filter(lambda rows: rows.mean() > 2.6, axis=1),
        lambda d: d.get(["v", "k"]),
        lambda d: d.get(["v", "absent"], "nothing"),
        lambda d: d.get("absent"),
    ],
)
def test_columns_by_conditions_and_lists(call):
    agree(lambda: call(parts_of(NUMBERS)), lambda: call(NUMBERS))


@pytest.mark.parametrize("cond", [[True, False], [1, 2, 3], pd.col("v") > 1])
def test_conditions_of_columns_that_pandas_refuses(cond):
    for frame in (NUMBERS, parts_of(NUMBERS)):
        with pytest.raises((ValueError, TypeError, IndexError)):
            frame.filter(cond=cond, axis=1)


PAIR = pd.DataFrame({"a": [0, 3, 4], "b": [360, 180, 360]})


@pytest.mark.parametrize(
    "call",
    [
        lambda d: d.add({"a": 2, "b": 3}),
        lambda d: d.rsub({"b": 2, "a": 3}, axis="columns"),
        lambda d: d.mul({"a": 2, "c": 3}),
        lambda d: d.add({"a": 2, "b": 3}, fill_value=1) * {"a": 2, "b": 3},
        lambda d: {"a": 2, "b": 3} - d,
        lambda d: d < {"a": 1, "b": 200},
        lambda d: d.combine(d[::-1] - 1, lambda one, two: one if one.sum() < two.sum() else two),
        lambda d: d.combine(d - 1, np.minimum),
        lambda d: (d / 7).round(same(d, pd.Series({"a": 1, "b": 2}))),
        lambda d: d.a.dot(np.array([1, 2, 3])),
        lambda d: d.b @ [1, 2, 3],
    ],
)
def test_mappings_of_columns_and_functions_of_columns(call):
    agree(lambda: call(parts_of(PAIR)), lambda: call(PAIR))


def test_mappings_that_are_no_operands():
    frame = parts_of(PAIR)
    for kind, call in [
        (ValueError, lambda: frame + {"a": 1}),
        (TypeError, lambda: frame.add({0: 1, 1: 2, 2: 3}, axis=0)),
        (TypeError, lambda: frame.a + {0: 1}),
        (ValueError, lambda: frame.a.dot([1, 2])),
    ]:
        with pytest.raises(kind):
            call()
