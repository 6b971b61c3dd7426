"""Running totals of blocks: within a block, what a block amounts to, and what comes before it put in."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.nan_reductions import are_numbers, can_be_nan

Block = Any


def accumulated(block: Block, ufunc: Any, axis: int, dtype: Any) -> Block:
    """Running results within a block."""
    if type(block) is not np.ndarray and ufunc in (np.add, np.multiply):
        return (np.cumsum if ufunc is np.add else np.cumprod)(block, axis=axis, dtype=dtype)
    return ufunc.accumulate(block, axis=axis, dtype=dtype)


def nan_accumulated(block: Block, ufunc: Any, axis: int, dtype: Any) -> Block:
    """Running sums or products within a block, NaN left out."""
    if can_be_nan(block.dtype):
        block = np.where(are_numbers(block), block, block.dtype.type(ufunc is np.multiply))
    return accumulated(block, ufunc, axis, dtype)


def last_of(block: Block, axis: int) -> Block | None:
    """The last element along an axis, which stays with length 1; None if there is none."""
    length = block.shape[axis]
    if length == 0:
        return None
    last = block[(slice(None),) * axis + (slice(length - 1, length),)]
    return np.array(last.data if isinstance(last, np.ma.MaskedArray) else last)


class Joined:
    """A function of two totals, of which either may be of a block without elements."""

    def __init__(self, function: Any) -> None:
        self.func = function

    def __call__(self, earlier: Block | None, later: Block | None) -> Block | None:
        if earlier is None or later is None:
            return later if earlier is None else earlier
        return self.func(earlier, later)

    def __weft_tokenize__(self) -> Any:
        return self.func

    def __reduce__(self) -> tuple[Any, ...]:
        return Joined, (self.func,)


def carried(local: Block, carry: Block | None, function: Any) -> Block:
    """Running results with what comes before."""
    return local if carry is None else function(carry, local)


def begun(block: Block, is_first: bool, axis: int, start: Any) -> Block:
    """A block; the first along the axis begins with the initial value."""
    if not is_first:
        return block
    shape = (*block.shape[:axis], 1, *block.shape[axis + 1 :])
    return np.concatenate([np.full(shape, start, block.dtype), block], axis=axis)


def accumulated_after(before: Block | None, block: Block, ufunc: Any, axis: int, dtype: Any) -> Block:
    """Running results of a function that must see the elements one after another, going on from the block before."""
    last = None if before is None else last_of(before, axis)
    if last is None:
        # a block without elements passes nothing on: its successor looks further back than it can see
        return ufunc.accumulate(block, axis=axis, dtype=dtype)
    joined = np.concatenate([last, block.astype(last.dtype, copy=False)], axis=axis)
    return ufunc.accumulate(joined, axis=axis, dtype=dtype)[(slice(None),) * axis + (slice(1, None),)]


def flat_rows(block: Block) -> Block:
    """All axes in a row."""
    return block.reshape(-1)


# Filling forward: a total is the last number along the axis and how far it is from the end of the block.


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
