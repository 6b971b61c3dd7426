"""Tiny chunks that nobody sees are made larger: a task costs microseconds, however little it does."""

from __future__ import annotations

from math import prod

from weft.array.chunks import Cut, axis_largest, regular
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reducing import Reduction
from weft.array.rules.rechunk_before import on_grid
from weft.expr import Context, Expr, rule

__all__ = ["coarsen_before_reduction"]

#: Bytes of a block below which it is tiny.
TINY = 1 << 16
#: Bytes that a block is made to have, about.
WISHED = 1 << 20
#: Blocks that one is made of, at least, for it to be worth anything.
FEW = 4


@rule
def coarsen_before_reduction(node: Reduction, context: Context) -> Expr | None:
    """``(ones(..., chunks=1) + 1).sum()`` adds up large blocks, if these can be made without moving anything."""
    source = node.source
    if isinstance(source, Rechunk) or source.nblocks < FEW:
        return None
    cuts: list[Cut] = list(source.grid)
    itemsize = max(1, source.dtype.itemsize)
    largest = itemsize * prod(axis_largest(length, cut) for length, cut in zip(source.shape, cuts, strict=True))
    if not 0 < largest < TINY:
        return None
    room = WISHED // largest
    for axis in reversed(node.axes):
        length, cut = source.shape[axis], cuts[axis]
        size = axis_largest(length, cut)
        if size and (times := min(room, -(-length // size))) > 1:
            cuts[axis] = regular(length, size * times)
            room //= times
    grid = tuple(cuts)
    if grid == source.grid:
        return None
    made = on_grid(source, grid, context)
    if made is None or made.nblocks * FEW > source.nblocks:
        return None
    return node.with_operands(source=made)
