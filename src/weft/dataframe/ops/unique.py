"""Different values and rows."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, changed, is_true, new
from weft.dataframe.expr import VALUES, FrameExpr, asked_columns, column_needs, row_needs
from weft.dataframe.known_metas import remembered
from weft.dataframe.ops.projection import missing_column
from weft.dataframe.spread import Choice, Spreadable, as_asked, spread_of
from weft.dataframe.treewise import SPLIT_EVERY, Treewise, check_split_every
from weft.expr import Expr, Need, Needs, derived, node

__all__ = ["unique"]


@node
class Uniques(Spreadable):
    """Different values of a column, in the order of first rows."""

    source: FrameExpr
    split_every: int = SPLIT_EVERY
    count: int = 1
    exchanged: bool = False
    choice: Choice | None = None

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

    @property
    def kept_whole(self) -> str | None:
        return kept_whole(self.source.meta)

    @property
    def like(self) -> Any:
        meta = self.source.meta
        return meta.to_series() if isinstance(meta, pd.Index) else meta

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
class DistinctRows(Spreadable):
    """Rows that differ in some columns, in their order: of equal ones the first, the last, or none."""

    source: FrameExpr
    subset: tuple[Hashable, ...] | None
    keep: Any
    ignore_index: bool
    split_every: int = SPLIT_EVERY
    count: int = 1
    exchanged: bool = False
    choice: Choice | None = None

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

    @property
    def by(self) -> tuple[Hashable, ...] | None:
        return self.subset

    @property
    def like(self) -> Any:
        return self.source.meta

    @property
    def payload(self) -> int:
        return 16 * (1 + len(self.columns))

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


def kept_whole(meta: Any) -> str | None:
    """Why different values are found in one place in any case, if so."""
    dtype = meta.dtype if isinstance(meta, (pd.Series, pd.Index)) and not isinstance(meta, pd.MultiIndex) else None
    if isinstance(dtype, pd.CategoricalDtype) or getattr(dtype, "kind", "O") == "b":
        return "values of categories and truth values are few"
    return None


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


def unique(values: Any) -> Any:
    """Different values of a series or index, in the order of first rows.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.unique(dd.from_pandas(pd.Series([2, 1, 2]), npartitions=2)).compute().tolist()
    [2, 1]
    """
    if not isinstance(values, FrameBase):
        raise TypeError(f"unique() takes a Series or Index, not a {type(values).__name__}: use pandas.unique")
    return values.unique()  # type: ignore[attr-defined]


class UniqueMethods(FrameBase):
    """Different rows of a frame."""

    __slots__ = ()

    def drop_duplicates(
        self,
        subset: Any = None,
        *,
        keep: Any = "first",
        inplace: bool = False,
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
        inplace : bool
            Whether the frame itself stands for the result from then on.
        ignore_index : bool
            Whether the rows are numbered anew.
        split_every : int, optional
            How many partitions one task combines.
        split_out : int, optional
            How many partitions the result has; 1 by default. With more, rows go by their hash: equal ones are told apart
            bucket by bucket, and are in order within each.
        shuffle_method : {"tasks", "disk", "p2p"}, optional
            Tell rows apart bucket by bucket in any case. By default that is done where there are many.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 3]}), npartitions=2)
        >>> df.drop_duplicates("a", keep="last").b.compute().tolist()
        [2, 3]
        """
        labels = check_subset(self, subset)
        width, spread = check_split_every(split_every), spread_of(self, split_out, shuffle_method)
        made = new(
            DistinctRows(self.expr, labels, check_keep(keep), is_true("ignore_index", ignore_index), width, *spread)
        )
        return changed(self, made, inplace)


class SeriesUniqueMethods(FrameBase):
    """Different values of a column."""

    __slots__ = ()

    def unique(self, split_every: Any = None, split_out: Any = None, shuffle_method: Any = None) -> Any:
        """Different values in the order of first rows, as a series.

        Parameters
        ----------
        split_every : int, optional
            How many partial results one task combines.
        split_out : int, optional
            How many partitions the result has; with more than 1 the order is that of first rows within each.
        shuffle_method : {"tasks", "disk", "p2p"}, optional
            Tell values apart bucket by bucket in any case.
        """
        return new(
            as_asked(Uniques(self.expr, check_split_every(split_every), *spread_of(self, split_out, shuffle_method)))
        )

    def drop_duplicates(
        self,
        *,
        keep: Any = "first",
        inplace: bool = False,
        ignore_index: bool = False,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Different values in their order; see `DataFrame.drop_duplicates`."""
        width, spread = check_split_every(split_every), spread_of(self, split_out, shuffle_method)
        made = new(
            DistinctRows(self.expr, None, check_keep(keep), is_true("ignore_index", ignore_index), width, *spread)
        )
        return changed(self, made, inplace)

    @property
    def is_unique(self) -> Any:
        """Whether no value is there twice."""
        return new(IsUnique(self.expr))
