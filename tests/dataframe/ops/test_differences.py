from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import KINDS, agree, cut_frames, cut_series, in_partitions

NOT_OBJECT = tuple(kind for kind in KINDS if kind != "object")


@settings(max_examples=80, deadline=None)
@given(cut_series(NOT_OBJECT, min_size=1), st.sampled_from(["shift", "diff", "pct_change"]), st.integers(-4, 4))
def test_rows_beside_others_agree_with_pandas(pair, method, periods):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(periods), lambda: getattr(whole, method)(periods))


@settings(max_examples=60, deadline=None)
@given(cut_series(tuple(KINDS)), st.sampled_from(["ffill", "bfill"]), st.none() | st.integers(1, 3))
def test_gaps_are_filled_as_pandas_fills_them(pair, method, limit):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(limit=limit), lambda: getattr(whole, method)(limit=limit))


@settings(max_examples=20, deadline=None)
@given(cut_frames(("float64", "str", "Int64"), min_size=1), st.sampled_from(["shift", "ffill", "bfill"]))
def test_frames_agree_with_pandas(pair, method):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(), lambda: getattr(whole, method)())


@settings(max_examples=20, deadline=None)
@given(cut_frames(("float64", "int64"), min_size=1), st.sampled_from(["shift", "diff", "ffill", "bfill", "pct_change"]))
def test_columns_beside_others_agree_with_pandas(pair, method):
    whole, parts = pair
    agree(lambda: getattr(parts, method)(axis=1), lambda: getattr(whole, method)(axis=1))


def test_labels_are_shifted_by_a_frequency():
    whole = pd.Series(range(5), index=pd.date_range("2024", periods=5))
    agree(lambda: in_partitions(whole, [2]).shift(2, freq="D"), lambda: whole.shift(2, freq="D"), check_freq=False)


@settings(max_examples=20, deadline=None)
@given(cut_series(("float64", "str")))
def test_the_first_and_last_labels_with_a_value_agree_with_pandas(pair):
    whole, parts = pair
    assert parts.first_valid_index() == whole.first_valid_index()
    assert parts.last_valid_index() == whole.last_valid_index()


def test_bad_periods_are_refused_at_the_call():
    parts = in_partitions(pd.Series([1.0, 2.0]), [1])
    with pytest.raises(ValueError, match="periods must be an integer"):
        parts.diff(1.5)
    with pytest.raises(ValueError, match="greater than 0"):
        parts.ffill(limit=0)
