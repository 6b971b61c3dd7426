"""Rechunks go below a concatenation where each new chunk lies within one part."""

from __future__ import annotations

from itertools import accumulate

from weft.array.chunks import axis_chunks, compress
from weft.array.ops.joining import Concatenate
from weft.array.ops.rechunking import Rechunk, laid_out
from weft.expr import Context, Expr, rule

__all__ = ["rechunk_before_concatenate"]


@rule
def rechunk_before_concatenate(node: Rechunk, context: Context) -> Expr | None:
    """``concatenate([x, y]).rechunk(c)`` becomes ``concatenate([x.rechunk(c), y.rechunk(c)])``, where parts end with chunks.

    So it reaches the sources of the parts, and each part is cut anew by itself.
    """
    source = node.source
    if not isinstance(source, Concatenate) or not source.is_known or not context.is_sole(source):
        return None
    axis = source.axis
    chunks = axis_chunks(node.shape[axis], node.grid[axis])
    places = {end: place for place, end in enumerate(accumulate(chunks), 1)}
    first, end = 0, 0
    made = []
    for part in source.parts:
        end += part.shape[axis]
        last = places.get(end)
        if last is None or last == first:
            return None
        grid = (*node.grid[:axis], compress(chunks[first:last]), *node.grid[axis + 1 :])
        made.append(laid_out(part, grid))
        first = last
    joined = Concatenate(tuple(made), axis)
    return joined if joined.grid == node.grid else None
