"""Aggregates of groups: partial ones of each partition, these together in a tree."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, column_needs
from weft.dataframe.kernels.pandas.groupby import Plan, whole_groupby
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.projection import missing_column
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__ = ["GroupBy"]


class GroupbyChunk:
    """Operation of a kernel: partial aggregates of a partition."""


class GroupbyCombine:
    """Operation of a kernel: partial aggregates together."""


class GroupbyFinish:
    """Operation of a kernel: the aggregate of the last partial."""


@node
class GroupbyAggregate(FrameExpr):
    """One value for each group and column. Neither index nor order of the rows is looked at, unless groups keep it."""

    source: FrameExpr
    plan: Plan
    split_every: int = 8

    @property
    def label(self) -> str:
        return f"groupby-{self.plan.how}"

    @derived
    def meta(self) -> Any:
        return whole_groupby(self.source.meta, self.plan)

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        order: Needs = frozenset() if self.plan.sort else frozenset({Need.ORDER})
        return order | column_needs((*self.plan.by, *self.plan.columns))

    def lower(self) -> Expr:
        kernels, meta = KERNELS["pandas"], self.meta
        dtypes = tuple([meta.dtype] if isinstance(meta, pd.Series) else meta.dtypes)
        outline = Outline(self.name, f"{self.label}-chunk", self.source.numblocks)
        chunk = blockwise(outline, kernels[GroupbyChunk], [(self.source, (0,))], [Same(self.plan)], cost=Cost.LIGHT)
        return TreeReduce(
            self.outline,
            chunk,
            (0,),
            partial(kernels[GroupbyCombine], self.plan),
            kernels[GroupbyFinish],
            (self.plan, dtypes),
            self.split_every,
            True,
        )


class GroupBy:
    """Groups of a frame's rows, of which aggregates can be asked."""

    __slots__ = ("_by", "_columns", "_dropna", "_frame", "_single", "_sort")

    def __init__(
        self, frame: Any, by: tuple[Any, ...], columns: tuple[Any, ...], single: bool, sort: bool, dropna: bool
    ) -> None:
        self._frame = frame
        self._by = by
        self._columns = columns
        self._single = single
        self._sort = sort
        self._dropna = dropna

    def __getitem__(self, key: Any) -> GroupBy:
        chosen = tuple(key) if isinstance(key, list) else (key,)
        for label in chosen:
            if label not in self._frame.expr.columns:
                raise KeyError(missing_column(label, self._frame.expr.columns))
        return GroupBy(self._frame, self._by, chosen, not isinstance(key, list), self._sort, self._dropna)

    def __getattr__(self, label: str) -> GroupBy:
        if label.startswith("_") or label not in self._frame.expr.columns:
            raise AttributeError(f"groups have no attribute and no column {label!r}")
        return self[label]

    def sum(self, split_every: int | None = None) -> Any:
        """Sum of each group's values."""
        return self._aggregate("sum", split_every)

    def mean(self, split_every: int | None = None) -> Any:
        """Mean of each group's values."""
        return self._aggregate("mean", split_every)

    def count(self, split_every: int | None = None) -> Any:
        """Number of each group's values that are not missing."""
        return self._aggregate("count", split_every)

    def min(self, split_every: int | None = None) -> Any:
        """Least of each group's values."""
        return self._aggregate("min", split_every)

    def max(self, split_every: int | None = None) -> Any:
        """Greatest of each group's values."""
        return self._aggregate("max", split_every)

    def _aggregate(self, how: str, split_every: int | None) -> Any:
        plan = Plan(self._by, self._columns, how, self._sort, self._dropna, self._single)
        expr = GroupbyAggregate(self._frame.expr, plan, split_every or 8)
        _ = expr.meta
        return new(expr)


class GroupbyMethods(FrameBase):
    """Groups of rows."""

    __slots__ = ()

    def groupby(self, by: Any, *, sort: bool = True, dropna: bool = True) -> GroupBy:
        """Groups of the rows with equal values in some columns.

        Parameters
        ----------
        by : label or list of labels
        sort : bool
            Whether groups are sorted by their values; otherwise they come as they first appear.
        dropna : bool
            Whether rows with a missing value among the keys are left out.
        """
        labels = tuple(by) if isinstance(by, list) else (by,)
        known = self.expr.columns
        for label in labels:
            if isinstance(label, FrameBase) or callable(label):
                raise NotImplementedError("groups are made by column labels: assign(...) the key as a column first")
            if label not in known:
                raise KeyError(missing_column(label, known))
        rest = tuple([label for label in known if label not in labels])
        return GroupBy(self, labels, rest, False, bool(sort), bool(dropna))
