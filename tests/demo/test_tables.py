"""Reading, cleaning and joining, on a few rows that show each case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import weft.dataframe as dd
from weft.demo.tables import clean_flights, join_flights, lower_edge, read_flights, read_planes, read_weather

HEADER = "year,dep_delay,arr_delay,carrier,tailnum,origin,dest,hour,time_hour,unused\n"
ROWS = {
    "on time": "2013,-2,-10,UA,N1,EWR,IAH,5,2013-01-01T10:00:00Z,x\n",
    "late": "2013,20,15,AA,N2,JFK,MIA,6,2013-01-01T11:00:00Z,x\n",
    "diverted": "2013,3,NA,AA,N3,JFK,MIA,6,2013-01-01T12:00:00Z,x\n",
    "cancelled": "2013,NA,NA,9E,NA,LGA,CLE,7,2013-01-01T12:00:00Z,x\n",
}


@pytest.fixture
def flights(tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "flights.csv"
    path.write_text(HEADER + "".join(ROWS.values()))
    return clean_flights(read_flights(path, 1)).compute(scheduler="sync").set_axis(list(ROWS), axis=0)


def joined(flights: pd.DataFrame, planes: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The join of two partitions of flights with the others."""
    frames = [dd.from_pandas(flights.reset_index(drop=True), npartitions=2)]
    frames += [dd.from_pandas(each, npartitions=1) for each in (planes, weather)]
    return join_flights(*frames).compute(scheduler="sync")


def test_cleaned_flights_tell_what_happened_to_each(flights: pd.DataFrame):
    assert flights["cancelled"].tolist() == [False, False, False, True]
    assert flights["late"].tolist() == pytest.approx([0.0, 1.0, np.nan, np.nan], nan_ok=True)
    assert flights["time_hour"].iloc[0] == pd.Timestamp("2013-01-01T10:00:00Z")


def test_a_file_without_lines_has_the_same_columns_and_types(flights: pd.DataFrame, tmp_path: Path):
    path = tmp_path / "empty.csv"
    path.write_text(HEADER)

    empty = clean_flights(read_flights(path, 3)).compute(scheduler="sync")

    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, flights.dtypes)


def test_joining_keeps_flights_whose_plane_or_weather_is_not_known(flights: pd.DataFrame):
    planes = pd.DataFrame({"tailnum": ["N1", "N2"], "built": [2001.0, 2013.0]})
    weather = pd.DataFrame(
        {
            "origin": ["EWR", "JFK"],
            "time_hour": pd.to_datetime(["2013-01-01T10:00:00Z", "2013-01-01T10:00:00Z"]).as_unit("s"),
            "wind": [5.0, 20.0],
            "visibility": [10.0, 0.0],
        }
    )

    found = joined(flights, planes, weather)

    assert len(found) == 4
    assert found["age"].tolist() == pytest.approx([10.0, 0.0, np.nan, np.nan], nan_ok=True)
    assert found["wind"].tolist() == pytest.approx([5.0, np.nan, np.nan, np.nan], nan_ok=True)


def test_a_tail_number_that_stands_twice_among_the_planes_is_an_error(flights: pd.DataFrame):
    planes = pd.DataFrame({"tailnum": ["N1", "N1"], "built": [2001.0, 2013.0]})
    weather = pd.DataFrame({"origin": ["EWR"], "time_hour": pd.to_datetime(["2013-01-01T10:00:00Z"]).as_unit("s")})

    with pytest.raises(pd.errors.MergeError, match="not a many-to-one merge"):
        joined(flights, planes, weather)


def test_planes_without_a_year_are_left_out(tmp_path: Path):
    path = tmp_path / "planes.csv"
    path.write_text("tailnum,year,seats\nN1,2004,55\nN2,NA,55\n")

    assert read_planes(path).compute(scheduler="sync").to_dict("records") == [{"tailnum": "N1", "built": 2004.0}]


def test_a_misread_wind_is_unknown(tmp_path: Path):
    path = tmp_path / "weather.csv"
    path.write_text(
        "origin,wind_speed,visib,time_hour\n"
        "EWR,1048.36058,10,2013-02-12T08:00:00Z\n"
        "EWR,NA,2.5,2013-02-12T09:00:00Z\n"
        "EWR,12.5,0.25,2013-02-12T10:00:00Z\n"
    )

    weather = read_weather(path).compute(scheduler="sync")

    assert weather["wind"].tolist() == pytest.approx([np.nan, np.nan, 10.0], nan_ok=True)
    assert weather["visibility"].tolist() == [10.0, 1.0, 0.0]


def test_a_bin_holds_its_lower_edge_and_not_its_upper_one():
    values = pd.Series([-1.0, 0.0, 4.9, 5.0, 9.0, 10.0, 99.0, np.nan])

    found = lower_edge(values, (0.0, 5.0, 10.0))

    assert found.tolist() == pytest.approx([np.nan, 0.0, 0.0, 5.0, 5.0, 10.0, 10.0, np.nan], nan_ok=True)
