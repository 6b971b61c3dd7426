"""Columns in which no two rows are equal: known of what has been grouped, or rid of duplicates, on the way up.

A join with such a side gives each row of the other once at most, so nobody can see the order of its rows; a sort by such
columns has no ties.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from weft.dataframe.expr import FrameExpr
from weft.expr import Expr

__all__ = ["rows_differ"]

#: Nodes that have some of the rows of their source, in any order, with the same columns.
SOME_ROWS = frozenset({"Filter", "DropMissing", "Ends", "Sort", "Largest", "Shuffle", "Divided", "RepartitionMerge"})
#: Nodes that have some of the labels of their source's rows.
SAME_LABELS = frozenset({"Filter", "Projection", "Assign", "Relabel", "Renamed"})
#: Joins that give each row of the left once at most, whose right rows differ.
KEEPS_LEFT = ("inner", "left", "leftsemi", "left_anti")


def rows_differ(node: Expr, labels: Iterable[Hashable]) -> bool:
    """Whether it is known that no two rows of a frame have the same values in all of some columns."""
    wanted = set(labels)
    while isinstance(node, FrameExpr):
        kind, own = type(node).__name__, node.__dict__
        if kind in SOME_ROWS:
            node = own["source"]
        elif kind == "Projection":
            if not wanted <= set(node.columns):
                return False
            node = own["source"]
        elif kind == "Assign":
            wanted -= set(own["labels"])
            node = own["source"]
        elif kind == "Relabel":
            before = {new: old for old, new in own["labels"]}
            wanted = {before[label] for label in wanted if label in before}
            node = own["source"]
        elif kind == "Merge":
            plan = own["plan"]
            if plan.how not in KEEPS_LEFT or plan.left_on is None or plan.right_on is None:
                return False
            if plan.how in ("inner", "left") and not rows_differ(own["right"], plan.right_on):
                return False
            before = {name: label for label, name in plan.left_names}
            wanted = {before[label] for label in wanted if label in before}
            node = own["left"]
        elif kind == "DistinctRows":
            subset = own["subset"]
            return wanted >= set(own["source"].columns if subset is None else subset)
        elif kind == "GroupbyAggregate":
            groups = own["asked"].groups
            named = node.columns[: len(groups.by)]
            return not groups.as_index and has_key_columns(node) and wanted >= set(named)
        elif kind == "ResetIndex":
            below = own["source"]
            if own["drop"]:
                node = below
                continue
            while type(below).__name__ in SAME_LABELS:
                below = below.source
            if type(below).__name__ != "GroupbyAggregate" or not below.asked.groups.as_index:
                return False
            return has_key_columns(below) and wanted >= set(node.added)  # type: ignore[attr-defined]
        else:
            return False
    return False


def has_key_columns(node: FrameExpr) -> bool:
    """Whether groups are made by columns only."""
    plan = node.__dict__["asked"]
    return not node.__dict__["blocks"] and all(each.kind == "column" for each in plan.groups.by)
