"""Rows where a predicate holds, and rows without missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, changed, new
from weft.dataframe.expr import VALUES, FrameExpr, HashedBy, Partitionwise, column_needs, have_same_rows, row_needs
from weft.dataframe.ops.alignment import align_rows
from weft.dataframe.ops.beside import by_label, by_place, is_chunked
from weft.dataframe.ops.projection import check_columns, project
from weft.execution import compute
from weft.expr import Expr, Fact, Need, Needs, derived, node

__all__ = ["DropMissing", "Filter", "filtered", "is_mask"]


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


def is_mask(key: Any) -> bool:
    """Whether something in memory chooses rows by truth values."""
    if isinstance(key, (pd.Series, pd.DataFrame, np.ndarray, pd.api.extensions.ExtensionArray, pd.Index)):
        kinds = list(key.dtypes) if isinstance(key, pd.DataFrame) else [key.dtype]
        return bool(kinds) and all(pd.api.types.is_bool_dtype(kind) for kind in kinds)
    if is_chunked(key):
        return bool(key.dtype == bool)
    return isinstance(key, list) and bool(key) and all(isinstance(each, (bool, np.bool_)) for each in key)


def filtered(frame: Any, predicate: Any) -> Any:
    """``frame[predicate]``."""
    if not isinstance(predicate, FrameBase):
        if isinstance(predicate, pd.DataFrame):
            return frame.where(predicate)
        in_memory = isinstance(predicate, pd.Series)
        values = predicate if in_memory or is_chunked(predicate) else np.asarray(predicate, dtype=bool)
        predicate = by_label(frame, values) if in_memory else by_place(frame, values)
    meta = predicate.expr.meta
    kind = getattr(meta, "dtype", None)
    if isinstance(meta, pd.DataFrame):
        return frame.where(predicate)
    if kind is None or not (pd.api.types.is_bool_dtype(kind) or kind == "object"):
        raise KeyError(f"cannot filter by a series of {kind}: a predicate is True or False for each row")
    source, condition = frame.expr, predicate.expr
    if not have_same_rows(source, condition):
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

    def dropna(
        self,
        how: Any = None,
        subset: Any = None,
        thresh: Any = None,
        *,
        axis: Any = 0,
        inplace: bool = False,
        ignore_index: bool = False,
    ) -> Any:
        """Rows without missing values; with ``axis=1`` columns, which are looked through at the call.

        Parameters
        ----------
        how : {"any", "all"}
            Whether a row is left out for any missing value, or only if all are missing.
        subset : label or list of labels
            Columns that are looked at.
        thresh : int
            The number of values that must be there, in place of ``how``.
        axis : {0, 1}
        inplace : bool
            Whether the frame itself stands for the result from then on.
        ignore_index : bool
            Whether rows are numbered anew.
        """
        if how is not None and thresh is not None:
            raise TypeError("You cannot set both the how and thresh arguments at the same time.")
        if how not in (None, "any", "all"):
            raise ValueError(f"invalid how option: {how}; it is 'any' or 'all'")
        made = self._without_missing(axis, how, thresh, subset)
        return changed(self, made.reset_index(drop=True) if ignore_index else made, inplace)

    def _without_missing(self, axis: Any, how: Any, thresh: Any, subset: Any) -> Any:
        if isinstance(axis, (tuple, list)):
            raise TypeError("supplying multiple axes to axis is no longer supported.")
        if axis not in (0, "index", "rows"):
            if axis not in (1, "columns") or not isinstance(self.expr.meta, pd.DataFrame):
                raise ValueError(f"No axis named {axis} for object type {type(self.expr.meta).__name__}")
            return without_gaps(self, how, thresh, subset)
        if isinstance(self.expr.meta, pd.DataFrame):
            labels = None
            if subset is not None:
                labels = tuple(subset) if isinstance(subset, (list, tuple, pd.Index, np.ndarray)) else (subset,)
                check_columns(self.expr, labels)
            return new(DropMissing(self.expr, how, labels, thresh))
        return new(DropMissing(self.expr))

    def query(self, expr: str, *, inplace: bool = False, **kwargs: Any) -> Any:
        """Rows where an expression of columns, written as text, is true; see `pandas.DataFrame.query`.

        Local variables are given with ``local_dict={"name": value}``.
        """
        if not isinstance(expr, str):
            raise ValueError(f"expr must be a string to be evaluated, {type(expr)} given")
        return changed(self, filtered(self, self.eval(expr, **kwargs)), inplace)  # type: ignore[attr-defined]


def without_gaps(frame: Any, how: Any, thresh: Any, subset: Any) -> Any:
    """The columns without missing values, in all rows or those of some labels; how many there are is computed now."""
    rows = frame
    if subset is not None:
        rows = frame[frame.index.isin(list(subset) if isinstance(subset, (list, tuple, pd.Index)) else [subset])]
    there, total = compute(rows.count(), rows.index.size)
    least = thresh if thresh is not None else 1 if how == "all" else total
    return project(frame, [label for label, count in there.items() if count >= least])
