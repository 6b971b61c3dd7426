"""Bad input: pandas' types of errors, at the call where it can be known, and messages that say what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import outcome

import weft.dataframe as dd

WHOLE = pd.DataFrame({"alpha": [1, 2, 2, 4], "beta": ["x", "y", None, "z"], "gamma": [0.5, np.nan, 1.5, 2.5]})
TIMES = WHOLE.set_axis(pd.date_range("2024", periods=4), axis=0)


def in_parts(whole=WHOLE, **options):
    return dd.from_pandas(whole, npartitions=2, **options)


#: Calls that pandas refuses. Ours must refuse them with an error of the same type, and before anything is computed.
AT_THE_CALL = {
    "a column that is not there": lambda d: d["alhpa"],
    "columns that are not there": lambda d: d[["alpha", "delta"]],
    "an attribute that is not there": lambda d: d.alhpa,
    "a column that is not there, dropped": lambda d: d.drop(columns="alhpa"),
    "columns dropped, one is not there": lambda d: d.drop(columns=["alpha", "delta"]),
    "popped": lambda d: d.pop("alhpa"),
    "deleted": lambda d: d.copy().__delitem__("alhpa"),
    "inserted twice": lambda d: d.copy().insert(0, "alpha", 1),
    "inserted nowhere": lambda d: d.copy().insert(9, "delta", 1),
    "cast": lambda d: d.astype({"alhpa": "int64"}),
    "cast to what is no type": lambda d: d.astype("no type"),
    "grouped": lambda d: d.groupby("alhpa"),
    "grouped by several": lambda d: d.groupby(["alpha", "delta"]),
    "grouped by nothing": lambda d: d.groupby(),
    "grouped by no keys": lambda d: d.groupby([]),
    "chosen of groups": lambda d: d.groupby("alpha")["delta"],
    "aggregated": lambda d: d.groupby("alpha").agg({"delta": "sum"}),
    "aggregated by what is not there": lambda d: d.groupby("alpha").agg("no_such_thing"),
    "aggregated by name without any": lambda d: d.groupby("alpha").agg(),
    "named aggregates of what is not there": lambda d: d.groupby("alpha").agg(total=("delta", "sum")),
    "aggregates of a frame": lambda d: d.agg({"delta": "sum"}),
    "an aggregate that is not there": lambda d: d.agg("no_such_thing"),
    "the mean of texts": lambda d: d.beta.mean(),
    "the mean of a frame with texts": lambda d: d.mean(),
    "the deviation of texts": lambda d: d.beta.std(),
    "the product of texts": lambda d: d.beta.prod(),
    "the mean of groups of texts": lambda d: d.groupby("alpha").beta.mean(),
    "a quantile beyond 1": lambda d: d.alpha.quantile(1.5),
    "an interpolation that is not there": lambda d: d.alpha.quantile(0.5, interpolation="some"),
    "sorted": lambda d: d.sort_values("alhpa"),
    "sorted with too many directions": lambda d: d.sort_values("alpha", ascending=[True, False]),
    "sorted with missing ones in the middle": lambda d: d.sort_values("alpha", na_position="middle"),
    "the index": lambda d: d.set_index("alhpa"),
    "the index of nothing": lambda d: d.set_index([]),
    "merged on": lambda d: d.merge(d, on="alhpa"),
    "merged on the left": lambda d: d.merge(d, left_on="alhpa", right_on="alpha"),
    "merged on keys of other lengths": lambda d: d.merge(d, left_on=["alpha", "beta"], right_on=["alpha"]),
    "merged in no way": lambda d: d.merge(d, on="alpha", how="sideways"),
    "merged on numbers and texts": lambda d: d.merge(d, left_on="alpha", right_on="beta"),
    "merged with equal suffixes": lambda d: d.merge(d, on="alpha", suffixes=("", "")),
    "joined with columns of equal labels": lambda d: d.join(d),
    "a number and a text": lambda d: d.alpha + d.beta,
    "a text less a number": lambda d: d.beta - 1,
    "a text and a number, compared": lambda d: d.beta < 1,
    "the negative of texts": lambda d: -d.beta,
    "texts inverted": lambda d: ~d.gamma,
    "numbers with methods of text": lambda d: d.alpha.str,
    "numbers with methods of dates": lambda d: d.alpha.dt,
    "numbers with methods of categories": lambda d: d.alpha.cat,
    "a method of text that is not there": lambda d: d.beta.str.nothing(),
    "columns of other number": lambda d: setattr(d.copy(), "columns", ["a"]),
    "renamed, strictly": lambda d: d.rename(columns={"delta": "d"}, errors="raise"),
    "renamed along no axis": lambda d: d.rename({"alpha": "a"}, axis=5),
    "filled with nothing": lambda d: d.fillna(),
    "filled with a list": lambda d: d.fillna([1, 2]),
    "filled backwards, nowhere": lambda d: d.ffill(limit=0),
    "left out in some way": lambda d: d.dropna(how="some"),
    "left out by a column that is not there": lambda d: d.dropna(subset=["alhpa"]),
    "duplicates of a column that is not there": lambda d: d.drop_duplicates("alhpa"),
    "duplicates kept in some way": lambda d: d.drop_duplicates(keep="some"),
    "duplicated in some way": lambda d: d.duplicated(keep="some"),
    "the largest by a column that is not there": lambda d: d.nlargest(2, "alhpa"),
    "the largest by texts": lambda d: d.nlargest(2, "beta"),
    "the largest of texts": lambda d: d.beta.nlargest(2),
    "melted": lambda d: d.melt("alhpa"),
    "exploded": lambda d: d.explode("alhpa"),
    "pivoted": lambda d: d.pivot_table(values="alhpa", index="alpha", columns="beta"),
    "a window of less than nothing": lambda d: d.alpha.rolling(-1),
    "a window with too many": lambda d: d.alpha.rolling(2, min_periods=3),
    "a window of time without times": lambda d: d.alpha.rolling("2D"),
    "windows by a column that is not there": lambda d: d.rolling("2D", on="alhpa"),
    "weights of nothing": lambda d: d.alpha.ewm(),
    "weights twice": lambda d: d.alpha.ewm(com=1, span=2),
    "periods without times": lambda d: d.resample("D"),
    "shifted by a text": lambda d: d.shift("x"),
    "the difference of half a row": lambda d: d.diff(0.5),
    "along a third axis": lambda d: d.sum(axis=2),
    "along the axis 1 of a series": lambda d: d.alpha.sum(axis=1),
    "isin of a text": lambda d: d.alpha.isin("text"),
    "isin of a number": lambda d: d.alpha.isin(3),
    "between, partly": lambda d: d.alpha.between(1, 2, inclusive="some"),
    "a query of what is not there": lambda d: d.query("alhpa > 1"),
    "a query that is none": lambda d: d.query("alpha >"),
    "an expression of what is not there": lambda d: d.eval("alhpa + 1"),
    "sampled twice": lambda d: d.sample(n=1, frac=0.5),
    "sampled below nothing": lambda d: d.sample(frac=-1),
    "sampled beyond all": lambda d: d.sample(frac=2.0),
    "ranked in some way": lambda d: d.rank(method="some"),
    "correlated with texts": lambda d: d.corr(),
    "types of nothing": lambda d: d.select_dtypes(),
    "types twice": lambda d: d.select_dtypes(include=["int64"], exclude=["int64"]),
    "one column as a frame": lambda d: d.copy().__setitem__("alpha", d[["alpha", "beta"]]),
    "several columns by other number": lambda d: d.copy().__setitem__(["a", "b"], d[["alpha"]]),
    "rows by numbers": lambda d: d[d.alpha],
    "too many indexers": lambda d: d.loc[1, "alpha", 2],
    "a column that is not there, by loc": lambda d: d.loc[:, "alhpa"],
    "a column beyond all, by iloc": lambda d: d.iloc[:, 9],
    "pipe with its own keyword": lambda d: d.pipe((lambda x: x, "x"), x=1),
    "where without a condition": lambda d: d.where(d.alpha),
    "truth": lambda d: bool(d),
    "truth of a series": lambda d: not d.alpha,
    "a value of many": lambda d: d.alpha.item(),
    "labels of other number": lambda d: d.set_axis(["a"], axis=1),
}


@pytest.mark.parametrize("title", AT_THE_CALL)
def test_what_pandas_refuses_is_refused_at_the_call(title):
    program = AT_THE_CALL[title]
    expected, found = outcome(lambda: program(WHOLE)), outcome(lambda: program(in_parts()))
    assert isinstance(expected, type), "pandas takes it"
    assert isinstance(found, type), "it is taken"
    assert issubclass(found, expected) or issubclass(expected, found), (found, expected)


@pytest.mark.parametrize(
    "program",
    [
        lambda d: d["alhpa"],
        lambda d: d.alhpa,
        lambda d: d.groupby("alhpa"),
        lambda d: d.groupby("alpha")["btea"],
        lambda d: d.sort_values("alhpa"),
        lambda d: d.set_index("alhpa"),
        lambda d: d.merge(d, on="alhpa"),
        lambda d: d.drop(columns="alhpa"),
        lambda d: d.astype({"alhpa": "int64"}),
        lambda d: d.drop_duplicates("alhpa"),
        lambda d: d.dropna(subset="alhpa"),
        lambda d: d.explode("alhpa"),
        lambda d: d.nlargest(1, "alhpa"),
        lambda d: d.pivot_table(values="gamma", index="alhpa", columns="beta"),
        lambda d: d.rolling("2D", on="alhpa"),
        lambda d: d.loc[:, "alhpa"],
    ],
)
def test_the_nearest_label_is_named(program):
    with pytest.raises((KeyError, AttributeError, ValueError), match=r"Did you mean '(alpha|beta)'"):
        program(in_parts(TIMES))


def test_rows_are_refused_when_they_are_found():
    parts = in_parts()
    with pytest.raises(KeyError):
        parts.loc[[1, 99]].compute()
    with pytest.raises(TypeError, match="quantile"):
        parts.beta.quantile(0.5)
    with pytest.raises(IndexError, match="4 rows"):
        parts.iloc[[9]].compute()
    with pytest.raises((OverflowError, ValueError)):
        (parts.alpha * 100).astype("float64").where(parts.alpha > 2).astype("int64").compute()
    with pytest.raises(ValueError, match=r"could not convert|invalid literal"):
        parts.beta.fillna("q").astype("float64").compute()


def test_frames_of_other_columns_and_types():
    other = dd.from_pandas(pd.DataFrame({"alpha": ["p", "q"]}), npartitions=1)
    with pytest.raises(ValueError, match="merge"):
        in_parts().merge(other, on="alpha")
    whole = pd.concat([WHOLE, pd.DataFrame({"alpha": ["p", "q"]})])
    found = dd.concat([in_parts(), other]).compute()
    assert found.alpha.tolist() == whole.alpha.tolist()
    with pytest.raises(ValueError, match="cannot be compared"):
        in_parts() + in_parts(TIMES)


def test_columns_of_one_label_and_divisions_that_are_none():
    twice = WHOLE.set_axis(["a", "a", "b"], axis=1)
    with pytest.raises(ValueError, match="different labels"):
        dd.from_pandas(twice, npartitions=2)
    parts = in_parts()
    with pytest.raises(ValueError, match="sorted"):
        parts.repartition(divisions=(3, 1))
    with pytest.raises(ValueError, match="must begin with 0"):
        parts.repartition(divisions=(1, 2))
    with pytest.raises(ValueError, match="unique"):
        parts.set_index("alpha", divisions=(1, 2, 2, 4))
    with pytest.raises(ValueError, match="npartitions"):
        dd.from_pandas(WHOLE, npartitions=0)
    with pytest.raises(TypeError, match="from_pandas"):
        dd.from_pandas([1, 2], npartitions=1)
