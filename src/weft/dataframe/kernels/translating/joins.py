"""Joins as engines see them: which rows, and which columns, come out."""

from __future__ import annotations

from typing import Any

from weft.dataframe.different import rows_differ
from weft.dataframe.expr import asked_columns
from weft.dataframe.kernels.translating import BaseTranslator, is_float
from weft.dataframe.known_metas import types_of

__all__ = ["key_labels", "semi_joined", "told_apart_or_not"]


def key_labels(plan: Any) -> dict[Any, Any]:
    """Key columns that come out once for both sides: the left label, and the right one that has no column of its own."""
    if plan.left_on is None or plan.right_on is None:
        return {}
    out = {label for label, _ in plan.right_names}
    return {a: b for a, b in zip(plan.left_on, plan.right_on, strict=True) if b not in out}


def semi_joined(node: Any, translate: BaseTranslator[Any]) -> Any:
    """The right side of a join that only asks which rows of the left have a match there; None if it asks for more.

    The right rows must differ in the keys, and nothing else of them be looked at; then rows that are equal do no harm, and
    need not be told apart.
    """
    plan, right = node.plan, node.right
    if plan.how != "inner" or plan.left_on is None or plan.right_on is None or not rows_differ(right, plan.right_on):
        return None
    wanted = set(asked_columns(translate.needs[node.name], node.columns))
    if any(label not in plan.right_on and name in wanted for label, name in plan.right_names):
        return None
    ours, theirs = types_of(node.left.meta), types_of(right.meta)
    types = [(ours[a], theirs[b]) for a, b in zip(plan.left_on, plan.right_on, strict=True)]
    if any(a != b or is_float(a) for a, b in types):
        return None
    return told_apart_or_not(right, plan.right_on)


def told_apart_or_not(rows: Any, keys: Any) -> Any:
    """Rows of which it is asked only which keys there are: those that they were before equal ones were left out."""
    below = rows
    while type(below).__name__ == "Projection":
        below = below.source
    is_plain = type(below).__name__ == "DistinctRows" and below.keep is not False
    return below.source if is_plain and set(below.subset or below.columns) == set(keys) else rows
