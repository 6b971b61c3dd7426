"""Chains of ufuncs in one pass over memory. HOT: `benchmarks` hold it at several times plain NumPy.

NumPy computes ``a * b + c`` over whole blocks: each step reads and writes main memory. `Tiled` runs all steps of a chain
over a tile that fits the cache, then over the next one, into buffers that are used again and again; only the inputs and
the result travel through memory. Same ufuncs on the same numbers: the result is NumPy's.

`tile_elementwise` finds such chains among the calls of a fused program. What it does not know stays as it is; and what
turns out to be unusual when it runs (objects, small blocks, other kinds of array) is computed step by step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.numpy import filled, filled_view
from weft.physical.base import Outline
from weft.physical.blockwise import Call

__all__ = ["Tiled", "tile_elementwise"]

#: Bytes below which a block is computed step by step: it fits the cache anyway.
SMALL = 1 << 17
#: Bytes that the tiles of all values alive at a time may take together: half of a usual L2 cache.
CACHE = 1 << 19
#: Elements of the smallest tile: below it, calls cost more than memory does.
LEAST = 1024
#: Kinds of dtypes whose elements are plain numbers.
NUMBERS = "biufc"


class UfuncStep(NamedTuple):
    """A ufunc and its arguments: numbers of inputs, then of results of earlier steps."""

    function: np.ufunc
    slots: tuple[int, ...]


class Tiled:
    """A chain of ufuncs as one function of its inputs.

    Parameters
    ----------
    steps : tuple of UfuncStep
        The last one gives the result.
    ninputs : int
    """

    __slots__ = ("ninputs", "steps")

    def __init__(self, steps: tuple[UfuncStep, ...], ninputs: int) -> None:
        self.steps = steps
        self.ninputs = ninputs

    @property
    def __name__(self) -> str:
        return "-".join(dict.fromkeys(step.function.__name__ for step in self.steps))

    def __reduce__(self) -> tuple[Any, ...]:
        return Tiled, (self.steps, self.ninputs)

    def __weft_tokenize__(self) -> Any:
        return tuple([(step.function.__name__, step.slots) for step in self.steps])

    def __call__(self, *inputs: Any) -> Any:
        operands = [uniform(each) for each in inputs]
        arrays = [each for each in operands if isinstance(each, np.ndarray) and each.ndim]
        if not arrays or not all(type(each) is np.ndarray and each.dtype.kind in NUMBERS for each in arrays):
            return self.step_by_step(list(inputs))
        if max([each.nbytes for each in arrays]) < SMALL:
            return self.step_by_step(list(inputs))
        shape = np.broadcast_shapes(*[np.shape(each) for each in inputs])
        dtypes = self.dtypes(operands)
        if any(dtype.kind not in NUMBERS for dtype in dtypes):
            return self.step_by_step(list(inputs))
        result = np.empty(shape, dtypes[-1])
        if all(each.shape == shape and each.flags.c_contiguous for each in arrays):
            operands = [each.reshape(-1) if isinstance(each, np.ndarray) and each.ndim else each for each in operands]
            self.fill(result.reshape(-1), operands, dtypes)
        else:
            self.fill(result, operands, dtypes)
        return result

    def step_by_step(self, values: list[Any]) -> Any:
        """The plain way."""
        for function, slots in self.steps:
            values.append(function(*[values[slot] for slot in slots]))
        return values[-1]

    def dtypes(self, operands: Sequence[Any]) -> list[np.dtype[Any]]:
        """What each step gives, found by running the chain on nothing."""
        values = [np.empty(0, each.dtype) if isinstance(each, np.ndarray) else each for each in operands]
        with np.errstate(all="ignore"):
            made = self.step_values(values)
        return [np.asarray(each).dtype for each in made]

    def step_values(self, values: list[Any]) -> list[Any]:
        """The results of all steps."""
        start = len(values)
        self.step_by_step(values)
        return values[start:]

    def fill(self, result: np.ndarray[Any, Any], operands: list[Any], dtypes: list[np.dtype[Any]]) -> None:
        """Compute the result tile by tile."""
        places, count = self.buffers(dtypes)
        itemsize = max(dtype.itemsize for dtype in dtypes)
        elements = max(
            LEAST, CACHE // (itemsize * (count + 1 + sum(isinstance(each, np.ndarray) for each in operands)))
        )
        shape = result.shape
        axis, rows = tile_axis(shape, elements)
        inner = shape[axis + 1 :]
        store = [np.empty(rows * prod(inner) * itemsize, np.uint8) for _ in range(count)]
        whole = [
            store[place][: rows * prod(inner) * dtype.itemsize].view(dtype).reshape(rows, *inner)
            if place >= 0
            else None
            for place, dtype in zip(places, dtypes, strict=True)
        ]
        steps = self.steps
        last = len(steps) - 1
        for index in tiles(shape, axis, rows):
            length = index[-1].stop - index[-1].start
            values = [cut(each, index, result.ndim) for each in operands]
            for place, (function, slots) in enumerate(steps):
                if place == last:
                    out = result[index]
                else:
                    buffer = whole[place]
                    assert buffer is not None
                    out = buffer if length == rows else buffer[:length]
                function(*[values[slot] for slot in slots], out=out)
                values.append(out)

    def buffers(self, dtypes: Sequence[np.dtype[Any]]) -> tuple[list[int], int]:
        """Which buffer each step writes, and how many there are: one is used again once its value has been read.

        A step may write over its own input only if the elements are equally large. The last step writes the result (-1).
        """
        last_read: dict[int, int] = {}
        for place, step in enumerate(self.steps):
            for slot in step.slots:
                last_read[slot] = place
        places: list[int] = []
        free: list[int] = []
        count = 0
        for place, step in enumerate(self.steps):
            if place == len(self.steps) - 1:
                places.append(-1)
                break
            dying = [
                slot - self.ninputs
                for slot in dict.fromkeys(step.slots)
                if slot >= self.ninputs and last_read[slot] == place
            ]
            over = [each for each in dying if dtypes[each].itemsize == dtypes[place].itemsize]
            if over:
                places.append(places[over[0]])
                dying.remove(over[0])
            elif free:
                places.append(free.pop())
            else:
                places.append(count)
                count += 1
            free.extend(places[each] for each in dying)
        return places, count


def uniform(value: Any) -> Any:
    """An array that repeats one element as that element (of the array's dtype, not a Python number)."""
    if isinstance(value, np.ndarray) and value.ndim and value.size and not any(value.strides):
        return value[(slice(0, 1),) * value.ndim].reshape(())
    return value


def tile_axis(shape: tuple[int, ...], elements: int) -> tuple[int, int]:
    """The axis along which tiles are cut (those before it one by one), and the length of a tile along it."""
    for axis, length in enumerate(shape):
        inner = prod(shape[axis + 1 :])
        if inner <= elements or axis == len(shape) - 1:
            return axis, max(1, min(length, elements // max(1, inner)))
    raise ValueError("an array without axes has no tiles")


def tiles(shape: tuple[int, ...], axis: int, rows: int) -> Iterator[tuple[Any, ...]]:
    """Indices of all tiles."""
    length = shape[axis]
    bands = [slice(start, min(start + rows, length)) for start in range(0, length, rows)]
    for outer in product(*map(range, shape[:axis])):
        for band in bands:
            yield (*outer, band)


def cut(operand: Any, index: tuple[Any, ...], ndim: int) -> Any:
    """What an operand, which may be broadcast, has for a tile."""
    if not isinstance(operand, np.ndarray) or not operand.ndim:
        return operand
    skip = ndim - operand.ndim
    own = []
    for place, each in enumerate(index):
        axis = place - skip
        if axis < 0:
            continue
        if operand.shape[axis] == 1:
            own.append(slice(None) if isinstance(each, slice) else 0)
        else:
            own.append(each)
    return operand[tuple(own)]


def tile_elementwise(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: connected runs of ufuncs over large blocks become `Tiled` calls."""
    if sum(map(is_tileable, calls)) < 2:
        return calls
    return Compilation(calls, arity).run()


def is_tileable(call: Call) -> bool:
    """Whether a call is a plain ufunc over blocks large enough to be worth it."""
    function = call.function
    return (
        isinstance(function, np.ufunc)
        and function.nout == 1
        and function.signature is None
        and not call.keywords
        and call.outline is not None
        and call.outline.nbytes >= SMALL
    )


class Compilation:
    """Calls in stages: first all that wait for no ufunc, then the ufuncs that these let run, and so on."""

    def __init__(self, calls: Sequence[Call], arity: int) -> None:
        self.calls = calls
        self.arity = arity
        self.readers: dict[int, list[int]] = {}
        for number, call in enumerate(calls):
            for slot in call.slots:
                self.readers.setdefault(slot - arity, []).append(number)
        self.made: list[Call] = []
        self.place: dict[int, int] = {}

    def run(self) -> Sequence[Call]:
        stages = self.stages()
        for stage in range(max(stages) + 1):
            members = [number for number, own in enumerate(stages) if own == stage]
            if stage % 2 == 0:
                for number in members:
                    self.keep(number)
            else:
                for group in self.connected(members):
                    self.emit(group)
        return tuple(self.made)

    def stages(self) -> list[int]:
        """Even: other calls; odd: ufuncs. A call's stage is the first of its kind not before those it reads."""
        stages: list[int] = []
        for call in self.calls:
            own = 1 if is_tileable(call) else 0
            for slot in call.slots:
                if slot >= self.arity:
                    before = stages[slot - self.arity]
                    own = max(own, before if before % 2 == own % 2 else before + 1)
            stages.append(own)
        return stages

    def connected(self, members: list[int]) -> list[list[int]]:
        """Groups of calls of a stage that read one another."""
        group = {number: number for number in members}

        def root(number: int) -> int:
            while group[number] != number:
                group[number] = group[group[number]]
                number = group[number]
            return number

        for number in members:
            for slot in self.calls[number].slots:
                if slot - self.arity in group:
                    group[root(slot - self.arity)] = root(number)
        found: dict[int, list[int]] = {}
        for number in members:
            found.setdefault(root(number), []).append(number)
        return list(found.values())

    def keep(self, number: int) -> None:
        """Take a call over as it is; constants that only ufuncs read become views of one element."""
        call = self.calls[number]
        function = call.function
        readers = self.readers.get(number, ())
        if function is filled and readers and all(is_tileable(self.calls[reader]) for reader in readers):
            function = filled_view
        self.place[number] = self.arity + len(self.made)
        self.made.append(Call(function, self.moved(call.slots), call.keywords, call.outline))

    def emit(self, group: list[int]) -> None:
        """One call for a group of which a single result is read outside, the calls as they are otherwise."""
        inside = set(group)
        final = len(self.calls) - 1
        seen_outside = [
            number
            for number in group
            if number == final or any(reader not in inside for reader in self.readers.get(number, ()))
        ]
        if len(group) < 2 or len(seen_outside) != 1 or seen_outside[0] != group[-1]:
            for number in group:
                self.keep(number)
            return
        inputs: dict[int, int] = {}
        for number in group:
            for slot in self.calls[number].slots:
                if slot - self.arity not in inside:
                    inputs.setdefault(slot, len(inputs))
        results = {number: len(inputs) + place for place, number in enumerate(group)}
        steps = tuple(
            [
                UfuncStep(
                    self.calls[number].function,  # type: ignore[arg-type]
                    tuple([results.get(slot - self.arity, inputs.get(slot, -1)) for slot in self.calls[number].slots]),
                )
                for number in group
            ]
        )
        self.place[group[-1]] = self.arity + len(self.made)
        outline: Outline | None = self.calls[group[-1]].outline
        self.made.append(Call(Tiled(steps, len(inputs)), self.moved(tuple(inputs)), (), outline))

    def moved(self, slots: tuple[int, ...]) -> tuple[int, ...]:
        """Slots in the new calls."""
        return tuple([slot if slot < self.arity else self.place[slot - self.arity] for slot in slots])
