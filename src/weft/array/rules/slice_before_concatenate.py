"""Slices of joined arrays take from the parts that matter only."""

from __future__ import annotations

from weft.array.expr import ArrayExpr
from weft.array.ops.indexing import Slice
from weft.array.ops.joining import Concatenate
from weft.array.ops.rechunking import laid_out
from weft.array.rules.slice_before import is_wanted_in_parts
from weft.expr import Context, Expr, rule

__all__ = ["slice_before_concatenate"]


@rule
def slice_before_concatenate(node: Slice, context: Context) -> Expr | None:
    """``concatenate([x, y, z])[i:j]`` becomes ``concatenate([x[i:], y[:j]])``: parts that nobody wants are not made."""
    source = node.source
    if not isinstance(source, Concatenate) or not source.is_known or not node.size:
        return None
    if not is_wanted_in_parts(source, context):
        return None
    axis = source.axis
    start, step, count = node.region[axis]
    parts: list[ArrayExpr] = []
    first = 0
    for part in source.parts:
        length = part.shape[axis]
        taken = part_of((start, step, count), first, length)
        first += length
        if taken is not None:
            parts.append(Slice(part, (*node.region[:axis], taken, *node.region[axis + 1 :])))
    if step < 0:
        parts.reverse()
    made = parts[0] if len(parts) == 1 else Concatenate(tuple(parts), axis)
    return laid_out(made, node.grid)


def part_of(wanted: tuple[int, int, int], first: int, length: int) -> tuple[int, int, int] | None:
    """What a range of places takes of those from ``first`` on, counted from there; None if it is nothing.

    >>> part_of((1, 3, 4), 4, 4), part_of((10, -3, 4), 0, 4), part_of((0, 5, 2), 1, 3)
    ((0, 3, 2), (1, 1, 1), None)
    """
    start, step, count = wanted
    if step > 0:
        low, high = -((start - first) // step), (first + length - 1 - start) // step
    else:
        low, high = -((first + length - 1 - start) // -step), (start - first) // -step
    low, high = max(0, low), min(count - 1, high)
    if high < low:
        return None
    number = high - low + 1
    return start + low * step - first, step if number > 1 else 1, number
