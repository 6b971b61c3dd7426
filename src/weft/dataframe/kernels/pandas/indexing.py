"""Rows by label and by position."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.rows import joined
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("LabelSlice")
def label_slice(partition: Any, start: Any, stop: Any) -> Any:
    """Rows whose labels lie between two."""
    labels = partition.index
    if labels.is_monotonic_increasing:
        low = 0 if start is None else int(labels.searchsorted(start, "left"))
        high = len(labels) if stop is None else int(labels.searchsorted(stop, "right"))
        return partition.iloc[low:high]
    holds = np.ones(len(labels), dtype=bool)
    if start is not None:
        holds &= np.asarray(labels >= start)
    if stop is not None:
        holds &= np.asarray(labels <= stop)
    return partition[holds]


@PANDAS.add("LabelsChunk")
def labels_chunk(partition: Any, labels: tuple[Any, ...]) -> Any:
    """Rows of a partition that have one of the labels."""
    index = partition.index
    holds = index.isin(list(labels))
    if isinstance(index, pd.IntervalIndex):
        for each in labels:
            if not isinstance(each, pd.Interval) and pd.api.types.is_scalar(each):
                holds = holds | index.contains(each)
    return partition[holds]


@PANDAS.add("Joined")
def join_parts(*parts: Any) -> Any:
    """Partitions one after another."""
    return joined(parts)


@PANDAS.add("LabelsFinish")
def labels_finish(found: Any, labels: tuple[Any, ...], required: bool) -> Any:
    """Rows in the order of the labels; KeyError for one that is not there."""
    wanted = list(labels) if required else [label for label in labels if label in found.index]
    if required and wanted and not len(found):
        raise KeyError(f"None of {wanted} are in the index")
    return found.loc[wanted]


@PANDAS.add("LevelList")
def level_list(keys: tuple[Any, ...], *parts: Any) -> Any:
    """Rows in the order of the labels of their levels."""
    wanted = tuple([slice(None) if each is None else list(each) if type(each) is tuple else each for each in keys])
    found = joined(parts)
    return found.loc[wanted, :] if isinstance(found, pd.DataFrame) else found.loc[wanted]


@PANDAS.add("SliceAt")
def slice_at(
    partition: Any, before: int | None, total: int | None, start: int | None, stop: int | None, step: int
) -> Any:
    """The rows of a partition that a slice over all positions takes; so many rows stand before it."""
    first = before or 0
    if total is not None:
        start, stop, step = slice(start, stop, step).indices(total)
    begin = start or 0
    low = begin - first if begin >= first else (begin - first) % step
    high = len(partition) if stop is None else max(0, min(len(partition), stop - first))
    return partition.iloc[low:high:step]


@PANDAS.add("TotalCount")
def total_count(*counts: int) -> int:
    """Rows of several partitions."""
    return sum(counts)


def counted_from_first(positions: np.ndarray, total: int) -> np.ndarray:
    """Positions of which those below zero count from the end, as they count from the first row."""
    if len(positions) and (positions.max() >= total or positions.min() < -total):
        raise IndexError(f"positional indexers are out-of-bounds: there are {total} rows")
    return (
        np.where(positions < 0, positions + total, positions) if len(positions) and positions.min() < 0 else positions
    )


@PANDAS.add("TakeAt")
def take_at(partition: Any, positions: np.ndarray) -> Any:
    """The rows at some positions, of all rows."""
    return partition.iloc[counted_from_first(positions, len(partition))]


@PANDAS.add("SortedPlaces")
def sorted_places(total: int, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions from the first row on, and which of those that are wanted each of them is."""
    wanted = counted_from_first(positions, total)
    order = np.argsort(wanted, kind="stable")
    return wanted[order], order


@PANDAS.add("TakeChunk")
def take_chunk(partition: Any, before: int | None, sought: tuple[np.ndarray, np.ndarray]) -> Any:
    """The rows of a partition that stand at some of the positions, with which of them these are."""
    wanted, order = sought
    first = before or 0
    low, high = np.searchsorted(wanted, [first, first + len(partition)])
    return partition.iloc[wanted[low:high] - first], order[low:high]


@PANDAS.add("TakeCombine")
def take_combine(*parts: Any) -> Any:
    """Rows of several partitions, with which they are."""
    return joined([rows for rows, _ in parts]), np.concatenate([order for _, order in parts])


@PANDAS.add("TakeFinish")
def take_finish(found: Any) -> Any:
    """Rows in the order in which they are wanted."""
    rows, order = found
    if (order[1:] > order[:-1]).all():
        return rows
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return rows.iloc[places]


@PANDAS.add("Reversed")
def reverse(partition: Any) -> Any:
    """Rows from the last to the first."""
    return partition[::-1]


@PANDAS.add("ByPlace")
def by_place(partition: Any, before: int | None, total: int, values: Any, is_meta: bool = False) -> Any:
    """The values that belong to the rows of a partition, by place."""
    if len(values) != total:
        raise ValueError(f"Length of values ({len(values)}) does not match length of index ({total})")
    first = before or 0
    own = values.iloc[:0] if is_meta else values.iloc[first : first + len(partition)]
    if isinstance(partition, pd.Index):
        return pd.Index(own.array, dtype=own.dtype, name=own.name)
    return own.set_axis(partition.index, axis=0)


@PANDAS.add("ByChunk")
def by_chunk(partition: Any, values: Any, like: Any) -> Any:
    """The values of a chunk, with the labels of a partition; ``like`` has the name or the columns."""
    if len(values) != len(partition):
        raise ValueError(f"Length of values ({len(values)}) does not match length of index ({len(partition)})")
    if isinstance(partition, pd.Index):
        return pd.Index(values, name=like.name)
    if like.ndim == 2:
        return pd.DataFrame(values, index=partition.index, columns=like.columns, copy=False)
    return pd.Series(values, index=partition.index, name=like.name, copy=False)


@PANDAS.add("ByLabel")
def by_label(partition: Any, values: Any) -> Any:
    """The values of the labels of a partition."""
    labels = partition if isinstance(partition, pd.Index) else partition.index
    return values if values.index.equals(labels) else values.reindex(labels)


@PANDAS.add("PlacesIn")
def places_in(partition: Any, before: int | None, total: int, places: tuple[Any, ...]) -> pd.Series:
    """Whether the places of rows are among some."""
    kind, *told = places
    holds = np.zeros(total, dtype=bool)
    if kind == "slice":
        holds[slice(*told)] = True
    elif told:
        wanted = np.asarray(told, dtype=np.int64)
        if ((wanted >= total) | (wanted < -total)).any():
            raise IndexError(f"positional indexers are out-of-bounds: there are {total} rows")
        holds[wanted] = True
    first = before or 0
    return pd.Series(holds[first : first + len(partition)], index=partition.index)


__all__ = ["join_parts", "label_slice", "labels_chunk", "labels_finish", "slice_at", "take_chunk"]
