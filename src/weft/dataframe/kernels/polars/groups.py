"""Aggregates of groups; different rows; frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.kernels.polars.reductions import TELLING, aggregate
from weft.dataframe.kernels.polars.relation import Column, Relation, engine_type, materialised, row_by_row, with_scalars
from weft.dataframe.kernels.polars.translator import Translator, numbered, translation
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text, labelled
from weft.dataframe.kernels.translating.groups import check_groups, degrees_lost, looked_at, requests_of
from weft.dataframe.known_metas import dtypes_of
from weft.expr import Need
from weft.records import replaced


@translation("GroupbyAggregate", "GroupbyWhole")
def grouped(node: Any, translate: Translator) -> Relation:
    """One row for each group, and an aggregate for each request."""
    groups, requests = node.asked.groups, requests_of(node)
    check_groups(node, groups)
    source = row_by_row(translate(node.source))
    keys = [key_column(source.column(each.value)) for each in groups.by]
    meta = node.meta
    count = len(keys)
    is_looked_at = translate.wants(node, Need.ORDER) or translate.wants(node, Need.INDEX)
    dtypes = dtypes_of(meta)
    if not groups.as_index:
        dtypes = dtypes[count:]
    told = {each.column for each in looked_at(node, requests, translate.needs[node.name]) if each.how in TELLING}
    made = [
        aggregated(request, source, dtype, translate, request.column in told)
        for request, dtype in zip(requests, dtypes, strict=True)
    ]
    base = with_scalars(
        source.base,
        [
            *keys,
            *[source.column(each.column) for each in requests if each.column is not None and each.how != "size"],
        ],
    )
    names = [translate.fresh("key") for _ in keys]
    values = [translate.fresh("agg") for _ in made]
    named = [each.expr.alias(name) for each, name in zip(keys, names, strict=True)]
    gathered = [each.expr.alias(name) for each, name in zip(made, values, strict=True)]
    first = None
    if is_looked_at and not groups.sort:  # groups come as their first rows do
        row, first = translate.fresh("row"), translate.fresh("first")
        if source.rank is None:
            base = base.with_row_index(row)
        place = pl.col(row) if source.rank is None else source.rank.expr
        gathered.append(place.min().alias(first))
    base = base.group_by(named).agg(gathered)
    missing = [pl.col(name).is_not_null() for each, name in zip(keys, names, strict=True) if each.null]
    if groups.dropna and missing:  # of the groups, which are fewer than the rows
        base = base.filter(pl.all_horizontal(missing))
    still_null = not groups.dropna
    labels = [
        replaced(each, expr=pl.col(name), scalars={}, null=each.null and still_null)
        for each, name in zip(keys, names, strict=True)
    ]
    columns = [replaced(each, expr=pl.col(name), scalars={}) for each, name in zip(made, values, strict=True)]
    order = tuple(labels) if is_looked_at else None
    if first is not None:
        order = (Column(pl.col(first), np.dtype("uint32")),)
    if not groups.as_index:
        plain = Relation(base, labelled(node.columns, [*labels, *columns]), None, order=order)
        return numbered(plain, translate) if translate.wants(node, Need.INDEX) else plain
    titles = node.columns
    return Relation(base, labelled(titles, columns), tuple(labels), order=order)


def key_column(column: Column) -> Column:
    """A column whose equal values make a group."""
    if not (is_text(column.dtype) or is_integer(column.dtype) or column.dtype.kind in "bM" or is_float(column.dtype)):
        raise Untranslatable(f"groups by columns of {column.dtype} stay in pandas")
    return column.settled().nulled()


def aggregated(request: Any, source: Relation, dtype: Any, translate: Translator, is_told: bool) -> Column:
    """One aggregate; NaN in its column may be told by another one."""
    ddof = degrees_lost(request)
    if request.how == "size":
        return Column(pl.len().cast(pl.Int64), dtype)
    column = source.column(request.column)
    made = aggregate(request.how, column, dtype, translate, ddof, is_told)
    if made.dtype != dtype and not (is_text(dtype) and is_text(made.dtype)):
        made = made.cast(dtype)
    return made


@translation("DistinctRows")
def distinct(node: Any, translate: Translator) -> Relation:
    """Rows that differ in some columns."""
    source = translate(node.source)
    if node.keep not in ("first", "last") or node.source.meta.ndim != 2:
        raise Untranslatable("drop_duplicates() of such a kind stays in pandas")
    labels = [label for label, _ in source.columns]
    wanted = labels if node.subset is None else list(node.subset)
    plain = replaced(
        source,
        columns=tuple(
            [(label, column.settled().nulled() if label in wanted else column) for label, column in source.columns]
        ),
        index=None if node.ignore_index else source.index,
    )
    fresh = materialised(plain)
    names = [f"c{labels.index(label)}" for label in wanted]
    is_ordered = Need.ORDER in node.asks(node.source, translate.needs[node.name])
    base = fresh.base.unique(names, keep=node.keep if is_ordered else "any", maintain_order=is_ordered)
    made = replaced(fresh, base=base)
    if node.ignore_index and translate.wants(node, Need.INDEX):
        return numbered(made, translate)
    return made


@translation("ValueCounts")
def value_counts(node: Any, translate: Translator) -> Relation:
    """How often each value is there."""
    source = row_by_row(translate(node.source))
    if node.normalize or not node.sort or node.ascending or node.source.meta.ndim != 1:
        raise Untranslatable("value_counts() of such a kind stays in pandas")
    column = key_column(source.only)
    below = node.source.source if type(node.source).__name__ == "Projection" else node.source
    if is_integer(column.dtype) and type(below).__name__ == "FromPandas":
        raise Untranslatable("integers in memory are counted faster by pandas")
    base = with_scalars(source.base, [column])
    if node.dropna and column.null:
        base = base.filter(column.expr.is_not_null())
    key, many, row = translate.fresh("key"), translate.fresh("agg"), translate.fresh("row")
    base = (
        base.with_row_index(row)
        .group_by(column.expr.alias(key))
        .agg(pl.len().cast(pl.Int64).alias(many), pl.col(row).min())
        .sort(many, row, descending=[True, False])  # of equally many the one that comes first
    )
    label = replaced(column, expr=pl.col(key), scalars={}, null=column.null and not node.dropna)
    engine_type(node.meta.dtype)
    return Relation(base, ((node.meta.name, Column(pl.col(many), node.meta.dtype)),), (label,))
