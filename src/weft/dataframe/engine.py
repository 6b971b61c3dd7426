"""Whole parts of a program handed to an engine: the node that runs them, and the one that asks for all rows in one block."""

from __future__ import annotations

from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.table import KERNELS
from weft.expr import Expr, Needs, derived, node
from weft.graph import Layer, Program
from weft.physical.base import Names, Physical
from weft.physical.gather import Gather

__all__ = ["Alike", "EngineQuery", "Together"]


@node
class Together(FrameExpr):
    """All rows in one block: what `compute` asks for. The blocks are put together in a task, unless an engine makes one."""

    source: FrameExpr

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked

    def lower(self) -> Expr:
        routes = AllBlocks(self.source.npartitions, self.meta)
        return Gather(self.outline, self.source, KERNELS["pandas"]["Together"], routes)


class AllBlocks:
    """One block reads all, and is told the meta."""

    def __init__(self, count: int, meta: Any) -> None:
        self.count = count
        self.meta = meta

    def __weft_tokenize__(self) -> Any:
        return ("all-blocks", self.count)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), self.meta)]


@node
class EngineQuery(FrameExpr):
    """One block that an engine computes from the readers on.

    Parameters
    ----------
    query : callable
        Gives the block; it stands for a tree of nodes, and knows what it holds meanwhile (``held``, in bytes).
    engine : str
    like : Alike
        What it computes; held as a plain value, since an engine looks at no block of Weft's.
    """

    query: Any
    engine: str
    like: Alike

    child_fields = ()

    @property
    def label(self) -> str:
        return f"{self.engine}-{self.like.expr.label}"

    @derived
    def meta(self) -> Any:
        return self.like.expr.meta

    @derived
    def npartitions(self) -> int:
        return 1

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.like.expr.divisions

    @derived
    def rows(self) -> Any:
        return self.like.expr.rows

    @derived
    def partition_nbytes(self) -> int:
        return self.like.expr.partition_nbytes

    def lower(self) -> Expr:
        outline = self.like.expr.outline
        return EngineTask(outline, self.query, self.engine, self.query.held)


class Alike:
    """A node as an operand that is no child."""

    __slots__ = ("expr",)

    def __init__(self, expr: FrameExpr) -> None:
        self.expr = expr

    def __weft_tokenize__(self) -> str:
        return self.expr.name

    def __reduce__(self) -> Any:
        return Alike, (self.expr,)


@node
class EngineTask(Physical):
    """The task that runs a query, which holds so many bytes meanwhile."""

    query: Any
    engine: str
    held: int

    child_fields = ()

    @property
    def label(self) -> str:
        return f"{self.engine}-{self.outline.label}"

    def layers(self, names: Names) -> list[Layer]:
        program = Program.call(self.query, name=self.label)
        keys, origin = self.keys(self.called(names)), self.outline.origin
        return [Layer(program, keys, None, None, nbytes=self.nbytes, origin=origin, workspace=self.held)]
