"""The weather as an array: the temperature's course over the day, and the days that were unlike their month.

The table of hourly observations becomes an array of hours and stations; reshaped to days, hours of the day and stations,
its means over each month's days are the *daily cycle*, and what is left when they are subtracted is the *anomaly*: how
much warmer an hour was than that hour usually is in that month. A hundred years of a thousand stations would be the same
program.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import weft
import weft.array as da
from weft.demo.tables import times

__all__ = ["STATIONS", "Climate", "climate", "read_temperatures"]

#: New York's airports, in the order of the array's last axis.
STATIONS = ("EWR", "JFK", "LGA")
#: The observations end on 30 December.
DAYS = 364
#: Days that one chunk has.
DAYS_A_CHUNK = 52
#: Local standard time, in which a day has 24 hours all year.
FIRST_HOUR = pd.Timestamp("2013-01-01 05:00", tz="UTC")


@dataclass(frozen=True)
class Climate:
    """What was found, in degrees Fahrenheit.

    Attributes
    ----------
    cycle : array of 12 months, 24 hours and the stations
        Mean temperatures.
    anomaly : array of days
        How much warmer a day was than its month's days are on average, over all hours and stations.
    """

    cycle: np.ndarray[Any, Any]
    anomaly: np.ndarray[Any, Any]

    @property
    def by_hour(self) -> np.ndarray[Any, Any]:
        """The course of the temperature over a day of the year, for each station."""
        return np.asarray(self.cycle.mean(axis=0))

    def unusual(self, count: int = 3) -> pd.DataFrame:
        """The days furthest from their month's mean, warmest first, then coldest first."""
        order = np.argsort(self.anomaly, kind="stable")
        chosen = [*order[::-1][:count], *order[:count]]
        return pd.DataFrame({"day": dates()[chosen], "anomaly": self.anomaly[chosen]})


def climate(path: Path, **options: Any) -> Climate:
    """Find the daily cycle and the anomaly; ``options`` are those of `weft.compute`."""
    table = weft.delayed(read_temperatures)(path)
    hours = da.from_delayed(table, (DAYS * 24, len(STATIONS)), dtype=float).rechunk({0: DAYS_A_CHUNK * 24})
    days = hours.reshape(DAYS, 24, len(STATIONS))
    month = dates().month.to_numpy() - 1
    cycle, _ = da.groupby_reduce(days, month, func="nanmean", axis=0)
    anomaly = days - da.take(cycle, month, axis=0)
    return Climate(*weft.compute(cycle, da.nanmean(anomaly, axis=(1, 2)), **options))


def read_temperatures(path: Path) -> np.ndarray[Any, Any]:
    """Temperatures of all hours at all stations; NaN where there is no observation."""
    weather = pd.read_csv(path, usecols=["origin", "time_hour", "temp"])
    hour = ((times(weather["time_hour"]) - FIRST_HOUR) // pd.Timedelta(hours=1)).to_numpy()
    station = pd.Categorical(weather["origin"], STATIONS).codes
    found = np.full((DAYS * 24, len(STATIONS)), np.nan)
    known = (hour >= 0) & (hour < len(found)) & (station >= 0)
    found[hour[known], station[known]] = weather["temp"].to_numpy()[known]
    return found


def dates() -> pd.DatetimeIndex:
    """The days of the array."""
    return pd.date_range("2013-01-01", periods=DAYS, unit="s")
