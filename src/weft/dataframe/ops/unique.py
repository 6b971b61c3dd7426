"""Different values and rows."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr, asked_columns, column_needs, row_needs
from weft.dataframe.known_metas import remembered
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.treewise import SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__: list[str] = []


@node
class Uniques(Treewise):
    """Different values of a column, in the order of first rows."""

    source: FrameExpr
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return "unique"

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        meta = self.source.meta
        return meta if isinstance(meta, pd.Index) else meta.reset_index(drop=True)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return VALUES | {Need.ORDER}


@node
class IsUnique(Treewise):
    """Whether no value of a column is there twice."""

    source: FrameExpr

    @property
    def label(self) -> str:
        return "is_unique"

    @derived
    def meta(self) -> bool:
        return True


@node
class DistinctRows(Treewise):
    """Rows that differ in some columns, in their order: of equal ones the first, the last, or none."""

    source: FrameExpr
    subset: tuple[Hashable, ...] | None
    keep: Any
    ignore_index: bool
    split_every: int = SPLIT_EVERY

    @property
    def label(self) -> str:
        return "drop_duplicates"

    @property
    def plan(self) -> Any:
        return (self.subset, self.keep, self.ignore_index)

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        meta = self.source.meta
        if not self.ignore_index:
            return meta
        return remembered(lambda: meta.reset_index(drop=True), "DistinctRows", (), meta)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        rows = row_needs(asked) - {Need.INDEX} if self.ignore_index else row_needs(asked)
        subset = self.source.columns if self.subset is None else self.subset
        if row_needs(asked) or not set(asked_columns(asked, self.source.columns)) <= set(subset):
            rows |= {Need.ORDER}  # else rows that are not told apart are the same to all who look
        if isinstance(self.source.meta, pd.Index):
            rows |= {Need.INDEX}
        if self.subset is None:
            return rows | VALUES
        columns = VALUES if Need.VALUES in asked else asked - row_needs(asked)
        return rows | columns | column_needs(self.subset)


def check_keep(keep: Any) -> Any:
    """Which of equal rows is kept."""
    if keep not in ("first", "last", False):
        raise ValueError('keep must be either "first", "last" or False')
    return keep


def check_subset(frame: Any, subset: Any) -> tuple[Hashable, ...] | None:
    """Labels of the columns that are compared."""
    if subset is None:
        return None
    known = frame.expr.columns
    labels = (
        (subset,)
        if isinstance(subset, str) or (isinstance(subset, tuple) and subset in known) or not hasattr(subset, "__iter__")
        else tuple(subset)
    )
    for label in labels:
        if label not in known:
            raise KeyError(missing_column(label, known))
    return labels


class UniqueMethods(FrameBase):
    """Different rows of a frame."""

    __slots__ = ()

    def drop_duplicates(
        self,
        subset: Any = None,
        *,
        keep: Any = "first",
        ignore_index: bool = False,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Rows that differ in some columns, in their order.

        Parameters
        ----------
        subset : label or list of labels, optional
            Columns that are compared; all by default.
        keep : {"first", "last", False}
            Which of equal rows stays, if any.
        ignore_index : bool
            Whether the rows are numbered anew.
        split_every : int, optional
            How many partitions one task combines.
        split_out, shuffle_method : optional
            Of no effect on the result, which is one partition.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 3]}), npartitions=2)
        >>> df.drop_duplicates("a", keep="last").b.compute().tolist()
        [2, 3]
        """
        labels = check_subset(self, subset)
        width = check_split_every(split_every)
        return new(DistinctRows(self.expr, labels, check_keep(keep), bool(ignore_index), width))


class SeriesUniqueMethods(FrameBase):
    """Different values of a column."""

    __slots__ = ()

    def unique(self, split_every: Any = None, split_out: Any = None, shuffle_method: Any = None) -> Any:
        """Different values in the order of first rows, as a series."""
        return new(Uniques(self.expr, check_split_every(split_every)))

    def drop_duplicates(
        self,
        *,
        keep: Any = "first",
        ignore_index: bool = False,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Different values in their order; see `DataFrame.drop_duplicates`."""
        width = check_split_every(split_every)
        return new(DistinctRows(self.expr, None, check_keep(keep), bool(ignore_index), width))

    @property
    def is_unique(self) -> Any:
        """Whether no value is there twice."""
        return new(IsUnique(self.expr))
