"""Axes of values that follow from where they stand: `arange`, `linspace` and their neighbours."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from math import ceil
from operator import index
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Cut, Grid, as_number, axis_chunks
from weft.array.expr import ArrayExpr
from weft.array.kernels import creation as kernels
from weft.array.kernels.numpy import ranged
from weft.array.ops.broadcasting import broadcast_arrays, elementwise
from weft.array.ops.casting import check_device
from weft.array.ops.choosing import where
from weft.array.ops.creation import prototype_for
from weft.array.ops.transposing import expand_dims, moveaxis
from weft.array.ops.ufunc_reductions import ndim_of
from weft.array.ops.ufuncs import floor, power
from weft.expr import Cost, Expr, Fact, derived, node
from weft.physical.blockwise import Listed, Same, from_parts

__all__ = [
    "arange",
    "geomspace",
    "linspace",
    "logspace",
]


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
        columns = (Listed(bounds_of(self.length, self.cut)), Same(self.start), Same(self.step), Same(self.dtype))
        return from_parts(self.outline, ranged, *columns, cost=Cost.LIGHT)


@node
class Spaced(ArrayExpr):
    """An axis of values that follow from their places, by ``kernel(bounds, *arguments, dtype)``."""

    kernel: Callable[..., Any]
    arguments: tuple[Any, ...]
    length: int
    dtype: np.dtype[Any]
    cut: Any

    facts = frozenset({Fact.CHEAP})

    @property
    def label(self) -> str:
        return self.kernel.__name__

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    @derived
    def grid(self) -> Grid:
        return (self.cut,)

    def lower(self) -> Expr:
        places = Listed(bounds_of(self.length, self.cut))
        return from_parts(self.outline, self.kernel, places, Same(self.arguments), Same(self.dtype), cost=Cost.LIGHT)


def bounds_of(length: int, cut: Cut) -> tuple[tuple[int, int], ...]:
    """Where the chunks of an axis start and stop."""
    return tuple(pairwise([0, *accumulate(axis_chunks(length, cut))]))


def arange(
    start: Any = None,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    chunks: Any = "auto",
    name: str | None = None,
    device: Any = None,
    like: Any = None,
) -> Any:
    """Evenly spaced values from ``start`` to before ``stop``, as `numpy.arange` gives them.

    Parameters
    ----------
    start : scalar
        0 if only one bound is given, which is then ``stop``.
    stop, step : scalar
    dtype : dtype, optional
        Numbers, or dates and times.
    chunks : int, tuple, str or dict
    name : str, optional
        What the blocks are called.
    device : {None, "cpu"}
    like : array-like, optional
        Blocks are of the type of this array.

    Examples
    --------
    >>> import weft.array as da
    >>> da.arange(10, chunks=4).chunks
    ((4, 4, 2),)
    """
    check_device(device)
    if prototype_for(like) is not None:
        made = arange(start, stop, step, dtype, chunks=chunks, name=name)
        return elementwise(kernels.like_block, made, meta=prototype_for(like))
    if start is None and stop is None:
        raise TypeError("arange() requires stop to be specified.")
    if step is None:
        step = 1
    if stop is None:
        start, stop = None, start
    start, stop, step = (
        each.compute() if isinstance(each, ArrayBase) else as_number(each) for each in (start, stop, step)
    )
    given = None if dtype is None else np.dtype(dtype)
    if any(kind is not None and kind.kind in "mM" for kind in (given, *map(kind_of, (start, stop, step)))):
        first, delta, length, kind = range_of_times(start, stop, step, given)
        made = new(Spaced(kernels.times, (first, delta), length, kind, grid_for(chunks, (length,), kind)[0]))
    else:
        first, delta, length, kind = range_of(0 if start is None else start, stop, step, given)
        made = new(Arange(first, delta, length, kind, grid_for(chunks, (length,), kind)[0]))
    return made if name is None else made.named(name)


def kind_of(value: Any) -> np.dtype[Any] | None:
    """The dtype of a scalar."""
    return None if value is None else np.asarray(value).dtype


def range_of(start: Any, stop: Any, step: Any, dtype: Any) -> tuple[Any, Any, int, np.dtype[Any]]:
    """First value, step, length and dtype of a range of numbers, as NumPy has them."""
    start, stop, step = (
        each.item() if isinstance(each, np.bool_ | np.integer) else each for each in (start, stop, step)
    )
    if dtype is not None:
        kind = np.dtype(dtype)
    else:
        kind = np.result_type(np.int_, *[np.asarray(each) for each in (start, stop, step)])
    if kind.kind not in "biufcO":
        raise TypeError(f"arange() makes numbers, dates and times, not {kind}")
    if step == 0:
        raise ZeroDivisionError("arange() with step=0 has no end: give another step")
    span = (stop - start) / step
    if isinstance(span, complex) or np.iscomplexobj(span):
        length = max(0, min(ceil(span.real), ceil(span.imag)))
    elif span != span or span in (np.inf, -np.inf):
        raise ValueError(f"arange: cannot compute length of a range from {start!r} to {stop!r} by {step!r}")
    else:
        length = max(0, ceil(span))
        if length == 0 and span == 0 and stop != start and (stop > start) == (step > 0):
            length = 1  # the quotient is too small to be told from 0
    if kind.kind == "b" and length > 2:
        raise TypeError("arange() is only supported for booleans when the result has at most length 2.")
    if kind.kind in "iu" and not (isinstance(start, int) and isinstance(step, int)):
        first = int(start)
        start, step = first, int(start + step) - first  # NumPy goes on as from its first two elements
    return start, step, length, kind


def range_of_times(
    start: Any, stop: Any, step: Any, given: np.dtype[Any] | None
) -> tuple[int, int, int, np.dtype[Any]]:
    """First value, step, length and dtype of a range of dates or times; values are in units of the dtype."""
    values = []
    for each in (start, stop, step):
        value = None if each is None else np.asarray(each)
        values.append(value.astype("M8") if value is not None and value.dtype.kind in "SU" else value)
    first, last, delta = values
    units = [value.dtype for value in values if value is not None and value.dtype.kind in "mM"]
    has_unit = given is not None and np.datetime_data(given)[0] != "generic"
    kind = given if has_unit and given is not None else np.result_type(*units)
    if given is not None and given.kind != kind.kind:
        raise TypeError(f"arange() cannot make {given} of {', '.join(map(str, units))}")
    if kind.kind == "M" and first is None:
        raise ValueError("arange requires both a start and a stop for NumPy datetime64 ranges")
    unit = np.dtype(f"m8[{'{}{}'.format(*reversed(np.datetime_data(kind)))}]")
    begin = 0 if first is None else whole(first, kind if first.dtype.kind == "M" else unit)
    assert last is not None
    assert delta is not None
    end = whole(last, kind if last.dtype.kind == "M" else unit)
    if kind.kind == "M" and last.dtype.kind != "M":
        end += begin
    each = whole(delta, unit)
    if each == 0:
        raise ValueError("arange: step size cannot be zero")
    return begin, each, max(0, -((begin - end) // each)), kind


def whole(value: Any, kind: np.dtype[Any]) -> int:
    """A date, time or number as a number of units."""
    found = value if value.dtype.kind not in "mM" else value.astype(kind)
    if np.isnat(found) if found.dtype.kind in "mM" else False:
        raise ValueError("arange: cannot use NaT (not-a-time) datetime values")
    return int(found.astype(np.int64))


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    chunks: Any = "auto",
    device: Any = None,
) -> Any:
    """``num`` evenly spaced values from ``start`` to ``stop``.

    Parameters
    ----------
    start, stop : scalar or array-like
        Arrays give a range for each of their elements.
    num : int
    endpoint : bool
        Whether ``stop`` is the last value.
    retstep : bool
        Whether to give the distance of neighbours, too.
    dtype : dtype, optional
        Values are rounded down for integers.
    axis : int
        Where the new axis lies if ``start`` or ``stop`` is an array.
    chunks : int, tuple, str or dict
        How to cut the new axis.
    device : {None, "cpu"}

    Examples
    --------
    >>> import weft.array as da
    >>> da.linspace(0, 1, 5, chunks=2).compute()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    check_device(device)
    num = count_of(num)
    div = num - 1 if endpoint else num
    if ndim_of(start) == 0 and ndim_of(stop) == 0:
        first, last = (plain(each) * 1.0 for each in (start, stop))
        kind = np.result_type(first, last, float(num))
        made_kind = kind if dtype is None else np.dtype(dtype)
        with np.errstate(all="ignore"):
            delta = np.subtract(last, first, dtype=type(kind.type(0)))
            distance = delta / div if div > 0 else np.nan
        cut = grid_for(chunks, (num,), made_kind)[0]
        made = new(Spaced(kernels.linspace, (first, last, num, bool(endpoint)), num, made_kind, cut))
        return (made, distance) if retstep else made
    first, last = (each * 1.0 for each in broadcast_arrays(start, stop))
    kind = np.result_type(first.dtype, last.dtype, float(num))
    places = arange(num, dtype=kind, chunks=chunks)
    places = expand_dims(places, tuple(range(1, 1 + first.ndim)))
    made = elementwise(kernels.linspace_of, places, first, last, num=num, endpoint=bool(endpoint))
    if dtype is not None:
        made = floor(made).astype(dtype) if np.issubdtype(np.dtype(dtype), np.integer) else made.astype(dtype)
    made = made if axis == 0 else moveaxis(made, 0, axis)
    return (made, (last - first) / div if div > 0 else np.nan) if retstep else made


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
    *,
    chunks: Any = "auto",
) -> Any:
    """``num`` values from ``base ** start`` to ``base ** stop`` whose logarithms are evenly spaced; see `linspace`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.logspace(0, 2, 3, chunks=2).compute()
    array([  1.,  10., 100.])
    """
    if ndim_of(base) > 0:
        start, stop, base = broadcast_arrays(start, stop, base)
        base = expand_dims(base, axis)
    made = power(base, linspace(start, stop, num, endpoint, axis=axis, chunks=chunks))
    return made if dtype is None else made.astype(dtype)


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
    *,
    chunks: Any = "auto",
) -> Any:
    """``num`` values from ``start`` to ``stop`` with a constant ratio of neighbours; see `linspace`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.geomspace(1, 100, 3, chunks=2).compute()
    array([  1.,  10., 100.])
    """
    num = count_of(num)
    first, last = (np.asanyarray(each.compute() if isinstance(each, ArrayBase) else each) for each in (start, stop))
    if np.any(first == 0) or np.any(last == 0):
        raise ValueError("Geometric sequence cannot include zero")
    kind = np.result_type(first, last, float(num), np.zeros((), dtype))
    first, last = (each.astype(kind) for each in np.broadcast_arrays(first, last))
    sign = np.sign(first)
    first, last = first / sign, last / sign
    with np.errstate(all="ignore"):
        ends = np.log10(first), np.log10(last)
    places = arange(num, chunks=chunks)
    places = expand_dims(places, tuple(range(1, 1 + first.ndim)))
    made = logspace(ends[0][()], ends[1][()], num, endpoint, 10.0, kind, chunks=chunks)
    made = where(places == 0, first[()], made)
    if num > 1 and endpoint:
        made = where(places == num - 1, last[()], made)
    made = (made * sign[()]).astype(kind if dtype is None else dtype)
    return made if axis == 0 else moveaxis(made, 0, axis)


def count_of(num: Any) -> int:
    """A number of samples."""
    number = index(num)
    if number < 0:
        raise ValueError(f"Number of samples, {number}, must be non-negative.")
    return number


def plain(value: Any) -> Any:
    """A scalar as NumPy has it, computed if need be."""
    return np.asanyarray(value.compute() if isinstance(value, ArrayBase) else as_number(value))[()]
