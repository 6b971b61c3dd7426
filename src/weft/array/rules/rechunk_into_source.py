"""A rechunk right after a source changes how the source is cut."""

from __future__ import annotations

from weft.array.io.from_array import FromArray
from weft.array.ops.creation import Arange, Full, Placed, Spaced
from weft.array.ops.random import Random
from weft.array.ops.random_order import Order
from weft.array.ops.rechunking import Rechunk
from weft.expr import Context, Expr, rule

__all__ = ["rechunk_into_source"]


@rule
def rechunk_into_source(node: Rechunk, context: Context) -> Expr | None:
    """``Rechunk(Full(...), grid)`` becomes ``Full(..., grid)``; likewise ranges, and arrays in memory.

    What has to be read or drawn is made once: there, only if the rechunk is its sole reader.
    """
    match node.source:
        case Full() as source:
            return source.with_operands(grid=node.grid)
        case (Arange() | Spaced()) as source:
            return source.with_operands(cut=node.grid[0])
        case Placed() as source if not source.is_opaque:
            return source.with_operands(grid=node.grid)
        case Random() | Order() as source if context.is_sole(source):
            return source.with_operands(grid=node.grid)
        case FromArray() as source if source.in_memory or context.is_sole(source):
            return source.with_operands(grid=node.grid)
    return None
