"""Keys of groups are aggregated as other columns are."""

from __future__ import annotations

import pandas as pd
import pytest

import weft.dataframe as dd
from weft import config

FRAME = pd.DataFrame(
    {"k": [1, 1, 2, 3, 3], "j": [0, 1, 2, 0, 0], "a": [1, 2, 3, 4, 5], "t": pd.Series(list("xyzxy"), dtype="str")}
)
QUESTIONS = {
    "named": lambda x: x.groupby("k").agg(n=("k", "count"), rows=("k", "size"), s=("a", "sum")),
    "texts": lambda x: x.groupby("t").agg(last=("t", "max"), kinds=("t", "nunique")),
    "mapping": lambda x: x.groupby("k").agg({"k": "count"}),
    "lists": lambda x: x.groupby("k").agg({"k": ["sum", "max"], "a": "min"}),
    "of two": lambda x: x.groupby(["k", "j"], sort=False).agg({"j": "sum"}),
    "functions": lambda x: x.groupby("k").agg(n=("k", lambda rows: len(rows)), first=("k", "first")),
    "median": lambda x: x.groupby("k").agg(n=("k", "median")),
    "chosen": lambda x: x.groupby("k")[["k", "a"]].sum(),
    "columns: named": lambda x: x.groupby("k", as_index=False).agg(n=("k", "count")),
    "columns: called as the key": lambda x: x.groupby("k", as_index=False).agg(k=("a", "count")),
    "columns: mapping": lambda x: x.groupby("k", as_index=False).agg({"a": "sum", "k": "count"}),
    "columns: one of two": lambda x: x.groupby(["k", "j"], as_index=False).agg({"a": "sum", "j": "max"}),
    "columns: lists": lambda x: x.groupby("k", as_index=False).agg({"k": ["sum"], "a": ["min", "max"]}),
    "columns: chosen": lambda x: x.groupby("k", as_index=False)[["k", "a"]].sum(),
    "columns: one": lambda x: x.groupby("k", as_index=False)["k"].sum(),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("engine", ["auto", "pandas"])
@pytest.mark.parametrize("partitions", [1, 3])
def test_aggregates_of_keys_are_those_of_pandas(question, engine, partitions):
    with config.set({"dataframe.engine": engine}):
        ours = QUESTIONS[question](dd.from_pandas(FRAME, npartitions=partitions)).compute()
    pd.testing.assert_frame_equal(ours, QUESTIONS[question](FRAME))


def test_columns_that_were_not_chosen_are_not_there():
    ours = dd.from_pandas(FRAME, npartitions=2).groupby("k")[["a"]]
    with pytest.raises(KeyError, match="do not exist"):
        ours.agg(n=("k", "count"))


@pytest.mark.parametrize("count", [1, 2])
def test_a_column_that_a_level_has_the_name_of_is_a_key_by_itself(count):
    index = pd.MultiIndex.from_arrays([[1, 2, 3, 4], [5, 6, 7, 8]], names=["k", "z"])
    whole = pd.DataFrame({"v": [1.0, 2, 3, 4], "n": [1, 1, 2, 2], "k": [1, 1, 1, 2]}, index=index)
    ours = dd.from_pandas(whole, npartitions=count, sort=False)
    for call in (
        lambda d: d.groupby(d["k"])["v"].sum(),
        lambda d: d.groupby([d["k"], "n"])["v"].transform("mean"),
    ):
        pd.testing.assert_series_equal(call(ours).compute(), call(whole))
    with pytest.raises(ValueError, match="ambiguous"):
        ours.groupby("k")["v"].sum()
