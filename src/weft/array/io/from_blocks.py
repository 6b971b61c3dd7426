"""Arrays whose blocks are made elsewhere: kept by a computation, or by a user's graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid, UnknownCut, compress
from weft.array.expr import ArrayExpr
from weft.expr import Expr, derived, node
from weft.graph import Graph
from weft.graph.renaming import replace_name_in_key
from weft.physical.opaque import Foreign, Opaque

__all__ = ["FromBlocks", "array_of_rows"]


@node
class FromBlocks(ArrayExpr):
    """Blocks of a graph, under a name that users know already."""

    given: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    foreign: Foreign
    prototype: Any = None

    @derived
    def name(self) -> str:
        return self.given

    @classmethod
    def of(cls, like: ArrayExpr, graph: Graph, rename: Mapping[str, str] | None = None) -> FromBlocks:
        """Blocks that are those of an expression, from now on from this graph, under new names if there are any."""
        names = rename or {}
        own = like.keys()
        keys = tuple([replace_name_in_key(key, names) for key in own])
        return cls(
            names.get(like.name, like.name), like.shape, like.dtype, like.grid, Foreign(graph, keys), like.prototype
        )

    def lower(self) -> Expr:
        return Opaque(self.outline, self.foreign)


def array_of_rows(name: str, blocks: Foreign, count: int, lengths: tuple[int, ...] | None, like: Any) -> Any:
    """An array of blocks of rows under these keys, one after another; ``like`` is a block without rows.

    Without ``lengths`` they are not known, and counted when an operation needs them.
    """
    first = UnknownCut(f"rows-{name}", count) if lengths is None else compress(lengths)
    length: Any = first.length if isinstance(first, UnknownCut) else sum(lengths or ())
    shape = (length, *like.shape[1:])
    grid = (first, *[compress((each,)) for each in like.shape[1:]])
    return new(FromBlocks(name, shape, like.dtype, grid, blocks, None if type(like) is np.ndarray else like))
