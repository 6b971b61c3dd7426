"""Cutting an array anew.

Where every new chunk lies within an old one, cutting is a pick and a slice, and fuses with what comes before and after.
Where it needs a few old ones, they are gathered. Where it is all to all (rows to columns), every old chunk is split once
and every new one merges its runs; when even that would be too many runs, it goes through a grid half way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import isqrt, prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Chunks, Cut, Grid, Piece, axis_count, axis_largest, grid_for, overlaps, regular
from weft.array.expr import ArrayExpr
from weft.array.kernels.numpy import cut_out, joined, placed, scattered
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, blockwise
from weft.physical.exchange import MANY_RUNS, Exchange
from weft.physical.gather import Gather

__all__ = ["rechunk"]

#: Runs for each chunk, old and new together, from which splitting beats gathering.
ALL_TO_ALL = 4


@node
class Rechunk(ArrayExpr):
    """The same array on another grid."""

    source: ArrayExpr
    grid: Grid

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
            [tuple(map(tuple, overlaps(old, new))) for old, new in zip(self.source.chunks, self.chunks, strict=True)]
        )

    def lower(self) -> Expr:
        if self.grid == self.source.grid:
            return self.source
        if all(len(pieces) == 1 for axis in self.parts for pieces in axis):
            return self.split()
        runs = prod(sum(map(len, axis)) for axis in self.parts)
        if runs <= ALL_TO_ALL * (self.source.nblocks + self.nblocks):
            return Gather(self.outline, self.source, joined, Pieces(self.source.chunks, self.chunks))
        if runs > MANY_RUNS and (half := self.halfway()) not in (self.grid, self.source.grid):
            return Rechunk(Rechunk(self.source, half), self.grid).exchange()
        return self.exchange()

    def split(self) -> Expr:
        """Each new chunk cut out of one old chunk."""
        pick = tuple([(axis, tuple([pieces[0].block for pieces in each])) for axis, each in enumerate(self.parts)])
        wheres = Product(tuple([tuple([pieces[0].where for pieces in each]) for each in self.parts]))
        return blockwise(self.outline, cut_out, [(self.source, pick)], [wheres])

    def exchange(self) -> Expr:
        """All to all."""
        return Exchange(self.outline, self.source, scattered, placed, Crossing(self.source.chunks, self.chunks))

    def halfway(self) -> Grid:
        """A grid between the two: along each axis, chunks whose number is the geometric mean of old and new."""
        cuts: list[Cut] = []
        for length, before, after in zip(self.shape, self.source.grid, self.grid, strict=True):
            count = isqrt(axis_count(length, before) * axis_count(length, after))
            finest = min(axis_largest(length, before), axis_largest(length, after))
            coarsest = max(axis_largest(length, before), axis_largest(length, after))
            cuts.append(regular(length, min(coarsest, max(finest, -(-length // max(1, count))))))
        return tuple(cuts)


@dataclass(frozen=True)
class Pieces:
    """What each new chunk reads, for `Gather`."""

    old: Chunks
    new: Chunks

    def __weft_tokenize__(self) -> Any:
        return (self.old, self.new)

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [
            (tuple(numbers), (shape, tuple(zip(sources, targets, strict=True))))
            for shape, numbers, sources, targets in moves(self.old, self.new)
        ]


@dataclass(frozen=True)
class Crossing:
    """What each old chunk sends and each new one receives, for `Exchange`."""

    old: Chunks
    new: Chunks

    def __weft_tokenize__(self) -> Any:
        return (self.old, self.new)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        targets: list[list[int]] = [[] for _ in range(prod(map(len, self.old)))]
        wheres: list[list[tuple[slice, ...]]] = [[] for _ in targets]
        for target, (_, numbers, sources, _) in enumerate(moves(self.old, self.new)):
            for number, where in zip(numbers, sources, strict=True):
                targets[number].append(target)
                wheres[number].append(where)
        return [(tuple(each), tuple(where)) for each, where in zip(targets, wheres, strict=True)]

    def receives(self) -> list[Any]:
        return [(shape, tuple(targets)) for shape, _, _, targets in moves(self.old, self.new)]


Move = tuple[tuple[int, ...], list[int], list[tuple[slice, ...]], list[tuple[slice, ...]]]


def moves(old: Chunks, new: Chunks) -> list[Move]:
    """For each new chunk: shape, numbers of old chunks in order, where in them, and where in the new one."""
    strides = [prod(map(len, old[axis + 1 :])) for axis in range(len(old))]
    along = []
    for source, target, stride in zip(old, new, strides, strict=True):
        found = []
        for length, parts in zip(target, overlaps(source, target), strict=True):
            at, entries = 0, []
            for block, where in parts:
                size = where.stop - where.start
                entries.append((block * stride, where, slice(at, at + size)))
                at += size
            found.append((length, entries))
        along.append(found)
    made = []
    for axes in product(*along):
        shape = tuple([length for length, _ in axes])
        crossed = list(product(*[entries for _, entries in axes]))
        made.append(
            (
                shape,
                [sum([entry[0] for entry in each]) for each in crossed],
                [tuple([entry[1] for entry in each]) for each in crossed],
                [tuple([entry[2] for entry in each]) for each in crossed],
            )
        )
    return made


def laid_out(made: ArrayExpr, grid: Grid) -> ArrayExpr:
    """An expression on a grid: itself, if it has that already."""
    return made if made.grid == grid else Rechunk(made, grid)


def rechunk(x: Any, chunks: Any = "auto", block_size_limit: int | None = None) -> Any:
    """The same array in other chunks.

    Parameters
    ----------
    x : Array
    chunks : int, tuple, str or dict
        In any form that `normalize_chunks` takes; axes that a dict does not name stay as they are.
    block_size_limit : int, optional
        Bytes of a chunk where ``"auto"`` is asked for.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ones((4, 4), chunks=(1, 4)).rechunk({0: 2, 1: 2}).chunks
    ((2, 2), (2, 2))
    """
    grid = grid_for(chunks, x.shape, x.dtype, limit=block_size_limit, previous=x.expr.grid)
    return new(Rechunk(x.expr, grid))


class RechunkingMethods(ArrayBase):
    """Cutting anew."""

    __slots__ = ()

    def rechunk(self, chunks: Any = "auto", block_size_limit: int | None = None) -> Any:
        """The same array in other chunks; see `weft.array.rechunk`."""
        return rechunk(self, chunks, block_size_limit)
