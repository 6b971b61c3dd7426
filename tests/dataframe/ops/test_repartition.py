from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, partitioned

import weft.dataframe as dd


@settings(max_examples=30, deadline=None)
@given(partitioned(), st.integers(1, 7))
def test_rows_stay_in_order_for_any_number_of_partitions(pair, count):
    whole, parts = pair
    again = parts.repartition(npartitions=count)
    assert again.npartitions <= max(count, 1)
    assert_same(again, whole)
    assert_same(again["float"], whole["float"])


@pytest.mark.parametrize("index", ["int", "float", "str", "time", "zone", "category"])
def test_divisions_hold_in_every_partition(index):
    size = 40
    labels = {
        "int": pd.Index(np.arange(size) // 3),
        "float": pd.Index(np.arange(size) / 4),
        "str": pd.Index([f"k{each:02}" for each in range(size)]),
        "time": pd.date_range("2020-01-01", periods=size, freq="h"),
        "zone": pd.date_range("2020-01-01", periods=size, freq="h", tz="Europe/Zurich"),
        "category": pd.CategoricalIndex(list("aabbccddee") * 4).sort_values(),
    }[index]
    whole = pd.DataFrame({"a": range(size)}, index=labels)
    parts = dd.from_pandas(whole, npartitions=4)
    low, high = labels[0], labels[-1]
    for edges in [(low, high), (low, labels[7], labels[20], high), (low, labels[13], labels[39])]:
        edges = tuple(dict.fromkeys(edges))
        again = parts.repartition(divisions=edges)
        assert again.divisions == edges
        assert_same(again, whole, check_freq=False)
        assert_same(again.repartition(npartitions=5), whole, check_freq=False)


def test_divisions_reach_further_with_force():
    whole = pd.DataFrame({"a": range(10)}, index=range(10, 20))
    parts = dd.from_pandas(whole, npartitions=3)
    with pytest.raises(ValueError, match="force=True"):
        parts.repartition(divisions=(0, 15, 30))
    assert_same(parts.repartition(divisions=(0, 5, 15, 19, 25, 30), force=True), whole)


@pytest.mark.parametrize("edges", [(0, 0, 5, 9), (9, 5, 0), (0,), (0, float("nan"), 9), (3, 9)])
def test_divisions_that_make_no_sense_are_refused(edges):
    parts = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=3)
    with pytest.raises(ValueError, match="division"):
        parts.repartition(divisions=edges)


def test_exactly_one_way_to_repartition_is_given():
    parts = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=3)
    for options in ({}, {"npartitions": 2, "divisions": (0, 9)}):
        with pytest.raises(ValueError, match="exactly one"):
            parts.repartition(**options)
    with pytest.raises(ValueError, match="at least 1"):
        parts.repartition(npartitions=0)
    with pytest.raises(TypeError, match="index of times"):
        parts.repartition(freq="D")


def test_partitions_of_a_period():
    index = pd.date_range("2020-01-01 05:00", periods=100, freq="h")
    whole = pd.DataFrame({"a": range(100)}, index=index)
    parts = dd.from_pandas(whole, npartitions=3).repartition(freq="D")
    assert parts.npartitions == 5
    assert parts.divisions[1] == pd.Timestamp("2020-01-02")
    assert_same(parts, whole, check_freq=False)


def test_partitions_of_a_size():
    whole = pd.DataFrame({"a": np.arange(1000.0)})
    parts = dd.from_pandas(whole, npartitions=2).repartition(partition_size=1000)
    assert parts.npartitions >= 8
    assert_same(parts, whole)
    again = parts.repartition(partition_size="1 MB")
    assert again.npartitions == 1
    assert_same(again, whole)


def test_unknown_divisions_are_split_by_rows():
    whole = pd.DataFrame({"a": range(10)}, index=list("jihgfedcba"))
    parts = dd.from_pandas(whole, npartitions=2, sort=False)
    again = parts.repartition(npartitions=5)
    assert again.npartitions == 5
    assert not again.known_divisions
    assert_same(again, whole)
    with pytest.raises(ValueError, match="not known"):
        parts.repartition(divisions=("a", "j"))
