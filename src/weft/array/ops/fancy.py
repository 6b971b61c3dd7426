"""Elements at given positions: along one axis, or pointwise along several.

`Points` has the positions at hand (NumPy arrays and lists), checked and counted from the front. How the result is cut
follows from them: where they go through the chunks of the source in order, the result's chunks follow the source's;
otherwise they are as long as the source's are. Three ways lead to it:

- every chunk of the result comes from one chunk of the source: a pick, which fuses with what comes before and after;
- from a few each: those are gathered;
- from all (a shuffle): every chunk of the source is split once into runs, every chunk of the result merges its runs and
  brings them in order. Where that would be too many runs it goes in two rounds: positions are first brought to ranges of
  the result, then each range in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import isqrt, prod
from typing import Any

import numpy as np

from weft.array.chunks import Cut, Grid, axis_chunks, axis_largest, compress, regular
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import FromArray, Regions
from weft.array.io.from_blocks import FromBlocks
from weft.array.kernels.indexing import chosen, chosen_of_whole, gathered, merged_runs, runs_of, small
from weft.array.ops.located import (
    TOLERANCE,
    Index,
    Part,
    compact,
    contiguous_grid,
    evenly,
    located,
    merged_lengths,
    parts_of,
    slices_of,
)
from weft.array.ops.rechunking import ALL_TO_ALL, laid_out
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Blockwise, Call, Placed, Same
from weft.physical.exchange import MANY_RUNS, Exchange
from weft.physical.gather import Gather
from weft.physical.grid import Pick, identity_pick
from weft.physical.source import Whole
from weft.records import record

__all__ = ["Lines", "Points", "Written", "held_positions", "points"]

#: Blocks that a gathering task may read; an exchange reads none of them twice.
MOST_GATHERED = 16
#: Result chunks may be this many times more than there need be before neighbours are merged.
SHATTERED = 4
#: Positions of at most so many bytes are named by their content, longer ones by a nonce.
HASHED_NBYTES = 2**23


@node
class Points(ArrayExpr):
    """The elements at positions along ``axes``; the axes of the positions take the place of the first of those.

    ``held`` has an array of positions for each axis, all of one shape; ``inner`` is how that shape is cut. ``is_direct``
    forbids a second round.
    """

    source: ArrayExpr
    axes: tuple[int, ...]
    held: Held
    inner: Grid
    is_direct: bool = False

    @property
    def label(self) -> str:
        return "take"

    @property
    def place(self) -> int:
        """The first axis of the positions in the result."""
        return self.axes[0]

    @property
    def positions(self) -> tuple[Index, ...]:
        return self.held.value  # type: ignore[no-any-return]

    @derived
    def inner_shape(self) -> tuple[int, ...]:
        return tuple(self.positions[0].shape)

    def with_inner(self, values: Sequence[Any], inner: Sequence[Any]) -> tuple[Any, ...]:
        """Values by axis of the source, with those of the positions in place of the indexed axes'."""
        others = [value for axis, value in enumerate(values) if axis not in self.axes]
        return (*others[: self.place], *inner, *others[self.place :])

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.with_inner(self.source.shape, self.inner_shape)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return self.with_inner(self.source.grid, self.inner)

    @derived
    def inner_chunks(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of the chunks of the positions."""
        return tuple([axis_chunks(length, cut) for length, cut in zip(self.inner_shape, self.inner, strict=True)])

    def lower(self) -> Expr:
        if isinstance(self.source, FromArray) and self.source.in_memory:
            return self.from_memory(self.source)
        parts = self.parts()
        runs = sum(map(len, parts))
        if runs == len(parts) and sum([len(each) > 1 for each in self.inner_chunks]) <= 1:
            return self.picked(parts)
        used = len({part.block for each in parts for part in each})
        few = runs <= ALL_TO_ALL * (used + len(parts)) and max(map(len, parts)) <= MOST_GATHERED
        if few or (isinstance(self.source, FromBlocks) and runs <= MANY_RUNS):
            return Gather(self.outline, self.source, gathered, GatherRoutes(self.name, self, parts))
        if runs > MANY_RUNS and min(used, len(parts)) >= 4 and not self.is_direct:
            return self.in_two_rounds(used)
        return Exchange(self.outline, self.source, runs_of, merged_runs, ExchangeRoutes(self.name, self, parts))

    def parts(self) -> list[list[Part]]:
        """For each block of the positions what it takes of which blocks, in the order of those."""
        number, local = located(self.source, self.axes, self.positions)
        total = prod(self.source.numblocks[axis] for axis in self.axes)
        return [
            parts_of(number[where].reshape(-1), [each[where].reshape(-1) for each in local], total)
            for where in slices_of(self.inner_chunks)
        ]

    def block_shapes(self) -> list[tuple[int, ...]]:
        """The shape of each block of the positions."""
        return list(product(*self.inner_chunks))

    def picked(self, parts: list[list[Part]]) -> Expr:
        """Every block of the result comes from one block of the source."""
        outline, place = self.outline, self.place
        counts = tuple(map(len, self.inner_chunks))
        blocks = [each[0].block for each in parts]
        wide = next((place + axis for axis, count in enumerate(counts) if count > 1), None)
        coordinates = np.unravel_index(blocks, tuple([self.source.numblocks[axis] for axis in self.axes]))
        pick: list[Any] = []
        others = iter([axis for axis in range(outline_ndim(self)) if not place <= axis < place + len(counts)])
        for axis in range(self.source.ndim):
            if axis not in self.axes:
                pick.append(next(others))
                continue
            table = tuple(coordinates[self.axes.index(axis)].tolist())
            constant = len(set(table)) == 1
            pick.append((None, table[:1]) if constant or wide is None else (wide, table))
        flat = len(counts) == 1
        told = [
            (each[0].points, None if flat else shape) for each, shape in zip(parts, self.block_shapes(), strict=True)
        ]
        grid, whole = outline.numblocks, identity_pick(len(outline.numblocks))
        inner_pick: Pick = tuple(range(place, place + len(counts)))
        columns = (
            Placed(Written(self.name, told), counts, inner_pick),
            Placed(Same(self.axes), grid, whole),
        )
        return Blockwise(
            outline, (Call(chosen, (0, 1, 2), (), outline),), (self.source,), (tuple(pick),), columns, Cost.LIGHT
        )

    def from_memory(self, source: FromArray) -> Expr:
        """Straight from an array in memory, whose blocks are views: nothing has to be brought together."""
        outline, place = self.outline, self.place
        told = []
        for where, shape in zip(slices_of(self.inner_chunks), self.block_shapes(), strict=True):
            found = []
            for axis, positions in zip(self.axes, self.positions, strict=True):
                start, step, _ = source.region[axis]
                each = positions[where].reshape(-1)
                found.append(compact(each if (start, step) == (0, 1) else start + step * each))
            told.append((tuple(found), None if len(self.inner) == 1 else shape))
        counts = tuple(map(len, self.inner_chunks))
        regions = Regions(
            tuple([(0, 1, 1) if axis in self.axes else each for axis, each in enumerate(source.region)]),
            tuple([1 if axis in self.axes else cut for axis, cut in enumerate(source.grid)]),
        )
        others = tuple([1 if axis in self.axes else count for axis, count in enumerate(source.numblocks)])
        rest = iter([axis for axis in range(outline_ndim(self)) if not place <= axis < place + len(counts)])
        pick = tuple([None if axis in self.axes else next(rest) for axis in range(source.ndim)])
        grid, whole = outline.numblocks, identity_pick(len(outline.numblocks))
        columns = (
            Placed(Written(self.name, told), counts, tuple(range(place, place + len(counts)))),
            Placed(Around(regions, self.axes), others, pick),
            Placed(Same(self.axes), grid, whole),
        )
        held = Whole(Outline(f"{source.name}-whole", "original", ()), source.held)
        call = Call(chosen_of_whole, (0, 1, 2, 3), (), outline)
        return Blockwise(outline, (call,), (held,), ((),), columns, Cost.LIGHT)

    def in_two_rounds(self, used: int) -> Expr:
        """First to ranges of the result, a block for each range and group of source blocks; then in order."""
        number, _ = located(self.source, self.axes, self.positions)
        target = np.empty(self.inner_shape, np.intp)
        wheres = slices_of(self.inner_chunks)
        for place, where in enumerate(wheres):
            target[where] = place
        buckets, groups = isqrt(len(wheres)), isqrt(used)
        rank = np.unique(number, return_inverse=True)[1].reshape(-1)
        middle = (target.reshape(-1) * buckets // len(wheres)) * groups + rank * groups // used
        order = np.argsort(small(middle, buckets * groups), kind="stable")
        lengths = np.bincount(middle, minlength=buckets * groups)
        first = [each.reshape(-1)[order] for each in self.positions]
        back = np.empty(order.size, np.intp)
        back[order] = np.arange(order.size)
        gone = Points(
            self.source,
            self.axes,
            held_positions(first),
            (compress(tuple(lengths[lengths > 0].tolist())),),
            True,
        )
        return Points(gone, (self.place,), held_positions([back.reshape(self.inner_shape)]), self.inner, True)


def outline_ndim(expr: Points) -> int:
    """Number of axes of the result."""
    return expr.source.ndim - len(expr.axes) + len(expr.inner)


@record
class Written:
    """Column of values that are made of an expression, and therefore named by it."""

    name: str
    items: list[Any]

    def __weft_tokenize__(self) -> str:
        return self.name

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return self.items


@record
class Around:
    """Column: the regions of others, with everything along some axes."""

    regions: Regions
    axes: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.regions, self.axes)

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return [
            tuple([slice(None) if axis in self.axes else each for axis, each in enumerate(region)])
            for region in self.regions.values(numblocks)
        ]


@record
class Lines:
    """All places of blocks along the axes that are not indexed: what goes before and after the indexed ones."""

    grid: tuple[int, ...]
    axes: tuple[int, ...]

    def sources(self) -> Iterator[tuple[int, int, list[int]]]:
        """For each line through the indexed axes its place before, its place after, and the numbers of its blocks."""
        strides = [prod(self.grid[axis + 1 :]) for axis in range(len(self.grid))]
        before, after = self.others
        offsets = starts(self.grid, strides, self.axes)
        for left, low in enumerate(starts(self.grid, strides, before)):
            for right, high in enumerate(starts(self.grid, strides, after)):
                yield left, right, [low + high + offset for offset in offsets]

    @property
    def others(self) -> tuple[list[int], list[int]]:
        """The axes that are not indexed, before and after the place of the indexed ones."""
        rest = [axis for axis in range(len(self.grid)) if axis not in self.axes]
        return rest[: self.axes[0]], rest[self.axes[0] :]

    @property
    def before(self) -> int:
        """Places before the indexed axes."""
        return prod(self.grid[axis] for axis in self.others[0])

    @property
    def after(self) -> int:
        """Places after the indexed axes."""
        return prod(self.grid[axis] for axis in self.others[1])


def starts(grid: tuple[int, ...], strides: list[int], axes: Sequence[int]) -> list[int]:
    """Offsets of the blocks along axes, the last running fastest."""
    offsets = [0]
    for axis in axes:
        offsets = [offset + block * strides[axis] for offset in offsets for block in range(grid[axis])]
    return offsets


@record
class GatherRoutes:
    """What each block of the result reads."""

    name: str
    expr: Points
    parts: list[list[Part]]

    def __weft_tokenize__(self) -> str:
        return self.name

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        expr = self.expr
        flat = len(expr.inner) == 1
        told = [
            (expr.axes, prod(shape), None if flat else shape, tuple([(part.points, part.at) for part in each]))
            for each, shape in zip(self.parts, expr.block_shapes(), strict=True)
        ]
        lines = Lines(expr.source.numblocks, expr.axes)
        count, after = len(told), lines.after
        made: list[Any] = [None] * (lines.before * count * after)
        for left, right, numbers in lines.sources():
            for place, each in enumerate(self.parts):
                reads = tuple([numbers[part.block] for part in each])
                made[(left * count + place) * after + right] = (reads, told[place])
        return made


@record
class ExchangeRoutes:
    """What each block of the source sends, and each of the result receives."""

    name: str
    expr: Points
    parts: list[list[Part]]

    def __weft_tokenize__(self) -> str:
        return self.name

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        expr = self.expr
        total = prod(expr.source.numblocks[axis] for axis in expr.axes)
        wanted: list[list[tuple[int, Any]]] = [[] for _ in range(total)]
        for place, each in enumerate(self.parts):
            for part in each:
                wanted[part.block].append((place, part.points))
        told = [(expr.axes, tuple([points for _, points in each])) for each in wanted]
        lines = Lines(expr.source.numblocks, expr.axes)
        count, after = len(self.parts), lines.after
        made: list[Any] = [((), None)] * expr.source.nblocks
        for left, right, numbers in lines.sources():
            for block, sent in enumerate(wanted):
                targets = tuple([(left * count + place) * after + right for place, _ in sent])
                made[numbers[block]] = (targets, told[block])
        return made

    def receives(self) -> list[Any]:
        expr = self.expr
        flat = len(expr.inner) == 1
        told = [
            (expr.place, prod(shape), None if flat else shape, tuple([part.at for part in each]))
            for each, shape in zip(self.parts, expr.block_shapes(), strict=True)
        ]
        lines = Lines(expr.source.numblocks, expr.axes)
        return [each for _ in range(lines.before) for each in told for _ in range(lines.after)]


def held_positions(positions: Sequence[Index]) -> Held:
    """Positions as an operand."""
    value = tuple(positions)
    return Held.of(value, True if sum(each.nbytes for each in value) <= HASHED_NBYTES else None)


def points(
    source: ArrayExpr, axes: tuple[int, ...], positions: Sequence[Index], inner: Grid | None = None
) -> ArrayExpr:
    """The elements at positions that have been checked; ``inner`` says how the result is cut along them.

    Parameters
    ----------
    source : ArrayExpr
    axes : tuple of int
        Ascending.
    positions : sequence of array
        For each axis, counted from the front, all of one shape.
    inner : Grid, optional
        By default chunks follow the source's, or are as large as those.
    """
    shape = positions[0].shape
    held = held_positions(positions)
    if inner is not None:
        return Points(source, axes, held, inner)
    most = max(1, prod(axis_largest(source.shape[axis], source.grid[axis]) for axis in axes))
    if len(shape) != 1:
        return Points(source, axes, held, contiguous_grid(shape, most))
    follows, merged = cut_by_source(source, axes, tuple(positions), most)
    made = Points(source, axes, held, (follows,))
    return made if merged is None else laid_out(made, made.with_inner(source.grid, (merged,)))


def cut_by_source(
    source: ArrayExpr, axes: tuple[int, ...], positions: tuple[Index, ...], most: int
) -> tuple[Cut, Cut | None]:
    """How the result is cut along one axis of positions, and how its chunks are to be merged afterwards, if at all."""
    size = positions[0].size
    if size == 0 or prod(source.numblocks[axis] for axis in axes) == 1:
        return regular(size, most if size > TOLERANCE * most else size), None
    number, _ = located(source, axes, positions)
    changes = np.flatnonzero(number[1:] != number[:-1]) + 1
    ideal = -(-size // most)
    goes_one_way = bool((number[1:] >= number[:-1]).all() or (number[1:] <= number[:-1]).all())
    if not goes_one_way and changes.size + 1 > SHATTERED * ideal:
        return regular(size, most), None
    runs = np.diff([0, *changes.tolist(), size]).tolist()
    lengths = [part for run in runs for part in evenly(run, most)]
    if len(lengths) <= SHATTERED * ideal:
        return compress(lengths), None
    return compress(lengths), compress(merged_lengths(lengths, most))
