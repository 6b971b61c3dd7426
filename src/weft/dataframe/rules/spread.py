"""Results that may be as large as the data: by a tree or by an exchange, and in how many partitions."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd

from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, Request
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.filtering import DropMissing, Filter
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.groupby_whole import GroupbyRows, GroupbyWhole, GroupLookup
from weft.dataframe.ops.label_nodes import IndexOf, Relabel, RenameAxis, Renamed, ResetIndex, ToFrame
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.sort_nodes import Sort
from weft.dataframe.rules.faster import places_of_groups, texts_of_groups
from weft.dataframe.spread import Spreadable, chosen_way
from weft.dataframe.treewise import Treewise
from weft.expr import Context, Expr, Need, optimize, rule, walk

__all__ = ["choose_way", "leave_spread", "look_up_groups", "way_remarks"]

#: Nodes that treat rows by themselves, in whatever partition they are.
ROW_BY_ROW = (
    *(Assign, DropMissing, Elementwise, Filter, IndexOf, Projection, Relabel, RenameAxis, Renamed, ResetIndex, ToFrame),
)


@rule
def choose_way(node: Spreadable) -> Expr | None:
    """How a result comes about is chosen once, by a look at the data if it is large."""
    if node.choice is not None:  # type: ignore[attr-defined]
        return None
    if not isinstance(node, GroupbyAggregate):
        return node.with_operands(choice=chosen_way(node))
    return node.with_operands(choice=chosen_way(node, most=places_of_groups(node), about=texts_of_groups(node)))


@rule
def leave_spread(node: Treewise, context: Context) -> Expr | None:
    """A reduction that does not look at the order of its rows takes buckets as they are: not put together, not sorted."""
    if isinstance(node, Spreadable) or len(node.frames) != 1:
        return None
    found = only_source(node.frames[0], node, context)
    if found is None or Need.ORDER in context.needs(found) or Need.INDEX in context.needs(found):
        return None
    if isinstance(found, Sort):
        other: FrameExpr = found.source
        if not isinstance(other, Spreadable):
            return None
    else:
        assert isinstance(found, Spreadable)
        chosen = found.choice or chosen_way(found)  # type: ignore[attr-defined]
        if chosen.way == "tree" or found.npartitions > 1:
            return None
        other = found.with_operands(count=chosen.buckets, choice=chosen)
    return node.map_children(lambda child: with_source(child, found, other))


#: Aggregates that can be looked up for each row.
LOOKED_UP = {"sum", "mean", "min", "max", "count", "std", "var", "prod", "first", "last", "any", "all", "nunique"}


@rule
def look_up_groups(node: GroupbyRows) -> Expr | None:
    """``groupby(...).transform("mean")`` of much data with few groups: these are found first, and looked up for each row."""
    plan = node.asked
    if plan.method != "transform" or node.way.way != "exchange" or not plan.groups.observed:
        return None
    ((inputs, keywords),) = plan.calls
    if len(inputs) != 1 or keywords or inputs[0] not in LOOKED_UP:
        return None
    meta = node.meta
    labels = tuple(meta.columns) if isinstance(meta, pd.DataFrame) else (meta.name,)
    requests = tuple([Request(label, label, inputs[0]) for label in labels])
    groups = plan.groups._replace(sort=True, as_index=True)
    single = isinstance(meta, pd.Series)
    asked = AggregatePlan(groups, requests, None if single else pd.Index(labels), single)
    table = GroupbyAggregate(node.source, node.blocks, asked)
    chosen = chosen_way(table)
    if chosen.way != "tree":
        return None
    return GroupLookup(node.source, node.blocks, table.with_operands(choice=chosen), plan, meta)


def only_source(top: FrameExpr, reader: Expr, context: Context) -> FrameExpr | None:
    """The node whose rows are all that is read, row by row, below another: nobody else may read what lies between."""
    inner: dict[Hashable, Expr] = {reader.identity: reader}
    ends: dict[Hashable, FrameExpr] = {}
    stack: list[Expr] = [top]
    while stack:
        each = stack.pop()
        if each.identity in inner or each.identity in ends:
            continue
        if isinstance(each, ROW_BY_ROW) and isinstance(each, Partitionwise) and each.stands_alone:
            inner[each.identity] = each
            stack.extend(each.children)
        elif isinstance(each, (Spreadable, Sort)):
            ends[each.identity] = each
        else:
            return None
    if len(ends) != 1:
        return None
    for each in (*list(inner.values())[1:], *ends.values()):
        if context.is_root(each) or any(user.identity not in inner for user in context.dependents(each)):
            return None
    return next(iter(ends.values()))


def with_source(node: Expr, old: Expr, new: Expr) -> Expr:
    """A tree with one node in place of another."""
    if node.identity == old.identity:
        return new
    return node.map_children(lambda child: with_source(child, old, new)) if isinstance(node, ROW_BY_ROW) else node


def way_remarks(trees: Sequence[Expr]) -> list[str]:
    """For each result that may be as large as the data: how it comes about, and why."""
    found = []
    for each in walk(*optimize(trees, ("choose",))):
        if isinstance(each, GroupLookup):
            found.append(f"{each.label}: groups are found first, and looked up for each row")
        if isinstance(each, (Spreadable, GroupbyRows, GroupbyWhole)):
            way = each.way
            buckets = f" into {way.buckets} buckets" if way.way == "exchange" else ""
            found.append(f"{each.label}: {way.way}{buckets}, since {way.reason}")
    return found
