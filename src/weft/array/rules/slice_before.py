"""Slices go below operations, towards the sources: what nobody wants is never computed.

They go below an operation only if all who depend on it are slices, and together want no more than there is: otherwise the
operation would be computed several times over.
"""

from __future__ import annotations

from weft.array.expr import ArrayExpr
from weft.array.ops.broadcasting import Broadcast, Elementwise
from weft.array.ops.indexing import Slice
from weft.array.ops.rechunking import Rechunk, laid_out
from weft.array.ops.reducing import Reduction
from weft.array.ops.transposing import Axes
from weft.expr import Context, Expr, rule

__all__ = [
    "slice_before_axes",
    "slice_before_broadcast",
    "slice_before_elementwise",
    "slice_before_rechunk",
    "slice_before_reduction",
]


@rule
def slice_before_elementwise(node: Slice, context: Context) -> Expr | None:
    """``(x + y)[i]`` becomes ``x[i] + y[i]``; along axes that are broadcast an operand stays whole."""
    source = node.source
    if not isinstance(source, Elementwise) or not is_wanted_in_parts(source, context):
        return None

    def cut(operand: Expr) -> Expr:
        assert isinstance(operand, ArrayExpr)
        skip = source.ndim - operand.ndim
        region = tuple(
            [
                node.region[axis + skip] if length == source.shape[axis + skip] else (0, 1, length)
                for axis, length in enumerate(operand.shape)
            ]
        )
        return Slice(operand, region)

    return laid_out(source.map_children(cut), node.grid)


@rule
def slice_before_axes(node: Slice, context: Context) -> Expr | None:
    """``x.T[i, j]`` becomes ``x[j, i].T``."""
    source = node.source
    if not isinstance(source, Axes) or not is_wanted_in_parts(source, context):
        return None
    if any(axis is None and node.region[place] != (0, 1, 1) for place, axis in enumerate(source.axes)):
        return None
    region = [(0, 1, length) for length in source.source.shape]
    for place, axis in enumerate(source.axes):
        if axis is not None:
            region[axis] = node.region[place]
    return laid_out(Axes(Slice(source.source, tuple(region)), source.axes), node.grid)


@rule
def slice_before_reduction(node: Slice, context: Context) -> Expr | None:
    """``x.sum(0)[i]`` becomes ``x[:, i].sum(0)``."""
    source = node.source
    if not isinstance(source, Reduction) or not is_wanted_in_parts(source, context):
        return None
    places = iter(node.region)
    region = []
    for axis, length in enumerate(source.source.shape):
        if axis not in source.axes:
            region.append(next(places))
            continue
        region.append((0, 1, length))
        if source.keepdims and next(places) != (0, 1, 1):
            return None
    return laid_out(source.with_operands(source=Slice(source.source, tuple(region))), node.grid)


@rule
def slice_before_broadcast(node: Slice, context: Context) -> Expr | None:
    """``broadcast_to(x, shape)[i]`` becomes ``broadcast_to(x[i], shape)``; axes that are repeated only get shorter."""
    source = node.source
    if not isinstance(source, Broadcast) or not is_wanted_in_parts(source, context):
        return None
    inner, skip = source.source, source.ndim - source.source.ndim
    region = tuple(
        [
            node.region[axis + skip] if length == source.shape[axis + skip] else (0, 1, length)
            for axis, length in enumerate(inner.shape)
        ]
    )
    return Broadcast(Slice(inner, region), node.shape, node.grid)


@rule
def slice_before_rechunk(node: Slice, context: Context) -> Expr | None:
    """``x.rechunk(c)[i]`` cuts first and lays out what is left."""
    source = node.source
    if not isinstance(source, Rechunk) or not is_wanted_in_parts(source, context):
        return None
    return Rechunk(Slice(source.source, node.region), node.grid)


def is_wanted_in_parts(source: ArrayExpr, context: Context) -> bool:
    """Whether only slices depend on an expression, which together want no more than there is."""
    if context.is_root(source):
        return False
    wanted = 0
    for user in context.dependents(source):
        if not isinstance(user, Slice):
            return False
        wanted += user.size
    return wanted <= source.size
