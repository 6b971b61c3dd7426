from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_series, in_partitions


@settings(max_examples=30, deadline=None)
@given(cut_series(), st.integers(0, 3))
def test_rows_several_times_over_agree_with_pandas(pair, times):
    whole, parts = pair
    agree(lambda: parts.repeat(times), lambda: whole.repeat(times))


WORDS = pd.Series(range(4), index=["a", "bb", "ab", "c"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda series: series.drop("a"),
        lambda series: series.drop(index=["a", "c"]),
        lambda series: series.filter(items=["a", "q"]),
        lambda series: series.filter(like="b"),
        lambda series: series.filter(regex="^a"),
        lambda series: series.get("bb"),
        lambda series: series.get("q", 5),
        lambda series: series.keys(),
        lambda series: series.T,
    ],
)
def test_rows_by_label_agree_with_pandas(ask):
    agree(lambda: ask(in_partitions(WORDS, [1, 3])), lambda: ask(WORDS))


def test_rows_come_one_by_one():
    assert list(in_partitions(WORDS, [1, 3]).items()) == list(WORDS.items())


def test_values_are_taken_from_another():
    whole, other = pd.Series([1.0, 2.0, 3.0]), pd.Series([None, 5.0], index=[0, 2])
    parts = in_partitions(whole, [1])
    parts.update(in_partitions(other, []))
    expected = whole.copy()
    expected.update(other)
    agree(lambda: parts, lambda: expected)
