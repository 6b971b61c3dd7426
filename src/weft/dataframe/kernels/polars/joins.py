"""Joins."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.kernels.polars.relation import Column, Relation, engine_type, materialised, unseen
from weft.dataframe.kernels.polars.translator import Translator, numbered, translation
from weft.dataframe.kernels.translating import Untranslatable, labelled
from weft.dataframe.kernels.translating.joins import key_labels, matched, semi_joined, told_apart_or_not, with_gaps
from weft.dataframe.known_metas import types_of
from weft.expr import Need, walk
from weft.records import replaced

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


@translation("Merge", "LocalMerge", any_order=True)
def merged(node: Any, translate: Translator) -> Relation:
    """Rows of both sides, matched by key columns."""
    return joined(node, translate)


def joined(node: Any, translate: Translator, only_unmatched: bool = False) -> Relation:
    """Rows of both sides; of a left join, if that is asked for, only those that have no match."""
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
    if only_unmatched:
        how, order, right_node = "anti", "left", told_apart_or_not(node.right, plan.right_on)
    elif (rows := semi_joined(node, translate)) is not None:
        how, order, right_node = "semi", "left", rows
    else:
        right_node = node.right
    ours, theirs = translate(node.left), translate(right_node)
    own = translate.needs[node.name]
    asked = [is_ordered and Need.ORDER in node.asks(each, own) for each in (node.left, node.right)]
    by_columns = is_ordered and keeps_by_columns(node, [ours, theirs], asked, how, translate)
    left = side(ours, "l", translate, by_columns and asked[0])
    right = side(theirs, "r", translate, by_columns and asked[1] and how not in ("semi", "anti"))
    keys = (
        []
        if how == "cross"
        else [
            matched(left.column(a).nulled(), right.column(b).nulled())
            for a, b in zip(plan.left_on, plan.right_on, strict=True)
        ]
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
        if is_ordered and not by_columns:
            options["maintain_order"] = order if asked == [True, True] else order.partition("_")[0]
    base = left.base.join(right.base, **options)
    labels, types = node.columns, types_of(node.meta)
    found: dict[Any, Column] = {}
    gaps_left, gaps_right = how in ("right", "full"), how in ("left", "full")
    shared = key_labels(plan)
    for label, name in plan.left_names:
        if name not in types:
            continue
        column = left.column(label)
        if label in shared and gaps_left:
            other = right.column(shared[label])
            column = replaced(column, expr=pl.coalesce(column.expr, other.expr), null=column.null or other.null)
        elif gaps_left:
            column = with_gaps(column, types[name])
        found[name] = column
    if how == "semi" and plan.how == "inner":
        equal = dict(zip(plan.right_on, plan.left_on, strict=True))
        for label, name in plan.right_names:
            if name in types:
                found[name] = left.column(equal[label]) if label in equal else unseen(types[name])
    elif only_unmatched:
        asked_for = [name for _, name in plan.right_names if name in types and name not in found]
        found |= {name: all_missing(types[name]) for name in asked_for}
    elif plan.how not in ("leftsemi", "left_anti"):
        for label, name in plan.right_names:
            if name in types:
                column = right.column(label)
                found[name] = with_gaps(column, types[name]) if gaps_right else column
    if set(found) != set(labels):
        raise Untranslatable("the columns of this join are pandas' own")
    ranks = [*(left.order or ()), *(right.order or ())]
    if how == "right":
        ranks = [*(right.order or ()), *(left.order or ())]
    made = Relation(
        base,
        labelled(labels, [found[name] for name in labels]),
        order=tuple([replaced(each, null=True) for each in ranks]) if by_columns else None,
    )
    if translate.wants(node, Need.INDEX):
        return numbered(made, translate)
    return made


def all_missing(dtype: Any) -> Column:
    """A column without values; of a type that the engine has not (objects, for truth values with gaps) without any."""
    try:
        kind = engine_type(dtype)
    except Untranslatable:
        kind = None
    return Column(pl.lit(None, dtype=kind), dtype, True)


def keeps_by_columns(node: Any, sides: list[Relation], asked: list[bool], how: str, translate: Translator) -> bool:
    """Whether rows carry what their order is, so that they may be joined in any.

    Where they do already; or where to keep the order means to make a table of the larger side.
    """
    if how not in ("inner", "left", "right", "semi", "anti"):
        return False
    if any(looked_at and each.order is not None for each, looked_at in zip(sides, asked, strict=True)):
        return True
    ours, theirs = translate.size(node.left), translate.size(node.right)
    return ours > theirs if how == "right" else theirs > ours


def unmatched_rows(node: Any, translate: Translator) -> Relation | None:
    """A filter that keeps the rows of a left join that have no match: those where a column is missing that never is.

    Nobody must look at the labels of the rows, which are their numbers among all that were joined.
    """
    predicate, join = node.predicate, node.source
    chosen: Any = predicate.inputs[0] if getattr(predicate, "operation", "") == "isna" else None
    if type(chosen).__name__ != "Projection" or chosen.source != join or isinstance(chosen.chosen, tuple):
        return None
    while type(join).__name__ == "ResetIndex" and join.drop:
        join = join.source
    if type(join).__name__ not in ("Merge", "LocalMerge") or join.plan.how != "left" or join.plan.right_on is None:
        return None
    labels = [label for label, name in join.plan.right_names if name == chosen.chosen]
    if not labels or translate.wants(node, Need.INDEX):
        return None
    column = translate(join.right).column(labels[0])
    if column.null or column.nan:
        return None
    return replaced(joined(join, translate, only_unmatched=True), index=None)


def side(relation: Relation, prefix: str, translate: Translator, is_ranked: bool) -> Relation:
    """A side of a join with column names that the other side does not have; and what its order is, if that is wanted."""
    mark = translate.fresh(prefix)
    order = None
    if is_ranked:
        order = relation.order or (None if relation.rank is None else (relation.rank,))
    fresh = materialised(replaced(relation, index=None, order=order), f"{mark}_")
    if not is_ranked or fresh.order is not None:
        return fresh
    rank = Column(pl.col(f"{mark}_row"), np.dtype("uint32"))
    return replaced(fresh, base=fresh.base.with_row_index(f"{mark}_row"), order=(rank,))
