"""Positions of an axis left out or put in: `delete`, `insert`, `trim_zeros`."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.io.from_array import asarray, from_array
from weft.array.ops.assignment import set_region
from weft.array.ops.elementwise import elementwise
from weft.array.ops.entries import normal_positions
from weft.array.ops.fancy import points
from weft.array.ops.indexing import arranged, getitem, sliced
from weft.array.ops.rechunking import laid_out
from weft.array.ops.scattering import set_at_points
from weft.array.ops.selecting import nonzero
from weft.array.ops.sizes import known, known_along
from weft.array.ops.transposing import normal_axis

__all__ = ["delete", "insert", "trim_zeros"]


def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """An array without some positions along an axis.

    Parameters
    ----------
    arr : array-like
    obj : slice, int, array-like of int or bool
        The positions, or a mask of them. A chunked array of integers is computed; a chunked mask is not.
    axis : int, optional
        Without it the array is flattened first.

    Examples
    --------
    >>> import weft.array as da
    >>> da.delete(da.arange(6, chunks=4), [0, -1]).compute()
    array([1, 2, 3, 4])
    """
    x, place = along(arr, axis)
    if isinstance(obj, ArrayBase) and obj.dtype.kind == "b" and obj.ndim == 1:
        return getitem(x, (*[slice(None)] * place, elementwise(np.logical_not, obj)))
    length = x.shape[place]
    if isinstance(obj, slice):
        gone = range(*obj.indices(length))
        if not gone:
            return new(x.expr)
        keep = np.ones(length, bool)
        keep[np.arange(gone.start, gone.stop, gone.step)] = False
    else:
        keep = np.ones(length, bool)
        chosen = np.asarray(obj)
        if chosen.dtype.kind == "b":
            if chosen.shape != (length,):
                raise ValueError(
                    f"boolean array argument `obj` to delete must be one-dimensional and match the axis length of {length}"
                )
            keep = ~chosen
        else:
            if chosen.size == 0 and not hasattr(obj, "dtype"):
                chosen = chosen.astype(np.intp)
            if chosen.dtype.kind not in "iu":
                raise IndexError("arrays used as indices must be of integer (or boolean) type")
            keep[normal_positions(chosen, length, place)] = False
    return new(points(x.expr, (place,), [np.flatnonzero(keep)]))


def along(arr: Any, axis: int | None) -> tuple[Any, int]:
    """An array with its length along an axis known, and the axis; flattened where there is none."""
    x = asarray(arr)
    if axis is None:
        x = known(x)
        return (x if x.ndim == 1 else x.ravel()), 0
    place = normal_axis(axis, x.ndim)
    return new(known_along(x.expr, place)), place


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """An array with values put in before some positions of an axis.

    Parameters
    ----------
    arr : array-like
    obj : slice, int, array-like of int or bool
        The positions, as they are in ``arr``. A chunked array is computed.
    values : array-like
        Broadcast to what is put in, and cast to the dtype of ``arr``.
    axis : int, optional
        Without it the array is flattened first.

    Examples
    --------
    >>> import weft.array as da
    >>> da.insert(da.arange(4, chunks=2), [1, 3], [10, 30]).compute()
    array([ 0, 10,  1,  2, 30,  3])
    """
    x, place = along(arr, axis)
    length = x.shape[place]
    if isinstance(obj, slice):
        obj = np.arange(*obj.indices(length))
    where = np.asarray(obj)
    if where.dtype.kind == "b":
        where = np.flatnonzero(where)
    if where.ndim > 1:
        raise ValueError("index array argument obj to insert must be one dimensional or scalar")
    if where.size == 0 and not hasattr(obj, "dtype"):
        where = where.astype(np.intp)
    if where.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    value = asarray(values) if isinstance(values, ArrayBase) else from_array(np.array(values, x.dtype), chunks=-1)
    expr = value.expr
    if expr.ndim < x.ndim:
        expr = arranged(expr, [*[None] * (x.ndim - expr.ndim), *range(expr.ndim)])
    if where.ndim == 0:
        order = list(range(1, expr.ndim))
        expr = arranged(expr, [*order[:place], 0, *order[place:]])
    count = known_along(expr, place).shape[place] if where.size == 1 else where.size
    numbers = np.insert(np.arange(length), where, -1 - np.arange(count))
    put_in = np.flatnonzero(numbers < 0)
    if not length:
        grown = new(laid_out(x.expr, x.expr.grid))
        whole = tuple([count if axis == place else each for axis, each in enumerate(grown.shape)])
        region = tuple([(0, 1, each) for each in whole])
        base = from_array(np.broadcast_to(np.zeros((), x.dtype), whole), chunks=-1)
        return new(set_region(base.expr, region, tuple(range(x.ndim)), expr))
    kept = np.maximum(np.maximum.accumulate(numbers), 0)
    made = points(x.expr, (place,), [kept])
    order_of_values = np.argsort(-numbers[put_in], kind="stable")
    return new(set_at_points(made, (place,), [put_in[order_of_values]], list(range(x.ndim)), expr))


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """An array without the zeros at its ends. Where they are is computed at the call.

    Parameters
    ----------
    filt : array-like
    trim : {"fb", "f", "b"}
        At the front, the back, or both.
    axis : int or tuple of int, optional
        Along which axes; all by default.

    Examples
    --------
    >>> import weft.array as da
    >>> import numpy as np
    >>> da.trim_zeros(da.from_array(np.array([0, 0, 1, 2, 0]), chunks=2)).compute()
    array([1, 2])
    """
    ends = trim.lower()
    if ends not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    x = known(asarray(filt))
    axes = range(x.ndim) if axis is None else [normal_axis(each, x.ndim) for each in np.atleast_1d(axis).tolist()]
    if x.ndim == 0:
        return new(x.expr)
    places = nonzero(x != 0 if x.dtype.kind == "O" else x)  # None is not a zero
    low, high = [], []
    bounds = [(0, 1, length) for length in x.shape]
    found = [known(each) for each in places]
    empty = found[0].shape[0] == 0
    for each in found:
        low.append(0 if empty else int(each.min().compute()))
        high.append(-1 if empty else int(each.max().compute()))
    for each in axes:
        start = low[each] if "f" in ends else 0
        stop = high[each] + 1 if "b" in ends else x.shape[each]
        if empty:
            start, stop = (0, 0)
        bounds[each] = (start, 1, max(0, stop - start))
    return new(sliced(x.expr, tuple(bounds)))
