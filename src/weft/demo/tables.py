"""The five tables as frames: read, cleaned, and flights joined with planes and weather.

Nothing is read when these functions are called. What cleaning means here:

- text codes ``NA`` are missing values, for delays as well as for tail numbers;
- a flight without a departure delay was cancelled; one that departed and has no arrival delay was diverted;
- wind above 200 miles an hour is a misread instrument (there is one such record, of 1,048), so its wind is unknown.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd

import weft.dataframe as dd

__all__ = [
    "clean_flights",
    "join_flights",
    "read_airlines",
    "read_airports",
    "read_flights",
    "read_planes",
    "read_weather",
]

#: Columns of the flights that the questions need, as they are read.
FLIGHT_TYPES = {
    "year": "float64",
    "dep_delay": "float64",
    "arr_delay": "float64",
    "carrier": "str",
    "tailnum": "str",
    "origin": "str",
    "dest": "str",
    "hour": "int8",
    "time_hour": "str",
}

#: Columns of the weather that the questions need, as they are read.
WEATHER_TYPES = {"origin": "str", "time_hour": "str", "wind_speed": "float64", "visib": "float64"}

#: An arrival counts as late from here on, as the U.S. Department of Transportation has it; in minutes.
LATE_MINUTES = 15

#: No wind on the ground at New York's airports was ever near this; in miles an hour.
WIND_LIMIT_MPH = 200.0

#: Lower edges of the bins; the last one is open. Wind in miles an hour, visibility in miles, age in years.
WIND_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0)
VISIBILITY_EDGES = (0.0, 1.0, 3.0, 5.0, 10.0)
AGE_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0)

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def read_flights(path: Path, parts: int) -> Any:
    """The flights of a plain CSV file, in about as many partitions as ``parts`` says."""
    blocksize = max(1, -(-path.stat().st_size // parts))
    return dd.read_csv(path, usecols=list(FLIGHT_TYPES), dtype=FLIGHT_TYPES, blocksize=blocksize)


def clean_flights(flights: dd.DataFrame) -> Any:
    """Give each flight what is counted: whether it was cancelled, and whether it arrived late, if it arrived at all."""
    late = (flights["arr_delay"] >= LATE_MINUTES).astype("float64").where(flights["arr_delay"].notna())
    return flights.assign(time_hour=times(flights["time_hour"]), cancelled=flights["dep_delay"].isna(), late=late)


def read_planes(path: Path) -> Any:
    """Tail number and year of manufacture, where it is known."""
    planes = dd.read_csv(path, usecols=["tailnum", "year"], dtype={"tailnum": "str", "year": "float64"})
    return planes.rename(columns={"year": "built"}).dropna()


def read_airlines(path: Path) -> Any:
    """Carrier code and name of the airline."""
    airlines = dd.read_csv(path, dtype="str", keep_default_na=False)
    return airlines[["carrier", "name"]].rename(columns={"name": "airline"})


def read_airports(path: Path) -> Any:
    """Code and name of the airports a flight can go to."""
    airports = dd.read_csv(path, usecols=["faa", "name"], dtype="str", keep_default_na=False)
    return airports.rename(columns={"faa": "dest", "name": "airport"})


def read_weather(path: Path) -> Any:
    """Bins of wind and visibility at each of New York's airports, hour by hour."""
    weather = dd.read_csv(path, usecols=["origin", "time_hour", "wind_speed", "visib"], dtype=WEATHER_TYPES)
    wind = weather["wind_speed"].where(weather["wind_speed"] < WIND_LIMIT_MPH)
    binned = weather.assign(
        time_hour=times(weather["time_hour"]),
        wind=lower_edge(wind, WIND_EDGES),
        visibility=lower_edge(weather["visib"], VISIBILITY_EDGES),
    )
    return binned[["origin", "time_hour", "wind", "visibility"]]


def times(texts: Any) -> Any:
    """Times in one unit, which pandas would otherwise choose by what there is to read."""
    convert = pd.to_datetime if isinstance(texts, pd.Series) else dd.to_datetime
    return convert(texts, format=TIME_FORMAT, utc=True).dt.as_unit("s")


def lower_edge(values: Any, edges: tuple[float, ...]) -> Any:
    """The lower edge of the bin each value falls in; missing for missing values and those below all bins."""
    found = values.where(values < -math.inf)
    for edge in edges:
        found = found.mask(values >= edge, edge)
    return found


def join_flights(flights: dd.DataFrame, planes: dd.DataFrame, weather: dd.DataFrame) -> Any:
    """Add the age of the plane and the weather at departure; missing where either is not known. No flight is lost."""
    joined = flights.merge(planes, how="left", on="tailnum", validate="many_to_one").merge(
        weather, how="left", on=["origin", "time_hour"], validate="many_to_one"
    )
    return joined.assign(age=lower_edge(joined["year"] - joined["built"], AGE_EDGES))
