"""Joins."""

from __future__ import annotations

from typing import Any

from weft.dataframe.kernels.duckdb.relation import Column, Relation, unseen
from weft.dataframe.kernels.duckdb.translator import Translator, numbered, translation
from weft.dataframe.kernels.translating import Untranslatable, is_text, labelled
from weft.dataframe.kernels.translating.joins import matched, semi_joined, with_gaps
from weft.dataframe.known_metas import types_of
from weft.expr import Need
from weft.records import replaced

#: pandas' kinds of joins, and DuckDB's.
KINDS = {"inner": "JOIN", "left": "LEFT JOIN"}


@translation("Merge")
def merged(node: Any, translate: Translator) -> Relation:
    """Rows of both sides, matched by key columns."""
    plan = node.plan
    if plan.how not in KINDS or plan.indicator is not None or plan.validate is not None or plan.suffixes is not None:
        raise Untranslatable(f"a join {plan.how!r} with these options stays in pandas")
    if plan.left_on is None or plan.right_on is None or plan.sort:
        raise Untranslatable("joins by index, or with sorted keys, stay in pandas")
    rows = semi_joined(node, translate)
    is_ordered = translate.looks_at_order(node)
    left, right = [side(translate(each), translate, is_ordered) for each in (node.left, rows or node.right)]
    keys = [key_pair(left.column(a), right.column(b)) for a, b in zip(plan.left_on, plan.right_on, strict=True)]
    equal = [f"{a.sql} {'IS NOT DISTINCT FROM' if a.null and b.null else '='} {b.sql}" for a, b in keys]
    kind = KINDS[plan.how] if rows is None else "SEMI JOIN"
    base = translate.rows(f"SELECT * FROM {left.base} {kind} {right.base} ON {' AND '.join(equal)}")
    types = types_of(node.meta)
    found = {name: left.column(label) for label, name in plan.left_names if name in types}
    matches = dict(zip(plan.right_on, plan.left_on, strict=True))
    for label, name in plan.right_names:
        if name not in types:
            continue
        if rows is not None:
            found[name] = left.column(matches[label]) if label in matches else unseen(types[name])
        else:
            column = right.column(label)
            found[name] = with_gaps(column, types[name]) if plan.how == "left" else column
    labels = list(node.meta.columns)
    if set(found) != set(labels):
        raise Untranslatable("the columns of this join are pandas' own")
    order = None
    if is_ordered:
        order = (*(left.order or ()), *((right.order or ()) if rows is None else ()))
    made = Relation(base, labelled(labels, [found[name] for name in labels]), order=order)
    return numbered(made, translate) if translate.wants(node, Need.INDEX) else made


def side(relation: Relation, translate: Translator, is_ordered: bool) -> Relation:
    """A side of a join with column names that the other side does not have."""
    if is_ordered and relation.order is None:
        raise Untranslatable("the order of the rows of this join is not known")
    return translate.materialised(replaced(relation, index=None, order=relation.order if is_ordered else None))


def key_pair(left: Column, right: Column) -> tuple[Column, Column]:
    """Two key columns of one type, in which equal values are equal to DuckDB, too."""
    if not is_text(left.dtype) and left.dtype.kind not in "iubM":
        raise Untranslatable(f"keys of {left.dtype} are matched by pandas")
    return matched(left, right)
