"""What is asked of the flights: four questions, each a group of flights and the same measures of it.

Delays are whole minutes, whose sums are exact, so the answers are the same to the bit however the flights were cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import weft.dataframe as dd

__all__ = ["QUESTIONS", "Question", "answer"]

#: Name of each measure, the column it is of, and how it is found; delays in minutes.
MEASURES = {
    "flights": ("year", "size"),
    "cancelled": ("cancelled", "sum"),
    "departed": ("dep_delay", "count"),
    "arrived": ("arr_delay", "count"),
    "late": ("late", "mean"),
    "dep_delay": ("dep_delay", "mean"),
    "arr_delay": ("arr_delay", "mean"),
}


@dataclass(frozen=True)
class Question:
    """Flights grouped by the columns ``keys``; flights for which one is not known form groups of their own."""

    name: str
    keys: tuple[str, ...]


QUESTIONS = (
    Question("route", ("origin", "dest")),
    Question("hour", ("carrier", "hour")),
    Question("weather", ("wind", "visibility")),
    Question("age", ("age",)),
)


def answer(question: Question, flights: dd.DataFrame, *names: dd.DataFrame) -> Any:
    """The measures of each group, codes joined with each table of ``names`` that knows one of them.

    Of a group's flights, ``dep_delay`` is the mean over those that departed, in minutes, ``arr_delay`` the mean and
    ``late`` the share over those that arrived, ``cancelled`` a count. Without such flights a mean is missing.
    """
    groups = flights.groupby(list(question.keys), dropna=False).agg(**MEASURES).reset_index()
    for table in names:
        code = table.columns[0]
        if code in question.keys:
            groups = groups.merge(table, how="left", on=code, validate="many_to_one")
    return groups
