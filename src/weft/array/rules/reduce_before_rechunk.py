"""A rechunk below a reduction is not made along the axes that are reduced, and is made of the result along the others."""

from __future__ import annotations

from math import prod

from weft.array.chunks import axis_largest, is_unknown
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reducing import Reduction
from weft.expr import Expr, rule

__all__ = ["reduce_before_rechunk"]


#: A result is cut anew in place of what it was made of if that has so many times its elements.
SMALLER = 64


@rule
def reduce_before_rechunk(node: Reduction) -> Expr | None:
    """``Reduction(Rechunk(x, grid))`` becomes ``Reduction(x)``: the reduction brings what is left of the blocks together anyway.

    What x reads keeps its own, smaller chunks, so that two readers of a source (``x + x.T``) can share them. Where the
    axes that stay were cut anew, the result is.
    """
    if not isinstance(node.source, Rechunk):
        return None
    source = node.source.source
    kept = False
    for axis, (length, cut, asked) in enumerate(zip(source.shape, source.grid, node.source.grid, strict=True)):
        if cut == asked:
            continue
        if is_unknown(length):
            return None
        kept = kept or axis not in node.axes
        if axis_largest(length, cut) > axis_largest(length, asked) * (1 if axis in node.axes else 2):
            return None
    made = node.with_operands(source=source)
    if not kept:
        return made
    if prod(source.shape[axis] for axis in node.axes) < SMALLER:
        return None
    return Rechunk(made, node.grid)
