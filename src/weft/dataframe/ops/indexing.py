"""Rows and columns by label and by position: ``loc``, ``iloc``, ``at``, ``iat``."""

from __future__ import annotations

import datetime
import sys
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called, new
from weft.dataframe.io.from_pandas import labels_in_memory, rows_in_memory
from weft.dataframe.io.source import row_source
from weft.dataframe.kernels.pandas.indexing import counted_from_first
from weft.dataframe.meta import example_value, is_pandas
from weft.dataframe.ops.beside import by_label, by_place, has_rows, places_in
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import filtered
from weft.dataframe.ops.indexing_keys import (
    chosen_columns,
    is_by_position,
    is_of_both_axes,
    is_one_label,
    is_rows_and_columns,
    is_truths,
    without_ellipsis,
)
from weft.dataframe.ops.indexing_nodes import PositionList, PositionSlice, Reversed
from weft.dataframe.ops.label_rows import (
    in_levels,
    label_bounds,
    places_between,
    rows_between,
    rows_by_levels,
    rows_compared,
    rows_of,
    span_of,
)
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.partitions import Partitions
from weft.dataframe.ops.projection import check_columns, column, project
from weft.dataframe.ops.putting import is_absent, one_label, put_rows, values_of_columns, values_of_row, with_row
from weft.expr import Held

__all__ = ["IndexingMethods", "entry", "rows_in_slice"]


def rows_in_slice(frame: Any, key: slice) -> Any:
    """``frame[start:stop]``: by position if the ends are integers, as in pandas; by label otherwise."""
    return frame.iloc[key] if is_by_position(key) else frame.loc[key]


def entry(series: Any, label: Any) -> Any:
    """``series[label]`` of rows in one partition: what pandas gives, a value where no other row has the label."""
    return whole_result(series, "__getitem__", call_of(label), meta=example_value(series.expr.meta.dtype))


class LocIndexer:
    """``frame.loc[rows]``, ``frame.loc[rows, columns]``."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        frame = self._frame
        is_frame = isinstance(frame.expr.meta, pd.DataFrame)
        key = without_ellipsis(key, frame.expr.meta.ndim)
        if (
            type(key) is tuple
            and is_frame
            and (not isinstance(frame.expr.meta.index, pd.MultiIndex) or is_of_both_axes(frame, key))
        ):
            if len(key) != 2:
                raise pd.errors.IndexingError(f"Too many indexers: loc[{key!r}] of a frame has two")
            rows, columns = key
            return self._rows(self._columns(frame, columns), rows, frame)
        return self._rows(frame, key, frame)

    def __setitem__(self, key: Any, value: Any) -> None:
        frame = self._frame
        meta = frame.expr.meta
        key = without_ellipsis(key, meta.ndim)
        if meta.ndim == 1:
            if is_absent(frame, key):
                frame.expr = with_row(frame, pd.Series([value], index=one_label(key, meta.index), name=meta.name)).expr
            else:
                frame.expr = put_rows(frame, key, self._holds, value, "loc").expr
            return
        is_pair = type(key) is tuple and len(key) == 2 and is_rows_and_columns(frame, key)
        rows, columns = key if is_pair else (key, slice(None))
        columns = chosen_columns(columns, frame)
        if isinstance(columns, slice) or is_truths(columns):
            columns = list(meta.loc[:, columns].columns)
        labels = columns if isinstance(columns, list) else [columns]
        if is_absent(frame, rows):
            row = pd.DataFrame(values_of_row(value, labels), index=one_label(rows, meta.index))
            frame.expr = with_row(frame, row).expr
            return
        for label, own in values_of_columns(value, labels, is_one_label(rows)).items():
            if label in meta.columns:
                frame[label] = put_rows(frame[label], rows, self._holds, own, "loc")
            elif isinstance(rows, slice) and rows == slice(None):
                frame[label] = own
            elif has_rows(own):
                frame[label] = np.nan
                frame[label] = put_rows(frame[label], rows, self._holds, own, "loc")
            else:
                holds = self._holds(frame, rows)
                frame[label] = own
                frame[label] = frame[label].where(holds)

    @staticmethod
    def _holds(frame: Any, rows: Any) -> Any:
        """A series that is true for the rows that are meant."""
        rows = called(rows, frame)
        if isinstance(rows, FrameBase):
            return rows
        if (span := span_of(frame.expr.meta.index, rows)) is not None:
            return (frame.index >= span[0]) & (frame.index <= span[1])
        if isinstance(rows, pd.Series) and rows.dtype == bool:
            return by_label(frame, rows)
        if has_rows(rows) and len(rows) and all(isinstance(each, (bool, np.bool_)) for each in rows):
            return by_place(frame, np.asarray(rows, dtype=bool))
        if isinstance(frame.expr.meta.index, pd.MultiIndex) and not isinstance(rows, (slice, list, pd.Index)):
            keys = rows if type(rows) is tuple else (rows,)
            holds = in_levels(frame, keys)
            return places_in(frame, slice(None)) if holds is None else holds
        if isinstance(rows, datetime.time) and isinstance(frame.expr.meta.index, pd.DatetimeIndex):
            return frame.index.to_series().dt.time == rows
        if isinstance(rows, slice):
            if rows.start is None and rows.stop is None:
                return places_in(frame, rows)
            if (places := places_between(frame, rows)) is not None:
                return places_in(frame, places)
            start, stop = label_bounds(rows, frame.expr.meta.index)
            labels = frame.index
            holds = labels >= start if start is not None else labels <= stop
            holds = holds & (labels <= stop) if start is not None and stop is not None else holds
            if rows.step in (None, 1):
                return holds
            if rows.step < 0:
                raise NotImplementedError("loc[start:stop:step] = value takes a step forwards")
            return holds & ((holds.astype("int64").cumsum() - 1) % rows.step == 0)
        is_label = type(rows) is tuple and frame.expr.meta.index.dtype == np.dtype(object)
        labels = list(rows) if isinstance(rows, (list, tuple, range, np.ndarray, pd.Index)) and not is_label else [rows]
        known = labels_in_memory(frame.expr)
        if known is not None and isinstance(rows, (list, np.ndarray, pd.Index)):
            missing = [each for each in labels if each not in known]
            if missing:
                raise KeyError(f"{missing} not in index")
        return frame.index.isin(labels)

    @staticmethod
    def _columns(frame: Any, columns: Any) -> Any:
        columns = chosen_columns(columns, frame)
        known = frame.expr.meta.columns
        if isinstance(columns, slice):
            return project(frame, list(frame.expr.meta.loc[:, columns].columns))
        if isinstance(columns, list):
            chosen = columns
            if chosen and all(isinstance(each, (bool, np.bool_)) for each in chosen):
                if len(chosen) != len(known):
                    raise IndexError(f"Item wrong length {len(chosen)} instead of {len(known)}")
                chosen = list(known[np.asarray(chosen)])
            return project(frame, chosen)
        check_columns(frame.expr, [columns])
        return column(frame.expr, columns)

    @staticmethod
    def _rows(frame: Any, rows: Any, whole: Any) -> Any:
        rows = called(rows, whole)
        if isinstance(rows, slice):
            rows = slice(*[each.compute() if is_single(each) else each for each in (rows.start, rows.stop, rows.step)])
        if is_single(rows):
            if not isinstance(frame.expr.meta.index, pd.MultiIndex):
                return filtered(frame, frame.index == rows)
            rows = rows.compute()
        if isinstance(rows, FrameBase):
            kind = getattr(rows.expr.meta, "dtype", None)
            if kind is not None and (pd.api.types.is_bool_dtype(kind)):
                return filtered(frame, rows)
            return rows_of(frame, list(rows.compute()))
        if isinstance(frame.expr.meta.index, pd.DatetimeIndex):
            if isinstance(rows, datetime.time):
                return frame.at_time(rows)
            if isinstance(rows, slice) and any(isinstance(each, datetime.time) for each in (rows.start, rows.stop)):
                return frame.between_time(rows.start or datetime.time.min, rows.stop or datetime.time.max)
        if isinstance(rows, slice):
            return rows_between(frame, rows)
        if isinstance(rows, (list, range, np.ndarray, pd.Index, pd.Series, pd.api.extensions.ExtensionArray)):
            labels = list(rows)
            if isinstance(rows, pd.Series) and rows.dtype == bool:
                return filtered(frame, by_label(whole, rows))
            if labels and all(isinstance(each, (bool, np.bool_)) for each in labels):
                return filtered(frame, by_place(whole, np.asarray(labels)))
            if isinstance(frame.expr.meta.index, pd.MultiIndex) and not any(type(each) is tuple for each in labels):
                return filtered(frame, elementwise("level_among", frame.index, 0, tuple(labels)))
            return rows_of(frame, labels)
        if isinstance(frame.expr.meta.index, pd.MultiIndex):
            return rows_by_levels(frame, rows)
        if isinstance(rows, (bool, np.bool_)) and frame.expr.meta.index.dtype not in (bool, object, "boolean"):
            raise KeyError(f"{rows}: boolean label can not be used without a boolean index")
        if (span := span_of(frame.expr.meta.index, rows)) is not None:
            return rows_compared(frame, *span)
        if isinstance(frame.expr.meta.index, pd.TimedeltaIndex) and isinstance(rows, str):
            rows = pd.Timedelta(rows)
        return rows_of(
            frame, list(rows) if type(rows) is tuple and frame.expr.meta.index.dtype != np.dtype(object) else [rows]
        )


def is_single(value: Any) -> bool:
    """Whether a value is a single one that is not computed yet."""
    return isinstance(value, FrameBase) and not is_pandas(value.expr.meta)


def turned(frame: Any) -> Any:
    """All rows from the last to the first."""
    count = frame.npartitions
    return new(Reversed(Partitions(frame.expr, tuple(reversed(range(count))))))


def after(place: int | None) -> int | None:
    """The place behind one, as the bound of a slice; None where that is behind the last."""
    return None if place in (None, -1) else place + 1


class ILocIndexer:
    """``frame.iloc[rows]``, ``frame.iloc[rows, columns]``."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        frame = self._frame
        key = without_ellipsis(called(key, frame), frame.expr.meta.ndim)
        if type(key) is tuple:
            if not isinstance(frame.expr.meta, pd.DataFrame) or len(key) != 2:
                raise pd.errors.IndexingError(f"Too many indexers: iloc[{key!r}]")
            rows, columns = key[0], chosen_columns(key[1], frame)
            chosen = frame.expr.meta.iloc[:, columns]
            if isinstance(chosen, pd.Series):
                frame = column(frame.expr, chosen.name)
            else:
                frame = project(frame, list(chosen.columns))
        else:
            rows = key
        return self._rows(frame, rows)

    def __setitem__(self, key: Any, value: Any) -> None:
        frame = self._frame
        key = without_ellipsis(called(key, frame), frame.expr.meta.ndim)
        rows, columns = key if type(key) is tuple and len(key) == 2 else (key, slice(None))
        rows = called(rows, frame)
        if frame.expr.meta.ndim == 1:
            frame.expr = put_rows(frame, rows, self._holds, value, "iloc").expr
            return
        found = frame.expr.meta.columns[chosen_columns(columns, frame)]
        labels = list(found) if isinstance(found, pd.Index) else [found]
        for label, own in values_of_columns(value, labels, isinstance(rows, (int, np.integer)), True).items():
            frame[label] = put_rows(frame[label], rows, self._holds, own, "iloc")

    @staticmethod
    def _holds(frame: Any, rows: Any) -> Any:
        """A series that is true for the rows that are meant."""
        return rows if isinstance(rows, FrameBase) else places_in(frame, rows)

    @staticmethod
    def _rows(frame: Any, rows: Any) -> Any:
        rows = called(rows, frame)
        if isinstance(rows, slice):
            if rows == slice(None):
                return new(frame.expr)
            if rows.step is not None and rows.step < 0:
                forwards = slice(sys.maxsize if rows.stop == -1 else after(rows.stop), after(rows.start))
                made = turned(ILocIndexer._rows(frame, forwards))
                return made if rows.step == -1 else ILocIndexer._rows(made, slice(None, None, -rows.step))
            return rows_from_to(frame.expr, rows)
        if isinstance(rows, (int, np.integer)):
            return rows_at(frame, np.array([rows], dtype=np.int64))
        if isinstance(rows, FrameBase):
            raise TypeError("iloc takes numbers: choose rows by a series of booleans with frame[series]")
        if isinstance(getattr(rows, "dtype", None), np.dtype) and rows.dtype.kind in "iu":
            return rows_at(frame, np.array(rows, dtype=np.int64))
        numbers = list(rows)
        if is_truths(numbers):
            held = rows_in_memory(frame.expr)
            if held is not None and len(numbers) != len(held.held.value.index):
                raise IndexError(
                    f"Boolean index has wrong length: {len(numbers)} instead of {len(held.held.value.index)}"
                )
            return filtered(frame, by_place(frame, np.asarray(numbers)))
        if not all(issubclass(kind, (int, np.integer)) for kind in set(map(type, numbers))):
            raise IndexError(f".iloc requires numeric indexers, got {numbers}")
        return rows_at(frame, np.array(numbers, dtype=np.int64))


def rows_at(frame: Any, positions: np.ndarray) -> Any:
    """Rows at some positions, of an array that is nobody else's."""
    expr, edges = frame.expr, edges_of_parts(frame.expr)
    if edges is not None and len(positions):
        positions = counted_from_first(positions, int(edges[-1]))
        place = np.searchsorted(edges, positions, side="right") - 1
        numbers = np.unique(place)
        before = np.concatenate([[0], np.cumsum(np.diff(edges)[numbers])])
        positions = positions - edges[place] + before[np.searchsorted(numbers, place)]
        expr = some_parts(expr, numbers)
    return new(PositionList(expr, Held.of(positions, True)))


def rows_from_to(expr: Any, rows: slice) -> Any:
    """Rows of a slice that goes forwards."""
    start, stop, step = rows.start, rows.stop, rows.step or 1
    edges = edges_of_parts(expr)
    if edges is not None:
        start, stop, step = rows.indices(int(edges[-1]))
        first = min(int(np.searchsorted(edges[:-1], start, side="right")) - 1, len(edges) - 2)
        end = max(first + 1, int(np.searchsorted(edges, stop, side="left")))
        start, stop = start - int(edges[first]), max(start, stop) - int(edges[first])
        expr = some_parts(expr, np.arange(first, end))
    return new(PositionSlice(expr, start, stop, step))


def edges_of_parts(expr: Any) -> np.ndarray | None:
    """At which row each partition begins, and the last one ends, if files tell."""
    source = row_source(expr)
    counts = None if source is None else source.row_counts
    return None if not counts or len(counts) != expr.npartitions else np.concatenate([[0], np.cumsum(counts)])


def some_parts(expr: Any, numbers: np.ndarray) -> Any:
    """Some partitions, in order."""
    return expr if len(numbers) == expr.npartitions else Partitions(expr, tuple(numbers.tolist()))


class AtIndexer:
    """``frame.at[label, column]``: a single value, computed at once."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        frame = self._frame
        if isinstance(frame.expr.meta, pd.DataFrame):
            row, column = key
            frame = project(frame, column)
        else:
            row = key
        return frame.loc[[row]].compute().at[row]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._frame.loc[key] = value


class IAtIndexer:
    """``frame.iat[row, column]``: a single value, computed at once."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        return self._frame.iloc[key].compute().iloc[0]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._frame.iloc[key] = value


class IndexingMethods(FrameBase):
    """Rows and columns by label and position."""

    __slots__ = ()

    @property
    def loc(self) -> LocIndexer:
        """Rows and columns by label.

        A label, a list of labels (in their order, in one partition), a slice with both ends included, a series of booleans or
        a function; after a comma the same for columns. Where divisions are known only the partitions that can have the
        labels are looked at. A single label gives the frame of the rows that have it.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> frame = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3, 4]}), npartitions=2)
        >>> frame.loc[1:2, "a"].compute(scheduler="sync").tolist()
        [2, 3]
        """
        return LocIndexer(self)

    @property
    def iloc(self) -> ILocIndexer:
        """Rows and columns by position: numbers, lists and slices; partitions are counted for it."""
        return ILocIndexer(self)

    @property
    def at(self) -> AtIndexer:
        """A single value by label."""
        return AtIndexer(self)

    @property
    def iat(self) -> IAtIndexer:
        """A single value by position."""
        return IAtIndexer(self)
