"""Rows and columns by label and by position: ``loc``, ``iloc``, ``at``."""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.ops.beside import by_label, by_place, has_rows, places_in
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import filtered
from weft.dataframe.ops.indexing_nodes import LabelList, LabelSlice, PositionList, PositionSlice, Reversed
from weft.dataframe.ops.partitions import Partitions
from weft.dataframe.ops.projection import check_columns, column, project

__all__ = ["IndexingMethods", "rows_in_slice"]


def label_bounds(key: slice, expr: FrameExpr) -> tuple[Any, Any]:
    """Both ends of a slice of labels; text that names a span of time stands for its first or last moment."""
    index = expr.meta.index
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
    start, stop = label_bounds(key, frame.expr)
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
            raise KeyError(f"{labels!r} are not labels of an index of {source.meta.index.dtype}") from error
        if required and not places:
            raise KeyError(f"{labels!r} not in index: it goes from {edges[0]!r} to {edges[-1]!r}")
        numbers = tuple(sorted(set(places)))
        if numbers and len(numbers) < source.npartitions:
            source = Partitions(source, numbers)
    return new(LabelList(source, tuple(labels), required))


def rows_in_slice(frame: Any, key: slice) -> Any:
    """``frame[start:stop]``: by position if the ends are integers, as in pandas; by label otherwise."""
    ends = [each for each in (key.start, key.stop, key.step) if each is not None]
    if ends and all(isinstance(each, (int, np.integer)) for each in ends):
        return frame.iloc[key]
    return frame.loc[key]


def is_of_both_axes(frame: Any, key: tuple[Any, ...]) -> bool:
    """Whether a tuple, beside an index of several levels, is rows and columns; otherwise it is labels of levels."""
    if len(key) != 2:
        return False
    rows, columns = key
    if isinstance(rows, (tuple, slice, list, FrameBase, np.ndarray, pd.Index, pd.Series)):
        return True
    return isinstance(columns, (slice, list)) or (columns in frame.expr.meta.columns)


def rows_by_levels(frame: Any, key: Any) -> Any:
    """Rows by labels of the first levels of the index, which are left out unless all are given."""
    keys = key if type(key) is tuple else (key,)
    nlevels = frame.expr.meta.index.nlevels
    if len(keys) > nlevels:
        raise pd.errors.IndexingError(f"Too many indexers: {keys!r} for {nlevels} levels")
    holds: Any = None
    gone: list[int] = []
    for level, each in enumerate(keys):
        if isinstance(each, slice) and each == slice(None):
            continue
        if isinstance(each, slice):
            raise NotImplementedError("loc by slices of levels is not supported: reset_index() and filter by columns")
        is_list = isinstance(each, (list, np.ndarray, pd.Index))
        own = elementwise("level_among", frame.index, level, tuple(each) if is_list else (each,))
        holds = own if holds is None else holds & own
        if not is_list:
            gone.append(level)
    if any(isinstance(each, slice) for each in keys):
        gone = []
    made = frame if holds is None else filtered(frame, holds)
    return made.droplevel(gone) if gone and len(gone) < nlevels else made


class LocIndexer:
    """``frame.loc[rows]``, ``frame.loc[rows, columns]``."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        frame = self._frame
        is_frame = isinstance(frame.expr.meta, pd.DataFrame)
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
        if isinstance(frame.expr.meta, pd.DataFrame):
            rows, columns = key if type(key) is tuple and len(key) == 2 else (key, slice(None))
            labels = list(frame.expr.meta.loc[:, columns].columns) if isinstance(columns, slice) else columns
            for label in labels if isinstance(labels, list) else [labels]:
                if label in frame.expr.meta.columns:
                    changed = put_where(frame[label], self._holds(frame, rows), value)
                elif isinstance(rows, slice) and rows == slice(None):
                    changed = value
                else:
                    raise KeyError(
                        f"loc[rows, {label!r}] = value: there is no such column. Make it first: df[{label!r}] = ..."
                    )
                frame[label] = changed
            return
        frame.expr = put_where(frame, self._holds(frame, key), value).expr

    @staticmethod
    def _holds(frame: Any, rows: Any) -> Any:
        """A series that is true for the rows that are meant."""
        rows = called(rows, frame)
        if isinstance(rows, FrameBase):
            return rows
        if isinstance(rows, str) and isinstance(frame.expr.meta.index, (pd.DatetimeIndex, pd.PeriodIndex)):
            rows = slice(rows, rows)
        if isinstance(rows, pd.Series) and rows.dtype == bool:
            return by_label(frame, rows)
        if has_rows(rows) and len(rows) and all(isinstance(each, (bool, np.bool_)) for each in rows):
            return by_place(frame, np.asarray(rows, dtype=bool))
        if isinstance(rows, slice):
            if rows == slice(None):
                return places_in(frame, rows)
            if rows.start is None and rows.stop is None:
                return places_in(frame, rows)
            start, stop = label_bounds(rows, frame.expr)
            labels = frame.index
            holds = labels >= start if start is not None else labels <= stop
            holds = holds & (labels <= stop) if start is not None and stop is not None else holds
            if rows.step in (None, 1):
                return holds
            if rows.step < 0:
                raise NotImplementedError("loc[start:stop:step] = value takes a step forwards")
            return holds & ((holds.astype("int64").cumsum() - 1) % rows.step == 0)
        return frame.index.isin(list(rows) if isinstance(rows, (list, tuple, np.ndarray, pd.Index)) else [rows])

    @staticmethod
    def _columns(frame: Any, columns: Any) -> Any:
        columns = called(columns, frame)
        known = frame.expr.meta.columns
        if isinstance(columns, slice):
            return project(frame, list(frame.expr.meta.loc[:, columns].columns))
        if isinstance(columns, (list, np.ndarray, pd.Index, pd.Series)):
            chosen = list(columns)
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
        if isinstance(frame.expr.meta.index, (pd.DatetimeIndex, pd.PeriodIndex)) and isinstance(rows, str):
            return rows_between(frame, slice(rows, rows))
        return rows_of(frame, [rows])


def put_where(column: Any, holds: Any, value: Any) -> Any:
    """A column with another value in the rows that are meant: one value, or a collection's."""
    if has_rows(value):
        raise NotImplementedError(
            "to put a list of values into some rows is not supported: their number is not known before it is computed. "
            "Give one value, or a series with the labels of the frame"
        )
    return column.mask(holds, value)


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
        if type(key) is tuple:
            if not isinstance(frame.expr.meta, pd.DataFrame) or len(key) != 2:
                raise pd.errors.IndexingError(f"Too many indexers: iloc[{key!r}]")
            rows, columns = key
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
        rows, columns = key if type(key) is tuple and len(key) == 2 else (key, slice(None))
        holds = called(rows, frame)
        if not isinstance(holds, FrameBase):
            holds = places_in(frame, holds)
        if not isinstance(frame.expr.meta, pd.DataFrame):
            frame.expr = put_where(frame, holds, value).expr
            return
        labels = frame.expr.meta.columns[columns]
        for label in labels if isinstance(labels, pd.Index) else [labels]:
            frame[label] = put_where(frame[label], holds, value)

    @staticmethod
    def _rows(frame: Any, rows: Any) -> Any:
        rows = called(rows, frame)
        if isinstance(rows, slice):
            if rows == slice(None):
                return frame
            if rows.step is not None and rows.step < 0:
                forwards = slice(after(rows.stop), after(rows.start))
                made = turned(ILocIndexer._rows(frame, forwards))
                return made if rows.step == -1 else ILocIndexer._rows(made, slice(None, None, -rows.step))
            return new(PositionSlice(frame.expr, rows.start, rows.stop, rows.step or 1))
        if isinstance(rows, (int, np.integer)):
            return new(PositionList(frame.expr, (int(rows),)))
        if isinstance(rows, FrameBase):
            raise TypeError("iloc takes numbers: choose rows by a series of booleans with frame[series]")
        numbers = list(rows)
        if numbers and all(isinstance(each, (bool, np.bool_)) for each in numbers):
            numbers = [place for place, each in enumerate(numbers) if each]
        return new(PositionList(frame.expr, tuple([int(each) for each in numbers])))


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


class IAtIndexer:
    """``frame.iat[row, column]``: a single value, computed at once."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def __getitem__(self, key: Any) -> Any:
        return self._frame.iloc[key].compute().iloc[0]


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
