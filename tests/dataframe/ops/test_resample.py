from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, in_partitions

METHODS = ["sum", "mean", "min", "max", "count", "first", "last", "std", "nunique", "size", "median", "ohlc", "ffill"]
RULES = ["7h", "D", "2D", "W", "ME", "MS", "QE", "36h"]


@st.composite
def timed(draw, min_size=1):
    size = draw(st.integers(min_size, 10))
    numbers = st.none() | st.integers(-4, 9)
    whole = pd.DataFrame(
        {
            "a": pd.Series(draw(st.lists(numbers, min_size=size, max_size=size)), dtype="float64"),
            "b": pd.Series(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)), dtype="int64"),
        }
    )
    hours = np.cumsum(draw(st.lists(st.integers(0, 400), min_size=size, max_size=size)))
    whole.index = pd.Timestamp("2024-01-30 05:00") + pd.to_timedelta(hours, unit="h")
    whole.index.name = "when"
    if draw(st.booleans()):
        whole.index = whole.index.tz_localize("UTC")
    return whole, in_partitions(whole, draw(st.lists(st.integers(0, size), max_size=3)))


@settings(max_examples=120, deadline=None)
@given(
    timed(),
    st.sampled_from(RULES),
    st.sampled_from(METHODS),
    st.sampled_from([None, "left", "right"]),
    st.sampled_from([None, "left", "right"]),
)
def test_periods_agree_with_pandas(pair, rule, method, closed, label):
    whole, parts = pair
    words = {"closed": closed, "label": label}
    agree(
        lambda: getattr(parts.resample(rule, **words), method)(),
        lambda: getattr(whole.resample(rule, **words), method)(),
        check_freq=False,
    )


CALLS = [
    lambda periods: periods.a.sum(),
    lambda periods: periods[["b"]].mean(),
    lambda periods: periods.agg(["sum", "max"]),
    lambda periods: periods.agg({"a": "sum", "b": "mean"}),
    lambda periods: periods.b.agg(lambda values: values.sum() + 1),
    lambda periods: periods.quantile(0.3),
    lambda periods: periods.sum(min_count=2),
]


@settings(max_examples=40, deadline=None)
@given(timed(), st.sampled_from(range(len(CALLS))))
def test_calls_agree_with_pandas(pair, place):
    whole, parts = pair
    agree(lambda: CALLS[place](parts.resample("3D")), lambda: CALLS[place](whole.resample("3D")), check_freq=False)


@settings(max_examples=20, deadline=None)
@given(timed(), st.sampled_from(["epoch", "start", "end", "start_day"]))
def test_origins_agree_with_pandas(pair, origin):
    whole, parts = pair
    agree(
        lambda: parts.resample("17h", origin=origin, offset="1h").sum(),
        lambda: whole.resample("17h", origin=origin, offset="1h").sum(),
        check_freq=False,
    )


@settings(max_examples=10, deadline=None)
@given(timed())
def test_periods_of_a_column_agree_with_pandas(pair):
    whole, parts = pair
    agree(
        lambda: parts.reset_index().resample("2D", on="when").sum(),
        lambda: whole.reset_index().resample("2D", on="when").sum(),
        check_freq=False,
    )


def test_an_index_without_times_is_refused_at_the_call():
    with pytest.raises(TypeError, match="Only valid with DatetimeIndex"):
        in_partitions(pd.Series([1, 2]), [1]).resample("D")


def test_periods_are_keys_of_groups():
    whole = pd.DataFrame(
        {
            "t": pd.to_datetime(["2024-01-01 01:00", "2024-01-03 05:00", None, "2024-01-01 09:00", "2024-01-03 23:00"]),
            "k": ["x", "y", "x", "x", "y"],
            "v": [1, 2, 3, 4, 5],
        }
    )
    parts = in_partitions(whole, [1, 3])
    for ask in (
        lambda frame: frame.groupby(pd.Grouper(key="t", freq="D")).v.sum(),
        lambda frame: frame.groupby([pd.Grouper(key="t", freq="D"), "k"]).v.sum(),
        lambda frame: frame.groupby(["k", pd.Grouper(key="t", freq="6h", label="right")]).sum(),
        lambda frame: frame.resample("D", on="t").v.sum(),
    ):
        agree(lambda: ask(parts), lambda: ask(whole), check_freq=False)  # noqa: B023
    with pytest.raises(KeyError, match="no column 'q'"):
        parts.groupby([pd.Grouper(key="q", freq="D"), "k"])
