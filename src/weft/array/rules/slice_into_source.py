"""A slice of a source is a smaller source."""

from __future__ import annotations

from weft.array.io.from_array import FromArray
from weft.array.ops.creation import Full
from weft.array.ops.indexing import Slice
from weft.array.ops.random import Random
from weft.array.ops.random_order import Order
from weft.array.ops.ranges import Arange
from weft.array.ops.rechunking import laid_out
from weft.array.rules.merge_slices import within
from weft.array.rules.slice_before import is_wanted_in_parts
from weft.expr import Context, Expr, rule

__all__ = ["slice_into_source"]


@rule
def slice_into_source(node: Slice, context: Context) -> Expr | None:
    """``Slice(FromArray(...))`` reads only the slice; constants are made only where they are wanted, and so are random
    numbers, if all who read them want parts, which together are no more than there is.

    Ranges of floats stay: their elements are multiples of a rounded step, counted from the range's own start. What is not
    in memory is read without steps, and once.
    """
    match node:
        case Slice(Full() as source, _):
            return source.with_operands(shape=node.shape, grid=node.grid)
        case Slice(Arange(start, step, _, dtype, _) as source, ((first, stride, length),)) if dtype.kind == "i":
            return source.with_operands(start=start + step * first, step=step * stride, length=length, cut=node.grid[0])
        case Slice((Random() | Order()) as source, region) if is_wanted_in_parts(source, context):
            return source.with_operands(region=within(source.region, region), grid=node.grid)
        case Slice(FromArray() as source, region) if source.in_memory:
            return source.with_operands(region=within(source.region, region), grid=node.grid)
        case Slice(FromArray() as source, region) if is_wanted_in_parts(source, context):
            return read_part_only(node, source)
    return None


def read_part_only(node: Slice, source: FromArray) -> Expr | None:
    """A slice of something to be read: what lies between its ends is read, and the steps are taken afterwards."""
    if all(step == 1 for _, step, _ in node.region):
        return source.with_operands(region=within(source.region, node.region), grid=node.grid)
    hull, rest = [], []
    for start, step, length in node.region:
        last = start + step * max(0, length - 1)
        low = min(start, last)
        hull.append((low, 1, abs(last - start) + 1 if length else 0))
        rest.append((start - low, step, length))
    between = Slice(source, tuple(hull))
    if between.shape == source.shape:
        return None
    part = source.with_operands(region=within(source.region, tuple(hull)), grid=between.grid)
    return laid_out(Slice(part, tuple(rest)), node.grid)
