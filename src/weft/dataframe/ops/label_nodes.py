"""Nodes of labels: the index of a frame, rows and columns under other labels, the index as columns."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.expr import (
    ROWS,
    VALUES,
    FrameExpr,
    HashedBy,
    Partitionwise,
    asked_columns,
    column_needs,
    row_needs,
)
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.beside import rows_before
from weft.expr import Expr, Need, Needs, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["IndexOf", "Relabel", "RelabelAt", "RenameAxis", "Renamed", "ResetIndex", "ToFrame", "WithIndex"]


@node
class IndexOf(Partitionwise):
    """The index of a frame."""

    source: FrameExpr

    @property
    def label(self) -> str:
        return "index"

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | {Need.INDEX}


@node
class WithIndex(Partitionwise):
    """A frame whose rows have other labels."""

    source: FrameExpr
    labels: FrameExpr

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.labels.divisions if isinstance(self.labels.meta, pd.Index) else None

    @derived
    def row_labels(self) -> Hashable:
        is_others = isinstance(self.labels, IndexOf)
        return self.labels.row_labels if is_others else ("with_index", self.labels.name)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs = (asked - {Need.INDEX}) if child == self.source else row_needs(asked) - {Need.INDEX}
        if child == self.labels and Need.INDEX in asked:
            needs |= VALUES if not isinstance(self.labels.meta, pd.Index) else {Need.INDEX} | VALUES
        return needs


@node
class Relabel(Partitionwise):
    """A frame whose columns have other labels: pairs of the old and the new one."""

    source: FrameExpr
    labels: Pairs

    @property
    def label(self) -> str:
        return "rename"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.labels,)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if Need.VALUES in asked:
            return row_needs(asked) | VALUES
        old = [before for before, after in self.labels if ("column", after) in asked]
        return row_needs(asked) | column_needs(old)


@node
class RelabelAt(Partitionwise):
    """A frame whose columns have these labels, one after another: for labels that are not distinct, or have levels."""

    source: FrameExpr
    labels: pd.Index

    @property
    def label(self) -> str:
        return "rename"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.labels,)


@node
class Renamed(Partitionwise):
    """A series of another name."""

    source: FrameExpr
    title: Hashable

    @property
    def label(self) -> str:
        return "rename"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.title,)


@node
class RenameAxis(Partitionwise):
    """Other names of the index, or of the labels of columns."""

    source: FrameExpr
    options: Pairs

    @property
    def label(self) -> str:
        return "rename_axis"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.options,)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked if self.source.meta.index.nlevels == 1 else asked | {Need.INDEX}  # each level has its name


@node
class ToFrame(Partitionwise):
    """A series or index as a frame of one column; an index as a series."""

    source: FrameExpr
    options: Pairs
    series: bool = False

    @property
    def label(self) -> str:
        return "to_series" if self.series else "to_frame"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.options, self.series)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        extra = frozenset({Need.INDEX}) if isinstance(self.source.meta, pd.Index) else frozenset()
        return row_needs(asked) | VALUES | extra


@node
class ResetIndex(Partitionwise):
    """Rows numbered from 0; their labels become columns, or are dropped.

    Rows are numbered over all partitions, for which each partition waits for the lengths of those before it; where nobody
    looks at the numbers (``numbered=False``) they start anew in each.
    """

    source: FrameExpr
    drop: bool
    options: Pairs
    numbered: bool = True

    @property
    def label(self) -> str:
        return "reset_index"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (None, self.drop, self.options)

    @property
    def stands_alone(self) -> bool:
        return not self.numbered

    @derived
    def hashed_by(self) -> HashedBy | None:
        found = self.source.hashed_by
        return found if found is not None and found.on is not None else None

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return None

    @derived
    def row_labels(self) -> Hashable:
        return ("reset_index", self.source.row_labels, self.options)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        own = frozenset({Need.ORDER}) if Need.ORDER in asked or Need.INDEX in asked else frozenset()
        if self.drop:
            return own | (asked - ROWS)
        own |= {Need.INDEX}  # its names are labels of columns, whoever looks at these: a rule drops them then
        if Need.VALUES in asked or self.source.meta.ndim == 1:
            return own | VALUES
        return own | column_needs(asked_columns(asked, self.source.columns))

    @derived
    def added(self) -> tuple[Hashable, ...]:
        """Labels of the columns that the index becomes."""
        if self.drop:
            return ()
        count = self.source.meta.index.nlevels
        return self.columns[:count]

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        told = [Same(self.drop), Same(self.options)]
        if not self.numbered or self.npartitions == 1:
            return blockwise(self.outline, kernel, [(self.source, (0,))], [Same(None), *told])
        made = self.source.lower_numbered() if self.drop and self.source.meta.ndim == 2 else None
        if made is not None:
            return made
        before = rows_before(self.name, self.source)
        return blockwise(self.outline, kernel, [(self.source, (0,)), (before, (0,))], told)
