"""Joins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.kernels.polars.relation import Column, Relation, Untranslatable, is_integer, is_text, materialised
from weft.dataframe.kernels.polars.rows import numbered
from weft.dataframe.kernels.polars.translator import Translator, labelled, translation
from weft.expr import Need, walk

#: pandas' kinds of joins, and Polars'; and whose order the rows have.
KINDS: dict[str, tuple[str, str]] = {
    "inner": ("inner", "left_right"),
    "left": ("left", "left_right"),
    "right": ("right", "right_left"),
    "outer": ("full", ""),
    "cross": ("cross", ""),
    "leftsemi": ("semi", "left"),
    "left_anti": ("anti", "left"),
}


@translation("Merge")
def merged(node: Any, translate: Translator) -> Relation:
    """Rows of both sides, matched by key columns."""
    plan = node.plan
    if plan.how not in KINDS or plan.indicator is not None or plan.validate is not None or plan.suffixes is not None:
        raise Untranslatable(f"a join {plan.how!r} with these options stays in pandas")
    if plan.how != "cross" and (plan.left_on is None or plan.right_on is None):
        raise Untranslatable("joins by index stay in pandas")
    how, order = KINDS[plan.how]
    is_ordered = translate.wants(node, Need.ORDER) or translate.wants(node, Need.INDEX)
    if is_ordered and (not order or plan.sort):
        raise Untranslatable("the order of the rows of this join stays with pandas")
    if is_ordered and any(type(each).__name__ == "FromPandas" for each in walk(node)):
        raise Untranslatable("rows in memory are joined in their order faster by pandas")
    left, right = side(translate(node.left), "l", translate), side(translate(node.right), "r", translate)
    keys = (
        [] if how == "cross" else [matched(left, right, a, b) for a, b in zip(plan.left_on, plan.right_on, strict=True)]
    )
    options: dict[str, Any] = {"how": how}
    if how != "cross":
        options |= {
            "left_on": [a.expr for a, _ in keys],
            "right_on": [b.expr for _, b in keys],
            "nulls_equal": any(a.null and b.null for a, b in keys),
        }
        if how in ("inner", "left", "right", "full"):
            options["coalesce"] = False
        if is_ordered:
            options["maintain_order"] = order
    base = left.base.join(right.base, **options)
    meta = node.meta
    found: dict[Any, Column] = {}
    gaps_left, gaps_right = how in ("right", "full"), how in ("left", "full")
    shared = key_labels(plan)
    for label, name in plan.left_names:
        if name not in meta.columns:
            continue
        column = left.column(label)
        if label in shared and gaps_left:
            other = right.column(shared[label])
            column = replace(column, expr=pl.coalesce(column.expr, other.expr), null=column.null or other.null)
        elif gaps_left:
            column = with_gaps(column, meta[name].dtype)
        found[name] = column
    if plan.how not in ("leftsemi", "left_anti"):
        for label, name in plan.right_names:
            if name in meta.columns:
                column = right.column(label)
                found[name] = with_gaps(column, meta[name].dtype) if gaps_right else column
    if set(found) != set(meta.columns):
        raise Untranslatable("the columns of this join are pandas' own")
    made = Relation(base, labelled(meta.columns, [found[name] for name in meta.columns]), None)
    if translate.wants(node, Need.INDEX):
        return numbered(made, translate)
    return made


def key_labels(plan: Any) -> dict[Any, Any]:
    """Key columns that come out once for both sides: the left label, and the right one that has no column of its own."""
    if plan.left_on is None or plan.right_on is None:
        return {}
    out = {label for label, _ in plan.right_names}
    return {a: b for a, b in zip(plan.left_on, plan.right_on, strict=True) if b not in out}


def side(relation: Relation, prefix: str, translate: Translator) -> Relation:
    """A side of a join with column names that the other side does not have."""
    fresh = materialised(replace(relation, index=None))
    mark = translate.fresh(prefix)
    names = {f"c{place}": f"{mark}_{place}" for place in range(len(fresh.columns))}
    columns = [
        (label, replace(column, expr=pl.col(names[f"c{place}"]))) for place, (label, column) in enumerate(fresh.columns)
    ]
    return Relation(fresh.base.rename(names), tuple(columns), None)


def matched(left: Relation, right: Relation, a: Any, b: Any) -> tuple[Column, Column]:
    """Two key columns of one type; missing values are equal to one another, as pandas has them."""
    first, second = left.column(a).nulled(), right.column(b).nulled()
    if first.dtype == second.dtype or (is_text(first.dtype) and is_text(second.dtype)):
        return first, second
    if is_integer(first.dtype) and is_integer(second.dtype):
        wide = np.promote_types(first.dtype, second.dtype)
        if is_integer(wide):
            return first.cast(wide), second.cast(wide)
    raise Untranslatable(f"keys of {first.dtype} and {second.dtype} are matched by pandas")


def with_gaps(column: Column, dtype: Any) -> Column:
    """A column of the side that may have no match."""
    if is_integer(column.dtype) and dtype.kind == "f":
        return replace(column.cast(dtype), null=True, narrow=column.dtype)
    if dtype.kind in "iub":
        raise Untranslatable(f"a column of {dtype} with gaps is pandas' own")
    return replace(column.settled(), null=True, dtype=dtype)
