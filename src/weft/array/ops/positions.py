"""Elements at positions that are computed: an array of integers as an index.

Where the source has one chunk along the indexed axes (or can have one at no great size), a block of the index and a block
of the source make a block of the result, and that fuses. Otherwise every block of the index sends requests to the blocks
of the source that it points into, those answer, and the answers go back: two exchanges, and nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from weft import config
from weft.array.base import new
from weft.array.chunks import Grid, axis_chunks, axis_largest
from weft.array.expr import ArrayExpr
from weft.array.kernels import indexing as kernels
from weft.array.ops.elementwise import elementwise
from weft.array.ops.fancy import Lines
from weft.array.ops.rechunking import laid_out
from weft.expr import Expr, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.exchange import Exchange
from weft.records import record

__all__ = ["AtIndex", "at_index", "index_of"]


@node
class AtIndex(ArrayExpr):
    """The elements at linear places of ``axes`` taken together; the index' axes take the place of the first of those."""

    source: ArrayExpr
    axes: tuple[int, ...]
    index: ArrayExpr

    @property
    def label(self) -> str:
        return "take"

    def with_inner(self, values: Sequence[Any], inner: Sequence[Any]) -> tuple[Any, ...]:
        """Values by axis of the source, with those of the index in place of the indexed axes'."""
        place = self.axes[0]
        others = [value for axis, value in enumerate(values) if axis not in self.axes]
        return (*others[:place], *inner, *others[place:])

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.with_inner(self.source.shape, self.index.shape)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return self.with_inner(self.source.grid, self.index.grid)

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        source, axes = self.source, self.axes
        cuts = [(source.shape[axis], source.grid[axis]) for axis in range(source.ndim)]
        whole = source.dtype.itemsize * prod(
            length if axis in axes else axis_largest(length, cut) for axis, (length, cut) in enumerate(cuts)
        )
        if prod(source.numblocks[axis] for axis in axes) > 1 and whole > int(config.value("array.chunk-size")):
            return self.by_exchange()
        one = tuple([max(1, length) if axis in axes else cut for axis, (length, cut) in enumerate(cuts)])
        place, width = axes[0], self.index.ndim
        others = iter([axis for axis in range(self.ndim) if not place <= axis < place + width])
        pick = tuple([None if axis in axes else next(others) for axis in range(source.ndim)])
        return blockwise(
            self.outline,
            kernels.chosen_by_index,
            [(laid_out(source, one), pick), (self.index, tuple(range(place, place + width)))],
            [Same(axes)],
        )

    def by_exchange(self) -> Expr:
        """Requests to the blocks of the source, and answers back."""
        asked = requests_to(self.source, self.axes, self.index, self.name)
        source = self.source
        largest = prod(axis_largest(*cut) for cut in zip(self.index.shape, self.index.grid, strict=True))
        others = [axis for axis in range(source.ndim) if axis not in self.axes]
        row = prod(axis_largest(source.shape[axis], source.grid[axis]) for axis in others) * source.dtype.itemsize
        share = self.index.nblocks * largest // max(1, prod(source.numblocks[axis] for axis in self.axes)) + 1
        given = blockwise(
            Outline(f"{self.name}-answers", "take-answers", source.numblocks, share * row),
            kernels.answers,
            [(source, tuple(range(source.ndim))), (asked, self.axes)],
            [Same(self.axes)],
        )
        routes = AnswerRoutes(source.numblocks, self.axes, self.index.nblocks)
        return Exchange(self.outline, given, kernels.split_answers, kernels.merged_answers, routes)


def requests_to(source: ArrayExpr, axes: tuple[int, ...], index: ArrayExpr, name: str) -> Exchange:
    """For each block of the source along the indexed axes a list of what the blocks of the index ask of it."""
    bounds = tuple([(0, *accumulate(axis_chunks(source.shape[axis], source.grid[axis]))) for axis in axes])
    counts = tuple([source.numblocks[axis] for axis in axes])
    largest = prod(axis_largest(*cut) for cut in zip(index.shape, index.grid, strict=True))
    nbytes = (len(axes) + 1) * 8 * (index.nblocks * largest // max(1, prod(counts)) + 1)
    return Exchange(
        Outline(f"{name}-requests", "take-requests", counts, nbytes),
        index,
        kernels.requests,
        kernels.all_requests,
        RequestRoutes(index.nblocks, bounds),
    )


@record
class RequestRoutes:
    """Every block of the index asks every block of the source."""

    nsources: int
    bounds: tuple[tuple[int, ...], ...]

    def __weft_tokenize__(self) -> Any:
        return (self.nsources, self.bounds)

    @property
    def ntargets(self) -> int:
        return prod(len(ends) - 1 for ends in self.bounds)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.ntargets)), self.bounds)] * self.nsources

    def receives(self) -> list[Any]:
        return [None] * self.ntargets


@record
class AnswerRoutes:
    """Every block of the source answers every block of the index; blocks along other axes keep their places."""

    grid: tuple[int, ...]
    axes: tuple[int, ...]
    nindex: int

    def __weft_tokenize__(self) -> Any:
        return (self.grid, self.axes, self.nindex)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        lines = Lines(self.grid, self.axes)
        after = lines.after
        made: list[Any] = [None] * prod(self.grid)
        for left, right, numbers in lines.sources():
            targets = tuple([(left * self.nindex + each) * after + right for each in range(self.nindex)])
            for number in numbers:
                made[number] = (targets, None)
        return made

    def receives(self) -> list[Any]:
        lines = Lines(self.grid, self.axes)
        return [self.axes[0]] * (lines.before * self.nindex * lines.after)


def index_of(source: ArrayExpr, axes: tuple[int, ...], coordinates: Sequence[Any], mode: str = "raise") -> ArrayExpr:
    """Linear places of arrays of integers along axes, broadcast against each other; out of bounds is found when computed."""
    lengths = tuple([source.shape[axis] for axis in axes])
    made = elementwise(kernels.linear_positions, *coordinates, lengths=lengths, axes=axes, mode=mode)
    return made.expr  # type: ignore[no-any-return]


def at_index(source: ArrayExpr, axes: tuple[int, ...], coordinates: Sequence[Any], mode: str = "raise") -> Any:
    """The array of the elements at computed positions."""
    return new(AtIndex(source, axes, index_of(source, axes, coordinates, mode)))
