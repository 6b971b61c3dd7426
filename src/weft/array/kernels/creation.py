"""Blocks made of nothing but numbers: where they lie in the array, and what the array is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "eye",
    "filled_fortran",
    "filled_like",
    "from_function",
    "full_like_block",
    "grid_axis",
    "grid_indices",
    "like_block",
    "linspace",
    "linspace_of",
    "times",
    "tri",
]

Block = np.ndarray[Any, Any]
Bounds = tuple[int, int]
Kind = np.dtype[Any]


def filled_fortran(shape: tuple[int, ...], value: Any, dtype: Kind) -> Block:
    """A block of one value, its first axis running fastest."""
    return np.full(shape, value, dtype, order="F")


def filled_like(shape: tuple[int, ...], value: Any, dtype: Kind, meta: Any) -> Any:
    """A block of one value, of the type of another array."""
    return np.full_like(meta, value, dtype=dtype, shape=shape)


def full_like_block(block: Any, value: Any, dtype: Kind) -> Any:
    """A block of one value in place of another block."""
    return np.full_like(block, value, dtype=dtype)


def like_block(block: Block, *, meta: Any) -> Any:
    """A NumPy block as the type of another array."""
    if isinstance(meta, np.ma.MaskedArray):
        return np.ma.asarray(block)
    kind = type(meta)
    return kind.from_numpy(block) if hasattr(kind, "from_numpy") else np.asarray(block, like=meta)


def times(bounds: Bounds, arguments: tuple[int, int], dtype: Kind) -> Block:
    """Dates or times of a range: ``first + place * delta`` in units of the dtype."""
    first, delta = arguments
    return (np.arange(*bounds, dtype=np.int64) * delta + first).view(dtype)


def linspace(bounds: Bounds, arguments: tuple[Any, Any, int, bool], dtype: Kind) -> Block:
    """Some of the values of `numpy.linspace`, computed as NumPy computes them."""
    first, last, num, endpoint = arguments
    kind = np.result_type(first, last, float(num))
    div = num - 1 if endpoint else num
    with np.errstate(all="ignore"):
        delta = np.subtract(last, first, dtype=kind)
        made: Block = np.arange(*bounds, dtype=np.float64).astype(kind, copy=False)
        step = delta / div if div > 0 else delta
        if step == 0 and div > 0:
            made /= div
            step = delta
        made *= step
        made += first
        if endpoint and num > 1 and bounds[1] == num and len(made):
            made[-1] = last
        if dtype.kind in "iu":
            np.floor(made, out=made)
        return made.astype(dtype, copy=False)


def linspace_of(places: Any, first: Any, last: Any, *, num: int, endpoint: bool) -> Any:
    """The same for many ranges: values at places of a new axis."""
    div = num - 1 if endpoint else num
    with np.errstate(all="ignore"):
        delta = last - first
        if div <= 0:
            return places * delta + first
        step = delta / div
        made = np.where(step == 0, places / div * delta, places * step) + first
        return np.where(places == num - 1, last, made) if endpoint and num > 1 else made


def eye(places: tuple[Bounds, Bounds], arguments: tuple[int, str], dtype: Kind) -> Block:
    """Ones on a diagonal."""
    (top, bottom), (left, right) = places
    k, order = arguments
    made = np.zeros((bottom - top, right - left), dtype, order=order)  # type: ignore[call-overload]
    first, last = max(top, left - k), min(bottom, right - k)
    if first < last:
        rows = np.arange(first, last)
        made[rows - top, rows + k - left] = 1
    return made  # type: ignore[no-any-return]


def tri(places: tuple[Bounds, Bounds], arguments: tuple[int, str], dtype: Kind) -> Block:
    """Ones at and below a diagonal."""
    (top, bottom), (left, right) = places
    k = arguments[0]
    if top + k >= right - 1 or bottom - 1 + k < left:  # all of the block is on one side
        return np.full((bottom - top, right - left), top + k >= right - 1, dtype)
    return np.greater_equal.outer(np.arange(top, bottom) + k, np.arange(left, right)).astype(dtype, copy=False)


def grid_axis(places: tuple[Bounds, ...], arguments: tuple[int], dtype: Kind) -> Block:
    """Indices along one axis; the others have length 1."""
    (axis,) = arguments
    shape = [1] * len(places)
    shape[axis] = -1
    return np.arange(*places[axis]).astype(dtype).reshape(shape)


def grid_indices(places: tuple[Bounds, ...], arguments: tuple[()], dtype: Kind) -> Block:
    """Indices along the axis that the first place names."""
    (axis, end), *bounds = places
    made = np.empty((end - axis, *[stop - start for start, stop in bounds]), dtype)
    for number in range(axis, end):
        shape = [1] * len(bounds)
        shape[number] = -1
        made[number - axis] = np.arange(*bounds[number]).reshape(shape)
    return made


def from_function(
    places: tuple[Bounds, ...], arguments: tuple[Callable[..., Any], Kind, tuple[tuple[str, Any], ...]], dtype: Kind
) -> Any:
    """A user's function of the indices of a block."""
    function, of_indices, keywords = arguments
    shape = tuple([stop - start for start, stop in places])
    lines = np.ix_(*[np.arange(start, stop).astype(of_indices) for start, stop in places])
    indices = [np.broadcast_to(line, shape) for line in lines]  # nothing is repeated in memory
    made = function(*indices, **dict(keywords))
    if any(made is each for each in indices):
        made = made.copy()
    return made if np.shape(made) == shape else np.broadcast_to(made, shape)
