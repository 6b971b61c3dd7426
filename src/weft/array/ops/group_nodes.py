"""Nodes of grouped reductions: one for each way in which blocks come together (`weft.array.ops.groupby` chooses)."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from weft.array.chunks import Cut, Grid
from weft.array.expr import ArrayExpr, array_outline
from weft.array.kernels import groupby as kernels
from weft.array.kernels.groupby import Look
from weft.array.kernels.groupings import Grouping
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import FAN_IN
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.blockwise import Product, Same, blockwise
from weft.physical.fold import Fold
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce
from weft.records import record, replaced

__all__ = ["GroupBlocks", "GroupCohorts", "GroupReduction", "GroupTree"]


@node
class GroupReduction(ArrayExpr):
    """Base: reduced axes replaced by groups."""

    source: ArrayExpr
    how: Grouping
    look: Look
    dtype: np.dtype[Any]
    fill: Any = None
    least: int = 1
    lead: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return "groupby"

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return (*self.lead, *self.with_groups(self.source.shape, self.look.groups))

    @derived
    def grid(self) -> Grid:
        whole: tuple[Cut, ...] = tuple([max(1, each) for each in self.look.groups])
        return (*[max(1, each) for each in self.lead], *self.with_groups(self.source.grid, whole))

    def with_groups(self, values: tuple[Any, ...], groups: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values by axis, with those of the groups in the place of the first reduced axis."""
        first = self.look.axes[0]
        kept = [value for axis, value in enumerate(values) if axis not in self.look.axes]
        return (*kept[:first], *groups, *kept[first:])

    @property
    def ending(self) -> tuple[Any, ...]:
        return self.dtype, self.fill, self.least


@node
class GroupTree(GroupReduction):
    """Each block to a partial result of all groups, those together in a tree."""

    codes: ArrayExpr | None = None
    split_every: int | tuple[tuple[int, int], ...] = FAN_IN

    def lower(self) -> Expr:
        source, look, codes = self.source, self.look, self.codes
        assert codes is not None
        codes = laid_out(codes, tuple([source.grid[axis] for axis in look.axes]))
        starts = Product(tuple([tuple(accumulate(each, initial=0))[:-1] for each in starts_of(source, look.axes)]))
        told = (self.how, look, source.shape)
        reads = [(source, identity_pick(source.ndim)), (codes, look.axes)]
        extra = 2 * source.outline.nbytes
        if all(source.numblocks[axis] == 1 for axis in look.axes):
            outer = len(self.lead)
            places = iter(range(outer, self.ndim))
            kept = []
            for axis in range(source.ndim):
                if axis == look.axes[0]:
                    for _ in look.groups:
                        next(places)
                kept.append(None if axis in look.axes else next(places))
            picks = [(source, tuple(kept)), (codes, (None,) * len(look.axes))]
            columns = [Same((0,) * source.ndim), *map(Same, (*told, *self.ending))]
            return blockwise(self.outline, kernels.group_whole, picks, columns, cost=Cost.HEAVY, extra=extra)
        outline = replaced(
            array_outline(source, label="groupby-chunk"),
            origin=self.name,
            nbytes=self.outline.nbytes,
            signature={},
        )
        parts = blockwise(outline, kernels.group_chunk, reads, [starts, *map(Same, told)], extra=extra)
        combine = partial(kernels.group_combine, self.how)
        ending = (self.how, look, *self.ending)
        return TreeReduce(self.outline, parts, look.axes, combine, kernels.group_finish, ending, self.split_every)


@node
class GroupCohorts(GroupReduction):
    """The result cut along the groups; each of its chunks goes through the chunks that have groups of its."""

    codes: Held | None = None
    cut: Cut = 1

    @derived
    def grid(self) -> Grid:
        return self.with_groups(self.source.grid, (self.cut,))

    def lower(self) -> Expr:
        (axis,) = self.look.axes
        assert self.codes is not None
        routes = Cohorts(self.codes, self.source.chunks[axis], self.chunks[axis], self.source.numblocks, axis)
        arguments = (self.how, self.look, self.source.shape, *self.ending)
        return Fold(self.outline, self.source, kernels.fold_step, kernels.fold_finish, routes, arguments)


@node
class GroupBlocks(GroupCohorts):
    """Each chunk has groups of its own, in the order of the groups."""

    def lower(self) -> Expr:
        (axis,) = self.look.axes
        source = self.source
        assert self.codes is not None
        first, low, told = 0, 0, []
        for length, width in zip(source.chunks[axis], self.chunks[axis], strict=True):
            told.append((self.codes.value[first : first + length], first, low, low + width))
            first, low = first + length, low + width
        column = Product(
            tuple([tuple(told) if each == axis else (None,) * count for each, count in enumerate(self.numblocks)])
        )
        rest = [Same(each) for each in (axis, self.how, self.look, source.shape, *self.ending)]
        identity = identity_pick(self.ndim)
        return blockwise(self.outline, kernels.group_alone, [(source, identity)], [column, *rest])


@record
class Cohorts:
    """Which chunks along an axis have which ranges of groups, for `Fold`."""

    codes: Held
    lengths: tuple[int, ...]
    widths: tuple[int, ...]
    numblocks: tuple[int, ...]
    axis: int

    def __weft_tokenize__(self) -> Any:
        return (self.codes.token, self.lengths, self.widths, self.numblocks, self.axis)

    def reads(self) -> list[list[tuple[int, Any]]]:
        edges = np.cumsum([0, *self.widths])
        wanted: list[list[tuple[int, Any]]] = [[] for _ in self.widths]
        first = 0
        for chunk, length in enumerate(self.lengths):
            codes = self.codes.value[first : first + length]
            there = np.unique(codes[codes >= 0])
            for cohort in np.unique(np.searchsorted(edges, there, side="right") - 1).tolist():
                wanted[cohort].append((chunk, (codes, first, int(edges[cohort]), int(edges[cohort + 1]))))
            first += length
        for cohort, reads in enumerate(wanted):
            if not reads:
                codes = self.codes.value[: self.lengths[0]]
                reads.append((0, (codes, 0, int(edges[cohort]), int(edges[cohort + 1]))))
        strides = [1] * len(self.numblocks)
        for place in reversed(range(len(strides) - 1)):
            strides[place] = strides[place + 1] * self.numblocks[place + 1]
        out = tuple([len(self.widths) if axis == self.axis else count for axis, count in enumerate(self.numblocks)])
        made = []
        for index in np.ndindex(out):
            base = sum(
                at * stride for axis, (at, stride) in enumerate(zip(index, strides, strict=True)) if axis != self.axis
            )
            made.append([(base + chunk * strides[self.axis], told) for chunk, told in wanted[index[self.axis]]])
        return made


def starts_of(source: ArrayExpr, axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Chunk lengths by axis, where they are asked for: those of axes that are not reduced do not matter."""
    return [tuple(own) if axis in axes else (0,) * len(own) for axis, own in enumerate(source.chunks)]
