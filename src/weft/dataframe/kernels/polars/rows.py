"""Columns and rows chosen, columns added and renamed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.polars.elementwise import TRUTH, operand_of
from weft.dataframe.kernels.polars.group_rows import heads_of_sorted
from weft.dataframe.kernels.polars.joins import unmatched_rows
from weft.dataframe.kernels.polars.numbers import number
from weft.dataframe.kernels.polars.relation import (
    Column,
    Relation,
    chosen_rows,
    engine_type,
    in_order,
    materialised,
    row_by_row,
)
from weft.dataframe.kernels.polars.translator import Translator, translation
from weft.dataframe.kernels.polars.truth import missing
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text, labelled
from weft.dataframe.kernels.translating.columns import OF_COLUMNS
from weft.dataframe.kernels.translating.relation import truth
from weft.dataframe.known_metas import dtypes_of, types_of
from weft.expr import Need
from weft.records import replaced

INT64 = np.dtype("int64")


for _name, _function in OF_COLUMNS.items():
    translation(_name, any_order=True)(_function)


@translation("Filter", any_order=True)
def filtered(node: Any, translate: Translator) -> Relation:
    """Rows where a predicate holds."""
    if (heads := heads_of_sorted(node, translate)) is not None:
        return heads
    if (rows := unmatched_rows(node, translate)) is not None:
        return rows
    source, predicate = translate(node.source), translate(node.predicate)
    if predicate.base is not source.base:
        raise Untranslatable("the predicate has other rows")
    condition = truth(predicate.only)
    if not all(each.rowwise for each in [*source.every(), condition]):
        both = materialised(source.with_columns([*source.columns, (None, condition)]))
        source, condition = both.with_columns(both.columns[:-1]), both.columns[-1][1]
    return replaced(source, base=chosen_rows(source.base, [condition], condition.expr))


@translation("Assign", any_order=True)
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
        relation = translate(value)
        if relation.single:
            column: Column = operand_of(value, {value.name: relation}, None, False)
            return column.settled().cast(dtype)
        if relation.base is not source.base:
            raise Untranslatable("a column of other rows is aligned by pandas")
        return relation.only
    if is_text(dtype) and isinstance(value, str):
        return constant(source, pl.lit(value, dtype=pl.String), dtype)
    if is_float(dtype) or is_integer(dtype):
        return constant(source, number(value, dtype).expr, dtype, nan=value != value)
    if isinstance(value, bool):
        return constant(source, pl.lit(value), dtype)
    raise Untranslatable(f"a column of one {type(value).__name__} is made by pandas")


def constant(source: Relation, value: Any, dtype: Any, nan: bool = False) -> Column:
    """One value for each row: a literal alone would be one row, whatever it stands beside."""
    every = source.every()
    if not every:
        raise Untranslatable("a column of one value beside no others is made by pandas")
    return replaced(
        every[0],
        expr=pl.when(every[0].expr.is_null()).then(value).otherwise(value),
        dtype=dtype,
        null=False,
        nan=nan,
        null_is_false=False,
        narrow=None,
    )


@translation("Ends", any_order=True)
def ends(node: Any, translate: Translator) -> Relation:
    """First or last rows."""
    source = translate(node.source)
    if node.count < 0:
        raise Untranslatable("all but some rows stay in pandas")
    if node.last:
        fresh = materialised(in_order(source))
        return replaced(fresh, base=fresh.base.tail(node.count))
    fresh = materialised(source)
    keys = [each.expr for each in fresh.order or ()]  # Polars finds the first of rows without putting all in order
    base = fresh.base.sort(keys, nulls_last=True) if keys else fresh.base
    return replaced(fresh, base=base.head(node.count), order=None)


@translation("DropMissing", any_order=True)
def without_missing(node: Any, translate: Translator) -> Relation:
    """Rows without missing values."""
    source = row_by_row(translate(node.source))
    looked_at = (
        [source.column(label) for label in node.subset]
        if node.subset is not None
        else [each for _, each in source.columns]
    )
    if not looked_at:
        raise Untranslatable("rows without columns stay in pandas")
    there = [missing(each, dtype=TRUTH, name="notna").expr for each in looked_at]
    if node.thresh is not None:
        condition = pl.sum_horizontal([each.cast(pl.Int64) for each in there]) >= node.thresh
    else:
        condition = pl.any_horizontal(there) if node.how == "all" else pl.all_horizontal(there)
    return replaced(source, base=chosen_rows(source.base, looked_at, condition))


@translation("Concat")
def one_after_another(node: Any, translate: Translator) -> Relation:
    """The rows of several frames, one after another; columns that one does not have are missing there."""
    meta = node.meta
    is_frame = isinstance(meta, pd.DataFrame)
    labels = list(node.columns)
    dtypes = dtypes_of(meta)
    wants_index = translate.wants(node, Need.INDEX)
    parts, null, nan = [], [False] * len(labels), [False] * len(labels)
    index: list[Column] | None = None
    for each in node.sources:
        source = translate(each)
        columns: list[tuple[Any, Column]] = []
        for place, (label, dtype) in enumerate(zip(labels, dtypes, strict=True)):
            column = conformed(source, label if is_frame else source.columns[0][0], dtype)
            null[place], nan[place] = null[place] or column.null, nan[place] or column.nan
            columns.append((label, column))
        if wants_index and source.index is None:
            raise Untranslatable("the labels of the rows are not known to Polars")
        labelled_rows = list(source.index or ()) if wants_index else []
        if index is None:
            index = labelled_rows
        elif [one.dtype for one in index] != [one.dtype for one in labelled_rows]:
            raise Untranslatable("labels of different types are put together by pandas")
        index = [
            replaced(one, null=one.null or new.null, nan=one.nan or new.nan)
            for one, new in zip(index, labelled_rows, strict=True)
        ]
        parts.append(materialised(replaced(source, columns=tuple(columns), index=tuple(labelled_rows))).base)
    base = pl.concat(parts, how="vertical")
    made = [Column(pl.col(f"c{place}"), dtype, null[place], nan[place]) for place, dtype in enumerate(dtypes)]
    count = len(labels)
    below = [replaced(each, expr=pl.col(f"c{count + place}"), scalars={}) for place, each in enumerate(index or [])]
    return Relation(base, labelled(labels, made), tuple(below) if wants_index else None)


def conformed(source: Relation, label: Any, dtype: Any) -> Column:
    """A column of one frame as it is among the rows of all."""
    if not any(each == label for each, _ in source.columns):
        if not (is_float(dtype) or is_text(dtype) or dtype.kind == "M"):
            raise Untranslatable(f"a column of {dtype} that one frame lacks is made by pandas")
        return Column(pl.lit(None, dtype=engine_type(dtype)), dtype, True)
    column = source.column(label).settled()
    if column.dtype == dtype or (is_text(column.dtype) and is_text(dtype)):
        return column
    if (
        column.dtype.kind in "iuf"
        and (is_float(dtype) or is_integer(dtype))
        and np.can_cast(column.dtype, dtype, "safe")
    ):
        return column.cast(dtype)
    raise Untranslatable(f"{column.dtype} among {dtype} is put together by pandas")


@translation("Neighbours")
def neighbours(node: Any, translate: Translator) -> Relation:
    """Values of rows before or behind."""
    around = node.around
    inputs, keywords = around.calls[0]
    if len(around.calls) > 1 or around.method != "shift" or keywords or len(inputs) != 1:
        raise Untranslatable(f"{around.method} with these options stays in pandas")
    source = row_by_row(translate(node.source))
    return source.with_columns(
        [(label, shifted(column, inputs[0], dtype)) for (label, column), dtype in typed_columns(source, node.meta)]
    )


def shifted(column: Column, many: int, dtype: Any) -> Column:
    """A column some rows later; missing where there is no such row."""
    if not (is_float(dtype) or is_text(dtype) or dtype.kind == "M") and many:
        raise Untranslatable(f"shift of {column.dtype} stays in pandas")
    if column.dtype != dtype and not (is_integer(column.dtype) and is_float(dtype)):
        raise Untranslatable(f"shift of {column.dtype} to {dtype} stays in pandas")
    moved = column.settled().cast(dtype)
    return replaced(moved, expr=moved.expr.shift(many), null=moved.null or bool(many), rowwise=False)


def typed_columns(source: Relation, meta: Any) -> Any:
    """Columns of a relation beside the types that they are to have."""
    dtypes = dtypes_of(meta)
    return zip(source.columns, dtypes, strict=True)


@translation("Cumulative")
def cumulative(node: Any, translate: Translator) -> Relation:
    """Running sums, least and greatest values of numbers; missing ones are left out."""
    if node.kind not in ("cumsum", "cummin", "cummax") or not node.skipna:
        raise Untranslatable(f"{node.kind} of such a kind stays in pandas")
    source = row_by_row(translate(node.source))
    return source.with_columns(
        [(label, running(column, node.kind, dtype)) for (label, column), dtype in typed_columns(source, node.meta)]
    )


def running(column: Column, kind: str, dtype: Any) -> Column:
    """A running total."""
    if not (is_integer(column.dtype) or column.dtype == np.dtype("float64")) or dtype.kind not in "iuf":
        raise Untranslatable(f"{kind} of {column.dtype} stays in pandas")
    a = column.nulled().cast(dtype)
    made = {"cumsum": a.expr.cum_sum, "cummin": a.expr.cum_min, "cummax": a.expr.cum_max}[kind]()
    return replaced(a, expr=made, nan=is_float(dtype), rowwise=False)
