"""Joins of two partitions that hold all rows of their keys, or of one that has all rows of a side."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.hashing import target_type
from weft.dataframe.kernels.pandas.lookup import Prepared, joined_by_lookup
from weft.dataframe.kernels.pandas.ranked import places_in_order
from weft.dataframe.kernels.pandas.runs import (
    ROW_BITS,
    Run,
    assembled,
    frame_of,
    index_of,
    joined_column,
    joined_index,
    taken,
)
from weft.dataframe.kernels.table import KERNELS
from weft.records import record

PANDAS = KERNELS["pandas"]

#: The column that says where a row stood, while it is away.
PLACE = "__weft_place__"
#: The column that says which side a row comes from, where nobody asked for it.
SIDE = "__weft_side__"


@record
class JoinPlan:
    """What a join does.

    Parameters
    ----------
    how : str
    left_on, right_on : tuple of labels, or None
        Key columns; None for the index.
    left_names, right_names : tuple of pairs
        The columns that come out, and what they are called then.
    indicator : str, optional
        Label of the column that says where a row comes from.
    validate : str, optional
    sort : bool
    suffixes : pair, optional
        Where pandas adds a column for the key itself, labels are left to it, and no column is left out.
    ordered : bool
        Whether rows come in the order in which pandas gives them.
    only : tuple of labels, optional
        The columns that are made, in this order, as far as the sides still have them; all by default.
    stripes: int
        How many buckets the rows of both were dealt out to by `ByStripe`; 0 if not so.
    """

    how: str
    left_on: tuple[Any, ...] | None
    right_on: tuple[Any, ...] | None
    left_names: tuple[tuple[Any, Any], ...]
    right_names: tuple[tuple[Any, Any], ...]
    indicator: Any = None
    validate: str | None = None
    sort: bool = False
    suffixes: tuple[Any, Any] | None = None
    ordered: bool = True
    only: tuple[Any, ...] | None = None
    stripes: int = 0

    def kept(self, labels: Collection[Any]) -> list[Any]:
        """Those of the columns that could be made which are."""
        return list(labels) if self.only is None else [label for label in self.only if label in labels]


@PANDAS.add("JoinPartitions")
def join(left: Any, right: Any, plan: JoinPlan) -> pd.DataFrame:
    """Rows of both, matched by their keys, as pandas matches them."""
    one = left if isinstance(left, Prepared) else Prepared(left, plan.left_on, plan.stripes)
    two = right if isinstance(right, Prepared) else Prepared(right, plan.right_on, plan.stripes)
    quick = joined_by_lookup(one, two, plan)
    if quick is not None:
        return quick
    made = joined_by_pandas(one.frame, two.frame, plan)
    return made if plan.only is None else made[plan.kept(made.columns)]


def joined_by_pandas(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame:
    """A join that pandas makes."""
    names = dict(plan.left_names)
    others = dict(plan.right_names)
    if plan.how == "outer" and plan.left_on is None and plan.right_on is None and not (len(left) and len(right)):
        left, right = in_order_of_labels(left), in_order_of_labels(right)  # pandas leaves equal ones in any order
    if plan.how == "cross":
        return pd.merge(renamed(left, names), renamed(right, others), how="cross", suffixes=(None, None))
    if plan.how in ("leftsemi", "left_anti") and plan.right_on is not None and plan.left_on is not None:
        return only_matched(left, right, plan)
    options: dict[str, Any] = {"how": plan.how, "suffixes": plan.suffixes or (None, None), "sort": plan.sort}
    if plan.indicator is not None:
        options["indicator"] = plan.indicator
    if plan.validate is not None:
        options["validate"] = plan.validate
    if plan.left_on is None:
        options["left_index"] = True
    else:
        options["left_on"] = [names.get(label, label) for label in plan.left_on]
    if plan.right_on is None:
        options["right_index"] = True
    else:
        options["right_on"] = [others.get(label, label) for label in plan.right_on]
    levels = max(len(plan.left_on or ()), len(plan.right_on or ())) if None in (plan.left_on, plan.right_on) else 0
    if levels > 1 and plan.how in ("left", "right", "outer"):
        return with_labels_missing(renamed(left, names), renamed(right, others), plan, options)
    made = pd.merge(renamed(left, names), renamed(right, others), **options)
    if plan.left_on is None and plan.right_on is None and plan.how in ("inner", "outer") and left.index.nlevels == 1:
        made.index.name = left.index.name  # pandas' own name, save where a side is empty
    if (plan.left_on is None) != (
        plan.right_on is None
    ):  # pandas takes labels of the other side where this one is empty
        labels = (left if plan.right_on is None else right).index
        if not len(made):
            made.index = labels[:0]
        elif not len(labels):
            made.index = no_labels(labels, len(made))
    return made


def with_labels_missing(
    left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan, options: dict[str, Any]
) -> pd.DataFrame:
    """A join of several columns with the levels of the other's index, where rows without a match have missing labels.

    With a single key they have in pandas, too; with several pandas gives them the last label of the side.
    """
    side = plan.indicator if isinstance(plan.indicator, str) else "_merge" if plan.indicator else SIDE
    made = pd.merge(left, right, **{**options, "indicator": plan.indicator or SIDE})
    labels = (left if plan.right_on is None else right).index
    is_lone = (made[side] == ("right_only" if plan.right_on is None else "left_only")).to_numpy()
    if len(labels) == 0:
        made.index = no_labels(labels, len(made))
    elif is_lone.any():
        index = made.index
        rows = np.where(is_lone, len(index), np.arange(len(index)))
        made.index = index.append(no_labels(labels, 1)).take(rows).set_names(labels.names)
    return made if plan.indicator else made.drop(columns=[SIDE])


def in_order_of_labels(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows sorted by their labels, equal ones as they stand; all of them as they stand where labels have no order."""
    try:
        return rows.sort_index(kind="stable")
    except TypeError:
        return rows


def no_labels(index: pd.Index, count: int) -> pd.Index:
    """Missing labels: what rows get that have no match on the side that gives the labels, also where that side is empty."""
    missing = pd.Series(index[:0]).reindex([0])
    return index[:0].append(pd.Index(missing)).take(np.zeros(count, np.intp))


def renamed(frame: pd.DataFrame, names: dict[Any, Any]) -> pd.DataFrame:
    """A frame under the labels that its columns have in the result."""
    labels = [names.get(label, label) for label in frame.columns]
    if labels == list(frame.columns):
        return frame
    made = frame.copy(deep=False)
    made.columns = pd.Index(labels)
    return made


def only_matched(left: pd.DataFrame, right: pd.DataFrame, plan: JoinPlan) -> pd.DataFrame:
    """Rows of the left that have a match on the right, or have none; the right gives no values."""
    assert plan.left_on is not None
    assert plan.right_on is not None
    keys = [f"k{place}" for place in range(len(plan.left_on))]
    mine, theirs = left[list(plan.left_on)], right[list(plan.right_on)].drop_duplicates()
    mine, theirs = [side.reset_index(drop=True) for side in (mine, theirs)]  # their index may have any name
    mine.columns, theirs.columns = pd.Index(keys), pd.Index(keys)
    mine = mine.assign(row=np.arange(len(mine)))
    matched = np.zeros(len(left), bool)
    matched[mine.merge(theirs, on=keys)["row"].to_numpy()] = True
    if plan.how == "left_anti":
        matched = ~matched
    made = renamed(left, dict(plan.left_names)).iloc[np.flatnonzero(matched)].reset_index(drop=True)
    if plan.how == "leftsemi":
        return made
    empty = right.iloc[:0]
    for label, name in plan.right_names:
        if name not in made.columns and label in empty.columns:
            made[name] = empty[label].reindex(made.index)
    return made


@PANDAS.add("PrepareJoin")
def prepare(side: pd.DataFrame, on: tuple[Any, ...] | None) -> Prepared:
    """A side that is joined to many partitions."""
    return Prepared(side, on)


@PANDAS.add("MarkPlaces")
def mark_places(partition: pd.DataFrame, number: int) -> pd.DataFrame:
    """A frame with a column that says where each row stands."""
    made = partition.copy(deep=False)
    made[PLACE] = np.arange(len(made), dtype=np.int64) + (number << ROW_BITS)
    return made


@record
class ByPlace:
    """Rows go back to where they stood, among ``sources`` partitions, these in order to ``count`` others."""

    sources: int
    count: int

    def __call__(self, partition: pd.DataFrame, number: int, beside: Any) -> tuple[Any, Any]:
        kind = target_type(self.count)
        own = partition[PLACE].to_numpy() >> ROW_BITS
        return partition, (own if self.count == self.sources else own * self.count // self.sources).astype(kind)


@PANDAS.add("BackMerge")
def back_in_place(meta: pd.DataFrame, told: Any, *runs: Run) -> pd.DataFrame:
    """Rows in the order in which they stood, without the column that says so."""
    if not any(run.length for run in runs):
        return frame_of(runs, meta).drop(columns=[PLACE])
    place = list(meta.columns).index(PLACE)
    order = places_in_order(joined_column(runs, place))
    kept = [each for each in range(len(runs[0].columns)) if each != place]
    columns = [taken(joined_column(runs, each), order) for each in kept]
    labels = joined_index(runs)
    if labels is None:
        return assembled(columns, pd.RangeIndex(len(order)), meta.iloc[:, kept])
    return assembled(columns, index_of(taken(labels, order), meta.index), meta.iloc[:, kept])
