"""Arrays with one value everywhere: zeros, ones, any other, and those like another array."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Grid, UnknownCut, as_number, as_tuple
from weft.array.expr import ArrayExpr, BlockShapes, meta_like
from weft.array.kernels import creation as kernels
from weft.array.kernels.numpy import filled
from weft.array.ops.broadcasting import broadcast_to
from weft.array.ops.casting import check_device
from weft.array.ops.ufunc_reductions import chunked, ndim_of
from weft.expr import Cost, Expr, Fact, derived, node
from weft.physical.blockwise import Column, Same, blockwise, from_parts
from weft.physical.grid import identity_pick

__all__ = [
    "empty",
    "empty_like",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


@node
class Full(ArrayExpr):
    """A constant everywhere."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    value: Any
    order: str = "C"
    prototype: Any = None

    facts = frozenset({Fact.CHEAP})

    @property
    def label(self) -> str:
        if isinstance(self.value, (int, float)) and self.value in (0, 1):
            return "ones" if self.value else "zeros"
        return "full"

    def lower(self) -> Expr:
        shapes = BlockShapes(self.shape, self.grid)
        if self.prototype is not None:
            columns: tuple[Column, ...] = (shapes, Same(self.value), Same(self.dtype), Same(self.meta))
            return from_parts(self.outline, kernels.filled_like, *columns, cost=Cost.LIGHT)
        columns = (shapes, Same(self.value), Same(self.dtype))
        if self.order == "F":
            return from_parts(self.outline, kernels.filled_fortran, *columns, cost=Cost.CHEAP)
        return from_parts(self.outline, filled, *columns, cost=Cost.CHEAP)


@node
class FullLike(ArrayExpr):
    """A constant in blocks like those of an array whose lengths are unknown, or which has a mask."""

    source: ArrayExpr
    dtype: np.dtype[Any]
    value: Any

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @derived
    def grid(self) -> Grid:
        return self.source.grid

    def lower(self) -> Expr:
        from_source = [(self.source, identity_pick(self.ndim))]
        return blockwise(self.outline, kernels.full_like_block, from_source, [Same(self.value), Same(self.dtype)])


def constant(
    shape: Any,
    value: Any,
    kind: np.dtype[Any],
    chunks: Any,
    name: str | None = None,
    order: str = "C",
    like: Any = None,
    meta: Any = None,
) -> Any:
    """An array with one value everywhere."""
    if isinstance(chunks, str) and chunks in ("C", "F"):
        chunks, order = "auto", chunks  # NumPy has the order in this place
    if order not in ("C", "F"):
        raise ValueError(f"only 'C' or 'F' order is permitted, and it is {order!r}")
    if kind.kind in "SU" and not kind.itemsize:
        kind = np.dtype(f"{kind.kind}1")  # as NumPy has it: one letter, where nobody says how many
    lengths = shape_of(shape)
    prototype = prototype_for(like if meta is None else meta)
    kind, inner = kind.subdtype or (kind, ())  # arrays as elements are further axes
    grid = (*grid_for(chunks, lengths, kind), *inner)
    lengths = (*lengths, *inner)
    made = new(Full(lengths, kind, grid, value, order, prototype))
    return made if name is None else made.named(name)


def prototype_for(like: Any) -> Any:
    """What shows that blocks are of the type of ``like``; None for NumPy's own."""
    if like is None:
        return None
    meta = like.expr.meta if isinstance(like, ArrayBase) else like
    if isinstance(meta, type):
        meta = meta([])
    if type(meta) is np.ndarray or not hasattr(meta, "__array_function__"):
        return None
    return meta_like(meta, 1)


def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array of a shape, with one value everywhere.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : scalar or array-like
        An array is broadcast.
    dtype : dtype, optional
        That of the value by default.
    chunks : int, tuple, str or dict
        How to cut it, in any form that `normalize_chunks` takes.
    name : str, optional
        What the blocks are called.
    order : {"C", "F"}
        How blocks lie in memory.
    device : {None, "cpu"}
    like, meta : array-like, optional
        Blocks are of the type of this array, or of its blocks.

    Examples
    --------
    >>> import weft.array as da
    >>> da.full((4, 6), 7, chunks=(2, 3)).chunks
    ((2, 2), (3, 3))
    """
    check_device(device)
    if ndim_of(fill_value) != 0:
        values: Any = chunked(fill_value)
        if dtype is not None:
            values = values.astype(dtype)
        lengths = shape_of(shape)
        made = broadcast_to(values, lengths).rechunk(grid_for(chunks, lengths, values.dtype))
        return made if name is None else made.named(name)
    if isinstance(fill_value, (ArrayBase, np.ndarray)):
        fill_value = np.asarray(fill_value)[()]
    fill_value = as_number(fill_value)
    kind = np.dtype(dtype) if dtype is not None else np.asarray(fill_value).dtype
    np.full((), fill_value, kind)
    return constant(shape, fill_value, kind, chunks, name, order, like, meta)


def ones(
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array of ones; see `full`.

    >>> import weft.array as da
    >>> da.ones(2, chunks=1).compute()
    array([1., 1.])
    """
    check_device(device)
    return constant(shape, 1, np.dtype(dtype), chunks, name, order, like, meta)


def zeros(
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array of zeros; see `full`.

    >>> import weft.array as da
    >>> da.zeros(2, dtype=int, chunks=1).compute()
    array([0, 0])
    """
    check_device(device)
    kind = np.dtype(dtype)
    return constant(shape, zero_of(kind), kind, chunks, name, order, like, meta)


def zero_of(dtype: np.dtype[Any]) -> Any:
    """What NumPy fills arrays of zeros with: an empty string in those of strings."""
    return np.zeros((), dtype)[()] if dtype.kind in "SUVT" else 0


def empty(
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array whose elements do not matter: zeros, so that a result that depends on them is the same each time.

    >>> import weft.array as da
    >>> da.empty((2, 3), chunks=1).shape
    (2, 3)
    """
    check_device(device)
    kind = np.dtype(dtype)
    return constant(shape, None if kind.kind == "O" else zero_of(kind), kind, chunks, name, order, like, meta)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """Constant array with the shape, dtype, chunks and type of blocks of another one, unless others are given.

    Parameters
    ----------
    a : array-like
    fill_value : scalar or array-like
    dtype : dtype, optional
    order : {"C", "F", "A", "K"}
        How blocks lie in memory; "A" and "K" are "C" here.
    subok : bool
        Whether blocks are of the type of those of ``a``; False gives NumPy's.
    shape : int or tuple of int, optional
    chunks : int, tuple, str or dict, optional
        Those of ``a`` by default, if the shape is that of ``a``.
    name : str, optional
        What the blocks are called.
    device : {None, "cpu"}

    Examples
    --------
    >>> import weft.array as da
    >>> da.full_like(da.ones(4, chunks=3), 7).chunks
    ((3, 1),)
    """
    check_device(device)
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    x = a if isinstance(a, ArrayBase) else chunked(a)
    kind = x.dtype if dtype is None else np.dtype(dtype)
    unknown = any(isinstance(cut, UnknownCut) for cut in x.expr.grid)
    masked = subok and x.expr.is_masked  # what is masked stays masked, as in NumPy
    if (unknown or masked) and shape is None and chunks is None and ndim_of(fill_value) == 0:
        made = new(FullLike(x.expr, kind, fill_value))
        return made if name is None else made.named(name)
    lengths = x.shape if shape is None else shape_of(shape)
    if chunks is None:
        chunks = x.chunks if lengths == x.shape and isinstance(a, ArrayBase) else "auto"
    like = x if subok else None
    layout = order if order in ("C", "F") else "C"
    if kind.kind == "O" and fill_value is None:
        return constant(lengths, None, kind, chunks, name, layout, like)
    return full(lengths, fill_value, kind, chunks, name, order=layout, like=like)


def ones_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """Ones in the shape of another array; see `full_like`.

    >>> import weft.array as da
    >>> da.ones_like(da.arange(3, chunks=2)).compute()
    array([1, 1, 1])
    """
    return full_like(a, 1, dtype, order, subok, shape, chunks=chunks, name=name, device=device)


def zeros_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """Zeros in the shape of another array; see `full_like`.

    >>> import weft.array as da
    >>> da.zeros_like(da.arange(3, chunks=2), shape=2).compute()
    array([0, 0])
    """
    kind = np.dtype(dtype) if dtype is not None else chunked(a).dtype
    return full_like(a, zero_of(kind), dtype, order, subok, shape, chunks=chunks, name=name, device=device)


def empty_like(
    prototype: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """An array in the shape of another one, whose elements do not matter; see `full_like` and `empty`.

    >>> import weft.array as da
    >>> da.empty_like(da.arange(3, chunks=2)).shape
    (3,)
    """
    kind = np.dtype(dtype) if dtype is not None else chunked(prototype).dtype
    value = None if kind.kind == "O" else zero_of(kind)
    return full_like(prototype, value, dtype, order, subok, shape, chunks=chunks, name=name, device=device)


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of Python integers."""
    made = tuple(map(index, as_tuple(shape)))
    if any(length < 0 for length in made):
        raise ValueError(f"an array cannot have the shape {made}: lengths are not below 0")
    return made
