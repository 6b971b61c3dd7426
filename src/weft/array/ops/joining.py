"""Arrays side by side: along an axis they have (`concatenate`), along a new one (`stack`), or as nested lists say (`block`).

Joining makes no tasks: the blocks of the parts are the blocks of the result. Only where parts are cut differently along
the other axes are they cut anew (the light ones follow the heavy ones), and where very many tiny parts are joined,
neighbours are merged. Lengths along the axis need not be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, common_cut, compress, is_unknown
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray, from_array
from weft.array.layout_cost import chunk_elements, within_band
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import Sized, known_along
from weft.array.ops.transposing import Axes, atleast_1d, atleast_2d, atleast_3d, expand_dims, normal_axis
from weft.callables import also_called
from weft.expr import Expr, derived, node
from weft.physical.mosaic import Mosaic
from weft.tokenize import tokenize

__all__ = [
    "append",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "row_stack",
    "stack",
    "vstack",
]

#: Parts from which it is they that a result is shattered by, and not how they were cut.
MANY_PARTS = 16


@node
class Concatenate(ArrayExpr):
    """Arrays of one dtype one after another along ``axis``."""

    parts: tuple[ArrayExpr, ...]
    axis: int

    @derived
    def shape(self) -> tuple[int, ...]:
        lengths = [part.shape[self.axis] for part in self.parts]
        cut = self.grid[self.axis]
        whole: Any = cut.length if isinstance(cut, UnknownCut) else sum(lengths)
        first = self.parts[0].shape
        return (*first[: self.axis], whole, *first[self.axis + 1 :])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.parts[0].dtype

    @derived
    def grid(self) -> Grid:
        axis, first = self.axis, self.parts[0].grid
        grids = {part.grid for part in self.parts}
        cuts = []
        for place in range(len(first)):
            if place == axis:
                cuts.append(joined_cut([(part.shape[axis], part.grid[axis]) for part in self.parts]))
            elif len({grid[place] for grid in grids}) == 1:
                cuts.append(first[place])
            else:
                offers: dict[Cut, int] = {}
                for part in self.parts:
                    offers[part.grid[place]] = offers.get(part.grid[place], 0) + part.weight
                cuts.append(common_cut(self.parts[0].shape[place], list(offers.items())))
        return tuple(cuts)

    def lower(self) -> Expr:
        wanted = self.grid
        aligned = [
            laid_out(part, (*wanted[: self.axis], part.grid[self.axis], *wanted[self.axis + 1 :]))
            for part in self.parts
        ]
        return Mosaic(self.outline, tuple(aligned), self.axis)


def joined_cut(parts: Sequence[tuple[Any, Cut]]) -> Cut:
    """How an axis is cut that consists of others, of which the lengths and cuts are given."""
    if not any(isinstance(cut, UnknownCut) for _, cut in parts):
        first_length, first = parts[0]
        equal = all(part == parts[0] for part in parts[1:-1]) and parts[-1][1] == first
        if equal and isinstance(first, int) and first_length and not first_length % first:
            return first  # the common case, whatever the number of chunks: equal parts, of whole chunks
        lengths: list[int] = []
        for length, cut in parts:
            lengths.extend(axis_chunks(length, cut))
        return compress(lengths)
    symbols = [cut.symbol if isinstance(cut, UnknownCut) else (length, cut) for length, cut in parts]
    if len(parts) == 1:
        return parts[0][1]
    count, bounds, counters = 0, [], []
    for length, cut in parts:
        if isinstance(cut, UnknownCut):
            count += cut.count
            bounds.append(cut.bound)
            counters.append(cut.counts)
        else:
            lengths = list(axis_chunks(length, cut))
            count += len(lengths)
            bounds.append(max(lengths))
            counters.append(from_array(np.array(lengths, np.int64), chunks=-1, name=True).expr)
    bound = None if None in bounds else max([each for each in bounds if each is not None])
    counts = None if None in counters else Concatenate(tuple(counters), 0)
    return UnknownCut(f"joined-{tokenize(symbols)}", count, bound, counts)


@also_called(seq="arrays")
def concatenate(
    arrays: Any,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
    allow_unknown_chunksizes: bool = False,
) -> Any:
    """Arrays one after another along an axis.

    Parameters
    ----------
    arrays : sequence of array-like
        Their lengths along the other axes are equal.
    axis : int or None
        With None they are flattened first.
    out : Array, optional
        An array that becomes the result.
    dtype : dtype, optional
        Of the result; by default the one that all of them can be promoted to.
    casting : str
        What conversions to ``dtype`` are allowed, as `numpy.can_cast` has it.
    allow_unknown_chunksizes : bool
        Unknown lengths along ``axis`` are never in the way. With True unknown lengths along the other axes are taken to
        be equal; otherwise they are counted.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.concatenate([da.zeros((2, 3), chunks=2), da.ones((1, 3), chunks=2)])
    >>> x.chunks
    ((2, 1), (2, 1))
    >>> x.compute()
    array([[0., 0., 0.],
           [0., 0., 0.],
           [1., 1., 1.]])
    """
    xs = several(arrays, "concatenate")
    if axis is None:
        from_shape = [x if x.ndim == 1 else x.ravel() for x in xs]
        xs, axis = from_shape, 0
    if any(x.ndim == 0 for x in xs):
        raise ValueError("zero-dimensional arrays cannot be concatenated: use stack(), or give them an axis")
    first = xs[0]
    for place, x in enumerate(xs):
        if x.ndim != first.ndim:
            raise ValueError(
                "all the input arrays must have same number of dimensions, but the array at index 0 has "
                f"{first.ndim} dimension(s) and the array at index {place} has {x.ndim} dimension(s)"
            )
    axis = normal_axis(axis, first.ndim)
    xs = promoted(xs, joint_dtype(dtype, out, "concatenate"), casting)
    xs = matching(xs, axis, allow_unknown_chunksizes)
    return given_out(banded(join(xs, axis), axis), out)


def concat(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays one after another along an axis: the array API standard's name for `concatenate`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.concat([da.ones(2, chunks=1), da.ones(3, chunks=3)]).chunks
    ((1, 1, 3),)
    """
    return concatenate(arrays, axis, out=out, dtype=dtype, casting=casting)


def several(arrays: Any, what: str) -> list[Any]:
    """The arrays of a sequence."""
    if isinstance(arrays, ArrayBase):
        if not arrays.ndim:
            raise TypeError(f"{what}() takes a sequence of arrays, not one array without axes")
        arrays = new(known_along(arrays.expr, 0))
        found = [arrays[place] for place in range(arrays.shape[0])]
    elif isinstance(arrays, (str, bytes, Iterator)) or not isinstance(arrays, Iterable):
        raise TypeError(
            f"{what}(): arrays to stack must be given in a sequence, such as a list or tuple, not in a {type(arrays).__name__}"
        )
    else:
        found = list(arrays)
    if not found:
        raise ValueError(f"need at least one array to {what}")
    return [asarray(each) for each in found]


def joint_dtype(dtype: Any, out: Any, function: str) -> Any:
    """The dtype that is asked for, by itself or as that of ``out``; None if none is."""
    if out is None:
        return dtype
    if dtype is not None:
        raise TypeError(f"{function}() only takes `out` or `dtype` as an argument, but both were provided")
    return getattr(out, "dtype", None)


def promoted(xs: list[Any], dtype: Any = None, casting: str = "same_kind") -> list[Any]:
    """Arrays with one dtype."""
    kinds = list(dict.fromkeys([x.dtype for x in xs]))
    if dtype is None:
        if len(kinds) == 1 and kinds[0].isnative:
            return xs
        wanted = np.result_type(*kinds)
    else:
        wanted = np.dtype(dtype)
        if wanted.subdtype is not None:
            raise TypeError(f"arrays cannot be joined as {wanted}: it is a subarray dtype, which adds axes")
    for kind in kinds:
        if not np.can_cast(kind, wanted, casting=casting):  # type: ignore[arg-type]
            raise TypeError(f"Cannot cast array data from {kind!r} to {wanted!r} according to the rule {casting!r}")
    if not wanted.itemsize:  # texts as long as the longest needs
        wanted = np.result_type(*[np.empty(0, kind).astype(wanted).dtype for kind in kinds])
    return [x if x.dtype == wanted else x.astype(wanted) for x in xs]


def matching(xs: list[Any], axis: int, trusted: bool) -> list[Any]:
    """Arrays whose other lengths have been checked to be equal, counted where they are not known to be."""
    for place in range(xs[0].ndim):
        if place == axis:
            continue
        lengths = list(dict.fromkeys([x.expr.shape[place] for x in xs]))
        if len(lengths) == 1:
            continue
        if any(map(is_unknown, lengths)):
            xs = assumed_equal(xs, place) if trusted else [new(known_along(x.expr, place)) for x in xs]
            lengths = list(dict.fromkeys([x.expr.shape[place] for x in xs]))
        if len(lengths) > 1:
            where = next(number for number, x in enumerate(xs) if x.shape[place] != xs[0].shape[place])
            raise ValueError(
                "all the input array dimensions except for the concatenation axis must match exactly, but along "
                f"dimension {place}, the array at index 0 has size {xs[0].shape[place]} and the array at index {where} "
                f"has size {xs[where].shape[place]}"
            )
    return xs


def assumed_equal(xs: list[Any], axis: int) -> list[Any]:
    """Arrays that all have the lengths of one of them along an axis, on the user's word."""
    pattern = next((x for x in xs if not is_unknown(x.expr.shape[axis])), xs[0])
    made = []
    for place, x in enumerate(xs):
        if x.expr.shape[axis] == pattern.expr.shape[axis]:
            made.append(x)
            continue
        if x.numblocks[axis] != pattern.numblocks[axis] or not is_unknown(x.expr.shape[axis]):
            raise ValueError(
                f"cannot take the lengths along axis {axis} to be equal: the array at index {place} has "
                f"{x.numblocks[axis]} chunks there, another one {pattern.numblocks[axis]}. "
                "Call compute_chunk_sizes() on the arrays first."
            )
        shape = (*x.expr.shape[:axis], pattern.expr.shape[axis], *x.expr.shape[axis + 1 :])
        grid = (*x.expr.grid[:axis], pattern.expr.grid[axis], *x.expr.grid[axis + 1 :])
        made.append(new(Sized(x.expr, shape, grid)))
    return made


def join(xs: list[Any], axis: int) -> Any:
    """Arrays that match, one after another; those without elements are left out, unless all are."""
    some = [x for x in xs if x.expr.shape[axis] != 0] or xs[:1]
    if len(some) == 1:
        return new(some[0].expr)
    return new(Concatenate(tuple([x.expr for x in some]), axis))


def banded(x: Any, axis: int) -> Any:
    """The array with neighbours merged along the axis where very many tiny parts have been joined."""
    expr = x.expr
    if not isinstance(expr, Concatenate) or not expr.is_known or len(expr.parts) < MANY_PARTS:
        return x
    given = max([chunk_elements(part.shape, part.grid) for part in expr.parts]) * expr.dtype.itemsize
    grid = within_band(expr.shape, expr.grid, expr.dtype.itemsize, given=given, axes=(axis,))
    return x if grid == expr.grid else new(laid_out(expr, grid))


def given_out(x: Any, out: Any) -> Any:
    """The result, which becomes ``out`` if there is one."""
    if out is None:
        return x
    if not isinstance(out, ArrayBase):
        raise TypeError(f"out= takes a chunked array, not {type(out).__name__}")
    if out.shape != x.shape:
        raise ValueError(f"out has the wrong shape: the result has shape {x.shape}, and out has {out.shape}")
    if not np.can_cast(x.dtype, out.dtype, "same_kind"):
        raise TypeError(f"cannot write a result of {x.dtype} to out, which has {out.dtype}")
    out.expr = (x if x.dtype == out.dtype else x.astype(out.dtype)).expr
    return out


@also_called(seq="arrays")
def stack(
    arrays: Any,
    axis: int = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
    allow_unknown_chunksizes: bool = False,
) -> Any:
    """Arrays of one shape side by side along a new axis.

    Parameters
    ----------
    arrays : sequence of array-like
    axis : int
        Where in the result the new axis is.
    out, dtype, casting
        As for `concatenate`.
    allow_unknown_chunksizes : bool
        With True unknown lengths are taken to be equal; otherwise they are counted, unless they are known to be equal.

    Examples
    --------
    >>> import weft.array as da
    >>> da.stack([da.ones(4, chunks=2)] * 3).chunks
    ((1, 1, 1), (2, 2))
    """
    xs = several(arrays, "stack")
    if any(x.ndim != xs[0].ndim for x in xs):
        raise ValueError("all input arrays must have the same shape: they have " + shapes_of(xs))
    axis = normal_axis(axis, xs[0].ndim + 1)
    if any(x.shape != xs[0].shape for x in xs):
        try:
            xs = matching(xs, -1, allow_unknown_chunksizes)
        except ValueError:
            raise ValueError("all input arrays must have the same shape: they have " + shapes_of(xs)) from None
    xs = promoted(xs, joint_dtype(dtype, out, "stack"), casting)
    order = list(range(xs[0].ndim))
    order.insert(axis, None)  # type: ignore[arg-type]
    parts = tuple([Axes(x.expr, tuple(order)) for x in xs])
    made = new(parts[0] if len(parts) == 1 else Concatenate(parts, axis))
    return given_out(banded(made, axis), out)


def shapes_of(xs: list[Any]) -> str:
    """The different shapes of arrays, for errors."""
    return ", ".join(map(str, dict.fromkeys([x.shape for x in xs])))


def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind", allow_unknown_chunksizes: bool = False) -> Any:
    """Arrays one below another: one-dimensional ones are rows.

    Examples
    --------
    >>> import weft.array as da
    >>> da.vstack([da.ones(3, chunks=3), da.zeros(3, chunks=3)]).shape
    (2, 3)
    """
    xs = [atleast_2d(x) for x in several(tup, "concatenate")]
    return concatenate(xs, 0, dtype=dtype, casting=casting, allow_unknown_chunksizes=allow_unknown_chunksizes)


row_stack = vstack


def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind", allow_unknown_chunksizes: bool = False) -> Any:
    """Arrays one beside another: along the second axis, or the only one.

    Examples
    --------
    >>> import weft.array as da
    >>> da.hstack([da.ones(3, chunks=3), da.zeros(2, chunks=2)]).chunks
    ((3, 2),)
    """
    xs = [atleast_1d(x) for x in several(tup, "concatenate")]
    axis = 0 if xs[0].ndim == 1 else 1
    return concatenate(xs, axis, dtype=dtype, casting=casting, allow_unknown_chunksizes=allow_unknown_chunksizes)


def dstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind", allow_unknown_chunksizes: bool = False) -> Any:
    """Arrays one behind another, along the third axis.

    Examples
    --------
    >>> import weft.array as da
    >>> da.dstack([da.ones((2, 3), chunks=3)] * 2).shape
    (2, 3, 2)
    """
    xs = [atleast_3d(x) for x in several(tup, "concatenate")]
    return concatenate(xs, 2, dtype=dtype, casting=casting, allow_unknown_chunksizes=allow_unknown_chunksizes)


def column_stack(tup: Any) -> Any:
    """Arrays one beside another: one-dimensional ones are columns.

    Examples
    --------
    >>> import weft.array as da
    >>> da.column_stack([da.ones(3, chunks=3), da.zeros((3, 2), chunks=3)]).shape
    (3, 3)
    """
    xs = [x if x.ndim > 1 else column_of(x) for x in several(tup, "concatenate")]
    return concatenate(xs, 1)


def column_of(x: Any) -> Any:
    """A one-dimensional array, or a scalar, as a column."""
    return expand_dims(atleast_1d(x), 1)


def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Values added at the end of an axis; both flattened where no axis is given.

    Examples
    --------
    >>> import weft.array as da
    >>> da.append(da.arange(3, chunks=3), [3, 4]).compute()
    array([0, 1, 2, 3, 4])
    """
    x, more = asarray(arr), asarray(values)
    if axis is None:
        return concatenate([x.ravel(), more.ravel()])
    return concatenate([x, more], normal_axis(axis, x.ndim))


def block(arrays: Any, allow_unknown_chunksizes: bool = False) -> Any:
    """Arrays put together as nested lists say: the innermost are joined along the last axis, the next along the one before.

    Parameters
    ----------
    arrays : nested list of array-like
        No tuples. Lists are equally deep everywhere.
    allow_unknown_chunksizes : bool
        See `concatenate`.

    Examples
    --------
    >>> import weft.array as da
    >>> a = da.ones((2, 2), chunks=2)
    >>> da.block([[a, a * 2], [a * 3, a * 4]]).compute()
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.],
           [3., 3., 4., 4.],
           [3., 3., 4., 4.]])
    """
    depth = check_depth(arrays, [])
    ndim = max([depth, *[np.ndim(each) for each in leaves(arrays)]])

    def assembled(entry: Any, level: int) -> Any:
        if level == depth:
            x = asarray(entry)
            return expand_dims(x, tuple(range(ndim - x.ndim))) if x.ndim < ndim else x
        parts = [assembled(each, level + 1) for each in entry]
        return concatenate(parts, level - depth, allow_unknown_chunksizes=allow_unknown_chunksizes)

    return assembled(arrays, 0)


def check_depth(arrays: Any, place: list[int]) -> int:
    """How deep lists are nested; they must be equally deep everywhere, and not empty."""
    where = "arrays" + "".join([f"[{each}]" for each in place])
    if isinstance(arrays, tuple):
        raise TypeError(f"{where} is a tuple: only lists can be used to arrange blocks, and block() takes no tuples")
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        raise ValueError(f"List at {where} cannot be empty")
    depths = [check_depth(each, [*place, number]) for number, each in enumerate(arrays)]
    if len(set(depths)) > 1:
        number = next(number for number, each in enumerate(depths) if each != depths[0])
        raise ValueError(
            f"List depths are mismatched. First element was at depth {depths[0] + len(place) + 1}, "
            f"but there is an element at depth {depths[number] + len(place) + 1} ({where}[{number}])"
        )
    return depths[0] + 1


def leaves(arrays: Any) -> list[Any]:
    """What stands in nested lists."""
    if isinstance(arrays, list):
        return [each for entry in arrays for each in leaves(entry)]
    return [arrays]
