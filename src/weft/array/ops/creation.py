"""Arrays made of nothing: constants and ranges."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid, axis_chunks, grid_for
from weft.array.expr import ArrayExpr, BlockShapes
from weft.array.kernels.numpy import filled, ranged
from weft.expr import Cost, Expr, Fact, derived, node
from weft.physical.blockwise import Listed, Same, from_parts

__all__ = ["arange", "full", "ones", "zeros"]


@node
class Full(ArrayExpr):
    """A constant everywhere."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    value: Any

    facts = frozenset({Fact.CHEAP})

    @property
    def label(self) -> str:
        if isinstance(self.value, (int, float)) and self.value in (0, 1):
            return "ones" if self.value else "zeros"
        return "full"

    def lower(self) -> Expr:
        columns = (BlockShapes(self.shape, self.grid), Same(self.value), Same(self.dtype))
        return from_parts(self.outline, filled, *columns, cost=Cost.CHEAP)


@node
class Arange(ArrayExpr):
    """``start + step * i``."""

    start: Any
    step: Any
    length: int
    dtype: np.dtype[Any]
    cut: Any

    facts = frozenset({Fact.CHEAP})

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    @derived
    def grid(self) -> Grid:
        return (self.cut,)

    def lower(self) -> Expr:
        places, first = [], 0
        for length in axis_chunks(self.length, self.cut):
            places.append((first, first + length))
            first += length
        columns = (Listed(tuple(places)), Same(self.start), Same(self.step), Same(self.dtype))
        return from_parts(self.outline, ranged, *columns, cost=Cost.LIGHT)


def full(shape: Any, fill_value: Any, dtype: Any = None, chunks: Any = "auto") -> Any:
    """Array of a shape, with one value everywhere.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : scalar
    dtype : dtype, optional
        That of the value by default.
    chunks : int, tuple, str or dict
        How to cut it, in any form that `normalize_chunks` takes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.full((4, 6), 7, chunks=(2, 3)).chunks
    ((2, 2), (3, 3))
    """
    if np.ndim(fill_value) != 0:
        raise ValueError(
            f"full() takes a scalar, not an array of shape {np.shape(fill_value)}: use broadcasting, e.g. zeros(...) + values"
        )
    kind = np.dtype(dtype) if dtype is not None else np.asarray(fill_value).dtype
    lengths = shape_of(shape)
    np.full((), fill_value, kind)
    return new(Full(lengths, kind, grid_for(chunks, lengths, kind), fill_value))


def ones(shape: Any, dtype: Any = None, chunks: Any = "auto") -> Any:
    """Array of ones; see `full`."""
    return full(shape, 1, float if dtype is None else dtype, chunks)


def zeros(shape: Any, dtype: Any = None, chunks: Any = "auto") -> Any:
    """Array of zeros; see `full`."""
    return full(shape, 0, float if dtype is None else dtype, chunks)


def arange(start: Any, stop: Any = None, step: Any = 1, /, *, dtype: Any = None, chunks: Any = "auto") -> Any:
    """Evenly spaced values from ``start`` to before ``stop``, as `numpy.arange` gives them.

    Examples
    --------
    >>> import weft.array as da
    >>> da.arange(10, chunks=4).chunks
    ((4, 4, 2),)
    """
    if stop is None:
        start, stop = 0, start
    if step == 0:
        raise ZeroDivisionError("arange() with step=0 has no end: give another step")
    length = max(0, ceil((stop - start) / step))
    kind = np.dtype(dtype) if dtype is not None else np.result_type(*map(np.asarray, (start, stop, step)))
    if kind.kind not in "iufc":
        raise TypeError(f"arange() makes numbers, not {kind}")
    return new(Arange(start, step, length, kind, grid_for(chunks, (length,), kind)[0]))


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of Python integers."""
    lengths = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    made = tuple(int(length.__index__()) for length in lengths)
    if any(length < 0 for length in made):
        raise ValueError(f"an array cannot have the shape {made}: lengths are not below 0")
    return made
