"""Assignment to positions, along one axis or pointwise along several, and ufuncs that work on them in place.

Positions at hand are sorted by the block that they are in; values, if there is one for each, are taken in that order, so
every block is changed by one block of values, and blocks without any stay as they are. Positions that are computed go to
the blocks of the source by an exchange, with their values. Where a position comes twice the last value stays, and a ufunc
works twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import Any

import numpy as np

from weft.array.chunks import Grid, axis_chunks, axis_largest, compress
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.kernels import assignment as kernels
from weft.array.kernels.indexing import all_requests, small, split_answers
from weft.array.ops.fancy import Lines, Written, held_positions, points
from weft.array.ops.indexing import arranged
from weft.array.ops.located import compact, contiguous_grid, located
from weft.array.ops.masking import is_in_order
from weft.array.ops.positions import index_of, requests_to
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.expr import Expr, Held, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Blockwise, Call, Placed, Same, blockwise
from weft.physical.exchange import Exchange
from weft.physical.grid import identity_pick
from weft.physical.patching import Patched
from weft.records import record

__all__ = ["set_at_index", "set_at_points"]


@node
class SetPoints(SameLayout):
    """Positions along ``axes``, sorted by block, set to a scalar or to an array with an axis for them at the first of those."""

    axes: tuple[int, ...]
    held: Held
    value: Any
    ufunc: Any = None

    @property
    def label(self) -> str:
        return "setitem" if self.ufunc is None else f"{self.ufunc.__name__}.at"

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        number, local = located(self.source, self.axes, self.held.value)
        edges = [0, *(np.flatnonzero(number[1:] != number[:-1]) + 1).tolist(), number.size]
        found = {
            int(number[first]): tuple([compact(each[first:end]) for each in local]) for first, end in pairwise(edges)
        }
        if isinstance(self.value, ArrayExpr):
            value = laid_out(self.value, self.value_grid(edges))
            routes = PointPatches(self.name, self.source.numblocks, value.numblocks, self.axes, found, self.ufunc)
            return Patched(self.outline, self.source, value, kernels.patch_points, routes)
        outline, source = self.outline, self.source
        counts = tuple([source.numblocks[axis] for axis in self.axes])
        grid, whole = outline.numblocks, identity_pick(self.ndim)
        told = [found.get(place) for place in range(prod(counts))]
        columns = (
            Placed(Written(self.name, told), counts, self.axes),
            Placed(Same(self.axes), grid, whole),
            Placed(Same(self.value), grid, whole),
            Placed(Same(self.ufunc), grid, whole),
        )
        call = Call(kernels.set_points, (0, 1, 2, 3, 4), (), outline)
        return Blockwise(outline, (call,), (source,), (whole,), columns)

    def value_grid(self, edges: list[int]) -> Grid:
        """The grid on which every block of values is for one block along the indexed axes."""
        assert isinstance(self.value, ArrayExpr)
        own = value_cuts(self.source, self.axes, self.value, 1)
        if self.value.shape[self.axes[0]] != 1 or edges[-1] == 1:
            own[self.axes[0]] = compress([end - first for first, end in pairwise(edges)])
        return tuple(own)


def value_cuts(source: ArrayExpr, axes: tuple[int, ...], value: ArrayExpr, width: int) -> list[Any]:
    """Cuts of values by axis: the source's where they are as long, one chunk elsewhere; 1 for ``width`` axes of positions."""
    place = axes[0]
    others = [axis for axis in range(source.ndim) if axis not in axes]
    cuts: list[Any] = [1] * value.ndim
    for at, length in enumerate(value.shape):
        if not place <= at < place + width:
            axis = others[at if at < place else at - width]
            cuts[at] = source.grid[axis] if length == source.shape[axis] else 1
    return cuts


@record
class PointPatches:
    """Which blocks have positions, and with which blocks of values they are set."""

    name: str
    grid: tuple[int, ...]
    values: tuple[int, ...]
    axes: tuple[int, ...]
    found: dict[int, Any]
    ufunc: Any

    def __weft_tokenize__(self) -> str:
        return self.name

    def patches(self) -> dict[int, tuple[tuple[int, ...], Any]]:
        numbers = value_numbers(self.grid, self.axes, self.values, (len(self.found),))
        made: dict[int, tuple[tuple[int, ...], Any]] = {}
        for left, right, blocks in Lines(self.grid, self.axes).sources():
            for place, (block, where) in enumerate(self.found.items()):
                made[blocks[block]] = ((int(numbers[left, place, right]),), (self.axes, where, self.ufunc))
        return made


def value_numbers(
    grid: tuple[int, ...], axes: tuple[int, ...], values: tuple[int, ...], inner: tuple[int, ...]
) -> np.ndarray[Any, Any]:
    """For each place before, among and after the indexed axes the number of the block of values that goes with it."""
    before, after = Lines(grid, axes).others
    left, right = tuple([grid[axis] for axis in before]), tuple([grid[axis] for axis in after])
    numbers = np.broadcast_to(np.arange(prod(values)).reshape(values), (*left, *inner, *right))
    return numbers.reshape(prod(left), prod(inner), prod(right))


def layout(
    base: ArrayExpr, axes: tuple[int, ...], inner: tuple[Any, ...], wanted: Sequence[int | None], value: ArrayExpr
) -> ArrayExpr:
    """A value with the axes of the positions at the first of the indexed ones, and the other axes around; checked.

    ``wanted`` are the axes of the result, as places in that order; None for new ones.
    """
    others = [length for axis, length in enumerate(base.shape) if axis not in axes]
    full = [*others[: axes[0]], *inner, *others[axes[0] :]]
    shape = [1 if axis is None else full[axis] for axis in wanted]
    extra = value.ndim - len(shape)
    fits = not any(length != 1 for length in value.shape[: max(0, extra)]) and all(
        value.shape[place + extra] in (1, length) for place, length in enumerate(shape) if place + extra >= 0
    )
    if not fits:
        raise ValueError(
            f"shape mismatch: value array of shape {value.shape} could not be broadcast to indexing result of shape "
            f"{tuple(shape)}"
        )
    places = {axis: place + extra for place, axis in enumerate(wanted) if axis is not None and place + extra >= 0}
    return arranged(value, [places.get(axis) for axis in range(len(full))])


def set_at_points(
    base: ArrayExpr,
    axes: tuple[int, ...],
    positions: Sequence[Any],
    wanted: Sequence[int | None],
    value: Any,
    ufunc: Any = None,
) -> ArrayExpr:
    """An expression with positions that are at hand set, or changed by a ufunc."""
    inner = positions[0].shape
    if isinstance(value, ArrayExpr):
        if not value.is_known:
            value = sized(value)
        value = layout(base, axes, inner, wanted, value)
    if not positions[0].size or 0 in base.shape:
        return base
    flat = tuple([each.reshape(-1) for each in positions])
    number, _ = located(base, axes, flat)
    total = prod(base.numblocks[axis] for axis in axes)
    is_sorted = bool((number[1:] >= number[:-1]).all())
    order = None if is_sorted else np.argsort(small(number, total), kind="stable")
    ordered = flat if order is None else tuple([each[order] for each in flat])
    if isinstance(value, ArrayExpr):
        place = axes[0]
        own = value.shape[place : place + len(inner)]
        if prod(own) == 1:
            rest = [*range(place), *([place] if inner else [None]), *range(place + len(inner), value.ndim)]
            value = arranged(value, rest)
        elif order is not None or len(inner) != 1:
            linear = np.broadcast_to(np.arange(prod(own)).reshape(own), inner).reshape(-1)
            linear = linear if order is None else linear[order]
            chosen = np.unravel_index(linear, own)
            counts = np.diff(np.flatnonzero(np.diff(number if order is None else number[order], prepend=-1, append=-1)))
            cut = compress(counts.tolist())
            value = points(value, tuple(range(place, place + len(inner))), chosen, (cut,))
    return SetPoints(base, axes, held_positions(ordered), value, ufunc)


@node
class SetAtIndex(SameLayout):
    """Linear places of ``axes`` taken together, which are computed, set to a scalar or to an array.

    The array has the axes of the index at the first of ``axes``, each as long as the index' or 1, and the others around.
    """

    axes: tuple[int, ...]
    index: ArrayExpr
    value: Any
    ufunc: Any = None

    @property
    def label(self) -> str:
        return "setitem" if self.ufunc is None else f"{self.ufunc.__name__}.at"

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        source, axes = self.source, self.axes
        own = tuple(range(self.ndim))
        if not isinstance(self.value, ArrayExpr):
            asked = requests_to(source, axes, self.index, self.name)
            columns = [Same(axes), Same(self.value), Same(self.ufunc)]
            return blockwise(self.outline, kernels.set_requests, [(source, own), (asked, axes)], columns)
        place, width = axes[0], self.index.ndim
        cuts = value_cuts(source, axes, self.value, width)
        for at, length in enumerate(self.value.shape[place : place + width]):
            cuts[place + at] = self.index.grid[at] if length == self.index.shape[at] else 1
        value = laid_out(self.value, tuple(cuts))
        bounds = tuple([(0, *accumulate(axis_chunks(source.shape[axis], source.grid[axis]))) for axis in axes])
        grid = (*value.numblocks[:place], *self.index.numblocks, *value.numblocks[place + width :])
        largest = prod(axis_largest(*cut) for cut in zip(self.index.shape, self.index.grid, strict=True))
        others = [at for at in range(value.ndim) if not place <= at < place + width]
        row = prod(axis_largest(value.shape[at], value.grid[at]) for at in others) * value.dtype.itemsize
        pairs = blockwise(
            Outline(f"{self.name}-pairs", "setitem-pairs", grid, largest * (row + 8 * len(axes))),
            kernels.requests_with_values,
            [
                (self.index, tuple(range(place, place + width))),
                (value, tuple([at if count > 1 else None for at, count in enumerate(value.numblocks)])),
            ],
            [Same(bounds), Same(place)],
        )
        rest = iter([value.numblocks[at] for at in others])
        targets = tuple([source.numblocks[axis] if axis in axes else next(rest) for axis in range(source.ndim)])
        routes = PairRoutes(targets, axes, self.index.nblocks)
        share = self.index.nblocks // prod(source.numblocks[axis] for axis in axes) + 1
        asked = Exchange(
            Outline(f"{self.name}-values", "setitem-values", targets, share * pairs.nbytes),
            pairs,
            split_answers,
            all_requests,
            routes,
        )
        pick = tuple([axis if count > 1 or axis in axes else None for axis, count in enumerate(targets)])
        return blockwise(
            self.outline, kernels.set_values, [(source, own), (asked, pick)], [Same(axes), Same(self.ufunc)]
        )


@record
class PairRoutes:
    """Every block of positions and values sends to every block of the source along the indexed axes."""

    targets: tuple[int, ...]
    axes: tuple[int, ...]
    nindex: int

    def __weft_tokenize__(self) -> Any:
        return (self.targets, self.axes, self.nindex)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        lines = Lines(self.targets, self.axes)
        after = lines.after
        made: list[Any] = [None] * (lines.before * self.nindex * after)
        for left, right, numbers in lines.sources():
            for place in range(self.nindex):
                made[(left * self.nindex + place) * after + right] = (tuple(numbers), None)
        return made

    def receives(self) -> list[Any]:
        return [None] * prod(self.targets)


def set_at_index(
    base: ArrayExpr,
    axes: tuple[int, ...],
    positions: Sequence[Any],
    wanted: Callable[[int], Sequence[int | None]],
    value: Any,
    ufunc: Any = None,
) -> ArrayExpr:
    """An expression with positions that are computed set, or changed by a ufunc; ``wanted`` gives the result's axes for the positions' number."""
    index = index_of(base, axes, positions)
    if not is_in_order(index.shape, index.grid):
        if not index.is_known:
            index = sized(index)
        largest = prod(axis_largest(*cut) for cut in zip(index.shape, index.grid, strict=True))
        index = laid_out(index, contiguous_grid(index.shape, largest))
    if isinstance(value, ArrayExpr):
        try:
            value = layout(base, axes, index.shape, wanted(index.ndim), value)
        except ValueError:
            if value.is_known and index.is_known:
                raise
            index, value = sized(index), sized(value)
            value = layout(base, axes, index.shape, wanted(index.ndim), value)
    return SetAtIndex(base, axes, index, value, ufunc)
