"""Rows where a predicate holds, and rows without missing values."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, HashedBy, Partitionwise, column_needs, row_needs
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.projection import check_columns
from weft.expr import Expr, Fact, Need, Needs, derived, node

__all__ = ["DropMissing", "Filter", "filtered"]


@node
class Filter(Partitionwise):
    """Rows of the source where the predicate, a series with the same rows, is true."""

    source: FrameExpr
    predicate: FrameExpr

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @property
    def label(self) -> str:
        return "getitem"

    @derived
    def hashed_by(self) -> HashedBy | None:
        return self.source.hashed_by

    def asks(self, child: Expr, asked: Needs) -> Needs:
        matched = frozenset() if self.source.rows == self.predicate.rows else frozenset({Need.INDEX})
        if child == self.predicate:
            own = row_needs(asked) | VALUES | matched
            return own | asked if child == self.source else own
        return matched | (asked if Need.VALUES not in asked else row_needs(asked) | VALUES)


def filtered(frame: Any, predicate: Any) -> Any:
    """``frame[predicate]``."""
    meta = predicate.expr.meta
    kind = getattr(meta, "dtype", None)
    if isinstance(meta, pd.DataFrame):
        return frame.where(predicate)
    if kind is None or not (pd.api.types.is_bool_dtype(kind) or kind == "object"):
        raise TypeError(f"cannot filter by a series of {kind}: a predicate is True or False for each row")
    source, condition = frame.expr, predicate.expr
    if source.rows != condition.rows:
        source, condition = align_rows([source, condition])
    return new(Filter(source, condition))


@node
class DropMissing(Partitionwise):
    """Rows without missing values, in all columns or some."""

    source: FrameExpr
    how: str | None = None
    subset: tuple[Any, ...] | None = None
    thresh: int | None = None

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @property
    def label(self) -> str:
        return "dropna"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.how, self.subset, self.thresh)

    @derived
    def hashed_by(self) -> HashedBy | None:
        return self.source.hashed_by

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if Need.VALUES in asked or self.subset is None:
            return row_needs(asked) | VALUES
        return asked | column_needs(self.subset)


class FilteringMethods(FrameBase):
    """Rows by their values."""

    __slots__ = ()

    def dropna(self, how: Any = None, subset: Any = None, thresh: Any = None) -> Any:
        """Rows without missing values.

        Parameters
        ----------
        how : {"any", "all"}
            Whether a row is left out for any missing value, or only if all are missing.
        subset : label or list of labels
            Columns that are looked at.
        thresh : int
            The number of values that must be there, in place of ``how``.
        """
        if how is not None and thresh is not None:
            raise TypeError("dropna() takes how= or thresh=, not both")
        if how not in (None, "any", "all"):
            raise ValueError(f"dropna(how={how!r}): it is 'any' or 'all'")
        if isinstance(self.expr.meta, pd.DataFrame):
            labels = None
            if subset is not None:
                labels = tuple(subset) if isinstance(subset, (list, pd.Index, tuple)) else (subset,)
                check_columns(self.expr, labels)
            return new(DropMissing(self.expr, how, labels, thresh))
        return new(DropMissing(self.expr))

    def query(self, expr: str, **kwargs: Any) -> Any:
        """Rows where an expression of columns, written as text, is true; see `pandas.DataFrame.query`.

        Local variables are given with ``local_dict={"name": value}``.
        """
        return filtered(self, self.eval(expr, **kwargs))  # type: ignore[attr-defined]
