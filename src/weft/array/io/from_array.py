"""Arrays that exist already: NumPy arrays in memory, or anything with shape, dtype and slices (HDF5, zarr, ...)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, axis_chunks, grid_for
from weft.array.chunk_types import is_valid_chunk_type
from weft.array.expr import ArrayExpr, meta_like
from weft.array.kernels.numpy import read_piece, view_of
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.source import InMemory, Whole

__all__ = ["FromArray", "Region", "asarray", "from_array"]

#: Along each axis ``(start, step, length)``.
Region = tuple[tuple[int, int, int], ...]


@node
class FromArray(ArrayExpr):
    """A region of something that can be sliced."""

    held: Held
    region: Region
    dtype: np.dtype[Any]
    grid: Grid

    @property
    def label(self) -> str:
        return "array"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @property
    def in_memory(self) -> bool:
        """Whether a piece is a view, which costs nothing."""
        return isinstance(self.held.value, np.ndarray) or self.prototype is not None

    @derived
    def prototype(self) -> Any:
        value = self.held.value
        if isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray):
            return None
        return meta_like(value, 1, self.dtype) if is_valid_chunk_type(type(value)) else None

    def lower(self) -> Expr:
        pieces = Regions(self.region, self.grid)
        if self.in_memory:
            return InMemory(self.outline, self.held, view_of, pieces)
        whole = Whole(Outline(self.name, "original", ()), self.held)
        return blockwise(self.outline, read_piece, [(whole, ())], [pieces, Same(self.dtype)], cost=Cost.HEAVY)


@dataclass(frozen=True)
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


def from_array(x: Any, chunks: Any = "auto", name: str | bool | None = None) -> Any:
    """Chunked array of an array-like: a NumPy array, or anything with ``shape``, ``dtype`` and slices.

    Nothing is copied, read or hashed here: chunks of a NumPy array are views, those of other things are read when they
    are needed.

    Parameters
    ----------
    x : array-like
    chunks : int, tuple, str or dict
        In any form that `normalize_chunks` takes.
    name : str or bool, optional
        By default the same object has the same name as long as it is in use. True names the array by its content, which
        reads all of it; False gives a name that nothing else has; a text is the name's token.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.from_array(np.arange(6).reshape(2, 3), chunks=(1, 3)).chunks
    ((1, 1), (3,))
    """
    if isinstance(x, ArrayBase):
        raise ValueError("from_array() was given a chunked array: use rechunk() to cut it anew")
    if not (hasattr(x, "shape") and hasattr(x, "dtype") and hasattr(x, "__getitem__")):
        x = np.asarray(x)
    if isinstance(x, np.generic):
        x = np.asarray(x)
    shape = tuple(map(int, x.shape))
    kind = np.dtype(x.dtype)
    region = tuple([(0, 1, length) for length in shape])
    return new(FromArray(Held.of(x, name), region, kind, grid_for(chunks, shape, kind)))


def asarray(x: Any, chunks: Any = "auto") -> Any:
    """A chunked array: ``x`` itself if it is one."""
    return x if isinstance(x, ArrayBase) else from_array(x, chunks)
