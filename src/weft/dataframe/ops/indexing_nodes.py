"""Nodes of rows chosen by label and by position.

By label: a slice or a list looks only into the partitions that can have the labels where divisions are known, and into all
where they are not. By position: partitions are counted first, then each cuts its own rows. Where all rows are one partition, it
is asked as it is.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.engine import AllBlocks
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.beside import row_total, rows_before
from weft.expr import Cost, Expr, Fact, Held, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.gather import Gather
from weft.physical.source import Whole
from weft.physical.tree_reduce import TreeReduce

__all__ = ["LabelList", "LabelSlice", "LevelList", "PositionList", "PositionSlice", "Reversed"]


def edge_like(value: Any, edge: Any) -> Any:
    """A label as divisions have it: text stands for the moment it names."""
    return pd.Timestamp(value) if isinstance(value, str) and isinstance(edge, pd.Timestamp) else value


@node
class LabelSlice(Partitionwise):
    """Rows whose labels lie between two, both included."""

    source: FrameExpr
    start: Any
    stop: Any

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @property
    def label(self) -> str:
        return "loc"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.start, self.stop)

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        edges = self.source.divisions
        if edges is None:
            return None
        first = edges[0] if self.start is None else max(edges[0], edge_like(self.start, edges[0]))
        last = edges[-1] if self.stop is None else min(edges[-1], edge_like(self.stop, edges[-1]))
        if first > last:
            return None
        return (first, *edges[1:-1], last)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX}


class RowsInOrder(FrameExpr):
    """Rows in the order of the labels that they were chosen by, in one partition."""

    @property
    def label(self) -> str:
        return "loc"

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX, Need.ORDER}


@node
class LabelList(RowsInOrder):
    """Rows of some labels, in the order in which these are given, in one partition."""

    source: FrameExpr
    labels: tuple[Any, ...]
    required: bool = True

    @derived
    def meta(self) -> Any:
        return self.source.meta

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        if self.source.npartitions == 1:
            told = [Same(self.labels), Same(self.required)]
            return blockwise(self.outline, kernels["LabelsFinish"], [(self.source, (0,))], told, cost=Cost.LIGHT)
        outline = Outline(self.name, "loc-chunk", self.source.numblocks)
        chunk = blockwise(outline, kernels["LabelsChunk"], [(self.source, (0,))], [Same(self.labels)], cost=Cost.LIGHT)
        finish = kernels["LabelsFinish"]
        return TreeReduce(self.outline, chunk, (0,), kernels["Joined"], finish, (self.labels, self.required), 16, True)


@node
class LevelList(RowsInOrder):
    """Rows that have been chosen by labels of levels, in the order of these labels, in one partition.

    ``wanted`` are labels, tuples of labels in their order, or None for all of a level; ``gone`` are levels that are left out.
    """

    source: FrameExpr
    wanted: tuple[Any, ...]
    gone: tuple[int, ...]

    @derived
    def meta(self) -> Any:
        return self.source.meta.droplevel(list(self.gone)) if self.gone else self.source.meta

    def lower(self) -> Expr:
        told = AllBlocks(self.source.npartitions, self.wanted)
        return Gather(self.outline, self.source, KERNELS["pandas"][type(self)], told)


@node
class PositionSlice(FrameExpr):
    """Rows by position, counted over all partitions."""

    source: FrameExpr
    start: int | None
    stop: int | None
    step: int

    facts = frozenset({Fact.SUBSET_OF_ROWS})

    @property
    def label(self) -> str:
        return "iloc"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return self.source.npartitions

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.ORDER}

    def lower(self) -> Expr:
        kernel, source = KERNELS["pandas"]["SliceAt"], self.source
        told = [Same(self.start), Same(self.stop), Same(self.step)]
        sources: list[Any] = [(source, (0,)), (rows_before(self.name, source), (0,))]
        if (self.start or 0) >= 0 and (self.stop is None or self.stop >= 0):
            return blockwise(self.outline, kernel, sources, [Same(None), *told])
        return blockwise(self.outline, kernel, [*sources, (row_total(self.name, source), (None,))], told)


@node
class PositionList(FrameExpr):
    """Rows at some positions, in the order in which these are given, in one partition."""

    source: FrameExpr
    positions: Held

    @property
    def label(self) -> str:
        return "iloc"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.ORDER}

    def lower(self) -> Expr:
        kernels, source = KERNELS["pandas"], self.source
        positions = Whole(Outline(self.name, "positions", ()), self.positions)
        if source.npartitions == 1:
            return blockwise(self.outline, kernels["TakeAt"], [(source, (0,)), (positions, ())], cost=Cost.LIGHT)
        total = (row_total(self.name, source), (0,))
        sought = blockwise(Outline(self.name, "sorted", (1,)), kernels["SortedPlaces"], [total, (positions, ())])
        outline = Outline(self.name, "iloc-chunk", source.numblocks)
        sources: list[Any] = [(source, (0,)), (rows_before(self.name, source), (0,)), (sought, (None,))]
        chunk = blockwise(outline, kernels["TakeChunk"], sources, cost=Cost.LIGHT)
        return TreeReduce(self.outline, chunk, (0,), kernels["TakeCombine"], kernels["TakeFinish"], (), 16, True)


@node
class Reversed(Partitionwise):
    """Rows of each partition from the last to the first."""

    source: FrameExpr

    facts = frozenset()

    @property
    def label(self) -> str:
        return "iloc"

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return None

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.ORDER}
