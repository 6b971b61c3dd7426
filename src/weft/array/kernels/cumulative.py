"""Running totals of blocks: within a block, what a block amounts to, and what comes before it put in."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.expr import concatenated
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
        neutral = block.dtype.type(ufunc is np.multiply)
        if isinstance(block, np.ma.MaskedArray):
            made = np.where(are_numbers(block.data), block.data, neutral)
            block = np.ma.masked_array(made, mask=block.mask)
        else:
            block = np.where(are_numbers(block), block, neutral)
    return accumulated(block, ufunc, axis, dtype)


def last_of(block: Block, axis: int) -> Block | None:
    """The last element along an axis, which stays with length 1; None if there is none."""
    length = block.shape[axis]
    if length == 0:
        return None
    last = block[(slice(None),) * axis + (slice(length - 1, length),)]
    if not isinstance(last, np.ndarray):
        return last.copy()
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
    return concatenated([np.full(shape, start, block.dtype), block], axis)


def accumulated_after(before: Block | None, block: Block, ufunc: Any, axis: int, dtype: Any) -> Block:
    """Running results of a function that must see the elements one after another, going on from the block before."""
    last = None if before is None else last_of(before, axis)
    if last is None:
        # a block without elements passes nothing on: its successor looks further back than it can see
        return ufunc.accumulate(block, axis=axis, dtype=dtype)
    joined = concatenated([last, block.astype(last.dtype, copy=False)], axis)
    return ufunc.accumulate(joined, axis=axis, dtype=dtype)[(slice(None),) * axis + (slice(1, None),)]


def flat_rows(block: Block) -> Block:
    """All axes in a row."""
    return block.reshape(-1)
