from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_series, in_partitions

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


def test_numbers_are_counted_in_intervals():
    whole = pd.Series([1.0, 2.0, None, 5.0, 4.5])
    parts = in_partitions(whole, [2])
    agree(lambda: parts.value_counts(bins=2), lambda: whole.value_counts(bins=2))


def test_other_objects_are_refused():
    with pytest.raises(TypeError, match=r"use pandas\.cut"):
        dd.cut(pd.Series([1]), 3)
