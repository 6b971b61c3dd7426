"""What single aircraft did in the year: a bag over the raw text of the flights.

Lines of CSV become records and, kept for later, lines of JSON in compressed files; these are read again, and folded by
aircraft. Text, not tables: a line is looked at by Python code, one after another, in as many processes as there are cores.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

import weft.bag as db
from weft.demo.files import unpacked

__all__ = ["Aircraft", "busiest_aircraft", "show_aircraft"]

#: Places of the columns in a line of the flights.
TAIL_NUMBER, DEPARTURE_DELAY, CARRIER, ORIGIN, DESTINATION, MILES = 11, 5, 9, 12, 13, 15
#: Bytes of text that a task reads.
BLOCKSIZE = "2 MiB"


class Aircraft(NamedTuple):
    """What one aircraft did."""

    tail_number: str
    carriers: tuple[str, ...]
    legs: int
    miles: int
    destinations: int


#: Carriers, number of legs, miles and destinations so far.
Total = tuple[frozenset[str], int, int, frozenset[str]]
NOTHING: Total = (frozenset(), 0, 0, frozenset())


def is_flown(line: str) -> bool:
    """Whether a line is a flight that departed, of an aircraft that is known; the header is none."""
    values = line.split(",")
    return values[DEPARTURE_DELAY] != "NA" and values[TAIL_NUMBER] not in ("NA", "", "tailnum")


def leg_of(line: str) -> str:
    """What is kept of a flight, as JSON."""
    values = line.split(",")
    return json.dumps(
        {
            "tail": values[TAIL_NUMBER],
            "carrier": values[CARRIER],
            "from": values[ORIGIN],
            "to": values[DESTINATION],
            "miles": int(float(values[MILES])),
        }
    )


def with_leg(total: Total, leg: dict[str, Any]) -> Total:
    """A total with one more leg."""
    carriers, legs, miles, places = total
    return carriers | {leg["carrier"]}, legs + 1, miles + leg["miles"], places | {leg["to"]}


def together(one: Total, other: Total) -> Total:
    """Two totals of one aircraft."""
    return one[0] | other[0], one[1] + other[1], one[2] + other[2], one[3] | other[3]


def legs_of(entry: tuple[str, Total]) -> tuple[int, str]:
    """What aircraft are ranked by; the tail number decides between equals."""
    return entry[1][1], entry[0]


def busiest_aircraft(flights: Path, count: int = 5, **options: Any) -> list[Aircraft]:
    """The aircraft with the most departures.

    Parameters
    ----------
    flights : path
        The flights as CSV, or a zip archive with that file.
    count : int
        How many.
    **options
        Of ``compute``: ``scheduler``, ``num_workers``.
    """
    with unpacked(flights) as path, tempfile.TemporaryDirectory(prefix="weft-demo-") as folder:
        lines = db.read_text(str(path), blocksize=BLOCKSIZE)
        kept = lines.filter(is_flown).map(leg_of).to_textfiles(f"{folder}/*.jsonl.gz", **options)
        legs = db.read_json(kept)
        found = legs.foldby("tail", with_leg, NOTHING, together).topk(count, key=legs_of).compute(**options)
    return [
        Aircraft(tail, tuple(sorted(carriers)), number, miles, len(places))
        for tail, (carriers, number, miles, places) in found
    ]


def show_aircraft(found: list[Aircraft], console: Console) -> None:
    """Print a table of aircraft."""
    table = Table(title="Aircraft that departed most often", title_justify="left", title_style="bold")
    for heading, side in [
        ("aircraft", "left"),
        ("flown by", "left"),
        ("departures", "right"),
        ("miles", "right"),
        ("destinations", "right"),
    ]:
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    for each in found:
        table.add_row(
            each.tail_number, ", ".join(each.carriers), f"{each.legs:,}", f"{each.miles:,}", str(each.destinations)
        )
    console.print(table)
