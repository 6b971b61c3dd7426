"""Columns and rows chosen, columns added and renamed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.polars.elementwise import number, operand_of, truth
from weft.dataframe.kernels.polars.relation import (
    Column,
    Relation,
    Untranslatable,
    is_float,
    is_integer,
    is_text,
    materialised,
    with_scalars,
)
from weft.dataframe.kernels.polars.translator import Translator, labelled, translation
from weft.expr import Need

INT64 = np.dtype("int64")


@translation("Projection")
def projection(node: Any, translate: Translator) -> Relation:
    """Some columns."""
    source = translate(node.source)
    chosen = node.chosen if type(node.chosen) is tuple else (node.chosen,)
    return source.with_columns([(label, source.column(label)) for label in chosen])


@translation("Filter")
def filtered(node: Any, translate: Translator) -> Relation:
    """Rows where a predicate holds."""
    source, predicate = translate(node.source), translate(node.predicate)
    if predicate.base is not source.base:
        raise Untranslatable("the predicate has other rows")
    condition = truth(predicate.only)
    if not all(each.rowwise for each in [*source.every(), condition]):
        raise Untranslatable("a filter below which rows were counted stays in pandas")
    base = with_scalars(source.base, [condition]).filter(condition.expr)
    return replace(source, base=base)


@translation("Assign")
def assigned(node: Any, translate: Translator) -> Relation:
    """Columns added or replaced."""
    source = translate(node.source)
    columns = dict(source.columns)
    for label, value in zip(node.labels, node.values, strict=True):
        columns[label] = assigned_column(source, value, translate, node.meta[label].dtype)
    return source.with_columns(columns.items())


def assigned_column(source: Relation, value: Any, translate: Translator, dtype: Any) -> Column:
    """A column of the same rows, or one value for all."""
    if isinstance(value, FrameExpr):
        relation = translate(value)
        if relation.single:
            column: Column = operand_of(value, {value.name: relation}, None, False)
            return column.settled().cast(dtype)
        if relation.base is not source.base:
            raise Untranslatable("a column of other rows is aligned by pandas")
        return relation.only
    if is_text(dtype) and isinstance(value, str):
        return Column(pl.lit(value, dtype=pl.String), dtype)
    if is_float(dtype) or is_integer(dtype):
        return number(value, dtype)
    if isinstance(value, bool):
        return Column(pl.lit(value), dtype)
    raise Untranslatable(f"a column of one {type(value).__name__} is made by pandas")


@translation("Relabel")
def relabelled(node: Any, translate: Translator) -> Relation:
    """Other labels."""
    source, new = translate(node.source), dict(node.labels)
    return source.with_columns([(new[label], column) for label, column in source.columns])


@translation("Renamed")
def renamed(node: Any, translate: Translator) -> Relation:
    """A series of another name."""
    source = translate(node.source)
    return source.with_columns([(node.title, source.only)])


@translation("ToFrame")
def to_frame(node: Any, translate: Translator) -> Relation:
    """A series as a frame of one column."""
    source = translate(node.source)
    if node.series or node.meta.ndim != 2 or node.source.meta.index is None:
        raise Untranslatable("an index as values stays in pandas")
    return source.with_columns(labelled(node.meta.columns, [source.only]))


@translation("Divided")
def divided(node: Any, translate: Translator) -> Relation:
    """The same rows."""
    return translate(node.source)


@translation("ResetIndex")
def reset_index(node: Any, translate: Translator) -> Relation:
    """Rows numbered; their labels become columns."""
    source = translate(node.source)
    columns = list(source.columns)
    if isinstance(node.options, tuple) and node.options and node.source.meta.ndim == 1:
        columns = [(dict(node.options).get("name", label), column) for label, column in columns]
    if not node.drop:
        if source.index is None:
            labels = [label for label in node.added if ("column", label) in translate.needs.get(node.name, frozenset())]
            if labels or Need.VALUES in translate.needs.get(node.name, frozenset()):
                raise Untranslatable("the index is not known to Polars")
        else:
            columns = [*labelled(node.meta.columns[: len(source.index)], source.index), *columns]
    if node.source.meta.ndim == 1:
        columns = (
            list(labelled(node.meta.columns, [column for _, column in columns])) if node.meta.ndim == 2 else columns
        )
    made = replace(source, columns=tuple(columns), index=None)
    if translate.wants(node, Need.INDEX):
        return numbered(made, translate)
    return made


def numbered(relation: Relation, translate: Translator) -> Relation:
    """Rows with their numbers as the index."""
    fresh = materialised(relation)
    name = translate.fresh("row")
    base = fresh.base.with_row_index(name)
    label = Column(pl.col(name).cast(pl.Int64), INT64)
    return replace(fresh, base=base, index=(label,))


@translation("Ends")
def ends(node: Any, translate: Translator) -> Relation:
    """First or last rows."""
    source = translate(node.source)
    if node.count < 0:
        raise Untranslatable("all but some rows stay in pandas")
    fresh = materialised(source)
    return replace(fresh, base=fresh.base.tail(node.count) if node.last else fresh.base.head(node.count))
