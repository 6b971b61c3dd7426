"""Comparisons, logic, and what is missing, on each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.kernels.polars.elementwise import COMPARE, operation
from weft.dataframe.kernels.polars.relation import Column, engine_type
from weft.dataframe.kernels.translating import (
    MIRRORED,
    Untranslatable,
    compared_value,
    is_integer,
    is_text,
    sought_values,
)
from weft.dataframe.kernels.translating.relation import TRUTH, truth
from weft.dataframe.kernels.translating.searches import bounds_of
from weft.records import replaced

__all__ = ["comparable", "comparison", "missing"]


def comparable(column: Column, value: Any) -> Any:
    """A plain value as Polars compares it with a column, as pandas would."""
    plain = compared_value(value, column.dtype)
    if isinstance(plain, pd.Timestamp):
        # of a number Polars makes a literal in a tenth of the time
        return pl.lit(int(plain.as_unit("us").asm8.view("i8"))).cast(pl.Datetime("us")).cast(engine_type(column.dtype))
    return pl.lit(plain)


@operation("eq", "ne", "lt", "le", "gt", "ge")
def comparison(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Comparisons: with a missing value they are False, but ``!=`` is True."""
    if dtype != TRUTH:
        raise Untranslatable(f"{name} gives {dtype}")
    if not isinstance(left, Column):
        left, right, name = right, left, MIRRORED[name]
    left = left.settled()
    if isinstance(right, Column):
        right = right.settled()
        kinds = {kind_of(left.dtype), kind_of(right.dtype)}
        if len(kinds) > 1:
            raise Untranslatable(f"{left.dtype} and {right.dtype} are compared by pandas")
        a, b = left.nulled(), right.nulled()
        if kinds == {"number"} and a.dtype != b.dtype:
            a, b = widened(a, b)
        made = COMPARE[name](a.expr, b.expr)
    else:
        value = comparable(left, right)
        a, b = left, Column(value, left.dtype)
        made = COMPARE[name](left.expr, value)
        if left.nan and name in ("gt", "ge"):
            made = made & left.expr.is_not_nan()  # Polars takes NaN for the largest of all numbers
    if not (a.null or b.null):
        return Column(made, TRUTH)
    if name == "ne":
        return Column(made.fill_null(True), TRUTH)
    return Column(made, TRUTH, null_is_false=True)


def kind_of(dtype: Any) -> str:
    """What a type is compared as."""
    if is_text(dtype):
        return "text"
    return "number" if dtype.kind in "iuf" else str(dtype)


def widened(left: Column, right: Column) -> tuple[Column, Column]:
    """Numbers of two types in the one in which NumPy compares them."""
    wide = np.promote_types(left.dtype, right.dtype)
    if is_integer(left.dtype) and is_integer(right.dtype) and not is_integer(wide):
        # NumPy compares signed and unsigned numbers of 64 bits as the integers that they are
        return replaced(left, expr=left.expr.cast(pl.Int128)), replaced(right, expr=right.expr.cast(pl.Int128))
    return left.cast(wide), right.cast(wide)


@operation("and_", "or_", "xor")
def logic(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Logic; null in place of False stays so as long as nothing turns it round."""
    a, b = truth(left), truth(right)
    if name == "xor":
        a, b = a.settled(), b.settled()
        return Column(a.expr ^ b.expr, TRUTH)
    made = a.expr & b.expr if name == "and_" else a.expr | b.expr
    return Column(made, TRUTH, null_is_false=a.null_is_false or b.null_is_false)


@operation("invert")
def inverted(value: Any, *, dtype: Any, name: str) -> Column:
    """The opposite."""
    return Column(~truth(value).settled().expr, TRUTH)


@operation("isna", "notna")
def missing(value: Any, *, dtype: Any, name: str) -> Column:
    """Whether values are missing."""
    a: Column = value.settled()
    if not (a.null or a.nan):
        return Column(constant_like(a, name == "notna"), TRUTH)
    made: Any = a.expr.is_null() if a.null else pl.lit(False)
    if a.nan:
        made = made | a.expr.is_nan().fill_null(False)
    return Column(made if name == "isna" else ~made, TRUTH)


def constant_like(column: Column, value: bool) -> Any:
    """One truth value for each row of a column."""
    return column.expr.is_not_null() if value else column.expr.is_null()


@operation("between")
def between(value: Any, left: Any, right: Any, *, dtype: Any, name: str, inclusive: str = "both") -> Column:
    """Whether values lie between two others."""
    low, high = bounds_of(inclusive)
    above, below = comparison(value, left, dtype=TRUTH, name=low), comparison(value, right, dtype=TRUTH, name=high)
    return logic(above, below, dtype=TRUTH, name="and_")


@operation("isin")
def among(value: Any, values: Any, *, dtype: Any, name: str) -> Column:
    """Whether values are among some."""
    a: Column = value.settled()
    items = sought_values(a.dtype, values)
    made = a.expr.is_in(pl.Series(items, dtype=engine_type(a.dtype)).implode())
    return Column(made, TRUTH, null_is_false=a.null)
