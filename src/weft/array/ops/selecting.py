"""Elements and places selected by functions: `take`, `compress`, `extract`, `nonzero` and their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import axis_largest
from weft.array.chunks import compress as compress_lengths
from weft.array.io.from_array import asarray
from weft.array.kernels import places as kernels
from weft.array.ops.broadcasting import bound
from weft.array.ops.casting import truth
from weft.array.ops.elementwise import elementwise
from weft.array.ops.entries import normal_positions
from weft.array.ops.fancy import points
from weft.array.ops.indexing import getitem, taken
from weft.array.ops.located import merged_lengths
from weft.array.ops.masking import compress_by, true_places
from weft.array.ops.positions import AtIndex, at_index
from weft.array.ops.sizes import known, known_along
from weft.array.ops.transposing import normal_axis

__all__ = ["argwhere", "compress", "extract", "flatnonzero", "nonzero", "shuffle", "take"]


def take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    """Elements at positions along an axis, as ``a[..., indices, ...]``.

    Parameters
    ----------
    a : array-like
    indices : array-like of int
        Of any shape; its axes take the place of ``axis``. May be a chunked array.
    axis : int, optional
        Without it, of all elements in C order.
    out : Array, optional
        Stands for the result from now on.
    mode : {"raise", "wrap", "clip"}
        What becomes of positions out of bounds: an error, counted round and round, or brought to the nearest.

    Raises
    ------
    IndexError
        If a position is out of bounds: at the call, or when a chunked array of positions is computed.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(10, chunks=4)
    >>> da.take(x, [7, 0, -1]).compute()
    array([7, 0, 9])
    """
    return bound(chosen(a, indices, axis, mode), out)


def chosen(a: Any, indices: Any, axis: int | None, mode: str) -> Any:
    """What `take` gives."""
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    x = asarray(a)
    if not isinstance(indices, ArrayBase):
        indices = np.asarray(indices)
        if indices.size == 0 and indices.dtype.kind == "f":
            indices = indices.astype(np.intp)
    if indices.dtype.kind not in "iub":
        raise TypeError(f"Cannot cast array data from {indices.dtype!r} to dtype('int64') according to the rule 'safe'")
    if axis is not None:
        x = x if x.ndim else getitem(x, None)
        place = normal_axis(axis, x.ndim)
        expr = known_along(x.expr, place)
        if isinstance(indices, ArrayBase):
            return at_index(expr, (place,), [indices], mode)
        return new(points(expr, (place,), [moded(indices, expr.shape[place], mode, place)]))
    x = known(x)
    if x.ndim == 1:
        return take(x, indices, 0, mode=mode)
    if not x.ndim:
        return take(getitem(x, None), indices, 0, mode=mode)
    axes = tuple(range(x.ndim))
    if isinstance(indices, ArrayBase):
        made = elementwise(kernels.checked, indices, length=x.size, mode=mode)
        return new(AtIndex(x.expr, axes, made.expr))
    flat = moded(indices, x.size, mode, 0)
    return new(taken(x.expr, axes, np.unravel_index(flat, x.shape))[0])


def moded(indices: Any, length: int, mode: str, axis: int) -> Any:
    """Positions counted from the front, as the mode says."""
    if mode == "raise" or not indices.size:
        return normal_positions(indices, length, axis)
    if not length:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    return kernels.checked(indices, length, mode)


def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    """Elements along an axis where a condition holds.

    Parameters
    ----------
    condition : array-like of bool, with one axis
        May be shorter than the axis: what lies beyond is left out.
    a : array-like
    axis : int, optional
        Without it, of all elements in C order.
    out : Array, optional
        Stands for the result from now on.

    Examples
    --------
    >>> import weft.array as da
    >>> da.compress([False, True], da.ones((3, 2), chunks=1), axis=0).shape
    (1, 2)
    """
    return bound(compressed(condition, a, axis), out)


def compressed(condition: Any, a: Any, axis: int | None) -> Any:
    """What `compress` gives."""
    x = asarray(a)
    if not isinstance(condition, ArrayBase):
        condition = np.asarray(condition)
    if condition.ndim != 1:
        raise ValueError(f"condition must be a 1-d array, and this one has {condition.ndim} axes")
    if isinstance(condition, np.ndarray):
        return take(x, np.flatnonzero(condition), axis)
    if axis is None and x.ndim != 1:
        return take(x, flatnonzero(condition))
    place = normal_axis(0 if axis is None else axis, x.ndim)
    mask = truth(condition)
    if mask.expr.shape[0] != x.expr.shape[place]:
        expr, mask = known_along(x.expr, place), known(mask)
        if mask.shape[0] > expr.shape[place]:
            return take(new(expr), flatnonzero(mask), place)
        x = getitem(new(expr), (*[slice(None)] * place, slice(0, mask.shape[0])))
    return new(compress_by(x.expr, mask.expr, place))


def extract(condition: Any, arr: Any) -> Any:
    """The elements where a condition holds, along one axis, in C order.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=4)
    >>> da.extract(x % 2 == 0, x).compute()
    array([0, 2, 4])
    """
    x = asarray(arr)
    if not isinstance(condition, ArrayBase):
        condition = np.asarray(condition).astype(bool)
    if condition.shape == x.shape and x.ndim:
        return getitem(x, truth(condition))
    places = np.flatnonzero(condition) if isinstance(condition, np.ndarray) else flatnonzero(condition)
    return take(x, places)


def argwhere(a: Any) -> Any:
    """Coordinates of the elements that are not zero, a row for each, in C order.

    How many there are is not known before it is computed; see `Array.compute_chunk_sizes`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.argwhere(da.arange(4, chunks=2) % 2 == 1).compute()
    array([[1],
           [3]])
    """
    x = asarray(a)
    if not x.ndim:
        return argwhere(getitem(x, None))[:, :0]
    return true_places(truth(x).expr)


def nonzero(a: Any) -> tuple[Any, ...]:
    """Where the elements are not zero: for each axis an array of the places, in C order.

    How many there are is not known before it is computed; all that is selected by one condition is known to be equally
    long, so that the results go together with each other and with ``x[condition]``.

    Examples
    --------
    >>> import weft.array as da
    >>> (where,) = da.nonzero(da.arange(6, chunks=2) > 3)
    >>> where.compute()
    array([4, 5])
    """
    x = asarray(a)
    if not x.ndim:
        raise ValueError("Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.")
    places = argwhere(x)
    return tuple([places[:, axis] for axis in range(x.ndim)])


def flatnonzero(a: Any) -> Any:
    """Places of the elements that are not zero, counted in C order over all axes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.flatnonzero(da.ones((2, 2), chunks=1)).compute()
    array([0, 1, 2, 3])
    """
    x = asarray(a)
    if not x.ndim:
        x = getitem(x, None)
    x = known(x)
    coordinates = nonzero(x)
    if len(coordinates) == 1:
        return coordinates[0]
    strides = [prod(x.shape[axis + 1 :]) for axis in range(x.ndim)]
    total = coordinates[0] * strides[0]
    for each, stride in zip(coordinates[1:], strides[1:], strict=True):
        total = total + each * stride
    return total


def shuffle(x: Any, indexer: Sequence[Sequence[int]], axis: int = 0, chunks: Any = "auto") -> Any:
    """Positions of an axis in a new order, given in groups; a group is never cut by a chunk border.

    Parameters
    ----------
    x : Array
    indexer : list of lists of int
        Groups of positions along the axis. Neighbouring groups share a chunk while it is no longer than ``chunks``.
    axis : int
    chunks : int or "auto"
        Length that chunks are to have; by default that of the longest chunk of the source.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=3)
    >>> da.shuffle(x, [[0, 3], [1, 4], [2, 5]], 0).compute()
    array([0, 3, 1, 4, 2, 5])
    """
    if not isinstance(indexer, list) or not all(isinstance(group, (list, np.ndarray)) for group in indexer):
        raise ValueError("shuffle() takes a list of lists of positions, e.g. [[0, 3], [1, 2]]")
    x = asarray(x)
    place = normal_axis(axis, x.ndim)
    expr = known_along(x.expr, place)
    length = expr.shape[place]
    groups = [np.asarray(group) for group in indexer if len(group)]
    if any(group.dtype.kind not in "iu" or group.ndim != 1 for group in groups):
        raise ValueError("shuffle() takes groups of whole numbers")
    flat = np.concatenate(groups) if groups else np.empty(0, np.intp)
    if flat.size and (flat.min() < 0 or flat.max() >= length):
        raise IndexError(
            f"indexer contains out of bounds index: positions along axis {place} are from 0 to {length - 1}, "
            f"and these from {flat.min()} to {flat.max()}"
        )
    most = axis_largest(length, expr.grid[place]) if chunks is None or chunks == "auto" else int(chunks)
    lengths = merged_lengths([len(group) for group in groups], max(1, most)) or [0]
    return new(points(expr, (place,), [flat.astype(np.intp)], (compress_lengths(lengths),)))


def shuffle_slice(x: Any, index: Any) -> Any:
    """``x[index]`` for positions along the first axis in any order; chunks stay as long as they are.

    Examples
    --------
    >>> import weft.array as da
    >>> shuffle_slice(da.arange(4, chunks=2), [2, 0, 3, 1]).compute()
    array([2, 0, 3, 1])
    """
    return getitem(x, np.asarray(index))


class SelectingMethods(ArrayBase):
    """Elements and places selected."""

    __slots__ = ()

    def take(self, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
        """Elements at positions along an axis; see `weft.array.take`."""
        return take(self, indices, axis, out, mode)

    def compress(self, condition: Any, axis: int | None = None, out: Any = None) -> Any:
        """Elements along an axis where a condition holds; see `weft.array.compress`."""
        return compress(condition, self, axis, out)

    def nonzero(self) -> tuple[Any, ...]:
        """Where the elements are not zero; see `weft.array.nonzero`."""
        return nonzero(self)

    def shuffle(self, indexer: Sequence[Sequence[int]], axis: int = 0, chunks: Any = "auto") -> Any:
        """Positions of an axis in a new order, given in groups; see `weft.array.shuffle`."""
        return shuffle(self, indexer, axis, chunks)
