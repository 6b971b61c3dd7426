"""Kernels that treat each row by itself."""

from __future__ import annotations

import operator
from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]

#: Functions by the names under which nodes know them.
OPERATORS: dict[str, Any] = {
    name: getattr(operator, name)
    for name in (
        *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"),
        *("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor"),
        *("neg", "pos", "invert", "abs"),
    )
} | {"isna": pd.isna, "notna": pd.notna}


@PANDAS.add("Projection")
def project(frame: pd.DataFrame, columns: Any) -> Any:
    """Some columns (a list of labels), or one of them."""
    return frame[list(columns)] if type(columns) is tuple else frame[columns]


@PANDAS.add("Filter")
def keep_where(frame: Any, predicate: pd.Series) -> Any:
    """Rows where the predicate holds; a missing value does not."""
    return frame[predicate]


@PANDAS.add("Arithmetic")
def apply_operator(*values: Any) -> Any:
    """An operator (its name and the scalars' places come last) on columns, frames and scalars."""
    *operands, name, scalars = values
    for place, value in scalars:
        operands.insert(place, value)
    return OPERATORS[name](*operands)


@PANDAS.add("Assign")
def assign(frame: pd.DataFrame, *values: Any) -> pd.DataFrame:
    """Columns added or replaced: those that are series come first, then the labels and the scalars."""
    *series, labels, scalars = values
    columns: list[Any] = list(series)
    for place, value in scalars:
        columns.insert(place, value)
    made = frame.copy(deep=False)
    for label, column in zip(labels, columns, strict=True):
        made[label] = column
    return made


@PANDAS.add("FromPandas")
def rows_between(whole: Any, bounds: tuple[int, int]) -> Any:
    """Rows by position."""
    return whole.iloc[bounds[0] : bounds[1]]


def only_columns(frame: Any, columns: tuple[Hashable, ...]) -> Any:
    """A frame's columns; shares their memory."""
    return frame[list(columns)]


@PANDAS.add("ShiftIndex")
def shift_index(frame: Any, periods: int, freq: Any) -> Any:
    """Labels moved by a frequency."""
    return frame.shift(periods, freq=freq)
