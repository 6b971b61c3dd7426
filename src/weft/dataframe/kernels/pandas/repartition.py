"""Partitions cut and put together anew, rows staying in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.runs import frame_of, run_of
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("Together")
def together(meta: Any, *partitions: Any) -> Any:
    """Partitions one after another, to be of the types of a meta, if one is given."""
    filled = [each for each in partitions if len(each)] or list(partitions[:1])
    if meta is not None and len(filled) < len(partitions):
        filled = with_floats_of(filled, [each for each in partitions if not len(each)], meta)
    if 0 < len(filled) < len(partitions) and has_categories(filled[0]):
        remaining, width = iter(filled), np.shape(filled[0])[1:]  # partitions without rows have categories all the same
        filled = [
            next(remaining) if len(each) else each for each in partitions if len(each) or np.shape(each)[1:] == width
        ]
    if len(filled) == 1:
        return filled[0]
    like = next((each for each in filled if len(each)), filled[0])
    return frame_of([run_of(each) for each in filled], like, in_chunks=meta is not None)


def has_categories(partition: Any) -> bool:
    """Whether a column of a partition, or an index that is one, has categories."""
    kinds = partition.dtypes if isinstance(partition, pd.DataFrame) else [partition.dtype]
    return any(isinstance(each, pd.CategoricalDtype) for each in kinds)


def with_floats_of(filled: list[Any], empty: list[Any], meta: Any) -> list[Any]:
    """Partitions whose integers are floats where those of empty ones are: gaps made them, in rows that are left out now."""
    if isinstance(meta, pd.Series):
        wanted = is_numpy(meta.dtype, "f") and any(is_numpy(each.dtype, "f") for each in empty)
        return [each.astype(np.float64) if wanted and is_numpy(each.dtype, "iu") else each for each in filled]
    if not isinstance(meta, pd.DataFrame) or not meta.columns.is_unique:
        return filled
    floats = {label for each in empty for label, dtype in each.dtypes.items() if is_numpy(dtype, "f")}
    floats &= {label for label, dtype in meta.dtypes.items() if is_numpy(dtype, "f")}
    made = []
    for each in filled:
        labels = [label for label in floats if is_numpy(each.dtypes[label], "iu")]
        made.append(each.astype(dict.fromkeys(labels, np.float64)) if labels else each)
    return made


def is_numpy(dtype: Any, kinds: str) -> bool:
    """Whether a type is NumPy's, of some kinds."""
    return isinstance(dtype, np.dtype) and dtype.kind in kinds


@PANDAS.add("Between")
def between(told: tuple[Any, Any, bool], *partitions: Any) -> Any:
    """Rows whose index lies between two values; ``told`` is (least, end, whether the end belongs to it)."""
    low, high, is_closed = told
    return together(None, *[rows_between(each, low, high, is_closed) for each in partitions])


def rows_between(partition: Any, low: Any, high: Any, is_closed: bool) -> Any:
    """Rows of a partition by index."""
    index = partition if isinstance(partition, pd.Index) else partition.index
    if not len(index):
        return partition
    keys, low, high = comparable(index, low, high)
    if keys.is_monotonic_increasing and not keys.hasnans:
        start = int(np.asarray(keys.searchsorted(low, side="left")))
        stop = int(np.asarray(keys.searchsorted(high, side="right" if is_closed else "left")))
        if start == 0 and stop == len(index):
            return partition
        chosen: Any = slice(start, max(start, stop))
    else:
        chosen = np.flatnonzero((keys >= low) & ((keys <= high) if is_closed else (keys < high)))
    return partition[chosen] if isinstance(partition, pd.Index) else partition.iloc[chosen]


def comparable(index: pd.Index, low: Any, high: Any) -> tuple[pd.Index, Any, Any]:
    """Index values and edges that can be compared: categories go by their order."""
    if not isinstance(index, pd.CategoricalIndex):
        return index, low, high
    places = index.categories.get_indexer(pd.Index([low, high]))
    if (places < 0).any():
        values = index.astype(index.categories.dtype)
        return values, low, high
    return pd.Index(index.codes), int(places[0]), int(places[1])


@PANDAS.add("RowPieces")
def row_pieces(told: tuple[int, int], partition: Any) -> Any:
    """The ``told[0]``-th of ``told[1]`` even pieces of a partition."""
    number, count = told
    start, stop = number * len(partition) // count, (number + 1) * len(partition) // count
    return partition[start:stop] if isinstance(partition, pd.Index) else partition.iloc[start:stop]
