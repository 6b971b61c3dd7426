"""Slices of slices, and slices that take everything."""

from __future__ import annotations

from weft.array.io.from_array import Region
from weft.array.ops.indexing import Slice
from weft.array.ops.rechunking import laid_out
from weft.expr import Expr, rule

__all__ = ["merge_slices", "within"]


@rule
def merge_slices(node: Slice) -> Expr | None:
    """``Slice(Slice(x, a), b)`` becomes one slice, and a slice of everything vanishes."""
    match node:
        case Slice(source, region) if source.grid == node.grid and region == tuple(
            [(0, 1, length) for length in source.shape]
        ):
            return source
        case Slice(Slice(source, inner), outer):
            return laid_out(Slice(source, within(inner, outer)), node.grid)
    return None


def within(inner: Region, outer: Region) -> Region:
    """The region that is ``outer`` of the elements of ``inner``.

    >>> within(((10, 2, 5),), ((1, 3, 2),))
    ((12, 6, 2),)
    """
    return tuple(
        [
            (start + step * first, step * stride, length)
            for (start, step, _), (first, stride, length) in zip(inner, outer, strict=True)
        ]
    )
