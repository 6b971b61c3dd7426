"""What users write in brackets: keys of rows and columns, told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, called
from weft.dataframe.ops.neighbours import is_timelike

__all__ = [
    "chosen_columns",
    "is_by_position",
    "is_entry",
    "is_of_both_axes",
    "is_one_label",
    "is_rows_and_columns",
    "is_truths",
    "without_ellipsis",
]


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


def is_of_both_axes(frame: Any, key: tuple[Any, ...]) -> bool:
    """Whether a tuple, beside an index of several levels, is rows and columns; otherwise it is labels of levels."""
    if len(key) != 2:
        return False
    rows, columns = key
    if isinstance(rows, (tuple, slice, list, FrameBase, np.ndarray, pd.Index, pd.Series)):
        return True
    return isinstance(columns, (slice, list)) or (columns in frame.expr.meta.columns)


def is_rows_and_columns(frame: Any, key: tuple[Any, ...]) -> bool:
    """Whether a pair tells rows and columns; with an index of levels it may be a label of these."""
    return not isinstance(frame.expr.meta.index, pd.MultiIndex) or is_of_both_axes(frame, key)


def is_truths(columns: Any) -> bool:
    """Whether columns are chosen by truth values."""
    return isinstance(columns, list) and bool(columns) and all(isinstance(each, (bool, np.bool_)) for each in columns)


def is_one_label(rows: Any) -> bool:
    """Whether rows are told by a single label."""
    return pd.api.types.is_scalar(rows) and rows is not None


def is_entry(series: Any, key: Any) -> bool:
    """Whether a key is the whole label of a row: of all levels, and not a text that names a span of time."""
    labels = series.expr.meta.index
    if isinstance(labels, pd.MultiIndex):
        return type(key) is tuple and len(key) == labels.nlevels and all(map(is_one_label, key))
    return is_one_label(key) and not (isinstance(key, str) and is_timelike(labels))


def is_by_position(key: slice) -> bool:
    """Whether a slice of rows, as in ``frame[start:stop]``, counts rows: where its ends are integers; of all rows it does."""
    return all(each is None or isinstance(each, (int, np.integer)) for each in (key.start, key.stop, key.step))
