"""Borders around arrays: `pad` with all of NumPy's modes.

One axis after the other, as NumPy does it: the border of an axis covers the borders of those before. Where an axis is one
chunk, its blocks are padded in place. Otherwise borders are made of what they consist of (constants, edges, slices, ramps,
statistics) and joined to the array: thin ones become part of the chunks at the edge, wide ones chunks of their own, which are
no longer than those of the array.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, axis_count, axis_largest, compress, regular
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.padding import padded, padded_by, ramp, statistic
from weft.array.layout_cost import bounded_cut, chunk_limit
from weft.array.ops.creation import full
from weft.array.ops.joining import concatenate
from weft.array.ops.rechunking import laid_out, rechunk
from weft.array.ops.repeating import exchanged, repeat_all
from weft.array.ops.sizes import known_along
from weft.array.ops.transposing import normal_axis
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick

__all__ = ["pad"]

#: A border that is this many times thinner than the chunk at the edge becomes part of it.
THIN = 4
#: What each mode may be told.
KEYWORDS = {
    "constant": ("constant_values",),
    "edge": (),
    "empty": (),
    "linear_ramp": ("end_values",),
    "maximum": ("stat_length",),
    "mean": ("stat_length",),
    "median": ("stat_length",),
    "minimum": ("stat_length",),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
    "wrap": (),
}
#: Before and after an axis.
Width = tuple[int, int]


@node
class PadBlocks(ArrayExpr):
    """Each block padded by itself, along axes that are one chunk."""

    source: ArrayExpr
    widths: tuple[Width, ...]
    mode: str
    keywords: tuple[tuple[str, Any], ...]

    @property
    def label(self) -> str:
        return "pad"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [
                length + before + after if before or after else length
                for length, (before, after) in zip(self.source.shape, self.widths, strict=True)
            ]
        )

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        old, widths = self.source.grid, self.widths
        return tuple(
            [regular(length, length) if any(widths[axis]) else old[axis] for axis, length in enumerate(self.shape)]
        )

    def lower(self) -> Expr:
        columns = [Same(self.widths), Same(self.mode), Same(self.keywords)]
        return blockwise(self.outline, padded, [(self.source, identity_pick(self.ndim))], columns)


@node
class Along(ArrayExpr):
    """A kernel of whole lines along an axis, which is one chunk of the source and becomes one of ``length``."""

    source: ArrayExpr
    kernel: Callable[..., Any]
    arguments: tuple[Any, ...]
    axis: int
    length: int
    cost: Cost = Cost.LIGHT

    @property
    def label(self) -> str:
        return "pad"

    @derived
    def shape(self) -> tuple[int, ...]:
        return exchanged(self.source.shape, self.axis, self.length)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return exchanged(self.source.grid, self.axis, regular(self.length, self.length))

    def lower(self) -> Expr:
        columns = [Same(value) for value in self.arguments]
        return blockwise(self.outline, self.kernel, [(self.source, identity_pick(self.ndim))], columns, cost=self.cost)


def pad(array: Any, pad_width: Any, mode: str | Callable[..., Any] = "constant", **kwargs: Any) -> Any:
    """An array with a border around it.

    Parameters
    ----------
    array : array-like
    pad_width : int, (int, int), sequence of pairs, or dict
        How many elements before and after: for all axes, for each, or for those that a dict names.
    mode : str or callable
        ``"constant"``, ``"edge"``, ``"linear_ramp"``, ``"maximum"``, ``"mean"``, ``"median"``, ``"minimum"``,
        ``"reflect"``, ``"symmetric"``, ``"wrap"``, ``"empty"``, or a function that fills the borders of a line:
        ``function(line, width, axis, keywords)``. For that, axes are made one chunk, one after another.
    constant_values, end_values : scalar or pairs
        For ``"constant"`` and ``"linear_ramp"``; 0 by default.
    stat_length : int or pairs
        For statistics: how many elements at each edge they are of; all by default.
    reflect_type : {"even", "odd"}
        For ``"reflect"`` and ``"symmetric"``.

    Examples
    --------
    >>> import weft.array as da
    >>> da.pad(da.arange(4, chunks=2), (2, 1), mode="reflect").compute()
    array([2, 1, 0, 1, 2, 3, 2])
    """
    x = asarray(array)
    widths = pairs_of_widths(pad_width, x.ndim)
    for axis, width in enumerate(widths):
        if any(width):
            x = new(known_along(x.expr, axis))
    if callable(mode):
        return pad_by_function(x, widths, mode, kwargs)
    if mode not in KEYWORDS:
        raise ValueError(f"mode '{mode}' is not supported: the modes are {', '.join(KEYWORDS)}, or a function")
    if unknown := set(kwargs) - set(KEYWORDS[mode]):
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {unknown}")
    told = options(mode, kwargs, x.ndim)
    check_empty(x, widths, mode, told)
    made, wanted = x, x.expr.grid
    for axis, width in enumerate(widths):
        if not any(width):
            continue
        old = made.expr.grid[axis]
        made = pad_axis(made, axis, width, mode, told[axis])
        wanted = exchanged(wanted, axis, edges_merged(old, x.shape[axis], width, made.expr.grid[axis]))
    return new(laid_out(made.expr, wanted))


def pairs_of_widths(pad_width: Any, ndim: int) -> list[Width]:
    """Widths before and after each axis."""
    if isinstance(pad_width, dict):
        widths: list[Width] = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            place = normal_axis(axis, ndim)
            pair = (width, width) if hasattr(width, "__index__") else tuple(width)
            if len(pair) != 2:
                raise ValueError(f"pad_width of axis {axis} is a number or a pair, not {width!r}")
            widths[place] = (operator.index(pair[0]), operator.index(pair[1]))
    else:
        given = np.asarray(pad_width)
        if given.dtype.kind not in "iu":
            raise TypeError("`pad_width` must be of integral type.")
        widths = [(int(before), int(after)) for before, after in pairs(given, ndim)]
    if any(before < 0 or after < 0 for before, after in widths):
        raise ValueError("index can't contain negative values")
    return widths


def pairs(value: Any, ndim: int) -> list[tuple[Any, Any]]:
    """A pair for each axis: from one value, a pair, or one for each axis, as NumPy's functions take them."""
    given = np.array(value)
    if given.ndim < 3 and given.size == 1:
        (only,) = given.ravel()
        return [(only, only)] * ndim
    if given.ndim < 3 and given.size == 2 and given.shape != (2, 1):
        before, after = given.ravel()
        return [(before, after)] * ndim
    return [(before, after) for before, after in np.broadcast_to(given, (ndim, 2))]


def options(mode: str, kwargs: dict[str, Any], ndim: int) -> list[Any]:
    """What a mode is told, for each axis."""
    if mode in ("constant", "linear_ramp"):
        name = KEYWORDS[mode][0]
        return pairs(kwargs.get(name, 0), ndim)
    if mode in ("maximum", "minimum", "mean", "median"):
        lengths = kwargs.get("stat_length")
        if lengths is None:
            return [(None, None)] * ndim
        made = [(int(before), int(after)) for before, after in pairs(np.round(lengths), ndim)]
        if any(before < 0 or after < 0 for before, after in made):
            raise ValueError("index can't contain negative values")
        return made
    if mode in ("reflect", "symmetric"):
        kind = kwargs.get("reflect_type", "even")
        if kind not in ("even", "odd"):
            raise ValueError(f"reflect_type is 'even' or 'odd', not {kind!r}")
        return [kind] * ndim
    return [None] * ndim


def check_empty(x: Any, widths: list[Width], mode: str, told: list[Any]) -> None:
    """Raise ValueError where there is nothing that a border could be made of."""
    for axis, width in enumerate(widths):
        if x.expr.shape[axis] == 0 and any(width) and mode not in ("constant", "empty"):
            raise ValueError(f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
        if mode in ("maximum", "minimum") and 0 in told[axis]:
            raise ValueError("stat_length of 0 yields no value for padding")


def pad_axis(x: Any, axis: int, width: Width, mode: str, told: Any) -> Any:
    """The array with borders along one axis."""
    expr = x.expr
    length = x.shape[axis]
    if x.numblocks[axis] == 1 and stays_small(expr, axis, sum(width)):
        widths = tuple([width if place == axis else (0, 0) for place in range(x.ndim)])
        return new(PadBlocks(expr, widths, mode, keywords_for(mode, told, axis, x.ndim)))
    if mode in ("reflect", "symmetric", "wrap") and not (mode == "reflect" and length == 1):
        return mirrored(x, axis, width, mode, told)
    before, after = (border(x, axis, width, mode, told, last) for last in (False, True))
    parts = [each for each in (before, x, after) if each is not None]
    return concatenate(parts, axis, dtype=x.dtype)


def stays_small(expr: ArrayExpr, axis: int, more: int) -> bool:
    """Whether padded blocks are no larger than configured, or hardly larger than they were."""
    sizes = [axis_largest(length, cut) for length, cut in zip(expr.shape, expr.grid, strict=True)]
    grown = prod(exchanged(tuple(sizes), axis, sizes[axis] + more)) * expr.dtype.itemsize
    return more * THIN <= sizes[axis] or grown <= chunk_limit()


def keywords_for(mode: str, told: Any, axis: int, ndim: int) -> tuple[tuple[str, Any], ...]:
    """NumPy's keywords for padding along one axis."""
    if told is None or told == (None, None):
        return ()
    value: Any = told
    if isinstance(told, tuple):
        value = tuple([told if place == axis else (told[0], told[0]) for place in range(ndim)])
    return ((KEYWORDS[mode][0], value),)


def border(x: Any, axis: int, width: Width, mode: str, told: Any, last: bool) -> Any:
    """The border before or after an axis; None if it has no width."""
    size = width[last]
    if not size:
        return None
    expr = x.expr
    length, cut = x.shape[axis], expr.grid[axis]
    cut_of_border = bounded_cut(size, regular(size, size), max(1, axis_largest(length, cut)))
    grid = exchanged(expr.grid, axis, cut_of_border)
    if mode in ("constant", "empty"):
        return constant_border(x, exchanged(x.shape, axis, size), grid, told[last] if told else 0)
    if mode == "linear_ramp":
        made = Along(edge(x, axis, last).expr, ramp, (told[last], size, axis, last), axis, size)
        return new(laid_out(made, exchanged(made.grid, axis, cut_of_border)))
    one = edge(x, axis, last) if mode in ("edge", "reflect") else statistic_at(x, axis, mode, told, last)
    made = repeat_all(one, size, axis).expr
    return new(laid_out(made, exchanged(made.grid, axis, cut_of_border)))


def constant_border(x: Any, shape: tuple[Any, ...], grid: Grid, value: Any) -> Any:
    """A border of one value, cut like the array along the other axes."""
    foreign = x.expr.prototype is not None and not isinstance(x.expr.prototype, np.ndarray)
    if foreign or any(isinstance(cut, UnknownCut) for cut in grid):
        # of the kind of the blocks, or beside lengths that nobody knows: made of a slice of the array, which has them
        axis = next(place for place, (one, other) in enumerate(zip(shape, x.shape, strict=True)) if one != other)
        taken = repeat_all(edge(x, axis, False), shape[axis], axis)
        return taken.map_blocks(np.full_like, fill_value=value, dtype=x.dtype)
    chunks = tuple([axis_chunks(length, cut) for length, cut in zip(shape, grid, strict=True)])
    return full(shape, value, dtype=x.dtype, chunks=chunks)


def edge(x: Any, axis: int, last: bool) -> Any:
    """The first or last place along an axis."""
    where = slice(x.shape[axis] - 1, None) if last else slice(0, 1)
    expr = x[(slice(None),) * axis + (where,)].expr
    return new(laid_out(expr, exchanged(expr.grid, axis, 1)))


def statistic_at(x: Any, axis: int, mode: str, lengths: Any, last: bool) -> Any:
    """A statistic of the elements at one edge of an axis, with length 1 along it."""
    length = x.shape[axis]
    limited = [length if each is None else min(each, length) for each in lengths]
    own = limited[last]
    where = slice(length - own, None) if last else slice(0, own)
    part = x[(slice(None),) * axis + (where,)] if own < length else x
    if mode == "maximum":
        return part.max(axis=axis, keepdims=True)
    if mode == "minimum":
        return part.min(axis=axis, keepdims=True)
    if mode == "mean" and own and x.dtype.kind in "biufc":
        made = part.mean(axis=axis, keepdims=True)
        if np.issubdtype(x.dtype, np.integer):
            made = np.rint(made)
        return made.astype(x.dtype)
    whole = rechunk(part, {place: -1 if place == axis else "auto" for place in range(x.ndim)})
    whole = new(laid_out(whole.expr, exchanged(whole.expr.grid, axis, regular(own, own))))
    return new(Along(whole.expr, statistic, (mode, axis, x.dtype), axis, 1))


def mirrored(x: Any, axis: int, width: Width, mode: str, kind: Any) -> Any:
    """Borders that repeat the array: shifted (wrap), or mirrored at its edges; as often as it takes to fill them."""
    before, after = width
    period = x.shape[axis]
    around = (slice(None),) * axis
    while before or after:
        length = x.shape[axis]
        if mode == "wrap" or mode == "symmetric":
            usable, offset = length // period * period, 0
        else:
            usable, offset = (length - 1) // (period - 1) * (period - 1), 1
        head, tail = min(before, usable), min(after, usable)
        parts = [x]
        if head:
            if mode == "wrap":
                taken = x[(*around, slice(usable - head, usable))]
            else:
                taken = x[(*around, slice(offset, offset + head))][(*around, slice(None, None, -1))]
            parts.insert(0, reflected(x, taken, axis, False, kind))
        if tail:
            if mode == "wrap":
                first = length - usable
                taken = x[(*around, slice(first, first + tail))]
            else:
                stop = length - offset
                taken = x[(*around, slice(stop - tail, stop))][(*around, slice(None, None, -1))]
            parts.append(reflected(x, taken, axis, True, kind))
        x = concatenate(parts, axis, dtype=x.dtype)
        before, after = before - head, after - tail
    return x


def reflected(x: Any, taken: Any, axis: int, last: bool, kind: Any) -> Any:
    """What has been taken, or, for odd reflections, its reflection at the value of the edge."""
    return 2 * edge(x, axis, last) - taken if kind == "odd" else taken


def edges_merged(old: Cut, length: int, width: Width, made: Cut) -> Cut:
    """The cut of a padded axis with thin borders as parts of the chunks at its edges."""
    if isinstance(old, UnknownCut) or isinstance(made, UnknownCut) or axis_count(length, old) == 1:
        return made
    before, after = width
    own = list(axis_chunks(length, old))
    total = length + before + after
    lengths = list(axis_chunks(total, made))
    if before and before * THIN <= own[0]:
        first = lengths
        merged = 0
        while merged < before + own[0]:
            merged += first.pop(0)
        lengths = [merged, *first]
    if after and after * THIN <= own[-1]:
        merged = 0
        while merged < after + own[-1]:
            merged += lengths.pop()
        lengths.append(merged)
    return compress(lengths)


def pad_by_function(x: Any, widths: list[Width], function: Callable[..., Any], kwargs: dict[str, Any]) -> Any:
    """Borders of zeros that a user's function fills, axis by axis."""
    made = pad(x, widths) if x.ndim else x
    for axis, width in enumerate(widths):
        whole = rechunk(made, {place: -1 if place == axis else "auto" for place in range(made.ndim)})
        arguments = (function, width, axis, tuple(kwargs.items()))
        made = new(Along(whole.expr, padded_by, arguments, axis, made.shape[axis], Cost.HEAVY))
    return made
