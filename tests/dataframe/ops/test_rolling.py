from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataframe.columns import agree, cut_frames, cut_series, in_partitions, numbered_frames

METHODS = ["sum", "mean", "min", "max", "count", "std", "var", "median", "skew", "kurt", "sem", "rank"]
KINDS = ("int64", "float64", "float32", "bool")


@settings(max_examples=80, deadline=None)
@given(
    cut_series(KINDS, min_size=1),
    st.sampled_from(METHODS),
    st.integers(1, 12),
    st.none() | st.integers(1, 3),
    st.booleans(),
    st.sampled_from([None, "left", "both", "neither"]),
)
def test_fixed_windows_agree_with_pandas(pair, method, window, few, center, closed):
    whole, parts = pair
    words = {"min_periods": None if few is None else min(few, window), "center": center, "closed": closed}
    agree(
        lambda: getattr(parts.rolling(window, **words), method)(),
        lambda: getattr(whole.rolling(window, **words), method)(),
        atol=1e-6,
    )


@st.composite
def timed(draw):
    whole = pd.Series(
        draw(st.lists(st.none() | st.integers(-4, 9), min_size=1, max_size=12)), dtype="float64", name="x"
    )
    hours = np.cumsum(draw(st.lists(st.integers(0, 30), min_size=len(whole), max_size=len(whole))))
    whole.index = pd.Timestamp("2024-01-30") + pd.to_timedelta(hours, unit="h")
    whole.index.name = "when"
    return whole, in_partitions(whole, draw(st.lists(st.integers(0, len(whole)), max_size=3)))


@settings(max_examples=50, deadline=None)
@given(timed(), st.sampled_from(["sum", "mean", "count", "max"]), st.sampled_from(["1h", "2D", "50h"]), st.booleans())
def test_windows_of_time_agree_with_pandas(pair, method, window, center):
    whole, parts = pair
    agree(
        lambda: getattr(parts.rolling(window, center=center), method)(),
        lambda: getattr(whole.rolling(window, center=center), method)(),
        atol=1e-6,
        check_freq=False,
    )


@settings(max_examples=20, deadline=None)
@given(cut_frames(("int64", "float64"), min_size=1), st.sampled_from(["expanding", "ewm"]))
def test_windows_from_the_first_row_on_agree_with_pandas(pair, kind):
    whole, parts = pair
    words = {"com": 1.5} if kind == "ewm" else {}
    agree(lambda: getattr(parts, kind)(**words).mean(), lambda: getattr(whole, kind)(**words).mean())
    agree(lambda: getattr(parts, kind)(**words).std(), lambda: getattr(whole, kind)(**words).std(), atol=1e-6)


CALLS = [
    lambda windows: windows.apply(np.sum),
    lambda windows: windows.agg(["sum", "max"]),
    lambda windows: windows.quantile(0.3),
    lambda windows: windows.c0.sum(),
    lambda windows: windows[["c1"]].mean(),
    lambda windows: windows.cov(),
    lambda windows: windows.corr(),
]


@settings(max_examples=30, deadline=None)
@given(cut_frames(("int64", "float64"), min_size=1, min_columns=2, max_columns=2), st.sampled_from(range(len(CALLS))))
def test_other_calls_agree_with_pandas(pair, place):
    whole, parts = pair
    agree(lambda: CALLS[place](parts.rolling(3)), lambda: CALLS[place](whole.rolling(3)), atol=1e-6)


def test_weighted_windows_and_steps_agree_with_pandas():
    whole = pd.Series(np.arange(10.0))
    parts = in_partitions(whole, [2, 3, 7])
    agree(lambda: parts.rolling(3, win_type="triang").mean(), lambda: whole.rolling(3, win_type="triang").mean())
    agree(lambda: parts.rolling(4, step=3).sum(), lambda: whole.rolling(4, step=3).sum())


def test_bad_windows_are_refused_at_the_call():
    parts = in_partitions(pd.DataFrame({"a": [1, 2]}), [1])
    with pytest.raises(ValueError, match="0 or greater"):
        parts.rolling(-1)
    with pytest.raises(ValueError, match="min_periods"):
        parts.rolling(2, min_periods=3)
    with pytest.raises(ValueError, match="no column 'b'"):
        parts.rolling("2D", on="b")


FLOATS = ("float64", "float32", "int64", "Float64")


@settings(max_examples=60, deadline=None)
@given(
    cut_series(FLOATS),
    st.sampled_from(["mean", "sum", "var", "std"]),
    st.sampled_from([{"alpha": 0.3}, {"com": 2}, {"span": 4}, {"halflife": 1.5}]),
    st.integers(0, 3),
    st.booleans(),
    st.booleans(),
)
def test_weighted_windows_go_on_from_partition_to_partition(pair, method, weights, least, adjust, ignore):
    whole, parts = pair
    words = {**weights, "min_periods": least, "adjust": adjust, "ignore_na": ignore}
    agree(lambda: getattr(parts.ewm(**words), method)(), lambda: getattr(whole.ewm(**words), method)())


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(["mean", "sum", "var", "std"]),
    st.sampled_from([0.3, 0.7, 1.0]),
    st.sampled_from([0, 3, 1000]),
    st.booleans(),
    st.booleans(),
)
def test_weighted_windows_of_more_rows_than_count_agree_with_pandas(seed, method, alpha, least, adjust, ignore):
    random = np.random.default_rng(seed)
    whole = pd.DataFrame(random.normal(size=(3000, 2)), columns=["a", "b"])
    whole.loc[random.random(3000) < 0.2, "a"] = np.nan
    whole.loc[: random.integers(0, 3000), "b"] = np.nan
    parts = in_partitions(whole, sorted(random.integers(0, 3000, 2)))
    words = {"alpha": alpha, "min_periods": least, "adjust": adjust, "ignore_na": ignore}
    agree(lambda: getattr(parts.ewm(**words), method)(), lambda: getattr(whole.ewm(**words), method)(), atol=1e-8)


def test_weighted_means_stay_over_gaps_in_which_weights_vanish():
    whole = pd.DataFrame({"a": [1.0, 2.0, *[np.nan] * 2500, 5.0, *[np.nan] * 1500]})
    for cut in ([1, 1000, 2600], [2000], [2503, 3000]):
        agree(lambda: in_partitions(whole, cut).ewm(alpha=0.6).mean(), lambda: whole.ewm(alpha=0.6).mean())  # noqa: B023


@settings(max_examples=40, deadline=None)
@given(
    cut_frames(FLOATS),
    st.sampled_from(["count", "sum", "mean", "min", "max", "var", "std", "median"]),
    st.integers(0, 3),
)
def test_windows_from_the_first_row_go_on_from_partition_to_partition(pair, method, least):
    whole, parts = pair
    agree(lambda: getattr(parts.expanding(least), method)(), lambda: getattr(whole.expanding(least), method)())


@settings(max_examples=20, deadline=None)
@given(numbered_frames(("float64",), min_columns=2), st.sampled_from(["corr", "cov"]))
def test_windows_of_two_agree_with_pandas(pair, method):
    whole, parts = pair
    for ask in (
        lambda frame: getattr(frame.c0.rolling(3), method)(frame.c1),
        lambda frame: getattr(frame.rolling(3), method)(frame.c1),
        lambda frame: getattr(frame[["c0", "c1"]].rolling(3), method)(frame[["c1", "c0"]]),
        lambda frame: getattr(frame.c0.expanding(), method)(frame.c1),
        lambda frame: getattr(frame.c0.ewm(2), method)(frame.c1),
    ):
        agree(lambda: ask(parts), lambda: ask(whole))  # noqa: B023


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"times": np.arange(4), "halflife": "1D"}, "must be datetime64"),
        ({"times": [1, 2, 3, 4], "halflife": "1D"}, "must be datetime64"),
        ({"times": pd.date_range("2024", periods=4), "halflife": 1}, "halflife must be a timedelta"),
        ({"times": pd.date_range("2024", periods=4), "com": 1}, "halflife must be a timedelta"),
        ({"times": pd.DatetimeIndex(["2024", None, "2025", "2026"]), "halflife": "1D"}, "NaT"),
    ],
)
def test_weighted_windows_refuse_times_that_pandas_refuses(options, told):
    whole = pd.Series([1.0, 2.0, 4.0, 8.0])
    for series in (whole, in_partitions(whole, [2])):
        with pytest.raises(ValueError, match=told):
            series.ewm(**options)
