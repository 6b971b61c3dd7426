"""Parts of a program that an engine computes partition by partition, around Weft's own exchanges and trees.

Where a whole program is no single query (it does not fit the budget, a user's function stands in it, workers are elsewhere),
the trees between exchanges are queries still, of one partition each. A `Piece` stands for such a tree. What it reads is
blocks, which become leaves of the tree (`BlockInput`), and parts of files that the engine scans itself (`ScanInput`);
`weft.dataframe.rules.divide` says how programs are divided.

Between pieces blocks are what they always are: pandas objects whose columns the engine takes and gives without a copy, but for
texts.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from weft.dataframe.engine import Alike
from weft.dataframe.expr import FrameExpr, HashedBy
from weft.dataframe.meta import is_pandas
from weft.expr import Cost, Expr, derived, node
from weft.expr.naming import token_of
from weft.physical.blockwise import Listed, blockwise
from weft.physical.grid import Pick

__all__ = ["BlockInput", "Like", "Piece", "ScanInput"]


class Like(NamedTuple):
    """What a leaf of a piece is known to be: of a block no more than this travels with the piece."""

    name: str
    meta: Any
    rows: str
    npartitions: int
    partition_nbytes: int

    @classmethod
    def of(cls, frame: FrameExpr, npartitions: int) -> Like:
        """What is known of a frame's block."""
        return cls(frame.name, frame.meta, token_of(frame.rows), npartitions, frame.partition_nbytes)

    def __weft_tokenize__(self) -> Any:
        return (self.name, self.npartitions)


@node
class Leaf(FrameExpr):
    """Base of the leaves of pieces: something a task is given, by its place among all that."""

    slot: int
    like: Like

    child_fields = ()

    @derived
    def meta(self) -> Any:
        return self.like.meta

    @derived
    def npartitions(self) -> int:
        return self.like.npartitions

    @derived
    def rows(self) -> Hashable:
        return self.like.rows

    @derived
    def partition_nbytes(self) -> int:
        return self.like.partition_nbytes


@node
class BlockInput(Leaf):
    """A block of another node: the one at the place of the piece's, or the only one."""


@node
class ScanInput(Leaf):
    """A part of files that the engine reads itself, as ``scan`` says."""

    scan: Any


@node
class Piece(FrameExpr):
    """A tree that an engine computes for each partition.

    Parameters
    ----------
    query : callable
        ``query(*blocks, *parts)`` gives the partition.
    engine : str
    like : Alike
        What it computes.
    inputs : tuple of FrameExpr
        Whose blocks the query is given.
    parts : tuple of tuples
        What it reads outside, one for each partition.
    extra : int
        Memory that a task takes besides its inputs and its output, in bytes.
    """

    query: Any
    engine: str
    like: Alike
    inputs: tuple[FrameExpr, ...]
    parts: tuple[tuple[Any, ...], ...]
    extra: int

    child_fields = ("inputs",)

    @property
    def label(self) -> str:
        return f"{self.engine}-{self.like.expr.label}"

    @derived
    def name(self) -> str:
        return f"{self.label}-{token_of('piece', self.engine, self.query, self.like.expr.name, *[each.name for each in self.inputs])}"

    @derived
    def meta(self) -> Any:
        return self.like.expr.meta

    @derived
    def npartitions(self) -> int:
        return self.like.expr.npartitions

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.like.expr.divisions

    @derived
    def rows(self) -> Hashable:
        return self.like.expr.rows

    @derived
    def hashed_by(self) -> HashedBy | None:
        return self.like.expr.hashed_by

    @derived
    def partition_nbytes(self) -> int:
        return self.like.expr.partition_nbytes

    def lower(self) -> Expr:
        sources = [(each, block_pick(each, self.npartitions)) for each in self.inputs]
        columns = [Listed(each) for each in self.parts]
        return blockwise(self.like.expr.outline, self.query, sources, columns, cost=Cost.HEAVY, extra=self.extra)


def block_pick(frame: FrameExpr, npartitions: int) -> Pick:
    """Which block of a frame each partition is given: the one at its place, or the only one for all."""
    return (0,) if frame.npartitions == npartitions and (npartitions > 1 or is_pandas(frame.meta)) else (None,)
