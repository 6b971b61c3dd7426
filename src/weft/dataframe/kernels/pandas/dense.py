"""Integers that lie close together: told apart and counted by position, in tables that need no hash.

Rows are taken in tiles: what is worked out of a tile stays in the cache, and memory is read once for the extremes and once for
the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.grouping import FEW

__all__ = ["Span", "count_integers", "first_places", "spans_of"]

#: Rows of a tile.
TILE = 1 << 15
#: Rows that are counted together.
COUNTED = 1 << 17
#: Width of a span of integers that are counted in a table, and in one of pairs.
FEW_COUNTED, FEW_IN_PAIRS = 1 << 12, 1 << 8
#: Distance from 0 up to which pairs of integers are one.
NEAR = 1 << 40


class Span(NamedTuple):
    """The least of some integers, and how many there are from it to the greatest."""

    least: int
    width: int


def span_of(values: np.ndarray) -> Span:
    """The span of some integers."""
    least = int(values.min())
    return Span(least, int(values.max()) - least + 1)


def spans_of(columns: Sequence[Any]) -> list[Span] | None:
    """The spans of columns that are integers and, taken together, lie close; None for all others."""
    if not columns or not len(columns[0]):
        return None
    if not all(
        isinstance(each, np.ndarray) and each.dtype.kind in "iub" and each.dtype != np.uint64 for each in columns
    ):
        return None
    spans: list[Span] = []
    for each in columns:
        spans.append(span_of(each))
        if prod([span.width for span in spans]) > max(FEW, len(each)):
            return None
    return spans


def position(columns: Sequence[np.ndarray], spans: Sequence[Span], rows: slice) -> np.ndarray:
    """For each of some rows the place of its values in a table of all there may be."""
    made: np.ndarray = np.zeros(1, np.intp)
    for number, (column, span) in enumerate(zip(columns, spans, strict=True)):
        own = column[rows].astype(np.intp, copy=False)
        if span.least:
            own = own - span.least
        made = made * span.width + own if number else own
    return made


def first_places(columns: Sequence[np.ndarray], spans: Sequence[Span], *, is_last: bool = False) -> np.ndarray:
    """Where the first row, or the last one, of each value stands, in the order of rows.

    >>> words = [np.array([7, 5, 7, 6, 5])]
    >>> first_places(words, spans_of(words)).tolist(), first_places(words, spans_of(words), is_last=True).tolist()
    ([0, 1, 3], [2, 3, 4])
    """
    size, count = prod([span.width for span in spans]), len(columns[0])
    is_new, home = np.ones(size, bool), np.empty(size, np.int32)
    found: list[np.ndarray] = []
    left = size
    starts = range(0, count, TILE)
    for start in reversed(starts) if is_last else starts:
        places = position(columns, spans, slice(start, start + TILE))
        fresh = np.flatnonzero(is_new.take(places))
        if not len(fresh):
            continue
        new = places.take(fresh)
        turn = 1 if is_last else -1
        home[new[::turn]] = fresh[::turn]  # of several assignments to one place the last one counts
        is_new[new] = False
        own = fresh[home.take(new) == fresh]
        found.append(own + start)
        left -= len(own)
        if not left:
            break
    return np.concatenate(found[::-1] if is_last else found)


def count_integers(values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Different integers in the order of first rows, and how often each is there; None if they lie far apart."""
    span = span_of(values)
    if span.width > min(len(values), FEW_COUNTED) or span.least > np.iinfo(np.intp).max - FEW_COUNTED:
        return None
    counts = np.zeros(span.width, np.int64)
    for start in range(0, len(values), COUNTED):
        counts += counts_of(values[start : start + COUNTED].astype(np.intp, copy=False), span)
    distinct, seen = np.count_nonzero(counts), TILE
    found = pd.unique(values[:seen])  # most are among the first rows
    while len(found) < distinct:
        seen *= 8
        found = pd.unique(values[:seen])
    return found, counts[found.astype(np.intp, copy=False) - span.least]


def counts_of(values: np.ndarray, span: Span) -> np.ndarray:
    """How often each integer of a span is there. Where these are few, two are counted as one number.

    That is half the work of the one step that lets no other thread work meanwhile.
    """
    half = len(values) // 2
    if span.width > FEW_IN_PAIRS or half < span.width**2 or abs(span.least) > NEAR:
        places = values - span.least if span.least else values
        return np.bincount(places, minlength=span.width)
    pairs = values[:half] * span.width
    pairs += values[half : 2 * half]
    if span.least:
        pairs -= span.least * (span.width + 1)
    table = np.bincount(pairs, minlength=span.width**2).reshape(span.width, span.width)
    made: np.ndarray = table.sum(axis=0) + table.sum(axis=1)
    made[values[2 * half :] - span.least] += 1  # of an odd number of values the last one
    return made
