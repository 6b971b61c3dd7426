"""Values put into rows and columns that are told by label or position; the frame stands for the result from then on."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.io.from_pandas import FromPandas, from_pandas, labels_in_memory, rows_in_memory
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.beside import by_label, by_place, has_rows, places_in
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.indexing_keys import is_one_label
from weft.dataframe.ops.label_rows import in_levels, rows_of
from weft.dataframe.ops.projection import project

__all__ = ["is_absent", "one_label", "put_rows", "values_of_columns", "values_of_row", "with_row"]


def is_absent(frame: Any, rows: Any) -> bool:
    """Whether rows are told by a label that no row has; the labels are computed for it."""
    index = frame.expr.meta.index
    if index.nlevels > 1 and type(rows) is tuple and len(rows) == index.nlevels and all(map(is_one_label, rows)):
        labels = labels_in_memory(frame.expr)
        if labels is not None:
            return rows not in labels
        return not bool(in_levels(frame, rows).any().compute())
    if not is_one_label(rows) or index.nlevels > 1 or isinstance(rows, datetime.time):
        return False
    if isinstance(rows, str) and isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        return False
    if isinstance(index, pd.IntervalIndex):
        return False
    labels = labels_in_memory(frame.expr)
    if labels is not None:
        return rows not in labels
    only = project(frame, []) if frame.expr.meta.ndim == 2 else frame
    return not len(rows_of(only, [rows], required=False).compute())


def one_label(label: Any, like: pd.Index) -> pd.Index:
    """An index of one label, with the names of another."""
    if like.nlevels > 1:
        return pd.MultiIndex.from_tuples([label], names=like.names)
    return pd.Index([label], name=like.name)


def values_of_row(value: Any, labels: list[Any]) -> dict[Any, Any]:
    """What stands in each of some columns, where a value for a single row is put.

    Raises
    ------
    ValueError
        There are not as many values as columns.
    """
    if isinstance(value, FrameBase) and np.ndim(value.expr.meta) == 1:
        value = value.compute()
    if isinstance(value, (pd.Series, dict)):
        return {label: value.get(label, np.nan) for label in labels}
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) == 1:
        if len(value) != len(labels):
            raise ValueError(
                f"cannot set a row of {len(labels)} columns to {len(value)} values: give as many values as columns"
            )
        return dict(zip(labels, value, strict=True))
    return dict.fromkeys(labels, value)


def values_of_columns(value: Any, labels: list[Any], is_row: bool, by_place: bool = False) -> dict[Any, Any]:
    """What is put into each of some columns: a value for each, or values of rows and columns."""
    if is_row:
        return values_of_row(value, labels)
    meta = value.expr.meta if isinstance(value, FrameBase) else value
    if isinstance(meta, pd.DataFrame):
        table: Any = value
        others = list(meta.columns) if by_place else labels
        return {label: table[other] for label, other in zip(labels, others, strict=True)}
    if isinstance(value, (list, np.ndarray)) and np.ndim(value) == 2:
        given = pd.DataFrame(value)
        if given.shape[1] != len(labels):
            raise ValueError(f"cannot set {len(labels)} columns to {given.shape[1]}: give as many as are chosen")
        return {label: given.iloc[:, place].to_numpy() for place, label in enumerate(labels)}
    if isinstance(value, (list, tuple, np.ndarray)) and len(labels) > 1 and len(value) == len(labels):
        return dict(zip(labels, value, strict=True))
    return dict.fromkeys(labels, value)


def atleast_list(rows: Any) -> Any:
    """Labels of rows as a list."""
    return [rows] if is_one_label(rows) else rows


def with_row(frame: Any, row: Any) -> Any:
    """A frame with one more row, of the frame's types if they hold what is in it."""
    meta = frame.expr.meta
    held = rows_in_memory(frame.expr)
    if held is not None and not len(held.held.value.index):
        if row.ndim == 2:
            row = row.reindex(columns=[*meta.columns, *[label for label in row.columns if label not in meta.columns]])
        return from_pandas(row, npartitions=1, sort=False)
    if row.ndim == 1:
        row = as_it_was(row, meta.dtype)
    else:
        kinds = {label: meta[label].dtype for label in row.columns if label in meta.columns}
        row = pd.DataFrame({label: as_it_was(row[label], kinds.get(label)) for label in row.columns}, index=row.index)
    return concat([frame, row])


def as_it_was(values: pd.Series, dtype: Any) -> pd.Series:
    """Values of a type, if it holds them."""
    if isinstance(dtype, pd.CategoricalDtype):
        return values.astype(dtype) if values.isin(dtype.categories).all() else values
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iuf" or getattr(values.dtype, "kind", "O") not in "iuf":
        return values
    if dtype.kind != "f" and values.isna().any():
        return values
    cast = values.astype(dtype)
    return cast if (cast == values).all() else values


def put_rows(column: Any, rows: Any, holds: Callable[[Any, Any], Any], value: Any, way: str) -> Any:
    """A column with other values in the rows that are meant: one value, a collection's, or as many as there are rows.

    Raises
    ------
    TypeError
        The column's type does not hold the value.
    """
    if isinstance(value, FrameBase) and isinstance(value.expr, FromPandas):
        value = value.expr.held.value
    elif isinstance(value, FrameBase) and way == "iloc":
        value = value.compute()
    held = rows_in_memory(column.expr)
    if isinstance(value, pd.Series) and way == "loc":
        index = labels_in_memory(column.expr)
        if index is not None and value.index.is_unique and not isinstance(rows, FrameBase) and len(value):
            chosen = pd.Series(index, index=index).loc[rows if isinstance(rows, slice) else atleast_list(rows)]
            if chosen.isin(value.index).all():
                whole = value.reindex(index, fill_value=value.iloc[0])  # other rows are not looked at
                return column.mask(holds(column, rows), by_place(column, whole))
        return column.mask(holds(column, rows), by_label(column, value) if value.index.is_unique else value)
    if not has_rows(value):
        if pd.api.types.is_scalar(value):
            trial = meta_nonempty(column.expr.meta).reset_index(drop=True)
            trial.iloc[0] = value  # which raises what pandas raises
        return column.mask(holds(column, rows), value)
    if isinstance(rows, slice) and rows == slice(None):
        made = pd.Series(value.array if isinstance(value, (pd.Series, pd.Index)) else value)
        kind = column.expr.meta.dtype
        made = made.astype(object) if kind == np.dtype(object) else as_it_was(made, kind)
        return by_place(column, made, column.expr.meta.name)
    if held is None or isinstance(rows, FrameBase):
        raise NotImplementedError(
            "to put a list of values into some rows is not supported where the frame is not in memory: their number is not known "
            "before it is computed. Give one value, or a series with the labels of the frame"
        )
    index = held.held.value.index
    numbers = pd.Series(np.arange(len(index)), index=index)
    chosen = np.atleast_1d(getattr(numbers, way)[rows])
    values = np.asarray(value) if not hasattr(value, "dtype") else value
    if len(values) != len(chosen):
        raise ValueError(f"cannot set {len(chosen)} rows to {len(values)} values: give as many values as rows")
    whole = pd.Series(values).take(np.zeros(len(index), np.intp)).reset_index(drop=True)
    whole.iloc[chosen] = values
    return column.mask(places_in(column, chosen), by_place(column, whole))
