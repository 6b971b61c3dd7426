"""Operations on each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import polars as pl

from weft.dataframe.kernels.polars.relation import Column, Relation
from weft.dataframe.kernels.polars.translator import Translator, translation
from weft.dataframe.kernels.translating import Registering, Untranslatable, check_call, labelled, value_type
from weft.dataframe.kernels.translating.relation import TRUTH
from weft.dataframe.known_metas import types_of
from weft.expr import Expr
from weft.records import replaced

__all__ = ["COMPARE", "OPERATIONS", "TRUTH", "operand_of", "operation"]

#: What each operation is: ``function(*operands, dtype=..., **keywords) -> Column``. Operands are columns and plain values.
OPERATIONS: dict[str, Callable[..., Column]] = {}

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


operation = Registering(OPERATIONS)


@translation("Elementwise", any_order=True)
def elementwise(node: Any, translate: Translator) -> Relation:
    """An operation on columns of the same rows."""
    function = OPERATIONS.get(node.operation)
    if function is None:
        raise Untranslatable(f"{node.operation} stays in pandas")
    check_call(function, node)
    relations = {each.name: translate(each) for each in node.frames}
    rowed = [relations[each.name] for each in node.frames if not relations[each.name].single]
    if any(each.base is not rowed[0].base for each in rowed[1:]):
        raise Untranslatable("columns of different rows are aligned by pandas")
    is_single = not rowed
    for each in node.frames:
        single = relations[each.name]
        if single.single and not is_single and single.may_be_empty(rowed[0]) and node.operation not in COMPARE:
            raise Untranslatable("a single value of no rows turns integers into floats in pandas")
    meta = node.meta
    if isinstance(meta, pd.DataFrame):
        wide = [each for each in node.frames if getattr(each.meta, "ndim", 0) == 2]
        if any(each.columns != wide[0].columns for each in wide) or any(
            getattr(each.meta, "ndim", 0) == 1 for each in node.frames
        ):
            raise Untranslatable("frames of different columns are matched by pandas")
        labels = list(node.columns)
    else:
        labels = [getattr(meta, "name", None)]
    made = []
    for label in labels:
        dtype = types_of(meta)[label] if isinstance(meta, pd.DataFrame) else value_type(meta)
        operands = [operand_of(each, relations, label, is_single) for each in node.inputs]
        words = {word: operand_of(each, relations, label, is_single) for word, each in node.keywords}
        column = function(*operands, dtype=dtype, name=node.operation, **words)
        made.append(combined(column, [*operands, *words.values()]))
    if is_single:
        first = next(iter(relations.values()))
        base = first.base
        for each in relations.values():
            if each.base is not base:
                base = base.join(each.base, how="cross", maintain_order="left")
        return Relation(base, labelled(labels, made), None, True)
    return rowed[0].with_columns(labelled(labels, made))


def operand_of(value: Any, relations: Mapping[str, Relation], label: Any, is_single: bool) -> Any:
    """An operand: a column for a frame, single values as columns of one row; plain values as they are."""
    if not isinstance(value, Expr):
        return value
    relation = relations[value.name]
    column = relation.column(label) if getattr(value.meta, "ndim", 0) == 2 else relation.only  # type: ignore[attr-defined]
    if relation.single and not is_single:
        name = f"single_{value.name}"
        frame = relation.base.select(column.expr.alias(name))
        return replaced(column, expr=pl.col(name), scalars={name: frame})
    return column


def combined(column: Column, operands: list[Any]) -> Column:
    """A column that reads the single values that its operands read."""
    scalars: dict[str, Any] = dict(column.scalars)
    rowwise = column.rowwise
    for each in operands:
        if isinstance(each, Column):
            scalars |= each.scalars
            rowwise = rowwise and each.rowwise
    return replaced(column, scalars=scalars, rowwise=rowwise)
