"""Slices of reshaped arrays, where they are slices of the array before."""

from __future__ import annotations

from math import prod

from weft.array.io.from_array import Region
from weft.array.layout_cost import moved_bytes
from weft.array.ops.indexing import Slice
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reshaping import Reshape
from weft.array.reshape_plan import Group, axis_groups
from weft.array.rules.slice_before import is_wanted_in_parts
from weft.expr import Context, Expr, rule

__all__ = ["slice_before_reshape"]


@rule
def slice_before_reshape(node: Slice, context: Context) -> Expr | None:
    """``x.reshape(a, b, c)[i]`` becomes ``x[j:k].reshape(b, c)``: whole runs of elements are taken before.

    Groups of axes (see `weft.array.reshape_plan`) that stay as they are may be sliced anyhow; of others a range along the
    first axis can be taken, if it begins and ends with whole places of the first axis that there was.
    """
    source = node.source
    if not isinstance(source, Reshape) or not node.size or not is_wanted_in_parts(source, context):
        return None
    region: list[tuple[int, int, int]] = []
    for group in axis_groups(source.source.shape, source.shape):
        taken = taken_before(group, source.source.shape, source.shape, node.region)
        if taken is None:
            return None
        region.extend(taken)
    before = Slice(source.source, tuple(region))
    made = before if before.shape == node.shape else source.with_operands(source=before, shape=node.shape)
    itemsize = node.dtype.itemsize
    if made.grid != node.grid and moved_bytes(node.shape, made.grid, node.grid, itemsize):
        return None
    return laid_out(made, node.grid)


def taken_before(group: Group, old: tuple[int, ...], new: tuple[int, ...], region: Region) -> Region | None:
    """The region of a group's axes before the reshape that is the region after it; None if there is none."""
    here, there = old[slice(*group.old)], new[slice(*group.new)]
    wanted = region[slice(*group.new)]
    if here == there:
        return wanted
    if all(each == (0, 1, length) or length == 1 for each, length in zip(wanted, there, strict=True)):
        return tuple([(0, 1, length) for length in here])
    at = next(place for place, length in enumerate(there) if length > 1)
    ahead = next(place for place, length in enumerate(here) if length > 1)
    start, step, count = wanted[at]
    behind = zip(wanted[at + 1 :], there[at + 1 :], strict=True)
    if (step != 1 and count > 1) or any(each != (0, 1, length) for each, length in behind):
        return None
    inner, outer = prod(there[at + 1 :]), prod(here[ahead + 1 :])
    if start * inner % outer or count * inner % outer:
        return None
    whole = [(0, 1, length) for length in here[ahead + 1 :]]
    return (*[(0, 1, 1)] * ahead, (start * inner // outer, 1, count * inner // outer), *whole)
