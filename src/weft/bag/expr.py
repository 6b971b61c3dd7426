"""Bag expressions: partitions of records, and the single values that come of them.

Nearly every operation is a `Streamed`: a stage (`weft.bag.kernels`) over matching partitions. What combines partitions is a
`Reduced`, or a node of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Stage
from weft.expr import Cost, Expr, derived, node
from weft.physical.base import BlockExpr, Outline
from weft.physical.blockwise import Blockwise, Call, Column, Placed
from weft.physical.grid import identity_pick

__all__ = ["BagExpr", "ItemExpr", "Streamed", "streamed"]


class BagExpr(BlockExpr):
    """Base of the nodes that stand for partitions of records."""

    #: Whether it is a single value.
    is_item = False
    #: Whether a partition is made of what no other partition is made of.
    is_separable: ClassVar[bool] = False

    @derived
    def npartitions(self) -> int:
        """Number of partitions."""
        raise NotImplementedError(f"{type(self).__name__} does not say its partitions")

    @property
    def numblocks(self) -> tuple[int, ...]:
        return () if self.is_item else (self.npartitions,)

    @property
    def signature(self) -> Mapping[str, Any]:
        return {"npartitions": self.npartitions, "is_item": self.is_item}

    @derived
    def outline(self) -> Outline:
        return Outline(self.name, self.label, self.numblocks, self.partition_nbytes, self.signature)

    @derived
    def may_hold_bad(self) -> bool:
        """Whether there may be a `BadRecord` among the records."""
        return holds_bad(self.children)

    @property
    def partition_nbytes(self) -> int:
        """Projected size of the largest partition; 0 where nothing is known."""
        return 0

    @property
    def assemble(self) -> Callable[[list[Any]], Any]:
        return only if self.is_item else join_partitions


class ItemExpr(BagExpr):
    """Base of the nodes that stand for one value."""

    is_item = True

    @derived
    def npartitions(self) -> int:
        return 1


@node
class Streamed(BagExpr):
    """A stage over the partitions of some bags, which go side by side, and over single values.

    Parameters
    ----------
    stage : Stage
    sources : tuple of Expr
        Bags and single blocks, in the order in which the stage takes them.
    columns : tuple of Column
        Values that differ from partition to partition; they follow the sources.
    count : int, optional
        Number of partitions, where there are no sources.
    is_item : bool
    cost : Cost
    """

    child_fields = ("sources",)
    is_separable = True

    stage: Stage
    sources: tuple[Expr, ...] = ()
    columns: tuple[Column, ...] = ()
    count: int | None = None
    is_item: bool = False
    cost: Cost = Cost.LIGHT

    @property
    def label(self) -> str:
        return self.stage.label

    @derived
    def npartitions(self) -> int:
        if self.is_item:
            return 1
        if self.count is not None:
            return self.count
        for source in self.sources:
            if isinstance(source, BlockExpr) and source.numblocks:
                return source.numblocks[0]
        return 1

    @derived
    def may_hold_bad(self) -> bool:
        return self.stage.collects or holds_bad(self.children)

    def lower(self) -> Expr:
        sources = []
        picks = []
        for source in self.sources:
            assert isinstance(source, BlockExpr)
            sources.append(source)
            picks.append(identity_pick(len(source.numblocks)))
        order = tuple(range(len(sources) + len(self.columns)))
        placed = tuple([Placed(column, self.numblocks, identity_pick(len(self.numblocks))) for column in self.columns])
        call = Call(self.stage, order, (), self.outline)
        return Blockwise(self.outline, (call,), tuple(sources), tuple(picks), placed, self.cost)


def streamed(stage: Stage, *sources: Expr, is_item: bool = False) -> Streamed:
    """A stage over sources."""
    return Streamed(stage, tuple(sources), is_item=is_item)


def holds_bad(children: Sequence[Expr]) -> bool:
    """Whether there may be a `BadRecord` in one of some nodes."""
    return any(isinstance(each, BagExpr) and each.may_hold_bad for each in children)


def only(blocks: Sequence[Any]) -> Any:
    """The one block of an item."""
    return blocks[0]


def join_partitions(blocks: Sequence[Any]) -> Any:
    """All records in a list; where partitions are no collections, the partitions in a list."""
    if len(blocks) == 1 and type(blocks[0]) is list:
        return list(blocks[0])
    if all(hasattr(type(block), "__iter__") and not isinstance(block, (str, bytes)) for block in blocks):
        return list(chain.from_iterable(blocks))
    return list(blocks)
