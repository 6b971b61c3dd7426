"""Blocks in tiles: how large tiles are, what operands have for each, and partial results of tiles together (see `tiled`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import product
from math import isqrt, prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.numpy import ranged
from weft.typing import Function

#: Bytes below which a block is computed step by step: it fits the cache anyway.
SMALL = 1 << 17
#: Kinds of dtypes whose elements are plain numbers.
NUMBERS = "biufc"
#: Bytes that the tiles of all values alive at a time may take together.
CACHE = 1 << 22
#: Elements of the smallest tile: below it, calls cost more than memory does.
LEAST = 1 << 15
#: Length of the last axis below which operands that all tiles share are written out for one tile, for longer inner loops.
SHORT = 256
#: Rows of a tile of which columns are reduced, at least, where rows are taken whole.
ROWS = 16
#: The same where an operand lies in memory crosswise: so many of its elements are read in a row.
CROSSWISE_ROWS = 64

Index = tuple[slice, ...]


class Ranged(NamedTuple):
    """A range of which tiles are made when they are wanted."""

    first: int
    length: int
    start: Any
    step: Any
    dtype: np.dtype[Any]

    def tile(self, where: slice) -> np.ndarray[Any, Any]:
        return ranged((self.first + where.start, self.first + where.stop), self.start, self.step, self.dtype)


class Problem(NamedTuple):
    """What a chain is run on."""

    shape: tuple[int, ...]
    inputs: tuple[Any, ...]
    operands: list[Any]  #: what steps read of inputs and leaves: arrays, ranges, and single elements
    dtypes: list[np.dtype[Any]]  #: of the steps' results
    is_flat: bool = False
    backwards: bool = False

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

    @property
    def is_by_columns(self) -> bool:
        """Whether all that has the problem's shape lies in memory by columns, as NumPy would make the result."""
        long = [axis for axis, length in enumerate(self.shape) if length > 1]
        whole = [[each.strides[axis] for axis in long] for each in self.arrays if each.shape == self.shape]
        return len(long) > 1 and bool(whole) and all(own[0] > 0 and own == sorted(own) for own in whole)

    def transposed(self) -> Problem:
        """The same with all axes in opposite order."""
        operands = [
            each.reshape((1,) * (len(self.shape) - each.ndim) + each.shape).T if each_is_array(each) else each
            for each in self.operands
        ]
        return self._replace(shape=self.shape[::-1], operands=operands)

    def extents(self, elements: int, axes: tuple[int, ...] | None) -> tuple[int, ...]:
        """Length of a tile along each axis.

        Tiles are as long as they may be along the last axis, then along the one before it. They are square where an
        operand lies in memory in another order, unless they have many whole rows. Where columns are reduced they have
        some rows at least, for the sake of the partial results: whole rows if that does not make them much too large
        (what lies in memory in a row is read twice as fast), else parts of more rows.
        """
        bound = elements
        if len(self.shape) > 1:
            if any(is_crosswise(each, self.shape) for each in self.arrays):
                if CROSSWISE_ROWS * self.shape[-1] > elements:
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
        """For each operand the function that gives what it has for a tile.

        Operands that lie crosswise to others are copied tile by tile: NumPy would take all of them in pieces to memory of
        its own. ``x + x.T`` of 1,000 x 1,000: 1.2 ms in place of 1.6.
        """
        pieces = [piece_of(each, self.shape, extents) for each in self.operands]
        whole = [place for place, each in enumerate(self.operands) if each_is_array(each) and each.shape == self.shape]
        crossing = [place for place in whole if is_crosswise(self.operands[place], self.shape)]
        if crossing and len(crossing) < len(whole):
            size = prod(extents)
            widest = max(self.operands[place].itemsize for place in crossing)
            for place, memory in zip(crossing, FOR_OPERANDS.take(len(crossing), size * widest), strict=True):
                operand = self.operands[place]
                pieces[place] = copied(operand, memory[: size * operand.itemsize].view(operand.dtype))
        return pieces


def is_crosswise(array: np.ndarray[Any, Any], shape: tuple[int, ...]) -> bool:
    """Whether neighbours along the last axis of a shape do not lie side by side in an array."""
    return array.ndim > 1 and array.shape[-1:] == shape[-1:] and array.strides[-1] != array.itemsize


def copied(operand: np.ndarray[Any, Any], memory: np.ndarray[Any, Any]) -> Callable[[Index], Any]:
    """A function from the index of a tile to a copy of an operand's part, in memory that is used for all of them."""

    def piece(index: Index) -> Any:
        part = operand[index]
        copy = memory[: part.size].reshape(part.shape)
        np.copyto(copy, part)
        return copy

    return piece


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


def uniform(value: Any) -> Any:
    """An array that repeats one element as that element (of the array's dtype, not a Python number)."""
    if isinstance(value, np.ndarray) and value.ndim and value.size and not any(value.strides):
        return value[(slice(0, 1),) * value.ndim].reshape(())
    return value


class KeptMemory(threading.local):
    """Memory of a thread for the tiles of one chain after the other: what is allocated anew for each block comes from the
    system page by page, which takes longer than a step of the chain.
    """

    def __init__(self) -> None:
        self.kept: list[np.ndarray[Any, Any]] = []

    def take(self, count: int, nbytes: int) -> list[np.ndarray[Any, Any]]:
        """So many pieces of so many bytes at least, good until the thread's next chain takes some."""
        if len(self.kept) >= count and self.kept[0].nbytes >= nbytes:
            return self.kept[:count]
        made = [np.empty(nbytes, np.uint8) for _ in range(count)]
        if count * nbytes <= 2 * CACHE:
            self.kept = made
        return made


#: For the steps of chains (a thread runs one chain at a time), for reductions that need room for another tile, and for operands.
FOR_STEPS, FOR_REDUCTIONS, FOR_OPERANDS = KeptMemory(), KeptMemory(), KeptMemory()


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
