"""Joins that ask only which rows have a match, and which have none."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weft.dataframe as dd
from weft import config
from weft.dataframe.kernels import polars
from weft.expr import Need

KEYS = st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=8)


def rows_of(keys, label):
    return pd.DataFrame({"k": pd.Series(keys, dtype="float64"), label: pd.Series(range(len(keys)), dtype="int64")})


@settings(max_examples=60, deadline=None)
@given(KEYS, KEYS, st.booleans(), st.sampled_from(["mark", "b", "k2"]))
def test_rows_without_a_match(left, right, is_different, asked):
    ours, theirs = rows_of(left, "a"), rows_of(right, "b").rename(columns={"k": "k2"})

    def question(a, b):
        b = b.drop_duplicates("k2") if is_different else b
        joined = a.merge(b.assign(mark=True), left_on="k", right_on="k2", how="left")
        return joined[joined[asked].isna()].groupby("a").agg(many=("k", "size"), b=("b", "max"))

    frames = [dd.from_pandas(each, npartitions=2) for each in (ours, theirs)]
    found = question(*frames).compute(scheduler="sync")
    pd.testing.assert_frame_equal(found, question(ours, theirs), check_dtype=False)


@pytest.mark.parametrize("text", [False, True])
def test_rows_without_a_match_in_files(tmp_path, text):
    left = pd.DataFrame({"k": [1, 2, 3, 2, 5], "x": [1.0, 2.0, 3.0, 4.0, 5.0]})
    right = pd.DataFrame({"j": [2, 3, 3, 7], "y": [1, 2, 3, 4]})
    if text:
        left, right = left.astype({"k": "str"}), right.astype({"j": "str"})
    left.to_parquet(tmp_path / "left.parquet")
    right.to_parquet(tmp_path / "right.parquet")
    ours, theirs = [dd.read_parquet(tmp_path / f"{name}.parquet") for name in ("left", "right")]

    def question(a, b):
        joined = a.merge(b, left_on="k", right_on="j", how="left")
        return joined[joined.y.isna()].x.sum()

    query, *_ = polars.translated(question(ours, theirs).expr, frozenset({Need.VALUES}))
    assert "ANTI JOIN" in query.prepared().base.explain()
    assert question(ours, theirs).compute() == question(left, right) == 6.0


def test_labels_of_rows_without_a_match_are_numbers_among_all(tmp_path):
    left, right = pd.DataFrame({"k": [1, 2, 2, 4]}), pd.DataFrame({"j": [2, 2], "y": [1, 2]})
    left.to_parquet(tmp_path / "left.parquet")
    right.to_parquet(tmp_path / "right.parquet")
    ours, theirs = [dd.read_parquet(tmp_path / f"{name}.parquet") for name in ("left", "right")]

    def question(a, b):
        joined = a.merge(b, left_on="k", right_on="j", how="left")
        return joined[joined.y.isna()]

    with config.set({"scheduler": "sync"}):
        pd.testing.assert_frame_equal(question(ours, theirs).compute(), question(left, right))


def test_rows_without_a_match_are_one_query_whatever_is_missing(tmp_path):
    left, right = pd.DataFrame({"k": [1, 2, 3], "a": [5, 6, 7]}), pd.DataFrame({"k": [2, 9], "b": [0.5, 1.5]})
    left.to_parquet(tmp_path / "left.parquet")
    right.to_parquet(tmp_path / "right.parquet")

    def program(left, right):
        joined = left.merge(right[["k"]].assign(bad=True), on="k", how="left")
        return joined[joined.bad.isna()].groupby("a").k.sum()

    ours = program(*[dd.read_parquet(tmp_path / f"{name}.parquet") for name in ("left", "right")])
    assert "polars, as one query" in str(ours.explain())
    pd.testing.assert_series_equal(ours.compute(), program(left, right))
