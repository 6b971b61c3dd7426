"""What is asked of the flights: four questions, each a group of flights and the same measures of it.

A question is answered in three steps that suit any number of parts: :func:`partial` sums over the groups within one
part, :func:`combine` adds such sums up, in any order and as often as a tree needs, :func:`finish` divides at the end.
Only whole numbers are summed, so the answers are the same to the bit however the flights were cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["QUESTIONS", "Question", "combine", "finish", "partial"]

#: Whole numbers of each flight that are summed over a group; delays in minutes.
SUMS = ["flights", "cancelled", "departed", "arrived", "late", "dep_delay", "arr_delay"]


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


def partial(flights: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """Sums over each group of some flights."""
    return flights.groupby(list(keys), as_index=False, dropna=False)[SUMS].sum()


def combine(keys: tuple[str, ...], *partials: pd.DataFrame) -> pd.DataFrame:
    """Sums over each group of several partial sums."""
    return partial(pd.concat(partials, ignore_index=True), keys)


def finish(sums: pd.DataFrame, *names: pd.DataFrame) -> pd.DataFrame:
    """The answer: means in place of sums, and codes joined with each table of ``names`` that knows one of them.

    Of a group's flights, ``dep_delay`` is the mean over those that departed, in minutes, ``arr_delay`` the mean and
    ``late`` the share over those that arrived, ``cancelled`` stays a count. Without such flights a mean is missing.
    """
    answer = sums.assign(
        late=sums["late"] / sums["arrived"],
        dep_delay=sums["dep_delay"] / sums["departed"],
        arr_delay=sums["arr_delay"] / sums["arrived"],
    )
    for table in names:
        code = table.columns[0]
        if code in answer.columns:
            answer = answer.merge(table, how="left", on=code, validate="many_to_one")
    return answer
