"""Arrays made of nothing: constants, ranges, diagonals and triangles, grids of indices."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import accumulate, pairwise, product
from math import ceil
from operator import index
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, grid_for
from weft.array.expr import ArrayExpr, BlockShapes, meta_like
from weft.array.kernels import creation as kernels
from weft.array.kernels.numpy import filled, ranged
from weft.array.ops.broadcasting import broadcast_arrays, broadcast_to, elementwise
from weft.array.ops.casting import check_device
from weft.array.ops.choosing import where
from weft.array.ops.transposing import expand_dims, moveaxis
from weft.array.ops.ufunc_reductions import chunked, ndim_of
from weft.array.ops.ufuncs import floor, power
from weft.expr import Cost, Expr, Fact, derived, node
from weft.physical.blockwise import Column, Listed, Same, blockwise, from_parts
from weft.physical.grid import identity_pick
from weft.records import record

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "fromfunction",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "indices",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]


@node
class Full(ArrayExpr):
    """A constant everywhere."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    value: Any
    order: str = "C"
    prototype: Any = None

    facts = frozenset({Fact.CHEAP})

    @property
    def label(self) -> str:
        if isinstance(self.value, (int, float)) and self.value in (0, 1):
            return "ones" if self.value else "zeros"
        return "full"

    def lower(self) -> Expr:
        shapes = BlockShapes(self.shape, self.grid)
        if self.prototype is not None:
            columns: tuple[Column, ...] = (shapes, Same(self.value), Same(self.dtype), Same(self.meta))
            return from_parts(self.outline, kernels.filled_like, *columns, cost=Cost.LIGHT)
        columns = (shapes, Same(self.value), Same(self.dtype))
        if self.order == "F":
            return from_parts(self.outline, kernels.filled_fortran, *columns, cost=Cost.CHEAP)
        return from_parts(self.outline, filled, *columns, cost=Cost.CHEAP)


@node
class FullLike(ArrayExpr):
    """A constant in blocks like those of an array whose lengths are unknown, or which has a mask."""

    source: ArrayExpr
    dtype: np.dtype[Any]
    value: Any

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @derived
    def grid(self) -> Grid:
        return self.source.grid

    def lower(self) -> Expr:
        from_source = [(self.source, identity_pick(self.ndim))]
        return blockwise(self.outline, kernels.full_like_block, from_source, [Same(self.value), Same(self.dtype)])


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


@node
class Placed(ArrayExpr):
    """Blocks made of where they lie, by ``kernel(places, arguments, dtype)``; ``places`` has a (start, stop) for each axis."""

    kernel: Callable[..., Any]
    arguments: tuple[Any, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid

    facts = frozenset({Fact.CHEAP})

    @property
    def label(self) -> str:
        return self.kernel.__name__

    @property
    def is_opaque(self) -> bool:
        """Whether a user's function makes the blocks, and sees how they are cut."""
        return self.kernel is kernels.from_function

    def lower(self) -> Expr:
        places = BlockPlaces(self.shape, self.grid)
        return from_parts(self.outline, self.kernel, places, Same(self.arguments), Same(self.dtype), cost=Cost.LIGHT)


@record
class BlockPlaces:
    """Column: where each block lies, as a (start, stop) for each axis."""

    shape: tuple[int, ...]
    grid: Grid

    def __weft_tokenize__(self) -> Any:
        return (self.shape, self.grid)

    def values(self, numblocks: Any) -> list[Any]:
        return list(product(*[bounds_of(length, cut) for length, cut in zip(self.shape, self.grid, strict=True)]))


def bounds_of(length: int, cut: Cut) -> tuple[tuple[int, int], ...]:
    """Where the chunks of an axis start and stop."""
    return tuple(pairwise([0, *accumulate(axis_chunks(length, cut))]))


def constant(
    shape: Any,
    value: Any,
    kind: np.dtype[Any],
    chunks: Any,
    name: str | None = None,
    order: str = "C",
    like: Any = None,
    meta: Any = None,
) -> Any:
    """An array with one value everywhere."""
    if isinstance(chunks, str) and chunks in ("C", "F"):
        chunks, order = "auto", chunks  # NumPy has the order in this place
    if order not in ("C", "F"):
        raise ValueError(f"only 'C' or 'F' order is permitted, and it is {order!r}")
    lengths = shape_of(shape)
    prototype = prototype_for(like if meta is None else meta)
    grid = grid_for(chunks, lengths, kind)
    made = new(Full(lengths, kind, grid, value, order, prototype))
    return made if name is None else made.named(name)


def prototype_for(like: Any) -> Any:
    """What shows that blocks are of the type of ``like``; None for NumPy's own."""
    if like is None:
        return None
    meta = like.expr.meta if isinstance(like, ArrayBase) else like
    if isinstance(meta, type):
        meta = meta([])
    if type(meta) is np.ndarray or not hasattr(meta, "__array_function__"):
        return None
    return meta_like(meta, 1)


def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array of a shape, with one value everywhere.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : scalar or array-like
        An array is broadcast.
    dtype : dtype, optional
        That of the value by default.
    chunks : int, tuple, str or dict
        How to cut it, in any form that `normalize_chunks` takes.
    name : str, optional
        What the blocks are called.
    order : {"C", "F"}
        How blocks lie in memory.
    device : {None, "cpu"}
    like, meta : array-like, optional
        Blocks are of the type of this array, or of its blocks.

    Examples
    --------
    >>> import weft.array as da
    >>> da.full((4, 6), 7, chunks=(2, 3)).chunks
    ((2, 2), (3, 3))
    """
    check_device(device)
    if ndim_of(fill_value) != 0:
        values: Any = chunked(fill_value)
        if dtype is not None:
            values = values.astype(dtype)
        lengths = shape_of(shape)
        made = broadcast_to(values, lengths).rechunk(grid_for(chunks, lengths, values.dtype))
        return made if name is None else made.named(name)
    if isinstance(fill_value, (ArrayBase, np.ndarray)):
        fill_value = np.asarray(fill_value)[()]
    kind = np.dtype(dtype) if dtype is not None else np.asarray(fill_value).dtype
    np.full((), fill_value, kind)
    return constant(shape, fill_value, kind, chunks, name, order, like, meta)


def ones(
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array of ones; see `full`.

    >>> import weft.array as da
    >>> da.ones(2, chunks=1).compute()
    array([1., 1.])
    """
    check_device(device)
    return constant(shape, 1, np.dtype(dtype), chunks, name, order, like, meta)


def zeros(
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array of zeros; see `full`.

    >>> import weft.array as da
    >>> da.zeros(2, dtype=int, chunks=1).compute()
    array([0, 0])
    """
    check_device(device)
    kind = np.dtype(dtype)
    return constant(shape, zero_of(kind), kind, chunks, name, order, like, meta)


def zero_of(dtype: np.dtype[Any]) -> Any:
    """What NumPy fills arrays of zeros with: an empty string in those of strings."""
    return np.zeros((), dtype)[()] if dtype.kind in "SUV" else 0


def empty(
    shape: Any,
    dtype: Any = None,
    chunks: Any = "auto",
    name: str | None = None,
    *,
    order: str = "C",
    device: Any = None,
    like: Any = None,
    meta: Any = None,
) -> Any:
    """Array whose elements do not matter: zeros, so that a result that depends on them is the same each time.

    >>> import weft.array as da
    >>> da.empty((2, 3), chunks=1).shape
    (2, 3)
    """
    check_device(device)
    kind = np.dtype(dtype)
    return constant(shape, None if kind.kind == "O" else zero_of(kind), kind, chunks, name, order, like, meta)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """Constant array with the shape, dtype, chunks and type of blocks of another one, unless others are given.

    Parameters
    ----------
    a : array-like
    fill_value : scalar or array-like
    dtype : dtype, optional
    order : {"C", "F", "A", "K"}
        How blocks lie in memory; "A" and "K" are "C" here.
    subok : bool
        Whether blocks are of the type of those of ``a``; False gives NumPy's.
    shape : int or tuple of int, optional
    chunks : int, tuple, str or dict, optional
        Those of ``a`` by default, if the shape is that of ``a``.
    name : str, optional
        What the blocks are called.
    device : {None, "cpu"}

    Examples
    --------
    >>> import weft.array as da
    >>> da.full_like(da.ones(4, chunks=3), 7).chunks
    ((3, 1),)
    """
    check_device(device)
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    x = a if isinstance(a, ArrayBase) else chunked(a)
    kind = x.dtype if dtype is None else np.dtype(dtype)
    unknown = any(isinstance(cut, UnknownCut) for cut in x.expr.grid)
    masked = subok and isinstance(x.expr.prototype, np.ma.MaskedArray)  # what is masked stays masked, as in NumPy
    if (unknown or masked) and shape is None and chunks is None and ndim_of(fill_value) == 0:
        made = new(FullLike(x.expr, kind, fill_value))
        return made if name is None else made.named(name)
    lengths = x.shape if shape is None else shape_of(shape)
    if chunks is None:
        chunks = x.chunks if lengths == x.shape and isinstance(a, ArrayBase) else "auto"
    like = x if subok else None
    layout = order if order in ("C", "F") else "C"
    if kind.kind == "O" and fill_value is None:
        return constant(lengths, None, kind, chunks, name, layout, like)
    return full(lengths, fill_value, kind, chunks, name, order=layout, like=like)


def ones_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """Ones in the shape of another array; see `full_like`.

    >>> import weft.array as da
    >>> da.ones_like(da.arange(3, chunks=2)).compute()
    array([1, 1, 1])
    """
    return full_like(a, 1, dtype, order, subok, shape, chunks=chunks, name=name, device=device)


def zeros_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """Zeros in the shape of another array; see `full_like`.

    >>> import weft.array as da
    >>> da.zeros_like(da.arange(3, chunks=2), shape=2).compute()
    array([0, 0])
    """
    kind = np.dtype(dtype) if dtype is not None else chunked(a).dtype
    return full_like(a, zero_of(kind), dtype, order, subok, shape, chunks=chunks, name=name, device=device)


def empty_like(
    prototype: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    chunks: Any = None,
    name: str | None = None,
    device: Any = None,
) -> Any:
    """An array in the shape of another one, whose elements do not matter; see `full_like` and `empty`.

    >>> import weft.array as da
    >>> da.empty_like(da.arange(3, chunks=2)).shape
    (3,)
    """
    kind = np.dtype(dtype) if dtype is not None else chunked(prototype).dtype
    value = None if kind.kind == "O" else zero_of(kind)
    return full_like(prototype, value, dtype, order, subok, shape, chunks=chunks, name=name, device=device)


def arange(
    start: Any = None,
    /,
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
    start, stop, step = (each.compute() if isinstance(each, ArrayBase) else each for each in (start, stop, step))
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
    return np.asanyarray(value.compute() if isinstance(value, ArrayBase) else value)[()]


def eye(
    N: int,  # noqa: N803 (NumPy's name)
    M: int | None = None,  # noqa: N803
    k: int = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    chunks: Any = "auto",
    device: Any = None,
    like: Any = None,
) -> Any:
    """Ones on a diagonal, zeros elsewhere.

    Parameters
    ----------
    N, M : int
        Rows and columns; as many columns as rows by default.
    k : int
        Which diagonal: above the main one if positive, below if negative.
    dtype : dtype
    order : {"C", "F"}
        How blocks lie in memory.
    chunks : int, tuple, str or dict
    device : {None, "cpu"}
    like : array-like, optional
        Blocks are of the type of this array.

    Examples
    --------
    >>> import weft.array as da
    >>> da.eye(2, 3, k=1, chunks=1).compute()
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    check_device(device)
    return diagonal_pattern(kernels.eye, N, M, k, dtype, order, chunks, like)


def tri(
    N: int,  # noqa: N803 (NumPy's name)
    M: int | None = None,  # noqa: N803
    k: int = 0,
    dtype: Any = float,
    *,
    chunks: Any = "auto",
    like: Any = None,
) -> Any:
    """Ones at and below a diagonal, zeros above; see `eye`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.tri(2, 3, dtype=int, chunks=1).compute()
    array([[1, 0, 0],
           [1, 1, 0]])
    """
    return diagonal_pattern(kernels.tri, N, M, k, dtype, "C", chunks, like)


def diagonal_pattern(
    kernel: Callable[..., Any], rows: Any, columns: Any, k: Any, dtype: Any, order: str, chunks: Any, like: Any
) -> Any:
    """A matrix whose elements depend on how far they are from a diagonal."""
    shape = shape_of((rows, rows if columns is None else columns))
    if order not in ("C", "F"):
        raise ValueError(f"only 'C' or 'F' order is permitted, and it is {order!r}")
    kind = np.dtype(dtype)
    arguments = (operator.index(k), order)
    made = new(Placed(kernel, arguments, shape, kind, grid_for(chunks, shape, kind)))
    prototype = prototype_for(like)
    return made if prototype is None else elementwise(kernels.like_block, made, meta=prototype)


def identity(n: int, dtype: Any = None, *, chunks: Any = "auto", like: Any = None) -> Any:
    """The square matrix with ones on its diagonal; see `eye`.

    >>> import weft.array as da
    >>> da.identity(2, dtype=int, chunks=1).compute()
    array([[1, 0],
           [0, 1]])
    """
    return eye(n, dtype=float if dtype is None else dtype, chunks=chunks, like=like)


def indices(dimensions: Any, dtype: Any = int, sparse: bool = False, *, chunks: Any = "auto") -> Any:
    """For each axis of a shape the index along it of each element.

    Parameters
    ----------
    dimensions : tuple of int
    dtype : dtype
    sparse : bool
        Whether to give a tuple of arrays that are broadcast to the shape together, in place of one array.
    chunks : int, tuple, str or dict
        How to cut the shape.

    Examples
    --------
    >>> import weft.array as da
    >>> da.indices((2, 3), chunks=2).shape
    (2, 2, 3)
    >>> [each.shape for each in da.indices((2, 3), sparse=True)]
    [(2, 1), (1, 3)]
    """
    shape = shape_of(dimensions)
    kind = np.dtype(dtype)
    grid = grid_for(chunks, shape, kind)
    if sparse:
        return tuple(
            [
                new(Placed(kernels.grid_axis, (axis,), alone(shape, axis, 1), kind, alone(grid, axis, 1)))
                for axis in range(len(shape))
            ]
        )
    return new(Placed(kernels.grid_indices, (), (len(shape), *shape), kind, (1, *grid)))


def alone(values: tuple[Any, ...], axis: int, other: Any) -> tuple[Any, ...]:
    """A tuple with one entry kept and all others replaced."""
    return tuple([value if place == axis else other for place, value in enumerate(values)])


def fromfunction(
    function: Callable[..., Any],
    shape: Any,
    *,
    dtype: Any = float,
    chunks: Any = "auto",
    meta: Any = None,
    **kwargs: Any,
) -> Any:
    """A function of the indices of the elements, evaluated chunk by chunk.

    Parameters
    ----------
    function : callable
        Takes an array of indices for each axis, and gives an array that can be broadcast to their shape.
    shape : tuple of int
    dtype : dtype
        Of the indices.
    chunks : int, tuple, str or dict
    meta : array, optional
        Tells the dtype of the result. Found out by calling the function for no elements if it is not given.
    **kwargs
        Further arguments of the function.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int, chunks=2).compute()
    array([[ 0,  1,  2],
           [10, 11, 12]])
    """
    lengths = shape_of(shape)
    of_indices = np.dtype(dtype)
    if meta is not None:
        kind = np.dtype(meta.dtype)
    else:
        nothing = [np.empty((0,) * len(lengths), of_indices) for _ in lengths]
        with np.errstate(all="ignore"):
            kind = np.asarray(function(*nothing, **kwargs)).dtype
    grid = grid_for(chunks, lengths, kind)
    arguments = (function, of_indices, tuple(kwargs.items()))
    return new(Placed(kernels.from_function, arguments, lengths, kind, grid))


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """Coordinates of all points of a grid, from the coordinates along each axis.

    Parameters
    ----------
    *xi : array-like, one axis each
    copy : bool
        Results are views of what there is in any case: nothing can be written to them.
    sparse : bool
        Whether to leave the axes along which an array does not change with length 1.
    indexing : {"xy", "ij"}
        Whether the first array runs along the second axis, or along the first.

    Examples
    --------
    >>> import weft.array as da
    >>> x, y = da.meshgrid(da.arange(3, chunks=2), da.arange(2, chunks=1))
    >>> x.shape, y.chunks
    ((2, 3), ((1, 1), (2, 1)))
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    arrays = [chunked(each).ravel() if chunked(each).ndim > 1 else chunked(each) for each in xi]
    ndim = len(arrays)
    made = []
    for place, each in enumerate(arrays):
        axis = 1 - place if indexing == "xy" and ndim > 1 and place < 2 else place
        if each.ndim == 0:
            each = expand_dims(each, 0)
        made.append(expand_dims(each, tuple([other for other in range(ndim) if other != axis])) if ndim > 1 else each)
    return tuple(made) if sparse else broadcast_arrays(*made)


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of Python integers."""
    lengths = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    made = tuple(map(index, lengths))
    if any(length < 0 for length in made):
        raise ValueError(f"an array cannot have the shape {made}: lengths are not below 0")
    return made
