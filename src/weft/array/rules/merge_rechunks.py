"""Rechunks that nobody sees."""

from __future__ import annotations

from weft.array.ops.rechunking import Rechunk
from weft.expr import Expr, rule

__all__ = ["merge_rechunks"]


@rule
def merge_rechunks(node: Rechunk) -> Expr | None:
    """``Rechunk(Rechunk(x, a), b)`` becomes ``Rechunk(x, b)``, and a rechunk to the grid that is there vanishes."""
    match node:
        case Rechunk(source, grid) if source.grid == grid:
            return source
        case Rechunk(Rechunk(source, _), grid):
            return Rechunk(source, grid)
    return None
