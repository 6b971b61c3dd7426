"""Rechunks go below operations where everything beneath can be cut anew at no cost: constants, ranges, arrays in memory."""

from __future__ import annotations

from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import FromArray
from weft.array.ops.creation import Full
from weft.array.ops.elementwise import Elementwise
from weft.array.ops.index_grids import Placed
from weft.array.ops.random import Random
from weft.array.ops.random_order import Order
from weft.array.ops.ranges import Arange, Spaced
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reducing import Reduction
from weft.array.ops.transposing import Axes
from weft.expr import Context, Expr, rule

__all__ = ["cut_anew", "on_grid", "rechunk_before_operations"]

#: What is drawn as quickly as it would be moved.
QUICK = frozenset(["integers", "normal", "random", "standard_normal", "uniform"])
#: Nodes that are looked at for one rechunk.
MOST_NODES = 200


@rule
def rechunk_before_operations(node: Rechunk, context: Context) -> Expr | None:
    """``Rechunk(ones + x, grid)`` becomes ``ones(grid) + x(grid)``: nothing is moved, and the parts fuse."""
    if not isinstance(node.source, (Elementwise, Axes)):
        return None
    return on_grid(node.source, node.grid, context)


def cut_anew(source: ArrayExpr, grid: Grid, context: Context) -> ArrayExpr | None:
    """A source in other chunks, if that costs nothing: what has to be read or drawn is made once."""
    match source:
        case Full():
            return source.with_operands(grid=grid)
        case Placed() if not source.is_opaque:
            return source.with_operands(grid=grid)
        case Arange() | Spaced():
            return source.with_operands(cut=grid[0])
        case Random() | Order() if context.is_sole(source):
            return source.with_operands(grid=grid)
        case Random() if source.label in QUICK and not context.is_root(source) and len(context.dependents(source)) <= 2:
            # drawn once for each reader: that takes no longer than moving the elements, and no memory
            return source.with_operands(grid=grid)
        case FromArray() if source.in_memory or (context.is_sole(source) and source.reads_well(grid)):
            return source.with_operands(grid=grid)
    return None


def on_grid(expr: ArrayExpr, grid: Grid, context: Context) -> ArrayExpr | None:
    """Operations on another grid, down to their sources; None if that would move anything, or compute it twice."""
    return Moving(context).moved(expr, grid)


class Moving:
    """What has been looked at on the way down. (A class: functions that call each other would be garbage in a circle,
    and keep data in memory alive until it is collected.)"""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.seen: dict[tuple[str, Grid], ArrayExpr | None] = {}

    def moved(self, each: ArrayExpr, wanted: Grid) -> ArrayExpr | None:
        if each.grid == wanted:
            return each
        known = (each.name, wanted)
        if known not in self.seen:
            if len(self.seen) == MOST_NODES:
                return None
            self.seen[known] = None
            self.seen[known] = self.changed(each, wanted)
        return self.seen[known]

    def changed(self, each: ArrayExpr, wanted: Grid) -> ArrayExpr | None:
        if isinstance(each, Rechunk):
            return self.moved(each.source, wanted)
        if not isinstance(each, (Elementwise, Axes)):
            return cut_anew(each, wanted, self.context)
        if not is_private(each, self.context):
            return None
        if isinstance(each, Axes):
            return self.transposed(each, wanted)
        operands: dict[str, ArrayExpr] = {}
        for operand in each.arrays:
            made = self.moved(operand, cuts_of(each, operand, wanted))
            if made is None:
                return None
            operands[operand.name] = made
        made = each.map_children(lambda child: operands[child.name])
        return made if made.grid == wanted else None

    def transposed(self, each: Axes, wanted: Grid) -> ArrayExpr | None:
        cuts = list(each.source.grid)
        for place, axis in enumerate(each.axes):
            if axis is not None:
                cuts[axis] = wanted[place]
        source = self.moved(each.source, tuple(cuts))
        made = None if source is None else each.with_operands(source=source)
        return made if made is not None and made.grid == wanted else None


def cuts_of(node: Elementwise, operand: ArrayExpr, grid: Grid) -> Grid:
    """The cuts that an operand has where its node has those of a grid; axes that are broadcast stay as they are."""
    skip = node.ndim - operand.ndim
    return tuple(
        [
            grid[axis + skip] if length == node.shape[axis + skip] else operand.grid[axis]
            for axis, length in enumerate(operand.shape)
        ]
    )


def is_private(node: ArrayExpr, context: Context) -> bool:
    """Whether a node has a single dependent, or reductions along the same axes, which all want the same grid."""
    if context.is_root(node):
        return False
    users = context.dependents(node)
    if len(users) <= 1:
        return True
    axes = {user.axes if isinstance(user, Reduction) else None for user in users}
    return len(axes) == 1 and None not in axes
