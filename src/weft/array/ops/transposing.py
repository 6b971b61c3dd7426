"""Axes in another order, new axes of length 1, and such axes taken away."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr
from weft.array.kernels.numpy import axes_moved
from weft.array.ops.rechunking import laid_out
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["expand_dims", "moveaxis", "squeeze", "swapaxes", "transpose"]


@node
class Axes(ArrayExpr):
    """Axis ``k`` is axis ``axes[k]`` of the source, or a new one of length 1 where that is None."""

    source: ArrayExpr
    axes: tuple[int | None, ...]

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


def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order; reversed by default.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ones((2, 3), chunks=1).T.shape
    (3, 2)
    """
    order = tuple(reversed(range(x.ndim))) if axes is None else tuple([normal_axis(axis, x.ndim) for axis in axes])
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(f"axes don't match array: cannot transpose {x.ndim} axes to {tuple(axes)}")
    return x if order == tuple(range(x.ndim)) else new(Axes(x.expr, order))


def moveaxis(x: Any, source: int, destination: int) -> Any:
    """One axis brought to another place."""
    order = [axis for axis in range(x.ndim) if axis != normal_axis(source, x.ndim)]
    order.insert(normal_axis(destination, x.ndim), normal_axis(source, x.ndim))
    return transpose(x, order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    order = list(range(x.ndim))
    a, b = normal_axis(axis1, x.ndim), normal_axis(axis2, x.ndim)
    order[a], order[b] = b, a
    return transpose(x, order)


def squeeze(x: Any, axis: Any = None) -> Any:
    """Axes of length 1 taken away: all of them, or those given."""
    if axis is None:
        drop = [place for place, length in enumerate(x.shape) if length == 1]
    else:
        drop = [normal_axis(each, x.ndim) for each in (axis if isinstance(axis, tuple) else (axis,))]
        if any(x.shape[each] != 1 for each in drop):
            raise ValueError(f"cannot squeeze axes {drop} of an array of shape {x.shape}: their length is not 1")
    return new(Axes(x.expr, tuple([place for place in range(x.ndim) if place not in drop]))) if drop else x


def expand_dims(x: Any, axis: Any) -> Any:
    """New axes of length 1, at these places of the result."""
    wanted = axis if isinstance(axis, tuple) else (axis,)
    ndim = x.ndim + len(wanted)
    places = {normal_axis(each, ndim) for each in wanted}
    if len(places) != len(wanted):
        raise ValueError(f"cannot put two new axes at one place, as in axis={axis!r}")
    old = iter(range(x.ndim))
    return new(Axes(x.expr, tuple([None if place in places else next(old) for place in range(ndim)])))


def normal_axis(axis: Any, ndim: int) -> int:
    """An axis counted from the front."""
    place = axis.__index__()
    if not -ndim <= place < ndim:
        raise np.exceptions.AxisError(place, ndim)
    return int(place % ndim)


class TransposingMethods(ArrayBase):
    """Other orders of the axes."""

    __slots__ = ()

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """The axes reversed."""
        return transpose(self)

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; reversed by default."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            return transpose(self, axes[0])
        return transpose(self, axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """Axes of length 1 taken away."""
        return squeeze(self, axis)
