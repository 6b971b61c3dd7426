"""Keys of tables: labels of columns, and whatever else has an entry for each row."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.ops.beside import by_label, by_place, name_of
from weft.dataframe.ops.time_bins import time_bins

__all__ = ["labels_of", "with_key_columns"]


def labels_of(value: Any) -> list[Hashable]:
    """One label or several, as a list."""
    if value is None:
        return []
    is_one = isinstance(value, (str, bytes)) or not isinstance(value, (list, tuple, pd.Index, Collection))
    return [value] if is_one else list(value)


def keys_listed(given: Any) -> list[Any]:
    """One key or several: labels, values for the rows, functions of labels, or periods."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def key_column(data: Any, key: Any) -> Any:
    """What a key that is no label stands for, as a series with the rows of a frame; None for labels."""
    if isinstance(key, pd.Grouper):
        return new(time_bins(data.expr, key)) if getattr(key, "freq", None) is not None else None
    if isinstance(key, FrameBase):
        return key
    if isinstance(key, pd.Series):
        return by_label(data, key)
    if isinstance(key, (np.ndarray, pd.Index, pd.api.extensions.ExtensionArray)):
        return by_place(data, key, name_of(key))
    if callable(key) and key not in data.expr.columns:
        return data.index.to_series().map(key).rename(data.expr.meta.index.name)
    return None


def with_key_columns(data: Any, given: Any, side: str) -> tuple[Any, Any, list[Hashable]]:
    """A frame in which all keys are columns, the keys by label, and the names that pandas gives them."""
    labels: list[Hashable] = []
    names: list[Hashable] = []
    for place, key in enumerate(keys_listed(given)):
        column = key_column(data, key)
        if column is None:
            labels.append(key.key if isinstance(key, pd.Grouper) else key)
            names.append(labels[-1])
            continue
        labels.append(f"__{side}{place}__")
        names.append(column.expr.meta.name)
        data = data.assign(**{f"__{side}{place}__": column})
    is_single = given is None or not isinstance(given, (list, tuple))
    return data, (labels[0] if labels else None) if is_single else labels, names
