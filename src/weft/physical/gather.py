"""Blocks that each read a few blocks of their source: merging neighbours, windows."""

from __future__ import annotations

from typing import Any, Protocol

from weft.expr import Expr, node
from weft.graph import Layer, Program
from weft.physical.base import Names, Physical
from weft.physical.exchange import Merge
from weft.typing import Function

__all__ = ["Gather", "Reads"]


class Reads(Protocol):
    """Who reads what, described by something small until a graph is written."""

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        """For each block the source blocks it reads, by number, and what the merge is told."""


@node
class Gather(Physical):
    """Blocks made of several blocks of ``source`` by ``merge(told, *blocks)``."""

    source: Expr
    merge: Function
    routes: Reads

    def layers(self, names: Names) -> list[Layer]:
        blocks = self.source_keys(self.source, names)
        reads = self.routes.reads()
        return [
            Layer(
                Program.call(Merge(self.merge), name=self.label),
                list(self.keys(names[self.name])),
                [tuple([blocks[number] for number in numbers]) for numbers, _ in reads],
                [(told,) for _, told in reads],
                nbytes=self.nbytes,
                origin=self.outline.origin,
            )
        ]
