"""What ufuncs do along an axis: ``ufunc.reduce``, ``accumulate`` and ``reduceat``.

A reduction is a tree where the order of combining does not matter; other functions (``subtract``) take their axis in one
chunk, so that they see its elements in order.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, axis_count, compress
from weft.array.expr import ArrayExpr, SameLayout, array_outline
from weft.array.kernels import ufuncs as kernels
from weft.array.kernels.elementwise import AnyUfunc
from weft.array.ops.broadcasting import bound, broadcast_to, held_array, is_array, only
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import normal_axis
from weft.array.protocols import computed
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Blockwise, Call, Listed, Placed, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__: list[str] = []

#: Functions for which only the set of elements matters, and that have no identity.
ASSOCIATIVE = frozenset([np.maximum, np.minimum, np.fmax, np.fmin, np.gcd, np.lcm])
#: Reductions that are methods of arrays, which know more ways to go about them.
REDUCTIONS: dict[Any, str] = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
    np.logical_and: "all",
    np.logical_or: "any",
}
#: Blocks that one task combines.
SPLIT_EVERY = 16


@node
class UfuncReduction(ArrayExpr):
    """Axes reduced by a ufunc."""

    source: ArrayExpr
    ufunc: AnyUfunc
    axes: tuple[int, ...]
    keepdims: bool
    dtype: np.dtype[Any]
    given: np.dtype[Any] | None = None
    initial: Any = None
    has_initial: bool = False
    where: Any = True

    @property
    def label(self) -> str:
        return f"{self.ufunc.__name__}-reduce"

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.reduced(self.source.shape)

    @derived
    def grid(self) -> Grid:
        return self.reduced(self.source.grid)

    def reduced(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values by axis after the reduction; both a length and a cut are 1 for an axis that is kept."""
        if self.keepdims:
            return tuple([1 if axis in self.axes else value for axis, value in enumerate(values)])
        return tuple([value for axis, value in enumerate(values) if axis not in self.axes])

    def lower(self) -> Expr:
        source, axes, ufunc = self.source, self.axes, self.ufunc
        grid = tuple([1 if axis in axes else cut for axis, cut in enumerate(source.grid)])
        if not is_associative(ufunc):
            whole = tuple([max(1, source.shape[axis]) if axis in axes else cut for axis, cut in enumerate(source.grid)])
            source = laid_out(source, whole)
        width = source.numblocks
        shape = tuple([width[axis] if axis in axes else length for axis, length in enumerate(source.shape)])
        outline = array_outline(self, grid, shape, f"{ufunc.__name__}-chunk")
        sources: tuple[Expr, ...] = (source,)
        if isinstance(self.where, ArrayExpr):
            sources += (laid_out(self.where, source.grid),)
        pick = identity_pick(source.ndim)
        start = (self.initial, self.has_initial)
        columns = tuple([Placed(Same(each), outline.numblocks, pick) for each in (ufunc, axes, self.given, start)])
        slots = tuple([len(sources) + place for place in range(4)])
        part = Blockwise(
            outline,
            (Call(kernels.reduced, (*slots, *range(len(sources))), (), outline),),
            sources,
            (pick,) * len(sources),
            columns,
        )
        arguments = (ufunc, axes, self.keepdims, self.dtype, start)
        return TreeReduce(
            self.outline,
            part,
            axes,
            partial(kernels.combined, ufunc),
            kernels.finished,
            arguments,
            SPLIT_EVERY,
            self.keepdims,
        )


def is_associative(ufunc: AnyUfunc) -> bool:
    """Whether parts may be reduced by themselves, and the results together."""
    return ufunc.identity is not None or ufunc in ASSOCIATIVE


def ufunc_reduce(
    ufunc: AnyUfunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """``ufunc.reduce`` of a chunked array."""
    x = chunked(array)
    given = None if dtype is None else np.dtype(dtype)
    asked: dict[str, Any] = {} if initial is np._NoValue or initial is None else {"initial": initial}
    if where is not True:
        asked["where"] = True if ndim_of(where) == 0 else np.ones((1,) * x.ndim, bool)
    one = np.ones((1,) * x.ndim, x.dtype)
    shown = ufunc.reduce(one, axis=axis, dtype=given, keepdims=True, **asked)  # NumPy's own errors come from here
    kind = getattr(shown, "dtype", x.dtype)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(sorted(normal_axis(each, x.ndim) for each in axes))
    expr = x.expr if is_associative(ufunc) else sized(x.expr, axes)
    has_initial = initial is not np._NoValue and initial is not None
    if prod([expr.shape[each] for each in axes]) == 0 and not has_initial and ufunc.identity is None:
        raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
    if where is True and ufunc in REDUCTIONS and x.dtype.kind in "biufc":
        keywords = ({} if given is None else {"dtype": given}) | ({"initial": initial} if has_initial else {})
        if not keywords or ufunc in (np.add, np.multiply):
            found = getattr(x, REDUCTIONS[ufunc])(axis=axes, keepdims=bool(keepdims), **keywords)
            return as_result(found, out)
    mask: Any = where
    if where is not True:
        mask = broadcast_to(where, expr.shape).expr
    result = new(
        UfuncReduction(
            expr, ufunc, axes, bool(keepdims), kind, given, initial if has_initial else None, has_initial, mask
        )
    )
    return as_result(result, out)


@node
class UfuncAccumulation(SameLayout):
    """All partial results of a ufunc along an axis, given what comes before each block."""

    source: ArrayExpr
    before: ArrayExpr | None
    ufunc: AnyUfunc
    axis: int
    dtype: np.dtype[Any]
    given: np.dtype[Any] | None = None

    @property
    def label(self) -> str:
        return f"{self.ufunc.__name__}-accumulate"

    def lower(self) -> Expr:
        same = [Same(self.ufunc), Same(self.axis), Same(self.given)]
        source = (self.source, identity_pick(self.ndim))
        if self.before is None:
            return blockwise(self.outline, kernels.accumulated, [source], same)
        pick = tuple([None if axis == self.axis else axis for axis in range(self.ndim)])
        places = Listed(tuple(range(self.numblocks[self.axis])))
        outline = self.outline
        columns = [Placed(each, outline.numblocks, identity_pick(self.ndim)) for each in same]
        columns.append(Placed(places, (len(places.items),), (self.axis,)))
        return Blockwise(
            outline,
            (Call(kernels.accumulated, (0, 2, 3, 4, 1, 5), (), outline),),
            (self.source, self.before),
            (identity_pick(self.ndim), pick),
            tuple(columns),
        )


@node
class BlockTotals(ArrayExpr):
    """For each block its reduction along an axis, which is left with an element for each block."""

    source: ArrayExpr
    ufunc: AnyUfunc
    axis: int
    dtype: np.dtype[Any]
    given: np.dtype[Any] | None = None

    @derived
    def shape(self) -> tuple[int, ...]:
        return replaced(self.source.shape, self.axis, self.source.numblocks[self.axis])

    @derived
    def grid(self) -> Grid:
        return replaced(self.source.grid, self.axis, 1)

    def lower(self) -> Expr:
        same = [Same(self.ufunc), Same(self.axis), Same(self.given), Same(self.dtype)]
        return blockwise(self.outline, kernels.total, [(self.source, identity_pick(self.ndim))], same)


def ufunc_accumulate(ufunc: AnyUfunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """``ufunc.accumulate`` of a chunked array."""
    x = chunked(array)
    given = None if dtype is None else np.dtype(dtype)
    kind = ufunc.accumulate(np.ones((1,) * x.ndim, x.dtype), axis=axis, dtype=given).dtype
    place = 0 if axis is None else normal_axis(axis, x.ndim)  # NumPy takes None for arrays with a single axis
    expr = x.expr
    if axis_count(expr.shape[place], expr.grid[place]) > 1:
        if is_associative(ufunc):
            if ufunc.identity is None or ufunc is np.gcd:  # gcd(0, -1) is 1, and a single -1 stays what it is
                expr = without_empty_chunks(expr, place)
            totals = BlockTotals(expr, ufunc, place, kind, given)
            whole = laid_out(totals, replaced(totals.grid, place, totals.shape[place]))
            before = UfuncAccumulation(whole, None, ufunc, place, kind, None if kind.kind == "T" else kind)
            made = UfuncAccumulation(expr, before, ufunc, place, kind, given)
        else:
            expr = sized(expr, (place,))
            whole = laid_out(expr, replaced(expr.grid, place, max(1, expr.shape[place])))
            made = UfuncAccumulation(whole, None, ufunc, place, kind, given)
    else:
        made = UfuncAccumulation(expr, None, ufunc, place, kind, given)
    return as_result(new(made), out)


def without_empty_chunks(expr: ArrayExpr, axis: int) -> ArrayExpr:
    """The expression with a chunk of each stretch of an axis that has elements: there is no maximum of nothing."""
    expr = sized(expr, (axis,))
    lengths = [length for length in expr.chunks[axis] if length]
    return laid_out(expr, replaced(expr.grid, axis, compress(lengths or [0])))


@node
class UfuncReduceAt(ArrayExpr):
    """Stretches of an axis reduced by a ufunc; the axis is in one chunk."""

    source: ArrayExpr
    places: tuple[int, ...]
    ufunc: AnyUfunc
    axis: int
    dtype: np.dtype[Any]
    given: np.dtype[Any] | None = None

    @derived
    def shape(self) -> tuple[int, ...]:
        return replaced(self.source.shape, self.axis, len(self.places))

    @derived
    def grid(self) -> Grid:
        return replaced(self.source.grid, self.axis, max(1, len(self.places)))

    def lower(self) -> Expr:
        same = [Same(each) for each in (self.ufunc, self.places, self.axis, self.given)]
        return blockwise(self.outline, kernels.reduced_at, [(self.source, identity_pick(self.ndim))], same)


def ufunc_reduceat(ufunc: AnyUfunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """``ufunc.reduceat`` of a chunked array, which is cut anew so that the axis is in one chunk."""
    x = chunked(array)
    given = None if dtype is None else np.dtype(dtype)
    kind = ufunc.reduceat(np.ones((1,) * x.ndim, x.dtype), [0], axis=axis, dtype=given).dtype
    place = normal_axis(axis, x.ndim)
    expr = sized(x.expr, (place,))
    places = np.asarray(computed(indices), np.intp)
    length = expr.shape[place]
    wrong = places[(places < 0) | (places >= length)]
    if wrong.size:
        raise IndexError(f"index {wrong[0]} out-of-bounds in {ufunc.__name__}.reduceat [0, {length})")
    whole = laid_out(expr, replaced(expr.grid, place, max(1, length)))
    result = new(UfuncReduceAt(whole, tuple(places.tolist()), ufunc, place, kind, given))
    return as_result(result, out)


def as_result(made: Any, out: Any) -> Any:
    """A result, for which ``out`` stands from now on if it is given; it is not broadcast, as it is for elementwise functions."""
    target = only(out)
    if isinstance(target, ArrayBase) and target.shape != made.shape:
        raise ValueError(
            f"output parameter for reduction operation has the wrong shape: {target.shape} instead of {made.shape}"
        )
    return bound(made, out)


def chunked(array: Any) -> Any:
    """An argument as a chunked array."""
    return array if isinstance(array, ArrayBase) else held_array(array if is_array(array) else np.asarray(array))


def ndim_of(value: Any) -> int:
    """Number of axes of anything that NumPy takes for an array."""
    return value.ndim if isinstance(value, ArrayBase) else np.ndim(value)


def replaced(values: tuple[Any, ...], axis: int, value: Any) -> tuple[Any, ...]:
    """A tuple with one entry changed."""
    return (*values[:axis], value, *values[axis + 1 :])
