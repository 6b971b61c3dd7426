"""Slices go below positions and masks: of ``x[index][:10]`` only ten elements are taken."""

from __future__ import annotations

from weft.array.ops.fancy import Points, held_positions
from weft.array.ops.indexing import Slice, sliced
from weft.array.ops.masking import Compress
from weft.array.ops.rechunking import laid_out
from weft.array.rules.slice_before import is_wanted_in_parts
from weft.expr import Context, Expr, rule

__all__ = ["slice_before_compress", "slice_before_points"]


@rule
def slice_before_points(node: Slice, context: Context) -> Expr | None:
    """``x[index][i, j]`` becomes ``x[:, j][index[i]]``."""
    source = node.source
    if not isinstance(source, Points) or not is_wanted_in_parts(source, context):
        return None
    place, stop = source.place, source.place + len(source.inner)
    where = tuple([slice_of(*each) for each in node.region[place:stop]])
    others = [*node.region[:place], *node.region[stop:]]
    region = []
    for axis, length in enumerate(source.source.shape):
        region.append((0, 1, length) if axis in source.axes else others.pop(0))
    positions = [each[where].copy() for each in source.positions]
    made = Points(sliced(source.source, tuple(region)), source.axes, held_positions(positions), node.grid[place:stop])
    return laid_out(made, node.grid)


@rule
def slice_before_compress(node: Slice, context: Context) -> Expr | None:
    """``x[mask][:, j]`` becomes ``x[:, j][mask]``."""
    source = node.source
    if not isinstance(source, Compress) or not is_wanted_in_parts(source, context):
        return None
    axis, width = source.axis, source.width
    if node.region[axis] != (0, 1, source.shape[axis]):
        return None
    covered = [(0, 1, length) for length in source.source.shape[axis : axis + width]]
    region = (*node.region[:axis], *covered, *node.region[axis + 1 :])
    return laid_out(source.with_operands(source=sliced(source.source, region)), node.grid)


def slice_of(start: int, step: int, length: int) -> slice:
    """The slice for ``length`` places from ``start``, ``step`` apart."""
    if not length:
        return slice(0, 0)
    stop = start + step * length
    return slice(start, stop if stop >= 0 else None, step)
