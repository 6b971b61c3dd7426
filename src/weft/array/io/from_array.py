"""Arrays that exist already: NumPy arrays in memory, or anything with shape, dtype and slices (HDF5, zarr, ...).

What is in memory is cut into views. Anything else is one block (a `Handle`), from which tasks read their parts; slices and
rechunks go into the reading where that reads no more than before. A source's own chunks say how it is best cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise, product
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, is_table, new
from weft.array.chunk_forms import grid_for, limit_bytes, whole_units
from weft.array.chunk_types import is_block_type
from weft.array.chunks import Chunks, Grid, axis_chunks
from weft.array.expr import ArrayExpr
from weft.array.io.handles import handle_of, is_hdf5
from weft.array.kernels.numpy import view_of
from weft.array.kernels.storage import Reader, read_inline, read_part
from weft.expr import Cost, Expr, Held, derived, node
from weft.locks import SerializableLock
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Same, blockwise, from_parts
from weft.physical.source import InMemory, Whole
from weft.records import record

__all__ = ["FromArray", "Region", "Regions", "asarray", "from_array", "getter", "slices_from_chunks"]

#: Along each axis ``(start, step, length)``.
Region = tuple[tuple[int, int, int], ...]

#: A layout may need the source's own chunks read this many times over, at most, to be read directly.
MOST_READ_AGAIN = 2.0


@node
class FromArray(ArrayExpr):
    """A region of something that can be sliced.

    Parameters
    ----------
    held : Held
    region : Region
    dtype : dtype
    grid : Grid
    reader : Reader
        How parts are read, if they are.
    storage : tuple of int, optional
        Lengths of the source's own chunks.
    prototype : array, optional
        Of the type of the blocks, where that is not NumPy's.
    """

    held: Held
    region: Region
    dtype: np.dtype[Any]
    grid: Grid
    reader: Reader = Reader()
    storage: tuple[int, ...] | None = None
    prototype: Any = None

    holes = ("held",)

    @property
    def label(self) -> str:
        return "array"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @property
    def in_memory(self) -> bool:
        """Whether a piece is a view, which costs nothing."""
        return isinstance(self.held.value, np.ndarray) and self.reader.getitem is None

    def reads_well(self, grid: Grid) -> bool:
        """Whether reading on a grid reads the source's own chunks hardly more often than on the grid that is there."""
        if self.storage is None or self.in_memory:
            return True
        again = 1.0
        for (start, _, length), side, cut in zip(self.region, self.storage, grid, strict=True):
            if not length:
                continue
            units = (start + length - 1) // side - start // side + 1
            if isinstance(cut, int) and cut % side == 0 and start % side == 0:
                continue
            ends = [start, *accumulate(axis_chunks(length, cut), initial=start)][1:]
            reads = sum((high - 1) // side - low // side + 1 for low, high in pairwise(ends) if high > low)
            again *= reads / units
        return again <= MOST_READ_AGAIN

    def lower(self) -> Expr:
        pieces = Regions(self.region, self.grid)
        if self.in_memory:
            return InMemory(self.outline, self.held, view_of, pieces)
        how: list[Column] = [pieces, Same(self.dtype), Same(self.reader)]
        if self.reader.inline:
            return from_parts(self.outline, read_inline, Same(self.held), *how)
        whole = Whole(Outline(f"{self.name}-original", "original", ()), self.held)
        return blockwise(self.outline, read_part, [(whole, ())], how, cost=Cost.READ)


@record
class Regions:
    """Column: the slices of the whole that make each block."""

    region: Region
    grid: Grid

    def __weft_tokenize__(self) -> Any:
        return (self.region, self.grid)

    def values(self, numblocks: Any) -> list[Any]:
        axes = []
        for (start, step, length), cut in zip(self.region, self.grid, strict=True):
            ends = [0, *accumulate(axis_chunks(length, cut))]
            axes.append([stepped(start, step, a, b) for a, b in pairwise(ends)])
        return list(product(*axes))


def stepped(start: int, step: int, first: int, end: int) -> slice:
    """The slice for places ``first`` to ``end`` of a range."""
    if first == end:
        return slice(0, 0)
    begin, stop = start + step * first, start + step * end
    return slice(begin, stop if stop >= 0 else None, step)


def from_array(
    x: Any,
    chunks: Any = "auto",
    name: str | bool | None = None,
    lock: Any = False,
    asarray: bool | None = None,
    fancy: bool = True,
    getitem: Any = None,
    meta: Any = None,
    inline_array: bool = False,
) -> Any:
    """Chunked array of an array-like: a NumPy array, or anything with ``shape``, ``dtype`` and slices.

    Nothing is copied, read or hashed here: chunks of a NumPy array are views, those of other things are read when they
    are needed, and only the parts that are needed.

    Parameters
    ----------
    x : array-like
        Lists and scalars become NumPy arrays. Datasets of h5py are opened by path in other processes.
    chunks : int, tuple, str or dict
        In any form that `normalize_chunks` takes. ``"auto"`` follows the chunks (or shards) that ``x`` has itself: whole
        ones, up to the configured size.
    name : str or bool, optional
        By default the same object has the same name as long as it is in use. True names the array by its content, which
        reads all of it; False gives a name that nothing else has; a text is the name's token.
    lock : bool or lock, optional
        Held while a part is read: True for a new one, or a lock. Datasets of h5py have one by default.
    asarray : bool, optional
        Make the parts NumPy arrays; by default unless they are arrays of a kind that takes part in NumPy's functions
        (those with ``__array_function__``, such as masked and sparse arrays, or of a registered class).
    fancy : bool, optional
        Whether ``x`` takes lists of indices. It is read in slices in any case.
    getitem : callable, optional
        ``getitem(x, index)``, in place of ``x[index]``.
    meta : array, optional
        An array of the type that the parts have.
    inline_array : bool, optional
        Let each task carry ``x``, instead of reading it as a task of its own.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.from_array(np.arange(6).reshape(2, 3), chunks=(1, 3)).chunks
    ((1, 1), (3,))
    """
    if isinstance(x, ArrayBase):
        raise ValueError("from_array() was given a chunked array: use rechunk() to cut it anew")
    if is_table(x):
        made = x.to_dask_array()
        return made if chunks == "auto" else made.rechunk(chunks)
    if not is_sliced(x):
        x = np.asarray(x)
    keeps = is_block_type(type(x)) and not isinstance(x, np.matrix)
    plain = not keeps if asarray is None else bool(asarray)
    if plain and isinstance(x, np.ndarray) and getitem is None:
        x = np.asarray(x)
    elif isinstance(x, np.memmap):
        plain = True
    shape = tuple(map(int, x.shape))
    kind = np.dtype(x.dtype)
    prototype = prototype_of(x, meta, plain)
    guard = SerializableLock() if lock is True or (lock is False and is_hdf5(x)) else lock or None
    reader = Reader(plain, guard, getitem, inline_array)
    storage = storage_chunks(x)
    if storage and isinstance(chunks, str) and chunks == "auto":
        grid: Grid = tuple(whole_units(shape, storage, limit_bytes(None) // max(1, kind.itemsize)))
    else:
        grid = grid_for(chunks, shape, kind)
    region = tuple([(0, 1, length) for length in shape])
    return new(FromArray(held_of(x, name, getitem), region, kind, grid, reader, storage, prototype))


def held_of(x: Any, name: str | bool | None, getitem: Any) -> Held:
    """What is cut or read as an operand: an array in memory, or a handle, named like the object itself."""
    held = Held.of(x, name)
    if isinstance(x, np.ndarray) and getitem is None:
        return held
    handle = handle_of(x)
    handle.owner = held
    return Held(handle, held.token)


def is_sliced(x: Any) -> bool:
    """Whether something is read in slices, rather than made an array at once."""
    if isinstance(x, np.generic) or type(x).__module__.partition(".")[0] == "pandas":
        return False
    return hasattr(x, "shape") and hasattr(x, "dtype") and hasattr(x, "__getitem__")


def prototype_of(x: Any, meta: Any, plain: bool) -> Any:
    """An empty array of the type of the blocks; None if that is NumPy's own."""
    if meta is not None and not isinstance(meta, type):
        found = meta
    elif plain:
        return None
    else:
        everywhere = (...,) if isinstance(x, np.ndarray) else ()  # without axes, an array and not its element
        found = x[(*[slice(0, 0)] * len(x.shape), *everywhere)] if meta is None else meta(np.empty(0, x.dtype))
    return None if type(found) is np.ndarray or isinstance(found, np.memmap) else found


def storage_chunks(x: Any) -> tuple[int, ...] | None:
    """Lengths of the chunks in which something is stored, if it says so: shards where it has them."""
    for name in ("shards", "chunks"):
        found = getattr(x, name, None)
        if isinstance(found, Sequence) and len(found) == len(x.shape) and len(found):
            sides = [max(each) if isinstance(each, Sequence) and each else each for each in found]
            if all(isinstance(side, (int, np.integer)) and side > 0 for side in sides):
                return tuple(map(int, sides))
    return None


def asarray(x: Any, chunks: Any = "auto") -> Any:
    """A chunked array: ``x`` itself if it is one."""
    return x if isinstance(x, ArrayBase) else from_array(x, chunks)


def getter(a: Any, b: Any, asarray: bool = True, lock: Any = None) -> Any:
    """``a[b]``, as a NumPy array, read while a lock is held.

    >>> import numpy as np
    >>> getter(np.arange(5), slice(1, 3))
    array([1, 2])
    """
    if lock is None or lock is False:
        part = a[b]
    else:
        with lock:
            part = a[b]
    return np.asarray(part) if asarray else part


def slices_from_chunks(chunks: Chunks) -> list[tuple[slice, ...]]:
    """For each chunk its place in the whole array, the last axis running fastest.

    >>> slices_from_chunks(((2, 1), (3,)))
    [(slice(0, 2, None), slice(0, 3, None)), (slice(2, 3, None), slice(0, 3, None))]
    """
    axes = []
    for lengths in chunks:
        ends = [0, *accumulate(lengths)]
        axes.append([slice(low, high) for low, high in pairwise(ends)])
    return list(product(*axes))
