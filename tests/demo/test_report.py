"""What the terminal shows."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest
from rich.console import Console

from weft.demo.files import DataFiles
from weft.demo.job import Outcome, run
from weft.demo.report import busiest_carriers, closing_line, interval, mean_delay, show, worst_routes


@pytest.fixture(scope="module")
def outcome(sample_files: DataFiles) -> Outcome:
    return run(sample_files, parts=2)


def test_the_worst_routes_are_latest_first_and_flown_often_enough():
    routes = pd.DataFrame(
        {
            "origin": ["EWR", "JFK", "LGA", "LGA"],
            "dest": ["A", "B", "C", "D"],
            "flights": [120, 119, 500, 500],
            "arr_delay": [5.0, 99.0, 7.0, math.nan],
        }
    )

    worst = worst_routes(routes, least_flights=120)

    assert worst["dest"].tolist() == ["C", "A", "D"]


def test_a_carriers_mean_delay_is_over_its_flights_not_its_hours():
    hours = pd.DataFrame(
        {
            "carrier": ["AA", "AA", "UA"],
            "airline": ["American", "American", "United"],
            "hour": [5, 6, 5],
            "flights": [10, 31, 7],
            "departed": [10, 30, 0],
            "dep_delay": [40.0, 0.0, math.nan],
        }
    )

    busiest = busiest_carriers(hours)

    assert busiest["carrier"].tolist() == ["AA", "UA"]
    assert busiest["dep_delay"].tolist() == pytest.approx([10.0, math.nan], nan_ok=True)


def test_the_mean_delay_of_no_flights_is_missing():
    assert math.isnan(mean_delay(pd.DataFrame({"departed": [0], "dep_delay": [math.nan]})))


@pytest.mark.parametrize(
    ("lower", "text"), [(0.0, "0-5"), (5.0, "5-10"), (10.0, "10+"), (math.nan, "unknown")], ids=str
)
def test_a_bin_is_told_by_its_edges(lower: float, text: str):
    assert interval(lower, (0.0, 5.0, 10.0)) == text


def test_the_tables_fit_a_narrow_terminal(outcome: Outcome):
    page = io.StringIO()

    show(outcome, Console(file=page, width=80))

    text = page.getvalue()
    for heading in ("Worst routes", "by carrier and hour", "by visibility", "Age of the plane", "United Air Lines"):
        assert heading in text
    headings = ["Cancelled", "All day", "15-20", "unknown"]
    assert all(heading in text for heading in headings), text


def test_the_closing_line_tells_rows_seconds_tasks_and_memory():
    outcome = Outcome(answers={}, rows=336_776, tasks=1140, seconds=1.96, peak_nbytes=250 * 2**20)

    assert closing_line(outcome) == "336,776 rows, 2.0 seconds, 1,140 tasks, 250.00 MiB peak memory"
