"""A rechunk right after a source changes how the source is cut."""

from __future__ import annotations

from weft.array.ops.rechunking import Rechunk
from weft.array.rules.rechunk_before import cut_anew
from weft.expr import Context, Expr, rule

__all__ = ["rechunk_into_source"]


@rule
def rechunk_into_source(node: Rechunk, context: Context) -> Expr | None:
    """``Rechunk(Full(...), grid)`` becomes ``Full(..., grid)``; likewise ranges, and arrays in memory.

    What has to be read or drawn is made once: there, only if the rechunk is its sole reader, and what is stored in chunks
    only if these are not read over and over.
    """
    return cut_anew(node.source, node.grid, context)
