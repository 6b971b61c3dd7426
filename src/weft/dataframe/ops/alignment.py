"""placeholder"""

from __future__ import annotations

from weft.dataframe.expr import FrameExpr

__all__ = ["align_rows"]


def align_rows(frames: list[FrameExpr]) -> list[FrameExpr]:
    left = frames[0]
    for right in frames[1:]:
        if left.rows != right.rows or left.npartitions != right.npartitions:
            raise ValueError(
                f"cannot combine: the rows on both sides come from different frames or filters "
                f"({left.npartitions} and {right.npartitions} partitions). Start from one frame, e.g. df[df.a > 0].b + df[df.a > 0].c"
            )
    return frames
