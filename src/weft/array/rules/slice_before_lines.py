"""Slices go below operations along one axis, which read little more than the slice wants."""

from __future__ import annotations

from weft.array.expr import ArrayExpr
from weft.array.ops.differences import Diff, Slopes
from weft.array.ops.indexing import Slice
from weft.array.ops.rechunking import laid_out
from weft.array.ops.repeating import Repeat
from weft.array.rules.slice_before import is_wanted_in_parts
from weft.expr import Context, Expr, Held, rule

__all__ = ["slice_before_lines"]


@rule
def slice_before_lines(node: Slice, context: Context) -> Expr | None:
    """``diff(x)[i:j]`` becomes ``diff(x[i:j+1])``, and so for repeated elements and slopes; other axes are cut anyhow."""
    source = node.source
    if not isinstance(source, (Diff, Repeat, Slopes)) or not node.size or not is_wanted_in_parts(source, context):
        return None
    axis = source.axis
    start, step, count = node.region[axis]
    last = start + step * (count - 1)
    low, high, skipped = needed(source, min(start, last), max(start, last))
    region = (*node.region[:axis], (low, 1, high - low), *node.region[axis + 1 :])
    if region == tuple([(0, 1, length) for length in source.source.shape]):
        return None
    made: ArrayExpr = source.with_operands(source=Slice(source.source, region))
    rest = [(0, 1, length) for length in made.shape]
    rest[axis] = (start - skipped, step, count)
    if rest != [(0, 1, length) for length in made.shape]:
        made = Slice(made, tuple(rest))
    return laid_out(made, node.grid)


def needed(node: Diff | Repeat | Slopes, first: int, last: int) -> tuple[int, int, int]:
    """Half-open range of places of the source that results from first to last are made of, and the results before it."""
    if isinstance(node, Diff):
        return first, last + 1 + node.times, first
    if isinstance(node, Repeat):
        low = first // node.repeats
        return low, last // node.repeats + 1, low * node.repeats
    length = node.source.shape[node.axis]
    if isinstance(node.spacing, Held):
        return 0, length, 0
    low, high = max(0, first - node.edge_order), min(length, last + 1 + node.edge_order)
    return low, high, low
