"""Norms of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.io.from_array import asarray
from weft.array.ops.elementwise import absolute, cast, elementwise, multiply, power, sqrt
from weft.array.ops.linalg_svd import svdvals
from weft.array.ops.reductions import max as max_of
from weft.array.ops.reductions import min as min_of
from weft.array.ops.reductions import sum as sum_of
from weft.array.ops.transposing import expand_dims, normal_axis

__all__ = ["matrix_norm", "norm", "vector_norm"]


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of a vector or a matrix, or of each along axes.

    Parameters
    ----------
    x : array-like
    ord : {None, number, inf, -inf, 'fro', 'nuc'}
        For vectors a number is the power of a p-norm; for matrices 1, -1, 2, -2, infinite numbers, ``'fro'`` and ``'nuc'`` mean
        what they mean in NumPy. By default the square root of the sum of squares.
    axis : int or (int, int), optional
        One axis for norms of vectors, two for norms of matrices. All axes by default, of which there are one or two, unless
        ``ord`` is None.
    keepdims : bool
        Whether the axes stay, with length 1.

    Raises
    ------
    ValueError
        There is no such norm for so many axes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.norm(da.asarray([3.0, 4.0], chunks=1)).compute()
    np.float64(5.0)
    """
    a = inexact(asarray(x))
    if axis is None:
        axes = tuple(range(a.ndim))
        if ord is None or (ord in ("f", "fro") and a.ndim == 2) or (ord == 2 and a.ndim == 1):
            return of_vectors(a, 2, axes, keepdims)
    else:
        axes = as_axes(axis, a.ndim)
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"Invalid norm order {ord!r} for vectors: give a number")
        return of_vectors(a, 2 if ord is None else ord, axes, keepdims)
    if len(axes) == 2:
        return of_matrices(a, "fro" if ord is None else ord, (axes[0], axes[1]), keepdims)
    raise ValueError(f"Improper number of dimensions to norm: {len(axes)}. Give one axis, or two.")


def inexact(a: Any) -> Any:
    """An array of floats; integers are converted."""
    if a.dtype.kind in "fcO":
        return a
    return elementwise(cast, a, dtype=np.dtype(float))


def as_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front."""
    if isinstance(axis, tuple):
        axes = tuple([normal_axis(each, ndim) for each in axis])
    else:
        try:
            axes = (normal_axis(axis, ndim),)
        except TypeError:
            raise TypeError("'axis' must be None, an integer or a tuple of integers") from None
    if len(set(axes)) < len(axes):
        raise ValueError("Duplicate axes given.")
    return axes


def of_vectors(a: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """A p-norm of all elements along axes."""
    size = absolute(a)
    if ord == np.inf:
        return largest_of(size, axes, keepdims)
    if ord == -np.inf:
        return min_of(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum_of((a != 0).astype(size.dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum_of(size, axis=axes, keepdims=keepdims)
    if ord == 2:
        return sqrt(sum_of(multiply(size, size), axis=axes, keepdims=keepdims))
    if not isinstance(ord, (int, float, np.number)):
        raise ValueError(f"Invalid norm order {ord!r} for vectors: give a number")
    return power(sum_of(power(size, float(ord)), axis=axes, keepdims=keepdims), 1 / float(ord))


def of_matrices(a: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    """A norm of matrices in two axes."""
    row, column = axes
    if ord in ("fro", "f"):
        return of_vectors(a, 2, axes, keepdims)
    if ord in (1, -1):
        return extreme(absolute(a), row, column, ord > 0, keepdims)
    if ord in (np.inf, -np.inf):
        return extreme(absolute(a), column, row, ord > 0, keepdims)
    if ord in (2, -2, "nuc"):
        others = [axis for axis in range(a.ndim) if axis not in axes]
        s = svdvals(a.transpose([*others, row, column]))
        made = (
            sum_of(s, axis=-1)
            if ord == "nuc"
            else largest_of(s, (s.ndim - 1,), False)
            if ord == 2
            else min_of(s, axis=-1)
        )
        return expand_dims(made, tuple(sorted(axes))) if keepdims else made
    raise ValueError(f"Invalid norm order {ord!r} for matrices: give 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc'")


def extreme(size: Any, summed: int, left: int, largest: bool, keepdims: bool) -> Any:
    """The largest (or smallest) of sums along an axis."""
    sums = sum_of(size, axis=summed, keepdims=True)
    made = largest_of(sums, (left,), True) if largest else min_of(sums, axis=left, keepdims=True)
    return made if keepdims else made.squeeze((summed, left))


def largest_of(size: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The largest of sizes along axes; 0 where there are none."""
    if all(size.shape[axis] for axis in axes):
        return max_of(size, axis=axes, keepdims=keepdims)
    return max_of(size, axis=axes, keepdims=keepdims, initial=0)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """A p-norm of all elements, or of those along one or more axes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.vector_norm(da.ones((4, 4), chunks=2)).compute()
    np.float64(4.0)
    """
    a = inexact(asarray(x))
    axes = tuple(range(a.ndim)) if axis is None else as_axes(axis, a.ndim)
    return of_vectors(a, ord, axes, keepdims)


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """A norm of the matrix in the last two axes; see `norm`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.matrix_norm(da.ones((3, 4, 4), chunks=2)).compute()
    array([4., 4., 4.])
    """
    a = inexact(asarray(x))
    if a.ndim < 2:
        raise np.exceptions.AxisError(-2, a.ndim)
    return of_matrices(a, "fro" if ord is None else ord, (a.ndim - 2, a.ndim - 1), keepdims)
