"""Floats that are taken to hold no NaN until a sum says otherwise.

pandas leaves NaN out of sums, Polars adds it. To turn it into null before each sum takes a third of the time of a query that
sums, and most data has none. So sums are first made as if there were none: a NaN among the numbers comes out as NaN, whoever
sees one (`watched`) stops the query with `NaNMet`, and it runs once more, with NaN taken out beforehand. Sources that had
one are remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import Any

import polars as pl

__all__ = ["NaNMet", "expect_nan", "is_nan_expected", "watched"]

#: Rows in which NaN was met, by what tells them from others.
MET: OrderedDict[Hashable, None] = OrderedDict()
#: So many are remembered.
MOST = 1000


class NaNMet(Exception):
    """A number that was taken for none is NaN."""


def watched(expr: Any, kind: Any) -> Any:
    """The same numbers, of Polars' type ``kind``; NaN among them raises `NaNMet` while the query runs."""
    return expr.map_batches(without_nan, kind, is_elementwise=True)


def without_nan(numbers: pl.Series) -> pl.Series:
    """The same numbers, of which none may be NaN."""
    if numbers.is_nan().any():
        raise NaNMet
    return numbers


def expect_nan(sources: Iterable[Hashable]) -> None:
    """Remember that some rows hold NaN."""
    for each in sources:
        MET[each] = None
        MET.move_to_end(each)
    while len(MET) > MOST:
        MET.popitem(last=False)


def is_nan_expected(sources: Iterable[Hashable]) -> bool:
    """Whether NaN was met in some of these rows."""
    return any(each in MET for each in sources)
