"""Joins by an index of several levels, of which the other side has only some."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd

from weft.dataframe.base import new
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.label_nodes import IndexOf
from weft.dataframe.ops.labels import relabelled, with_index
from weft.dataframe.ops.projection import project

__all__ = ["differs_in_levels", "merge_by_levels", "with_levels"]


def differs_in_levels(left: Any, right: Any) -> bool:
    """Whether two indexes have different levels, at least one of them several."""
    one, two = left.expr.meta.index, right.expr.meta.index
    return max(one.nlevels, two.nlevels) > 1 and list(one.names) != list(two.names)


def with_columns_of_levels(frame: Any, start: str) -> tuple[Any, list[str]]:
    """A frame whose labels are columns in front, and what these are called."""
    made = [f"{start}{place}" for place in range(frame.expr.meta.index.nlevels)]
    renamed = with_index(frame, elementwise("set_names", new(IndexOf(frame.expr)), tuple(made)))
    return renamed.reset_index(), made


def with_levels(frame: Any, columns: list[Any], names: list[Hashable]) -> Any:
    """A frame with some columns as the levels of its labels, which then have these names."""
    made = frame.set_index(columns if len(columns) > 1 else columns[0], sort=False)
    told: Any = tuple(names) if len(names) > 1 else names[0]
    return with_index(made, elementwise("set_names", new(IndexOf(made.expr)), told))


def merge_by_levels(merge: Callable[..., Any], left: Any, right: Any, how: str, suffixes: Any, **options: Any) -> Any:
    """A join by the levels that both indexes have, as pandas makes it.

    Of two indexes of several levels the result has all levels. Beside one of a single level rows are those of the side with
    several, in its order: with all of them where the join keeps that side, and only those with a match elsewhere.
    """
    sides = left, right
    names = [list(each.expr.meta.index.names) for each in sides]
    shared = [each for each in names[0] if each is not None and each in names[1]]
    if not shared:
        raise ValueError("cannot join with no overlapping index names")
    frames, labels = zip(*[with_columns_of_levels(each, f"__{side}__") for each, side in zip(sides, ("l", "r"))])
    keys = [[own[theirs.index(each)] for each in shared] for own, theirs in zip(labels, names)]
    expected = pd.merge(*[each.expr.meta.reset_index(drop=True) for each in sides], how="cross", suffixes=suffixes)
    if min(len(each) for each in names) > 1:
        # keys of one label come out as one column, filled from both sides
        frames = (
            frames[0],
            relabelled(frames[1], [dict(zip(keys[1], keys[0])).get(each, each) for each in frames[1].expr.columns]),
        )
        made = merge(*frames, how, on=keys[0], suffixes=suffixes, **options)
        own = dict(zip(names[1], labels[1])) | dict(zip(names[0], labels[0]))
        first, second = (names[1], names[0]) if how == "right" else (names[0], names[1])
        order = [*first, *[each for each in second if each not in first]]
    else:
        side = 0 if len(names[0]) > 1 else 1
        keeps = how == "outer" or how == ("left", "right")[side]
        ends = suffixes if side == 0 else (suffixes[1], suffixes[0])
        made = merge(
            frames[side],
            frames[1 - side],
            "left" if keeps else "inner",
            left_on=keys[side],
            right_on=keys[1 - side],
            suffixes=ends,
            **options,
        )
        own, order = dict(zip(names[side], labels[side])), names[side]
    made = project(made, [*[own[each] for each in order], *expected.columns])
    return with_levels(made, [own[each] for each in order], order)
