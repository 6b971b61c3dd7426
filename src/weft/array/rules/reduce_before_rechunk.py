"""A rechunk that only joins chunks along the axes of a reduction above it is not made."""

from __future__ import annotations

from weft.array.chunks import axis_largest, is_unknown
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reducing import Reduction
from weft.expr import Expr, rule

__all__ = ["reduce_before_rechunk"]


@rule
def reduce_before_rechunk(node: Reduction) -> Expr | None:
    """``Reduction(Rechunk(x, grid))`` becomes ``Reduction(x)``: the reduction brings what is left of the blocks together anyway.

    What x reads keeps its own, smaller chunks, so that two readers of a source (``x + x.T``) can share them.
    """
    if not isinstance(node.source, Rechunk):
        return None
    source = node.source.source
    for axis, (length, cut, asked) in enumerate(zip(source.shape, source.grid, node.source.grid, strict=True)):
        if cut == asked:
            continue
        if axis not in node.axes or is_unknown(length) or axis_largest(length, cut) > axis_largest(length, asked):
            return None
    return node.with_operands(source=source)
