"""Sums of groups side by side in one number.

Each aggregate takes a visit to the group of each row. Where footers tell between which values columns lie, and how many rows
there are, it is known how many bits a total takes at most. The sum of ``a * 2**k + b`` has that of ``b`` in its lowest ``k``
bits, and that of ``a`` above them (L. Lamport, "Multiple byte processing with full-word instructions", CACM 18, 1975).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from weft.dataframe.kernels.duckdb.relation import Relation
from weft.dataframe.kernels.pandas.groupby_plan import Request

__all__ = ["Pack", "Total", "packed", "total_of"]

#: Bits of a number that hold totals; and characters of an expression that is worth its computation.
BITS, LONG = 62, 400


class Total(NamedTuple):
    """A sum: what it sums up, none of it below nought, and the bits that it takes at most."""

    sql: str
    bits: int


class Pack(NamedTuple):
    """A sum of several totals: what it sums up, and for each of them the bits below it, and its own."""

    sql: str
    parts: dict[str, tuple[int, int]]

    def part(self, name: str, whole: str) -> str:
        """One of the totals, of the sum ``whole``."""
        shift, bits = self.parts[name]
        return f"(({whole} >> {shift}) & {(1 << bits) - 1})"


def total_of(request: Request, source: Relation) -> Total | None:
    """What an aggregate of some rows, or of a part of them, sums up; None for others, or if it may be of any size."""
    sql = "1"
    bounds: tuple[int, int] | None = (1, 1)
    if request.how != "size":
        column = source.column(request.column).settled()
        if request.how not in ("sum", "count") or column.null or column.nan:
            return None
        if request.how == "sum":
            sql, bounds = column.sql, (0, 1) if column.dtype.kind == "b" else column.bounds
    if source.most is None or bounds is None or bounds[0] < 0 or len(sql) > LONG:
        return None
    return Total(f"CAST({sql} AS BIGINT)", (bounds[1] * source.most).bit_length())


def packed(totals: Mapping[str, Total | None]) -> list[Pack]:
    """Totals in as few sums as hold them, the widest first; those that stand alone are left out."""
    known = {name: total for name, total in totals.items() if total is not None and total.bits}
    bins: list[list[str]] = []
    for name in sorted(known, key=lambda each: -known[each].bits):
        for members in bins:
            if sum(known[each].bits for each in members) + known[name].bits <= BITS:
                members.append(name)
                break
        else:
            bins.append([name])
    return [pack_of({name: known[name] for name in members}) for members in bins if len(members) > 1]


def pack_of(totals: Mapping[str, Total]) -> Pack:
    """Totals side by side, the first in the lowest bits."""
    parts, terms, shift = {}, [], 0
    for name, total in totals.items():
        parts[name] = (shift, total.bits)
        terms.append(f"{total.sql} * {1 << shift}" if shift else total.sql)
        shift += total.bits
    return Pack(" + ".join(terms), parts)
