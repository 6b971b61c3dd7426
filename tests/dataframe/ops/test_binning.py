from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_series, in_partitions
from tests.dataframe.strategies import assert_same

import weft.dataframe as dd

BINS = [3, [-5, 0, 4, 10], [0.5, 2.5]]


@settings(max_examples=40, deadline=None)
@given(
    cut_series(("int64", "float64"), min_size=2), st.sampled_from(BINS), st.booleans(), st.sampled_from([None, False])
)
def test_intervals_agree_with_pandas(pair, bins, right, labels):
    whole, parts = pair
    agree(
        lambda: dd.cut(parts, bins, right=right, labels=labels), lambda: pd.cut(whole, bins, right=right, labels=labels)
    )


@settings(max_examples=20, deadline=None)
@given(cut_series(("int64", "float64"), min_size=3))
def test_quantile_intervals_agree_with_pandas(pair):
    whole, parts = pair
    if not whole.count():
        with pytest.raises(ValueError, match="without values"):
            dd.qcut(parts, 3)
        return
    agree(lambda: dd.qcut(parts, 3, duplicates="drop"), lambda: pd.qcut(whole, 3, duplicates="drop"))


@pytest.mark.parametrize("values", [[], [None, None]])
@pytest.mark.parametrize("labels", [None, False])
def test_quantile_intervals_of_nothing(values, labels):
    whole = pd.Series(values, dtype="float64")
    parts = dd.from_pandas(whole, npartitions=1)
    words = {"labels": labels, "duplicates": "drop"}
    made, edges = dd.qcut(parts, 3, retbins=True, **words)
    expected, its_edges = pd.qcut(whole, 3, retbins=True, **words)
    assert_same(made, expected)
    assert np.isnan(edges).tolist() == np.isnan(its_edges).tolist()


def test_numbers_are_counted_in_intervals():
    whole = pd.Series([1.0, 2.0, None, 5.0, 4.5])
    parts = in_partitions(whole, [2])
    agree(lambda: parts.value_counts(bins=2), lambda: whole.value_counts(bins=2))


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match=r"use pandas\.cut"):
        dd.cut(pd.Series([1]), 3)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("is_span", [False, True])
def test_edges_of_dates_keep_the_unit(unit, is_span):
    whole = pd.Series(pd.date_range("2020", periods=12, freq="7h", unit=unit))
    edges = pd.date_range("2019-12-31", periods=4, freq="2D", unit=unit)
    if is_span:
        whole, edges = whole - whole[0], edges - edges[0]
    parts = dd.from_pandas(whole, npartitions=3)
    assert_same(dd.cut(parts, 3), pd.cut(whole, 3))
    assert_same(dd.qcut(parts, [0, 0.1, 0.5, 1]), pd.qcut(whole, [0, 0.1, 0.5, 1]))
    assert_same(dd.cut(parts, edges), pd.cut(whole, edges))
    assert_same(dd.cut(parts, list(edges)), pd.cut(whole, list(edges)))
    _, found = dd.cut(parts, 3, retbins=True)
    pd.testing.assert_index_equal(pd.Index(found), pd.Index(pd.cut(whole, 3, retbins=True)[1]))


def test_edges_of_dates_keep_the_time_zone():
    whole = pd.Series(pd.date_range("2020", periods=12, freq="7h", tz="Europe/Oslo"))
    parts = dd.from_pandas(whole, npartitions=3)
    assert_same(dd.cut(parts, 3), pd.cut(whole, 3))
    assert_same(dd.qcut(parts, 3), pd.qcut(whole, 3))
