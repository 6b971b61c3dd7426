"""Joins of two frames: how each is made, and what does it.

It is chosen when it is lowered, by what is known of sizes and of where rows lie:

- *broadcast*: a small side is put together, and every partition of the other is joined with the whole of it;
- *aligned*: both sides are joined by their index, with known divisions: partitions are cut at the same values;
- *sorted*: the result is to be in the order of its keys (``how="outer"``, ``sort=True``): rows of both sides go between the
  same bounds;
- *shuffled*: rows of both sides go by the hash of their keys (`weft.dataframe.ops.merge_shuffled`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.different import rows_differ
from weft.dataframe.divisions import is_at_hand, union_of
from weft.dataframe.expr import VALUES, FrameExpr, HashedBy, column_needs, place_pick, total_nbytes
from weft.dataframe.kernels.pandas.keys import Order, key_of_kinds
from weft.dataframe.kernels.pandas.merge import JoinPlan, join
from weft.dataframe.kernels.pandas.sorting import ByOrder
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import remembered, types_of
from weft.dataframe.ops.merge_shuffled import (
    ORDERED_BY,
    by_hash,
    comes_in_order,
    lower_in_order,
    lower_in_place,
    moved_sides,
    stays_in_place,
)
from weft.dataframe.ops.repartition import RepartitionMerge, by_divisions
from weft.dataframe.ops.shuffle import exchanged
from weft.dataframe.ops.skew import Heavy
from weft.dataframe.ops.sort_nodes import SharedBounds
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.records import replaced

__all__ = ["LocalMerge", "Merge", "aligned_edges", "levels_of", "sides_at_hand", "whole"]

#: A side is put together for all when that moves less than shuffling both; and is at most so many bytes.
BROADCAST_LIMIT = 256 * 2**20
BROADCAST_GAIN = 4


@node
class Merge(FrameExpr):
    """Two frames joined.

    Parameters
    ----------
    left, right : FrameExpr
    plan : JoinPlan
    npartitions : int
    keep_order : bool
        Whether somebody looks at the order of the rows.
    broadcast : bool, optional
        Whether to put a side together; chosen by size if it is not said.
    heavy : Heavy, optional
        Keys that are split among partitions; a rule looks for them.
    """

    left: FrameExpr
    right: FrameExpr
    plan: JoinPlan
    count: int
    broadcast: bool | None = None
    keep_order: bool = True
    heavy: Heavy | None = None

    @derived
    def meta(self) -> Any:
        left, right, plan = self.left.meta, self.right.meta, self.plan
        return remembered(partial(joined_meta, left, right, plan), "Merge", plan, left, right)

    @derived
    def way(self) -> str:
        """How the join is made."""
        return way_of(self)

    @derived
    def npartitions(self) -> int:
        return self.count

    @derived
    def divisions(self) -> tuple[Any, ...] | None:
        if self.way == "aligned":
            return aligned_edges(self)
        return None

    @derived
    def hashed_by(self) -> HashedBy | None:
        plan = self.plan
        if (
            self.way != "shuffled"
            or (self.heavy is not None and self.heavy.keys)
            or plan.how == "outer"
            or comes_in_order(self)
        ):
            return None
        on, names = (
            (plan.right_on, plan.right_names) if plan.how.startswith("right") else (plan.left_on, plan.left_names)
        )
        if on is None:
            return None
        called = dict(names)
        return HashedBy(tuple([called.get(label, label) for label in on]), self.npartitions)

    @derived
    def partition_nbytes(self) -> int:
        return -(-(total_nbytes(self.left) + total_nbytes(self.right)) // self.npartitions)

    def asks(self, child: Expr, asked: Needs) -> Needs:
        needs: Needs = frozenset()
        plan = self.plan
        is_ordered = self.keep_order and (Need.ORDER in asked or Need.INDEX in asked)
        for place, (side, on, names) in enumerate(
            ((self.left, plan.left_on, plan.left_names), (self.right, plan.right_on, plan.right_names))
        ):
            if side != child:
                continue
            if is_ordered and not (place == 1 - ORDERED_BY.get(plan.how, 2) and on and rows_differ(side, on)):
                needs |= {Need.ORDER}  # of a side that gives each row of the other once at most nobody sees the order
            if on is None or (Need.INDEX in asked and None in (plan.left_on, plan.right_on)):
                needs |= {Need.INDEX}
            if Need.VALUES in asked or plan.suffixes is not None:
                needs |= VALUES
                continue
            wanted = [label for label, name in names if ("column", name) in asked]
            needs |= column_needs([*wanted, *(on or ())])
        return needs

    def lower(self) -> Expr:
        return LOWERINGS[self.way](self)

    def lower_numbered(self) -> Expr | None:
        return lower_in_place(self, numbered=True) if stays_in_place(self) else None


@node
class LocalMerge(Merge):
    """A join of partitions at the same places, or of each with the only one of the other side: their rows lie as they must."""

    def lower(self) -> Expr:
        return joined_partitions(
            self, self.left, self.right, [place_pick(each, self.npartitions) for each in (self.left, self.right)]
        )

    def lower_numbered(self) -> Expr | None:
        return None


def joined_meta(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame:
    """The meta of a join."""
    made = plain_meta(left, right, plan)
    if made is None:
        made = join(left, right, plan)
        if (plan.left_on is None) != (plan.right_on is None) and plan.how in ("inner", "left", "right", "outer"):
            made = with_labels(made, plan)
    return with_gaps(made, left, right, plan)


def plain_meta(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame | None:
    """The meta of a join by columns of equal types, put together without asking pandas; None for all others."""
    if plan.how not in ("inner", "left", "right", "outer") or plan.indicator is not None or plan.suffixes is not None:
        return None
    if plan.left_on is None or plan.right_on is None:
        return None
    ours, theirs = types_of(left), types_of(right)
    if any(ours[a] != theirs[b] for a, b in zip(plan.left_on, plan.right_on, strict=True)):
        return None
    columns = {name: ours[label] for label, name in plan.left_names if label in ours}
    columns |= {name: theirs[label] for label, name in plan.right_names if label in theirs}
    columns = {name: columns[name] for name in plan.kept(columns)}
    if any(isinstance(each, pd.CategoricalDtype) for each in columns.values()):
        return None
    empty = {kind: pd.array([], dtype=kind) for kind in dict.fromkeys(columns.values())}
    return pd.DataFrame({name: empty[kind] for name, kind in columns.items()}, index=pd.RangeIndex(0))


def with_labels(made: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame:
    """The meta of a join of one side's columns and the other's index: labels may be missing where a row has no match."""
    labels = made.index
    has_gaps = plan.how in (("right", "outer") if plan.right_on is None else ("left", "outer"))
    if has_gaps and labels.dtype.kind in "iu":
        labels = labels.astype("float64")
    return made.set_axis(labels, axis=0)


def with_gaps(made: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame:
    """A meta in which the columns of a side that may have no match can have missing values."""
    gaps: list[Any] = []
    pairs = zip(plan.left_on or (), plan.right_on or (), strict=False)
    shared = {a for a, b in pairs if a == b}  # such keys come out once, with the values of both sides
    if plan.how in ("right", "outer", "right_anti"):
        gaps += [name for label, name in plan.left_names if label in left.columns and label not in shared]
    if plan.how in ("left", "outer", "left_anti"):
        gaps += [name for label, name in plan.right_names if label in right.columns and label not in shared]
    changes: dict[Any, Any] = {}
    types = types_of(made) if gaps else {}
    for name in gaps:
        if name in types:
            dtype = types[name]
            if isinstance(dtype, np.dtype) and dtype.kind in "iu":
                changes[name] = "float64"
            elif dtype == np.dtype(bool):
                changes[name] = object
    return made.astype(changes) if changes else made


def way_of(merge: Merge) -> str:
    """How a join is made."""
    plan, left, right = merge.plan, merge.left, merge.right
    if left.npartitions == 1 and right.npartitions == 1:
        return "broadcast right"
    if plan.how == "cross":
        return "broadcast right"
    by_index = plan.left_on is None and plan.right_on is None
    if by_index and aligned_edges(merge) is not None and merge.broadcast is not True:
        return "aligned"
    if plan.sort or (plan.how == "outer" and merge.keep_order):
        return "sorted"
    side = broadcast_side(merge)
    if side:
        return f"broadcast {side}"
    return "shuffled"


def broadcast_side(merge: Merge) -> str | None:
    """The side that is put together for all partitions of the other, if any."""
    plan, how = merge.plan, merge.plan.how
    if merge.broadcast is False or how == "outer":
        return None
    checks_left = plan.validate is not None and plan.validate.split("_")[0].split(":")[0] in ("one", "1")
    checks_right = plan.validate is not None and plan.validate.replace(":", "_to_").split("_")[-1] in ("one", "1")
    may: list[str] = []
    if how in ("inner", "left", "left_anti", "leftsemi") and not checks_left:
        may.append("right")
    if (how in ("right", "right_anti") or (how == "inner" and not merge.keep_order)) and not checks_right:
        may.append("left")
    counts = {"left": merge.left.npartitions, "right": merge.right.npartitions}
    if merge.count:  # the partitions are those of the side that stays
        may = [side for side in may if counts["left" if side == "right" else "right"] == merge.count]
    sizes = {"left": total_nbytes(merge.left), "right": total_nbytes(merge.right)}
    for side in sorted(may, key=sizes.__getitem__):
        other = "left" if side == "right" else "right"
        small = sizes[side]
        if merge.broadcast:
            return side
        if not small:
            if counts[side] == 1:
                return side
        elif small <= BROADCAST_LIMIT and small * counts[other] <= BROADCAST_GAIN * max(sizes[other], 1):
            return side
    return None


def aligned_edges(merge: Merge) -> tuple[Any, ...] | None:
    """Divisions at which both sides can be cut, if they are known."""
    one, two = merge.left.divisions, merge.right.divisions
    if one is None or two is None or not (one is two or (is_at_hand(one) and is_at_hand(two))):
        return None
    if one is two:
        return tuple(one)
    try:
        return union_of([one, two])
    except TypeError:
        return None


def joined_partitions(
    merge: Merge, left: Expr, right: Expr, picks: Sequence[Any], outline: Outline | None = None
) -> Expr:
    """Partitions of both sides joined at their places."""
    kernel = KERNELS["pandas"][JoinPartitions]
    sources = [(left, picks[0]), (right, picks[1])]
    plan = merge.plan if merge.keep_order else replaced(merge.plan, ordered=False)
    return blockwise(outline or merge.outline, kernel, sources, [Same(plan)], cost=Cost.HEAVY)


class PrepareJoin:
    """Operation of a kernel: a side that is joined to many partitions, with a table of its keys."""


class JoinPartitions:
    """Operation of a kernel: two partitions joined."""


def whole(frame: FrameExpr) -> FrameExpr:
    """A frame in one partition."""
    return frame if frame.npartitions == 1 else RepartitionMerge(frame, (0, frame.npartitions))


def lower_broadcast(merge: Merge) -> Expr:
    """One side in one piece."""
    left, right = merge.left, merge.right
    if merge.way == "broadcast left":
        left = whole(left)
        if right.npartitions > 1 and merge.plan.how in ("inner", "right"):
            return joined_partitions(merge, prepared(merge, left, merge.plan.left_on), right, [(None,), (0,)])
    else:
        right = whole(right)
        if left.npartitions > 1 and merge.plan.how in ("inner", "left"):
            return joined_partitions(merge, left, prepared(merge, right, merge.plan.right_on), [(0,), (None,)])
    return joined_partitions(merge, left, right, [place_pick(each, merge.npartitions) for each in (left, right)])


def prepared(merge: Merge, side: FrameExpr, on: tuple[Hashable, ...] | None) -> Expr:
    """A side in one piece with the table of its keys."""
    outline = Outline(merge.name, "prepare", (1,), side.partition_nbytes)
    return blockwise(outline, KERNELS["pandas"][PrepareJoin], [(side, (0,))], [Same(on)], cost=Cost.HEAVY)


def lower_aligned(merge: Merge) -> Expr:
    """Both sides cut at the same index values."""
    edges = aligned_edges(merge)
    assert edges is not None
    return joined_partitions(merge, by_divisions(merge.left, edges), by_divisions(merge.right, edges), [(0,), (0,)])


def lower_sorted(merge: Merge) -> Expr:
    """Rows of both sides between the same bounds; a join of each pair of partitions is sorted by its keys."""
    frames, orders = (merge.left, merge.right), []
    keys = (merge.plan.left_on, merge.plan.right_on)
    every = [key_types(source, on) for source, on in zip(frames, keys, strict=True)]
    for on, kinds in zip(keys, every, strict=True):
        na_first = [has_missing_first(each) for each in kinds]
        # rows are divided by the first keys as far as all of these have missing values at the same end
        count = len(list(takewhile(na_first[0].__eq__, na_first)))
        orders.append(Order(on if on is None else on[:count], (True,) * count, na_first[0], key_of_kinds(*every)))
    bounds = SharedBounds(frames, tuple(orders), merge.npartitions)
    moved = []
    for place, (source, order) in enumerate(zip(frames, orders, strict=True)):
        nbytes = total_nbytes(source) // merge.npartitions
        outline = Outline(merge.name, f"exchange-{place}", (merge.npartitions,), nbytes)
        gather = partial(KERNELS["pandas"]["ShuffleMerge"], source.meta)
        targets = ByOrder(order, merge.npartitions, True)
        moved.append(exchanged(outline, source, targets, gather, merge.npartitions, True, bounds))
    return joined_partitions(merge, moved[0], moved[1], [(0,), (0,)])


def key_types(source: FrameExpr, on: tuple[Hashable, ...] | None) -> list[Any]:
    """The dtypes of columns, or of the levels of the index."""
    return (
        [each.dtype for each in levels_of(source.meta.index)]
        if on is None
        else [types_of(source.meta)[each] for each in on]
    )


def has_missing_first(dtype: Any) -> bool:
    """Whether pandas' joins have missing keys before all others: where keys are compared by integers, which code them."""
    if isinstance(dtype, (pd.CategoricalDtype, pd.PeriodDtype, pd.DatetimeTZDtype)):
        return True
    return isinstance(dtype, np.dtype) and dtype.kind in "mM"


def levels_of(index: pd.Index) -> list[pd.Index]:
    """The levels of an index, or the index itself."""
    return [index.get_level_values(place) for place in range(index.nlevels)]


def sides_at_hand(merge: Merge) -> tuple[FrameExpr, FrameExpr] | None:
    """Both sides as they must lie for a join partition by partition; None where it takes more than that."""
    plan, count = merge.plan, merge.npartitions
    if plan.left_on is None or plan.right_on is None:
        return None
    if merge.way == "broadcast left":
        return whole(merge.left), merge.right
    if merge.way == "broadcast right":
        return merge.left, whole(merge.right)
    if merge.way != "shuffled" or comes_in_order(merge):
        return None
    return (
        by_hash(merge.left, plan.left_on, count, False, merge.heavy, 0),
        by_hash(merge.right, plan.right_on, count, False, merge.heavy, 1),
    )


def lower_shuffled(merge: Merge) -> Expr:
    """Rows of both sides by the hash of their keys, and back to where they stood if somebody looks at the order."""
    if comes_in_order(merge):
        return lower_in_order(merge)
    keep_index = None in (merge.plan.left_on, merge.plan.right_on)
    moved = moved_sides(merge, (merge.left, merge.right), keep_index)
    return joined_partitions(merge, moved[0], moved[1], [(0,), (0,)])


LOWERINGS: dict[str, Callable[[Merge], Expr]] = {
    "broadcast left": lower_broadcast,
    "broadcast right": lower_broadcast,
    "aligned": lower_aligned,
    "sorted": lower_sorted,
    "shuffled": lower_shuffled,
}
