"""Whole parts of a program handed to an engine: the node that runs them, and the one that asks for all rows in one block."""

from __future__ import annotations

from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.table import KERNELS
from weft.expr import Expr, Needs, derived, node
from weft.graph import Layer, Program
from weft.physical.base import Names, Physical
from weft.physical.gather import Gather

__all__ = ["EngineQuery", "Together"]


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
        return Gather(self.outline, self.source, KERNELS["pandas"]["Together"], AllBlocks(self.source.npartitions))


class AllBlocks:
    """One block reads all."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __weft_tokenize__(self) -> Any:
        return ("all-blocks", self.count)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), None)]


@node
class EngineQuery(Physical):
    """One block that an engine computes from the readers on, with all cores."""

    query: Any
    engine: str

    child_fields = ()

    @property
    def label(self) -> str:
        return f"{self.engine}-{self.outline.label}"

    def layers(self, names: Names) -> list[Layer]:
        program = Program.call(self.query, name=self.label)
        (key,) = self.keys(self.called(names))
        return [Layer(program, [key], None, None, nbytes=self.nbytes, origin=self.outline.origin)]


