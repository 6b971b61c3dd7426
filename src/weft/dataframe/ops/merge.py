"""Joins of two frames, by the values of columns or of the index.

How a join is made is chosen when it is lowered, by what is known of sizes and of where rows lie:

- *broadcast*: a small side is put together, and every partition of the other is joined with the whole of it;
- *aligned*: both sides are joined by their index, with known divisions: partitions are cut at the same values;
- *sorted*: the result is to be in the order of its keys (``how="outer"``, ``sort=True``): rows of both sides go between the
  same bounds;
- *shuffled*: rows of both sides go by the hash of their keys. They are not in pandas' order after that: where somebody looks
  at the order, rows of the side that gives it carry a mark, by which they go back to where they stood.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.different import rows_differ
from weft.dataframe.divisions import is_at_hand, union_of
from weft.dataframe.expr import VALUES, FrameExpr, Partitionwise, column_needs, place_pick
from weft.dataframe.io.from_pandas import from_pandas
from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.kernels.pandas.merge import PLACE, ByPlace, JoinPlan, join
from weft.dataframe.kernels.pandas.sorting import ByOrder
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.known_metas import remembered
from weft.dataframe.ops.filtering import Filter
from weft.dataframe.ops.labels import ResetIndex, ToFrame
from weft.dataframe.ops.projection import Projection, missing_column
from weft.dataframe.ops.repartition import RepartitionMerge, by_divisions, checked_count, in_partitions
from weft.dataframe.ops.shuffle import Shuffle, check_method, exchanged
from weft.dataframe.ops.sorting import SharedBounds
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Listed, Same, blockwise

__all__ = ["Merge", "MergeMethods", "merge"]

HOWS = ("left", "right", "inner", "outer", "left_anti", "right_anti", "leftsemi", "cross")
#: A side is put together for all when that moves less than shuffling both; and is at most so many bytes.
BROADCAST_LIMIT = 256 * 2**20
BROADCAST_GAIN = 4

#: Which side's order the result has.
ORDERED_BY = {"left": 0, "inner": 0, "left_anti": 0, "leftsemi": 0, "cross": 0, "right": 1, "right_anti": 1}


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
    """

    left: FrameExpr
    right: FrameExpr
    plan: JoinPlan
    count: int
    broadcast: bool | None = None
    keep_order: bool = True

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

    @property
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


def joined_meta(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame:
    """The meta of a join."""
    made = plain_meta(left, right, plan)
    return with_gaps(join(left, right, plan) if made is None else made, left, right, plan)


def plain_meta(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame | None:
    """The meta of a join by columns of equal types, put together without asking pandas; None for all others."""
    if plan.how not in ("inner", "left", "right", "outer") or plan.indicator is not None or plan.suffixes is not None:
        return None
    if plan.left_on is None or plan.right_on is None:
        return None
    ours = dict(zip(left.columns.tolist(), left.dtypes.array, strict=True))
    theirs = dict(zip(right.columns.tolist(), right.dtypes.array, strict=True))
    if any(ours[a] != theirs[b] for a, b in zip(plan.left_on, plan.right_on, strict=True)):
        return None
    columns = {name: ours[label] for label, name in plan.left_names if label in ours}
    columns |= {name: theirs[label] for label, name in plan.right_names if label in theirs}
    if any(isinstance(each, pd.CategoricalDtype) for each in columns.values()):
        return None
    empty = {kind: pd.array([], dtype=kind) for kind in dict.fromkeys(columns.values())}
    return pd.DataFrame({name: empty[kind] for name, kind in columns.items()}, index=pd.RangeIndex(0))


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
    for name in gaps:
        if name in made.columns:
            dtype = made[name].dtype
            if isinstance(dtype, np.dtype) and dtype.kind in "iu":
                changes[name] = "float64"
            elif dtype == np.dtype(bool):
                changes[name] = object
    return made.astype(changes) if changes else made


def total_nbytes(frame: FrameExpr) -> int:
    """Projected size of a frame; 0 where nothing is known."""
    return frame.partition_nbytes * frame.npartitions


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
    return blockwise(outline or merge.outline, kernel, sources, [Same(merge.plan)], cost=Cost.HEAVY)


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
    else:
        right = whole(right)
        if left.npartitions > 1 and merge.plan.how in ("inner", "left"):
            outline = Outline(merge.name, "prepare", (1,), right.partition_nbytes)
            table = blockwise(
                outline, KERNELS["pandas"][PrepareJoin], [(right, (0,))], [Same(merge.plan)], cost=Cost.HEAVY
            )
            return joined_partitions(merge, left, table, [(0,), (None,)])
    return joined_partitions(merge, left, right, [place_pick(each, merge.npartitions) for each in (left, right)])


def lower_aligned(merge: Merge) -> Expr:
    """Both sides cut at the same index values."""
    edges = aligned_edges(merge)
    assert edges is not None
    return joined_partitions(merge, by_divisions(merge.left, edges), by_divisions(merge.right, edges), [(0,), (0,)])


def lower_sorted(merge: Merge) -> Expr:
    """Rows of both sides between the same bounds; a join of each pair of partitions is sorted by its keys."""
    frames, orders = (merge.left, merge.right), []
    for source, on in zip(frames, (merge.plan.left_on, merge.plan.right_on), strict=True):
        orders.append(Order(on, (True,) * (len(on) if on is not None else source.meta.index.nlevels)))
    bounds = SharedBounds(frames, tuple(orders), merge.npartitions)
    moved = []
    for place, (source, order) in enumerate(zip(frames, orders, strict=True)):
        nbytes = total_nbytes(source) // merge.npartitions
        outline = Outline(merge.name, f"exchange-{place}", (merge.npartitions,), nbytes)
        gather = partial(KERNELS["pandas"]["ShuffleMerge"], source.meta)
        targets = ByOrder(order, merge.npartitions, True)
        moved.append(exchanged(outline, source, targets, gather, merge.npartitions, True, bounds))
    return joined_partitions(merge, moved[0], moved[1], [(0,), (0,)])


def lower_shuffled(merge: Merge) -> Expr:
    """Rows of both sides by the hash of their keys, and back to where they stood if somebody looks at the order."""
    plan, count = merge.plan, merge.npartitions
    sides = [merge.left, merge.right]
    first = ORDERED_BY.get(plan.how)
    keeps = merge.keep_order and first is not None
    if keeps:
        assert first is not None
        sides[first] = MarkPlaces(sides[first])
    keyed = list(zip(sides, (plan.left_on, plan.right_on), strict=True))
    moved = [by_hash(source, on, count, on is None or None in (plan.left_on, plan.right_on)) for source, on in keyed]
    if not keeps:
        return joined_partitions(merge, moved[0], moved[1], [(0,), (0,)])
    assert first is not None
    names = (plan.left_names, plan.right_names)
    marked = JoinPlan(
        plan.how,
        plan.left_on,
        plan.right_on,
        (*names[0], (PLACE, PLACE)) if first == 0 else names[0],
        (*names[1], (PLACE, PLACE)) if first == 1 else names[1],
        plan.indicator,
        plan.validate,
        plan.sort,
        plan.suffixes,
    )
    together = Joined(moved[0], moved[1], marked)
    keep_index = None in (plan.left_on, plan.right_on)
    back = partial(KERNELS["pandas"]["BackMerge"], together.meta)
    return exchanged(
        merge.outline,
        together,
        ByPlace(sides[first].npartitions, merge.npartitions),
        back,
        merge.npartitions,
        keep_index,
    )


LOWERINGS: dict[str, Callable[[Merge], Expr]] = {
    "broadcast left": lower_broadcast,
    "broadcast right": lower_broadcast,
    "aligned": lower_aligned,
    "sorted": lower_sorted,
    "shuffled": lower_shuffled,
}


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

    @property
    def partition_nbytes(self) -> int:
        return self.left.partition_nbytes + self.right.partition_nbytes

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][JoinPartitions]
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


def by_hash(source: FrameExpr, on: tuple[Hashable, ...] | None, count: int, keep_index: bool) -> FrameExpr:
    """A frame whose rows lie by the hash of their keys: as it is, if they do already."""
    if lies_by(source) == (on, count):
        return source
    return Shuffle(source, keep_index, on, count)


def lies_by(expr: FrameExpr) -> Any:
    """The keys by whose hash rows lie in their partitions, and the number of these; None if they do not."""
    while True:
        match expr:
            case Shuffle():
                return (expr.on, expr.npartitions)
            case Merge():
                plan = expr.plan
                if expr.way != "shuffled" or (expr.keep_order and plan.how in ORDERED_BY):
                    return None
                on, names = (
                    (plan.right_on, plan.right_names) if plan.how == "right" else (plan.left_on, plan.left_names)
                )
                if on is None or plan.how == "outer":
                    return None
                called = dict(names)
                return (tuple([called.get(label, label) for label in on]), expr.npartitions)
            case Filter() | Projection() | ResetIndex():
                expr = expr.source
            case _:
                return None


def as_frame(value: Any, role: str) -> Any:
    """A side of a join as a frame."""
    if isinstance(value, pd.Series) and value.name is None:
        raise ValueError("Cannot merge a Series without a name")
    if isinstance(value, (pd.DataFrame, pd.Series)):
        value = from_pandas(value, npartitions=1, sort=False)
    if not isinstance(value, FrameBase) or not isinstance(value.expr.meta, (pd.DataFrame, pd.Series)):
        raise TypeError(f"Can only merge Series or DataFrame objects, a {type(value)} was passed ({role})")
    if isinstance(value.expr.meta, pd.Series):
        if value.expr.meta.name is None:
            raise ValueError("Cannot merge a Series without a name")
        return new(ToFrame(value.expr, Pairs(), False))
    return value


def key_labels(frame: Any, on: Any, is_index: bool, word: str) -> tuple[Any, tuple[Hashable, ...] | None]:
    """The frame with its keys as columns, and their labels; None for the index."""
    if is_index:
        return frame, None
    given = list(on) if isinstance(on, (list, pd.Index)) else [on]
    labels: list[Hashable] = []
    for each in given:
        if isinstance(each, FrameBase):
            if each.expr.meta.name in frame.expr.columns and each.expr.name == frame[each.expr.meta.name].expr.name:
                labels.append(each.expr.meta.name)
                continue
            raise NotImplementedError(
                f"merge({word}=...) takes labels of columns: assign(...) the series as a column, and give its label"
            )
        if each not in frame.expr.columns:
            if each in frame.expr.meta.index.names and each is not None and len(given) == 1:
                return frame.reset_index(), (each,)
            raise KeyError(missing_column(each, frame.expr.columns))
        labels.append(each)
    return frame, tuple(labels)


def merge(
    left: Any,
    right: Any,
    how: str = "inner",
    on: Any = None,
    left_on: Any = None,
    right_on: Any = None,
    left_index: bool = False,
    right_index: bool = False,
    sort: bool = False,
    suffixes: Any = ("_x", "_y"),
    indicator: Any = False,
    validate: str | None = None,
    shuffle_method: str | None = None,
    npartitions: int | None = None,
    broadcast: Any = None,
) -> Any:
    """Two frames joined by the values of columns or of the index, as `pandas.merge` joins them.

    Rows are in pandas' order. Where that is not the order of the partitions that the join makes, rows travel once more; that
    is saved where nobody looks at the order.

    Parameters
    ----------
    left, right : DataFrame or named Series
        One of them may be pandas' own.
    how : {"inner", "left", "right", "outer", "cross", "left_anti", "right_anti", "leftsemi"}
        ``leftsemi`` gives the left rows that have a match, each once.
    on : label or list of labels, optional
        Columns of both; by default those that both have.
    left_on, right_on : label or list of labels, optional
    left_index, right_index : bool
        Join by the index of a side.
    sort : bool
        Whether the result is in the order of its keys.
    suffixes : pair
        Ends of labels that both sides have.
    indicator : bool or str
        Add a column (``_merge``) that says which side a row comes from.
    validate : str, optional
        ``"1:1"``, ``"1:m"``, ``"m:1"``: keys that must not stand twice.
    shuffle_method : {"tasks", "disk", "p2p"}, optional
        For programs written for Dask.
    npartitions : int, optional
        Of the result; by default as many as the longer side has.
    broadcast : bool, optional
        Whether to put a small side together for all partitions of the other; by default if that moves less.

    Raises
    ------
    KeyError
        A key is not there.
    ValueError
        Keys of types that do not match, or labels that would stand twice.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> left = dd.from_pandas(pd.DataFrame({"k": [3, 1, 2], "a": [1, 2, 3]}), npartitions=2)
    >>> right = dd.from_pandas(pd.DataFrame({"k": [2, 3], "b": ["x", "y"]}), npartitions=2)
    >>> dd.merge(left, right, on="k").compute()
       k  a  b
    0  3  1  y
    1  2  3  x
    """
    check_method(shuffle_method)
    left, right = as_frame(left, "left"), as_frame(right, "right")
    how = {"left_semi": "leftsemi", "semi": "leftsemi", "anti": "left_anti", "leftanti": "left_anti"}.get(how, how)
    if how not in HOWS:
        raise ValueError(f"{how!r} is not a valid Merge type: {', '.join(HOWS)}")
    count = max(left.npartitions, right.npartitions) if npartitions is None else checked_count(npartitions)
    if how == "cross":
        if on is not None or left_on is not None or right_on is not None or left_index or right_index:
            raise ValueError(
                "Can not pass on, right_on, left_on or set right_index=True or left_index=True with how='cross'"
            )
        lkeys: Any = None
        rkeys: Any = None
    else:
        if on is None and left_on is None and right_on is None and not left_index and not right_index:
            shared = [label for label in left.expr.columns if label in right.expr.columns]
            if not shared:
                raise ValueError(
                    f"No common columns to perform merge on: {list(left.expr.columns)} and {list(right.expr.columns)}. "
                    "Give on=, left_on= and right_on=, or left_index= and right_index="
                )
            on = shared
        if on is not None:
            if left_on is not None or right_on is not None:
                raise ValueError('Can only pass argument "on" OR "left_on" and "right_on", not a combination of both.')
            if left_index or right_index:
                raise ValueError(
                    'Can only pass argument "on" OR "left_index" and "right_index", not a combination of both.'
                )
            left_on = right_on = on
        if left_on is None and not left_index:
            raise ValueError('Must pass "left_on" OR "left_index".')
        if right_on is None and not right_index:
            raise ValueError('Must pass "right_on" OR "right_index".')
        if (left_on is not None and left_index) or (right_on is not None and right_index):
            side = "left" if left_on is not None and left_index else "right"
            raise ValueError(f'Can only pass argument "{side}_on" OR "{side}_index" not both.')
        left, lkeys = key_labels(left, left_on, left_index, "left_on")
        right, rkeys = key_labels(right, right_on, right_index, "right_on")
        widths = [
            len(keys) if keys is not None else side.expr.meta.index.nlevels
            for keys, side in ((lkeys, left), (rkeys, right))
        ]
        if widths[0] != widths[1]:
            raise ValueError(
                f"len(right_on) must equal len(left_on): there are {widths[0]} keys on the left and {widths[1]} on the right"
            )
        left, right = same_categories(left, right, lkeys, rkeys)
    plan = planned(left.expr.meta, right.expr.meta, how, lkeys, rkeys, suffixes, indicator, validate, bool(sort))
    expr = Merge(left.expr, right.expr, plan, 0, None if broadcast is None else bool(broadcast))
    match expr.way:
        case "broadcast right":
            fitting = left.npartitions
        case "broadcast left":
            fitting = right.npartitions
        case "aligned":
            fitting = len(aligned_edges(expr) or ()) - 1
        case _:
            fitting = count
    made: FrameExpr = expr.with_operands(count=fitting)
    _ = made.meta
    if npartitions is not None:
        made = in_partitions(made, count)
    if how == "cross" or (lkeys is not None and rkeys is not None):
        made = numbered(made)
    return new(made)


def same_categories(left: Any, right: Any, lkeys: Any, rkeys: Any) -> tuple[Any, Any]:
    """Both sides, with keys of one label as plain values where their categories differ: as such they come out."""
    for one, two in zip(lkeys or (), rkeys or (), strict=False):
        kinds = [left.expr.meta[one].dtype, right.expr.meta[two].dtype]
        if one == two and all(isinstance(each, pd.CategoricalDtype) for each in kinds) and kinds[0] != kinds[1]:
            plain = [each.categories.dtype for each in kinds]
            left, right = left.astype({one: plain[0]}), right.astype({two: plain[1]})
    return left, right


def numbered(expr: FrameExpr) -> FrameExpr:
    """Rows numbered over all partitions."""
    return new(expr).reset_index(drop=True).expr if expr.npartitions > 1 else expr


def planned(
    left: pd.DataFrame,
    right: pd.DataFrame,
    how: str,
    left_on: tuple[Hashable, ...] | None,
    right_on: tuple[Hashable, ...] | None,
    suffixes: Any,
    indicator: Any,
    validate: str | None,
    sort: bool,
) -> JoinPlan:
    """The plan of a join; pandas itself says what columns are called, and refuses what it refuses."""
    asked = (how, left_on, right_on, suffixes, indicator, validate, sort)
    plan: JoinPlan = remembered(partial(plan_of, left, right, *asked), "plan of a join", asked, left, right)
    return plan


def plan_of(
    left: pd.DataFrame,
    right: pd.DataFrame,
    how: str,
    left_on: tuple[Hashable, ...] | None,
    right_on: tuple[Hashable, ...] | None,
    suffixes: Any,
    indicator: Any,
    validate: str | None,
    sort: bool,
) -> JoinPlan:
    """The plan of a join, made anew."""
    options: dict[str, Any] = {
        "how": "inner" if how == "leftsemi" else how,
        "suffixes": suffixes,
        "indicator": indicator,
    }
    if validate is not None:
        options["validate"] = validate
    if how == "cross":
        options.pop("indicator")
    else:
        options |= {"left_index": True} if left_on is None else {"left_on": list(left_on)}
        options |= {"right_index": True} if right_on is None else {"right_on": list(right_on)}
    made = pd.merge(left, right, **options)
    shared = (
        {a for a, b in zip(left_on or (), right_on or (), strict=False) if a == b} if left_on and right_on else set()
    )
    names = list(made.columns)
    theirs = [label for label in right.columns if label not in shared]
    left_names = tuple(zip(left.columns, names[: left.shape[1]], strict=True))
    right_names = tuple(zip(theirs, names[left.shape[1] : left.shape[1] + len(theirs)], strict=True))
    label = "_merge" if indicator is True else indicator or None
    if how == "leftsemi":
        left_names, right_names = tuple([(label, label) for label in left.columns]), ()
    elif len(names) != left.shape[1] + len(theirs) + (label is not None):  # a key of its own comes before all others
        return JoinPlan(how, left_on, right_on, (), (), label, validate, sort, tuple(suffixes))
    return JoinPlan(how, left_on, right_on, left_names, right_names, label, validate, sort)


class MergeMethods(FrameBase):
    """Joins."""

    __slots__ = ()

    def merge(
        self,
        right: Any,
        how: str = "inner",
        on: Any = None,
        left_on: Any = None,
        right_on: Any = None,
        left_index: bool = False,
        right_index: bool = False,
        sort: bool = False,
        suffixes: Any = ("_x", "_y"),
        indicator: Any = False,
        validate: str | None = None,
        shuffle_method: str | None = None,
        npartitions: int | None = None,
        broadcast: Any = None,
    ) -> Any:
        """Join with another frame; see `weft.dataframe.merge`.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> left = dd.from_pandas(pd.DataFrame({"k": [3, 1, 2], "a": [1, 2, 3]}), npartitions=2)
        >>> left.merge(pd.DataFrame({"k": [1, 2]}), on="k").a.compute().tolist()
        [2, 3]
        """
        return merge(
            self,
            right,
            how,
            on,
            left_on,
            right_on,
            left_index,
            right_index,
            sort,
            suffixes,
            indicator,
            validate,
            shuffle_method,
            npartitions,
            broadcast,
        )

    def join(
        self,
        other: Any,
        on: Any = None,
        how: str = "left",
        lsuffix: str = "",
        rsuffix: str = "",
        sort: bool = False,
        validate: str | None = None,
        shuffle_method: str | None = None,
        npartitions: int | None = None,
    ) -> Any:
        """Join with other frames by their index.

        Parameters
        ----------
        other : DataFrame, named Series, or list of them
        on : label or list of labels, optional
            Columns of this frame to join by; its index by default.
        how : {"left", "right", "inner", "outer", "cross"}
        lsuffix, rsuffix : str
            Ends of labels that both have.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
        >>> df.join(pd.Series([10, 30], index=[0, 2], name="b")).b.compute().tolist()
        [10.0, nan, 30.0]
        """
        if isinstance(other, list):
            if on is not None:
                raise ValueError("Joining multiple DataFrames only supported for joining on index")
            if lsuffix or rsuffix:
                raise ValueError("Suffixes not supported when joining multiple DataFrames")
            made = self
            for each in other:
                made = made.join(each, how=how, sort=sort, npartitions=npartitions)
            return made
        right = as_frame(other, "other")
        keys: dict[str, Any] = {"left_index": on is None, "left_on": on, "right_index": True} if how != "cross" else {}
        suffixes = (lsuffix or None, rsuffix or None)
        return merge(
            self,
            right,
            how,
            sort=sort,
            suffixes=suffixes,
            validate=validate,
            shuffle_method=shuffle_method,
            npartitions=npartitions,
            **keys,
        )
