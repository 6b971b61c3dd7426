"""Summaries put together from what was computed for them: `describe`, and tables of several aggregates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("Describe")
def described(*values: Any) -> Any:
    """A summary for each column.

    The last value is the plan: for each column its label, and how many of the values before belong to it: count, mean, std,
    quantiles of numbers; counts by value of others. The meta tells form and dtypes.
    """
    *found, plan, meta = values
    columns: list[pd.Series] = []
    rest = list(found)
    metas = [meta] if isinstance(meta, pd.Series) else [meta.iloc[:, place] for place in range(meta.shape[1])]
    for (label, kind), like in zip(plan, metas, strict=True):
        if kind == "values":
            columns.append(summary_of_values(rest.pop(0), label))
            continue
        count, mean = rest.pop(0), rest.pop(0)
        deviation = rest.pop(0) if kind == "numbers" else None
        least, greatest, quantiles = rest.pop(0), rest.pop(0), rest.pop(0)
        columns.append(
            summary_of_numbers(count, mean, deviation, [least, *quantiles, greatest], quantiles, like, label)
        )
    if isinstance(meta, pd.Series):
        return columns[0].rename(meta.name)
    names: list[Any] = []
    for each in sorted([each.index for each in columns], key=len):
        names.extend([name for name in each if name not in names])
    made = pd.concat([each.reindex(names) for each in columns], axis=1)
    made.columns = meta.columns
    return made


def summary_of_numbers(
    count: Any, mean: Any, deviation: Any, inner: list[Any], quantiles: pd.Series, like: pd.Series, label: Any
) -> pd.Series:
    """Count, mean, standard deviation, least value, quantiles, greatest value."""
    names = [each for each in like.index if each not in ("unique", "top", "freq", "first", "last")]
    if deviation is None:
        names = [each for each in names if each != "std"]
        entries = [count, mean, *inner]
    else:
        entries = [count, mean, deviation, *inner]
        # as pandas lists them: std stands after the mean for numbers, and at the end for times
        if names and names[-1] == "std":
            entries = [count, mean, *inner, deviation]
    is_plain = quantiles.dtype.kind in "iuf"
    dtype: Any = None
    if is_plain:
        dtype = (
            np.float64 if isinstance(quantiles.dtype, np.dtype) else like.dtype if like.dtype != object else "Float64"
        )
        if isinstance(quantiles.dtype, pd.ArrowDtype):
            dtype = "double[pyarrow]"
    return pd.Series(entries, index=names, dtype=dtype if is_plain else object, name=label)


def summary_of_values(counts: pd.Series, label: Any) -> pd.Series:
    """Count, number of different values, the most frequent one, and how often it is there."""
    total = int(counts.sum())
    counts = counts[counts > 0] if isinstance(counts.index, pd.CategoricalIndex) else counts
    if not len(counts):
        return pd.Series([total, 0, np.nan, np.nan], index=["count", "unique", "top", "freq"], dtype=object, name=label)
    return pd.Series(
        [total, len(counts), counts.index[0], counts.iloc[0]], index=["count", "unique", "top", "freq"], name=label
    )


@PANDAS.add("AggregateTable")
def aggregate_table(*values: Any) -> Any:
    """A table, or a series, of single values: those come first, then where each stands, and the meta."""
    *found, places, meta = values
    if isinstance(meta, pd.Series):
        cells = dict(zip([place[0] for place in places], found, strict=True))
        entries = [cells.get(label, np.nan) for label in meta.index]
        if meta.dtype == object or (entries and all(map(pd.isna, entries))):  # pandas takes the type of what is there
            # numbers of rows are NumPy's beside unsigned sums, where they are objects
            entries = [np.int64(each) if type(each) is int else each for each in entries]
            return pd.Series(entries, index=meta.index, name=meta.name)
        made = pd.Series(entries, index=meta.index, name=meta.name, dtype=object)
        return fitting(made, meta.dtype)
    table = {place: found[number] for number, place in enumerate(places)}
    columns = []
    for column in meta.columns:
        entries = [table.get((name, column), np.nan) for name in meta.index]
        columns.append(fitting(pd.Series(entries, index=meta.index, dtype=object), meta[column].dtype))
    made_table = pd.concat(columns, axis=1) if columns else meta
    made_table.columns = meta.columns
    return made_table


def fitting(column: pd.Series, dtype: Any) -> pd.Series:
    """Values with a dtype, if they fit."""
    if column.isna().any() and dtype.kind in "iub" and isinstance(dtype, np.dtype):
        has_gaps = any(each is pd.NA for each in column)  # which stay what they are, among objects
        return column if has_gaps else column.astype(np.float64)
    try:
        return column.astype(dtype)
    except (TypeError, ValueError):
        return column.infer_objects()
