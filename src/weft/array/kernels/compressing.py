"""What a mask selects, reduced band by band. HOT: `benchmarks array --only mask`.

``x[mask].mean()`` written out takes a copy of half the data, into memory that the system has to clear first. Where the
axis that a mask selects from is reduced at once, `CompressedReduction` takes so many rows at a time that what is selected of
them stays in the cache, always into the same buffer, and adds up partial results as tiles of elementwise chains do. Bands of
which everything is selected are not copied at all; sums of rows of doubles are products with the mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from weft.array.kernels.indexing import compressed
from weft.array.kernels.nan_reductions import Counted, counted_combine, counted_mean_chunk
from weft.array.kernels.reductions import COMBINE_OF, mean_chunk, rounds_partials, sum_chunk
from weft.array.kernels.tiles import CACHE, NUMBERS, SMALL, folded, push
from weft.physical.blockwise import Call
from weft.typing import Function

__all__ = ["CompressedReduction", "reduce_compressed"]

#: Reductions of which partial results can be combined, and the functions that do it.
COMBINED: dict[Any, Function] = {**COMBINE_OF, counted_mean_chunk: counted_combine}

#: Numbers in a row from which a product with the mask beats copies of rows, and the share of rows (one in so many).
LEAST_ROW, FEW = 8, 8


class CompressedReduction:
    """``end(compressed(block, mask, axis), axes, dtype)`` as one function.

    Parameters
    ----------
    end : callable
        One of `COMBINED`.
    """

    __slots__ = ("end",)

    def __init__(self, end: Function) -> None:
        self.end = end

    @property
    def __name__(self) -> str:
        return f"compressed-{self.end.__name__}"

    def __weft_tokenize__(self) -> Any:
        return self.end

    def __reduce__(self) -> tuple[Any, ...]:
        return CompressedReduction, (self.end,)

    def __call__(self, block: Any, mask: Any, axis: int, axes: tuple[int, ...], dtype: Any) -> Any:
        if not is_banded(block, mask, axis, axes) or rounds_partials(self.end, block.dtype, dtype):
            return self.end(compressed(block, mask, axis), axes, dtype)
        if mask.ndim > 1:
            block, mask = block.reshape(-1), mask.reshape(-1)
        rows = max(1, CACHE // (block.nbytes // len(block)))
        buffer = np.empty((min(rows, len(block)), *block.shape[1:]), block.dtype)
        stack: list[tuple[int, Any]] = []
        weighs = is_weighed(self.end, block, dtype)
        for start in range(0, len(block), rows):
            band, holds = block[start : start + rows], mask[start : start + rows]
            count = int(np.count_nonzero(holds))
            if not count:
                continue
            part = weighed(self.end, band, holds, count, axes) if weighs and count * FEW > len(band) else None
            if part is None:
                if count < len(band):
                    places = np.flatnonzero(holds)
                    band = np.take(band, places, axis=0, out=buffer[:count], mode="clip")
                part = self.end(band, axes, dtype)
            push(stack, part, COMBINED[self.end])
        return folded(stack, COMBINED[self.end]) if stack else self.end(block[:0], axes, dtype)


def is_weighed(end: Function, block: Any, dtype: Any) -> bool:
    """Whether rows can be added up with weights of 1 and 0: sums of doubles that lie in rows."""
    is_sum = end in (sum_chunk, mean_chunk, counted_mean_chunk)
    doubles = block.dtype == np.float64 and dtype in (None, np.dtype(np.float64))
    return is_sum and doubles and block.ndim > 1 and block.flags.c_contiguous and block[0].size >= LEAST_ROW


def weighed(end: Function, band: Any, holds: Any, count: int, axes: tuple[int, ...]) -> Any:
    """The partial sum of the rows where a mask holds; None if one of the others has NaN or an infinity in it.

    A product with the mask as a vector reads rows at the speed of memory; to copy rows one by one takes three times as long
    (measured on rows of 400 bytes, every second of them).
    """
    with np.errstate(all="ignore"):
        total = holds.astype(np.float64) @ band.reshape(len(band), -1)
    if not np.isfinite(total).all():
        return None
    total = total.reshape(1, *band.shape[1:])
    rest = tuple([axis for axis in axes if axis])
    if rest:
        total = np.add.reduce(total, axis=rest, keepdims=True)
    if end is not counted_mean_chunk:
        return total
    return Counted(count * prod(band.shape[axis] for axis in rest), total)


def is_banded(block: Any, mask: Any, axis: int, axes: tuple[int, ...]) -> bool:
    """Whether bands of rows are of use: for large blocks of numbers whose rows are selected, and reduced."""
    if type(block) is not np.ndarray or type(mask) is not np.ndarray or mask.dtype != np.bool_:
        return False
    if block.nbytes < SMALL or block.dtype.kind not in NUMBERS or axis or 0 not in axes:
        return False
    return mask.ndim == 1 or (mask.shape == block.shape and block.flags.c_contiguous and mask.flags.c_contiguous)


def reduce_compressed(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: a reduction of what a mask selects is one call, if nobody else reads the selection."""
    if not any(call.function is compressed for call in calls):
        return calls
    readers: dict[int, int] = {}
    for call in calls:
        for slot in call.slots:
            readers[slot] = readers.get(slot, 0) + 1
    made: list[Call] = []
    for call in calls:
        first = calls[call.slots[0] - arity] if call.slots and call.slots[0] >= arity else None
        if first is None or first.function is not compressed or readers[call.slots[0]] > 1 or not is_end(call):
            made.append(call)
        else:
            slots = (*first.slots, *call.slots[1:])
            made.append(Call(CompressedReduction(call.function), slots, (), call.outline))
    return without_unread(made, arity)


def is_end(call: Call) -> bool:
    """Whether a call is a reduction of which parts can be combined."""
    try:
        return call.function in COMBINED and len(call.slots) == 3 and not call.keywords
    except TypeError:
        return False


def without_unread(calls: Sequence[Call], arity: int) -> tuple[Call, ...]:
    """The calls without those whose results nobody reads any more."""
    read = {arity + len(calls) - 1}
    for number in reversed(range(len(calls))):
        if arity + number in read:
            read.update(calls[number].slots)
    place: dict[int, int] = {}
    kept: list[Call] = []
    for number, call in enumerate(calls):
        if arity + number in read:
            place[arity + number] = arity + len(kept)
            kept.append(call._replace(slots=tuple([slot if slot < arity else place[slot] for slot in call.slots])))
    return tuple(kept)
