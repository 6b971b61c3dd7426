"""Read and clean the five tables, and join flights with planes and weather.

Plain functions of whole frames: each gives a new one, and none changes what it was given, so that they can run as tasks
on any backend. What cleaning means here:

- text codes ``NA`` are missing values, for delays as well as for tail numbers;
- a flight without a departure delay was cancelled; one that departed and has no arrival delay was diverted;
- wind above 200 miles an hour is a misread instrument (there is one such record, of 1,048), so its wind is unknown.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from weft.demo.ranges import LineRange, read_range

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
    "year": "int16",
    "dep_delay": "float64",
    "arr_delay": "float64",
    "carrier": "str",
    "tailnum": "str",
    "origin": "str",
    "dest": "str",
    "hour": "int8",
    "time_hour": "str",
}

#: An arrival counts as late from here on, as the U.S. Department of Transportation has it; in minutes.
LATE_MINUTES = 15

#: No wind on the ground at New York's airports was ever near this; in miles an hour.
WIND_LIMIT_MPH = 200.0

#: Lower edges of the bins; the last one is open. Wind in miles an hour, visibility in miles, age in years.
WIND_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0)
VISIBILITY_EDGES = (0.0, 1.0, 3.0, 5.0, 10.0)
AGE_EDGES = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0)

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def read_flights(part: LineRange) -> pd.DataFrame:
    """The flights of one byte range, as they stand in the file; a range without lines gives a frame without rows."""
    return pd.read_csv(BytesIO(read_range(part)), usecols=list(FLIGHT_TYPES), dtype=FLIGHT_TYPES)


def clean_flights(flights: pd.DataFrame) -> pd.DataFrame:
    """Give each flight what is counted and summed over flights, all of it in whole numbers.

    Whole numbers add up to the same sum in any order, so answers do not depend on how the file was cut.
    """
    departed, arrived = flights["dep_delay"].notna(), flights["arr_delay"].notna()
    return flights.assign(
        time_hour=times(flights["time_hour"]),
        flights=np.int64(1),
        cancelled=(~departed).astype("int64"),
        departed=departed.astype("int64"),
        arrived=arrived.astype("int64"),
        late=(flights["arr_delay"] >= LATE_MINUTES).astype("int64"),
        dep_delay=flights["dep_delay"].fillna(0).astype("int64"),
        arr_delay=flights["arr_delay"].fillna(0).astype("int64"),
    )


def read_planes(path: Path) -> pd.DataFrame:
    """Tail number and year of manufacture, where it is known."""
    planes = pd.read_csv(path, usecols=["tailnum", "year"], dtype={"tailnum": "str", "year": "float64"})
    return planes.rename(columns={"year": "built"}).dropna()


def read_airlines(path: Path) -> pd.DataFrame:
    """Carrier code and name of the airline."""
    airlines = pd.read_csv(path, dtype="str", keep_default_na=False)
    return airlines[["carrier", "name"]].rename(columns={"name": "airline"})


def read_airports(path: Path) -> pd.DataFrame:
    """Code and name of the airports a flight can go to."""
    airports = pd.read_csv(path, usecols=["faa", "name"], dtype="str", keep_default_na=False)
    return airports.rename(columns={"faa": "dest", "name": "airport"})


def read_weather(path: Path) -> pd.DataFrame:
    """Bins of wind and visibility at each of New York's airports, hour by hour."""
    weather = pd.read_csv(path, usecols=["origin", "time_hour", "wind_speed", "visib"])
    wind = weather["wind_speed"].where(weather["wind_speed"] < WIND_LIMIT_MPH)
    return pd.DataFrame(
        {
            "origin": weather["origin"].astype("str"),
            "time_hour": times(weather["time_hour"]),
            "wind": lower_edge(wind, WIND_EDGES),
            "visibility": lower_edge(weather["visib"], VISIBILITY_EDGES),
        }
    )


def times(texts: pd.Series) -> pd.Series:
    """Times in one unit, which pandas would otherwise choose by what there is to read."""
    return pd.to_datetime(texts, format=TIME_FORMAT, utc=True).dt.as_unit("s")


def lower_edge(values: pd.Series, edges: tuple[float, ...]) -> pd.Series:
    """The lower edge of the bin each value falls in; missing for missing values and those below all bins."""
    place = np.searchsorted(edges, values.to_numpy(), side="right") - 1
    found = np.asarray(edges)[place]
    return pd.Series(found, index=values.index).where(values.notna() & (place >= 0))


def join_flights(flights: pd.DataFrame, planes: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """Add the age of the plane and the weather at departure; missing where either is not known. No flight is lost."""
    joined = flights.merge(planes, how="left", on="tailnum", validate="many_to_one").merge(
        weather, how="left", on=["origin", "time_hour"], validate="many_to_one"
    )
    return joined.assign(age=lower_edge(joined["year"] - joined["built"], AGE_EDGES))
