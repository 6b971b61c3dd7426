"""The node of named aggregates of groups, which go in parts."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.expr import ROWS, VALUES, FrameExpr, column_needs
from weft.dataframe.kernels.pandas.groupby import whole_aggregate
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, wanted_parts
from weft.dataframe.kernels.pandas.grouping import GroupPlan, key_columns
from weft.dataframe.known_metas import remembered
from weft.dataframe.meta import tried
from weft.dataframe.spread import Choice, Spreadable
from weft.dataframe.treewise import SPLIT_EVERY
from weft.expr import Expr, Need, Needs, derived, node

__all__ = ["DividedGroups", "GroupbyAggregate", "key_needs"]


def key_needs(plan: GroupPlan) -> Needs:
    """What is looked at in the source to know its keys."""
    needs = column_needs([each.value for each in plan.by if each.kind == "column"])
    return needs | {Need.INDEX} if any(each.kind in ("level", "function") for each in plan.by) else needs


@node
class GroupbyAggregate(Spreadable):
    """Named aggregates: one row for each group. Neither index nor order of the rows is looked at, unless groups keep it."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: AggregatePlan
    split_every: int = SPLIT_EVERY
    count: int = 1
    exchanged: bool = False
    choice: Choice | None = None

    @property
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.source, *self.blocks)

    @property
    def label(self) -> str:
        names = [each.how if isinstance(each.how, str) else each.how.name for each in self.asked.requests]
        return "-".join(["groupby", *list(dict.fromkeys(names))[:3]])

    @property
    def plan(self) -> AggregatePlan:
        return self.asked

    @property
    def width(self) -> int:
        return self.split_every

    @derived
    def meta(self) -> Any:
        metas, labels = [each.meta for each in self.frames], self.asked.labels
        named = (tuple(labels), tuple(labels.names), labels.dtype) if isinstance(labels, pd.Index) else labels
        return remembered(partial(aggregate_meta, self.asked, metas), "GroupbyAggregate", (self.asked, named), *metas)

    @derived
    def rows(self) -> Hashable:
        if not self.asked.groups.as_index:
            return self.name
        return ("groups", self.source.rows, self.asked.groups, tuple([each.name for each in self.blocks]), self.count)

    @property
    def by(self) -> GroupPlan:
        return self.asked.groups

    @property
    def kept_whole(self) -> str | None:
        return kept_whole(self)

    @property
    def payload(self) -> int:
        return 16 * len(wanted_parts(self.asked))

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs: Needs = frozenset()
        if any(child == each for each in self.blocks):
            needs |= VALUES
            if isinstance(child, FrameExpr) and isinstance(child.meta, pd.Index):
                needs |= {Need.INDEX}
        hows = [each.how for each in self.asked.requests]
        if not self.asked.groups.sort or any(how in ("first", "last") or not isinstance(how, str) for how in hows):
            needs |= {Need.ORDER}
        if child != self.source:
            return needs
        if any(how in ("idxmin", "idxmax") for how in hows):
            needs |= ROWS
        if self.source.meta.ndim == 1:
            return needs | VALUES | key_needs(self.asked.groups)
        return (
            needs
            | key_needs(self.asked.groups)
            | column_needs([each.column for each in self.asked.requests if each.how != "size"])
        )


@node
class DividedGroups(GroupbyAggregate):
    """Named aggregates of groups whose source gives partial results already, as a piece of an engine makes them."""

    @property
    def steps(self) -> Any:
        from weft.dataframe.kernels import polars

        return polars.partials.DividedGroups


def kept_whole(node: Any) -> str | None:
    """Why groups are all made in one place, if so: a bucket must be able to do without the others."""
    groups: GroupPlan = node.asked.groups
    keys = key_columns(node.source.meta, [each.meta for each in node.blocks], groups)
    if not groups.observed and any(isinstance(key.dtype, pd.CategoricalDtype) for key in keys):
        return "categories without rows are groups too"
    return None


def aggregate_meta(plan: AggregatePlan, metas: list[Any]) -> Any:
    """What aggregates of a few made-up rows are; pandas has another type for means of float32 whose rows are in order."""
    source = metas[0]
    if isinstance(source, pd.DataFrame) and source.columns.nlevels == 1:
        used = {each.value for each in plan.groups.by if each.kind == "column"} | {
            each.column for each in plan.requests
        }
        source = source.loc[:, [label in used for label in source.columns]]

    def made(rows: Any, *blocks: Any) -> Any:
        return whole_aggregate(rows[::-1], [each[::-1] for each in blocks], plan)

    return tried(made, source, *metas[1:]).iloc[:0]
