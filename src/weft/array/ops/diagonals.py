"""Diagonals and triangles of matrices, and where their elements lie."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Grid, axis_chunks, compress
from weft.array.expr import ArrayExpr
from weft.array.kernels import diagonals as kernels
from weft.array.ops.choosing import where
from weft.array.ops.index_grids import tri
from weft.array.ops.ranges import Spaced, arange, bounds_of
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import normal_axis, transpose
from weft.array.ops.ufunc_reductions import chunked
from weft.array.ops.ufuncs import power
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Column, Product, Same, blockwise

__all__ = [
    "diag",
    "diag_indices",
    "diag_indices_from",
    "diagflat",
    "diagonal",
    "tril",
    "tril_indices",
    "tril_indices_from",
    "triu",
    "triu_indices",
    "triu_indices_from",
    "vander",
]


@node
class Diagonal(ArrayExpr):
    """The diagonal over the last two axes, as the last axis; each chunk lies within one block of the source."""

    source: ArrayExpr
    offset: int

    @derived
    def crossed(self) -> tuple[tuple[int, int, int, int, int], ...]:
        """For each chunk of the diagonal: block row and column, where in them it starts, and its length."""
        *_, rows, columns = self.source.chunks
        found, row, column = [], max(0, -self.offset), max(0, self.offset)
        tops, lefts = starts(rows), starts(columns)
        while row < tops[-1] and column < lefts[-1]:
            i = int(np.searchsorted(tops, row, side="right")) - 1
            j = int(np.searchsorted(lefts, column, side="right")) - 1
            length = min(tops[i + 1] - row, lefts[j + 1] - column)
            found.append((i, j, row - tops[i], column - lefts[j], length))
            row, column = row + length, column + length
        return tuple(found) or ((0, 0, 0, 0, 0),)

    @derived
    def shape(self) -> tuple[int, ...]:
        return (*self.source.shape[:-2], sum(each[4] for each in self.crossed))

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return (*self.source.grid[:-2], compress([each[4] for each in self.crossed]))

    def lower(self) -> Expr:
        last = self.ndim - 1
        rows = (last, tuple([each[0] for each in self.crossed]))
        columns = (last, tuple([each[1] for each in self.crossed]))
        told = Product(
            (*[(None,) * count for count in self.numblocks[:-1]], tuple([each[2:] for each in self.crossed]))
        )
        return blockwise(self.outline, kernels.diagonal_of, [(self.source, (*range(last), rows, columns))], [told])


def starts(lengths: tuple[int, ...]) -> list[int]:
    """Where chunks start, and where the last one ends."""
    return [0, *np.cumsum(lengths).tolist()]


@node
class Diag(ArrayExpr):
    """A matrix with the source on a diagonal, and zeros elsewhere."""

    source: ArrayExpr
    k: int

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.source.shape[0] + abs(self.k),) * 2

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        own = axis_chunks(self.source.shape[0], self.source.grid[0])
        padded = [compress(own), compress((abs(self.k), *own) if self.k else own)]
        if self.k:
            padded[0] = compress((*own, abs(self.k)))
        return tuple(padded if self.k >= 0 else reversed(padded))

    def lower(self) -> Expr:
        axis = 1 if self.k >= 0 else 0
        count = self.source.numblocks[0]
        read = (axis, tuple(range(count)) if not self.k else (0, *range(count)))
        bounds = [bounds_of(length, cut) for length, cut in zip(self.shape, self.grid, strict=True)]
        own = bounds_of(self.source.shape[0], self.source.grid[0])
        first = [own[block][0] for block in read[1]]
        told: list[Any] = [None, None]
        told[axis] = tuple(zip(bounds[axis], first, strict=True))
        told[1 - axis] = tuple([(each, None) for each in bounds[1 - axis]])
        columns: list[Column] = [Product(tuple(told)), Same(self.k)]
        return blockwise(self.outline, kernels.diag_block, [(self.source, (read,))], columns)


def diag(v: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with a diagonal.

    Parameters
    ----------
    v : array-like
        With two axes, or with one.
    k : int
        Which diagonal: above the main one if positive, below if negative.

    Examples
    --------
    >>> import weft.array as da
    >>> da.diag(da.arange(1, 3, chunks=1), k=1).compute()
    array([[0, 1, 0],
           [0, 0, 2],
           [0, 0, 0]])
    """
    x = chunked(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ValueError(f"Input must be 1- or 2-d, and it has {x.ndim} axes.")
    return new(Diag(sized(x.expr), operator.index(k)))


def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix with the elements of an array on a diagonal; see `diag`.

    >>> import weft.array as da
    >>> da.diagflat(da.ones((2, 2), chunks=1)).shape
    (4, 4)
    """
    x = chunked(v)
    return diag(x if x.ndim == 1 else x.ravel(), k)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal over two axes, as the last axis of the result.

    Parameters
    ----------
    a : array-like
    offset : int
        Which diagonal: above the main one if positive, below if negative.
    axis1, axis2 : int

    Examples
    --------
    >>> import weft.array as da
    >>> da.diagonal(da.arange(9, chunks=9).reshape(3, 3).rechunk(2)).compute()
    array([0, 4, 8])
    """
    x = chunked(a)
    if x.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    first, second = normal_axis(axis1, x.ndim), normal_axis(axis2, x.ndim)
    if first == second:
        raise ValueError("axis1 and axis2 cannot be the same")
    order = [axis for axis in range(x.ndim) if axis not in (first, second)]
    moved = transpose(x, [*order, first, second])
    return new(Diagonal(sized(moved.expr, (x.ndim - 2, x.ndim - 1)), operator.index(offset)))


def tril(m: Any, k: int = 0) -> Any:
    """The matrices of the last two axes with zeros above a diagonal.

    >>> import weft.array as da
    >>> da.tril(da.ones((2, 2), dtype=int, chunks=1)).compute()
    array([[1, 0],
           [1, 1]])
    """
    x, mask = with_triangle(m, k)
    return where(mask, x, np.zeros((), x.dtype)[()])


def triu(m: Any, k: int = 0) -> Any:
    """The matrices of the last two axes with zeros below a diagonal.

    >>> import weft.array as da
    >>> da.triu(da.ones((2, 2), dtype=int, chunks=1)).compute()
    array([[1, 1],
           [0, 1]])
    """
    x, mask = with_triangle(m, k - 1)
    return where(mask, np.zeros((), x.dtype)[()], x)


def with_triangle(m: Any, k: int) -> tuple[Any, Any]:
    """An array, and where its matrices are at or below a diagonal."""
    x = chunked(m)
    if x.ndim < 1:
        raise ValueError("tril() and triu() work on matrices: the array has no axes")
    if x.ndim == 1:
        x = new(sized(x.expr))
        return x, tri(x.shape[0], k=k, dtype=bool, chunks=(x.chunks[0], x.chunks[0]))
    x = new(sized(x.expr, (x.ndim - 2, x.ndim - 1)))
    rows, columns = x.shape[-2:]
    return x, tri(rows, columns, k, bool, chunks=x.chunks[-2:])


def triangle_indices(n: Any, k: Any, m: Any, chunks: Any, upper: bool) -> tuple[Any, Any]:
    """Rows and columns of the elements of a triangle, in order."""
    rows = operator.index(n)
    columns = rows if m is None else operator.index(m)
    k = operator.index(k)
    length = int(kernels.row_lengths(max(0, rows), max(0, columns), k, upper).sum())
    kind = np.dtype(np.intp)
    cut = grid_for(chunks, (length,), kind)[0]
    made = [new(Spaced(kernels.triangle_places, (rows, columns, k, upper, axis), length, kind, cut)) for axis in (0, 1)]
    return made[0], made[1]


def tril_indices(n: int, k: int = 0, m: int | None = None, *, chunks: Any = "auto") -> tuple[Any, Any]:
    """Rows and columns of the elements at and below a diagonal of an ``n`` by ``m`` matrix.

    Parameters
    ----------
    n, m : int
        As many columns as rows by default.
    k : int
        Which diagonal.
    chunks : int, tuple, str or dict
        How to cut the results.

    Examples
    --------
    >>> import weft.array as da
    >>> rows, columns = da.tril_indices(3, k=-1)
    >>> rows.compute(), columns.compute()
    (array([1, 2, 2]), array([0, 0, 1]))
    """
    return triangle_indices(n, k, m, chunks, upper=False)


def triu_indices(n: int, k: int = 0, m: int | None = None, *, chunks: Any = "auto") -> tuple[Any, Any]:
    """Rows and columns of the elements at and above a diagonal; see `tril_indices`.

    >>> import weft.array as da
    >>> [each.compute().tolist() for each in da.triu_indices(2)]
    [[0, 0, 1], [0, 1, 1]]
    """
    return triangle_indices(n, k, m, chunks, upper=True)


def tril_indices_from(arr: Any, k: int = 0) -> tuple[Any, Any]:
    """Rows and columns of the elements at and below a diagonal of a matrix; see `tril_indices`.

    >>> import weft.array as da
    >>> [each.compute().tolist() for each in da.tril_indices_from(da.ones((2, 2), chunks=1))]
    [[0, 1, 1], [0, 0, 1]]
    """
    return tril_indices(arr.shape[-2], k, arr.shape[-1]) if is_matrix(arr) else ()  # type: ignore[return-value]


def triu_indices_from(arr: Any, k: int = 0) -> tuple[Any, Any]:
    """Rows and columns of the elements at and above a diagonal of a matrix; see `tril_indices`.

    >>> import weft.array as da
    >>> [each.compute().tolist() for each in da.triu_indices_from(da.ones((2, 2), chunks=1))]
    [[0, 0, 1], [0, 1, 1]]
    """
    return triu_indices(arr.shape[-2], k, arr.shape[-1]) if is_matrix(arr) else ()  # type: ignore[return-value]


def is_matrix(arr: Any) -> bool:
    """Whether an array has two axes; refused otherwise."""
    if arr.ndim != 2:
        raise ValueError("input array must be 2-d")
    return True


def diag_indices(n: int, ndim: int = 2, *, chunks: Any = "auto") -> tuple[Any, ...]:
    """Indices of the main diagonal of an array whose ``ndim`` axes have length ``n``.

    >>> import weft.array as da
    >>> [each.compute().tolist() for each in da.diag_indices(3)]
    [[0, 1, 2], [0, 1, 2]]
    """
    return (arange(n, chunks=chunks),) * ndim


def diag_indices_from(arr: Any) -> tuple[Any, ...]:
    """Indices of the main diagonal of an array; see `diag_indices`.

    >>> import weft.array as da
    >>> len(da.diag_indices_from(da.ones((3, 3), chunks=2)))
    2
    """
    if arr.ndim < 2:
        raise ValueError("input array must be at least 2-d")
    shape = sized(arr.expr).shape if isinstance(arr, ArrayBase) else arr.shape
    if len(set(shape)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    return diag_indices(shape[0], arr.ndim)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803 (NumPy's name)
    """Powers of the elements of an array, one in each column, decreasing unless told otherwise.

    >>> import weft.array as da
    >>> da.vander(da.arange(1, 4, chunks=2), 3).compute()
    array([[1, 1, 1],
           [4, 2, 1],
           [9, 3, 1]])
    """
    array = chunked(x)
    if array.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    columns = sized(array.expr).shape[0] if N is None else N
    kind = np.promote_types(array.dtype, np.int_)
    exponents = arange(columns, chunks=-1)
    made = power(array.astype(kind)[:, None], exponents if increasing else exponents[::-1])
    return made.astype(kind)
