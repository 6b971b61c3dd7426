"""Blocks filled forward or backward: what a block carries on is the number next to its edge, and how far away that is."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.cumulative import Block


def latest(block: Block, axis: int, limit: int | None, backward: bool) -> tuple[Block, Block, Block] | None:
    """For each line the number next to the edge, its distance from it, and whether there is one; None without elements."""
    length = block.shape[axis]
    if length == 0:
        return None
    there = np.flip(~missing(block), axis) if not backward else ~missing(block)
    distance = np.argmax(there, axis=axis, keepdims=True)
    found = np.take_along_axis(there, distance, axis)
    places = distance if backward else length - 1 - distance
    values = np.take_along_axis(block, places, axis)
    return values, np.where(found, distance, length), found


def latest_combine(earlier: Any, later: Any) -> Any:
    """Two neighbours together."""
    if earlier is None or later is None:
        return later if earlier is None else earlier
    values, distance, found = later
    return (
        np.where(found, values, earlier[0]),
        np.where(found, distance, distance + earlier[1]),
        found | earlier[2],
    )


def filled_on(block: Block, carry: Any, axis: int, limit: int | None, backward: bool) -> Block:
    """Missing elements replaced by the number before them, no farther away than the limit."""
    block = np.asarray(block)
    length = block.shape[axis]
    gone = missing(block)
    if length == 0 or not gone.any():
        return block
    shape = [1] * block.ndim
    shape[axis] = length
    steps = np.arange(length).reshape(shape)
    if backward:
        steps = length - 1 - steps
    nearest = np.where(gone, -1, steps)
    if backward:
        nearest = np.flip(np.maximum.accumulate(np.flip(nearest, axis), axis=axis), axis)
    else:
        nearest = np.maximum.accumulate(nearest, axis=axis)
    places = np.maximum(length - 1 - nearest if backward else nearest, 0)
    known = nearest >= 0
    distance = steps - nearest
    made = np.take_along_axis(block, np.minimum(places, length - 1), axis)
    if carry is not None:
        values, before, found = carry
        made = np.where(known, made, values)
        distance = np.where(known, distance, steps + before + 1)
        known = known | found
    replace = gone & known
    if limit is not None:
        replace &= distance <= limit
    return np.where(replace, made, block)


def missing(block: Block) -> Block:
    """Which elements are NaN, no time, or (of objects) not equal to themselves or None."""
    if block.dtype.kind in "mM":
        return np.isnat(block)
    if block.dtype.kind == "O":
        equal: Any = np.equal
        return ~equal(block, block, dtype=bool) | equal(block, None, dtype=bool)
    return np.isnan(block) if block.dtype.kind in "fc" else np.zeros(block.shape, bool)
