from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.strategies import assert_same, partitioned

import weft.dataframe as dd


@settings(max_examples=30, deadline=None)
@given(partitioned(), st.sampled_from(["sum", "mean", "min", "max", "count"]), st.booleans())
def test_reductions_of_columns_agree_with_pandas(pair, kind, skipna):
    whole, parts = pair
    options = {} if kind == "count" else {"skipna": skipna}
    for column in ("number", "float", "flag"):
        expected = getattr(whole[column], kind)(**options)
        assert_same(getattr(parts[column], kind)(split_every=2, **options), expected)


@settings(max_examples=30, deadline=None)
@given(partitioned(min_size=1), st.sampled_from(["sum", "mean", "min", "max", "count"]))
def test_reductions_of_frames_agree_with_pandas(pair, kind):
    whole, parts = pair
    columns = ["key", "number", "float"]
    assert_same(getattr(parts[columns], kind)(), getattr(whole[columns], kind)(), check_dtype=False)


@settings(max_examples=10, deadline=None)
@given(partitioned())
def test_the_length_is_the_number_of_rows(pair):
    whole, parts = pair
    assert len(parts) == len(whole)


def test_the_mean_of_text_is_refused_at_the_call():
    with pytest.raises(TypeError, match="mean of str"):
        dd.from_pandas(pd.DataFrame({"word": ["a"]})).word.mean()
