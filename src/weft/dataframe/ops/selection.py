"""Rows by the size of their values: the greatest and the least; the first and last with a value."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, column_needs, row_needs
from weft.dataframe.kernels.pandas.counting import largest
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.unique import check_subset
from weft.dataframe.treewise import EVERYTHING, SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__ = ["ValidLabel"]


@node
class Largest(Treewise):
    """Rows with the greatest, or the least, values of a column, or of some columns."""

    source: FrameExpr
    method: str
    n: int
    by: tuple[Hashable, ...] | None
    keep: str
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return self.method

    @property
    def plan(self) -> Any:
        return (self.method, self.n, self.by, self.keep)

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        return largest(meta_nonempty(self.source.meta), self.plan).iloc[:0]

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if self.by is None:
            return row_needs(asked) | {Need.ORDER} | VALUES
        return asked | {Need.ORDER} | (frozenset() if Need.VALUES in asked else column_needs(self.by))


@node
class ValidLabel(Treewise):
    """Label of the first (0) or the last (-1) row with a value, as an index of one or none."""

    source: FrameExpr
    place: int

    @property
    def label(self) -> str:
        return "valid_index"

    @property
    def plan(self) -> int:
        return self.place

    @derived
    def meta(self) -> Any:
        return self.source.meta.index

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING


def extreme_rows(frame: Any, method: str, n: Any, columns: Any, keep: str, split_every: Any) -> Any:
    """`nlargest` and `nsmallest`."""
    if not isinstance(n, (int, np.integer)):
        raise TypeError(f"{method}() takes a number of rows, not {n!r}")
    if keep not in ("first", "last", "all"):
        raise ValueError('keep must be either "first", "last" or "all"')
    labels = check_subset(frame, columns)
    expr = Largest(frame.expr, method, int(n), labels, keep, check_split_every(split_every))
    _ = expr.meta
    return new(expr)


class SelectionMethods(FrameBase):
    """Rows of a frame by the size of their values."""

    __slots__ = ()

    def nlargest(self, n: int = 5, columns: Any = None, keep: str = "first", split_every: Any = None) -> Any:
        """The ``n`` rows with the greatest values of some columns, the greatest first.

        Parameters
        ----------
        n : int
        columns : label or list of labels
        keep : {"first", "last", "all"}
            Which of equal rows are taken at the end.
        split_every : int, optional
            How many partial results one task combines.
        """
        return extreme_rows(self, "nlargest", n, needed(columns), keep, split_every)

    def nsmallest(self, n: int = 5, columns: Any = None, keep: str = "first", split_every: Any = None) -> Any:
        """The ``n`` rows with the least values of some columns, the least first; see `nlargest`."""
        return extreme_rows(self, "nsmallest", n, needed(columns), keep, split_every)


class SeriesSelectionMethods(FrameBase):
    """Values of a column by size."""

    __slots__ = ()

    def nlargest(self, n: int = 5, keep: str = "first", split_every: Any = None) -> Any:
        """The ``n`` greatest values, the greatest first."""
        return extreme_rows(self, "nlargest", n, None, keep, split_every)

    def nsmallest(self, n: int = 5, keep: str = "first", split_every: Any = None) -> Any:
        """The ``n`` least values, the least first."""
        return extreme_rows(self, "nsmallest", n, None, keep, split_every)


def needed(columns: Any) -> Any:
    """The columns, without which rows have no size."""
    if columns is None:
        raise TypeError("say by which columns rows are compared, e.g. df.nlargest(5, columns='a')")
    return columns
