"""Elements several times over: `repeat` each in place, `tile` the whole array, `resize` to another number of them.

Both make chunks grow; what would become larger than configured is split on the way, so that chunks stay in the band of
`weft.array.layout_cost`.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import (
    Cut,
    Grid,
    UnknownCut,
    as_tuple,
    axis_chunks,
    axis_largest,
    compress,
    is_unknown,
    regular,
)
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray, from_array
from weft.array.kernels.reshaping import repeated, repeated_by, tiled
from weft.array.layout_cost import MANY_CHUNKS, TINY, bounded_cut, chunk_elements, chunk_limit
from weft.array.ops.creation import zeros
from weft.array.ops.joining import concatenate, join
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reshaping import length_of, ravel, reshape
from weft.array.ops.sizes import known, known_along
from weft.array.ops.transposing import expand_dims, normal_axis
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.grid import identity_pick
from weft.tokenize import tokenize

__all__ = ["repeat", "resize", "tile"]

#: Parts that are joined in one step.
MOST_PARTS = 64


@node
class Repeat(ArrayExpr):
    """Each element several times along an axis."""

    source: ArrayExpr
    repeats: int
    axis: int

    @derived
    def shape(self) -> tuple[int, ...]:
        return exchanged(self.source.shape, self.axis, self.source.shape[self.axis] * self.repeats)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        cut = self.source.grid[self.axis]
        length = self.source.shape[self.axis]
        if isinstance(cut, tuple):
            made: Cut = compress([size * self.repeats for size in cut])
        else:
            assert isinstance(cut, int)
            made = regular(length * self.repeats, cut * self.repeats)
        return exchanged(self.source.grid, self.axis, made)

    def lower(self) -> Expr:
        columns = [Same(self.repeats), Same(self.axis)]
        return blockwise(self.outline, repeated, [(self.source, identity_pick(self.ndim))], columns)


@node
class RepeatBy(ArrayExpr):
    """Each element as often as another array says for its place along an axis; both are cut alike along it."""

    source: ArrayExpr
    repeats: ArrayExpr
    axis: int
    cut: Cut

    @property
    def label(self) -> str:
        return "repeat"

    @derived
    def shape(self) -> tuple[int, ...]:
        length: Any = self.cut.length if isinstance(self.cut, UnknownCut) else sum(self.cut)  # type: ignore[arg-type]
        return exchanged(self.source.shape, self.axis, length)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        cut = self.cut if isinstance(self.cut, UnknownCut) else compress(self.cut)  # type: ignore[arg-type]
        return exchanged(self.source.grid, self.axis, cut)

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        sources: list[Any] = [(self.source, identity_pick(self.ndim)), (self.repeats, (self.axis,))]
        return blockwise(self.outline, repeated_by, sources, [Same(self.axis)])


@node
class Tile(ArrayExpr):
    """The whole array, which is one chunk along an axis, ``times`` over along it: ``width`` times for each block."""

    source: ArrayExpr
    times: int
    axis: int
    width: int

    @derived
    def shape(self) -> tuple[int, ...]:
        return exchanged(self.source.shape, self.axis, self.source.shape[self.axis] * self.times)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        length = self.source.shape[self.axis]
        return exchanged(self.source.grid, self.axis, regular(length * self.times, length * self.width))

    def lower(self) -> Expr:
        axis, count = self.axis, self.numblocks[self.axis]
        pick = exchanged(identity_pick(self.ndim), axis, None)
        times = [self.width] * (count - 1) + [self.times - self.width * (count - 1)]
        before, after = prod(self.numblocks[:axis]), prod(self.numblocks[axis + 1 :])
        each = tuple([number for number in times for _ in range(after)]) * before
        return blockwise(self.outline, tiled, [(self.source, pick)], [Listed(each), Same(axis)])


def exchanged(values: tuple[Any, ...], axis: int, value: Any) -> tuple[Any, ...]:
    """Values by axis with another one for an axis."""
    return (*values[:axis], value, *values[axis + 1 :])


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element several times, one after another.

    Parameters
    ----------
    a : array-like
    repeats : int or array-like of int
        How often; an array has a number for each place along the axis. If that is a chunked array the length of the result
        is not known before it is computed.
    axis : int, optional
        By default the array is flattened.

    Examples
    --------
    >>> import weft.array as da
    >>> da.repeat(da.arange(3, chunks=2), 2).compute()
    array([0, 0, 1, 1, 2, 2])
    >>> da.repeat(da.arange(3, chunks=2), [1, 0, 2]).compute()
    array([0, 2, 2])
    """
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    elif x.ndim == 0:
        x = ravel(x)
    axis = normal_axis(axis, x.ndim)
    if isinstance(repeats, ArrayBase):
        return repeat_by_array(x, repeats, axis)
    counts = np.asarray(repeats if isinstance(repeats, np.ndarray) or np.size(repeats) else np.empty(0, np.intp))
    if counts.ndim > 1:
        raise ValueError(f"repeats has {counts.ndim} axes: give a number, or one for each place along the axis")
    if not np.can_cast(counts.dtype, np.int64, "safe"):
        raise TypeError(f"Cannot cast array data from {counts.dtype!r} to dtype('int64') according to the rule 'safe'")
    if counts.size and counts.min() < 0:
        raise ValueError("repeats may not contain negative values.")
    x = new(known_along(x.expr, axis))
    if counts.size == 1:
        return repeat_all(x, int(counts.reshape(())), axis)
    if counts.size != x.shape[axis]:
        raise ValueError(
            f"operands could not be broadcast together with shape ({x.shape[axis]},) ({counts.size},): "
            "repeats needs one number for each place along the axis"
        )
    return repeat_by_numbers(x, counts.astype(np.int64), axis)


def repeat_all(x: Any, times: int, axis: int) -> Any:
    """Each element equally often; chunks are split first where they would become too large."""
    if times == 1:
        return x
    expr = x.expr
    if times == 0:
        return x[(slice(None),) * axis + (slice(0, 0),)]
    length, cut = expr.shape[axis], expr.grid[axis]
    block = chunk_elements(expr.shape, expr.grid) * expr.dtype.itemsize
    limit = max(chunk_limit(), block)
    slab = block // max(1, axis_largest(length, cut))
    if slab * times > limit and length:
        # one place alone becomes too much: repeat in several steps, cut between them
        factor = max(1, limit // max(1, slab))
        if 1 < factor < times:
            steps = -(-times // factor)
            small, more = divmod(times, steps)
            one = expr if cut == 1 else laid_out(expr, exchanged(expr.grid, axis, 1))
            return spread_steps(new(one), [small + 1] * more + [small] * (steps - more), axis)
    longest = max(1, limit // max(1, slab * times))
    return new(Repeat(laid_out(expr, exchanged(expr.grid, axis, bounded_cut(length, cut, longest))), times, axis))


def spread_steps(x: Any, steps: list[int], axis: int) -> Any:
    """Each element as often as the steps say together, a chunk for each of them."""
    stacked = [Repeat(new_axis(x.expr, axis), each, axis + 1) for each in steps]
    joined = concatenate([new(each) for each in stacked], axis + 1, dtype=x.dtype)
    shape = exchanged(x.shape, axis, x.shape[axis] * sum(steps))
    return reshape(joined, shape, merge_chunks=False)


def new_axis(expr: ArrayExpr, axis: int) -> ArrayExpr:
    """An expression with an axis of length 1 behind another."""
    made: ArrayExpr = expand_dims(new(expr), axis + 1).expr
    return made


def repeat_by_numbers(x: Any, counts: np.ndarray[Any, Any], axis: int) -> Any:
    """Each element as often as a NumPy array says."""
    expr = x.expr
    length, cut = expr.shape[axis], expr.grid[axis]
    if not length:
        return x
    if not counts.any():
        return x[(slice(None),) * axis + (slice(0, 0),)]
    ends = np.cumsum(counts)
    block = chunk_elements(expr.shape, expr.grid) * expr.dtype.itemsize
    slab = max(1, block // max(1, axis_largest(length, cut)))
    longest = max(1, max(chunk_limit(), block) // slab)
    lengths: list[int] = []
    first = 0
    for size in axis_chunks(length, cut):
        while size:
            before = int(ends[first - 1]) if first else 0
            taken = max(1, int(np.searchsorted(ends[first : first + size], before + longest, side="right")))
            lengths.append(taken)
            first, size = first + taken, size - taken
    bounds = np.cumsum([0, *lengths])
    totals = np.concatenate([[0], ends])[bounds]
    made = tuple(np.diff(totals).tolist())
    source = laid_out(expr, exchanged(expr.grid, axis, compress(lengths)))
    held = from_array(counts, chunks=(tuple(lengths),)).expr
    return new(RepeatBy(source, laid_out(held, (source.grid[axis],)), axis, made))


def repeat_by_array(x: Any, repeats: Any, axis: int) -> Any:
    """Each element as often as a chunked array says: how long that is, is known when it has been computed."""
    if not np.can_cast(repeats.dtype, np.int64, "safe"):
        raise TypeError(f"Cannot cast array data from {repeats.dtype!r} to dtype('int64') according to the rule 'safe'")
    if repeats.ndim > 1:
        raise ValueError(f"repeats has {repeats.ndim} axes: give a number, or one for each place along the axis")
    if repeats.ndim == 0 or repeats.shape == (1,):
        return repeat(x, np.asarray(repeats.compute()), axis)
    if repeats.shape[0] != x.shape[axis]:
        x, repeats = new(known_along(x.expr, axis)), known(repeats)
        if repeats.shape[0] != x.shape[axis]:
            raise ValueError(
                f"operands could not be broadcast together with shape ({x.shape[axis]},) ({repeats.shape[0]},): "
                "repeats needs one number for each place along the axis"
            )
    cut = x.expr.grid[axis]
    numbers = laid_out(repeats.expr, (cut,))
    symbol = f"repeated-{tokenize(numbers.name)}"
    return new(RepeatBy(x.expr, numbers, axis, UnknownCut(symbol, x.numblocks[axis])))


def tile(A: Any, reps: Any) -> Any:  # noqa: N803 (NumPy's name)
    """The whole array several times over along its axes.

    Parameters
    ----------
    A : array-like
    reps : int or sequence of int
        How often along each axis; where there are more of them than axes, axes are added in front.

    Examples
    --------
    >>> import weft.array as da
    >>> da.tile(da.arange(3, chunks=3), 2).compute()
    array([0, 1, 2, 0, 1, 2])
    >>> da.tile(da.arange(3, chunks=3), (2, 1)).shape
    (2, 3)
    """
    x = asarray(A)
    times = [length_of(each) for each in ((reps,) if np.ndim(reps) == 0 else tuple(reps))]
    if any(each < 0 for each in times):
        raise ValueError(f"an array cannot be tiled {min(times)} times: reps={reps!r}")
    if len(times) > x.ndim:
        x = expand_dims(x, tuple(range(len(times) - x.ndim)))
    times = [1] * (x.ndim - len(times)) + times
    for axis, each in reversed(list(enumerate(times))):
        x = tile_along(x, each, axis)
    return new(x.expr)


def tile_along(x: Any, times: int, axis: int) -> Any:
    """The whole array several times over along one axis."""
    if times == 1:
        return x
    if times == 0:
        return x[(slice(None),) * axis + (slice(0, 0),)]
    if any(map(is_unknown, x.shape)):
        return side_by_side(x, times, axis)
    if not x.shape[axis]:
        return x
    expr = x.expr
    block = chunk_elements(expr.shape, expr.grid) // axis_largest(x.shape[axis], expr.grid[axis])
    whole = block * x.shape[axis] * expr.dtype.itemsize
    if x.numblocks[axis] > 1:
        if whole > chunk_limit() or not small_parts(x, axis):
            return side_by_side(x, times, axis)
        expr = laid_out(expr, exchanged(expr.grid, axis, regular(x.shape[axis], x.shape[axis])))
    return new(Tile(expr, times, axis, max(1, min(times, chunk_limit() // max(1, whole)))))


def side_by_side(x: Any, times: int, axis: int) -> Any:
    """The array several times over, as joined arrays: its blocks are used again, and nothing is copied."""
    if times <= MOST_PARTS:
        return join([x] * times, axis)
    more, rest = divmod(times, MOST_PARTS)
    many = side_by_side(join([x] * MOST_PARTS, axis), more, axis)
    return join([many, join([x] * rest, axis)], axis) if rest else many


def small_parts(x: Any, axis: int) -> bool:
    """Whether the chunks along an axis are far below the configured size, so that they are better tiled as one."""
    nbytes = chunk_elements(x.expr.shape, x.expr.grid) * int(x.dtype.itemsize)
    return nbytes * TINY < chunk_limit() and int(x.numblocks[axis]) > MANY_CHUNKS


def resize(a: Any, new_shape: Any) -> Any:
    """An array of another shape whose elements are those of ``a``, in C order and from the start again where they end.

    Examples
    --------
    >>> import weft.array as da
    >>> da.resize(da.arange(3, chunks=3), (2, 4)).compute()
    array([[0, 1, 2, 0],
           [1, 2, 0, 1]])
    """
    lengths = tuple(map(length_of, as_tuple(new_shape)))
    if any(length < 0 for length in lengths):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat, size = ravel(known(asarray(a))), prod(lengths)
    if not flat.size or not size:
        return zeros(lengths, flat.dtype)
    return reshape(tile_along(flat, -(-size // flat.size), 0)[:size], lengths)


class RepeatingMethods(ArrayBase):
    """Elements several times over."""

    __slots__ = ()

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Each element several times; see `weft.array.repeat`."""
        return repeat(self, repeats, axis)
