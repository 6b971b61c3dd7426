"""Chains of elementwise functions in one pass over memory. HOT: `benchmarks array` holds it at several times plain NumPy.

NumPy computes ``a * b + c`` over whole blocks: each step reads and writes main memory. `Tiled` runs all steps of a chain
over a tile that fits the cache, then over the next one, into buffers that are used again and again; only the inputs and
the result travel through memory. If the chain ends in a reduction, each tile is reduced while it is in the cache, and not
even the result travels: tiles' partial results are combined pairwise, as accurately as NumPy adds. Same functions on the
same numbers: the result is NumPy's.

Tiles are a megabyte or two, not half a cache of the innermost level: between two calls a thread gives the interpreter's
lock to its neighbours, and calls must be long enough (tens of microseconds) for that not to matter. Measured on two cores,
eight steps on 8-byte numbers: tiles of 8,192 elements gain nothing from the second thread, tiles of 131,072 nearly all. For
the same reason all arguments of a tile's calls stand ready (`Calls`), and memory for tiles is kept by threads (`KeptMemory`).

What turns out to be unusual when it runs (objects, small blocks, other kinds of array) is computed step by step. Which
calls of a program become a `Tiled` is decided in `chains`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.numpy import filled, filled_view
from weft.array.kernels.reductions import COMBINE_OF, moments_chunk, rounds_partials, var_chunk, with_parts
from weft.array.kernels.tile_writers import WRITERS
from weft.array.kernels.tiles import (
    CACHE,
    FOR_REDUCTIONS,
    FOR_STEPS,
    LEAST,
    NUMBERS,
    SMALL,
    Index,
    Problem,
    Ranged,
    bands_of,
    each_is_long,
    folded,
    laid_together,
    push,
    tiles,
    uniform,
)
from weft.typing import Function

__all__ = ["End", "Leaf", "Step", "Tiled", "UfuncStep"]

#: ``evaluate(operands of a tile, shape of the tile, where the result goes, or None for anywhere)`` gives the result.
Evaluate = Callable[[list[Any], tuple[int, ...], Any], Any]


class Step(NamedTuple):
    """A function and its arguments: numbers of inputs, then of leaves, then of results of earlier steps.

    The last ``len(keywords)`` arguments are given by these names.
    """

    function: Function
    slots: tuple[int, ...]
    keywords: tuple[str, ...] = ()


UfuncStep = Step


class Leaf(NamedTuple):
    """Something made of nothing, which is never written out: `filled` or `ranged`, and its arguments among the inputs."""

    function: Function
    slots: tuple[int, ...]


class End(NamedTuple):
    """A reduction of the chain's result: function of partial results, and where its axes and dtype are among the inputs."""

    function: Function
    slots: tuple[int, ...]


class Tiled:
    """A chain of elementwise functions, and perhaps a reduction, as one function of its inputs.

    Parameters
    ----------
    steps : tuple of Step
        The last one gives the result; if there is none, the first input is it.
    ninputs : int
    leaves : tuple of Leaf
    end : End, optional
    """

    __slots__ = ("end", "leaves", "ninputs", "read", "steps")

    is_light = True  #: holds no data, only functions of NumPy's and Weft's

    def __init__(
        self, steps: tuple[Step, ...], ninputs: int, leaves: tuple[Leaf, ...] = (), end: End | None = None
    ) -> None:
        self.steps = steps
        self.ninputs = ninputs
        self.leaves = leaves
        self.end = end
        given = ninputs + len(leaves)
        self.read = sorted({slot for step in steps for slot in step.slots if slot < given}) if steps else [0]

    @property
    def __name__(self) -> str:
        names = [step.function.__name__ for step in self.steps]
        if self.end is not None:
            names.append(self.end.function.__name__)
        return "-".join(dict.fromkeys(names))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.steps, self.ninputs, self.leaves, self.end)

    def __weft_tokenize__(self) -> Any:
        return tuple([tuple(each) for each in (*self.steps, *self.leaves, *([self.end] if self.end else ()))])

    def __call__(self, *inputs: Any) -> Any:
        problem = self.problem(inputs)
        if problem is None:
            return self.step_by_step(list(inputs))
        if self.end is None:
            return self.fill(problem)
        axes, dtype = [inputs[slot] for slot in self.end.slots]
        if rounds_partials(self.end.function, problem.dtypes[-1] if self.steps else problem.operands[0].dtype, dtype):
            return self.end.function(self.fill(problem) if self.steps else inputs[0], axes, dtype)
        return self.reduce(problem, axes, dtype)

    def problem(self, inputs: tuple[Any, ...]) -> Problem | None:
        """What is to be done on these inputs; None where tiles would be of no use, or of doubtful result."""
        operands: list[Any] = []
        shapes: list[tuple[int, ...]] = []
        for slot in self.read:
            if slot < len(inputs):
                value = inputs[slot]
                if isinstance(value, np.ndarray):
                    if type(value) is not np.ndarray or (value.ndim and value.dtype.kind not in NUMBERS):
                        return None
                    shapes.append(value.shape)
                elif hasattr(value, "__array_function__") and not isinstance(value, np.generic):
                    return None
                operands.append(uniform(value))
                continue
            leaf = self.leaves[slot - len(inputs)]
            arguments = [inputs[each] for each in leaf.slots]
            if leaf.function is filled:
                shape, value, dtype = arguments
                operands.append(np.full((), value, dtype))
                shapes.append(shape)
            else:
                (first, end), start, step, dtype = arguments
                operands.append(Ranged(first, end - first, start, step, dtype))
                shapes.append((end - first,))
        if not shapes:
            return None
        shape = np.broadcast_shapes(*shapes)
        size = prod(shape)
        if not size or not shape:
            return None
        if len(shape) > 1:
            operands = [each.tile(slice(0, each.length)) if isinstance(each, Ranged) else each for each in operands]
        if self.steps:
            given = [*inputs, *([None] * len(self.leaves))]
            for slot, operand in zip(self.read, operands, strict=True):
                if isinstance(operand, Ranged) or (isinstance(operand, np.ndarray) and operand.ndim):
                    operand = np.empty(0, operand.dtype)
                given[slot] = operand
            start = len(given)
            with np.errstate(all="ignore"):
                dtypes = [np.asarray(each).dtype for each in self.run(given)[start:]]
        else:
            dtypes = []
            if not isinstance(operands[0], np.ndarray) or not operands[0].ndim:
                return None
        if any(dtype.kind not in NUMBERS for dtype in dtypes):
            return None
        widest = max([each.itemsize for each in dtypes] or [operands[0].dtype.itemsize])
        if size * widest < SMALL:
            return None
        return Problem(shape, inputs, operands, dtypes)

    def step_by_step(self, values: list[Any]) -> Any:
        """The plain way."""
        inputs = tuple(values)
        for leaf in self.leaves:
            made = filled_view if leaf.function is filled and self.steps else leaf.function
            values.append(made(*[values[slot] for slot in leaf.slots]))
        result = self.run(values)[-1] if self.steps else values[0]
        if self.end is None:
            return result
        return self.end.function(result, *[inputs[slot] for slot in self.end.slots])

    def run(self, values: list[Any]) -> list[Any]:
        """All values after the steps, computed one by one on whole arrays."""
        for function, slots, keywords in self.steps:
            if keywords:
                cut = len(slots) - len(keywords)
                named = {name: values[slot] for name, slot in zip(keywords, slots[cut:], strict=True)}
                values.append(function(*[values[slot] for slot in slots[:cut]], **named))
            else:
                values.append(function(*[values[slot] for slot in slots]))
        return values

    def write(self, out: np.ndarray[Any, Any], *inputs: Any) -> None:
        """Write the result of a chain without an end."""
        problem = None if out.nbytes < SMALL else self.problem(inputs)
        if problem is None:
            out[...] = self.step_by_step(list(inputs))
        else:
            self.fill(problem, out)

    def fill(self, problem: Problem, out: np.ndarray[Any, Any] | None = None) -> np.ndarray[Any, Any]:
        """The result, tile by tile; written to ``out`` if that is given."""
        flat = problem if out is not None else problem.flattened(None)
        made = (
            np.empty(problem.shape[::-1] if flat.backwards else problem.shape, problem.dtypes[-1])
            if out is None
            else out
        )
        result = made.reshape(flat.shape) if flat.is_flat else made
        evaluate, elements = self.evaluator(flat)
        extents = flat.extents(elements, None)
        pieces = flat.pieces(extents)
        for index in tiles(flat.shape, extents):
            target = result[index]
            evaluate([piece(index) for piece in pieces], target.shape, target)
        return made.T if flat.backwards else made

    def reduce(self, problem: Problem, axes: tuple[int, ...], dtype: Any) -> Any:
        """The partial result of the block, each tile reduced while it is in the cache."""
        assert self.end is not None
        chunk, ndim = self.end.function, len(problem.shape)
        combine = COMBINE_OF[chunk]
        make = with_spare(chunk) if chunk in (var_chunk, moments_chunk) else chunk
        flat = problem.flattened(axes)
        own = (0,) if flat.is_flat else axes
        evaluate, elements = self.evaluator(flat)
        extents = flat.extents(elements, own)
        pieces = flat.pieces(extents)
        regions: list[tuple[Index, Any]] = []
        bands = [bands_of(length, extent) for length, extent in zip(flat.shape, extents, strict=True)]
        for where in product(*[[slice(0, 1)] if axis in own else each for axis, each in enumerate(bands)]):
            stack: list[tuple[int, Any]] = []
            for index in product(*[each if axis in own else [where[axis]] for axis, each in enumerate(bands)]):
                shape = tuple([each.stop - each.start for each in index])
                value = evaluate([piece(index) for piece in pieces], shape, None)
                push(stack, make(value, own, dtype), combine)
            regions.append((where, folded(stack, combine)))
        if len(regions) == 1:
            partial = regions[0][1]
        else:
            partial = laid_together(
                regions, tuple([1 if axis in own else length for axis, length in enumerate(flat.shape)])
            )
        return with_parts(partial, lambda part: part.reshape((1,) * ndim)) if flat.is_flat else partial

    def evaluator(self, problem: Problem) -> tuple[Evaluate, int]:
        """What computes a tile, and how many elements a tile should have."""
        dtypes = problem.dtypes
        if not self.steps:
            return first_operand, max(LEAST, CACHE // (4 * problem.operands[0].dtype.itemsize))
        places, count = buffers(self.steps, dtypes, self.ninputs + len(self.leaves))
        itemsize = max(dtype.itemsize for dtype in dtypes)
        arrays = sum(isinstance(each, Ranged) or each_is_long(each, problem.shape) for each in problem.operands)
        elements = max(LEAST, CACHE // (itemsize * (count + 1 + arrays)))
        fixed = [*problem.inputs, *([None] * len(self.leaves))]
        known: dict[tuple[int, ...], Calls] = {}

        def evaluate(operands: list[Any], shape: tuple[int, ...], out: Any) -> Any:
            calls = known.get(shape)
            if calls is None:
                size = prod(shape)
                memory = FOR_STEPS.take(count, max(size, elements) * itemsize)
                outs = [
                    memory[place][: size * dtype.itemsize].view(dtype).reshape(shape)
                    for place, dtype in zip(places, dtypes, strict=True)
                ]
                calls = known[shape] = Calls(self.steps, fixed, self.read, outs)
            return calls.run(operands, out)

        return evaluate, elements


class Calls:
    """The steps of a chain on tiles of one shape, with all arguments in place but for what differs from tile to tile.

    The interpreter's lock is held between two steps, and threads that meet there wait for each other: as little as can be is
    done there.
    """

    __slots__ = ("calls", "changes", "last")

    def __init__(self, steps: Sequence[Step], fixed: list[Any], read: list[int], outs: list[Any]) -> None:
        self.calls: list[tuple[Function, list[Any], dict[str, Any]]] = []
        #: arguments by place or name, which of them, and the number of the operand that it is
        self.changes: list[tuple[Any, Any, int]] = []
        operand = {slot: number for number, slot in enumerate(read)}
        values = [*fixed, *outs]
        for (function, slots, keywords), out in zip(steps, outs, strict=True):
            cut = len(slots) - len(keywords)
            arguments = [values[slot] for slot in slots[:cut]]
            by_name = {name: values[slot] for name, slot in zip(keywords, slots[cut:], strict=True)}
            write = WRITERS.get(function)
            if write is None:
                by_name["out"] = out
            else:
                arguments.insert(0, out)
            self.calls.append((write or function, arguments, by_name))
            for place, slot in enumerate(slots):
                if slot not in operand:
                    continue
                if place >= cut:
                    self.changes.append((by_name, keywords[place - cut], operand[slot]))
                else:
                    self.changes.append((arguments, place + (write is not None), operand[slot]))
        #: where the last step is told what to write, and what it writes for want of anything else
        self.last: tuple[Any, Any, Any] = (by_name, "out", outs[-1]) if write is None else (arguments, 0, outs[-1])

    def run(self, operands: list[Any], out: Any) -> Any:
        """The chain's result for a tile, in ``out`` if that is given."""
        for given, place, number in self.changes:
            given[place] = operands[number]
        last, place, own = self.last
        last[place] = out = own if out is None else out
        for function, arguments, by_name in self.calls:
            function(*arguments, **by_name)
        return out


def with_spare(chunk: Function) -> Function:
    """`var_chunk` or `moments_chunk` with memory that it may use for one tile after the other."""

    def make(tile: Any, axes: tuple[int, ...], dtype: Any) -> Any:
        if tile.dtype.kind not in "f" or tile.dtype.itemsize < 4 or dtype not in (None, tile.dtype):
            return chunk(tile, axes, dtype)
        (memory,) = FOR_REDUCTIONS.take(1, tile.nbytes)
        return chunk(tile, axes, dtype, memory[: tile.nbytes].view(tile.dtype).reshape(tile.shape))

    return make


def first_operand(operands: list[Any], shape: tuple[int, ...], out: Any) -> Any:
    """The evaluator of a chain without steps."""
    return operands[0]


def buffers(steps: Sequence[Step], dtypes: Sequence[np.dtype[Any]], given: int) -> tuple[list[int], int]:
    """Which buffer each step writes, and how many there are: one is used again once its value has been read.

    A step may write over its own input only if it is a ufunc and the elements are equally large.
    """
    last_read: dict[int, int] = {}
    for place, step in enumerate(steps):
        for slot in step.slots:
            last_read[slot] = place
    places: list[int] = []
    free: list[int] = []
    count = 0
    for place, step in enumerate(steps):
        dying = [slot - given for slot in dict.fromkeys(step.slots) if slot >= given and last_read[slot] == place]
        over = [each for each in dying if dtypes[each].itemsize == dtypes[place].itemsize]
        if over and isinstance(step.function, np.ufunc):
            places.append(places[over[0]])
            dying.remove(over[0])
        elif free:
            places.append(free.pop())
        else:
            places.append(count)
            count += 1
        free.extend(places[each] for each in dying)
    return places, count
