"""Nodes of grouped operations: aggregates in parts, and what needs the rows of a group together."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.expr import ROWS, VALUES, FrameExpr, Partitionwise, column_needs, place_pick
from weft.dataframe.kernels.pandas.groupby import AggregatePlan, whole_aggregate
from weft.dataframe.kernels.pandas.groupby_rows import MethodPlan, Table, apply_to_groups
from weft.dataframe.kernels.pandas.grouping import GroupPlan, key_columns
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import remembered
from weft.dataframe.meta import UNKNOWN, make_meta, meta_nonempty
from weft.dataframe.ops.neighbours import AllTo, told_first
from weft.dataframe.treewise import EVERYTHING, SPLIT_EVERY, Treewise
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.gather import Gather

__all__ = ["GroupbyAggregate", "GroupbyRows", "GroupbyWhole", "key_needs"]


def key_needs(plan: GroupPlan) -> Needs:
    """What is looked at in the source to know its keys."""
    needs = column_needs([each.value for each in plan.by if each.kind == "column"])
    return needs | {Need.INDEX} if any(each.kind in ("level", "function") for each in plan.by) else needs


@node
class GroupbyAggregate(Treewise):
    """Named aggregates: one row for each group. Neither index nor order of the rows is looked at, unless groups keep it."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: AggregatePlan
    split_every: int = SPLIT_EVERY

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
        return ("groups", self.source.rows, self.asked.groups, tuple([each.name for each in self.blocks]))

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


def aggregate_meta(plan: AggregatePlan, metas: list[Any]) -> Any:
    """What aggregates of a few made-up rows are."""
    examples = list(map(meta_nonempty, metas))
    return whole_aggregate(examples[0], examples[1:], plan).iloc[:0]


class Method:
    """What the nodes below have in common; see `MethodPlan`."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: MethodPlan
    given: Any

    def example(self) -> Any:
        """The result for two made-up rows."""
        rows = meta_nonempty(self.source.meta)
        blocks = [meta_nonempty(each.meta) for each in self.blocks]
        return apply_to_groups(Table(rows, key_columns(rows, blocks, self.asked.groups)), self.asked)

    def made_meta(self) -> Any:
        """The meta: as given, or that of the example."""
        if self.given is not UNKNOWN:
            return make_meta(self.given, parent_meta=self.source.meta)
        made = self.example()
        return made.iloc[:0] if isinstance(made, (pd.DataFrame, pd.Series)) else made

    def asked_of(self, child: Expr) -> Needs:
        """What is looked at in a child: everything in the chosen columns and the keys."""
        if child == self.source and self.asked.chosen is not None and not any(child == each for each in self.blocks):
            chosen = (self.asked.chosen,) if self.asked.is_single else self.asked.chosen
            return ROWS | key_needs(self.asked.groups) | column_needs(chosen)
        return EVERYTHING

    def gathered(self, outline: Outline) -> Gather:
        """All rows with their keys in one block, and the method applied to them."""
        steps: Any = KERNELS["pandas"][type(self)]
        count = self.source.npartitions
        sources = [(each, place_pick(each, count)) for each in (self.source, *self.blocks)]
        tables = blockwise(
            Outline(outline.origin, f"{outline.label}-keys", (count,)), steps.table, sources, [Same(self.asked)]
        )
        return Gather(outline, tables, partial(told_first, steps.merge), AllTo(count, self.asked))


@node
class GroupbyWhole(Method, FrameExpr):
    """What pandas computes of groups, in one partition."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: MethodPlan
    given: Any = UNKNOWN

    @property
    def label(self) -> str:
        return f"groupby-{self.asked.method.replace('.', '-')}"

    @derived
    def meta(self) -> Any:
        return self.made_meta()

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return self.asked_of(child)

    def lower(self) -> Expr:
        return self.gathered(self.outline)


@node
class GroupbyRows(Method, Partitionwise):
    """What pandas computes of groups for each of their rows, which stay where they are."""

    source: FrameExpr
    blocks: tuple[FrameExpr, ...]
    asked: MethodPlan
    given: Any = UNKNOWN

    @property
    def label(self) -> str:
        return f"groupby-{self.asked.method.replace('.', '-')}"

    @derived
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.source, *self.blocks)

    @derived
    def meta(self) -> Any:
        return self.made_meta()

    @property
    def cost(self) -> Cost:
        return Cost.LIGHT

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return self.asked_of(child)

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][type(self)]
        gathered = self.gathered(Outline(self.name, f"{self.label}-whole", (1,)))
        places = Listed(tuple(range(self.npartitions)))
        return blockwise(self.outline, steps.pick, [(gathered, (None,))], [places], cost=self.cost)
