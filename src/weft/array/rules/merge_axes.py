"""Transposes of transposes."""

from __future__ import annotations

from weft.array.ops.transposing import Axes
from weft.expr import Expr, rule

__all__ = ["merge_axes"]


@rule
def merge_axes(node: Axes) -> Expr | None:
    """``Axes(Axes(x))`` becomes one, and one that changes nothing vanishes."""
    match node:
        case Axes(source, axes) if axes == tuple(range(source.ndim)):
            return source
        case Axes(Axes(source, inner), outer):
            return Axes(source, tuple([None if axis is None else inner[axis] for axis in outer]))
    return None
