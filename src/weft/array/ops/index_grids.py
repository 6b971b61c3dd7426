"""Arrays made of the indices of their elements: diagonals and triangles, grids, functions of the indices."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr
from weft.array.kernels import creation as kernels
from weft.array.ops.broadcasting import broadcast_arrays, elementwise
from weft.array.ops.casting import check_device
from weft.array.ops.creation import prototype_for, shape_of
from weft.array.ops.ranges import bounds_of
from weft.array.ops.transposing import expand_dims
from weft.array.ops.ufunc_reductions import chunked
from weft.callables import also_called
from weft.expr import Cost, Expr, Fact, node
from weft.physical.blockwise import Same, from_parts
from weft.records import record

__all__ = [
    "eye",
    "fromfunction",
    "identity",
    "indices",
    "meshgrid",
    "tri",
]


@node
class Placed(ArrayExpr):
    """Blocks made of where they lie, by ``kernel(places, arguments, dtype)``; ``places`` has a (start, stop) for each axis."""

    kernel: Callable[..., Any]
    arguments: tuple[Any, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid

    facts = frozenset({Fact.CHEAP})

    @property
    def label(self) -> str:
        return self.kernel.__name__

    @property
    def is_opaque(self) -> bool:
        """Whether a user's function makes the blocks, and sees how they are cut."""
        return self.kernel is kernels.from_function

    def lower(self) -> Expr:
        places = BlockPlaces(self.shape, self.grid)
        return from_parts(self.outline, self.kernel, places, Same(self.arguments), Same(self.dtype), cost=Cost.LIGHT)


@record
class BlockPlaces:
    """Column: where each block lies, as a (start, stop) for each axis."""

    shape: tuple[int, ...]
    grid: Grid

    def __weft_tokenize__(self) -> Any:
        return (self.shape, self.grid)

    def values(self, numblocks: Any) -> list[Any]:
        return list(product(*[bounds_of(length, cut) for length, cut in zip(self.shape, self.grid, strict=True)]))


def eye(
    N: int,  # noqa: N803 (NumPy's name)
    M: int | None = None,  # noqa: N803
    k: int = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    chunks: Any = "auto",
    device: Any = None,
    like: Any = None,
) -> Any:
    """Ones on a diagonal, zeros elsewhere.

    Parameters
    ----------
    N, M : int
        Rows and columns; as many columns as rows by default.
    k : int
        Which diagonal: above the main one if positive, below if negative.
    dtype : dtype
    order : {"C", "F"}
        How blocks lie in memory.
    chunks : int, tuple, str or dict
    device : {None, "cpu"}
    like : array-like, optional
        Blocks are of the type of this array.

    Examples
    --------
    >>> import weft.array as da
    >>> da.eye(2, 3, k=1, chunks=1).compute()
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    check_device(device)
    return diagonal_pattern(kernels.eye, N, M, k, dtype, order, chunks, like)


def tri(
    N: int,  # noqa: N803 (NumPy's name)
    M: int | None = None,  # noqa: N803
    k: int = 0,
    dtype: Any = float,
    *,
    chunks: Any = "auto",
    like: Any = None,
) -> Any:
    """Ones at and below a diagonal, zeros above; see `eye`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.tri(2, 3, dtype=int, chunks=1).compute()
    array([[1, 0, 0],
           [1, 1, 0]])
    """
    return diagonal_pattern(kernels.tri, N, M, k, dtype, "C", chunks, like)


def diagonal_pattern(
    kernel: Callable[..., Any], rows: Any, columns: Any, k: Any, dtype: Any, order: str, chunks: Any, like: Any
) -> Any:
    """A matrix whose elements depend on how far they are from a diagonal."""
    shape = shape_of((rows, rows if columns is None else columns))
    if order not in ("C", "F"):
        raise ValueError(f"only 'C' or 'F' order is permitted, and it is {order!r}")
    kind = np.dtype(dtype)
    arguments = (operator.index(k), order)
    made = new(Placed(kernel, arguments, shape, kind, grid_for(chunks, shape, kind)))
    prototype = prototype_for(like)
    return made if prototype is None else elementwise(kernels.like_block, made, meta=prototype)


def identity(n: int, dtype: Any = None, *, chunks: Any = "auto", like: Any = None) -> Any:
    """The square matrix with ones on its diagonal; see `eye`.

    >>> import weft.array as da
    >>> da.identity(2, dtype=int, chunks=1).compute()
    array([[1, 0],
           [0, 1]])
    """
    return eye(n, dtype=float if dtype is None else dtype, chunks=chunks, like=like)


def indices(dimensions: Any, dtype: Any = int, sparse: bool = False, *, chunks: Any = "auto") -> Any:
    """For each axis of a shape the index along it of each element.

    Parameters
    ----------
    dimensions : tuple of int
    dtype : dtype
    sparse : bool
        Whether to give a tuple of arrays that are broadcast to the shape together, in place of one array.
    chunks : int, tuple, str or dict
        How to cut the shape.

    Examples
    --------
    >>> import weft.array as da
    >>> da.indices((2, 3), chunks=2).shape
    (2, 2, 3)
    >>> [each.shape for each in da.indices((2, 3), sparse=True)]
    [(2, 1), (1, 3)]
    """
    shape = shape_of(dimensions)
    kind = np.dtype(dtype)
    grid = grid_for(chunks, shape, kind)
    if sparse:
        return tuple(
            [
                new(Placed(kernels.grid_axis, (axis,), alone(shape, axis, 1), kind, alone(grid, axis, 1)))
                for axis in range(len(shape))
            ]
        )
    return new(Placed(kernels.grid_indices, (), (len(shape), *shape), kind, (1, *grid)))


def alone(values: tuple[Any, ...], axis: int, other: Any) -> tuple[Any, ...]:
    """A tuple with one entry kept and all others replaced."""
    return tuple([value if place == axis else other for place, value in enumerate(values)])


@also_called(func="function")
def fromfunction(
    function: Callable[..., Any],
    shape: Any,
    *,
    dtype: Any = float,
    chunks: Any = "auto",
    meta: Any = None,
    **kwargs: Any,
) -> Any:
    """A function of the indices of the elements, evaluated chunk by chunk.

    Parameters
    ----------
    function : callable
        Takes an array of indices for each axis, and gives an array that can be broadcast to their shape.
    shape : tuple of int
    dtype : dtype
        Of the indices.
    chunks : int, tuple, str or dict
    meta : array, optional
        Tells the dtype of the result. Found out by calling the function for no elements if it is not given.
    **kwargs
        Further arguments of the function.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int, chunks=2).compute()
    array([[ 0,  1,  2],
           [10, 11, 12]])
    """
    lengths = shape_of(shape)
    of_indices = np.dtype(dtype)
    if meta is not None:
        kind = np.dtype(meta.dtype)
    else:
        nothing = [np.empty((0,) * len(lengths), of_indices) for _ in lengths]
        with np.errstate(all="ignore"):
            kind = np.asarray(function(*nothing, **kwargs)).dtype
    grid = grid_for(chunks, lengths, kind)
    arguments = (function, of_indices, tuple(kwargs.items()))
    return new(Placed(kernels.from_function, arguments, lengths, kind, grid))


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """Coordinates of all points of a grid, from the coordinates along each axis.

    Parameters
    ----------
    *xi : array-like, one axis each
    copy : bool
        Results are views of what there is in any case: nothing can be written to them.
    sparse : bool
        Whether to leave the axes along which an array does not change with length 1.
    indexing : {"xy", "ij"}
        Whether the first array runs along the second axis, or along the first.

    Examples
    --------
    >>> import weft.array as da
    >>> x, y = da.meshgrid(da.arange(3, chunks=2), da.arange(2, chunks=1))
    >>> x.shape, y.chunks
    ((2, 3), ((1, 1), (2, 1)))
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    arrays = [chunked(each).ravel() if chunked(each).ndim > 1 else chunked(each) for each in xi]
    ndim = len(arrays)
    made = []
    for place, each in enumerate(arrays):
        axis = 1 - place if indexing == "xy" and ndim > 1 and place < 2 else place
        if each.ndim == 0:
            each = expand_dims(each, 0)
        made.append(expand_dims(each, tuple([other for other in range(ndim) if other != axis])) if ndim > 1 else each)
    return tuple(made) if sparse else broadcast_arrays(*made)
