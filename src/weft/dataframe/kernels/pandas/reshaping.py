"""Partitions in other shapes: lists as rows, columns as rows, categories as columns, two frames as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


def aligned(left: Any, right: Any, options: dict[str, Any]) -> Any:
    """One of two frames after they have been aligned."""
    number = options.pop("number")
    return left.align(right, **options)[number]


def updated(frame: pd.DataFrame, other: Any, **options: Any) -> pd.DataFrame:
    """A frame with the values of another where it has any."""
    made = frame.copy()
    made.update(other, **options)
    return made


def melted(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """One column as rows; labels of the rows stay."""
    return pd.melt(frame, ignore_index=False, **options)


#: Operations by name: functions of partitions at one place, and keywords.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "explode": lambda frame, **options: frame.explode(**options),
    "stack": lambda frame, **options: frame.stack(**options),
    "melt": melted,
    "get_dummies": lambda frame, **options: pd.get_dummies(frame, **options),
    "from_dummies": lambda frame, **options: pd.from_dummies(frame, **options),
    "combine_first": lambda left, right: left.combine_first(right),
    "combine": lambda left, right, **options: left.combine(right, **options),
    "align": lambda left, right, **options: aligned(left, right, options),
    "update": updated,
}


@PANDAS.add("Reshaped")
def reshape(*values: Any) -> Any:
    """An operation by name: partitions come first, then the name and the keywords."""
    *partitions, name, keywords = values
    return FUNCTIONS[name](*partitions, **{word: listed(each) for word, each in keywords})


def listed(value: Any) -> Any:
    """A tuple of labels as a list, as pandas takes them."""
    return list(value) if type(value) is tuple else value


@PANDAS.add("MergeAsof")
def merge_asof(left: pd.DataFrame, right: pd.DataFrame, options: tuple[tuple[str, Any], ...]) -> pd.DataFrame:
    """Rows of the left with the nearest of the right."""
    words = {word: listed(each) if word not in ("suffixes",) else each for word, each in options}
    return pd.merge_asof(left, right, **words)


@PANDAS.add("SortedEnds")
def sorted_ends(partition: pd.DataFrame, on: Any) -> tuple[Any, Any]:
    """First and last value of a column, or of the index."""
    values = partition.index if on is None else partition[on]
    if not len(values):
        return (None, None)
    return (values[0], values[-1]) if on is None else (values.iloc[0], values.iloc[-1])
