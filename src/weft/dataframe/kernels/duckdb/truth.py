"""Comparisons, logic, and what is missing, on each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.dataframe.kernels.duckdb.elementwise import COMPARE, number, operation
from weft.dataframe.kernels.duckdb.relation import Column, is_nan, literal
from weft.dataframe.kernels.translating import (
    MIRRORED,
    Untranslatable,
    compared_value,
    is_float,
    is_integer,
    is_text,
    sought_values,
)
from weft.dataframe.kernels.translating.relation import TRUTH, truth
from weft.dataframe.kernels.translating.searches import bounds_of

__all__ = ["comparison", "missing"]


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
        a, b = left.nulled(), right.nulled()
        if a.dtype != b.dtype and not (is_text(a.dtype) and is_text(b.dtype)):
            a, b = widened(a, b)
        null = a.null or b.null
        made = f"({a.sql} {COMPARE[name]} {b.sql})"
    else:
        value = compared_value(right, left.dtype)
        made, null = f"({left.sql} {COMPARE[name]} {literal(value, left.dtype)})", left.null
        if (
            left.nan
        ):  # DuckDB takes NaN for the largest of all numbers, and may know from a file's statistics what holds for all
            made = f"({made} {f'OR {is_nan(left.sql)}' if name == 'ne' else f'AND NOT {is_nan(left.sql)}'})"
    if not null:
        return Column(made, TRUTH)
    if name == "ne":
        return Column(f"coalesce({made}, TRUE)", TRUTH)
    return Column(made, TRUTH, null_is_false=True)


def widened(left: Column, right: Column) -> tuple[Column, Column]:
    """Numbers of two types in the one in which NumPy compares them."""
    kinds = (left.dtype, right.dtype)
    if all(is_float(each) or is_integer(each) for each in kinds):
        wide = np.promote_types(*kinds)
        if is_float(wide) == any(is_float(each) for each in kinds):
            return left.cast(wide), right.cast(wide)
    raise Untranslatable(f"{left.dtype} and {right.dtype} are compared by pandas")


@operation("and_", "or_", "xor")
def logic(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Logic; NULL in place of False stays so as long as nothing turns it round."""
    a, b = truth(left), truth(right)
    if name == "xor":
        return Column(f"({a.settled().sql} <> {b.settled().sql})", TRUTH)
    word = "AND" if name == "and_" else "OR"
    return Column(f"({a.sql} {word} {b.sql})", TRUTH, null_is_false=a.null_is_false or b.null_is_false)


@operation("invert")
def inverted(value: Any, *, dtype: Any, name: str) -> Column:
    """The opposite."""
    return Column(f"(NOT {truth(value).settled().sql})", TRUTH)


@operation("isna", "notna")
def missing(value: Any, *, dtype: Any, name: str) -> Column:
    """Whether values are missing."""
    a: Column = value.settled()
    made = f"({a.sql} IS NULL)"
    if a.nan:
        made = f"({a.sql} IS NULL OR {is_nan(a.sql)})"
    return Column(made if name == "isna" else f"(NOT {made})", TRUTH)


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
    if not items:
        return Column(f"({a.sql} IS NULL AND FALSE)", TRUTH)
    listed = ", ".join([literal(each, a.dtype) for each in items])
    made = f"({a.sql} IN ({listed}){f' AND NOT {is_nan(a.sql)}' * a.nan})"
    return Column(made, TRUTH, null_is_false=a.null)


@operation("where", "mask")
def chosen(value: Any, condition: Any, other: Any = None, *, dtype: Any, name: str) -> Column:
    """Numbers where a condition holds, others elsewhere."""
    a, holds = value.settled(), truth(condition).settled()
    if not (is_float(dtype) or is_integer(dtype)) or other is None:
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(a, dtype), number(other, dtype)
    first, second = (a, b) if name == "where" else (b, a)
    made = f"CASE WHEN {holds.sql} THEN {first.sql} ELSE {second.sql} END"
    return Column(made, dtype, a.null or b.null, a.nan or b.nan)
