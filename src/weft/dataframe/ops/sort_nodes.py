"""Rows in order, over all partitions; frames sorted by their index, with divisions.

How: random rows of each partition give bounds, rows go to the bucket between the bounds where they belong, and each bucket is
sorted. Bounds are found in the course of the computation, so nothing is computed when the call is made; divisions are
found when somebody looks at them (`weft.dataframe.divisions.Deferred`), by the same samples.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import new
from weft.dataframe.different import rows_differ
from weft.dataframe.divisions import Deferred, is_at_hand, orders_as_values
from weft.dataframe.expr import FrameExpr, Partitionwise, column_needs
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.kernels.pandas.sorting import Bounds, ByEdges, ByOrder
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.shuffle import Moving, exchanged
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, blockwise
from weft.physical.gather import Gather
from weft.physical.mosaic import Mosaic
from weft.records import record

__all__ = ["BetweenBounds", "SharedBounds", "Sort", "SortPartitions", "index_of_meta", "plain_value", "sorted_by_index"]

#: Random rows for each bucket: the lengths of buckets are then off by a tenth.
SAMPLES = 100


class SortSample:
    """Operation of a kernel: keys of random rows."""


class SortBounds:
    """Operation of a kernel: bounds of buckets."""


class SortMerge:
    """Operation of a kernel: a bucket, sorted."""


@record
class All:
    """One block that reads all blocks of its source."""

    count: int

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(tuple(range(self.count)), None)]


@node
class SharedBounds(FrameExpr):
    """Bounds of ``count`` buckets of the rows of some frames together: one block, found by random rows of all partitions."""

    frames: tuple[FrameExpr, ...]
    orders: tuple[Order, ...]
    count: int
    ends: bool = False

    @property
    def label(self) -> str:
        return "bounds"

    @derived
    def meta(self) -> Any:
        return None

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs: Needs = frozenset()
        for frame, order in zip(self.frames, self.orders, strict=True):
            if frame == child:
                needs |= frozenset({Need.INDEX}) if order.by is None else column_needs(order.by)
        return needs

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        total = sum([frame.npartitions for frame in self.frames])
        each = -(-SAMPLES * self.count // total) + 8
        samples = []
        for place, (frame, order) in enumerate(zip(self.frames, self.orders, strict=True)):
            outline = Outline(self.name, f"sample-{place}", (frame.npartitions,))
            taking = partial(kernels[SortSample], order, each, self.ends)
            numbers = Listed(tuple(range(frame.npartitions)))
            samples.append(blockwise(outline, taking, [(frame, (0,))], [numbers], cost=Cost.LIGHT))
        every = Mosaic(Outline(self.name, "samples", (total,)), tuple(samples)) if len(samples) > 1 else samples[0]
        return Gather(self.outline, every, partial(kernels[SortBounds], self.orders[0], self.count), All(total))


@node
class BetweenBounds(Moving):
    """Rows between bounds that several frames share, each partition in order."""

    order: Order
    bounds: SharedBounds

    @property
    def label(self) -> str:
        return "align"

    @property
    def may_leave_index(self) -> bool:
        return self.order.by is not None

    @derived
    def npartitions(self) -> int:
        return self.bounds.count

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child == self.bounds:
            return frozenset({Need.VALUES})
        needs = asked | {Need.ORDER}
        if self.order.by is None:
            return needs | {Need.INDEX}
        return needs if Need.VALUES in asked else needs | column_needs(self.order.by)

    def lower(self) -> Expr:
        merge = partial(KERNELS["pandas"][SortMerge], self.order, self.meta)
        targets = ByOrder(self.order, self.npartitions, True)
        return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index, self.bounds)


@node
class Sort(Moving):
    """Rows in order.

    Parameters
    ----------
    order : Order
    npartitions : int
    together : bool
        Whether equal keys stay in one partition.
    edges : tuple, optional
        Divisions that are given.
    """

    order: Order
    npartitions: int
    together: bool = False
    edges: tuple[Any, ...] | None = None

    @property
    def may_leave_index(self) -> bool:
        return self.order.by is not None

    @derived
    def divisions(self) -> Sequence[Any] | None:  # type: ignore[override]
        by = self.order.by
        key = index_of_meta(self.meta) if by is None else self.meta[by[0]] if self.meta.ndim == 2 else self.meta
        if not self.together or not orders_as_values(key.dtype):
            return None
        if self.edges is not None:
            return self.edges
        if self.npartitions == 1 and is_at_hand(self.source.divisions) and self.order.by is None:
            assert self.source.divisions is not None
            return (self.source.divisions[0], self.source.divisions[-1])
        return Deferred(self.npartitions + 1, partial(found_divisions, self.source, self.order, self.npartitions))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        by = self.order.by
        if by is None:
            return asked | {Need.INDEX, Need.ORDER}
        if Need.ORDER not in asked or (self.order.key is None and rows_differ(self.source, by)):
            needs = asked - {Need.ORDER}  # there are no ties, or nobody sees them
        else:
            needs = asked | {Need.ORDER}
        needs = needs if self.keep_index else needs - {Need.INDEX}
        return needs if Need.VALUES in asked else needs | column_needs(by)

    def lower(self) -> Expr:
        kernels = KERNELS["pandas"]
        if self.source.npartitions == 1 and self.npartitions == 1:
            whole = partial(kernels["SortWhole"], order=self.order, keep_index=self.keep_index)
            return blockwise(self.outline, whole, [(self.source, (0,))], cost=Cost.HEAVY)
        meta = self.meta
        merge = partial(kernels[SortMerge], self.order, meta)
        if self.edges is not None:
            targets: Any = ByEdges(self.order, self.edges)
            return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index)
        bounds = SharedBounds((self.source,), (self.order,), self.npartitions, self.together)
        targets = ByOrder(self.order, self.npartitions, self.together)
        return exchanged(self.outline, self.source, targets, merge, self.npartitions, self.keep_index, bounds)


def found_divisions(source: FrameExpr, order: Order, count: int) -> tuple[Any, ...]:
    """Divisions by samples, computed now."""
    bounds: Bounds = new(SharedBounds((source,), (order,), count, True)).compute()
    if bounds.ends is None:
        return (None,) * (count + 1)
    values = [plain_value(each) for each in pd.Series(bounds.keys[0])]
    low, high = map(plain_value, bounds.ends)
    inner = [high if pd.isna(each) else each for each in values]
    inner += [high] * (count - 1 - len(inner))
    return (low, *inner, high)


def plain_value(value: Any) -> Any:
    """A NumPy number as Python's."""
    return (
        value.item()
        if isinstance(value, np.generic) and not isinstance(value, (np.datetime64, np.timedelta64))
        else value
    )


@node
class SortPartitions(Partitionwise):
    """Each partition sorted by itself: its rows are between divisions already."""

    source: FrameExpr
    order: Order

    @property
    def label(self) -> str:
        return "sort"

    @derived
    def meta(self) -> Any:
        return self.source.meta

    @derived
    def rows(self) -> Hashable:
        return self.name

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return asked | {Need.INDEX, Need.ORDER}

    def lower(self) -> Expr:
        whole = partial(KERNELS["pandas"]["SortWhole"], order=self.order, keep_index=True)
        return blockwise(self.outline, whole, [(self.source, (0,))], cost=Cost.HEAVY)


def sorted_by_index(source: FrameExpr, count: int | None = None, edges: tuple[Any, ...] | None = None) -> FrameExpr:
    """A frame in the order of its index, with divisions."""
    order = Order(None, (True,) * index_of_meta(source.meta).nlevels)
    together = len(order.ascending) == 1
    if source.divisions is not None and count in (None, source.npartitions) and edges is None:
        return SortPartitions(source, order)
    if edges is not None:
        return Sort(source, True, order, len(edges) - 1, True, edges)
    return Sort(source, True, order, count or source.npartitions, together)


def index_of_meta(meta: Any) -> pd.Index:
    """The index of a meta."""
    return meta if isinstance(meta, pd.Index) else meta.index
