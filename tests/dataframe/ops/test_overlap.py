from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_series, in_partitions

import weft.dataframe as dd


@settings(max_examples=30, deadline=None)
@given(cut_series(("float64", "int64", "str")), st.integers(0, 4), st.integers(0, 4))
def test_rows_around_are_seen_and_cut_off_again(pair, before, after):
    whole, parts = pair

    def beside(part):
        return pd.concat([part.shift(before), part, part.shift(-after)], axis=1, keys=["b", "x", "a"])

    if len(whole):
        agree(lambda: parts.map_overlap(beside, before, after), lambda: beside(whole))


def test_neighbours_may_be_shorter_than_what_is_asked_for():
    whole = pd.Series(range(8), dtype="float64")
    parts = in_partitions(whole, [1, 2, 2, 3, 7])
    agree(lambda: parts.map_overlap(lambda part: part.rolling(5).sum(), 4, 0), lambda: whole.rolling(5).sum())


def test_rows_around_go_by_time_and_come_for_several_frames():
    whole = pd.Series(range(6), index=pd.date_range("2024", periods=6, freq="h"))
    parts = in_partitions(whole, [2, 3])
    agree(
        lambda: dd.map_overlap(lambda a, b: (a + b).rolling("2h").sum(), parts, "2h", 0, parts),
        lambda: (whole + whole).rolling("2h").sum(),
        check_freq=False,
    )


def test_what_makes_no_sense_is_refused():
    parts = in_partitions(pd.Series([1, 2, 3]), [1])
    with pytest.raises(ValueError, match="must be positive"):
        parts.map_overlap(lambda part: part, -1, 0)
    with pytest.raises(TypeError, match="DatetimeIndex"):
        parts.map_overlap(lambda part: part, "1h", 0)
    with pytest.raises(ValueError, match="gives a row for each"):
        parts.map_overlap(lambda part: part.iloc[:1], 1, 0, meta=(None, "int64")).compute(scheduler="sync")
