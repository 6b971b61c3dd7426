"""Array expressions: what is known of an array without computing it.

Every node says its ``shape``, ``dtype`` and ``grid`` (how its axes are cut, see `chunks`); the rest follows. None of it
depends on the number of chunks, so a million chunks are as cheap to describe as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise, product
from math import prod
from sys import getrefcount, modules
from typing import Any

import numpy as np

from weft.array.chunks import Chunks, Cut, Grid, UnknownCut, axis_chunks, axis_count, axis_largest
from weft.expr import derived, node
from weft.physical.base import BlockExpr, Outline
from weft.records import record
from weft.system import cpu_count

__all__ = [
    "ArrayExpr",
    "ArrayOutline",
    "BlockShapes",
    "SameLayout",
    "TruthOfBlocks",
    "array_outline",
    "assemble_blocks",
    "concatenated",
    "joined_blocks",
    "meta_like",
]


#: What `sys.getrefcount` says in a function of an argument that nobody else has.
NOBODY_ELSE = 2
#: Bytes of a result for each thread that fills it, at least.
LARGE = 1 << 24
#: Threads that fill a result, at most: memory has no more to give.
MOST_FILLERS = 4


@record
class ArrayOutline(Outline):
    """Outline of the blocks of an array."""

    dtype: Any = None
    ndim: int = 0


class ArrayExpr(BlockExpr):
    """Base of the nodes that stand for arrays."""

    @derived
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        raise NotImplementedError(f"{type(self).__name__} does not say its shape")

    @derived
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        raise NotImplementedError(f"{type(self).__name__} does not say its dtype")

    @derived
    def grid(self) -> Grid:
        """How each axis is cut."""
        raise NotImplementedError(f"{type(self).__name__} does not say its grid")

    @derived
    def chunks(self) -> Chunks:
        """Lengths of the chunks along each axis."""
        return tuple([axis_chunks(length, cut) for length, cut in zip(self.shape, self.grid, strict=True)])

    @derived
    def numblocks(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        return tuple([axis_count(length, cut) for length, cut in zip(self.shape, self.grid, strict=True)])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def is_masked(self) -> bool:
        """Whether blocks are masked arrays. (`numpy.ma`, which takes a while to import, is not asked of plain ones.)"""
        prototype = self.prototype
        return type(prototype) not in (type(None), np.ndarray) and isinstance(prototype, np.ma.MaskedArray)

    @property
    def weight(self) -> int:
        """Bytes of all elements; where lengths are unknown, as if all chunks were as long as they can be."""
        if self.is_known:
            return self.nbytes
        cuts = list(zip(self.shape, self.grid, strict=True))
        return prod(axis_count(*each) * axis_largest(*each) for each in cuts) * self.dtype.itemsize

    @property
    def is_known(self) -> bool:
        """Whether all lengths are known."""
        return not any(isinstance(cut, UnknownCut) for cut in self.grid)

    @derived
    def prototype(self) -> Any:
        """An array of the type of the blocks where that is not NumPy's; else None. Inherited from the first child."""
        for child in self.children:
            if isinstance(child, ArrayExpr) and child.prototype is not None:
                return child.prototype
        return None

    @derived
    def meta(self) -> Any:
        """Zero-size array that shows the type of the blocks."""
        if self.prototype is None:
            return np.empty((0,) * self.ndim, self.dtype)
        return meta_like(self.prototype, self.ndim, self.dtype)

    @property
    def signature(self) -> Mapping[str, Any]:
        return {"shape": self.shape, "dtype": self.dtype, "grid": self.grid}

    @derived
    def outline(self) -> Outline:
        return array_outline(self)

    @property
    def assemble(self) -> Callable[[list[Any]], Any]:
        return partial(assemble_result, numblocks=self.numblocks)


@node
class SameLayout(ArrayExpr):
    """Base of nodes with the shape and chunks of their source."""

    source: ArrayExpr

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return self.source.grid


@node
class TruthOfBlocks(ArrayExpr):
    """Base of nodes that say True of each block of their source, once something has been done with it."""

    source: ArrayExpr

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.numblocks

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool)

    @derived
    def grid(self) -> Grid:
        return (1,) * self.source.ndim

    @derived
    def prototype(self) -> Any:
        return None


def meta_like(prototype: Any, ndim: int, dtype: Any = None) -> Any:
    """An empty array of the prototype's type, with ``ndim`` axes.

    >>> type(meta_like(np.ma.ones(3), 2, "int8")).__name__
    'MaskedArray'
    """
    if not hasattr(prototype, "__array_function__"):
        return prototype  # a registered class with ufuncs only
    made = np.zeros_like(prototype, shape=(0,) * ndim, dtype=prototype.dtype if dtype is None else dtype)
    if type(made) is np.ndarray and not isinstance(prototype, np.ndarray) and ndim:
        return prototype.reshape((0,) * ndim)  # of a class that makes no arrays of zeros
    return made


def array_outline(
    expr: ArrayExpr, grid: Grid | None = None, shape: tuple[int, ...] | None = None, label: str | None = None
) -> ArrayOutline:
    """Outline of an expression's blocks; of another shape and grid for steps on the way to it (partial results)."""
    signature: Mapping[str, Any] = {}
    if grid is None or shape is None:
        grid, shape, signature = expr.grid, expr.shape, expr.signature
    dtype = expr.dtype
    largest = prod(axis_largest(length, cut) for length, cut in zip(shape, grid, strict=True))
    return ArrayOutline(
        expr.name,
        label or expr.label,
        tuple([axis_count(length, cut) for length, cut in zip(shape, grid, strict=True)]),
        largest * dtype.itemsize,
        signature,
        dtype,
        len(shape),
    )


@record
class BlockShapes:
    """Column: the shape of each block."""

    shape: tuple[int, ...]
    grid: tuple[Cut, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.shape, self.grid)

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return list(product(*[axis_chunks(length, cut) for length, cut in zip(self.shape, self.grid, strict=True)]))


def assemble_blocks(blocks: Sequence[Any], numblocks: tuple[int, ...]) -> Any:
    """The array that a grid of blocks makes; a NumPy scalar if it has no axes.

    Joins along one axis after the other, from the last to the first, so that neighbours are joined in memory order.
    """
    parts = list(blocks)
    if not numblocks:
        (only,) = parts
        return only[()] if isinstance(only, np.ndarray) else only
    if len(parts) == 1:
        return parts[0]
    if set(map(type, parts)) == {np.ndarray} and parts[0].dtype != object:
        return fill_whole(parts, numblocks)
    return joined_blocks(parts, numblocks)


def assemble_result(blocks: list[Any], numblocks: tuple[int, ...]) -> Any:
    """The same for what a computation returns: a large array is filled by a few threads.

    Blocks are taken from the list as they are copied, so that those nobody else has are gone before the next ones move.
    """
    if len(blocks) == 1:
        return assemble_blocks([owned(blocks.pop())], numblocks)
    plain = all(type(block) is np.ndarray and block.dtype != object for block in blocks)
    nbytes = sum(block.nbytes for block in blocks) if plain else 0
    workers = 0 if nbytes < 2 * LARGE else min(MOST_FILLERS, cpu_count(), nbytes // LARGE)
    if workers < 2:
        return assemble_blocks(blocks, numblocks)
    from concurrent.futures import ThreadPoolExecutor  # here, for a quick import

    whole, places = room_for(blocks, numblocks)
    left = iter(list(enumerate(places)))

    def fill() -> None:
        for number, where in left:  # taking from a list's iterator is one step for all threads
            whole[where] = blocks[number]
            blocks[number] = None

    with ThreadPoolExecutor(workers, thread_name_prefix="weft-fill") as pool:
        for done in [pool.submit(fill) for _ in range(workers)]:
            done.result()
    return whole


def owned(value: Any) -> Any:
    """A block that whoever computed it may write to: itself if nobody else has it, or a copy.

    What repeats its elements stays a read-only view, as `numpy.broadcast_to` gives it: a copy might not fit into memory.
    """
    if type(value) is not np.ndarray or value.flags.writeable or (value.size and 0 in value.strides):
        return value
    if value.base is None and getrefcount(value) <= NOBODY_ELSE:
        value.flags.writeable = True
        return value
    return value.copy(order="K")


def joined_blocks(blocks: Sequence[Any], numblocks: Sequence[int]) -> Any:
    """The array that a grid of blocks of any type makes, by their own concatenation."""
    parts = list(blocks)
    for axis in reversed(range(len(numblocks))):
        width = numblocks[axis]
        if width > 1:
            parts = [concatenated(parts[at : at + width], axis) for at in range(0, len(parts), width)]
    return parts[0]


def concatenated(parts: Sequence[Any], axis: int) -> Any:
    """Blocks of any type joined along an axis."""
    if any(isinstance(part, np.ma.MaskedArray) for part in parts):
        joined = np.ma.concatenate(parts, axis=axis)  # type: ignore[no-untyped-call]
        joined = joined.astype(common_type(parts), copy=False)
        first = next(part for part in parts if isinstance(part, np.ma.MaskedArray))
        keep_fill_value(joined, first.fill_value)
        return joined.harden_mask() if first.hardmask else joined
    first = parts[0]
    sparse = modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(first):
        if first.ndim == 1:  # scipy would make rows of a matrix of them
            return sparse.hstack([part.reshape(1, -1) for part in parts]).reshape(-1).asformat(first.format)
        return (sparse.hstack if axis % first.ndim else sparse.vstack)(parts, format=first.format)
    whole = np.concatenate(parts, axis=axis)
    if type(whole) is np.ndarray and isinstance(first, np.ndarray) and all(type(part) is type(first) for part in parts):
        return first.__array_wrap__(whole)  # of the class of the parts, which concatenate() forgets
    return whole


def keep_fill_value(joined: Any, value: Any) -> None:
    """Let a masked array be filled with a value; where it is no such element (of what was compared, say), with NumPy's."""
    with np.errstate(all="ignore"), suppress(TypeError):
        joined.fill_value = value


def fill_whole(parts: list[np.ndarray[Any, Any]], numblocks: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """One array with all blocks copied to their places: each element moves once, however many axes are joined."""
    whole, places = room_for(parts, numblocks)
    for where, part in zip(places, parts, strict=True):
        whole[where] = part
    return whole


def room_for(
    parts: Sequence[np.ndarray[Any, Any]], numblocks: tuple[int, ...]
) -> tuple[np.ndarray[Any, Any], Iterable[tuple[slice, ...]]]:
    """An array with room for all blocks of a grid, laid out as they are, and the place of each."""
    bounds: list[list[int]] = []
    stride = len(parts)
    for axis, width in enumerate(numblocks):
        stride //= width
        ends = [0]
        for place in range(width):
            ends.append(ends[-1] + parts[place * stride].shape[axis])
        bounds.append(ends)
    by_columns = any(part.flags.fnc for part in parts) and all(part.flags.f_contiguous for part in parts)
    order: Any = "F" if by_columns else "C"
    whole = np.empty([ends[-1] for ends in bounds], common_type(parts), order)
    return whole, product(*[[slice(a, b) for a, b in pairwise(ends)] for ends in bounds])


def common_type(parts: Iterable[Any]) -> np.dtype[Any]:
    """The dtype of joined blocks: theirs, with its order of bytes, which NumPy's own joining forgets."""
    kinds = {part.dtype for part in parts}
    return kinds.pop() if len(kinds) == 1 else np.result_type(*kinds)
