"""Rows on their way, and matched, as machine code: what NumPy does in many walks over arrays, in one or two.

A bucket of a join with 850,000 rows on either side takes 37 ms in place of 62, its rows are sent in 12 and 16 ms in place of 22
and 34 (`python -m benchmarks dataframe --only rows --program merge`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["chained", "grouped", "match", "stripe_codes", "stripe_targets"]


@njit(nogil=True, cache=True)
def stripe_targets(values: Any, count: int, width: int, targets: Any) -> None:
    """`weft.dataframe.kernels.pandas.hashing.stripe_targets`, into an array."""
    shift, half, many = np.uint64(33), np.uint64(32), np.uint64(count)
    first, second = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
    mask = (1 << width) - 1
    for row in range(len(values)):
        value = values[row]
        mixed = np.uint64(value >> width)
        mixed ^= mixed >> shift
        mixed *= first
        mixed ^= mixed >> shift
        mixed *= second
        mixed ^= mixed >> shift
        begin = ((mixed >> half) * many) >> half
        target = np.uint32(begin) + np.uint32(value & mask) % np.uint32(count)
        targets[row] = target if target < count else target - np.uint32(count)


@njit(nogil=True, cache=True)
def stripe_codes(values: Any, count: int, width: int, codes: Any) -> None:
    """`weft.dataframe.kernels.pandas.hashing.stripe_codes`, into an array."""
    mask = (1 << width) - 1
    each = mask // count + 1
    for row in range(len(values)):
        value = values[row]
        codes[row] = (value >> width) * each + np.uint32(value & mask) // np.uint32(count)


@njit(nogil=True, cache=True)
def grouped(targets: Any, upto: Any, order: Any) -> None:
    """Rows in the order of their targets, equal ones as they stand: sorted by counting, which is for few targets.

    Parameters
    ----------
    targets : array
        Of rows; all are below ``len(upto) - 1``.
    upto : array of zeros
        Becomes where the rows of each target begin, and where the last ones end.
    order : array
        Becomes the rows.
    """
    for row in range(len(targets)):
        upto[targets[row] + 1] += 1
    for target in range(1, len(upto)):
        upto[target] += upto[target - 1]
    for row in range(len(targets)):
        target = targets[row]
        order[upto[target]] = row
        upto[target] += 1
    for target in range(len(upto) - 1, 0, -1):
        upto[target] = upto[target - 1]
    upto[0] = 0


@njit(nogil=True, cache=True)
def chained(codes: Any, first: Any, following: Any) -> bool:
    """For each code the first of its rows, for each row the next of its code, all counted from 1; whether no two are equal.

    ``first`` is zeros, one for each code that there may be; ``following`` has a zero in front, and becomes a row each.
    """
    is_unique = True
    following[0] = 0
    for row in range(len(codes), 0, -1):
        code = codes[row - 1]
        other = first[code]
        is_unique &= other == 0
        following[row] = other
        first[code] = row
    return is_unique


@njit(nogil=True, cache=True)
def match(codes: Any, low: int, first: Any, following: Any, keeps_all: bool, mine: Any, theirs: Any) -> int:
    """Pairs of these rows and those that are chained by their codes, there less by ``low``, in the order of these rows.

    The pairs go into two arrays, as far as there is room; the answer is how many there are. With ``keeps_all`` a row without
    any has -1 beside it. The first pair is written in any case, and counts if it is one: whether it is nobody could foretell.
    """
    width, place, room = len(first), 0, len(mine) - 1
    for row in range(len(codes)):
        value = codes[row]
        code = value - low
        other = 0
        if value >= low and 0 <= code < width:  # a difference may wrap
            other = first[code]
        at = min(place, room)
        mine[at] = row
        theirs[at] = other - 1
        place += keeps_all or other > 0
        other = following[other]
        while other > 0:
            at = min(place, room)
            mine[at] = row
            theirs[at] = other - 1
            place += 1
            other = following[other]
    return place
