"""What rows are grouped by: columns, series beside them, levels and functions of the index."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.grouping import By
from weft.dataframe.ops.projection import Projection, missing_column
from weft.dataframe.ops.time_bins import time_bins

__all__ = ["keys_by_level", "keys_of"]


def keys_by_level(frame: Any, level: Any) -> tuple[list[By], list[FrameExpr], bool]:
    """Keys that are levels of the index."""
    is_listed = isinstance(level, (list, tuple))
    return [level_key(frame, each) for each in (level if is_listed else [level])], [], is_listed


def level_key(frame: Any, level: Any) -> By:
    """A level of the index, by number or name."""
    index = frame.expr.meta.index
    number = index._get_level_number(level)
    return By("level", number, index.names[number])


def keys_of(frame: Any, by: Any) -> tuple[list[By], list[FrameExpr], bool]:
    """Keys of every kind."""
    if by is None:
        raise TypeError("You have to supply one of 'by' and 'level'")
    meta = frame.expr.meta
    is_listed = isinstance(by, list) or (isinstance(by, tuple) and not (meta.ndim == 2 and by in meta.columns))
    keys: list[By] = []
    blocks: list[FrameExpr] = []
    for each in by if is_listed else [by]:
        keys.append(one_key(frame, each, blocks))
    return keys, blocks, is_listed


def one_key(frame: Any, by: Any, blocks: list[FrameExpr]) -> By:
    """One key."""
    expr = frame.expr
    if isinstance(by, FrameBase):
        key = by.expr
        if key.meta.ndim == 2:
            raise ValueError(f"Grouper for {type(by).__name__!r} not 1-dimensional")
        if isinstance(key, Projection) and key.source == expr and type(key.chosen) is not tuple:
            return By("column", key.chosen, key.chosen)
        if key.rows != expr.rows or key.npartitions != expr.npartitions:
            raise ValueError(
                "cannot group by a series whose rows come from another frame or filter: "
                "start from one frame, e.g. df[df.a > 0].groupby(df[df.a > 0].b), or assign(...) it as a column"
            )
        blocks.append(key)
        return By("block", len(blocks) - 1, key.meta.name)
    if isinstance(by, pd.Grouper):
        if getattr(by, "freq", None) is not None:
            bins = time_bins(frame.expr, by)
            blocks.append(bins)
            return By("block", len(blocks) - 1, bins.meta.name)
        return one_key(frame, by.key, blocks) if by.key is not None else level_key(frame, by.level)
    if isinstance(by, (pd.Series, np.ndarray, pd.Index)):
        raise TypeError(
            f"cannot group by a {type(by).__name__}, whose rows have no partitions: use from_pandas(...) first"
        )
    if isinstance(by, Mapping):
        return By("function", dict(by), None)
    if expr.meta.ndim == 2 and is_label(by) and by in expr.columns:
        return By("column", by, by)
    if is_label(by) and by in expr.meta.index.names and by is not None:
        return level_key(frame, by)
    if callable(by):
        return By("function", by, None)
    raise KeyError(missing_column(by, expr.columns))


def is_label(value: Any) -> bool:
    """Whether a value can be a label."""
    return isinstance(value, Hashable)
