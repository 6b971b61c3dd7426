"""Bags and items whose blocks are made elsewhere: kept by a computation, or by a user's graph."""

from __future__ import annotations

from collections.abc import Mapping

from weft.bag.expr import BagExpr
from weft.expr import Expr, derived, node
from weft.graph import Graph
from weft.graph.renaming import replace_name_in_key
from weft.physical.opaque import Foreign, Opaque
from weft.typing import Key

__all__ = ["FromBlocks"]


@node
class FromBlocks(BagExpr):
    """Blocks of a graph, under a name that users know already."""

    given: str
    npartitions: int
    foreign: Foreign
    is_item: bool = False
    may_hold_bad: bool = False

    @derived
    def name(self) -> str:
        return self.given

    @property
    def label(self) -> str:
        return self.given.split("-")[0]

    def keys(self, name: str | None = None) -> list[Key]:
        """The blocks' keys are those that the graph gave them."""
        return list(self.foreign.outputs) if name is None or name == self.name else super().keys(name)

    @classmethod
    def of(cls, like: BagExpr, graph: Graph, rename: Mapping[str, str] | None = None) -> FromBlocks:
        """Blocks that are those of an expression, from now on from this graph, under new names if there are any."""
        names = rename or {}
        own = like.keys()
        keys = tuple([replace_name_in_key(key, names) for key in own])
        return cls(
            names.get(like.name, like.name), like.npartitions, Foreign(graph, keys), like.is_item, like.may_hold_bad
        )

    def lower(self) -> Expr:
        return Opaque(self.outline, self.foreign)
