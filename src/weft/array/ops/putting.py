"""NumPy's functions that write into an array: `put`, `place`, `putmask`, `copyto`, `fill_diagonal`.

They give the array that they are called with a new expression, as ``x[index] = value`` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.io.from_array import asarray, from_array
from weft.array.kernels import places as kernels
from weft.array.ops.assignment import assigned
from weft.array.ops.casting import truth
from weft.array.ops.elementwise import elementwise
from weft.array.ops.indexing import getitem
from weft.array.ops.masked_assignment import chosen_value
from weft.array.ops.masking import in_order, mask_cut, masked_grid
from weft.array.ops.rechunking import laid_out
from weft.array.ops.scattering import SetAtIndex, set_at_points
from weft.array.ops.selecting import moded
from weft.array.ops.sizes import counted, known

__all__ = ["copyto", "fill_diagonal", "place", "put", "putmask"]


def target(a: Any, function: str) -> Any:
    """The array that is written to; only a chunked one will do."""
    if not isinstance(a, ArrayBase):
        raise TypeError(
            f"{function}() changes a chunked array, not a {type(a).__name__}: use numpy.{function}, or asarray() first"
        )
    return a


def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Set elements at linear places, counted in C order. Changes ``a``.

    Parameters
    ----------
    a : Array
    ind : array-like of int
    v : array-like
        Repeated if there are fewer values than places.
    mode : {"raise", "wrap", "clip"}
        What becomes of places out of bounds.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(5, chunks=2)
    >>> da.put(x, [0, 2], [-44, -55])
    >>> x.compute()
    array([-44,   1, -55,   3,   4])
    """
    x = known(target(a, "put"))
    if not np.size(v):
        return
    axes = tuple(range(x.ndim))
    if isinstance(ind, ArrayBase):
        index = elementwise(kernels.checked, ind, length=x.size, mode=mode)
        if index.ndim != 1:
            raise ValueError("put() takes a chunked array of places with one axis: use ravel() first")
        value: Any = v
        if np.ndim(v):
            index = known(index)
            value = repeated(v, index.shape[0])
            value = value.expr
        a.expr = SetAtIndex(x.expr, axes, index.expr, value)
        return
    places = moded(np.asarray(ind).reshape(-1), x.size, mode, 0)
    if not places.size:
        return
    value = repeated(v, places.size).expr if np.ndim(v) else v
    if isinstance(value, ArrayBase):
        value = value.expr
    if not x.ndim:
        a.expr = assigned(x, (), getitem(new(value), -1) if np.ndim(v) else value)
        return
    a.expr = set_at_points(x.expr, axes, np.unravel_index(places, x.shape), [0], value)


def repeated(values: Any, count: int) -> Any:
    """Values along one axis, over and over, ``count`` of them."""
    if isinstance(values, ArrayBase):
        values = known(values)
        flat = values if values.ndim == 1 else values.ravel()
        if not flat.shape[0]:
            raise ValueError("cannot put values from an empty array")
        return flat[:count] if flat.shape[0] >= count else flat[np.arange(count) % flat.shape[0]]
    flat = np.asanyarray(values).reshape(-1)
    if not flat.size:
        raise ValueError("cannot put values from an empty array")
    return from_array(flat[np.arange(count) % flat.size], chunks=-1)


def place(arr: Any, mask: Any, vals: Any) -> None:
    """Set elements where a mask holds to values, in order, over and over. Changes ``arr``.

    Where there is more than one value, how many places the mask has is counted at the call.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=4)
    >>> da.place(x, x > 2, [44, 55])
    >>> x.compute()
    array([ 0,  1,  2, 44, 55, 44])
    """
    x = target(arr, "place")
    where = truth(asarray(mask))
    if where.shape != x.shape:
        x, where = known(x), known(where)
        if where.size != x.size:
            raise ValueError("place: mask and data must be the same size")
        if where.shape != x.shape:
            where = where.reshape(x.shape)
    if np.size(vals) == 1 and not isinstance(vals, ArrayBase):
        arr.expr = assigned(x, where, np.asarray(vals).reshape(())[()])
        return
    expr = in_order(where.expr)
    count = sum(counted(mask_cut(expr, masked_grid(x.expr, expr, 0)))) if x.ndim else int(where.compute())
    if not count:
        return
    if np.size(vals) == 0:
        raise ValueError("Cannot insert from an empty array!")
    values = repeated(vals, count)
    arr.expr = assigned(x, where, values if x.ndim else values[0])


def putmask(a: Any, mask: Any, values: Any) -> None:
    """Set elements where a mask holds to the values at the same places. Changes ``a``.

    Parameters
    ----------
    a : Array
    mask : array-like of bool
        Of the shape of ``a``.
    values : array-like
        Of the shape of ``a``; values of another size are repeated to its size, in C order.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(5, chunks=2)
    >>> da.putmask(x, x > 2, x * 10)
    >>> x.compute()
    array([ 0,  1,  2, 30, 40])
    """
    x = target(a, "putmask")
    where = truth(asarray(mask))
    if where.shape != x.shape:
        raise ValueError("putmask: mask and data must be the same size")
    if not np.size(values):
        return
    if np.size(values) != 1 and np.shape(values) != x.shape:
        x = known(x)
        values = repeated(values, x.size)
        if x.ndim != 1:
            values = values.reshape(x.shape)
    elif np.size(values) == 1:
        values = asarray(values).reshape(()) if np.ndim(values) else values
    a.expr = laid_out(chosen_value(x.expr, where.expr, values), x.expr.grid)


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Copy values into an array, broadcast to its shape. Changes ``dst``.

    Parameters
    ----------
    dst : Array
    src : array-like
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
        Which changes of dtype are allowed.
    where : array-like of bool
        Where values are copied.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.zeros(3, chunks=2)
    >>> da.copyto(x, [1, 2, 3], where=[True, False, True])
    >>> x.compute()
    array([1., 0., 3.])
    """
    x = target(dst, "copyto")
    if isinstance(src, ArrayBase):
        if not np.can_cast(src.dtype, x.dtype, casting):  # type: ignore[arg-type]
            raise TypeError(
                f"Cannot cast array data from {src.dtype!r} to {x.dtype!r} according to the rule {casting!r}"
            )
    else:
        src = np.asarray(src) if np.ndim(src) else src
        np.copyto(np.empty(np.shape(src), x.dtype), src, casting)  # type: ignore[arg-type]
    if where is True:
        x.expr = assigned(x, Ellipsis, src)
        return
    mask = asarray(where)
    for each in (mask, src):
        if np.broadcast_shapes(np.shape(each), x.shape) != x.shape:
            raise ValueError(f"could not broadcast input array from shape {np.shape(each)} into shape {x.shape}")
    x.expr = laid_out(chosen_value(x.expr, mask.expr, src), x.expr.grid)


def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Set the main diagonal. Changes ``a``.

    Parameters
    ----------
    a : Array
        With at least two axes; with more than two, all of one length.
    val : array-like
        Repeated if it is shorter than the diagonal.
    wrap : bool
        Whether the diagonal of a tall array begins again below, after a row that is left out.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.zeros((2, 2), chunks=1)
    >>> da.fill_diagonal(x, 5)
    >>> x.compute()
    array([[5., 0.],
           [0., 5.]])
    """
    x = known(target(a, "fill_diagonal"))
    if x.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if x.ndim == 2:
        step = x.shape[1] + 1
        end = x.size if wrap else min(x.size, x.shape[1] * x.shape[1])
        places = np.unravel_index(np.arange(0, end, step), x.shape) if x.size else (np.empty(0, np.intp),) * 2
    else:
        if len(set(x.shape)) != 1:
            raise ValueError("All dimensions of input must be of equal length")
        places = (np.arange(x.shape[0]),) * x.ndim
    if not len(places[0]):
        return
    value = repeated(val, len(places[0])).expr if np.ndim(val) else val
    a.expr = set_at_points(x.expr, tuple(range(x.ndim)), list(places), [0], value)


class PuttingMethods(ArrayBase):
    """Methods that write into the array."""

    __slots__ = ()

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """Set elements at linear places; see `weft.array.put`."""
        put(self, indices, values, mode)
