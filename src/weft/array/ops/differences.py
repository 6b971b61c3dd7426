"""Differences of neighbours, slopes and areas: `diff`, `ediff1d`, `gradient`, `trapezoid`."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, Piece, axis_chunks, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.differences import differences, slopes
from weft.array.ops.creation import full
from weft.array.ops.joining import concatenate
from weft.array.ops.rechunking import Parts, axis_parts, crossed
from weft.array.ops.repeating import exchanged, repeat_all
from weft.array.ops.reshaping import ravel
from weft.array.ops.sizes import known_along
from weft.array.ops.transposing import expand_dims, normal_axes, normal_axis
from weft.expr import Expr, Held, derived, node
from weft.physical.gather import Gather
from weft.records import record

__all__ = ["diff", "ediff1d", "gradient", "trapezoid"]


@node
class Diff(ArrayExpr):
    """Differences of neighbours, taken ``times``; each block reads as far into the next ones as it needs."""

    source: ArrayExpr
    times: int
    axis: int

    @derived
    def shape(self) -> tuple[int, ...]:
        return exchanged(self.source.shape, self.axis, max(0, self.source.shape[self.axis] - self.times))

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.diff(np.ones(2, self.source.dtype)).dtype)

    @derived
    def grid(self) -> Grid:
        left = self.shape[self.axis]
        lengths: list[int] = []
        for size in axis_chunks(self.source.shape[self.axis], self.source.grid[self.axis]):
            taken = min(size, left)
            if taken or not lengths:
                lengths.append(taken)
            left -= taken
        return exchanged(self.source.grid, self.axis, compress(lengths))

    def lower(self) -> Expr:
        ends = [0, *accumulate(self.chunks[self.axis])]
        ranges = [(first, end + self.times if end > first else first) for first, end in pairwise(ends)]
        told = [(self.times, self.axis)] * len(ranges)
        return reading(self, self.source, self.axis, ranges, differences, told)


@node
class Slopes(ArrayExpr):
    """Slopes along an axis; each block reads its neighbours' edges."""

    source: ArrayExpr
    spacing: Any
    axis: int
    edge_order: int

    @property
    def label(self) -> str:
        return "gradient"

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @derived
    def grid(self) -> Grid:
        return self.source.grid

    @derived
    def dtype(self) -> np.dtype[Any]:
        stand_in = np.zeros(3, self.source.dtype)
        spacing = np.arange(3.0) if isinstance(self.spacing, Held) else self.spacing
        with np.errstate(all="ignore"):
            return np.asarray(np.gradient(stand_in, spacing)).dtype

    def lower(self) -> Expr:
        length, least = self.shape[self.axis], self.edge_order + 1
        ranges, told = [], []
        for first, end in pairwise([0, *accumulate(self.chunks[self.axis])]):
            low, high = max(0, first - 1), min(length, end + 1)
            if low == 0:
                high = max(high, min(length, least))
            if high == length:
                low = min(low, max(0, length - least))
            spacing = self.spacing.value[low:high] if isinstance(self.spacing, Held) else self.spacing
            ranges.append((low, high) if end > first else (first, first))
            told.append((spacing, self.axis, self.edge_order, slice(first - low, end - low), self.dtype))
        return reading(self, self.source, self.axis, ranges, slopes, told)


def reading(
    made: ArrayExpr,
    source: ArrayExpr,
    axis: int,
    ranges: Sequence[tuple[int, int]],
    kernel: Any,
    told: Sequence[Any],
) -> Expr:
    """Blocks that each read a range of places along an axis, which may overlap; and are told something each."""
    bounds = [0, *accumulate(axis_chunks(source.shape[axis], source.grid[axis]))]
    parts = [
        tuple([range_pieces(bounds, *each) for each in ranges])
        if place == axis
        else axis_parts(source.shape[place], source.grid[place], source.grid[place])
        for place in range(source.ndim)
    ]
    return Gather(made.outline, source, kernel, Ranges(tuple(parts), source.numblocks, axis, tuple(told)))


def range_pieces(bounds: list[int], first: int, end: int) -> tuple[Piece, ...]:
    """The pieces of chunks with these bounds that make a range.

    >>> range_pieces([0, 3, 6], 2, 5)
    (Piece(block=0, where=slice(2, 3, None)), Piece(block=1, where=slice(0, 2, None)))
    """
    block = min(bisect_right(bounds, first) - 1, len(bounds) - 2)
    if end <= first:
        return (Piece(max(0, block), slice(0, 0)),)
    found = []
    while first < end:
        stop = min(end, bounds[block + 1])
        if stop > first:
            found.append(Piece(block, slice(first - bounds[block], stop - bounds[block])))
            first = stop
        block += 1
    return tuple(found)


@record
class Ranges:
    """What each block reads, and is told besides, for `Gather`."""

    parts: Parts
    numblocks: tuple[int, ...]
    axis: int
    told: tuple[Any, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.parts, self.numblocks, self.axis, self.told)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        behind = prod([len(each) for each in self.parts[self.axis + 1 :]])
        places = [place for place in range(len(self.told)) for _ in range(behind)]
        before = prod([len(each) for each in self.parts[: self.axis]])
        return [
            (numbers, (counts, wheres, self.told[place]))
            for (counts, numbers, wheres), place in zip(
                crossed(self.parts, self.numblocks), places * before, strict=True
            )
        ]


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours along an axis, taken ``n`` times.

    Parameters
    ----------
    a : array-like
    n : int
        How often differences are taken.
    axis : int
    prepend, append : scalar or array-like, optional
        Values before and after the array along the axis, before differences are taken.

    Examples
    --------
    >>> import weft.array as da
    >>> da.diff(da.from_array([1, 2, 4, 7], chunks=2), prepend=0).compute()
    array([1, 1, 2, 3])
    """
    x = asarray(a)
    times = operator.index(n)
    if times < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    if times == 0:
        return new(x.expr)
    if x.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normal_axis(axis, x.ndim)
    parts = [beside(each, x, axis) for each in (prepend, append)]
    present = [part for part in (parts[0], x, parts[1]) if part is not None]
    x = concatenate(present, axis) if len(present) > 1 else x
    x = new(known_along(x.expr, axis))
    made = Diff(x.expr, times, axis)
    _ = made.dtype
    return new(made)


def beside(values: Any, x: Any, axis: int) -> Any:
    """Values to be joined to an array along an axis; a scalar stands for one place."""
    if values is None or values is np._NoValue:
        return None
    held = asarray(values)
    if held.ndim:
        return held
    shape = exchanged(x.shape, axis, 1)
    if isinstance(values, ArrayBase):
        one = expand_dims(held, tuple(range(x.ndim)))
        for place, length in enumerate(shape):
            one = repeat_all(one, length, place)
        return one
    return full(shape, values, dtype=held.dtype, chunks=exchanged(x.chunks, axis, (1,)))


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours of the flattened array, with values before and after them.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ediff1d(da.from_array([1, 2, 4], chunks=2), to_end=[9]).compute()
    array([1, 2, 9])
    """
    x = ravel(ary)
    x = new(known_along(x.expr, 0))
    parts = [diff(x)]
    for name, values in (("to_begin", to_begin), ("to_end", to_end)):
        if values is None:
            continue
        more = ravel(values)
        if not np.can_cast(more.dtype, x.dtype, casting="same_kind"):
            raise TypeError(
                f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule: "
                f"it is {more.dtype}, and the array has {x.dtype}"
            )
        more = more.astype(x.dtype)
        parts = [more, *parts] if name == "to_begin" else [*parts, more]
    return concatenate(parts) if len(parts) > 1 else parts[0]


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes by central differences within the array, and one-sided ones at its edges.

    Parameters
    ----------
    f : array-like
    *varargs : scalar or array-like
        Spacing: nothing (1), one number for all axes, or one for each axis: a number, or an array of coordinates.
    axis : int or tuple of int, optional
        Along which; all axes by default.
    edge_order : {1, 2}
        Order of the differences at the edges.

    Returns
    -------
    Array or tuple of Array
        One for each axis; for a single axis the array itself.

    Examples
    --------
    >>> import weft.array as da
    >>> da.gradient(da.from_array([1.0, 2.0, 4.0, 7.0], chunks=2)).compute()
    array([1. , 1.5, 2.5, 3. ])
    """
    x = asarray(f)
    axes = list(range(x.ndim)) if axis is None else normal_axes(axis, x.ndim, "axis")
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    for place in axes:
        x = new(known_along(x.expr, place))
    spacings = spacings_for(x, axes, varargs)
    for place in axes:
        if x.shape[place] < edge_order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."
            )
    made = tuple([new(Slopes(x.expr, step, place, edge_order)) for place, step in zip(axes, spacings, strict=True)])
    _ = [each.dtype for each in made]
    return made[0] if len(made) == 1 else made


def spacings_for(x: Any, axes: list[int], given: tuple[Any, ...]) -> list[Any]:
    """For each axis a number, or the coordinates along it."""
    values = [each.compute() if isinstance(each, ArrayBase) else each for each in given]
    if not values:
        return [1.0] * len(axes)
    if len(values) == 1 and np.ndim(values[0]) == 0:
        return values * len(axes)
    if len(values) != len(axes):
        raise TypeError("invalid number of arguments")
    made: list[Any] = []
    for place, each in zip(axes, values, strict=True):
        if np.ndim(each) > 1:
            raise ValueError("distances must be either scalars or 1d")
        if np.ndim(each) == 1 and len(each) != x.shape[place]:
            raise ValueError(
                "when 1d, distances must match the length of the corresponding dimension: "
                f"there are {len(each)} for axis {place}, which is {x.shape[place]} long"
            )
        made.append(Held.of(np.asarray(each), True) if np.ndim(each) else each)
    return made


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The area below lines that join points, along an axis.

    Parameters
    ----------
    y : array-like
    x : array-like, optional
        Where the points are: along the axis, or for each of ``y``.
    dx : float
        How far apart they are, if ``x`` is not given.
    axis : int

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.trapezoid(da.asarray([1, 2, 3])).compute())
    4.0
    """
    heights = new(known_along(asarray(y).expr, normal_axis(axis, asarray(y).ndim)))
    place = normal_axis(axis, heights.ndim)
    width: Any = dx
    if x is not None:
        places = asarray(x)
        width = diff(places, axis=0 if places.ndim == 1 else place)
        if places.ndim == 1:
            width = width[tuple([slice(None) if each == place else None for each in range(heights.ndim)])]
    front = (slice(None),) * place
    return (width * (heights[(*front, slice(1, None))] + heights[(*front, slice(None, -1))]) / 2.0).sum(axis=place)
