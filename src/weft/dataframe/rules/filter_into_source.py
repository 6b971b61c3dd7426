"""Predicates go into the reader, which skips row groups by their statistics and makes no row that is not wanted."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.io.parquet import Predicate, ReadParquet
from weft.dataframe.known_metas import types_of
from weft.dataframe.meta import UNKNOWN_CATEGORIES
from weft.dataframe.ops.elementwise import Elementwise
from weft.dataframe.ops.filtering import Filter
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.values import Among, argument_value
from weft.expr import Context, Expr, Need, rule, walk

__all__ = ["filter_into_source", "readable_predicate"]

#: Comparisons, and what each is with its sides exchanged.
MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
#: Values that a membership test in a reader looks for, at most.
FEW = 1_000
#: Integers that a float64 holds exactly: pandas compares integers with missing values as floats.
EXACT = 2**53


@rule(changes=["index"])
def filter_into_source(node: Filter, context: Context) -> Expr | None:
    """``read[read.a > 1]`` becomes a read of those rows.

    Only if the unfiltered rows are needed nowhere else (they would be read twice), if nobody looks at row numbers as
    the index, and if Arrow's answer is pandas'.
    """
    source = node.source
    if not isinstance(source, ReadParquet) or context.is_root(source):
        return None
    if Need.INDEX in context.needs(node) and not source.dataset.index_columns:
        return None
    inside = {each.name for each in walk(node.predicate)} | {node.name}
    if any(user.name not in inside for user in context.dependents(source)):
        return None
    for each in walk(node.predicate):
        if each != source and any(user.name not in inside for user in context.dependents(each)):
            return None
    predicate = readable_predicate(node.predicate, source)
    if predicate is None:
        return None
    both: Predicate = predicate if source.predicate is None else ("and", source.predicate, predicate)
    return source.with_operands(predicate=both)


def readable_predicate(expr: Expr, source: ReadParquet) -> Predicate | None:
    """A predicate that the reader understands, or None."""
    match expr:
        case Elementwise("and_" | "or_" as name, (left, right)) if isinstance(left, Expr) and isinstance(right, Expr):
            first, second = readable_predicate(left, source), readable_predicate(right, source)
            if first is None or second is None:
                return None
            return ("and" if name == "and_" else "or", first, second)
        case Elementwise(name, (Projection(read, column), value)) if name in MIRRORED and read == source:
            return comparison(name, column, value, source)
        case Elementwise(name, (value, Projection(read, column))) if name in MIRRORED and read == source:
            return comparison(MIRRORED[name], column, value, source)
        case Elementwise("isin", (Projection(read, column), Among() as values)) if read == source:
            return membership(column, argument_value(values), source)
        case Elementwise("isna" | "notna" as name, (Projection(read, column),)) if read == source:
            plain = type(column) is not tuple and is_plain(types_of(source.meta)[column])
            return (name, column, None) if plain else None
    return None


def is_plain(dtype: Any) -> bool:
    """Whether missing values of a type are those of Arrow."""
    return isinstance(dtype, pd.StringDtype) or (isinstance(dtype, np.dtype) and dtype.kind in "fM")


def membership(column: Any, values: Any, source: ReadParquet) -> Predicate | None:
    """A test for a few values, if Arrow and pandas agree on each of them."""
    if type(column) is tuple or len(values) > FEW:
        return None
    items = tuple([each.item() if isinstance(each, np.generic) else each for each in values])
    dtype = types_of(source.meta)[column]
    if dtype == np.dtype("float32"):  # pandas looks for the values as they are, Arrow for the nearest that the type has
        return None
    same = len({type(each) for each in items}) == 1
    return ("isin", column, items) if same and all(agrees(dtype, each) for each in items) else None


def comparison(name: str, column: Any, value: Any, source: ReadParquet) -> Predicate | None:
    """One comparison, if Arrow and pandas agree on it for the column's type."""
    if type(column) is tuple or isinstance(value, Expr):
        return None
    dtype = types_of(source.meta)[column]
    if isinstance(value, np.generic):
        value = value.item()
    if not agrees(dtype, value) or (name == "ne" and dtype.kind == "f"):
        return None  # a row group's least and greatest value say nothing about NaN, for which != holds
    made = (name, column, value)
    if (
        name == "ne" and getattr(dtype, "na_value", None) is pd.NA
    ):  # != of what is missing is missing, and chooses no row
        return ("and", made, ("notna", column, None))
    return made


def agrees(dtype: Any, value: Any) -> bool:
    """Whether a comparison means the same to Arrow."""
    if isinstance(dtype, pd.StringDtype):
        return isinstance(value, str)
    if isinstance(dtype, pd.CategoricalDtype):  # the names of directories
        known = dtype.categories
        if len(known) and known[0] == UNKNOWN_CATEGORIES:
            return False
        return isinstance(value, str if known.dtype.kind in "OT" else int) and not isinstance(value, bool)
    if not isinstance(dtype, np.dtype):
        return False
    if dtype.kind == "b":
        return isinstance(value, bool)
    if dtype.kind in "iuf":
        if isinstance(value, bool):
            return False
        return (isinstance(value, int) and abs(value) <= EXACT) or (isinstance(value, float) and value == value)
    return dtype.kind == "M" and isinstance(value, datetime.datetime) and value.tzinfo is None and value is not pd.NaT
