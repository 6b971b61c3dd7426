"""Chains of elementwise functions in one pass over memory. HOT: `benchmarks array` holds it at several times plain NumPy.

NumPy computes ``a * b + c`` over whole blocks: each step reads and writes main memory. `Tiled` runs all steps of a chain
over a tile that fits the cache, then over the next one, into buffers that are used again and again; only the inputs and
the result travel through memory. If the chain ends in a reduction, each tile is reduced while it is in the cache, and not
even the result travels: tiles' partial results are combined pairwise, as accurately as NumPy adds. Same functions on the
same numbers: the result is NumPy's.

Tiles are a megabyte or two, not half a cache of the innermost level: between two calls a thread gives the interpreter's
lock to its neighbours, and calls must be long enough (tens of microseconds) for that not to matter. Measured on two cores,
eight steps on 8-byte numbers: tiles of 8,192 elements gain nothing from the second thread, tiles of 131,072 nearly all.

What turns out to be unusual when it runs (objects, small blocks, other kinds of array) is computed step by step. Which
calls of a program become a `Tiled` is decided in `chains`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import isqrt, prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.numpy import filled, filled_view, ranged
from weft.array.kernels.reductions import COMBINE_OF, moments_chunk, rounds_partials, var_chunk, with_parts
from weft.typing import Function

__all__ = ["WRITERS", "End", "Leaf", "Step", "Tiled", "UfuncStep", "add_writer", "is_steppable"]

#: Bytes below which a block is computed step by step: it fits the cache anyway.
SMALL = 1 << 17
#: Bytes that the tiles of all values alive at a time may take together.
CACHE = 1 << 21
#: Elements of the smallest tile: below it, calls cost more than memory does.
LEAST = 1 << 15
#: Length of the last axis below which operands that all tiles share are written out for one tile, for longer inner loops.
SHORT = 256
#: Rows of a tile of which columns are reduced, at least, where rows are taken whole.
ROWS = 16
#: Unsigned integers by their width in bytes.
UNSIGNED = {width: np.dtype(f"u{width}") for width in (1, 2, 4, 8)}
#: Kinds of dtypes whose elements are plain numbers.
NUMBERS = "biufc"

Index = tuple[slice, ...]
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


class Ranged(NamedTuple):
    """A range of which tiles are made when they are wanted."""

    first: int
    length: int
    start: Any
    step: Any
    dtype: np.dtype[Any]

    def tile(self, where: slice) -> np.ndarray[Any, Any]:
        return ranged((self.first + where.start, self.first + where.stop), self.start, self.step, self.dtype)


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
        problem = Problem.of(self, inputs)
        if problem is None:
            return self.step_by_step(list(inputs))
        if self.end is None:
            return self.fill(problem)
        axes, dtype = [inputs[slot] for slot in self.end.slots]
        if rounds_partials(self.end.function, problem.dtypes[-1] if self.steps else problem.operands[0].dtype, dtype):
            return self.end.function(self.fill(problem) if self.steps else inputs[0], axes, dtype)
        return self.reduce(problem, axes, dtype)

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

    def fill(self, problem: Problem) -> np.ndarray[Any, Any]:
        """The result, tile by tile."""
        flat = problem.flattened(None)
        made = np.empty(problem.shape[::-1] if flat.backwards else problem.shape, problem.dtypes[-1])
        result = made.reshape(flat.shape) if flat.is_flat else made
        evaluate, elements = self.evaluator(flat)
        extents = flat.extents(elements, None)
        pieces = flat.pieces(extents)
        for index in tiles(flat.shape, extents):
            out = result[index]
            evaluate([piece(index) for piece in pieces], out.shape, out)
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
        given, read = self.ninputs + len(self.leaves), self.read
        fixed = [*problem.inputs, *([None] * len(self.leaves))]
        prepared = [(*step, WRITERS.get(step.function)) for step in self.steps]
        store: list[np.ndarray[Any, Any]] = []
        views: dict[tuple[int, ...], list[np.ndarray[Any, Any]]] = {}

        def evaluate(operands: list[Any], shape: tuple[int, ...], out: Any) -> Any:
            outs = views.get(shape)
            if outs is None:
                size = prod(shape)
                if not store:
                    store.extend([np.empty(size * itemsize, np.uint8) for _ in range(count + 1)])
                outs = views[shape] = [
                    store[place][: size * dtype.itemsize].view(dtype).reshape(shape)
                    for place, dtype in zip(places, dtypes, strict=True)
                ]
            values = fixed.copy()
            for slot, operand in zip(read, operands, strict=True):
                values[slot] = operand
            last = given + len(prepared) - 1
            for (function, slots, keywords, writer), buffer in zip(prepared, outs, strict=True):
                target = out if len(values) == last and out is not None else buffer
                arguments = [values[slot] for slot in slots]
                if keywords:
                    cut = len(arguments) - len(keywords)
                    named = dict(zip(keywords, arguments[cut:], strict=True))
                    arguments = arguments[:cut]
                else:
                    named = {}
                if writer is None:
                    function(*arguments, out=target, **named)
                else:
                    writer(target, *arguments, **named)
                values.append(target)
            return values[-1]

        return evaluate, elements


def with_spare(chunk: Function) -> Function:
    """`var_chunk` or `moments_chunk` with memory that it may use for one tile after the other."""
    spare: dict[Any, Any] = {}

    def make(tile: Any, axes: tuple[int, ...], dtype: Any) -> Any:
        if tile.dtype.kind not in "f" or tile.dtype.itemsize < 4 or dtype not in (None, tile.dtype):
            return chunk(tile, axes, dtype)
        known = spare.get(tile.shape)
        if known is None:
            known = spare[tile.shape] = np.empty(tile.shape, tile.dtype)
        return chunk(tile, axes, dtype, known)

    return make


def first_operand(operands: list[Any], shape: tuple[int, ...], out: Any) -> Any:
    """The evaluator of a chain without steps."""
    return operands[0]


class Problem(NamedTuple):
    """What a chain is run on."""

    shape: tuple[int, ...]
    inputs: tuple[Any, ...]
    operands: list[Any]  #: what steps read of inputs and leaves: arrays, ranges, and single elements
    dtypes: list[np.dtype[Any]]  #: of the steps' results
    is_flat: bool = False
    backwards: bool = False

    @classmethod
    def of(cls, chain: Tiled, inputs: tuple[Any, ...]) -> Problem | None:
        """None where tiles would be of no use, or of doubtful result."""
        operands: list[Any] = []
        shapes: list[tuple[int, ...]] = []
        for slot in chain.read:
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
            leaf = chain.leaves[slot - len(inputs)]
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
        if chain.steps:
            given = [*inputs, *([None] * len(chain.leaves))]
            for slot, operand in zip(chain.read, operands, strict=True):
                if isinstance(operand, Ranged) or (isinstance(operand, np.ndarray) and operand.ndim):
                    operand = np.empty(0, operand.dtype)
                given[slot] = operand
            start = len(given)
            with np.errstate(all="ignore"):
                dtypes = [np.asarray(each).dtype for each in chain.run(given)[start:]]
        else:
            dtypes = []
            if not isinstance(operands[0], np.ndarray) or not operands[0].ndim:
                return None
        if any(dtype.kind not in NUMBERS for dtype in dtypes):
            return None
        widest = max([each.itemsize for each in dtypes] or [operands[0].dtype.itemsize])
        if size * widest < SMALL:
            return None
        return cls(shape, inputs, operands, dtypes)

    @property
    def arrays(self) -> list[np.ndarray[Any, Any]]:
        """Operands that have axes."""
        return [each for each in self.operands if isinstance(each, np.ndarray) and each.ndim]

    def flattened(self, axes: tuple[int, ...] | None) -> Problem:
        """The same with a single axis, where memory allows it and not some axes only are reduced."""
        if axes is not None and len(axes) < len(self.shape):
            return self
        arrays = self.arrays
        if any(each.shape != self.shape for each in arrays):
            return self
        size = (prod(self.shape),)
        if all(each.flags.c_contiguous for each in arrays):
            operands = [each.reshape(-1) if each_is_array(each) else each for each in self.operands]
            return self._replace(shape=size, operands=operands, is_flat=True)
        if all(each.flags.f_contiguous for each in arrays):
            operands = [each.T.reshape(-1) if each_is_array(each) else each for each in self.operands]
            return self._replace(shape=size, operands=operands, is_flat=True, backwards=True)
        return self

    def extents(self, elements: int, axes: tuple[int, ...] | None) -> tuple[int, ...]:
        """Length of a tile along each axis.

        Tiles are as long as they may be along the last axis, then along the one before it. They are square where an
        operand lies in memory in another order. Where columns are reduced they have some rows at least, for the sake
        of the partial results: whole rows if that does not make them much too large (what lies in memory in a row is
        read twice as fast), else parts of more rows.
        """
        bound = elements
        if len(self.shape) > 1:
            if any(each.shape[-1:] == self.shape[-1:] and each.strides[-1] != each.itemsize and each.ndim > 1
                   for each in self.arrays):  # fmt: skip
                bound = max(16, isqrt(elements))
            elif axes is not None and len(self.shape) - 1 not in axes:
                if ROWS * self.shape[-1] <= 4 * elements:
                    elements = max(elements, ROWS * self.shape[-1])
                    bound = elements
                else:
                    bound = max(SHORT, elements // 64)
        extents: list[int] = []
        room = elements
        for length in reversed(self.shape):
            extents.append(max(1, min(length, room, bound)))
            room //= extents[-1]
            bound = elements
        return tuple(reversed(extents))

    def pieces(self, extents: tuple[int, ...]) -> list[Callable[[Index], Any]]:
        """For each operand the function that gives what it has for a tile."""
        return [piece_of(each, self.shape, extents) for each in self.operands]


def each_is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def each_is_long(value: Any, shape: tuple[int, ...]) -> bool:
    """Whether a tile of an operand is about as large as a tile of the result."""
    return isinstance(value, np.ndarray) and value.ndim > 0 and 2 * value.size > prod(shape)


def piece_of(operand: Any, shape: tuple[int, ...], extents: tuple[int, ...]) -> Callable[[Index], Any]:
    """A function from the index of a tile to the part of an operand that goes with it."""
    if isinstance(operand, Ranged):
        return lambda index: operand.tile(index[0])
    if not each_is_array(operand):
        return lambda index: operand
    if operand.shape == shape:
        return operand.__getitem__  # type: ignore[no-any-return]
    skip = len(shape) - operand.ndim
    varies = [length != 1 and extents[axis + skip] < length for axis, length in enumerate(operand.shape)]
    if shape[-1] < SHORT and not any(varies):
        written = np.ascontiguousarray(np.broadcast_to(operand, extents))
        return lambda index: written[tuple([slice(0, each.stop - each.start) for each in index])]
    whole = slice(None)
    moves = [length != 1 for length in operand.shape]
    return lambda index: operand[
        tuple([each if moved else whole for each, moved in zip(index[skip:], moves, strict=True)])
    ]


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


def uniform(value: Any) -> Any:
    """An array that repeats one element as that element (of the array's dtype, not a Python number)."""
    if isinstance(value, np.ndarray) and value.ndim and value.size and not any(value.strides):
        return value[(slice(0, 1),) * value.ndim].reshape(())
    return value


def bands_of(length: int, extent: int) -> list[slice]:
    """An axis in slices of a length."""
    return [slice(start, min(start + extent, length)) for start in range(0, length, extent)]


def tiles(shape: tuple[int, ...], extents: tuple[int, ...]) -> Iterator[Index]:
    """Indices of all tiles."""
    return product(*map(bands_of, shape, extents))


def push(stack: list[tuple[int, Any]], part: Any, combine: Function) -> None:
    """Add a partial result to those of equally many tiles, as a binary counter carries."""
    level = 0
    while stack and stack[-1][0] == level:
        part = combine(stack.pop()[1], part)
        level += 1
    stack.append((level, part))


def folded(stack: list[tuple[int, Any]], combine: Function) -> Any:
    """All partial results together."""
    part = stack.pop()[1]
    while stack:
        part = combine(stack.pop()[1], part)
    return part


def laid_together(regions: list[tuple[Index, Any]], shape: tuple[int, ...]) -> Any:
    """One partial result from those of its regions; counts that are the same everywhere stay numbers."""
    first = regions[0][1]
    if isinstance(first, tuple):
        fields = [[(where, part[place]) for where, part in regions] for place in range(len(first))]
        return type(first)(*[laid_together(each, shape) for each in fields])
    if not any(isinstance(part, np.ndarray) for _, part in regions):
        return first
    made = np.empty(shape, np.result_type(*{np.asarray(part).dtype for _, part in regions}))
    for where, part in regions:
        made[where] = part
    return made


def write_where(out: Any, condition: Any, x: Any, y: Any) -> None:
    """``np.where`` into an array.

    Numbers are chosen by their bits, ``y ^ ((x ^ y) & mask)``: a processor that cannot guess the mask takes four times as
    long for a choice by branches (1 against 4 ns an element, measured on 8-byte numbers and a random mask).
    """
    if getattr(condition, "dtype", None) != np.bool_:
        condition = np.not_equal(condition, 0)
    unsigned = UNSIGNED.get(out.dtype.itemsize)
    chosen = other = None
    if unsigned is not None and condition.ndim and condition.any():
        chosen, other = bits_of(x, out.dtype, unsigned), bits_of(y, out.dtype, unsigned)
    if unsigned is None or chosen is None or other is None:
        np.copyto(out, y, casting="unsafe")
        np.copyto(out, x, casting="unsafe", where=condition)
        return
    mask, target = condition.astype(unsigned), out.view(unsigned)
    if not chosen.ndim and not chosen:
        np.subtract(mask, 1, out=mask)
        np.bitwise_and(other, mask, out=target)
        return
    np.negative(mask, out=mask)
    np.bitwise_xor(chosen, other, out=target)
    np.bitwise_and(target, mask, out=target)
    np.bitwise_xor(target, other, out=target)


def bits_of(value: Any, dtype: np.dtype[Any], unsigned: np.dtype[Any]) -> Any:
    """An array's elements as unsigned integers of their width, those of a dtype; None for an array of another dtype."""
    if not isinstance(value, np.ndarray) or not value.ndim:
        value = np.asarray(value)
        value = value if value.dtype == dtype else value.astype(dtype)
    return value.view(unsigned) if value.dtype == dtype else None


def write_result(function: Function) -> Function:
    """A writer that computes first and copies then; both stay in the cache."""

    def write(out: Any, *arguments: Any, **keywords: Any) -> None:
        np.copyto(out, function(*arguments, **keywords), casting="no")

    return write


def write_into(function: Function) -> Function:
    """A writer for functions that take ``out``."""

    def write(out: Any, *arguments: Any, **keywords: Any) -> None:
        function(*arguments, out=out, **keywords)

    return write


#: How elementwise functions other than ufuncs write into a given array: ``writer(out, *arguments, **keywords)``.
WRITERS: dict[Any, Function] = {
    np.where: write_where,
    np.clip: write_into(np.clip),
    np.round: write_into(np.round),
    np.around: write_into(np.around),
    np.nan_to_num: write_result(np.nan_to_num),
    np.real: write_result(np.real),
    np.imag: write_result(np.imag),
    np.angle: write_result(np.angle),
    np.isclose: write_result(np.isclose),
    np.sinc: write_result(np.sinc),
    np.i0: write_result(np.i0),
    np.fix: write_result(np.fix),
    np.isposinf: write_result(np.isposinf),
    np.isneginf: write_result(np.isneginf),
    np.isreal: write_result(np.isreal),
    np.iscomplex: write_result(np.iscomplex),
}


def add_writer(function: Function, writer: Function) -> None:
    """Let chains have steps of another elementwise function."""
    if WRITERS.setdefault(function, writer) is not writer:
        raise ValueError(f"there is a writer for {function!r} already")


#: Keywords of ufuncs that are the same for each tile as for the whole.
KEYWORDS: Mapping[str, None] = dict.fromkeys(["dtype", "casting"])


def is_steppable(function: Any, keywords: Sequence[str]) -> bool:
    """Whether a function may be a step of a chain: it treats each element by itself, and can write where it is told."""
    if isinstance(function, np.ufunc):
        return function.nout == 1 and function.signature is None and all(name in KEYWORDS for name in keywords)
    try:
        return function in WRITERS
    except TypeError:
        return False
