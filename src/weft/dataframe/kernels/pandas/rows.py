"""Kernels that treat each row by itself."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.elementwise import pairs_to_dict
from weft.dataframe.kernels.pandas.runs import united
from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("Projection")
def project(frame: pd.DataFrame, columns: Any) -> Any:
    """Some columns (a list of labels), or one of them."""
    return frame[list(columns)] if type(columns) is tuple else frame[columns]


@PANDAS.add("Subcolumns")
def project_under(frame: pd.DataFrame, key: Any) -> Any:
    """What columns of several levels have under a label."""
    return frame[key]


@PANDAS.add("Filter")
def keep_where(frame: Any, predicate: pd.Series) -> Any:
    """Rows where the predicate holds; a missing value does not."""
    if len(predicate) != len(frame) or (predicate.index is not frame.index and not predicate.index.equals(frame.index)):
        predicate = predicate.reindex(frame.index)
    if predicate.dtype != bool:
        predicate = predicate.fillna(False).astype(bool)
    if isinstance(frame, pd.Series):  # a third of the time of frame[predicate], which looks at all rows twice
        return frame.take(predicate.to_numpy().nonzero()[0])
    return frame[predicate]


@PANDAS.add("Assign")
def assign(frame: pd.DataFrame, *values: Any) -> pd.DataFrame:
    """Columns added or replaced: those that are series come first, then the labels and the scalars."""
    *series, labels, scalars = values
    columns: list[Any] = list(series)
    for place, value in scalars:
        columns.insert(place, value)
    made = frame.copy(deep=False)
    for label, column in zip(labels, columns, strict=True):
        if isinstance(column, pd.Series) and not len(made):
            column = column.reindex(made.index)  # of a frame without rows pandas would take those of the column
        made[label] = column
    return made


@PANDAS.add("FromPandas")
def rows_between(whole: Any, bounds: tuple[int, int]) -> Any:
    """Rows by position."""
    return whole.iloc[bounds[0] : bounds[1]]


def only_columns(frame: Any, columns: tuple[Hashable, ...]) -> Any:
    """A frame's columns; shares their memory."""
    return frame[list(columns)]


@PANDAS.add("IndexOf")
def index_of(frame: Any) -> pd.Index:
    """The labels of the rows."""
    return frame.index


@PANDAS.add("WithIndex")
def with_index(frame: Any, labels: Any) -> Any:
    """Rows with other labels."""
    return frame.set_axis(labels if isinstance(labels, pd.Index) else pd.Index(labels), axis=0)


@PANDAS.add("Relabel")
def relabel(frame: pd.DataFrame, labels: tuple[tuple[Hashable, Hashable], ...]) -> pd.DataFrame:
    """Columns with other labels."""
    new = dict(labels)
    return frame.set_axis(pd.Index([new[label] for label in frame.columns], name=frame.columns.name), axis=1)


@PANDAS.add("RelabelAt")
def relabel_at(frame: pd.DataFrame, labels: pd.Index) -> pd.DataFrame:
    """Columns with these labels."""
    return frame.set_axis(labels, axis=1)


@PANDAS.add("Renamed")
def rename(column: Any, title: Hashable) -> Any:
    """A series or index of another name."""
    return column.rename(title)


@PANDAS.add("RenameAxis")
def rename_axis(frame: Any, options: tuple[tuple[str, Any], ...]) -> Any:
    """Other names of the axes."""
    words = {word: pairs_to_dict(each) for word, each in options}
    return frame.rename_axis(**{word: list(each) if type(each) is tuple else each for word, each in words.items()})


@PANDAS.add("ToFrame")
def to_frame(column: Any, options: tuple[tuple[str, Any], ...], series: bool) -> Any:
    """A series or index as a frame, or an index as a series."""
    return column.to_series(**dict(options)) if series else column.to_frame(**dict(options))


@PANDAS.add("ResetIndex")
def reset_index(frame: Any, before: int | None, drop: bool, options: tuple[tuple[str, Any], ...]) -> Any:
    """Rows numbered from ``before``."""
    words = {word: list(each) if isinstance(each, tuple) and word == "names" else each for word, each in options}
    made = frame.reset_index(drop=drop, **words)
    if before:
        made.index = pd.RangeIndex(before, before + len(made))
    return made


@PANDAS.add("CountRows")
def count_rows(partition: Any) -> int:
    """Number of rows."""
    return len(partition)


@PANDAS.add("AddCounts")
def add_counts(earlier: int, later: int) -> int:
    """Rows of two."""
    return earlier + later


@PANDAS.add("DropMissing")
def drop_missing(frame: Any, how: str | None, subset: tuple[Hashable, ...] | None, thresh: int | None) -> Any:
    """Rows without missing values."""
    if not isinstance(frame, pd.DataFrame):
        return frame.dropna()
    words: dict[str, Any] = {"how": how} if how is not None else {"thresh": thresh} if thresh is not None else {}
    return frame.dropna(subset=None if subset is None else list(subset), **words)


@PANDAS.add("Partitions", "Same")
def same(partition: Any) -> Any:
    """The partition itself."""
    return partition


@PANDAS.add("EndsChunk")
def ends_chunk(partition: Any, count: int, last: bool) -> Any:
    """Rows at an end of one partition, which may be among those of the whole; all of them if some are left out."""
    if count < 0:
        return partition
    return end_of(partition, count, last)


@PANDAS.add("EndsCombine")
def ends_combine(count: int, last: bool, *parts: Any) -> Any:
    """Rows at an end of several."""
    return end_of(joined(parts), count, last)


@PANDAS.add("EndsWhole")
def end_of(partition: Any, count: int, last: bool) -> Any:
    """Rows at an end."""
    if last:
        return partition[-count:] if count > 0 else partition[len(partition) :] if count == 0 else partition[-count:]
    return partition[:count]


def joined(parts: Any) -> Any:
    """Partitions one after another; categories that differ become those of all."""
    filled = [part for part in parts if len(part)] or list(parts[:1])
    first = filled[0]
    if isinstance(first, pd.Index):
        return first.append(filled[1:]) if len(filled) > 1 else first
    alike = [part for part in parts if np.shape(part)[1:] == np.shape(first)[1:]]  # empty ones have categories, too
    if isinstance(first, pd.Series):
        kind = categories_of_all([part.dtype for part in alike])
        filled = filled if kind is None else [part.astype(kind) for part in filled]
    else:
        places = [place for place, dtype in enumerate(first.dtypes) if isinstance(dtype, pd.CategoricalDtype)]
        kinds = {place: categories_of_all([part.dtypes.iloc[place] for part in alike]) for place in places}
        wanted = {first.columns[place]: kind for place, kind in kinds.items() if kind is not None}
        filled = [part.astype(wanted) for part in filled] if wanted else filled
    return with_object_labels(pd.concat(filled), filled) if len(filled) > 1 else filled[0]


def with_object_labels(made: Any, parts: list[Any]) -> Any:
    """Rows put together whose labels are objects, if they were in all parts: pandas makes text of them where it can."""
    if all(part.index.dtype == np.dtype(object) and part.index.nlevels == 1 for part in parts):
        labels = np.concatenate([part.index.to_numpy() for part in parts])
        made.index = pd.Index(labels, dtype=object, name=made.index.name)
    return made


def categories_of_all(kinds: list[Any]) -> pd.CategoricalDtype | None:
    """The categories of a column of several partitions, where they differ; None where there is nothing to be changed."""
    if not all(isinstance(kind, pd.CategoricalDtype) for kind in kinds) or all(kind == kinds[0] for kind in kinds):
        return None
    is_sorted = all(kind.categories.is_monotonic_increasing for kind in kinds)
    if any(kind.ordered for kind in kinds) and not (is_sorted and all(kind.ordered for kind in kinds)):
        return None
    try:
        return united(kinds)
    except TypeError:  # categories of types that cannot be told apart in one
        return None


@PANDAS.add("OneRow")
def one_row(value: Any, label: Any) -> pd.Series:
    """A value as a series."""
    return pd.Series([value], index=[label])


@PANDAS.add("Repeat")
def repeat(partition: Any, times: int) -> Any:
    """Each row so many times."""
    return partition.repeat(times)
