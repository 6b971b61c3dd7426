"""Frames with different rows brought so that equal index values are in partitions at the same place."""

from __future__ import annotations

from collections.abc import Sequence

from weft.dataframe.divisions import is_at_hand, union_of
from weft.dataframe.expr import FrameExpr, have_same_rows
from weft.dataframe.io.from_pandas import labels_in_memory, rows_in_memory
from weft.dataframe.kernels.pandas.keys import Order, key_of_kinds
from weft.dataframe.ops.repartition import by_divisions
from weft.dataframe.ops.sort_nodes import BetweenBounds, SharedBounds, index_of_meta

__all__ = ["align_rows"]


def align_rows(frames: Sequence[FrameExpr], operation: str = "align") -> list[FrameExpr]:
    """The frames in partitions that match: a function of one partition of each, which aligns them by index, is then right.

    Frames with the same rows stay as they are. Where divisions are known, all are cut at the edges of all. Otherwise all are
    sorted by their index, between bounds that they share: every row travels once.

    Parameters
    ----------
    frames : sequence of FrameExpr
    operation : str
        What the user asked for, for errors.

    Raises
    ------
    ValueError
        Index values of the frames cannot be compared with one another.
    """
    first = frames[0]
    if all(have_same_rows(each, first) and each.npartitions == first.npartitions for each in frames):
        return list(frames)
    if have_equal_labels(frames):
        return list(frames)
    check_comparable(frames, operation)
    every = [each.divisions for each in frames]
    known = [each for each in every if each is not None and is_at_hand(each)]
    if len(known) == len(every):
        try:
            edges = union_of(known)
        except TypeError as error:
            raise ValueError(f"cannot {operation}: index values of the frames cannot be compared: {error}") from None
        return [by_divisions(each, edges) for each in frames]
    indexes = [index_of_meta(each.meta) for each in frames]
    kinds = [[index.get_level_values(place).dtype for place in range(index.nlevels)] for index in indexes]
    order = Order(None, (True,) * indexes[0].nlevels, key=key_of_kinds(*kinds))
    count = max(each.npartitions for each in frames)
    bounds = SharedBounds(tuple(frames), (order,) * len(frames), count)
    return [BetweenBounds(each, True, order, bounds) for each in frames]


def have_equal_labels(frames: Sequence[FrameExpr]) -> bool:
    """Whether all rows come from memory, cut alike, and have the same labels in the same order."""
    sources, labels = [rows_in_memory(each) for each in frames], [labels_in_memory(each) for each in frames]
    first, index = sources[0], labels[0]
    if first is None or index is None:
        return False
    return all(
        own is not None and each is not None and each.bounds == first.bounds and own.equals(index)
        for each, own in zip(sources, labels, strict=True)
    )


#: Kinds of dtypes whose values can be compared with one another.
KINDS = {"i": "number", "u": "number", "f": "number", "b": "number", "M": "time", "m": "duration"}


def check_comparable(frames: Sequence[FrameExpr], operation: str) -> None:
    """Raise ValueError for indexes of different kinds."""
    indexes = [index_of_meta(each.meta) for each in frames]
    levels = {each.nlevels for each in indexes}
    kinds = {KINDS.get(getattr(each.dtype, "kind", "O"), "other") for each in indexes}
    if len(levels) > 1 or len(kinds) > 1:
        shown = [str(each.dtype) if each.nlevels == 1 else f"{each.nlevels} levels" for each in indexes]
        raise ValueError(
            f"cannot {operation}: index values of the frames cannot be compared, they are {', '.join(shown)}. "
            "Give the frames indexes of one kind first, e.g. by set_index() or reset_index()"
        )
