"""Axes in another order, new axes of length 1, and such axes taken away."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, as_tuple
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.numpy import axes_moved
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known, sized
from weft.callables import also_called
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "expand_dims",
    "moveaxis",
    "ndim",
    "permute_dims",
    "rollaxis",
    "shape",
    "size",
    "squeeze",
    "swapaxes",
    "transpose",
]


@node
class Axes(ArrayExpr):
    """Axis ``k`` is axis ``axes[k]`` of the source, or a new one of length 1 where that is None."""

    source: ArrayExpr
    axes: tuple[int | None, ...]

    holes = ()

    @property
    def label(self) -> str:
        return "transpose"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([1 if axis is None else self.source.shape[axis] for axis in self.axes])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return tuple([1 if axis is None else self.source.grid[axis] for axis in self.axes])

    def lower(self) -> Expr:
        kept = [axis for axis in self.axes if axis is not None]
        dropped = tuple([axis for axis in range(self.source.ndim) if axis not in kept])
        left = sorted(kept)
        order = tuple([left.index(axis) for axis in kept])
        new_at = tuple([place for place, axis in enumerate(self.axes) if axis is None])
        pick = tuple([self.axes.index(axis) if axis in kept else None for axis in range(self.source.ndim)])
        whole = tuple([1 if axis in dropped else cut for axis, cut in enumerate(self.source.grid)])
        return blockwise(
            self.outline, axes_moved, [(laid_out(self.source, whole), pick)], [Same(order), Same(new_at), Same(dropped)]
        )


def transpose(a: Any, axes: Any = None) -> Any:
    """Axes in another order; reversed by default.

    Parameters
    ----------
    a : array-like
    axes : sequence of int, optional
        Axis ``k`` of the result is axis ``axes[k]`` of the array.

    Examples
    --------
    >>> import weft.array as da
    >>> da.transpose(da.ones((2, 3), chunks=1)).shape
    (3, 2)
    """
    x = asarray(a)
    if axes is None:
        order = tuple(reversed(range(x.ndim)))
    else:
        given = tuple(axes)
        if len(given) != x.ndim:
            raise ValueError(f"axes don't match array: cannot transpose {x.ndim} axes to {given}")
        order = tuple([normal_axis(axis, x.ndim) for axis in given])
        if len(set(order)) != len(order):
            raise ValueError(f"repeated axis in transpose: {given}")
    return new(x.expr if order == tuple(range(x.ndim)) else Axes(x.expr, order))


def permute_dims(x: Any, /, axes: Any = None) -> Any:
    """Axes in another order: the array API standard's name for `transpose`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.permute_dims(da.ones((2, 3), chunks=1), (1, 0)).shape
    (3, 2)
    """
    return transpose(x, axes)


def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes brought to other places; the others stay in their order.

    Parameters
    ----------
    a : array-like
    source, destination : int or sequence of int
        Which axes, and where they are in the result.

    Examples
    --------
    >>> import weft.array as da
    >>> da.moveaxis(da.ones((2, 3, 4), chunks=1), [0, 1], [-1, -2]).shape
    (4, 3, 2)
    """
    x = asarray(a)
    moved, places = normal_axes(source, x.ndim, "source"), normal_axes(destination, x.ndim, "destination")
    if len(moved) != len(places):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [axis for axis in range(x.ndim) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis brought before another; `moveaxis` is easier to read.

    Examples
    --------
    >>> import weft.array as da
    >>> da.rollaxis(da.ones((3, 4, 5), chunks=1), 2).shape
    (5, 3, 4)
    """
    x = asarray(a)
    axis, before = normal_axis(axis, x.ndim), operator.index(start)
    if before < 0:
        before += x.ndim
    if not 0 <= before <= x.ndim:
        raise np.exceptions.AxisError(
            f"'start' arg requires {-x.ndim} <= start < {x.ndim + 1}, but {start} was passed in"
        )
    order = [each for each in range(x.ndim) if each != axis]
    order.insert(before - (axis < before), axis)
    return transpose(x, order)


def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged.

    Examples
    --------
    >>> import weft.array as da
    >>> da.swapaxes(da.ones((2, 3, 4), chunks=1), 0, 2).shape
    (4, 3, 2)
    """
    x = asarray(a)
    order = list(range(x.ndim))
    first, second = normal_axis(axis1, x.ndim), normal_axis(axis2, x.ndim)
    order[first], order[second] = second, first
    return transpose(x, order)


def squeeze(a: Any, axis: Any = None) -> Any:
    """Axes of length 1 taken away: all of them, or those given.

    Examples
    --------
    >>> import weft.array as da
    >>> da.squeeze(da.ones((1, 3, 1), chunks=1), axis=0).shape
    (3, 1)
    """
    x = asarray(a)
    if axis is None:
        x = known(x)
        drop = [place for place, length in enumerate(x.shape) if length == 1]
    else:
        if x.ndim == 0 and axis in (0, -1):
            return x  # as NumPy has it
        drop = normal_axes(axis, x.ndim, "axis")
        x = new(sized(x.expr, tuple(drop)))
        if any(x.shape[each] != 1 for each in drop):
            raise ValueError(
                "cannot select an axis to squeeze out which has size not equal to one: "
                f"axis={axis!r} of an array of shape {x.shape}"
            )
    return new(Axes(x.expr, tuple([place for place in range(x.ndim) if place not in drop])) if drop else x.expr)


def expand_dims(a: Any, axis: Any) -> Any:
    """New axes of length 1, at these places of the result.

    Examples
    --------
    >>> import weft.array as da
    >>> da.expand_dims(da.ones((2, 3), chunks=1), (0, -1)).shape
    (1, 2, 3, 1)
    """
    x = asarray(a)
    count = len(as_tuple(axis))
    places = normal_axes(axis, x.ndim + count, "axis")
    old = iter(range(x.ndim))
    return new(Axes(x.expr, tuple([None if place in places else next(old) for place in range(x.ndim + count)])))


def atleast_1d(*arys: Any) -> Any:
    """Arrays with at least one axis: scalars get one.

    Examples
    --------
    >>> import weft.array as da
    >>> da.atleast_1d(5).shape
    (1,)
    """
    return one_or_all([expand_dims(x, 0) if x.ndim == 0 else x for x in map(asarray, arys)])


def atleast_2d(*arys: Any) -> Any:
    """Arrays with at least two axes: one-dimensional ones become rows.

    Examples
    --------
    >>> import weft.array as da
    >>> da.atleast_2d(da.ones(3, chunks=3)).shape
    (1, 3)
    """
    return one_or_all([expand_dims(x, tuple(range(2 - x.ndim))) if x.ndim < 2 else x for x in map(asarray, arys)])


def atleast_3d(*arys: Any) -> Any:
    """Arrays with at least three axes: of length ``(1, n, 1)`` and ``(m, n, 1)`` where there are fewer.

    Examples
    --------
    >>> import weft.array as da
    >>> da.atleast_3d(da.ones(3, chunks=3)).shape
    (1, 3, 1)
    """
    added = {0: (0, 1, 2), 1: (0, 2), 2: (2,)}
    return one_or_all([expand_dims(x, added[x.ndim]) if x.ndim < 3 else x for x in map(asarray, arys)])


def one_or_all(made: list[Any]) -> Any:
    """The only one, or a tuple of all."""
    return made[0] if len(made) == 1 else tuple(made)


def ndim(a: Any) -> int:
    """Number of axes of an array-like.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ndim([[1, 2]])
    2
    """
    return int(a.ndim) if hasattr(a, "ndim") else np.ndim(a)


@also_called(array="a")
def shape(a: Any) -> tuple[int, ...]:
    """Lengths of the axes of an array-like.

    Examples
    --------
    >>> import weft.array as da
    >>> da.shape([[1, 2]])
    (1, 2)
    """
    return tuple(a.shape) if hasattr(a, "shape") else np.shape(a)


def size(a: Any, axis: Any = None) -> int:
    """Number of elements of an array-like: of all, or along axes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.size(da.ones((2, 3), chunks=1)), da.size(da.ones((2, 3), chunks=1), 1)
    (6, 3)
    """
    lengths = shape(a)
    axes = range(len(lengths)) if axis is None else normal_axes(axis, len(lengths), "axis")
    return prod([lengths[each] for each in axes])


def normal_axes(axes: Any, ndim: int, what: str) -> list[int]:
    """One axis, or a sequence of them, counted from the front; each at most once."""
    given = as_tuple(axes) if isinstance(axes, Iterable) else (axes,)
    places = []
    for each in given:
        try:
            places.append(normal_axis(each, ndim))
        except np.exceptions.AxisError:
            raise np.exceptions.AxisError(each, ndim, what) from None
    if len(set(places)) != len(places):
        raise ValueError(f"repeated axis in `{what}` argument: {axes!r}")
    return places


def normal_axis(axis: Any, ndim: int) -> int:
    """An axis counted from the front."""
    try:
        place = operator.index(axis)
    except TypeError:
        raise TypeError(f"an axis is a whole number, not {axis!r} (a {type(axis).__name__})") from None
    if not -ndim <= place < ndim:
        raise np.exceptions.AxisError(place, ndim)
    return place % ndim


class TransposingMethods(ArrayBase):
    """Other orders of the axes."""

    __slots__ = ()

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """The axes reversed."""
        return transpose(self)

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; reversed by default."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list, np.ndarray))):
            return transpose(self, axes[0])
        return transpose(self, axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """Axes of length 1 taken away: all of them, or those given."""
        return squeeze(self, axis)
