"""What is shown on the terminal: a table for each question, and the closing line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from weft.demo.climate import STATIONS, Climate
from weft.demo.job import Outcome
from weft.demo.tables import AGE_EDGES, VISIBILITY_EDGES, WIND_EDGES
from weft.units import format_bytes

__all__ = ["LEAST_FLIGHTS", "busiest_carriers", "closing_line", "interval", "show", "show_climate", "worst_routes"]

#: Routes flown less often say little about the route; about one flight every three days.
LEAST_FLIGHTS = 120

#: Longer names of airports and airlines are cut, so that each table fits a terminal of 80 columns.
NAME_WIDTH = 22

#: Names of parts of the day, with their first and last hour.
PARTS_OF_DAY = {"0-9": (0, 9), "10-14": (10, 14), "15-19": (15, 19), "20-23": (20, 23)}


def worst_routes(routes: pd.DataFrame, count: int = 10, least_flights: int = LEAST_FLIGHTS) -> pd.DataFrame:
    """The routes with the latest arrivals on average, of those flown at least ``least_flights`` times; worst first."""
    often = routes[routes["flights"] >= least_flights]
    return often.sort_values(["arr_delay", "origin", "dest"], ascending=[False, True, True]).head(count)


def busiest_carriers(hours: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """The carriers with the most flights, with their flights and the mean delay at departure over the day."""
    weighted = hours.assign(minutes=hours["dep_delay"].fillna(0) * hours["departed"])
    sums = weighted.groupby(["carrier", "airline"], as_index=False)[["flights", "departed", "minutes"]].sum()
    busiest = sums.sort_values(["flights", "carrier"], ascending=[False, True]).head(count)
    return busiest.assign(dep_delay=busiest["minutes"] / busiest["departed"]).drop(columns="minutes")


def interval(lower: float, edges: tuple[float, ...]) -> str:
    """A bin in words, from its lower edge: ``5-10``, or ``25+`` for the last, or ``unknown`` for a missing one."""
    if math.isnan(lower):
        return "unknown"
    following = [edge for edge in edges if edge > lower]
    return f"{lower:g}-{following[0]:g}" if following else f"{lower:g}+"


def show(outcome: Outcome, console: Console) -> None:
    """Print a table for each question."""
    for table in tables(outcome.answers):
        console.print(table)
        console.print()


def show_climate(found: Climate, console: Console) -> None:
    """Print the temperature's course over the day, and the days unlike their month."""
    table = Table(title="Temperature over the day (°F, means of 2013)", box=box.SIMPLE_HEAD)
    table.add_column("Station", no_wrap=True)
    shown = range(0, 24, 3)
    for hour in shown:
        table.add_column(f"{hour:02}", justify="right", no_wrap=True)
    for station, course in zip(STATIONS, found.by_hour.T, strict=True):
        table.add_row(station, *[one_digit(course[hour]) for hour in shown])
    console.print(table)
    for row in found.unusual().itertuples():
        word = "warmer" if row.anomaly > 0 else "colder"
        console.print(f"{row.day:%d %B}: {abs(row.anomaly):.1f} °F {word} than its month", highlight=False)
    console.print()


def tables(answers: Mapping[str, pd.DataFrame]) -> Iterator[Table]:
    routes = new_table(f"Worst routes (at least {LEAST_FLIGHTS} flights; mean delays in minutes)", "Route", "Airport")
    for row in worst_routes(answers["route"]).itertuples():
        routes.add_row(f"{row.origin}-{row.dest}", text_or_dash(row.airport), *measures(row))
    yield routes

    hours = Table(title="Mean delay at departure, by carrier and hour of the day", box=box.SIMPLE_HEAD)
    hours.add_column("Airline", no_wrap=True, max_width=NAME_WIDTH)
    for heading in ("Flights", *PARTS_OF_DAY, "All day"):
        hours.add_column(heading, justify="right", no_wrap=True)
    for row in busiest_carriers(answers["hour"]).itertuples():
        own = answers["hour"][answers["hour"]["carrier"] == row.carrier]
        by_part = [mean_delay(own[own["hour"].between(*part)]) for part in PARTS_OF_DAY.values()]
        hours.add_row(row.airline, f"{row.flights:,}", *map(one_digit, [*by_part, row.dep_delay]))
    yield hours

    weather = answers["weather"]
    winds = Table(title="Mean delay at departure, by visibility (miles) and wind (mph)", box=box.SIMPLE_HEAD)
    winds.add_column("Visibility / wind", no_wrap=True)
    for wind in WIND_EDGES:
        winds.add_column(interval(wind, WIND_EDGES), justify="right", no_wrap=True)
    for visibility in VISIBILITY_EDGES[::-1]:
        own = weather[weather["visibility"] == visibility]
        by_wind = [mean_delay(own[own["wind"] == wind]) for wind in WIND_EDGES]
        winds.add_row(interval(visibility, VISIBILITY_EDGES), *map(one_digit, by_wind))
    yield winds

    ages = new_table("Age of the plane (mean delays in minutes)", "Years")
    for row in answers["age"].itertuples():
        ages.add_row(interval(row.age, AGE_EDGES), *measures(row))
    yield ages


def new_table(title: str, *keys: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD)
    for key in keys:
        table.add_column(key, no_wrap=True, max_width=NAME_WIDTH)
    for measure in ("Flights", "Cancelled", "Late", "Dep.", "Arr."):
        table.add_column(measure, justify="right", no_wrap=True)
    return table


def measures(row: Any) -> list[str]:
    """The cells of a group, given as a named tuple, below the headings of ``new_table``."""
    late = "-" if math.isnan(row.late) else f"{row.late:.1%}"
    cancelled = f"{row.cancelled / row.flights:.1%}"
    return [f"{row.flights:,}", cancelled, late, one_digit(row.dep_delay), one_digit(row.arr_delay)]


def mean_delay(groups: pd.DataFrame) -> float:
    """Mean delay at departure over all flights of some groups; NaN when none departed."""
    departed = groups["departed"].sum()
    return float((groups["dep_delay"].fillna(0) * groups["departed"]).sum() / departed) if departed else math.nan


def one_digit(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def text_or_dash(value: object) -> str:
    return value if isinstance(value, str) else "-"


def closing_line(outcome: Outcome) -> str:
    """Rows, seconds, tasks and peak memory, in one line."""
    return (
        f"{outcome.rows:,} rows, {outcome.seconds:.1f} seconds, {outcome.tasks:,} tasks, "
        f"{format_bytes(outcome.peak_nbytes)} peak memory"
    )
