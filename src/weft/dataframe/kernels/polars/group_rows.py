"""Numbers of rows within their groups; the first rows of each group."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.kernels.polars.groups import key_column
from weft.dataframe.kernels.polars.relation import Column, Relation, materialised, row_by_row
from weft.dataframe.kernels.polars.sorting import sorted_by
from weft.dataframe.kernels.polars.translator import Translator, translation
from weft.dataframe.kernels.translating import Untranslatable
from weft.dataframe.kernels.translating.groups import head_of_groups, is_forward
from weft.records import replaced

__all__ = ["heads_of_sorted"]

INT64, TRUTH = np.dtype("int64"), np.dtype(bool)


@translation("GroupbyRows")
def rows_of_groups(node: Any, translate: Translator) -> Relation:
    """How many rows of its group come before each row, or behind it; whether a row is in a group."""
    groups, method = node.asked.groups, node.asked.method
    if method not in ("cumcount", "in_group"):
        raise Untranslatable(f"{method} of groups stays in pandas")
    if node.source.meta.ndim != 2 or node.blocks or any(each.kind != "column" for each in groups.by):
        raise Untranslatable("groups by anything but columns stay in pandas")
    source = row_by_row(translate(node.source))
    keys = [key_column(source.column(each.value)) for each in groups.by]
    scalars = {name: frame for each in keys for name, frame in each.scalars.items()}
    exprs = [each.expr for each in keys]
    if method == "in_group":
        present = [each.is_not_null() | (not groups.dropna) for each in exprs]
        made = Column(pl.all_horizontal(present), TRUTH, scalars=scalars)
    elif groups.dropna and any(each.null for each in keys):
        raise Untranslatable("rows of no group are numbered by pandas")
    else:
        place = pl.int_range(pl.len(), dtype=pl.Int64)
        made = Column(
            (place if is_forward(node) else place.reverse()).over(exprs), INT64, scalars=scalars, rowwise=False
        )
    return source.with_columns([(getattr(node.meta, "name", None), made)])


def heads_of_sorted(node: Any, translate: Translator) -> Relation | None:
    """The first rows of each group of rows that a number sorts: ``sort_values(...).groupby(...).head(n)``.

    Rows whose number stands behind the n-th of their group need not be sorted, and those are most. None for other filters.
    """
    found = head_of_groups(node)
    if found is None:
        return None
    order, (groups, count) = node.source.order, found
    whole = row_by_row(translate(node.source.source))
    number = whole.column(order.by[0])
    if number.dtype.kind not in "iuf":
        return None
    keys = [key_column(whole.column(each.value)) for each in groups.by]
    every = [*whole.columns, *[(None, each) for each in (*keys, number.settled().nulled())]]
    rank = whole.order or (None if whole.rank is None else (whole.rank,))
    fresh = materialised(replaced(whole, columns=tuple(every), order=rank))
    if fresh.order is None:
        row = translate.fresh("row")
        fresh = replaced(fresh, base=fresh.base.with_row_index(row), order=(Column(pl.col(row), np.dtype("uint32")),))
    *by, value = [each.expr for _, each in fresh.columns[len(whole.columns) :]]
    base = fresh.base.filter(pl.all_horizontal([each.is_not_null() for each in by])) if groups.dropna else fresh.base
    names, edge = [translate.fresh("key") for _ in by], translate.fresh("edge")
    last = value.bottom_k(count).max() if order.ascending[0] else value.top_k(count).min()
    edges = base.group_by([each.alias(name) for each, name in zip(by, names, strict=True)]).agg(
        pl.when(value.count() >= count).then(last).alias(edge)
    )
    beside = base.join(edges, left_on=by, right_on=names, nulls_equal=True, coalesce=False)
    is_ahead = value <= pl.col(edge) if order.ascending[0] else value >= pl.col(edge)
    few = replaced(
        fresh, base=beside.filter(is_ahead | pl.col(edge).is_null()), columns=fresh.columns[: len(whole.columns)]
    )
    ordered = sorted_by(few, order.by, [not order.ascending[0]], True)
    again = [key_column(ordered.column(each.value)).expr for each in groups.by]
    return replaced(ordered, base=ordered.base.filter(pl.int_range(pl.len()).over(again) < count))
