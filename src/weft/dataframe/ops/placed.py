"""A value for each row that is found where rows with equal, or neighbouring, keys are: they go there, and it comes back.

Only keys travel, with the places where their rows stand. This is for data that one place may not hold; what takes a small part
of the budget is computed in one place (`weft.dataframe.ops.neighbours.WholeRows`), which is as quick, and quicker by far where
few values differ.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from weft import config
from weft.dataframe.carried import Carried
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, row_needs
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.kernels.pandas.merge import PLACE, ByPlace
from weft.dataframe.kernels.pandas.placed import RankPlan
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.beside import rows_before
from weft.dataframe.ops.shuffle import Shuffle, exchanged
from weft.dataframe.ops.sort_nodes import Sort
from weft.dataframe.spread import MANY, EveryBlock
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.gather import Gather

__all__ = ["Argsort", "Duplicated", "Rank", "is_spread_out"]

#: Part of the budget that rows may take in one place.
SHARE = 1 / 16


def is_spread_out(frame: FrameExpr) -> bool:
    """Whether a frame may be more than one place should hold."""
    size = frame.partition_nbytes * frame.npartitions
    held = int(config.value("memory.budget")) * SHARE
    return frame.npartitions > 1 and (size > held if size else frame.npartitions >= MANY)


@node
class PlacedKeys(Partitionwise):
    """The columns of a frame by number, and where each row stands."""

    source: FrameExpr

    @derived
    def meta(self) -> Any:
        return KERNELS["pandas"][PlacedKeys](self.source.meta, 0)

    def lower(self) -> Expr:
        numbers = Listed(tuple(range(self.npartitions)))
        return blockwise(self.outline, KERNELS["pandas"][PlacedKeys], [(self.source, (0,))], [numbers])


@node
class Placed(Partitionwise):
    """Base of what gives a value for each row, found elsewhere.

    Subclasses have `found`: a frame of the value and the place of the row, with the rows of the keys, wherever they are.
    """

    source: FrameExpr

    def found(self, keys: FrameExpr) -> FrameExpr:
        """The values, of the rows of `PlacedKeys`."""
        raise NotImplementedError

    @property
    def stands_alone(self) -> bool:
        return False

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | VALUES | {Need.ORDER, Need.INDEX}

    def lower(self) -> Expr:
        count = self.npartitions
        values = self.found(PlacedKeys(self.source))
        merge = partial(KERNELS["pandas"]["SeriesInPlace"], values.meta, self.meta)
        return exchanged(self.outline, values, ByPlace(count, count), merge, count, True)


@node
class Duplicated(Placed):
    """Whether each row is there more than once."""

    source: FrameExpr
    keep: Any

    @property
    def label(self) -> str:
        return "duplicated"

    @derived
    def meta(self) -> Any:
        return self.source.meta.duplicated(keep=self.keep)

    def found(self, keys: FrameExpr) -> FrameExpr:
        on: tuple[Hashable, ...] = tuple([label for label in keys.columns if label != PLACE])
        return DuplicateFlags(Shuffle(keys, True, on, self.npartitions), self.keep)


@node
class DuplicateFlags(Partitionwise):
    """Whether each row of a bucket is there more than once, and where it stood."""

    source: FrameExpr
    keep: Any

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.keep,)

    @property
    def cost(self) -> Cost:
        return Cost.HEAVY


@node
class Rank(Placed):
    """The rank of each value of a series: rows lie in buckets in the order of their values, and know how many are before."""

    source: FrameExpr
    asked: RankPlan

    @property
    def label(self) -> str:
        return "rank"

    @derived
    def meta(self) -> Any:
        return self.source.meta.rank()

    def found(self, keys: FrameExpr) -> FrameExpr:
        order = Order((0,), (self.asked.ascending,))
        return RanksInOrder(Sort(keys, True, order, self.npartitions, True), self.asked)


@node
class RanksInOrder(Carried):
    """The ranks of rows that lie in order, and where they stood."""

    source: FrameExpr
    asked: RankPlan

    @property
    def plan(self) -> RankPlan:
        return self.asked

    @property
    def looks_after(self) -> bool:
        return self.asked.pct

    @derived
    def meta(self) -> Any:
        meta = self.source.meta
        return pd.DataFrame({0: np.empty(0, np.float64), PLACE: meta[PLACE]}, index=meta.index)


@node
class Argsort(Partitionwise):
    """The place of the row whose value comes first, of that whose value comes next, ...: as many as there are rows.

    Rows lie in buckets in the order of their values. The n-th of them says where it stood to the n-th row.
    """

    source: FrameExpr

    @derived
    def meta(self) -> Any:
        return self.source.meta.argsort()

    @property
    def stands_alone(self) -> bool:
        return False

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return row_needs(asked) | VALUES | {Need.ORDER, Need.INDEX}

    def lower(self) -> Expr:
        count, source, kernels = self.npartitions, self.source, KERNELS["pandas"]
        each = Outline(self.name, "count-rows", (count,), 64)
        counts = blockwise(each, kernels["CountRows"], [(source, (0,))], cost=Cost.CHEAP)
        lengths = Gather(Outline(self.name, "count-all", (1,), 8 * count), counts, kernels["Edges"], EveryBlock(count))
        ordered = Sort(PlacedKeys(source), False, Order((0,), (True,)), count, True)
        told = [(ordered, (0,)), (rows_before(self.name, ordered), (0,)), (lengths, (None,))]
        moved = Outline(self.name, "places", (count,), 2 * source.partition_nbytes)
        found = blockwise(moved, kernels["PlacesInOrder"], told)
        answers = Outline(self.name, "answers", (count,), source.partition_nbytes)
        back = exchanged(answers, found, ByPlace(count, count), kernels["ShuffleMiddle"], count, False)
        return blockwise(self.outline, kernels[Argsort], [(source, (0,)), (back, (0,))], [Same(self.meta)])
