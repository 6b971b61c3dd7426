from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, partitioned

import weft.dataframe as dd


@settings(max_examples=30, deadline=None)
@given(
    partitioned(),
    st.sampled_from(["sum", "mean", "min", "max", "count"]),
    st.sampled_from(["key", ["key", "word"], ["word"]]),
    st.booleans(),
    st.booleans(),
)
def test_aggregates_of_groups_agree_with_pandas(pair, how, by, sort, dropna):
    whole, parts = pair
    ours, expected = parts.groupby(by, sort=sort, dropna=dropna), whole.groupby(by, sort=sort, dropna=dropna)
    columns = ["number", "float"]
    assert_same(getattr(ours[columns], how)(split_every=2), getattr(expected[columns], how)())
    assert_same(getattr(ours.float, how)(), getattr(expected.float, how)())


def test_groups_of_what_is_left_of_a_filter_agree_with_pandas():
    whole = pd.DataFrame({"key": [1, 2, 1, 3], "value": [1.0, 2.0, 3.0, 4.0]})
    parts = dd.from_pandas(whole, npartitions=3)
    assert_same(parts[parts.value > 1].groupby("key").sum(), whole[whole.value > 1].groupby("key").sum())


def test_a_key_that_is_not_there_is_an_error_at_the_call():
    parts = dd.from_pandas(pd.DataFrame({"key": [1], "value": [1]}))
    with pytest.raises(KeyError, match="Did you mean 'key'"):
        parts.groupby("keys")
    with pytest.raises(KeyError, match="Did you mean 'value'"):
        parts.groupby("key")["values"]
