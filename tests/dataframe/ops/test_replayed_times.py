"""Calls about times and windows that pandas' own tests make, and that once gave other values here, or failed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.dataframe.columns import agree

import weft.dataframe as dd

HOURS = pd.DataFrame(
    {
        "g": list("aabbabba") * 3,
        "x": np.sin(np.arange(24.0)),
        "y": np.cos(np.arange(24.0) * 2),
        "n": np.arange(24),
        "t": pd.date_range("2024", periods=24, freq="h"),
    }
)
MONTHS = pd.Series(np.arange(30.0), index=pd.period_range("2022-01", periods=30, freq="M"))
MINUTES = pd.Series(np.arange(50), index=pd.period_range("2024-09-05", periods=50, freq="2min"))
#: An hour that is there twice in Berlin.
TWICE = pd.Series(pd.date_range("2024-10-27 00:10", periods=16, freq="15min", tz="UTC")).dt.tz_convert("Europe/Berlin")
CLOCK = TWICE.dt.tz_localize(None)
IS_SUMMER = np.arange(16) < 4


class LastThree(pd.api.indexers.BaseIndexer):
    """Windows by rules of a user's own."""

    def get_window_bounds(self, num_values=0, min_periods=None, center=None, closed=None, step=None):
        ends = np.arange(1, num_values + 1)
        return np.maximum(0, ends - 3), ends


class Given(pd.api.indexers.BaseIndexer):
    """Windows whose bounds are known for all rows."""

    def get_window_bounds(self, num_values=0, min_periods=None, center=None, closed=None, step=None):
        ends = np.arange(1, 25)
        if num_values != len(ends):
            raise ValueError("bounds of 24 rows")
        return np.maximum(0, ends - 2), ends


def parts_of(whole, count=3):
    return dd.from_pandas(whole, npartitions=count, sort=False)


CALLS = {
    "years of months": (MONTHS, lambda s: s.resample("Y").mean()),
    "fiscal years of months": (MONTHS, lambda s: s.resample("Y-MAR").agg(["sum", "size"])),
    "quarters of months": (MONTHS, lambda s: s.resample("Q").nunique()),
    "half years of months": (MONTHS, lambda s: s.resample("6M").first()),
    "months of months": (MONTHS, lambda s: s.resample("M").count()),
    "days of months": (MONTHS, lambda s: s.resample("D", convention="end").sum()),
    "periods from another place": (MINUTES, lambda s: s.resample("5min", offset="3min").mean()),
    "periods from the end": (MINUTES, lambda s: s.resample("7min", origin="end").size()),
    "rounded times that are there twice": (TWICE, lambda s: s.dt.round("30min", ambiguous="infer")),
    "a zone for times that are there twice": (CLOCK, lambda s: s.dt.tz_localize("Europe/Berlin", ambiguous="infer")),
    "times that are told apart": (CLOCK, lambda s: s.dt.tz_localize("Europe/Berlin", ambiguous=IS_SUMMER)),
    "rounded times that are told apart": (TWICE, lambda s: s.dt.floor("30min", ambiguous=IS_SUMMER)),
    "labels that are there twice": (
        CLOCK.to_frame("v").set_axis(pd.DatetimeIndex(CLOCK), axis=0),
        lambda d: d.tz_localize("Europe/Berlin", ambiguous="infer"),
    ),
    "labels that are told apart": (
        CLOCK.to_frame("v").set_axis(pd.DatetimeIndex(CLOCK), axis=0),
        lambda d: d.tz_localize("Europe/Berlin", ambiguous=IS_SUMMER),
    ),
    "a series beside a series": (HOURS, lambda d: d.x.rolling(4).corr(d.y)),
    "a series beside columns": (HOURS, lambda d: d.x.rolling(4).cov(d[["y", "n"]])),
    "columns beside a series": (HOURS, lambda d: d[["y", "x"]].expanding().corr(d.n)),
    "columns beside columns": (HOURS, lambda d: d[["x", "y"]].ewm(com=2).cov(d[["n", "y"]])),
    "each column beside each": (HOURS, lambda d: d[["x", "y"]].rolling(4).corr(d[["n", "y"]], pairwise=True)),
    "a column of windows over a column of times": (HOURS, lambda d: d.rolling("3h", on="t")["x"].mean()),
    "columns of windows over a column of times": (HOURS, lambda d: d.rolling("3h", on="t")[["x"]].sum()),
    "windows over times within groups": (HOURS, lambda d: d.groupby("g").rolling("3h", on="t")["x"].mean()),
    "columns of windows within groups": (
        HOURS,
        lambda d: d.groupby("g").rolling("3h", on="t")[["x", "n"]].agg(["sum", "max"]),
    ),
    "a user's windows": (HOURS, lambda d: d.x.rolling(LastThree(), min_periods=1).sum()),
    "a user's windows of all rows": (HOURS, lambda d: d.x.rolling(Given(), min_periods=1).max()),
}


GROUPS = {
    "frequencies": lambda g: g.g.value_counts(),
    "first rows": lambda g: g.head(1),
    "rows by number": lambda g: g.nth(1),
    "running totals": lambda g: g.n.cumsum(),
    "gaps filled": lambda g: g.y.ffill(),
    "gaps filled backwards": lambda g: g.y.bfill(),
    "ranks": lambda g: g.n.rank(),
    "rows before": lambda g: g.n.shift(),
    "numbers of rows": lambda g: g.cumcount(),
    "a value for each row": lambda g: g.n.transform("sum"),
    "a function": lambda g: g[["x", "n"]].apply(lambda rows: rows.head(1)),
    "kept rows": lambda g: g.filter(lambda rows: rows.n.sum() > 20),
    "greatest": lambda g: g.n.nlargest(1),
    "aggregates": lambda g: g.agg(a=("n", "sum"), b=("y", "count")),
}


@pytest.mark.parametrize("name", GROUPS)
def test_periods_are_groups(name):
    whole = HOURS.assign(y=HOURS.y.where(HOURS.n % 3 > 0))
    by_key, by_label = pd.Grouper(key="t", freq="6h"), pd.Grouper(freq="7h")
    agree(
        lambda: GROUPS[name](parts_of(whole).groupby(by_key)),
        lambda: GROUPS[name](whole.groupby(by_key)),
        check_freq=False,
    )
    whole = whole.set_index("t")
    agree(
        lambda: GROUPS[name](parts_of(whole).groupby(by_label)),
        lambda: GROUPS[name](whole.groupby(by_label)),
        check_freq=False,
    )


@pytest.mark.parametrize("name", CALLS)
def test_calls_give_what_pandas_gives(name):
    whole, call = CALLS[name]
    agree(lambda: call(parts_of(whole)), lambda: call(whole), check_freq=False)


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e10])
@pytest.mark.parametrize("method", ["skew", "kurt", "var"])
def test_moments_of_numbers_far_from_zero(offset, method):
    whole = pd.Series(offset + np.random.default_rng(3).standard_normal(40))
    own = whole - whole.iloc[0]  # exact
    found = getattr(parts_of(whole, 5), method)().compute()
    assert found == pytest.approx(getattr(own, method)(), rel=1e-6)


def test_rows_without_a_duration_are_in_no_period():
    whole = pd.Series([1, 2, 3, 4], index=pd.to_timedelta(["0s", None, "2s", "5s"]))
    found = parts_of(whole).resample("2s").sum().compute()
    assert found.tolist() == [1, 3, 4]
