"""Sums by position as machine code: one walk over the rows, into sums that are there already.

NumPy's `bincount` makes new sums for each chunk of rows, which are added up afterwards, and has to look at the codes once more
to tell which groups have rows. Of 10^6 groups a row takes 5 ns in place of 13
(`python -m benchmarks dataframe --only groups`).

Each function returns False at a code that is out of bounds: what was said of the keys is not true then. Codes are taken as
unsigned, so that one comparison tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["add", "add_and_count", "add_and_mark", "count"]


@njit(nogil=True, cache=True)
def add(codes: Any, values: Any, sums: Any) -> bool:
    """Add the values of rows to the sums of their groups."""
    limit = np.uint64(len(sums))
    for row in range(len(codes)):
        code = np.uint64(codes[row])
        if code >= limit:
            return False
        sums[code] += values[row]
    return True


@njit(nogil=True, cache=True)
def add_and_mark(codes: Any, values: Any, sums: Any, has_rows: Any) -> bool:
    """The same, for sums that begin with -0.0, which they are no more after any value but -0.0: groups of zeros are marked."""
    limit = np.uint64(len(sums))
    for row in range(len(codes)):
        code, value = np.uint64(codes[row]), values[row]
        if code >= limit:
            return False
        sums[code] += value
        if value == 0.0:
            has_rows[code] = True
    return True


@njit(nogil=True, cache=True)
def add_and_count(codes: Any, values: Any, sums: Any, rows: Any) -> bool:
    """Add the values of rows to the sums of their groups, and count these."""
    limit = np.uint64(len(sums))
    for row in range(len(codes)):
        code = np.uint64(codes[row])
        if code >= limit:
            return False
        sums[code] += values[row]
        rows[code] += 1
    return True


@njit(nogil=True, cache=True)
def count(codes: Any, rows: Any) -> bool:
    """Count the rows of groups."""
    limit = np.uint64(len(rows))
    for row in range(len(codes)):
        code = np.uint64(codes[row])
        if code >= limit:
            return False
        rows[code] += 1
    return True
