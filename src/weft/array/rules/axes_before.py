"""Transposes go below elementwise operations where they meet others there."""

from __future__ import annotations

from weft.array.expr import ArrayExpr
from weft.array.ops.elementwise import Elementwise
from weft.array.ops.transposing import Axes
from weft.expr import Context, Expr, rule

__all__ = ["axes_before_elementwise"]


@rule
def axes_before_elementwise(node: Axes, context: Context) -> Expr | None:
    """``(x.T + y).T`` becomes ``x + y.T``: opposite transposes vanish, and no operation gets one more."""
    source = node.source
    if not isinstance(source, Elementwise) or not context.is_sole(source):
        return None
    order = node.axes
    if None in order or len(order) != source.ndim:
        return None
    changed = [each for each in source.arrays if each.ndim and not is_short(each)]
    if sum(isinstance(each, Axes) for each in changed) * 2 < len(changed) or not changed:
        return None

    def turned(operand: Expr) -> Expr:
        assert isinstance(operand, ArrayExpr)
        if not operand.ndim:
            return operand
        skip = source.ndim - operand.ndim
        return Axes(operand, tuple([axis - skip if axis is not None and axis >= skip else None for axis in order]))

    made = source.map_children(turned)
    return made if made.grid == node.grid and made.shape == node.shape else None


def is_short(operand: ArrayExpr) -> bool:
    """Whether all axes of an operand have length 1."""
    return all(length == 1 for length in operand.shape)
