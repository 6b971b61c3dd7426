"""What rows are grouped by: columns, series beside them, levels and functions of the index."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.expr import FrameExpr, have_same_rows
from weft.dataframe.io.from_pandas import rows_in_memory
from weft.dataframe.kernels.pandas.grouping import By
from weft.dataframe.ops.beside import by_label, by_place, has_rows, name_of
from weft.dataframe.ops.labels import columns_as_before
from weft.dataframe.ops.projection import Projection, missing_column
from weft.dataframe.ops.time_bins import time_bins

__all__ = ["keys_by_level", "keys_of", "with_keys"]


def keys_by_level(frame: Any, level: Any) -> tuple[list[By], list[FrameExpr], bool]:
    """Keys that are levels of the index."""
    is_listed = isinstance(level, (list, tuple))
    return [level_key(frame, each) for each in (level if is_listed else [level])], [], is_listed


def level_key(frame: Any, level: Any) -> By:
    """A level of the index, by number or name."""
    index = frame.expr.meta.index
    number = index._get_level_number(level)
    return By("level", number, index.names[number])


def mapped_level(frame: Any, by: Any, level: Any) -> Any:
    """A series with what a mapping or function makes of a level of the labels."""
    number = frame.expr.meta.index._get_level_number(level)
    labels = frame.index.to_frame(index=True)
    column = labels[labels.expr.columns[number]]
    return column.map(dict(by) if isinstance(by, (Mapping, pd.Series)) else by).rename(
        frame.expr.meta.index.names[number]
    )


def keys_of(frame: Any, by: Any) -> tuple[list[By], list[FrameExpr], bool]:
    """Keys of every kind."""
    if by is None:
        raise TypeError("You have to supply one of 'by' and 'level'")
    meta = frame.expr.meta
    if isinstance(by, list) and is_array(frame.expr, by):
        by = pd.Index(by, tupleize_cols=False)
    is_listed = isinstance(by, list) or (isinstance(by, tuple) and not (meta.ndim == 2 and by in meta.columns))
    keys: list[By] = []
    blocks: list[FrameExpr] = []
    for each in by if is_listed else [by]:
        keys.append(one_key(frame, each, blocks))
    return keys, blocks, is_listed


def is_array(expr: FrameExpr, by: list[Any]) -> bool:
    """Whether a list has a key for each row, and is not one of columns: if it is as long as a frame whose length is known."""
    known = {
        *[name for name in expr.meta.index.names if name is not None],
        *(expr.columns if expr.meta.ndim == 2 else ()),
    }
    if not all(is_label(each) and not callable(each) for each in by) or any(
        is_label(each) and each in known for each in by
    ):
        return False
    if any(isinstance(each, (FrameBase, pd.Grouper)) for each in by):
        return False
    source = rows_in_memory(expr)
    return source is not None and source.bounds[-1][1] == len(by)


def one_key(frame: Any, by: Any, blocks: list[FrameExpr]) -> By:
    """One key."""
    expr = frame.expr
    if isinstance(by, FrameBase):
        key = by.expr
        if key.meta.ndim == 2:
            raise ValueError(f"Grouper for {type(by).__name__!r} not 1-dimensional")
        if (
            isinstance(key, Projection)
            and key.source == expr
            and type(key.chosen) is not tuple
            and key.chosen not in expr.meta.index.names  # a label of both could be either
        ):
            return By("column", key.chosen, key.chosen)
        blocks.append(key)
        return By("block", len(blocks) - 1, key.meta.name)
    if isinstance(by, pd.Grouper):
        if getattr(by, "freq", None) is not None:
            bins = time_bins(frame.expr, by)
            blocks.append(bins)
            return By("block", len(blocks) - 1, bins.meta.name)
        return one_key(frame, by.key, blocks) if by.key is not None else level_key(frame, by.level)
    if isinstance(by, pd.Series) or (has_rows(by) and not isinstance(by, tuple)):
        key = (by_label(frame, by) if isinstance(by, pd.Series) else by_place(frame, by, name_of(by))).expr
        blocks.append(key)
        return By("block", len(blocks) - 1, key.meta.name)
    if isinstance(by, Mapping):
        return By("function", dict(by), expr.meta.index.name)
    if expr.meta.ndim == 2 and is_label(by) and isinstance(expr.meta.columns, pd.MultiIndex) and by not in expr.columns:
        whole = (*(by if isinstance(by, tuple) else (by,)), *[""] * expr.meta.columns.nlevels)[
            : expr.meta.columns.nlevels
        ]
        if whole in expr.columns:
            return By("column", whole, by)
    if expr.meta.ndim == 2 and is_label(by) and by in expr.columns:
        return By("column", by, by)
    if is_label(by) and by in expr.meta.index.names and by is not None:
        return level_key(frame, by)
    if callable(by):
        return By("function", by, expr.meta.index.name)
    raise KeyError(missing_column(by, expr.columns))


def with_keys(frame: Any, by: Any) -> tuple[Any, Any]:
    """A frame and what it is grouped by, such that series of other rows have its rows: matched by their labels."""
    listed = by if isinstance(by, list) else [by]
    others = [
        place
        for place, each in enumerate(listed)
        if isinstance(each, FrameBase)
        and each.expr.meta.ndim == 1
        and (not have_same_rows(each.expr, frame.expr) or each.expr.npartitions != frame.expr.npartitions)
    ]
    if not others:
        return frame, by
    is_frame = frame.expr.meta.ndim == 2
    whole = frame if is_frame else frame.to_frame(VALUES_LABEL)
    for place in others:
        key = listed[place] if isinstance(listed[place].expr.meta, pd.Series) else listed[place].to_series()
        whole = whole.assign(**{f"{KEY_LABEL}{place}": key})
    keys = list(listed)
    for place in others:
        keys[place] = whole[f"{KEY_LABEL}{place}"].rename(listed[place].name)
    frame = columns_as_before(whole, frame.expr.meta.columns) if is_frame else whole[VALUES_LABEL].rename(frame.name)
    return frame, keys if isinstance(by, list) else keys[0]


#: Labels of columns that stand for what is grouped, and by what, while they are matched.
VALUES_LABEL, KEY_LABEL = "__values__", "__key__"


def is_label(value: Any) -> bool:
    """Whether a value can be a label."""
    return isinstance(value, Hashable)
