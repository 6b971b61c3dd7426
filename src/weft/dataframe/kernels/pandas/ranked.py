"""Whole numbers in order, and between bounds, by walks over whole arrays where NumPy would guess at each row.

A stable `numpy.argsort` of 850,000 numbers takes 88 ms, and looking each up among 58 bounds 35 ms: every comparison is a guess
of the processor, and half of them are wrong. `places_in_order` takes 10 and `places_between` 6
(`python -m benchmarks dataframe --only rows --program sort_values set_index`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["places_between", "places_in_order"]

#: Rows from which on it is worth the steps.
MANY = 2_000
#: Into how many slots of equal width numbers are sent before they are looked up, in bits.
SLOT_BITS = 18


def places_in_order(values: Any) -> Any:
    """Where 64-bit integers stand that come first, second and so on; equal ones as they stand.

    The leading bits of each number and its place go into one word, and words are sorted: NumPy does that without guesses, and
    no two are equal. Numbers that are alike in those bits are sorted by the bits that are left.

    >>> places_in_order(np.array([3, 1, 2, 1])).tolist()
    [1, 3, 2, 0]
    """
    count = len(values)
    if count < MANY:
        return np.argsort(values, kind="stable")
    if (values[1:] >= values[:-1]).all():
        return np.arange(count)
    least, spread = int(values.min()), int(values.max()) - int(values.min())
    words = distances(values, least)
    bits = (count - 1).bit_length()
    cut = max(0, spread.bit_length() - (64 - bits))
    words >>= np.uint64(cut)
    words <<= np.uint64(bits)
    words |= np.arange(count, dtype=np.uint64)
    words.sort()
    places = (words & np.uint64((1 << bits) - 1)).view(np.int64)
    if not cut:
        return places
    words >>= np.uint64(bits)
    alike = words[1:] == words[:-1]
    if alike.any():
        rows = np.flatnonzero(np.append(alike, False) | np.append(False, alike))
        leading, stand = words[rows].view(np.int64), places[rows]
        order = places_in_order((distances(values[stand], least) & np.uint64((1 << cut) - 1)).view(np.int64))
        places[rows] = stand[order[places_in_order(leading[order])]]
    return places


def places_between(values: Any, bounds: Any) -> tuple[Any, Any]:
    """For each 64-bit integer how many of some bounds, which are in order, are below it; and the rows that equal a bound.

    Numbers go into slots of equal width. Only those whose slot has a bound in it are compared with bounds.

    >>> [each.tolist() for each in places_between(np.array([5, 1, 3]), np.array([2, 3]))]
    [[2, 0, 1], [2]]
    """
    if len(values) >= MANY:
        least, spread = int(bounds[0]), int(bounds[-1]) - int(bounds[0])
        cut = np.uint64(max(0, spread.bit_length() - SLOT_BITS))
        edges = (distances(bounds, least) >> cut).view(np.int64)
        below = np.repeat(np.arange(len(bounds), dtype=np.int32), np.diff(edges, prepend=-1))
        below[edges] = -1
        slots = distances(np.clip(values, bounds[0], bounds[-1]), least)
        slots >>= cut
        places = below.take(slots.view(np.int64))
        rows = np.flatnonzero(places < 0)
    if len(values) < MANY or len(rows) > len(values) / 2:
        places = found = np.searchsorted(bounds, values)
        rows = np.arange(len(values))
    else:
        found = np.searchsorted(bounds, values[rows])
        places[rows] = found
    return places, rows[bounds[np.minimum(found, len(bounds) - 1)] == values[rows]]


def distances(values: Any, least: int) -> Any:
    """How far 64-bit integers are from the least of them."""
    return values.view(np.uint64) - np.uint64(least % 2**64)
