"""Frames whose partitions are made elsewhere: kept by a computation, or by a user's graph."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from weft.dataframe.expr import FrameExpr
from weft.expr import Expr, derived, node
from weft.graph import Graph
from weft.graph.renaming import replace_name_in_key
from weft.physical.opaque import Foreign, Opaque

__all__ = ["FromBlocks"]


class Known:
    """What is known of a frame, as an operand that the frame's name stands for."""

    __slots__ = ("divisions", "meta", "name", "row_labels", "rows")

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: tuple[Any, ...] | None,
        rows: Hashable,
        row_labels: Hashable | None = None,
    ) -> None:
        self.name = name
        self.meta = meta
        self.divisions: tuple[Any, ...] | None = divisions
        self.rows = rows
        self.row_labels = rows if row_labels is None else row_labels

    def __weft_tokenize__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[Any, ...]:
        return Known, (self.name, self.meta, self.divisions, self.rows, self.row_labels)


@node
class FromBlocks(FrameExpr):
    """Partitions of a graph, under a name that users know already."""

    known: Known
    npartitions: int
    foreign: Foreign

    @classmethod
    def of(cls, like: FrameExpr, graph: Graph, rename: Mapping[str, str] | None = None) -> FromBlocks:
        """Partitions that are those of an expression, from now on from this graph, under new names if there are any."""
        names = rename or {}
        known = Known(names.get(like.name, like.name), like.meta, like.divisions, like.rows, like.row_labels)
        own = like.keys()
        keys = tuple([replace_name_in_key(key, names) for key in own])
        return cls(known, like.npartitions, Foreign(graph, keys))

    @derived
    def name(self) -> str:
        return self.known.name

    @derived
    def meta(self) -> Any:
        return self.known.meta

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        return self.known.divisions

    @derived
    def rows(self) -> Hashable:
        return self.known.rows

    @derived
    def row_labels(self) -> Hashable:
        return self.known.row_labels

    def lower(self) -> Expr:
        return Opaque(self.outline, self.foreign)
