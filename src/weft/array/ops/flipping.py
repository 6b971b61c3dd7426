"""The same elements in another order along their axes: reversed, rolled, turned by right angles."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import as_tuple
from weft.array.io.from_array import asarray
from weft.array.ops.joining import concatenate
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reshaping import ravel, reshape
from weft.array.ops.sizes import known, known_along
from weft.array.ops.transposing import normal_axes, normal_axis, transpose
from weft.callables import also_called

__all__ = ["flip", "fliplr", "flipud", "roll", "rot90"]


def flip(m: Any, axis: Any = None) -> Any:
    """The elements in reverse order along axes; all axes by default.

    Examples
    --------
    >>> import weft.array as da
    >>> da.flip(da.arange(4, chunks=3)).compute()
    array([3, 2, 1, 0])
    """
    x = asarray(m)
    axes = range(x.ndim) if axis is None else normal_axes(axis, x.ndim, "axis")
    return x[tuple([slice(None, None, -1) if place in axes else slice(None) for place in range(x.ndim)])]


def fliplr(m: Any) -> Any:
    """The second axis reversed.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fliplr(da.arange(4, chunks=2).reshape(2, 2)).compute()
    array([[1, 0],
           [3, 2]])
    """
    x = asarray(m)
    if x.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(x, 1)


def flipud(m: Any) -> Any:
    """The first axis reversed.

    Examples
    --------
    >>> import weft.array as da
    >>> da.flipud(da.arange(3, chunks=2)).compute()
    array([2, 1, 0])
    """
    x = asarray(m)
    if x.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return flip(x, 0)


@also_called(array="a")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """The elements moved along axes; those that leave at the end come in at the start.

    The result is cut like the array.

    Parameters
    ----------
    a : array-like
    shift : int or tuple of int
        By how many places; one for each axis, or one for all.
    axis : int or tuple of int, optional
        By default the array is flattened first, and gets its shape back.

    Examples
    --------
    >>> import weft.array as da
    >>> da.roll(da.arange(5, chunks=2), 2).compute()
    array([3, 4, 0, 1, 2])
    """
    x = asarray(a)
    if axis is None:
        x = known(x)
        flat = roll(ravel(x), shift, 0)
        return new(laid_out(reshape(flat, x.shape).expr, x.expr.grid))
    shifts = np.broadcast(shift, as_tuple(axis))
    if shifts.ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    moved: dict[int, int] = {}
    for each, place in shifts:
        where = normal_axis(place, x.ndim)
        moved[where] = moved.get(where, 0) + operator.index(each)
    for where in moved:
        x = new(known_along(x.expr, where))
    grid = x.expr.grid
    for where, by in moved.items():
        length = x.shape[where]
        if length and by % length:
            at = length - by % length
            before = (slice(None),) * where
            x = concatenate([x[(*before, slice(at, None))], x[(*before, slice(None, at))]], where, dtype=x.dtype)
    return new(laid_out(x.expr, grid))


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """An array turned by right angles in the plane of two axes, from the first towards the second.

    Examples
    --------
    >>> import weft.array as da
    >>> da.rot90(da.arange(4, chunks=2).reshape(2, 2)).compute()
    array([[1, 3],
           [0, 2]])
    """
    x = asarray(m)
    plane = tuple(axes)
    if len(plane) != 2:
        raise ValueError("len(axes) must be 2.")
    first, second = (normal_axis(each, x.ndim) for each in plane)
    if first == second:
        raise ValueError("Axes must be different.")
    turns = k % 4
    if turns == 0:
        return new(x.expr)
    if turns == 2:
        return flip(x, (first, second))
    order = list(range(x.ndim))
    order[first], order[second] = second, first
    if turns == 1:
        return transpose(flip(x, second), order)
    return flip(transpose(x, order), second)
