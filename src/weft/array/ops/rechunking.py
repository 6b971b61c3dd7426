"""Cutting an array anew.

Where every new chunk lies within an old one, cutting is a pick and a slice, and fuses with what comes before and after.
Where it needs a few old ones, they are gathered. Where it is all to all (rows to columns) an array that fits into memory is
gathered, too; of a larger one every old chunk is split once, and every new one merges its runs. Where that would be too many
runs, it goes through grids half way (see `weft.array.rechunk_plan`).
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from weft import config
from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for, limit_bytes, per_axis
from weft.array.chunks import (
    Cut,
    Grid,
    Piece,
    UnknownCut,
    axis_chunks,
    axis_largest,
    compress,
    is_unknown,
    overlaps,
)
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.joining import assembled, merged, scattered
from weft.array.kernels.numpy import cut_out
from weft.array.layout_cost import even_parts
from weft.array.ops.sizes import sized
from weft.array.rechunk_plan import fits, plan_stages
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, blockwise
from weft.physical.exchange import Exchange
from weft.physical.gather import Gather
from weft.records import record
from weft.units import parse_bytes

__all__ = ["rechunk"]

#: Runs for each chunk, old and new together, from which splitting beats gathering.
ALL_TO_ALL = 4
#: Blocks are gathered only if they have no more than this many times the bytes that are wanted of them...
SURPLUS = 3
#: ...or few bytes anyway.
SMALL = 16 << 20


class Road:
    """How a rechunk goes where more than one way is possible: part of how it is computed, not of what it is."""

    __slots__ = ("limit", "method", "threshold")

    def __init__(self, threshold: int | None, limit: int | None, method: str | None) -> None:
        self.threshold = threshold
        self.limit = limit
        self.method = method

    def __weft_tokenize__(self) -> Any:
        return (self.threshold, self.limit, self.method)

    def __reduce__(self) -> tuple[Any, ...]:
        return Road, (self.threshold, self.limit, self.method)


@node
class Regridded(ArrayExpr):
    """Base of nodes that are their source on another grid."""

    source: ArrayExpr
    grid: Grid
    road: Road | None = None

    holes = ()

    @property
    def label(self) -> str:
        return "rechunk"

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def parts(self) -> tuple[tuple[tuple[Piece, ...], ...], ...]:
        """For each axis, for each new chunk, the pieces of old ones."""
        return tuple(
            [axis_parts(*each) for each in zip(self.shape, self.source.grid, self.grid, strict=True)],
        )

    def lower(self) -> Expr:
        if self.grid == self.source.grid:
            return self.source
        if all(len(pieces) == 1 for axis in self.parts for pieces in axis):
            return self.split()
        runs = prod(sum(map(len, axis)) for axis in self.parts)
        few = runs <= ALL_TO_ALL * (self.source.nblocks + self.nblocks) and self.reads_what_it_wants()
        stages = [] if few else self.stages(runs)
        if stages:
            source = self.source
            for grid in (*stages, self.grid):
                source = Stage(source, grid, self.road)
            return source
        if few or self.is_gathered():
            return Gather(self.outline, self.source, assembled, Pieces(self.parts, self.source.numblocks))
        return Exchange(self.outline, self.source, scattered, merged, Crossing(self.parts, self.source.numblocks))

    def stages(self, runs: int) -> list[Grid]:
        """Grids on the way."""
        road = self.road or NO_ROAD
        if road.method == "p2p":
            return []
        if road.threshold is not None and runs <= road.threshold * (self.source.nblocks + self.nblocks):
            return []
        grids = (self.source.grid, self.grid)
        budget = None if road.method == "tasks" else memory_budget()
        return plan_stages(self.shape, *grids, self.dtype.itemsize or 1, budget=budget, limit=road.limit)

    def is_gathered(self) -> bool:
        """Whether each new chunk reads the old ones that it needs parts of, however many there are."""
        method = (self.road or NO_ROAD).method
        return method == "tasks" or (method is None and fits(self.weight, memory_budget()))

    def reads_what_it_wants(self) -> bool:
        """Whether the old chunks that a new one needs are about as large as itself, or small."""
        touched = wanted = self.dtype.itemsize
        for length, before, after, parts in zip(self.shape, self.source.grid, self.grid, self.parts, strict=True):
            if isinstance(before, UnknownCut):
                continue
            lengths = axis_chunks(length, before)
            touched *= max([sum([lengths[piece.block] for piece in pieces]) for pieces in parts])
            wanted *= axis_largest(length, after)
        return touched <= max(SMALL, SURPLUS * wanted)

    def split(self) -> Expr:
        """Each new chunk cut out of one old chunk."""
        pick = tuple([(axis, tuple([pieces[0].block for pieces in each])) for axis, each in enumerate(self.parts)])
        wheres = Product(tuple([tuple([pieces[0].where for pieces in each]) for each in self.parts]))
        return blockwise(self.outline, cut_out, [(self.source, pick)], [wheres])


@node
class Rechunk(Regridded):
    """The same array on another grid."""


@node
class Stage(Regridded):
    """One stage of a rechunk that goes through several grids: no rule merges it with the next."""

    def stages(self, runs: int) -> list[Grid]:
        return []


NO_ROAD = Road(None, None, None)


def memory_budget() -> int:
    """Bytes that results may take."""
    return int(config.value("memory.budget"))


def axis_parts(length: int, old: Cut, new: Cut) -> tuple[tuple[Piece, ...], ...]:
    """For each new chunk of an axis the pieces of old ones."""
    if old == new:
        if isinstance(old, UnknownCut):
            return tuple([(Piece(block, slice(None)),) for block in range(old.count)])
        return tuple([(Piece(block, slice(0, size)),) for block, size in enumerate(axis_chunks(length, old))])
    if length != length:
        raise ValueError(f"cannot cut an axis of unknown lengths anew: it has {old!r}, and {new!r} is wanted")
    return tuple(map(tuple, overlaps(axis_chunks(length, old), axis_chunks(length, new))))


Parts = tuple[tuple[tuple[Piece, ...], ...], ...]


@record
class Pieces:
    """What each new chunk reads, for `Gather`."""

    parts: Parts
    numblocks: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.parts, self.numblocks)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(numbers, (counts, wheres)) for counts, numbers, wheres in crossed(self.parts, self.numblocks)]


@record
class Crossing:
    """What each old chunk sends and each new one receives, for `Exchange`."""

    parts: Parts
    numblocks: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.parts, self.numblocks)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        targets: list[list[int]] = [[] for _ in range(prod(self.numblocks))]
        wheres: list[list[tuple[slice, ...]]] = [[] for _ in targets]
        for target, (_, numbers, sources) in enumerate(crossed(self.parts, self.numblocks)):
            for number, where in zip(numbers, sources, strict=True):
                targets[number].append(target)
                wheres[number].append(where)
        return [(tuple(each), tuple(where)) for each, where in zip(targets, wheres, strict=True)]

    def receives(self) -> list[Any]:
        return [tuple(map(len, each)) for each in product(*self.parts)]


#: Pieces along each axis, numbers of old chunks in order, and where in them.
Move = tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[slice, ...], ...]]


def crossed(parts: Parts, numblocks: tuple[int, ...]) -> list[Move]:
    """For each new chunk what it is made of."""
    strides = [prod(numblocks[axis + 1 :]) for axis in range(len(numblocks))]
    along = [
        [([piece.block * stride for piece in pieces], [piece.where for piece in pieces]) for pieces in axis]
        for axis, stride in zip(parts, strides, strict=True)
    ]
    made: list[Move] = []
    for axes in product(*along):
        numbers = [0]
        for offsets, _ in axes:
            numbers = [number + offset for number in numbers for offset in offsets]
        wheres = tuple(product(*[each for _, each in axes]))
        made.append((tuple([len(offsets) for offsets, _ in axes]), tuple(numbers), wheres))
    return made


def laid_out(made: ArrayExpr, grid: Grid) -> ArrayExpr:
    """An expression on a grid: itself, if it has that already."""
    return made if made.grid == grid else Rechunk(made, grid)


def rechunk(
    x: Any,
    chunks: Any = "auto",
    threshold: int | None = None,
    block_size_limit: int | str | None = None,
    balance: bool = False,
    method: str | None = None,
) -> Any:
    """The same array in other chunks.

    Parameters
    ----------
    x : array-like
    chunks : int, str, tuple or dict
        In any form that `normalize_chunks` takes; axes that a dict does not name stay as they are, and so do axes for which
        a dict has None. Where ``"auto"`` stands the chunks become multiples, or equal parts, of those that are there.
    threshold : int, optional
        Pieces for each chunk, old and new together, up to which no grids on the way are considered. By default stages
        are chosen by their cost.
    block_size_limit : int or str, optional
        Bytes of a chunk where ``"auto"`` is asked for, and of the chunks on the way.
    balance : bool
        Make chunks equally long where it takes about as many of them: no small rest at the end.
    method : {None, "tasks", "p2p"}
        None chooses by size and cost: chunks are gathered where the array fits comfortably into memory, and exchanged as
        runs that can be spilled where it does not; with grids on the way where that is cheaper. ``"tasks"`` always
        gathers, ``"p2p"`` always exchanges, in a single stage.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ones((4, 4), chunks=(1, 4))
    >>> x.rechunk({0: 2, 1: 2}).chunks
    ((2, 2), (2, 2))
    >>> da.ones(20, chunks=5).rechunk(6, balance=True).chunks
    ((7, 7, 6),)
    """
    x = asarray(x)
    if method not in (None, "tasks", "p2p"):
        raise NotImplementedError(f"rechunk() knows no method {method!r}: give 'tasks', 'p2p' or nothing")
    if threshold is not None and threshold < 1:
        raise ValueError(f"rechunk() needs a threshold of at least 1, not {threshold!r}")
    limit = None if block_size_limit is None else parse_bytes(block_size_limit)
    x = counted(x, chunks)
    grid = wanted_grid(x, chunks, limit)
    if balance:
        grid = tuple([balanced(length, cut) for length, cut in zip(x.shape, grid, strict=True)])
    if grid == x.expr.grid:
        return new(x.expr)
    free = threshold is None and limit is None and method is None
    road = None if free else Road(threshold, limit, method)
    return new(Rechunk(x.expr, grid, road))


def counted(x: Any, chunks: Any) -> Any:
    """The array with those lengths counted that are not known, along axes that are to be cut anew."""
    if x.expr.is_known or not isinstance(chunks, (int, dict, tuple, list, str)):
        return x
    old = x.expr.grid
    asked = per_axis(chunks, x.shape, old)
    anew = [
        axis
        for axis, (each, cut) in enumerate(zip(asked, old, strict=True))
        if isinstance(cut, UnknownCut) and each is not cut and not keeps(each, cut)
    ]
    return new(sized(x.expr, tuple(anew))) if anew else x


def wanted_grid(x: Any, chunks: Any, limit: int | None) -> Grid:
    """The grid that a user asks for; automatic cuts follow those that are there."""
    old = x.expr.grid
    if isinstance(chunks, dict):
        named = [axis for axis, each in chunks.items() if each is None and -x.ndim <= axis < x.ndim]
        chunks = chunks | {axis: old[axis] for axis in named}
    elif isinstance(chunks, (tuple, list)) and len(chunks) >= x.ndim and None in chunks:
        chunks = tuple([cut if each is None else each for each, cut in zip(chunks, old)])
    asked = [
        cut if isinstance(cut, UnknownCut) and keeps(each, cut) else each
        for each, cut in zip(per_axis(chunks, x.shape, old), old, strict=True)
    ]
    grid = grid_for(tuple(asked), x.shape, x.dtype, limit=limit, previous=old)
    return tuple(
        [
            along_old(length, before, cut) if isinstance(each, str) else cut
            for each, length, before, cut in zip(asked, x.shape, old, grid, strict=True)
        ]
    )


def keeps(asked: Any, cut: UnknownCut) -> bool:
    """Whether what is asked for an axis of unknown length is how it is cut already."""
    if isinstance(asked, (list, tuple)):
        return len(asked) == cut.count and all(map(is_unknown, asked))
    return asked in ("auto", None) or (asked == -1 and cut.count == 1)


def along_old(length: int, old: Cut, new: Cut) -> Cut:
    """An automatic cut as a multiple of what is there, or as equal parts of it: so fewer bytes move.

    >>> along_old(100, 7, 15), along_old(100, 40, 15)
    (14, 14)
    """
    if isinstance(old, (tuple, UnknownCut)) or isinstance(new, (tuple, UnknownCut)) or new >= length:
        return new
    return new // old * old if new >= old else -(-old // -(-old // new))


def balanced(length: int, cut: Cut) -> Cut:
    """About as many chunks, equally long.

    >>> balanced(20, 8), balanced(20, (5, 1, 1, 6, 7))
    (10, 5)
    """
    if isinstance(cut, UnknownCut) or not length:
        return cut
    lengths = sorted(axis_chunks(length, cut))
    typical = max(1, lengths[len(lengths) // 2])
    return compress(even_parts(length, min(length, max(1, round(length / typical)))))


def whole_along(expr: ArrayExpr, axes: tuple[int, ...]) -> ArrayExpr:
    """The array with axes in one chunk each, and others cut so that a chunk stays within the configured size."""
    if all(expr.numblocks[axis] == 1 for axis in axes):
        return expr
    line = prod([expr.shape[axis] for axis in axes]) * expr.dtype.itemsize
    others = [axis for axis in range(expr.ndim) if axis not in axes]
    as_now = line * prod([axis_largest(expr.shape[axis], expr.grid[axis]) for axis in others])
    if as_now <= limit_bytes(None):
        grid = tuple([max(1, expr.shape[axis]) if axis in axes else cut for axis, cut in enumerate(expr.grid)])
    else:
        asked = {axis: -1 if axis in axes else "auto" for axis in range(expr.ndim)}
        grid = grid_for(asked, expr.shape, expr.dtype)
    return laid_out(expr, grid)


class RechunkingMethods(ArrayBase):
    """Cutting anew."""

    __slots__ = ()

    def rechunk(
        self,
        chunks: Any = "auto",
        threshold: int | None = None,
        block_size_limit: int | str | None = None,
        balance: bool = False,
        method: str | None = None,
    ) -> Any:
        """The same array in other chunks; see `weft.array.rechunk`."""
        return rechunk(self, chunks, threshold, block_size_limit, balance, method)

    def __weft_whole__(self) -> Any:
        """What `compute` asks for in place of this: nobody sees how a result was cut last.

        What is read or drawn is left as it is, since that is done in the chunks that were asked for.
        """
        expr = self.expr
        while isinstance(expr, Rechunk) and expr.road is None and expr.source.children:
            expr = expr.source
        return self if expr is self.expr else new(expr)
