"""Partial results of reductions of partitions: made, combined, finished.

The partial result of a frame is a tuple with one for each column, so that no column's type touches another's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


class Partial(NamedTuple):
    """Of one column: a value, and how many elements it is made of."""

    value: Any
    elements: int


@PANDAS.add("ReduceChunk")
def reduce_chunk(partition: Any, kind: str, skipna: bool) -> tuple[Partial, ...]:
    """Partial results of all columns of a partition."""
    if kind == "len":
        return (Partial(len(partition), 1),)
    if isinstance(partition, pd.DataFrame):
        return tuple([column_chunk(partition.iloc[:, place], kind, skipna) for place in range(partition.shape[1])])
    return (column_chunk(partition, kind, skipna),)


def column_chunk(column: pd.Series, kind: str, skipna: bool) -> Partial:
    """Partial result of one column."""
    present = int(column.count()) if skipna or kind == "count" else len(column)
    if kind == "count":
        return Partial(present, 1)
    if kind == "mean":
        numbers = column.astype("float64") if column.dtype.kind in "biu" else column
        return Partial(numbers.sum(skipna=skipna), present)
    return Partial(getattr(column, kind)(skipna=skipna), present)


@PANDAS.add("ReduceCombine")
def reduce_combine(kind: str, *partials: tuple[Partial, ...]) -> tuple[Partial, ...]:
    """Partial results of several partitions as those of one."""
    return tuple([column_combine(kind, each) for each in zip(*partials, strict=True)])


def column_combine(kind: str, partials: tuple[Partial, ...]) -> Partial:
    """Of one column."""
    elements = sum([each.elements for each in partials])
    if kind in ("min", "max"):
        there = [each.value for each in partials if each.elements]
        if not there:
            return partials[0]
        return (
            Partial(getattr(pd.Series(there), kind)(skipna=False), elements)
            if len(there) > 1
            else Partial(there[0], elements)
        )
    total = partials[0].value
    with np.errstate(over="ignore"):
        for each in partials[1:]:
            total = total + each.value
    return Partial(total, elements)


@PANDAS.add("ReduceFinish")
def reduce_finish(partial: tuple[Partial, ...], kind: str, columns: tuple[Any, ...] | None) -> Any:
    """The result: a value, or a series of one for each column."""
    values = [each.value for each in partial]
    if kind == "mean":
        with np.errstate(invalid="ignore", divide="ignore"):
            values = [np.divide(each.value, np.float64(each.elements)) for each in partial]
    if columns is None:
        return values[0]
    return pd.Series(values, index=pd.Index(columns))
