"""Random orders: permutations, shuffles and samples without replacement.

`Order` is a permutation of a range (or the first part of one, laid out over a shape), of which each block is computed by
itself. `Shuffled` is an array in such an order: every block knows from the inverse order where its elements go, sends them
there, and every place is filled once. Neither depends on how anything is cut, nor holds more than a few blocks at a time.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import isqrt, prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Chunks, Grid
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.io.from_array import Region, asarray
from weft.array.kernels.random_order import (
    EXACT,
    arranged,
    exact_order,
    ordered_by,
    places_of,
    sent,
    shuffled_whole,
    taken,
    weighted_sample,
)
from weft.array.ops.random import Bounds, drawn
from weft.array.ops.rechunking import laid_out
from weft.array.ops.selecting import take
from weft.array.ops.sizes import known, known_along
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Same, blockwise, from_parts
from weft.physical.exchange import MANY_RUNS, Exchange
from weft.physical.source import Whole

__all__ = ["Order", "axis_in", "order", "permuted", "sampled", "shuffled", "taken_from"]

Key = tuple[int, int]


@node
class Order(ArrayExpr):
    """A region of a random order of ``range(n)``, laid out over a shape."""

    n: int
    key: Key
    whole: tuple[int, ...]
    region: Region
    grid: Grid

    @property
    def label(self) -> str:
        return "permutation"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def lower(self) -> Expr:
        columns: list[Column] = [Bounds(self.region, self.grid), Same(self.whole), Same(self.n), Same(self.key)]
        if self.n > EXACT or self.nblocks == 1:
            return from_parts(self.outline, places_of, *columns)
        table = from_parts(
            Outline(f"{self.name}-table", "order", (), self.n * 8), exact_order, Same(self.n), Same(self.key)
        )
        return blockwise(self.outline, places_of, [(table, ())], columns, slots=(1, 2, 3, 4, 0))


@node
class WeightedSample(ArrayExpr):
    """Different numbers below ``n``, with chances that are in memory."""

    n: int
    key: Key
    shape: tuple[int, ...]
    chances: Held
    shuffle: bool

    @property
    def label(self) -> str:
        return "choice"

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.int64)

    @derived
    def grid(self) -> Grid:
        return grid_for(-1, self.shape)

    def lower(self) -> Expr:
        chances = Whole(Outline(f"{self.name}-p", "chances", ()), self.chances)
        columns = [Same(self.n), Same(self.shape), Same(self.key), Same(self.shuffle)]
        return blockwise(
            self.outline, weighted_sample, [(chances, ())], columns, slots=(1, 2, 3, 4, 0), cost=Cost.HEAVY
        )


@node
class Shuffled(SameLayout):
    """An array in a random order along an axis."""

    axis: int
    key: Key

    @property
    def label(self) -> str:
        return "shuffle"

    def lower(self) -> Expr:
        source, axis = self.source, self.axis
        n = source.shape[axis]
        if source.numblocks[axis] == 1:
            pick = tuple(range(source.ndim))
            columns = [Same(axis), Same(n), Same(self.key)]
            return blockwise(self.outline, shuffled_whole, [(source, pick)], columns, extra=self.outline.nbytes)
        routes = Routes(source.chunks, axis, n, self.key)
        if routes.groups == 0:
            return Exchange(self.outline, source, sent, arranged, routes)
        middle = Outline(f"{self.name}-middle", "shuffle", (routes.middles,), self.outline.nbytes * 2)
        first = Exchange(middle, source, sent, arranged, replace(routes, round=1))
        return Exchange(self.outline, first, sent, arranged, replace(routes, round=2))


@dataclass(frozen=True)
class Routes:
    """Who sends to whom: blocks that differ along the axis only exchange with each other.

    Where that would be too many runs, in two rounds: first to blocks in the middle, one for each group of sources and each
    bucket of targets, then on to the targets.
    """

    chunks: Chunks
    axis: int
    n: int
    key: Key
    round: int = 0

    def __weft_tokenize__(self) -> Any:
        return (self.chunks, self.axis, self.key, self.round)

    @property
    def blocks(self) -> int:
        """Blocks along the axis."""
        return len(self.chunks[self.axis])

    @property
    def stride(self) -> int:
        """How far apart in number neighbours along the axis are."""
        return prod(map(len, self.chunks[self.axis + 1 :]))

    @property
    def others(self) -> int:
        """Lines of blocks along the axis."""
        return prod(map(len, self.chunks)) // self.blocks

    @property
    def groups(self) -> int:
        """Groups of sources, and as many buckets of targets; 0 where one round does."""
        return isqrt(self.blocks) if self.blocks >= 4 and self.blocks**2 * self.others > MANY_RUNS else 0

    @property
    def middles(self) -> int:
        return self.others * self.groups**2

    def numbered(self, line: int) -> list[int]:
        """Numbers of the blocks of a line, in order."""
        stride = self.stride
        first = line // stride * stride * self.blocks + line % stride
        return [first + place * stride for place in range(self.blocks)]

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        ends = [0, *accumulate(self.chunks[self.axis])]
        blocks, groups = self.blocks, self.groups
        buckets = [bucket * blocks // groups for bucket in range(groups + 1)] if groups else []
        if self.round == 2:
            made = []
            for line in range(self.others):
                numbers = self.numbered(line)
                for _ in range(groups):
                    for low, high in pairwise(buckets):
                        made.append((tuple(numbers[low:high]), (self.axis, None, tuple(ends[low : high + 1]))))
            return made
        places: Any = None
        if self.n <= EXACT:
            order = exact_order(self.n, self.key)
            places = np.empty_like(order)
            places[order] = np.arange(self.n)
        sends: list[Any] = [None] * (blocks * self.others)
        for line in range(self.others):
            numbers = self.numbered(line)
            for place, number in enumerate(numbers):
                source = (ends[place], self.n, self.key) if places is None else places[ends[place] : ends[place + 1]]
                if self.round == 0:
                    sends[number] = (tuple(numbers), (self.axis, source, tuple(ends)))
                    continue
                first = (line * groups + place * groups // blocks) * groups
                bounds = tuple([ends[bucket] for bucket in buckets])
                sends[number] = (tuple(range(first, first + groups)), (self.axis, source, bounds))
        return sends

    def receives(self) -> list[Any]:
        if self.round == 1:
            return [(self.axis, None)] * self.middles
        ends = [0, *accumulate(self.chunks[self.axis])]
        receives: list[Any] = [None] * (self.blocks * self.others)
        for line in range(self.others):
            for place, number in enumerate(self.numbered(line)):
                receives[number] = (self.axis, ends[place])
        return receives


@node
class OrderedBy(SameLayout):
    """Each line along an axis in the order of its keys; both are whole along it."""

    marks: ArrayExpr
    axis: int

    @property
    def label(self) -> str:
        return "permuted"

    def lower(self) -> Expr:
        pick = tuple(range(self.ndim))
        sources = [(self.source, pick), (laid_out(self.marks, self.source.grid), pick)]
        return blockwise(self.outline, ordered_by, sources, [Same(self.axis)], extra=self.outline.nbytes)


@node
class Taken(ArrayExpr):
    """Items in memory at places that are an array."""

    index: ArrayExpr
    items: Held
    axis: int
    lengths: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def label(self) -> str:
        return "choice"

    @derived
    def shape(self) -> tuple[int, ...]:
        return (*self.lengths[: self.axis], *self.index.shape, *self.lengths[self.axis + 1 :])

    @derived
    def grid(self) -> Grid:
        around = grid_for(-1, self.lengths)
        return (*around[: self.axis], *self.index.grid, *around[self.axis + 1 :])

    def lower(self) -> Expr:
        pick = tuple(range(self.axis, self.axis + self.index.ndim))
        items = Whole(Outline(f"{self.name}-items", "items", ()), self.items)
        return blockwise(self.outline, taken, [(self.index, pick), (items, ())], [Same(self.axis)])


def order(n: int, key: Key, size: tuple[int, ...], chunks: Any) -> Any:
    """The first elements of a random order of ``range(n)``, over a shape."""
    grid = grid_for(chunks, size, np.dtype(np.int64))
    return new(Order(n, key, size, tuple([(0, 1, length) for length in size]), grid))


def sampled(n: int, key: Key, size: tuple[int, ...], chances: Any, shuffle: bool, chunks: Any) -> Any:
    """Different numbers below ``n``, drawn with chances; they are made in one piece."""
    expr = WeightedSample(n, key, size, Held(chances), shuffle)
    return new(laid_out(expr, grid_for(chunks, size, expr.dtype)))


def shuffled(x: Any, key: Key, axis: int, name: str) -> Any:
    """An array in a random order along an axis."""
    array = asarray(x)
    if not array.ndim:
        raise IndexError(
            f"cannot apply {name}() to an array without axes: give a length, or an array with at least one"
        )
    place = axis_in(axis, array.ndim, name)
    return new(Shuffled(known_along(array.expr, place), place, key))


def permuted(x: Any, key: Key, axis: int | None) -> Any:
    """An array with each line along an axis in an order of its own, or with all elements in a random order."""
    array = asarray(x)
    if axis is None:
        if array.ndim == 1:
            return shuffled(array, key, 0, "permuted")
        return shuffled(array.reshape(-1), key, 0, "permuted").reshape(array.shape) if array.ndim else array
    place = axis_in(axis, array.ndim, "permuted")
    array = known(array)
    whole = array.rechunk({place: -1})
    kind = {"dtype": np.uint64}
    words = drawn(key, "integers", (0, 2**64), array.shape, whole.chunks, dtype=np.uint64, keywords=kind)
    return new(OrderedBy(whole.expr, words.expr, place))


def taken_from(items: Any, index: Any, axis: int) -> Any:
    """Items along an axis, at random places."""
    if isinstance(items, ArrayBase):
        return take(items, index, axis)
    return new(Taken(index.expr, Held.of(items), axis, items.shape, items.dtype))


def axis_in(axis: Any, ndim: int, name: str) -> int:
    """An axis counted from the front."""
    place = operator.index(axis)
    if not -ndim <= place < ndim:
        raise np.exceptions.AxisError(place, ndim, f"{name}()")
    return place % ndim
