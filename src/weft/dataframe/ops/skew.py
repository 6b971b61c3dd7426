"""Keys that hold so many rows of a join that the partition they go to would be far larger than the others.

Such a key is *split*: the rows of one side that have it are dealt out to several partitions, and those of the other side are
copied to each of these, so every pair of rows meets once. The side that is dealt out must be one whose rows may come out without
a match (or only by a match): a row that has been copied would come out several times. In an outer join either side may be dealt
out, if one partition alone is known to have rows of the key for all: then each copy has a match. Keys are looked at in two
partitions of each side, where that costs little (`weft.dataframe.spread`).
"""

from __future__ import annotations

from collections.abc import Hashable
from math import ceil
from typing import Any, NamedTuple

from weft.dataframe.expr import FrameExpr
from weft.dataframe.spread import MANY, SMALL, is_read_part_by_part, seen_in

__all__ = ["Heavy", "heavy_keys"]

#: A key is split if it has so many times the rows of an average partition.
TIMES = 2
#: Rows of a key that must have been seen.
SEEN = 64

#: The sides that may be dealt out, for each way to join: 0 is the left.
MAY_DEAL = {
    "inner": (0, 1),
    "left": (0,),
    "left_anti": (0,),
    "leftsemi": (0,),
    "right": (1,),
    "right_anti": (1,),
    "outer": (0, 1),
}


class Share(NamedTuple):
    """Part of a side's rows that a key has, and how many of them one partition has at least."""

    part: float
    rows: int


#: Of a key that was not seen.
NONE = Share(0.0, 0)


class Heavy(NamedTuple):
    """Keys that are split.

    Parameters
    ----------
    side : int
        The side that is dealt out: 0 is the left.
    keys : tuple of (hash, count)
        Each goes to so many partitions.
    share : float
        Part of that side's rows that the heaviest has.
    """

    side: int = 0
    keys: tuple[tuple[int, int], ...] = ()
    share: float = 0.0


def heavy_keys(merge: Any) -> Heavy:
    """The keys of a shuffled join that are split; none where nobody can tell."""
    plan, count = merge.plan, merge.npartitions
    sides = MAY_DEAL.get(plan.how, ())
    if plan.how == "inner" and merge.keep_order:
        sides = (0,)
    if count < 2 * TIMES or not sides or plan.validate is not None or plan.left_on is None or plan.right_on is None:
        return Heavy()
    shares = [shares_of(merge.left, plan.left_on), shares_of(merge.right, plan.right_on)]
    best = Heavy()
    for side in sides:
        other = shares[1 - side]
        limit = TIMES / count
        found = [
            (own, count if other.get(own, NONE).part > limit else min(count, ceil(share.part * count)), share)
            for own, share in shares[side].items()
            if share.part > limit
        ]
        if plan.how == "outer":
            found = [each for each in found if each[1] <= each[2].rows]
        keys = tuple([(own, many) for own, many, _ in found])
        share = max([each[2].part for each in found], default=0.0)
        if keys and share > best.share:
            best = Heavy(side, keys, share)
    return best


def shares_of(source: FrameExpr, on: tuple[Hashable, ...]) -> dict[int, Share]:
    """Parts of all rows that the most frequent keys of a large frame have, by their hash."""
    size = source.partition_nbytes * source.npartitions
    if 0 < size <= SMALL or (not size and source.npartitions < MANY) or not is_read_part_by_part(source):
        return {}
    seen = seen_in(source, (), on)
    counts: dict[int, list[int]] = {}
    for frequent in seen.frequent:
        for own, times in frequent:
            counts.setdefault(own, []).append(times)
    return {own: Share(sum(times) / seen.looked_at, max(times)) for own, times in counts.items() if sum(times) >= SEEN}
