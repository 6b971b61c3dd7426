"""What a mask selects, reduced band by band. HOT: `benchmarks array --only mask`.

``x[mask].mean()`` written out takes a copy of half the data, into memory that the system has to clear first. Where the
axis that a mask selects from is reduced at once, `CompressedReduction` takes so many rows at a time that what is selected of
them stays in the cache, always into the same buffer, and adds up partial results as tiles of elementwise chains do. The
mask of a band is made while its rows are there. Bands of which everything is selected are not copied at all; sums of rows of
doubles are products with the mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, prod
from typing import Any

import numpy as np

from weft.array.kernels.indexing import compressed
from weft.array.kernels.nan_reductions import Counted, counted_combine, counted_mean_chunk
from weft.array.kernels.reductions import COMBINE_OF, mean_chunk, rounds_partials, sum_chunk
from weft.array.kernels.tile_writers import is_steppable
from weft.array.kernels.tiled import Step
from weft.array.kernels.tiles import NUMBERS, SMALL, folded, push
from weft.physical.blockwise import Call
from weft.typing import Function

__all__ = ["CompressedReduction", "reduce_compressed"]

#: Reductions of which partial results can be combined, and the functions that do it.
COMBINED: dict[Any, Function] = {**COMBINE_OF, counted_mean_chunk: counted_combine}

#: Bytes of a band: of shorter ones two threads wait for each other (36 ms for 800 MB; 44 by bands of 2 MB, 47 by whole chunks).
BAND = 1 << 23
#: Numbers of a stack of rows that are weighed at once. OpenBLAS takes what four does not divide of a row's length in a second pass,
#: which has to find the rows in the cache: 800 MB of rows of 50 take 54 ms by one thread, and 66 at once.
STACK = 1 << 16
#: Results of a product of stacks from which NumPy gives the interpreter's lock away meanwhile.
UNLOCKED = 512
#: Numbers in a row from which a product with the mask beats copies of rows, and the share of rows (one in so many).
LEAST_ROW, FEW = 8, 8


class CompressedReduction:
    """``end(compressed(block, mask, axis), axes, dtype)`` as one function of ``block, axis, axes, dtype, *given``.

    Parameters
    ----------
    end : callable
        One of `COMBINED`.
    steps : tuple of Step
        Elementwise functions that make the mask of what is given, the last of them itself; without any, it is given.
    """

    __slots__ = ("end", "steps")

    is_light = True  #: holds no data, only functions of NumPy's and Weft's

    def __init__(self, end: Function, steps: tuple[Step, ...] = ()) -> None:
        self.end = end
        self.steps = steps

    @property
    def __name__(self) -> str:
        return f"compressed-{self.end.__name__}"

    def __weft_tokenize__(self) -> Any:
        return (self.end, *map(tuple, self.steps))

    def __reduce__(self) -> tuple[Any, ...]:
        return CompressedReduction, (self.end, self.steps)

    def __call__(self, block: Any, axis: int, axes: tuple[int, ...], dtype: Any, *given: Any) -> Any:
        is_banded = can_be_banded(block, given, axis, axes) and not rounds_partials(self.end, block.dtype, dtype)
        if not is_banded:
            return self.end(compressed(block, self.mask(given), axis), axes, dtype)
        if is_weighed(self.end, block, given, dtype):
            holds = self.mask(rows_of(given, slice(None)))
            count = int(np.count_nonzero(holds))
            if count * FEW > len(block):
                return self.weighed(block, axes, holds, count)
        rows = max(1, BAND // (block.nbytes // len(block)))
        spare: list[Any] = []
        stack: list[tuple[int, Any]] = []
        for start in range(0, len(block), rows):
            cut = slice(start, start + rows)
            part = self.part(block[cut], self.mask(rows_of(given, cut)), axes, dtype, spare)
            if part is not None:
                push(stack, part, COMBINED[self.end])
        if stack:
            return folded(stack, COMBINED[self.end])
        return self.end(compressed(block[:0], self.mask(rows_of(given, slice(0))), 0), axes, dtype)

    def weighed(self, block: Any, axes: tuple[int, ...], holds: Any, count: int) -> Any:
        """The sum of the ``count`` rows that are selected, as products of stacks of rows with the mask.

        A product reads rows at the speed of memory; to copy rows one by one takes three times as long (measured on rows of 400
        bytes, every second of them). Selected rows are copied nevertheless in stacks where a row that is not selected has NaN or
        an infinity in it.
        """
        lines = block.reshape(len(block), -1)
        width = lines.shape[1]
        rows = max(1, len(lines) // max(ceil(lines.size / STACK), 1 + UNLOCKED // width))
        stacks, rest = divmod(len(lines), rows)
        full = stacks * rows
        weights = holds.astype(np.float64)
        sums = np.empty((stacks + bool(rest), width))
        with np.errstate(all="ignore"):
            stacked = lines[:full].reshape(stacks, rows, width)
            np.matmul(weights[:full].reshape(stacks, 1, rows), stacked, out=sums[:stacks, np.newaxis])
            if rest:
                np.dot(weights[full:], lines[full:], out=sums[-1])
        for number in np.flatnonzero(~np.isfinite(sums).all(axis=1)).tolist():
            cut = slice(number * rows, (number + 1) * rows)
            np.add.reduce(lines[cut][holds[cut]], axis=0, out=sums[number])
        made = np.add.reduce(sums, axis=0).reshape(1, *block.shape[1:])
        rest_axes = tuple([axis for axis in axes if axis])
        if rest_axes:
            made = np.add.reduce(made, axis=rest_axes, keepdims=True)
        if self.end is not counted_mean_chunk:
            return made
        return Counted(count * prod(block.shape[axis] for axis in rest_axes), made)

    def mask(self, given: Sequence[Any]) -> Any:
        """The mask of a block, or of some of its rows."""
        values = list(given)
        for function, slots, keywords in self.steps:
            cut = len(slots) - len(keywords)
            named = {name: values[slot] for name, slot in zip(keywords, slots[cut:], strict=True)}
            values.append(function(*[values[slot] for slot in slots[:cut]], **named))
        return values[-1]

    def part(self, band: Any, holds: Any, axes: tuple[int, ...], dtype: Any, spare: list[Any]) -> Any:
        """The partial result of a band; None if nothing of it is selected. ``spare`` has memory for what is copied."""
        if holds.ndim > 1:
            band, holds = band.reshape(-1), holds.reshape(-1)
        count = int(np.count_nonzero(holds))
        if not count:
            return None
        if count == len(band):
            return self.end(band, axes, dtype)
        if not spare:
            spare.append(np.empty_like(band, order="C"))
        made = np.take(band, np.flatnonzero(holds), axis=0, out=spare[0][:count], mode="clip")
        return self.end(made, axes, dtype)


def rows_of(given: Sequence[Any], cut: slice) -> list[Any]:
    """What a mask is made of, for some rows; what is no array is for all of them.

    Columns are copied: NumPy compares what lies scattered no faster than it copies it, and mostly slower.
    """
    rows = [each[cut] if isinstance(each, np.ndarray) and each.ndim else each for each in given]
    return [np.ascontiguousarray(each) if np.ndim(each) == 1 else each for each in rows]


def is_weighed(end: Function, block: Any, given: Sequence[Any], dtype: Any) -> bool:
    """Whether rows can be added up with weights of 1 and 0: sums of doubles that lie in rows."""
    is_sum = end in (sum_chunk, mean_chunk, counted_mean_chunk)
    doubles = block.dtype == np.float64 and dtype in (None, np.dtype(np.float64))
    selects_rows = all(np.ndim(each) < 2 for each in given)
    return (
        is_sum
        and doubles
        and selects_rows
        and block.ndim > 1
        and block.flags.c_contiguous
        and block[0].size >= LEAST_ROW
    )


def can_be_banded(block: Any, given: Sequence[Any], axis: int, axes: tuple[int, ...]) -> bool:
    """Whether bands of rows are of use: for large blocks of numbers whose rows are selected, and reduced.

    What the mask is made of has to have a number, or a row, for each of these.
    """
    arrays = [each for each in given if np.ndim(each)]
    if type(block) is not np.ndarray or not arrays or any(type(each) is not np.ndarray for each in arrays):
        return False
    if block.nbytes < SMALL or block.dtype.kind not in NUMBERS or axis or 0 not in axes:
        return False
    if any(each.shape != arrays[0].shape for each in arrays):
        return False
    if arrays[0].ndim == 1:
        return len(arrays[0]) == len(block)
    return arrays[0].shape == block.shape and block.flags.c_contiguous


def reduce_compressed(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: a reduction of what a mask selects is one call, if nobody else reads the selection.

    Elementwise functions that only make the mask go into it as well.
    """
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
            continue
        block, mask, axis = first.slots
        steps, inputs = mask_steps(calls, arity, mask, readers)
        made.append(
            Call(CompressedReduction(call.function, steps), (block, axis, *call.slots[1:], *inputs), (), call.outline)
        )
    return without_unread(made, arity)


def mask_steps(
    calls: Sequence[Call], arity: int, mask: int, readers: dict[int, int]
) -> tuple[tuple[Step, ...], list[int]]:
    """The elementwise functions that make a mask and nothing else, in order, and the slots of what they read."""
    own: list[int] = []
    wanted = {mask}
    for slot in range(mask, arity - 1, -1):
        call = calls[slot - arity]
        if slot in wanted and readers[slot] == 1 and is_steppable(call.function, call.keywords):
            own.append(slot)
            wanted.update(call.slots)
    own.reverse()
    inputs = list(dict.fromkeys([each for slot in own for each in calls[slot - arity].slots if each not in own]))
    if not own:
        return (), [mask]
    place = {slot: number for number, slot in enumerate([*inputs, *own])}
    steps = [
        Step(
            calls[slot - arity].function,
            tuple([place[each] for each in calls[slot - arity].slots]),
            calls[slot - arity].keywords,
        )
        for slot in own
    ]
    return tuple(steps), inputs


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
