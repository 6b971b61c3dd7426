"""Positions along one axis that differ from line to line: `take_along_axis` and `put_along_axis`.

The axis is put into one chunk, the other axes are cut finer where blocks would become too large for it.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft import config
from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, axis_largest, common_cut, regular
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.io.from_array import asarray, from_array
from weft.array.kernels.assignment import put_along
from weft.array.kernels.indexing import take_along
from weft.array.ops.assignment import read_value
from weft.array.ops.broadcasting import broadcast_to
from weft.array.ops.elementwise import broadcast_shape
from weft.array.ops.entries import normal_positions
from weft.array.ops.indexing import arranged
from weft.array.ops.rechunking import laid_out
from weft.array.ops.selecting import take
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["put_along_axis", "take_along_axis"]


@node
class TakeAlong(ArrayExpr):
    """For each line along an axis the elements at that line's positions; other axes are broadcast."""

    source: ArrayExpr
    index: ArrayExpr
    axis: int
    #: How the other axes are cut (and the index along its own).
    grid: Grid

    @derived
    def shape(self) -> tuple[int, ...]:
        lines = broadcast_shape([without(self.source.shape, self.axis), without(self.index.shape, self.axis)], "take")
        return (*lines[: self.axis], self.index.shape[self.axis], *lines[self.axis :])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        inputs = []
        for each in (self.source, self.index):
            own = each is self.index
            cuts: list[Cut] = []
            pick: list[int | None] = []
            for axis, (length, cut) in enumerate(zip(each.shape, self.grid, strict=True)):
                if axis == self.axis:
                    cuts.append(cut if own else max(1, length))
                    pick.append(axis if own else None)
                elif length == self.shape[axis]:
                    cuts.append(cut)
                    pick.append(axis)
                else:
                    cuts.append(1)
                    pick.append(None)
            inputs.append((laid_out(each, tuple(cuts)), tuple(pick)))
        return blockwise(self.outline, take_along, inputs, [Same(self.axis)])


@node
class PutAlong(SameLayout):
    """For each line along an axis values at that line's positions; the axis is in one chunk."""

    index: ArrayExpr
    value: Any
    axis: int

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        own = tuple(range(self.ndim))
        inputs: list[Any] = [(self.source, own)]
        for each in (self.index, self.value):
            if not isinstance(each, ArrayExpr):
                continue
            cuts = [
                max(1, length) if axis == self.axis else cut if length == self.shape[axis] else 1
                for axis, (length, cut) in enumerate(zip(each.shape, self.grid, strict=True))
            ]
            pick = [
                None if axis == self.axis or length != self.shape[axis] else axis
                for axis, length in enumerate(each.shape)
            ]
            inputs.append((laid_out(each, tuple(cuts)), tuple(pick)))
        if isinstance(self.value, ArrayExpr):
            return blockwise(self.outline, put_along, inputs, [Same(self.axis)])
        return blockwise(self.outline, put_along, inputs, [Same(self.value), Same(self.axis)])


def without(values: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    """Values by axis without one."""
    return (*values[:axis], *values[axis + 1 :])


def index_for(x: Any, indices: Any, axis: int) -> Any:
    """Positions as a chunked array, checked if they are at hand."""
    if isinstance(indices, ArrayBase):
        if indices.dtype.kind not in "iu":
            raise IndexError("`indices` must be an integer array")
        found = known(indices)
    else:
        given = np.asarray(indices)
        if given.dtype.kind not in "iu":
            raise IndexError("`indices` must be an integer array")
        found = from_array(normal_positions(given, x.shape[axis], axis), chunks=-1)
    if found.ndim != x.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    return found


def line_grid(x: ArrayExpr, others: list[ArrayExpr], axis: int) -> Grid:
    """Cuts for the axes of lines: those of the operands, finer where whole lines would make blocks too large."""
    shape = broadcast_shape([without(each.shape, axis) for each in (x, *others)], "take_along_axis")
    shape = (*shape[:axis], 1, *shape[axis:])
    cuts: list[Cut] = []
    for place, length in enumerate(shape):
        offers = [
            (each.grid[place], each.weight) for each in (x, *others) if each.shape[place] == length and place != axis
        ]
        cuts.append(common_cut(length, offers) if offers and length else 1)
    room = max(1, int(config.value("array.chunk-size")) // max(1, x.dtype.itemsize * max(1, x.shape[axis])))
    largest = [axis_largest(length, cut) for length, cut in zip(shape, cuts, strict=True)]
    for place, length in enumerate(shape):
        if place != axis and prod(largest) > room and x.numblocks[axis] > 1:
            smaller = max(1, largest[place] * room // prod(largest))
            cuts[place], largest[place] = regular(length, smaller), smaller
    return tuple(cuts)


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Elements at positions along an axis that differ from line to line, such as `argsort` gives.

    Parameters
    ----------
    arr : array-like
    indices : array-like of int
        With as many axes as ``arr``; all but ``axis`` are broadcast against each other.
    axis : int or None
        None takes from all elements in C order, at ``indices`` with one axis.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.from_array(np.array([[10, 30, 20], [60, 40, 50]]), chunks=1)
    >>> da.take_along_axis(x, np.array([[1], [0]]), axis=1).compute()
    array([[30],
           [60]])
    """
    x = known(asarray(arr))
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        return take(x, indices)
    place = normal_axis(axis, x.ndim)
    index = index_for(x, indices, place)
    if x.ndim == 1:
        return take(x, indices, 0)
    grid = list(line_grid(x.expr, [index.expr], place))
    grid[place] = index.expr.grid[place]
    return new(TakeAlong(x.expr, index.expr, place, tuple(grid)))


def in_one_axis(x: Any, shape: tuple[Any, ...], axes: list[int], place: int) -> Any:
    """An array broadcast to a shape, with some axes along ``place``, in C order with it; these have length 1 then."""
    kept = [axis for axis in range(x.ndim) if axis != place and axis not in axes]
    last = sorted([*axes, place])
    whole = broadcast_to(x, tuple([shape[axis] if axis in last else x.shape[axis] for axis in range(x.ndim)]))
    lines = whole.transpose(*kept, *last).reshape(*[x.shape[axis] for axis in kept], -1)
    return new(
        arranged(
            lines.expr,
            [kept.index(axis) if axis in kept else None if axis in axes else len(kept) for axis in range(x.ndim)],
        )
    )


def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    """Set elements at positions along an axis that differ from line to line. Changes ``arr``.

    Parameters
    ----------
    arr : Array
    indices : array-like of int
        With as many axes as ``arr``; all but ``axis`` are broadcast against it, and it against them: the last value for a
        place stays.
    values : array-like
        Broadcast to ``indices``.
    axis : int or None
        None counts the elements in C order.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.zeros((2, 3), chunks=1)
    >>> da.put_along_axis(x, np.array([[1], [0]]), 9, axis=1)
    >>> x.compute()
    array([[0., 9., 0.],
           [9., 0., 0.]])
    """
    if not isinstance(arr, ArrayBase):
        raise TypeError(f"put_along_axis() changes a chunked array, not a {type(arr).__name__}")
    x = known(arr)
    if axis is None:
        if np.ndim(indices) != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        rows = np.unravel_index(np.asarray(indices), x.shape)
        x[tuple(rows)] = values
        arr.expr = x.expr
        return
    place = normal_axis(axis, x.ndim)
    index = index_for(x, indices, place)
    lines = broadcast_shape([without(x.shape, place), without(index.shape, place)], "put_along_axis")
    target = (*lines[:place], index.shape[place], *lines[place:])
    value, _ = read_value(x.dtype, values)
    if isinstance(value, ArrayExpr):
        extra = x.ndim - value.ndim
        value = arranged(value, [*[None] * extra, *range(value.ndim)] if extra > 0 else range(-extra, value.ndim))
        if any(own not in (1, length) for own, length in zip(value.shape, target, strict=True)):
            raise ValueError(f"shape mismatch: values of shape {value.shape} could not be broadcast to {target}")
    shared = [axis for axis, length in enumerate(target) if axis != place and length != x.shape[axis]]
    if shared:
        index = in_one_axis(index, target, shared, place)
        value = in_one_axis(new(value), target, shared, place).expr if isinstance(value, ArrayExpr) else value
    grid = list(line_grid(x.expr, [], place))
    grid[place] = max(1, x.shape[place])
    made = PutAlong(laid_out(x.expr, tuple(grid)), index.expr, value, place)
    arr.expr = laid_out(made, x.expr.grid)
