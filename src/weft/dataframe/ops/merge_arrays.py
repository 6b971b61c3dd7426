"""Joins by values that are no columns: arrays and series beside the rows of a side."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.ops.beside import by_place
from weft.dataframe.ops.projection import project

__all__ = ["has_arrays", "merge_by_arrays"]


def keys_given(on: Any) -> list[Any]:
    """The keys of a side, one by one."""
    return list(on) if isinstance(on, (list, tuple)) else [on]


def is_array(frame: Any, key: Any) -> bool:
    """Whether a key is values for the rows, rather than a label."""
    if isinstance(key, FrameBase):
        label = key.expr.meta.name if isinstance(key.expr.meta, pd.Series) else None
        return label not in frame.expr.columns or key.expr.name != frame[label].expr.name
    return isinstance(key, (np.ndarray, pd.Series, pd.Index, pd.api.extensions.ExtensionArray))


def has_arrays(frame: Any, on: Any) -> bool:
    """Whether values for the rows are among the keys of a side."""
    if isinstance(on, pd.Index) and all(each in frame.expr.columns for each in on):
        return False  # labels
    if isinstance(on, tuple) and on in frame.expr.columns:
        return False  # one label
    return on is not None and any(is_array(frame, each) for each in keys_given(on))


def with_values(frame: Any, label: str, key: Any, word: str) -> Any:
    """A side with the values of a key as a column."""
    if isinstance(key, FrameBase):
        if is_array(frame, key) and key.expr.rows != frame.expr.rows:
            raise NotImplementedError(
                f"merge({word}=...) takes series of the same rows: assign(...) it as a column, and give its label"
            )
        return frame.assign(**{label: key})
    if is_array(frame, key):
        return frame.assign(**{label: by_place(frame, key)})
    return frame.assign(**{label: frame[key]})


def merge_by_arrays(
    merge: Callable[..., Any], left: Any, right: Any, how: str, left_on: Any, right_on: Any, **options: Any
) -> Any:
    """A join in which values for the rows stand for keys; they become columns, and what pandas gives is put together.

    pandas has one column for such a key: under the label of the other side's key if that is a column, and else ``key_0``,
    ``key_1`` and so on.
    """
    sides = None if left_on is None else keys_given(left_on), None if right_on is None else keys_given(right_on)
    count = len(sides[0] if sides[0] is not None else sides[1] or ())
    if sides[0] is not None and sides[1] is not None and len(sides[0]) != len(sides[1]):
        raise ValueError(
            f"len(right_on) must equal len(left_on): there are {len(sides[0])} keys on the left and {len(sides[1])} on the right"
        )
    labels: dict[
        str, tuple[int, Hashable, str]
    ] = {}  # of columns made here: place, label in the result, whose key it is
    for place in range(count):
        one = sides[0][place] if sides[0] is not None else None
        two = sides[1][place] if sides[1] is not None else None
        arrays = [
            each is not None and is_array(side, key)
            for side, each, key in ((left, sides[0], one), (right, sides[1], two))
        ]
        if not any(arrays):
            continue
        fresh = f"__key_{place}__"
        if sides[0] is not None:
            left, sides[0][place] = with_values(left, fresh, one, "left_on"), fresh
        if sides[1] is not None:
            right, sides[1][place] = with_values(right, fresh, two, "right_on"), fresh
        named = [
            getattr(key, "name", key)
            for each, key, array in zip(sides, (one, two), arrays)
            if each is not None and not array
        ]
        labels[fresh] = (place, named[0] if named else f"key_{place}", "right" if arrays[0] else "left")
    made = merge(left, right, how, left_on=sides[0], right_on=sides[1], **options)
    order = [label for label in made.expr.columns if label not in labels]
    names: dict[Hashable, Hashable] = {}
    for fresh, (place, label, side) in labels.items():
        if label not in order:
            order.insert(place, fresh)
        elif how not in ("inner", side, "leftsemi"):  # rows without a match have the values of the other side
            order[order.index(label)] = fresh
        else:
            continue
        names[fresh] = label
    return project(made, order).rename(columns=names)
