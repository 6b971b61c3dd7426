"""Joins of rows that go by the hash of their keys; where somebody looks at the order, they come out in that of one side.

Rows of both sides meet in *buckets*. For a result in order there are two ways back:

- *in place*: the side that gives the order stays where it is, and only its keys travel, with the place of each row. What
  the other side has for them comes back, and is put beside the rows, which have not moved. Each bucket has rows in the
  order in which they stood, so to send them back is to cut it.
- *back*: whole rows travel, and go back afterwards. That is for results that lie in other partitions than their side.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import Any

import numpy as np

from weft.dataframe.expr import FrameExpr, Partitionwise, total_nbytes
from weft.dataframe.kernels.pandas.merge import PLACE, ByPlace, JoinPlan, join
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.ops.projection import Projection
from weft.dataframe.ops.shuffle import Shuffle, exchanged
from weft.dataframe.ops.skew import Heavy
from weft.expr import Cost, Expr, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.tree_reduce import TreeReduce
from weft.records import replaced

__all__ = [
    "ORDERED_BY",
    "Joined",
    "by_hash",
    "comes_in_order",
    "lower_in_order",
    "lower_in_place",
    "moved_sides",
    "stays_in_place",
]

#: Which side's order the result has.
ORDERED_BY = {"left": 0, "inner": 0, "left_anti": 0, "leftsemi": 0, "cross": 0, "right": 1, "right_anti": 1}


def comes_in_order(merge: Any) -> bool:
    """Whether a join by hash has to give rows in the order of one of its sides."""
    return bool(merge.keep_order) and merge.plan.how in ORDERED_BY


def moved_sides(merge: Any, sides: tuple[FrameExpr, FrameExpr], keep_index: bool) -> list[FrameExpr]:
    """Both sides by the hash of their keys."""
    keyed = zip(sides, (merge.plan.left_on, merge.plan.right_on), strict=True)
    count = merge.npartitions
    return [by_hash(source, on, count, keep_index, merge.heavy, place) for place, (source, on) in enumerate(keyed)]


def lower_in_order(merge: Any) -> Expr:
    """Rows of both sides by the hash of their keys, and back to where they stood."""
    return lower_in_place(merge) if stays_in_place(merge) else lower_back(merge)


def stays_in_place(merge: Any) -> bool:
    """Whether the side that gives the order can stay where it is: then rows come out of its partitions."""
    plan, sides = merge.plan, (merge.left, merge.right)
    if merge.way != "shuffled" or not comes_in_order(merge) or plan.suffixes is not None:
        return False
    keys = plan.left_on, plan.right_on
    if None in keys or sides[ORDERED_BY[plan.how]].npartitions != merge.npartitions:
        return False
    if not all(side.meta.columns.is_unique and len(set(on)) == len(on) for side, on in zip(sides, keys, strict=True)):
        return False
    kinds = [side.meta.dtypes for side in sides]
    return all(kinds[0][one] == kinds[1][two] for one, two in zip(*keys, strict=True))  # others take on a common type


def lower_in_place(merge: Any, numbered: bool = False) -> Expr:
    """The keys of one side go to the other's rows, and what these have for them comes back to where its rows stayed.

    Parameters
    ----------
    merge : Merge
    numbered : bool
        Whether rows are numbered over all partitions, rather than in each of them.
    """
    plan, sides, kernels = merge.plan, [merge.left, merge.right], KERNELS["pandas"]
    first = ORDERED_BY[plan.how]
    kept, on = sides[first], (plan.left_on, plan.right_on)[first]
    names = dict((plan.left_names, plan.right_names)[first])
    own = tuple([names.get(label, label) for label in kept.columns])
    sides[first] = MarkPlaces(Projection(kept, on))
    told = (PLACE, *[label for label in merge.meta.columns if label not in own])
    count = merge.npartitions
    if is_striped(merge):
        assert plan.left_on is not None
        assert plan.right_on is not None
        moved: list[FrameExpr] = [
            Shuffle(side, False, keys, count, striped=True)
            for side, keys in zip(sides, (plan.left_on, plan.right_on), strict=True)
        ]
    else:
        moved = moved_sides(merge, (sides[0], sides[1]), False)
    together = Joined(moved[0], moved[1], replaced(plan, ordered=True, only=told, stripes=count * is_striped(merge)))
    answers = Outline(
        merge.name, "answers", (count,), (together.meta.shape[1] * total_nbytes(kept)) // (count * len(own))
    )
    answered = exchanged(answers, together, ByPlace(count, count), kernels["ShuffleMiddle"], count, False)
    sources: list[Any] = [(kept, (0,)), (answered, (0,))]
    if numbered:
        each = Outline(merge.name, "count-rows", (count,), 8 * count)
        counts = blockwise(each, kernels["CountAnswers"], [(together, (0,))], [Same(count)], cost=Cost.CHEAP)
        whole = Outline(merge.name, "count-all", (1,), 8 * count)
        sources.append(
            (TreeReduce(whole, counts, (0,), kernels["AddAnswers"], kernels["Before"], (), 16, True), (None,))
        )
    columns: list[Any] = [Same(merge.meta), Same(own), Same(told), Listed(tuple(range(count)))]
    return blockwise(merge.outline, kernels["JoinInPlace"], sources, columns)


def is_striped(merge: Any) -> bool:
    """Whether rows go by stripes, where a key is found by its place: they are not by hash already, and no key is split."""
    on = merge.plan.left_on, merge.plan.right_on
    sides = merge.left, merge.right
    if len(on[0]) != 1 or (merge.heavy is not None and merge.heavy.keys):
        return False
    return all(
        isinstance(kind := side.meta[keys[0]].dtype, np.dtype)
        and kind.kind in "iu"
        and side.hashed_by != (keys, merge.npartitions)
        for side, keys in zip(sides, on, strict=True)
    )


def lower_back(merge: Any) -> Expr:
    """Whole rows go to their buckets, and back afterwards."""
    plan, count = merge.plan, merge.npartitions
    sides = [merge.left, merge.right]
    first = ORDERED_BY[plan.how]
    sides[first] = MarkPlaces(sides[first])
    keep_index = None in (plan.left_on, plan.right_on)
    moved = moved_sides(merge, (sides[0], sides[1]), keep_index)
    marked = replaced(
        plan,
        left_names=(*plan.left_names, (PLACE, PLACE)) if first == 0 else plan.left_names,
        right_names=(*plan.right_names, (PLACE, PLACE)) if first == 1 else plan.right_names,
        only=None if plan.only is None else (*plan.only, PLACE),
        ordered=False,
    )
    together = Joined(moved[0], moved[1], marked)
    back = partial(KERNELS["pandas"]["BackMerge"], together.meta)
    return exchanged(merge.outline, together, ByPlace(sides[first].npartitions, count), back, count, keep_index)


@node
class Joined(FrameExpr):
    """Partitions at the same places joined."""

    left: FrameExpr
    right: FrameExpr
    plan: JoinPlan

    @derived
    def meta(self) -> Any:
        return join(self.left.meta, self.right.meta, self.plan)

    @derived
    def npartitions(self) -> int:
        return self.left.npartitions

    @derived
    def partition_nbytes(self) -> int:
        return self.left.partition_nbytes + self.right.partition_nbytes

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"]["JoinPartitions"]
        return blockwise(
            self.outline, kernel, [(self.left, (0,)), (self.right, (0,))], [Same(self.plan)], cost=Cost.HEAVY
        )


@node
class MarkPlaces(Partitionwise):
    """A frame with a column that says where each row stands."""

    source: FrameExpr

    @derived
    def meta(self) -> Any:
        return KERNELS["pandas"][MarkPlaces](self.source.meta, 0)

    def lower(self) -> Expr:
        numbers = Listed(tuple(range(self.npartitions)))
        return blockwise(self.outline, KERNELS["pandas"][MarkPlaces], [(self.source, (0,))], [numbers])


def by_hash(
    source: FrameExpr,
    on: tuple[Hashable, ...] | None,
    count: int,
    keep_index: bool,
    heavy: Heavy | None = None,
    side: int = 0,
) -> FrameExpr:
    """A frame whose rows lie by the hash of their keys: as it is, if they do already."""
    split = () if heavy is None else heavy.keys
    if source.hashed_by == (on, count) and not split:
        return source
    return Shuffle(source, keep_index, on, count, split, heavy is not None and side != heavy.side)
