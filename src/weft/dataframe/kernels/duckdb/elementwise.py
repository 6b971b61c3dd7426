"""Operations on each row."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.duckdb.relation import Column, Relation, literal
from weft.dataframe.kernels.duckdb.translator import Translator, translation
from weft.dataframe.kernels.translating import (
    Registering,
    Untranslatable,
    check_call,
    is_float,
    value_type,
)
from weft.dataframe.kernels.translating.relation import TRUTH, number_of
from weft.expr import Expr
from weft.records import replaced

__all__ = ["COMPARE", "OPERATIONS", "TRUTH", "number", "operand_of", "operation"]

#: What each operation is: ``function(*operands, dtype=..., **keywords) -> Column``. Operands are columns and plain values.
OPERATIONS: dict[str, Callable[..., Column]] = {}
operation = Registering(OPERATIONS)

COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@translation("Elementwise")
def elementwise(node: Any, translate: Translator) -> Relation:
    """An operation on columns of the same rows."""
    function = OPERATIONS.get(node.operation)
    if function is None:
        raise Untranslatable(f"{node.operation} stays in pandas")
    check_call(function, node)
    relations = {each.name: translate(each) for each in node.frames}
    rowed = [relations[each.name] for each in node.frames if not relations[each.name].single]
    if any(each.base != rowed[0].base for each in rowed[1:]):
        raise Untranslatable("columns of different rows are aligned by pandas")
    if (
        any(each.single and rowed and each.may_be_empty(rowed[0]) for each in relations.values())
        and node.operation not in COMPARE
    ):
        raise Untranslatable("a single value of no rows turns integers into floats in pandas")
    meta = node.meta
    if isinstance(meta, pd.DataFrame):
        raise Untranslatable("operations on whole frames stay in pandas")
    operands = [operand_of(each, relations) for each in node.inputs]
    words = {word: operand_of(each, relations) for word, each in node.keywords}
    made = function(*operands, dtype=value_type(meta), name=node.operation, **words)
    label = getattr(meta, "name", None)
    if rowed:
        return rowed[0].with_columns([(label, made)])
    name = translate.fresh("value")
    base = translate.rows(f"SELECT {made.settled().sql} AS {name}")
    return Relation(base, ((label, replaced(made.settled(), sql=name)),), None, True)


def operand_of(value: Any, relations: dict[str, Relation]) -> Any:
    """An operand: a column for a frame, single values as what a query gives; plain values as they are."""
    if not isinstance(value, Expr):
        return value
    relation = relations[value.name]
    if not relation.single:
        return relation.only
    one = relation.only.settled()
    return Column(f"(SELECT {one.sql} FROM {relation.base})", one.dtype, True, one.nan)


def number(value: Any, dtype: Any) -> Column:
    """A number, or a column of numbers, in a type."""
    operand = number_of(value, dtype)
    if isinstance(operand, Column):
        return operand
    bounds = (operand, operand) if isinstance(operand, int) else None
    return Column(literal(operand, dtype), dtype, nan=operand != operand, bounds=bounds)


@operation("add", "sub", "mul")
def arithmetic(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Sums, differences and products of numbers; integers that overflow are an error, upon which another engine is asked."""
    if dtype not in (np.dtype("float64"), np.dtype("int64")):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(left, dtype), number(right, dtype)
    sign = {"add": "+", "sub": "-", "mul": "*"}[name]
    return Column(f"({a.sql} {sign} {b.sql})", dtype, a.null or b.null, is_float(dtype), bounds=bounds_of(a, b, name))


def bounds_of(left: Column, right: Column, name: str) -> tuple[int, int] | None:
    """Between which integers the outcome of an operation lies (R. E. Moore, Interval Analysis, 1966)."""
    if left.bounds is None or right.bounds is None:
        return None
    function = getattr(operator, name)
    corners = [function(a, b) for a in left.bounds for b in right.bounds]
    return min(corners), max(corners)


@operation("truediv")
def quotient(left: Any, right: Any, *, dtype: Any, name: str) -> Column:
    """Quotients, in floating point."""
    if dtype != np.dtype("float64"):
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    a, b = number(left, dtype), number(right, dtype)
    return Column(f"({a.sql} / {b.sql})", dtype, a.null or b.null, True)


@operation("astype")
def cast(value: Any, dtypes: Any, *, dtype: Any, name: str) -> Column:
    """Casts that lose nothing."""
    a: Column = value.settled()
    if dtype == a.dtype:
        return a
    if not (isinstance(a.dtype, np.dtype) and isinstance(dtype, np.dtype)) or a.dtype.kind not in "biuf":
        raise Untranslatable(f"casts from {a.dtype} to {dtype} stay in pandas")
    if dtype.kind in "iuf" and np.can_cast(a.dtype, dtype, "safe"):
        return a.cast(dtype)
    raise Untranslatable(f"casts from {a.dtype} to {dtype} stay in pandas")
