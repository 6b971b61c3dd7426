"""Partitions of several frames with the columns and types of all, and side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN_CATEGORIES

PANDAS = KERNELS["pandas"]


@PANDAS.add("Conform")
def conform(partition: Any, meta: Any) -> Any:
    """A partition with the columns of a meta, in their order, and of their types."""
    if isinstance(meta, pd.Series):
        made = typed(partition, meta.dtype)
        return made if made.name == meta.name else made.rename(meta.name)
    frame = partition.to_frame(meta.columns[0]) if isinstance(partition, pd.Series) else partition
    columns = []
    for place, label in enumerate(meta.columns):
        wanted = meta.dtypes.iloc[place]
        if label in frame.columns:
            columns.append(typed(frame[label], wanted))
        else:
            columns.append(pd.Series([], dtype=wanted).reindex(range(len(frame))).set_axis(frame.index))
    made = pd.DataFrame(dict(enumerate(columns)), index=frame.index, copy=False)
    made.columns = meta.columns
    return made


def typed(column: pd.Series, wanted: Any) -> pd.Series:
    """A column of a type, unless it has values that the type has not."""
    own = column.dtype
    if own == wanted:
        return column
    if getattr(own, "kind", "O") == "f" and isinstance(wanted, np.dtype) and wanted.kind in "iu":
        return column
    if isinstance(own, pd.CategoricalDtype) and not isinstance(wanted, pd.CategoricalDtype):
        if isinstance(wanted, pd.StringDtype) and pd.api.types.infer_dtype(own.categories) not in ("string", "empty"):
            return column.astype(object)  # of categories that were not known it was taken that they are texts
        if isinstance(own.categories.dtype, np.dtype) and column.hasnans:
            made = pd.Series(np.asarray(column), index=column.index, name=column.name)
            return made if getattr(wanted, "kind", "O") in "iub" else made.astype(wanted)
        return column.astype(own.categories.dtype).astype(wanted)
    if isinstance(wanted, pd.CategoricalDtype) and UNKNOWN_CATEGORIES in wanted.categories:
        return column if isinstance(own, pd.CategoricalDtype) else column.astype("category")
    return column.astype(wanted)


@PANDAS.add("ConcatAligned")
def rows_together(*values: Any) -> Any:
    """Partitions at one place, one after another."""
    *partitions, meta = values
    return pd.concat([conform(each, meta) for each in partitions])


@PANDAS.add("ConcatColumns")
def columns_together(*values: Any) -> Any:
    """Partitions at one place, side by side."""
    *partitions, join = values
    return pd.concat(partitions, axis=1, join=join)
