"""Rows on their way, and matched, as machine code: what NumPy does in many walks over arrays, in one or two.

A bucket of a join with 850,000 rows on either side takes 36 ms in place of 62, its rows are sent in 11 and 14 ms in place of 22
and 34 (`python -m benchmarks dataframe --only rows --program merge`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

#: Rows that are looked up at a time.
AT_ONCE = 512

__all__ = ["chained", "dealt_out", "grouped", "match", "stripe_codes", "stripe_targets"]


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
def dealt_out(values: Any, targets: Any, begins: Any, made: Any) -> None:
    """Values in the order of their targets, equal ones as they stand: those of each begin where it says, which is changed.

    Memory is read in one stretch, and written in one for each target: to take the values of one target after another reads
    all of it as often as there are targets.
    """
    for row in range(len(values)):
        target = targets[row]
        made[begins[target]] = values[row]
        begins[target] += 1


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

    The pairs go into two arrays, which must have room for one more; the answer is how many there are, also where there was not
    room for all. With ``keeps_all`` a row without any has -1 beside it. Rows are looked up some at a time, one step of all after another: what is not in a cache is waited
    for together, and nothing is guessed meanwhile.
    """
    width, place, room = len(first), 0, len(mine) - 1
    ones, others = np.empty(AT_ONCE, np.int32), np.empty(AT_ONCE, np.int32)
    for start in range(0, len(codes), AT_ONCE):
        count = min(AT_ONCE, len(codes) - start)
        for number in range(count):
            value = codes[start + number]
            code = value - low
            is_known = value >= low and 0 <= code < width  # a difference may wrap
            ones[number] = first[code] if is_known else 0
        for number in range(count):
            others[number] = following[ones[number]]
        for number in range(count):
            at = min(place, room)
            mine[at] = start + number  # counts if it is a pair, else the next one takes its place
            theirs[at] = ones[number] - 1
            place += keeps_all or ones[number] > 0
            other = others[number]
            while other > 0:
                at = min(place, room)
                mine[at] = start + number
                theirs[at] = other - 1
                place += 1
                other = following[other]
    return place
