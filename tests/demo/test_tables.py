"""Reading, cleaning and joining, on a few rows that show each case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from weft.demo.ranges import cut_lines
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
    (part,) = cut_lines(path, 1)
    return read_flights(part).set_axis(list(ROWS), axis=0)


def test_cleaned_flights_tell_what_happened_to_each(flights: pd.DataFrame):
    counts = clean_flights(flights)[["flights", "cancelled", "departed", "arrived", "late", "dep_delay", "arr_delay"]]

    assert counts.loc["on time"].tolist() == [1, 0, 1, 1, 0, -2, -10]
    assert counts.loc["late"].tolist() == [1, 0, 1, 1, 1, 20, 15]
    assert counts.loc["diverted"].tolist() == [1, 0, 1, 0, 0, 3, 0]
    assert counts.loc["cancelled"].tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert set(counts.dtypes) == {np.dtype("int64")}


def test_cleaning_and_joining_leave_their_inputs_as_they_were(flights: pd.DataFrame):
    cleaned = clean_flights(flights)
    planes = pd.DataFrame({"tailnum": ["N1"], "built": [2000.0]})
    weather = pd.DataFrame({"origin": ["EWR"], "time_hour": cleaned["time_hour"][:1], "wind": 5.0, "visibility": 10.0})
    before = [frame.copy() for frame in (flights, cleaned, planes, weather)]

    join_flights(clean_flights(flights), planes, weather)

    for frame, copy in zip((flights, cleaned, planes, weather), before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_a_part_without_lines_has_the_same_columns_and_types(flights: pd.DataFrame, tmp_path: Path):
    path = tmp_path / "empty.csv"
    path.write_text(HEADER)
    (part,) = cut_lines(path, 1)

    empty = clean_flights(read_flights(part))

    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, clean_flights(flights).dtypes)


def test_joining_keeps_flights_whose_plane_or_weather_is_not_known(flights: pd.DataFrame):
    planes = pd.DataFrame({"tailnum": ["N1", "N2"], "built": [2001.0, 2013.0]})
    weather = pd.DataFrame(
        {
            "origin": ["EWR", "JFK"],
            "time_hour": pd.to_datetime(["2013-01-01T10:00:00Z", "2013-01-01T10:00:00Z"]),
            "wind": [5.0, 20.0],
            "visibility": [10.0, 0.0],
        }
    )

    joined = join_flights(clean_flights(flights), planes, weather)

    assert joined["flights"].sum() == 4
    assert joined["age"].tolist() == pytest.approx([10.0, 0.0, np.nan, np.nan], nan_ok=True)
    assert joined["wind"].tolist() == pytest.approx([5.0, np.nan, np.nan, np.nan], nan_ok=True)


def test_a_tail_number_that_stands_twice_among_the_planes_is_an_error(flights: pd.DataFrame):
    planes = pd.DataFrame({"tailnum": ["N1", "N1"], "built": [2001.0, 2013.0]})
    weather = pd.DataFrame({"origin": ["EWR"], "time_hour": pd.to_datetime(["2013-01-01T10:00:00Z"])})

    with pytest.raises(pd.errors.MergeError, match="not a many-to-one merge"):
        join_flights(clean_flights(flights), planes, weather)


def test_planes_without_a_year_are_left_out(tmp_path: Path):
    path = tmp_path / "planes.csv"
    path.write_text("tailnum,year,seats\nN1,2004,55\nN2,NA,55\n")

    assert read_planes(path).to_dict("records") == [{"tailnum": "N1", "built": 2004.0}]


def test_a_misread_wind_is_unknown(tmp_path: Path):
    path = tmp_path / "weather.csv"
    path.write_text(
        "origin,wind_speed,visib,time_hour\n"
        "EWR,1048.36058,10,2013-02-12T08:00:00Z\n"
        "EWR,NA,2.5,2013-02-12T09:00:00Z\n"
        "EWR,12.5,0.25,2013-02-12T10:00:00Z\n"
    )

    weather = read_weather(path)

    assert weather["wind"].tolist() == pytest.approx([np.nan, np.nan, 10.0], nan_ok=True)
    assert weather["visibility"].tolist() == [10.0, 1.0, 0.0]


def test_a_bin_holds_its_lower_edge_and_not_its_upper_one():
    values = pd.Series([-1.0, 0.0, 4.9, 5.0, 9.0, 10.0, 99.0, np.nan])

    found = lower_edge(values, (0.0, 5.0, 10.0))

    assert found.tolist() == pytest.approx([np.nan, 0.0, 0.0, 5.0, 5.0, 10.0, 10.0, np.nan], nan_ok=True)
