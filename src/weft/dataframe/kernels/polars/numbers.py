"""Arithmetic on each row."""

from __future__ import annotations

from typing import Any

import polars as pl

from weft.dataframe.kernels.polars.dates import moved_date
from weft.dataframe.kernels.polars.elementwise import operation
from weft.dataframe.kernels.polars.relation import Column, engine_type
from weft.dataframe.kernels.polars.texts import joined_text
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text
from weft.dataframe.kernels.translating.relation import number_of
from weft.records import replaced

__all__ = ["number"]


def number(value: Any, dtype: Any) -> Column:
    """A number, or a column of numbers, in a type."""
    operand = number_of(value, dtype)
    return operand if isinstance(operand, Column) else Column(pl.lit(operand, dtype=engine_type(dtype)), dtype)


@operation("add", "sub", "mul")
def arithmetic(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Sums, differences and products of numbers."""
    if is_text(dtype) and name == "add":
        return joined_text(left, right, dtype)
    if getattr(dtype, "kind", "") in "mM" and name != "mul":
        return moved_date(left, right, dtype, name)
    if not (is_float(dtype) or is_integer(dtype)):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(left, dtype), number(right, dtype)
    made = {"add": a.expr + b.expr, "sub": a.expr - b.expr, "mul": a.expr * b.expr}[name]
    return Column(made, dtype, a.null or b.null, is_float(dtype) and (a.nan or b.nan))


@operation("truediv")
def quotient(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Quotients, in floating point."""
    if not is_float(dtype):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(left, dtype), number(right, dtype)
    return Column(a.expr / b.expr, dtype, a.null or b.null, True)


@operation("neg", "abs")
def signed(value: Any, *, dtype: Any, name: str) -> Column:
    """Negative and absolute numbers."""
    if not (is_float(dtype) or (is_integer(dtype) and dtype.kind == "i")):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a = number(value, dtype)
    return replaced(a, expr=-a.expr if name == "neg" else a.expr.abs())


@operation("round")
def rounded(value: Any, decimals: Any, *, dtype: Any, name: str) -> Column:
    """Rounded numbers: integers stay as they are, floats stay in pandas (the last bit may differ)."""
    if is_integer(dtype) and isinstance(decimals, int) and decimals >= 0:
        return number(value, dtype)
    raise Untranslatable("rounding of floats stays in pandas")


@operation("clip")
def clipped(value: Any, *, dtype: Any, name: str, lower: Any = None, upper: Any = None) -> Column:
    """Values within bounds."""
    a = number(value, dtype)
    bounds = [None if each is None else number(each, dtype).expr for each in (lower, upper)]
    if isinstance(lower, Column) or isinstance(upper, Column):
        raise Untranslatable("bounds for each row stay in pandas")
    if is_float(dtype):
        a = a.nulled()
    return replaced(a, expr=a.expr.clip(*bounds))
