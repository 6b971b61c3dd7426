"""Chunks that share elements with their neighbours: ``da.overlap``."""

from __future__ import annotations

from typing import Any

from weft.array.io.from_array import asarray
from weft.array.ops.overlapping import (
    boundaries_of,
    depths_of,
    map_overlap,
    overlap,
    trim_internal,
    trim_overlap,
)
from weft.array.ops.transposing import normal_axis
from weft.array.ops.windows import sliding_window_view

__all__ = [
    "add_dummy_padding",
    "boundaries",
    "constant",
    "map_overlap",
    "nearest",
    "overlap",
    "periodic",
    "reflect",
    "sliding_window_view",
    "trim_internal",
    "trim_overlap",
]


def boundaries(x: Any, depth: Any = None, kind: Any = None) -> Any:
    """The array with what lies beyond its edges.

    Parameters
    ----------
    x : Array
    depth : int, tuple or dict
    kind : str, number, tuple or dict
        As the boundary of `overlap`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.overlap.boundaries(da.arange(3, chunks=3), 2, "reflect").compute()
    array([1, 0, 0, 1, 2, 2, 1])
    """
    x = asarray(x)
    deep, kinds = depths_of(depth, x.ndim), boundaries_of(kind, x.ndim)
    for axis in range(x.ndim):
        if max(deep[axis]) and kinds[axis] != "none":
            x = beyond_edges(x, axis, deep[axis], kinds[axis])
    return x


def beyond_edges(x: Any, axis: int, depth: tuple[int, int], kind: Any) -> Any:
    """The array with what lies beyond its edges along one axis, as chunks of their own."""
    from weft.array import concatenate, full

    before, after = depth
    here = (slice(None),) * axis
    length = x.shape[axis]
    if kind == "periodic":
        head, tail = x[(*here, slice(length - before, None))], x[(*here, slice(0, after))]
    elif kind == "reflect":
        head = x[(*here, slice(0, before))][(*here, slice(None, None, -1))]
        tail = x[(*here, slice(length - after, None))][(*here, slice(None, None, -1))]
    elif kind == "nearest":
        head = concatenate([x[(*here, slice(0, 1))]] * before, axis) if before else x[(*here, slice(0, 0))]
        tail = concatenate([x[(*here, slice(length - 1, None))]] * after, axis) if after else x[(*here, slice(0, 0))]
    else:
        ends = [(*x.shape[:axis], each, *x.shape[axis + 1 :]) for each in (before, after)]
        cuts = [(*x.chunks[:axis], (each,), *x.chunks[axis + 1 :]) for each in (before, after)]
        head, tail = (full(end, kind, x.dtype, chunks=cut) for end, cut in zip(ends, cuts, strict=True))
    return concatenate([part for part in (head, x, tail) if part.shape[axis]], axis)


def periodic(x: Any, axis: int, depth: int) -> Any:
    """The array with a copy of its end before it, and of its beginning behind."""
    return beyond_edges(asarray(x), normal_axis(axis, x.ndim), (depth, depth), "periodic")


def reflect(x: Any, axis: int, depth: int) -> Any:
    """The array with its mirror image beyond both edges."""
    return beyond_edges(asarray(x), normal_axis(axis, x.ndim), (depth, depth), "reflect")


def nearest(x: Any, axis: int, depth: int) -> Any:
    """The array with its edge values repeated beyond both edges."""
    return beyond_edges(asarray(x), normal_axis(axis, x.ndim), (depth, depth), "nearest")


def constant(x: Any, axis: int, depth: int, value: Any) -> Any:
    """The array with one value beyond both edges."""
    return beyond_edges(asarray(x), normal_axis(axis, x.ndim), (depth, depth), value)


def add_dummy_padding(x: Any, depth: Any, boundary: Any) -> Any:
    """The array with room beyond the edges where the boundary is "none", so that trimming can treat all chunks alike."""
    x = asarray(x)
    for axis, (deep, kind) in enumerate(zip(depths_of(depth, x.ndim), boundaries_of(boundary, x.ndim), strict=True)):
        if kind == "none" and max(deep):
            x = beyond_edges(x, axis, deep, 0)
    return x
