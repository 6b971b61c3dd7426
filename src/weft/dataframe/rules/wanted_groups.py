"""Groups that a join looks up are made for its keys alone.

``late.merge(items.groupby("order").agg(...).reset_index(), on="order")`` makes groups of all orders, of which it then takes those
of the late ones. Where these are few, the rows of other orders are left out first, by a join that keeps the rows with a match
(``leftsemi``): TPC-H query 21 takes 0.17 s in place of 0.43.

Source: the reduction by semijoins of P. A. Bernstein and D.-M. W. Chiu, Using semi-joins to solve relational queries, 1981, put
through groups as "magic sets" are (I. S. Mumick and H. Pirahesh, Implementation of magic-sets in a relational database system, 1994).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd

from weft.dataframe.cardinality import rows_of_tree
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.pandas.merge import JoinPlan
from weft.dataframe.ops.assignment import Assign
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.filtering import DropMissing, Filter
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.label_nodes import ResetIndex, ToFrame
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.projection import Projection
from weft.expr import Context, Expr, Need, rule, walk

__all__ = ["ask_wanted_groups", "wanted_remarks"]

#: The keys are so much fewer than the rows that are grouped, and these are many.
FEWER, MANY = 8, 100_000
#: Which side's rows come out only where the other has a match, by kind of join.
LOOKED_UP = {"inner": ("right", "left"), "left": ("right",), "right": ("left",), "leftsemi": ("right",)}


#: Nodes that make of each group a row, whatever other groups there are.
ROW_BY_ROW = (Assign, DropMissing, Elementwise, Filter, Projection, ResetIndex, ToFrame)


@rule
def ask_wanted_groups(node: Merge, context: Context) -> Expr | None:
    """Groups are made of rows whose keys the other side of a join has, where it has few."""
    plan = node.plan
    sides = {"right": (node.right, plan.right_on, node.left, plan.left_on)}
    sides["left"] = (node.left, plan.left_on, node.right, plan.right_on)
    for side in LOOKED_UP.get(plan.how, ()):
        top, on, other, keys = sides[side]
        groups = only_groups(top, node, context)
        if groups is None or keys is None or not may_lose_groups(groups):
            continue
        labels = keys_of_groups(top, groups, on)
        wanted, names = before_other_groups(other, keys)
        if labels is None or len(set(names)) < len(labels) or not are_few(wanted, groups.source):
            continue
        few = groups.with_operands(source=with_match(groups, labels, wanted, names))
        return node.with_operands(**{side: with_groups(top, groups, few)})
    return None


def only_groups(top: FrameExpr, reader: Expr, context: Context) -> GroupbyAggregate | None:
    """The groups that are all that is read, row by row, below a node: nobody else may read what lies between."""
    if top.meta.ndim != 2:
        return None
    found: dict[Hashable, Expr] = {}
    stack: list[Expr] = [top]
    while stack:
        each = stack.pop()
        if each.identity not in found:
            if not isinstance(each, (*ROW_BY_ROW, GroupbyAggregate)):
                return None
            found[each.identity] = each
            if not isinstance(each, GroupbyAggregate):
                stack.extend(each.children)
    for each in found.values():
        users = [user.identity for user in context.dependents(each)]
        if context.is_root(each) or any(user not in found and user != reader.identity for user in users):
            return None
    groups = [each for each in found.values() if isinstance(each, GroupbyAggregate)]
    return groups[0] if len(groups) == 1 else None


def with_groups(node: Expr, old: Expr, new: Expr) -> Expr:
    """A tree of rows of groups with other groups."""
    if node.identity == old.identity:
        return new
    return node.map_children(lambda child: with_groups(child, old, new))


def may_lose_groups(groups: GroupbyAggregate) -> bool:
    """Whether each group is what it is without the others, and the rows' index does not matter; it has not been done yet."""
    source, asked = groups.source, groups.asked.groups
    if groups.blocks or source.meta.ndim != 2 or is_of_wanted(groups):
        return False
    if any(each.kind != "column" for each in asked.by) or Need.INDEX in groups.asks(source, frozenset(Need)):
        return False
    kinds = [source.meta[each.value].dtype for each in asked.by]
    return not any(isinstance(each, pd.CategoricalDtype) for each in kinds)


def is_of_wanted(groups: GroupbyAggregate) -> bool:
    """Whether groups are made of rows whose keys are among others."""
    source = groups.source.source if isinstance(groups.source, ResetIndex) else groups.source
    return isinstance(source, Merge) and source.plan.how == "leftsemi"


def wanted_remarks(trees: Sequence[Expr]) -> list[str]:
    """Which groups are made for some keys alone."""
    every = [each for each in walk(*trees) if isinstance(each, GroupbyAggregate) and is_of_wanted(each)]
    return [
        f"{each.label}: of rows whose keys are among those of the other side of a join, which are far fewer"
        for each in every
    ]


def keys_of_groups(top: FrameExpr, groups: GroupbyAggregate, on: tuple[Hashable, ...] | None) -> list[Hashable] | None:
    """The columns by which is grouped that a join's keys are; None if some are others, or are changed on the way."""
    by = [each.value for each in groups.asked.groups.by]
    if on is None:
        return by if comes_through(top, groups, None) else None
    return list(on) if all(label in by and comes_through(top, groups, label) for label in on) else None


def comes_through(top: FrameExpr, groups: GroupbyAggregate, label: Hashable | None) -> bool:
    """Whether a column at the top is the key of this name; or, without a name, the index the keys."""
    node = top
    while node.identity != groups.identity:
        match node:
            case ResetIndex(drop=False) if label is not None and label in node.added:
                named = node.source.meta.index.names[node.added.index(label)]
                return named == label and comes_through(node.source, groups, None)
            case ResetIndex():
                return False
            case Assign() if label in node.labels:
                return False
            case Projection() | Filter() | DropMissing() | Assign() | ToFrame():
                node = node.source
            case _:
                return False
    return groups.asked.groups.as_index == (label is None)


def before_other_groups(side: FrameExpr, keys: tuple[Hashable, ...]) -> tuple[FrameExpr, tuple[Hashable, ...]]:
    """Where the keys of a side come from, and what they are called there: below joins with other groups.

    These need not be made for the keys then, and one set of keys serves for several groups.
    """
    node: FrameExpr = side
    while True:
        match node:
            case ResetIndex(drop=True) | Filter() | Projection() if isinstance(node.source, (Merge, ResetIndex)):
                node = node.source
            case Merge(plan=plan) if plan.how in ("inner", "left") and holds_groups(node.right):
                before = {name: label for label, name in plan.left_names}
                if plan.suffixes is not None or not all(name in before for name in keys):
                    return side, keys
                node = side = node.left
                keys = tuple([before[name] for name in keys])
            case _:
                return side, keys


def holds_groups(node: FrameExpr) -> bool:
    """Whether there are groups below a node."""
    return any(isinstance(each, GroupbyAggregate) for each in walk(node))


def are_few(wanted: FrameExpr, grouped: FrameExpr) -> bool:
    """Whether the rows that have the keys are far fewer than those that are grouped."""
    have, every = rows_of_tree(wanted)[wanted.name].length, rows_of_tree(grouped)[grouped.name].length
    return every >= MANY and 0 < have <= every / FEWER


def with_match(
    groups: GroupbyAggregate, labels: list[Hashable], wanted: FrameExpr, names: tuple[Hashable, ...]
) -> FrameExpr:
    """The rows that are grouped whose keys are among the wanted."""
    source = groups.source
    every = tuple([(label, label) for label in source.columns])
    plan = JoinPlan("leftsemi", tuple(labels), names, every, ())
    is_ordered = Need.ORDER in groups.asks(source, frozenset())
    found = Merge(source, Projection(wanted, names), plan, source.npartitions, None, is_ordered)
    return ResetIndex(found, True, Pairs(()), False)
