"""Rows chosen and sorted, columns added."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.duckdb.elementwise import TRUTH, number, operand_of
from weft.dataframe.kernels.duckdb.groups import NAN_MET, key_column
from weft.dataframe.kernels.duckdb.relation import Column, Rank, Relation, is_nan, literal
from weft.dataframe.kernels.duckdb.translator import Translator, by, translation
from weft.dataframe.kernels.duckdb.truth import missing
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text
from weft.dataframe.kernels.translating.columns import OF_COLUMNS
from weft.dataframe.kernels.translating.groups import check_groups, head_of_groups, is_forward
from weft.dataframe.kernels.translating.relation import truth
from weft.dataframe.known_metas import types_of
from weft.expr import Need
from weft.records import replaced

for _name, _function in OF_COLUMNS.items():
    translation(_name)(_function)


@translation("Filter")
def filtered(node: Any, translate: Translator) -> Relation:
    """Rows where a predicate holds."""
    if (heads := heads_of_sorted(node, translate)) is not None:
        return heads
    source, predicate = translate(node.source), translate(node.predicate)
    if predicate.base != source.base:
        raise Untranslatable("the predicate has other rows")
    return translate.filtered(source, truth(predicate.only).sql)


@translation("Assign")
def assigned(node: Any, translate: Translator) -> Relation:
    """Columns added or replaced."""
    source = translate(node.source)
    columns = dict(source.columns)
    for label, value in zip(node.labels, node.values, strict=True):
        columns[label] = assigned_column(source, value, translate, types_of(node.meta)[label])
    return source.with_columns(columns.items())


def assigned_column(source: Relation, value: Any, translate: Translator, dtype: Any) -> Column:
    """A column of the same rows, or one value for all."""
    if isinstance(value, FrameExpr):
        relation: Relation = translate(value)
        if relation.single:
            column: Column = operand_of(value, {value.name: relation})
            if relation.may_be_empty(source):
                raise Untranslatable("a single value of no rows turns integers into floats in pandas")
            return column.cast(dtype)
        if relation.base != source.base:
            raise Untranslatable("a column of other rows is aligned by pandas")
        return relation.only
    if is_text(dtype) and isinstance(value, str):
        return Column(literal(value, dtype), dtype)
    if is_float(dtype) or is_integer(dtype):
        return number(value, dtype)
    if isinstance(value, bool):
        return Column(literal(value, dtype), dtype)
    raise Untranslatable(f"a column of one {type(value).__name__} is made by pandas")


@translation("DropMissing")
def without_missing(node: Any, translate: Translator) -> Relation:
    """Rows without missing values."""
    source: Relation = translate(node.source)
    labels = [label for label, _ in source.columns] if node.subset is None else node.subset
    if not labels or node.thresh is not None:
        raise Untranslatable("rows without columns, or with so many values, stay in pandas")
    there = [missing(source.column(label), dtype=TRUTH, name="notna").sql for label in labels]
    return translate.filtered(source, f"({(' OR ' if node.how == 'all' else ' AND ').join(there)})")


@translation("Ends")
def ends(node: Any, translate: Translator) -> Relation:
    """First rows."""
    if node.count < 0 or node.last:
        raise Untranslatable("last rows, or all but some, stay in pandas")
    return first_rows(translate(node.source), node.count, translate)


def first_rows(source: Relation, count: int, translate: Translator) -> Relation:
    """The first rows in their order."""
    if source.order is None:
        raise Untranslatable("the first of rows of which nobody knows the order are found by pandas")
    fresh = translate.materialised(source)
    base = translate.rows(f"SELECT * FROM {fresh.base} ORDER BY {by(fresh.order or ())} LIMIT {count}")
    return replaced(fresh, base=base)


@translation("Sort")
def sort(node: Any, translate: Translator) -> Relation:
    """Rows by some columns, ties as they stood."""
    order = node.order
    source = translate(node.source)
    if order.by is None or order.key is not None or order.na_first:
        raise Untranslatable("sorting by index, by a function or with missing values first stays in pandas")
    if not translate.wants(node, Need.ORDER):
        return replaced(source, order=None)
    return sorted_by(source, order.by, [not each for each in order.ascending], translate)


def sorted_by(source: Relation, labels: Any, descending: list[bool], translate: Translator) -> Relation:
    """Rows in the order of some columns; ties, if there may be any, in their order before."""
    keys = [source.column(label).settled().nulled().sql for label in labels]
    ranks = [Rank(key, is_last) for key, is_last in zip(keys, descending, strict=True)]
    return replaced(source, order=(*ranks, *(source.order or ())))


@translation("Largest")
def largest(node: Any, translate: Translator) -> Relation:
    """Rows with the greatest or least values of some columns of numbers."""
    if node.by is None or node.keep != "first" or node.method not in ("nlargest", "nsmallest"):
        raise Untranslatable(f"{node.method} of such a kind stays in pandas")
    source: Relation = translate(node.source)
    if any(source.column(label).dtype.kind not in "iuf" for label in node.by):
        raise Untranslatable("the largest of anything but numbers are found by pandas")
    if any(source.column(label).null or source.column(label).nan for label in node.by[1:]):
        raise Untranslatable("missing values among later keys are ordered by pandas")
    made = sorted_by(source, node.by, [node.method == "nlargest"] * len(node.by), translate)
    return first_rows(made, max(0, node.n), translate)


@translation("GroupbyRows")
def rows_of_groups(node: Any, translate: Translator) -> Relation:
    """How many rows of its group come before each row, or behind it; whether a row is in a group."""
    groups, method = node.asked.groups, node.asked.method
    if method not in ("cumcount", "in_group"):
        raise Untranslatable(f"{method} of groups stays in pandas")
    check_groups(node, groups)
    source: Relation = translate(node.source)
    keys = [key_column(source.column(each.value)) for each in groups.by]
    label = getattr(node.meta, "name", None)
    if method == "in_group":
        present = [f"{each.sql} IS NOT NULL" for each in keys if groups.dropna] or ["TRUE"]
        return source.with_columns([(label, Column(f"({' AND '.join(present)})", TRUTH))])
    if (groups.dropna and any(each.null for each in keys)) or source.order is None or not is_forward(node):
        raise Untranslatable("rows of no group, or counted from the end, are numbered by pandas")
    fresh = translate.materialised(source.with_columns([*source.columns, *[(None, each) for each in keys]]))
    partition = ", ".join([each.sql for _, each in fresh.columns[len(source.columns) :]])
    name = translate.fresh("number")
    window = f"OVER (PARTITION BY {partition} ORDER BY {by(fresh.order or ())})"
    base = translate.rows(f"SELECT *, row_number() {window} - 1 AS {name} FROM {fresh.base}")
    return replaced(fresh, base=base, columns=((label, Column(name, np.dtype("int64"))),))


def heads_of_sorted(node: Any, translate: Translator) -> Relation | None:
    """The first rows of each group of rows that a number sorts: ``sort_values(...).groupby(...).head(n)``.

    Rows whose number stands behind the n-th of their group need not be sorted, and those are most. None for other filters.
    """
    asked = head_of_groups(node)
    if asked is None:
        return None
    (groups, count), order = asked, node.source.order
    whole: Relation = translate(node.source.source)
    value = whole.column(order.by[0])
    if value.dtype.kind not in "iuf":
        return None
    by_columns = [key_column(whole.column(each.value)) for each in groups.by]
    ascending = bool(order.ascending[0])
    is_watched = value.nan and translate.trusts and not ascending
    ordered = replaced(value, nan=False) if is_watched else value.nulled()
    columns = [*whole.columns, *[(None, each) for each in (*by_columns, ordered)]]
    fresh = translate.materialised(replaced(whole, columns=tuple(columns)))
    *keys, edge_of = [each for _, each in fresh.columns[len(whole.columns) :]]
    if groups.dropna and any(each.null for each in keys):
        fresh = translate.filtered(fresh, " AND ".join([f"{each.sql} IS NOT NULL" for each in keys]))
    names = [translate.fresh("key") for _ in keys]
    edge = translate.fresh("edge")
    named = [f"{each.sql} AS {name}" for each, name in zip(keys, names, strict=True)]
    ends = f"{'min' if ascending else 'max'}({edge_of.sql}, {count})"
    found = f"list_extract({ends}, {count})"
    if is_watched:
        found = f"CASE WHEN {is_nan(f'list_extract({ends}, 1)')} THEN error('{NAN_MET}') ELSE {found} END"
    edges = translate.rows(
        f"SELECT {', '.join(named)}, {found} AS {edge} "
        f"FROM {fresh.base} GROUP BY {', '.join([each.sql for each in keys])}"
    )
    equal = [
        f"{each.sql} {'IS NOT DISTINCT FROM' if each.null else '='} {name}"
        for each, name in zip(keys, names, strict=True)
    ]
    ahead = f"{edge} IS NULL OR {edge_of.sql} {'<=' if ascending else '>='} {edge}"
    ranks = (Rank(edge_of.sql, not ascending), *(fresh.order or ()))
    partition = ", ".join([each.sql for each in keys])
    base = translate.rows(
        f"SELECT * FROM {fresh.base} JOIN {edges} ON {' AND '.join(equal)} WHERE {ahead} "
        f"QUALIFY row_number() OVER (PARTITION BY {partition} ORDER BY {by(ranks)}) <= {count}"
    )
    return replaced(fresh, base=base, columns=fresh.columns[: len(whole.columns)], order=ranks)
