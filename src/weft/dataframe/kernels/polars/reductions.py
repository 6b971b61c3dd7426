"""All rows to one value for each column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.kernels.polars.nan import watched
from weft.dataframe.kernels.polars.relation import Column, Relation, engine_type, row_by_row, with_scalars
from weft.dataframe.kernels.polars.translator import Translator, translation
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text, labelled, value_type
from weft.records import replaced

__all__ = ["TELLING", "aggregate"]

INT64 = np.dtype("int64")


def total(column: Column, dtype: Any) -> Any:
    """A sum: nothing adds up to nothing, integers in 64 bits."""
    if is_integer(column.dtype) and is_integer(dtype):  # sums of short integers may be none
        dtype = np.dtype(f"{dtype.kind}8")
    return column.expr.cast(engine_type(dtype)).sum() if column.dtype != dtype else column.expr.sum()


def present(column: Column, dtype: Any) -> Any:
    """Number of values that are not missing."""
    if column.nan:
        return column.expr.is_not_nan().sum().cast(pl.Int64)
    return (column.expr.count() if column.null else pl.len()).cast(pl.Int64)


#: What an aggregate of a column without NaN is: ``function(column, dtype)``.
def there(column: Column) -> Any:
    """The values of a column that are not missing."""
    return column.expr.drop_nulls() if column.null else column.expr


AGGREGATES: dict[str, Callable[[Column, Any], Any]] = {
    "sum": total,
    "count": present,
    "mean": lambda column, dtype: column.expr.mean(),
    "min": lambda column, dtype: column.expr.min(),
    "max": lambda column, dtype: column.expr.max(),
    "nunique": lambda column, dtype: there(column).n_unique().cast(pl.Int64),
    "size": lambda column, dtype: pl.len().cast(pl.Int64),
    "first": lambda column, dtype: there(column).first(),
    "last": lambda column, dtype: there(column).last(),
    "any": lambda column, dtype: column.expr.any(),
    "all": lambda column, dtype: column.expr.all(),
    "median": lambda column, dtype: column.expr.median(),
}
#: Those that come out as NaN if one value is; deviations of a single value are missing anyway.
TELLING = ("sum", "mean")
DEVIATIONS = ("std", "var")
#: What is NaN to Polars between an infinity and a number.
MEDIAN = "median"


def aggregate(
    how: str, column: Column, dtype: Any, translate: Translator, ddof: int = 1, is_told: bool = False
) -> Column:
    """An aggregate of a column with pandas' meaning, of type ``dtype``.

    NaN need not be taken out where this aggregate, or another one of the column (``is_told``), tells of it.
    """
    column = column.settled()
    is_watched = column.nan and how in (*TELLING, *DEVIATIONS) and translate.trusts
    if is_watched or (is_told and translate.trusts):
        column = replaced(column, nan=False)
    elif how not in ("min", "max", "count"):  # which leave NaN out by themselves
        column = column.nulled()
    made = plain_aggregate(how, column, dtype, ddof)
    if how == MEDIAN and made.nan:
        if not translate.trusts:
            return replaced(made, expr=between_infinities(column))
        is_watched = True
    return replaced(made, expr=watched(made.expr, engine_type(made.dtype)), nan=False) if is_watched else made


def between_infinities(column: Column) -> Any:
    """The median, halfway between the values next to it, one of which may be infinite."""
    return (column.expr.quantile(0.5, "lower") + column.expr.quantile(0.5, "higher")) / 2


def plain_aggregate(how: str, column: Column, dtype: Any, ddof: int) -> Column:
    """An aggregate of a column whose NaN, if it has any, does no harm."""
    kind = "text" if is_text(column.dtype) else column.dtype.kind
    if column.dtype.kind == "m" and how not in ("count", "size"):
        raise Untranslatable(f"{how} of {column.dtype} stays in pandas")
    if how in ("sum", "mean", "std", "var", "median") and kind not in ("iuf" if how == "median" else "biuf"):
        raise Untranslatable(f"{how} of {column.dtype} stays in pandas")
    if how in ("any", "all") and kind != "b":
        raise Untranslatable(f"{how} of {column.dtype} stays in pandas")
    if how in ("min", "max") and kind == "b":
        raise Untranslatable(f"{how} of truth values stays in pandas")
    if how in DEVIATIONS:
        numbers = column.expr.cast(pl.Float64)
        made = numbers.std(ddof=ddof) if how == "std" else numbers.var(ddof=ddof)
        return Column(made, np.dtype("float64"), null=True, nan=is_float(column.dtype))  # of infinities
    if how not in AGGREGATES:
        raise Untranslatable(f"{how} stays in pandas")
    if how in ("mean", "median"):
        if column.dtype == np.dtype("float32"):
            raise Untranslatable(f"{how} of float32 stays in pandas")
        return Column(AGGREGATES[how](column, dtype), np.dtype("float64"), null=True, nan=is_float(column.dtype))
    made = AGGREGATES[how](column, dtype)
    nan = (how == "sum" and is_float(dtype)) or column.nan
    return Column(made, dtype, null=how in ("min", "max", "first", "last"), nan=nan)


@translation("Reduce")
def reduced(node: Any, translate: Translator) -> Relation:
    """A reduction of a column, or of each column of a frame."""
    if isinstance(node.source.meta, pd.Index):
        raise Untranslatable(f"{node.kind} of an index stays in pandas")
    source = translate(node.source)
    options = dict(node.options)
    if (not node.skipna and node.kind != "count") or any(
        value not in (None, 0, False) for word, value in options.items() if word not in ("ddof",)
    ):
        raise Untranslatable(f"{node.kind} with these options stays in pandas")
    if node.source.meta.ndim == 2:
        return reduced_columns(node, source, translate, options.get("ddof", 1))
    wanted = source.only.dtype if isinstance(node.meta, (str, pd.Timestamp)) else value_type(node.meta)
    of_own_type = node.kind in ("min", "max") and is_integer(source.only.dtype)
    source = row_by_row(source)
    column = source.only
    made = aggregate(node.kind, column, column.dtype if of_own_type else wanted, translate, options.get("ddof", 1))
    if of_own_type:  # for pandas the greatest of int32 is a Python int
        made = made.cast(wanted)
    name = translate.fresh("value")
    base = with_scalars(source.base, [column]).select(made.expr.alias(name))
    label = source.columns[0][0]
    fresh = Column(pl.col(name), made.dtype, made.null, made.nan)
    return Relation(base, labelled([label], [fresh]), None, True, source.base)


def reduced_columns(node: Any, source: Relation, translate: Translator, ddof: int) -> Relation:
    """A reduction of each column: one row, which becomes a series as the last thing that is done."""
    if node.name != translate.root.name or not isinstance(node.meta, pd.Series):
        raise Untranslatable(f"{node.kind} of a frame, of which more is made, stays in pandas")
    source = row_by_row(source)
    known = ("sum", "mean", "count", "std", "var")
    numbers = (INT64, np.dtype("float64"))
    if node.kind not in known or not source.columns or any(each.dtype not in numbers for _, each in source.columns):
        raise Untranslatable(f"{node.kind} of a frame of such columns stays in pandas")
    names, made = [], []
    for _, column in source.columns:
        one = aggregate(node.kind, column, column.dtype if node.kind == "sum" else INT64, translate, ddof)
        names.append(translate.fresh("value"))
        made.append(one.cast(node.meta.dtype))
    exprs = [each.expr.alias(name) for each, name in zip(made, names, strict=True)]
    base = with_scalars(source.base, [each for _, each in source.columns]).select(exprs)
    columns = [Column(pl.col(name), each.dtype, each.null, each.nan) for each, name in zip(made, names, strict=True)]
    return Relation(base, labelled([label for label, _ in source.columns], columns), None, True)


@translation("CountUnique")
def count_unique(node: Any, translate: Translator) -> Relation:
    """Number of different values of a column."""
    if isinstance(node.source.meta, (pd.DataFrame, pd.Index)):
        raise Untranslatable("nunique of a frame stays in pandas")
    source = row_by_row(translate(node.source))
    column = source.only.settled().nulled()
    name = translate.fresh("value")
    values = there(column) if node.dropna else column.expr
    base = with_scalars(source.base, [column]).select(values.n_unique().cast(pl.Int64).alias(name))
    return Relation(base, ((source.columns[0][0], Column(pl.col(name), INT64)),), None, True)


@translation("Length")
def length(node: Any, translate: Translator) -> Relation:
    """Number of rows."""
    source = translate(node.source)
    name = translate.fresh("value")
    base = source.base.select((pl.len().cast(pl.Int64) * node.columns_counted).alias(name))
    return Relation(base, ((None, Column(pl.col(name), INT64)),), None, True)
