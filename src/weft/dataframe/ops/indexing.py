"""Rows and columns by label and by position: ``loc``, ``iloc``, ``at``."""

from __future__ import annotations

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called, new
from weft.dataframe.io.from_pandas import FromPandas, from_pandas, rows_in_memory
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.beside import by_label, by_place, has_rows, places_in
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import filtered
from weft.dataframe.ops.indexing_nodes import LabelList, LabelSlice, LevelList, PositionList, PositionSlice, Reversed
from weft.dataframe.ops.partitions import Partitions
from weft.dataframe.ops.projection import check_columns, column, project

__all__ = ["IndexingMethods", "rows_in_slice"]


def without_ellipsis(key: Any, ndim: int) -> Any:
    """A key in which an ellipsis stands for whole axes, and arrays without an axis for what they hold."""
    if key is Ellipsis:
        return slice(None)
    if type(key) is not tuple:
        return plain_key(key)
    places = [place for place, each in enumerate(key) if each is Ellipsis]
    if len(places) > 1:
        raise pd.errors.IndexingError("indexer may only contain one '...' entry")
    parts = [plain_key(each) for each in key if each is not Ellipsis]
    if places:
        parts[places[0] : places[0]] = [slice(None)] * max(0, ndim - len(parts))
    return parts[0] if len(parts) == 1 else tuple(parts)


def plain_key(key: Any) -> Any:
    """What chooses along one axis: lists in place of iterators, plain values in place of arrays that have no axis."""
    if isinstance(key, np.ndarray) and not key.ndim:
        return key[()]
    if isinstance(key, pd.arrays.BooleanArray):
        return key.to_numpy(bool, na_value=False)
    return list(key) if isinstance(key, Iterator) else key


def chosen_columns(columns: Any, frame: Any) -> Any:
    """Labels or numbers of columns, as a list if they are several."""
    columns = plain_key(called(columns, frame))
    if isinstance(columns, FrameBase):
        columns = columns.compute()
    several = (np.ndarray, pd.Index, pd.Series, range, pd.api.extensions.ExtensionArray)
    return list(columns) if isinstance(columns, several) else columns


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
    start, stop = label_bounds(key, frame.expr.meta.index)
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
    held = rows_in_memory(frame.expr)
    if held is None or (key.start is None and key.stop is None):
        return None
    index = held.held.value.index
    if index.is_monotonic_increasing and not isinstance(index, pd.MultiIndex):
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


#: What names several labels of a level.
LISTS = (list, np.ndarray, pd.Index)


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
        else:
            own = elementwise("level_among", frame.index, level, tuple(each) if isinstance(each, LISTS) else (each,))
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

    Lists have rows in their order, which takes one place.
    """
    keys = key if type(key) is tuple else (key,)
    nlevels = frame.expr.meta.index.nlevels
    if len(keys) > nlevels:
        raise pd.errors.IndexingError(f"Too many indexers: {keys!r} for {nlevels} levels")
    gone = [level for level, each in enumerate(keys) if not isinstance(each, (slice, *LISTS))]
    is_ordered = any(isinstance(each, LISTS) for each in keys)
    holds = in_levels(frame, keys)
    if any(isinstance(each, slice) for each in keys) and (frame.expr.meta.ndim == 2 or is_ordered):
        gone = []
    made = frame if holds is None else filtered(frame, holds)
    if is_ordered:
        told = tuple([None if isinstance(each, slice) else each if np.isscalar(each) else tuple(each) for each in keys])
        return new(LevelList(made.expr, told, tuple(gone)))
    return made.droplevel(gone) if gone and len(gone) < nlevels else made


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
                frame.expr = with_row(frame, pd.Series([value], index=[key], name=meta.name)).expr
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
            frame.expr = with_row(frame, pd.DataFrame(values_of_row(value, labels), index=[rows])).expr
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
        if isinstance(rows, str) and isinstance(frame.expr.meta.index, (pd.DatetimeIndex, pd.PeriodIndex)):
            rows = slice(rows, rows)
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
            if rows == slice(None):
                return places_in(frame, rows)
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
        labels = list(rows) if isinstance(rows, (list, tuple, range, np.ndarray, pd.Index)) else [rows]
        held = rows_in_memory(frame.expr)
        if held is not None and isinstance(rows, (list, np.ndarray, pd.Index)):
            missing = [each for each in labels if each not in held.held.value.index]
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
        if isinstance(frame.expr.meta.index, (pd.DatetimeIndex, pd.PeriodIndex)) and isinstance(rows, str):
            return rows_between(frame, slice(rows, rows))
        return rows_of(
            frame, list(rows) if type(rows) is tuple and frame.expr.meta.index.dtype != np.dtype(object) else [rows]
        )


def is_rows_and_columns(frame: Any, key: tuple[Any, ...]) -> bool:
    """Whether a pair tells rows and columns; with an index of levels it may be a label of these."""
    return not isinstance(frame.expr.meta.index, pd.MultiIndex) or is_of_both_axes(frame, key)


def is_truths(columns: Any) -> bool:
    """Whether columns are chosen by truth values."""
    return isinstance(columns, list) and bool(columns) and all(isinstance(each, (bool, np.bool_)) for each in columns)


def is_one_label(rows: Any) -> bool:
    """Whether rows are told by a single label."""
    return pd.api.types.is_scalar(rows) and rows is not None


def is_absent(frame: Any, rows: Any) -> bool:
    """Whether rows are told by a label of an index of one level that no row has; the labels are computed for it."""
    index = frame.expr.meta.index
    if not is_one_label(rows) or index.nlevels > 1 or isinstance(rows, datetime.time):
        return False
    if isinstance(rows, str) and isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        return False
    if isinstance(index, pd.IntervalIndex):
        return False
    held = rows_in_memory(frame.expr)
    if held is not None:
        return rows not in held.held.value.index
    only = project(frame, []) if frame.expr.meta.ndim == 2 else frame
    return not len(rows_of(only, [rows], required=False).compute())


def values_of_row(value: Any, labels: list[Any]) -> dict[Any, Any]:
    """What stands in each of some columns, where a value for a single row is put.

    Raises
    ------
    ValueError
        There are not as many values as columns.
    """
    if isinstance(value, FrameBase) and value.expr.meta.ndim == 1:
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
        if held is not None and value.index.is_unique and not isinstance(rows, FrameBase) and len(value):
            index = held.held.value.index
            if (
                pd.Series(index, index=index)
                .loc[rows if isinstance(rows, slice) else atleast_list(rows)]
                .isin(value.index)
                .all()
            ):
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
        if is_truths(numbers):
            held = rows_in_memory(frame.expr)
            if held is not None and len(numbers) != len(held.held.value.index):
                raise IndexError(
                    f"Boolean index has wrong length: {len(numbers)} instead of {len(held.held.value.index)}"
                )
            return filtered(frame, by_place(frame, np.asarray(numbers)))
        if not all(isinstance(each, (int, np.integer)) for each in numbers):
            raise IndexError(f".iloc requires numeric indexers, got {numbers}")
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
