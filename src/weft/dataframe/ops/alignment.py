"""Frames with different rows brought so that equal index values are in partitions at the same place."""

from __future__ import annotations

from collections.abc import Sequence

from weft.dataframe.divisions import union_of
from weft.dataframe.expr import FrameExpr
from weft.dataframe.ops.repartition import by_divisions

__all__ = ["align_rows"]


def align_rows(frames: Sequence[FrameExpr], operation: str = "align") -> list[FrameExpr]:
    """The frames in partitions that match: a function of one partition of each, which aligns them by index, is then right.

    Frames with the same rows stay as they are. Where divisions are known, all are cut at the edges of all.

    Parameters
    ----------
    frames : sequence of FrameExpr
    operation : str
        What the user asked for, for errors.

    Raises
    ------
    ValueError
        Rows differ, and the divisions of one are not known.
    """
    first = frames[0]
    if all(each.rows == first.rows and each.npartitions == first.npartitions for each in frames):
        return list(frames)
    every = [each.divisions for each in frames]
    known = [each for each in every if each is not None]
    if len(known) < len(every):
        raise ValueError(
            f"cannot {operation}: the rows come from different frames or filters, and the divisions of "
            f"{len(every) - len(known)} of {len(every)} frames are not known, so it is not known which rows belong together. "
            "Sort by the index first (df.sort_index()), or start from one frame, e.g. df[df.a > 0].b + df[df.a > 0].c"
        )
    try:
        edges = union_of(known)
    except TypeError as error:
        raise ValueError(f"cannot {operation}: the index values of the frames cannot be compared: {error}") from None
    return [by_divisions(each, edges) for each in frames]
