"""Joins as engines see them: which rows, and which columns, come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.dataframe.different import rows_differ
from weft.dataframe.expr import asked_columns
from weft.dataframe.kernels.translating import BaseTranslator, Untranslatable, is_float, is_integer, is_text
from weft.dataframe.known_metas import types_of
from weft.records import replaced

__all__ = ["key_labels", "matched", "semi_joined", "told_apart_or_not", "with_gaps"]


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


def matched(left: Any, right: Any) -> tuple[Any, Any]:
    """Two key columns of one type; missing values are equal to one another, as pandas has them."""
    if left.dtype == right.dtype or (is_text(left.dtype) and is_text(right.dtype)):
        return left, right
    if is_integer(left.dtype) and is_integer(right.dtype):
        wide = np.promote_types(left.dtype, right.dtype)
        if is_integer(wide):
            return left.cast(wide), right.cast(wide)
    raise Untranslatable(f"keys of {left.dtype} and {right.dtype} are matched by pandas")


def with_gaps(column: Any, dtype: Any) -> Any:
    """A column of the side that may have no match."""
    if is_integer(column.dtype) and dtype.kind == "f":
        return replaced(column.cast(dtype), null=True, narrow=column.dtype)
    if dtype.kind in "iub":
        raise Untranslatable(f"a column of {dtype} with gaps is pandas' own")
    return replaced(column.settled(), null=True, dtype=dtype)
