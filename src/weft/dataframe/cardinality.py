"""How many rows the nodes of a tree have, about, and how wide they are: from what is known of its sources without reading them.

Footers of Parquet files tell how many rows there are, between which values columns lie, and, by the size of a column, how many
different values it has. Values are taken to be spread evenly and to have nothing to do with one another; where nothing is known
filters keep half of what they read, and groups are a tenth of the rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.expr import FrameExpr
from weft.dataframe.io.from_pandas import FromPandas
from weft.dataframe.io.parquet import ReadParquet
from weft.dataframe.io.parquet.dataset import joint_bounds
from weft.dataframe.io.predicates import Predicate
from weft.dataframe.ops.counting import ValueCounts
from weft.dataframe.ops.filtering import DropMissing, Filter
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.groupby_whole import GroupbyWhole
from weft.dataframe.ops.merge_nodes import Merge
from weft.dataframe.ops.partitions import Ends
from weft.dataframe.ops.reductions import Length, Reduce
from weft.dataframe.ops.selection import Largest
from weft.dataframe.ops.unique import DistinctRows
from weft.dataframe.ops.values import Among
from weft.expr import Expr, Fact, walk

__all__ = ["Rows", "rows_of_tree"]

#: Bytes of a value where nobody knows how wide rows are.
VALUE_NBYTES = 8
#: Part of the rows for which a condition holds of which nothing is known; a test for equality, or for missing values.
HALF, RARE = 0.5, 0.1
#: Nodes that give a few rows or values.
SMALL = (Reduce, Length, Ends, Largest, ValueCounts)
#: Joins that give some of the rows of their left side.
SOME_OF_LEFT = ("leftsemi", "left_anti")


class Rows(NamedTuple):
    """Rows of a node, about: how many, and bytes of each."""

    length: float
    width: float

    @property
    def nbytes(self) -> float:
        """Bytes of all."""
        return self.length * self.width


NOTHING = Rows(0.0, 0.0)


def rows_of_tree(root: Expr, nodes: Sequence[Expr] = ()) -> dict[str, Rows]:
    """Rows of each node of a tree, by name; none where nothing is known, or only a few are.

    ``nodes`` are those of the tree, children before parents, for who has them.
    """
    found: dict[str, Rows] = {}
    every = nodes or list(walk(root))
    domains = Domains(every)
    for node in every:
        frames = [found[child.name] for child in node.children]
        if not isinstance(node, FrameExpr) or isinstance(node, SMALL):
            found[node.name] = NOTHING
        elif not frames:
            found[node.name] = rows_of_source(node, domains)
        elif isinstance(node, Merge):
            found[node.name] = rows_of_join(node, frames[0], frames[-1], domains)
        elif isinstance(node, (GroupbyAggregate, GroupbyWhole)):
            found[node.name] = rows_of_groups(node, frames[0], domains)
        elif isinstance(node, Filter):
            share = kept_where(node.predicate, domains)
            found[node.name] = frames[0]._replace(length=share * frames[0].length)
        else:
            share = HALF if isinstance(node, (DropMissing, DistinctRows)) else 1.0
            found[node.name] = Rows(share * frames[0].length, frames[0].width * column_share(node))
    return found


class Domains:
    """How many different values columns may have, by label: those of the files that have a column of this name."""

    def __init__(self, every: Sequence[Expr]) -> None:
        self.files: list[Any] = [each for each in every if isinstance(each, ReadParquet)]
        self._known: dict[Hashable, float | None] = {}
        for each in every:
            if isinstance(each, Merge):
                self.join(each.plan)

    def join(self, plan: Any) -> None:
        """Keys that are looked for in others are taken to be among these, where there are fewer of them."""
        for left, right in zip(plan.left_on or (), plan.right_on or (), strict=False):
            told = [each for each in (self.distinct(left), self.distinct(right)) if each is not None]
            self._known[left] = self._known[right] = min(told, default=None)

    def distinct(self, label: Hashable) -> float | None:
        """How many there are, about; None if nothing tells."""
        if label not in self._known:
            every = [distinct_in(each, label) for each in self.reading(label)]
            told = [each for each in every if each is not None]
            self._known[label] = min(told, default=None)
        return self._known[label]

    def reading(self, label: Hashable) -> list[Any]:
        """The sources whose files have a column of this name."""
        return [each for each in self.files if label in each.dataset.layout.fields]

    def combinations(self, labels: Iterable[Hashable]) -> float | None:
        """How many combinations of values of several columns there may be; None if that is not known of one of them."""
        every = [self.distinct(label) for label in labels]
        return None if None in every else prod([each for each in every if each is not None])


def distinct_in(files: Any, label: Hashable) -> float | None:
    """How many different values a column of files may have."""
    known: dict[Hashable, float | None] = files.dataset.known_distinct
    if label not in known:
        known[label] = told_by_files(files, label)
    return known[label]


def told_by_files(files: Any, label: Hashable) -> float | None:
    """The same, found out: the least of what bounds, sizes and numbers of rows tell."""
    dataset, rows = files.dataset, count_of_files(files)
    bounds = joint_bounds(dataset.bounds(label) or (None,))
    width = spread(bounds.least, bounds.greatest) if bounds is not None else None
    told = [each for each in (width, dataset.distinct(label), rows) if each]
    return min(told) if len(told) > 1 or width else None


def spread(least: Any, greatest: Any) -> float | None:
    """How many whole numbers, or days, lie between two values; None of others."""
    if isinstance(least, (bool, np.bool_)):
        return 2.0
    if isinstance(least, (int, np.integer)):
        return float(greatest - least) + 1
    if isinstance(least, pd.Timestamp):
        return float((greatest - least) / pd.Timedelta(days=1)) + 1
    return None


def count_of_files(files: Any) -> float:
    """Rows of files; 0 if they are not known."""
    return float(files.dataset.row_total)


def rows_of_source(node: FrameExpr, domains: Domains) -> Rows:
    """Rows that are read."""
    nbytes = float(node.partition_nbytes * node.npartitions)
    count = nbytes / (VALUE_NBYTES * max(1, len(node.columns)))
    if isinstance(node, FromPandas):
        count = float(node.bounds[-1][1])
    elif isinstance(node, ReadParquet) and (whole := count_of_files(node)):
        part = node.npartitions / max(1, len(node.dataset.parts))
        return Rows(whole * part * kept_by(node.predicate, node, domains), nbytes / (whole * part))
    return Rows(count, nbytes / count) if count else NOTHING


def kept_by(predicate: Predicate | None, files: Any, domains: Domains) -> float:
    """The part of the rows of files for which a predicate holds."""
    match predicate:
        case None:
            return 1.0
        case ("and", _, _):
            ranges: dict[Hashable, list[Predicate]] = {}
            share = 1.0
            for each in conditions(predicate):
                if each[0] in RANGES:
                    ranges.setdefault(each[1], []).append(each)
                else:
                    share *= kept_by(each, files, domains)
            return share * prod([kept_between(label, every, files) for label, every in ranges.items()])
        case ("or", left, right):
            return min(1.0, kept_by(left, files, domains) + kept_by(right, files, domains))
        case (operator, label, _) if operator in RANGES:
            return kept_between(label, [predicate], files)
        case ("eq" | "isin" | "ne", label, value):
            values = domains.distinct(label)
            several = len(value) if predicate[0] == "isin" else 1
            share = min(1.0, several / values) if values else RARE
            return 1 - share if predicate[0] == "ne" else share
        case ("isna", _, _):
            return RARE
    return 1.0


def kept_where(condition: Any, domains: Domains) -> float:
    """The part of the rows for which a column of truth values holds."""
    match getattr(condition, "operation", ""), getattr(condition, "inputs", ()):
        case "and_", (left, right):
            return kept_where(left, domains) * kept_where(right, domains)
        case "or_", (left, right):
            return min(1.0, kept_where(left, domains) + kept_where(right, domains))
        case "invert", (other,):
            return 1 - kept_where(other, domains)
        case (("eq" | "ne" | "lt" | "le" | "gt" | "ge" | "isin" | "isna" | "notna") as operator, (column, *rest)):
            label = getattr(column, "chosen", None)
            value = rest[0] if rest else None
            value = value.value.value if isinstance(value, Among) else value
            files = domains.reading(label) if isinstance(label, Hashable) and not isinstance(value, Expr) else []
            if files:
                return kept_by((operator, label, value), files[0], domains)
        case str(name), _ if name.startswith("str."):
            return RARE
    return HALF


#: Comparisons of which several leave what lies between.
RANGES = ("lt", "le", "gt", "ge")


def conditions(predicate: Predicate) -> list[Predicate]:
    """What must hold, all of it."""
    match predicate:
        case ("and", left, right):
            return [*conditions(left), *conditions(right)]
    return [predicate]


def kept_between(label: Hashable, every: list[Predicate], files: Any) -> float:
    """The part of a column's values that lies between some bounds."""
    bounds = joint_bounds(files.dataset.bounds(label) or (None,))
    if bounds is None or bounds.least is None or bounds.least == bounds.greatest:
        return HALF ** len(every)
    least, greatest = bounds.least, bounds.greatest
    try:
        below = min([value for operator, _, value in every if operator in ("lt", "le")], default=greatest)
        above = max([value for operator, _, value in every if operator in ("gt", "ge")], default=least)
        share = (min(below, greatest) - max(above, least)) / (greatest - least)
    except TypeError:  # texts, which cannot be subtracted, or values of another kind than the file's
        return HALF ** len(every)
    return float(min(1.0, max(0.0, share)))


def rows_of_join(node: Merge, left: Rows, right: Rows, domains: Domains) -> Rows:
    """Rows of a join: a key of the side that has fewer different ones is taken to be found with equal chance on the other."""
    plan = node.plan
    before = len(node.left.columns) + len(node.right.columns)
    width = (left.width + right.width) * min(1.0, len(node.columns) / max(1, before))
    if plan.how in SOME_OF_LEFT:
        values = domains.combinations(plan.left_on) if plan.left_on else None
        met = min(1.0, right.length / values) if values and right.length else HALF
        return Rows((met if plan.how == "leftsemi" else max(RARE, 1 - met)) * left.length, width)
    every = [domains.combinations(each) for each in (plan.left_on, plan.right_on) if each is not None]
    told = [each for each in every if each]
    met = max(left.length, right.length)
    if len(told) == 2 and met:
        met = min(met, left.length * right.length / min(*told))
    least = {"left": left.length, "right": right.length, "outer": max(left.length, right.length)}.get(plan.how, 0.0)
    return Rows(max(met, least), width)


def rows_of_groups(node: GroupbyAggregate | GroupbyWhole, source: Rows, domains: Domains) -> Rows:
    """Groups: as many as there are combinations of keys, and no more than there are rows."""
    by = node.asked.groups.by
    labels = [each.value for each in by if each.kind == "column"]
    every = [domains.distinct(label) for label in labels]
    least = prod([each for each in every if each is not None])
    is_known = len(labels) == len(by) and None not in every
    count = min(source.length, least if is_known else max(least, RARE * source.length))
    keys = source.width * len(by) / max(1, len(node.source.columns))
    return Rows(count, max(keys, VALUE_NBYTES * len(by)) + VALUE_NBYTES * len(node.columns))


def column_share(node: FrameExpr) -> float:
    """How much of its first child's columns a node has."""
    first = node.children[0]
    before = len(first.columns) if isinstance(first, FrameExpr) else 1
    if Fact.SAME_ROWS not in node.facts:
        return 1.0
    return min(1.0, max(1, len(node.columns)) / max(1, before))
