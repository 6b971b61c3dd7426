"""Rows by their labels: one, lists of them, those between two, those of levels."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import new
from weft.dataframe.io.from_pandas import labels_in_memory
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import filtered
from weft.dataframe.ops.indexing_nodes import LabelList, LabelSlice, LevelList
from weft.dataframe.ops.partitions import Partitions

__all__ = [
    "in_level",
    "in_levels",
    "label_bounds",
    "names_several",
    "places_between",
    "rows_between",
    "rows_by_levels",
    "rows_compared",
    "rows_of",
    "span_of",
]

#: What names several labels of a level.
LISTS = (list, np.ndarray, pd.Index)


def label_bounds(key: slice, index: pd.Index) -> tuple[Any, Any]:
    """Both ends of a slice of labels; text that names a span of time stands for its first or last moment."""
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        start = None if key.start is None else index._maybe_cast_slice_bound(key.start, "left")
        stop = None if key.stop is None else index._maybe_cast_slice_bound(key.stop, "right")
        return start, stop
    return key.start, key.stop


def rows_between(frame: Any, key: slice) -> Any:
    """Rows by a slice of labels."""
    if key.step not in (None, 1):
        ends = (key.start, key.stop) if key.step > 0 else (key.stop, key.start)
        return rows_between(frame, slice(*ends)).iloc[:: key.step]
    if (places := places_between(frame, key)) is not None:
        return frame.iloc[places]
    return rows_compared(frame, *label_bounds(key, frame.expr.meta.index))


def rows_compared(frame: Any, start: Any, stop: Any) -> Any:
    """Rows whose labels lie between two, in whatever order they stand."""
    source = frame.expr
    edges = source.divisions
    if edges is not None:
        count = source.npartitions
        first = 0 if start is None else max(0, bisect_left(edges, start) - 1)
        last = count - 1 if stop is None else min(count - 1, bisect_right(edges, stop) - 1)
        if first > last:
            first = last = min(max(first, 0), count - 1) if last >= 0 else 0
        if first or last < count - 1:
            source = Partitions(source, tuple(range(first, max(first, last) + 1)))
    if start is None and stop is None:
        return new(source)
    return new(LabelSlice(source, start, stop))


def places_between(frame: Any, key: slice) -> slice | None:
    """Where the rows between two labels stand, if these are in memory and in no order; None of others, which are compared."""
    index = labels_in_memory(frame.expr)
    if index is None or (key.start is None and key.stop is None):
        return None
    if index.is_monotonic_increasing and not isinstance(index, pd.MultiIndex):
        return None
    if isinstance(index, pd.DatetimeIndex) and all(
        each is None or isinstance(each, str) for each in (key.start, key.stop)
    ):
        return None
    return slice(*index.slice_locs(key.start, key.stop))


def rows_of(frame: Any, labels: list[Any], required: bool = True) -> Any:
    """Rows by labels."""
    source = frame.expr
    edges = source.divisions
    if edges is not None and labels:
        try:
            places = [
                number
                for label in labels
                for number in range(
                    max(0, bisect_left(edges, label) - 1), min(source.npartitions, bisect_right(edges, label))
                )
            ]
        except TypeError as error:
            if required:
                raise KeyError(f"{labels!r} are not labels of an index of {source.meta.index.dtype}") from error
            places = []  # labels of several kinds: some partition may have some of them
        if required and not places:
            raise KeyError(f"{labels!r} not in index: it goes from {edges[0]!r} to {edges[-1]!r}")
        numbers = tuple(sorted(set(places)))
        if numbers and len(numbers) < source.npartitions:
            source = Partitions(source, numbers)
    return new(LabelList(source, tuple(labels), required))


def span_of(index: pd.Index, label: Any) -> tuple[Any, Any] | None:
    """First and last moment of the span of time that a text names beside labels that are times or periods; None of others."""
    if not isinstance(label, str) or not isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        return None
    return label_bounds(slice(label, label), index)


#: Parts of times, as pandas names them.
RESOLUTIONS = (
    "year",
    "quarter",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
)


def names_several(frame: Any, level: int, label: Any) -> bool:
    """Whether a text names a span of time in which several labels of a level may lie: it is coarser than they are."""
    values = frame.expr.meta.index.get_level_values(level)
    if span_of(values, label) is None:
        return False
    named = values._parse_with_reso(label)[1].attrname
    return RESOLUTIONS.index(named) < RESOLUTIONS.index(frame.index.get_level_values(level).resolution)


def in_level(frame: Any, level: int, label: Any) -> Any:
    """For each row whether its label in a level is one, or within the span of time that a text names."""
    span = span_of(frame.expr.meta.index.get_level_values(level), label)
    if span is not None:
        return elementwise("level_between", frame.index, level, *span)
    return elementwise("level_among", frame.index, level, (label,))


def in_levels(frame: Any, keys: tuple[Any, ...]) -> Any:
    """For each row whether its labels are those of the first levels: one, some, or those between two; None if all are."""
    holds: Any = None
    for level, each in enumerate(keys):
        if isinstance(each, slice) and each == slice(None):
            continue
        if isinstance(each, slice):
            if each.step not in (None, 1):
                raise NotImplementedError("loc by slices of levels takes no step: filter by frame.index")
            values = frame.expr.meta.index.get_level_values(level)
            own = elementwise("level_between", frame.index, level, *label_bounds(each, values))
        elif isinstance(each, LISTS):
            own = elementwise("level_among", frame.index, level, tuple(each))
        else:
            own = in_level(frame, level, each)
        holds = own if holds is None else holds & own
    return holds


@function_named("level_between")
def level_between(labels: pd.MultiIndex, level: int, start: Any, stop: Any) -> pd.Series:
    """Whether labels have one between two, both included, in a level."""
    values = labels.get_level_values(level)
    holds = np.ones(len(labels), dtype=bool)
    if start is not None:
        holds &= np.asarray(values >= start)
    if stop is not None:
        holds &= np.asarray(values <= stop)
    return pd.Series(holds, index=labels)


def rows_by_levels(frame: Any, key: Any) -> Any:
    """Rows by labels of the first levels of the index, which are left out unless all are given.

    Texts that name a span of time leave the level as it is. Lists have rows in their order, which takes one place.
    """
    keys = key if type(key) is tuple else (key,)
    nlevels = frame.expr.meta.index.nlevels
    if len(keys) > nlevels:
        raise pd.errors.IndexingError(f"Too many indexers: {keys!r} for {nlevels} levels")
    gone = [
        level
        for level, each in enumerate(keys)
        if not isinstance(each, (slice, *LISTS)) and not names_several(frame, level, each)
    ]
    is_ordered = any(isinstance(each, LISTS) for each in keys)
    holds = in_levels(frame, keys)
    if any(isinstance(each, slice) for each in keys) and (frame.expr.meta.ndim == 2 or is_ordered):
        gone = []
    made = frame if holds is None else filtered(frame, holds)
    if is_ordered:
        told = tuple([None if isinstance(each, slice) else each if np.isscalar(each) else tuple(each) for each in keys])
        return new(LevelList(made.expr, told, tuple(gone)))
    return made.droplevel(gone) if gone and len(gone) < nlevels else made
