"""Groups whose rows must all be in one place: rows of several partitions with their keys, and pandas' own groups of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.kernels.pandas.groupby_finish import sorted_places
from weft.dataframe.kernels.pandas.grouping import GroupPlan, group_rows, key_columns, pandas_groupby
from weft.dataframe.kernels.pandas.hashing import hash_rows, targets_of
from weft.dataframe.kernels.pandas.neighbours import apply_method, concatenated
from weft.dataframe.kernels.pandas.runs import (
    ROW_BITS,
    Run,
    bare,
    by_target,
    frame_of,
    joined,
    merged_run,
    run_of,
    series_of,
    some_rows,
    taken,
)
from weft.dataframe.kernels.table import KERNELS

__all__ = ["MethodPlan", "Table", "apply_to_groups"]

PANDAS = KERNELS["pandas"]


class MethodPlan(NamedTuple):
    """A method of groups.

    Parameters
    ----------
    groups : GroupPlan
    chosen : label, tuple of labels, or None
        Columns that are chosen of the groups (a single label gives a series); None: nothing is chosen.
    is_single : bool
        Whether ``chosen`` is a single label.
    method : str
        Dots for what stands between (``"rolling.mean"``).
    calls : tuple
        For each part of the method its arguments.
    """

    groups: GroupPlan
    chosen: Any
    is_single: bool
    method: str
    calls: Any


class Table(NamedTuple):
    """Rows with their keys beside them."""

    rows: Any
    keys: list[pd.Series]


def tabled(partition: Any, *values: Any) -> Table:
    """A partition with its keys."""
    *blocks, plan = values
    return Table(partition, key_columns(partition, blocks, plan.groups))


def together(*tables: Table) -> Table:
    """Rows of several partitions, in order."""
    if len(tables) == 1:
        return tables[0]
    filled = [each for each in tables if len(each.rows)] or [tables[0]]
    keys = [concatenated(*each) for each in zip(*[each.keys for each in filled], strict=True)]
    return Table(concatenated(*[each.rows for each in filled]), keys)


def apply_to_groups(table: Table, plan: MethodPlan) -> Any:
    """A method of pandas' own groups."""
    grouped = pandas_groupby(table.rows, table.keys, plan.groups)
    if plan.chosen is not None:
        grouped = grouped[plan.chosen if plan.is_single else list(plan.chosen)]
    own = OWN.get(plan.method)
    if own is not None:
        ((inputs, keywords),) = plan.calls
        return own(grouped, *inputs, **dict(keywords))
    made = apply_method(grouped, plan.method, plan.calls)
    if plan.method == "transform" and len(made) < len(table.rows):  # without any group pandas gives no rows
        made = made.reindex(table.rows.index)
    return made


def kept_groups(grouped: Any, function: Any, args: tuple[Any, ...], keywords: tuple[tuple[str, Any], ...]) -> pd.Series:
    """For each row whether a function is true of its group."""
    numbers = grouped.ngroup()
    is_series = isinstance(grouped, pd.api.typing.SeriesGroupBy)
    answers = [is_kept(function(group, *args, **dict(keywords)), is_series) for _, group in grouped]
    places = numbers.fillna(-1).to_numpy(np.intp)  # rows in no group have none
    return pd.Series(np.array([*answers, False])[places], index=numbers.index)


def is_kept(answer: Any, is_series: bool) -> bool:
    """What a user's function says of a group; of a column's it may be anything that is true or not."""
    is_scalar = pd.api.types.is_scalar(answer)
    if not isinstance(answer, (bool, np.bool_)) and not (is_scalar and (is_series or pd.isna(answer))):
        raise TypeError(f"filter function returned a {type(answer).__name__}, but expected a scalar bool")
    return bool(not pd.isna(answer) and answer)


def in_group(grouped: Any) -> pd.Series:
    """For each row whether it is in a group: its key is not missing, or that is a group too."""
    numbers: pd.Series = grouped.ngroup() >= 0
    return numbers.rename(None)


@function_named("as_declared")
def as_declared(made: Any, declared: pd.Series) -> Any:
    """What a user's function gave, by the name that it was said to have; of no groups pandas makes a frame."""
    return declared if isinstance(made, pd.DataFrame) and not len(made) else made.rename(declared.name)


#: Methods that pandas does not have in this form.
OWN: dict[str, Callable[..., Any]] = {"in_group": in_group, "kept_groups": kept_groups}


class Moved(NamedTuple):
    """Rows on their way to a bucket, keys that stand beside them, and where they stood."""

    rows: Run
    keys: tuple[Any, ...]
    places: Any


class Answered(NamedTuple):
    """Results for rows, and where these stood."""

    rows: Run
    places: Any


def part_of(partition: Any, *values: Any) -> Moved:
    """Rows of a partition."""
    *blocks, _, number = values
    places = np.arange(len(partition), dtype=np.int64) + (number << ROW_BITS)
    keys = tuple([bare(each.array) for each in blocks])
    return Moved(run_of(partition), keys, places)


def keys_of(rows: Any, keys: Sequence[Any], plan: MethodPlan, examples: tuple[Any, ...]) -> list[pd.Series]:
    """The keys of rows that were moved."""
    blocks = [series_of(each).rename(like.name) for each, like in zip(keys, examples[1:], strict=True)]
    return key_columns(rows, blocks, plan.groups)


def split_by_key(
    plan: MethodPlan, examples: tuple[Any, ...], count: int, part: Moved, told: Sequence[int]
) -> list[Moved]:
    """Rows by the hash of their keys."""
    if not len(part.places):
        targets = np.empty(0, np.uint8)
    else:
        targets = targets_of(hash_rows(keys_of(frame_of([part.rows], examples[0]), part.keys, plan, examples)), count)
    return [
        Moved(some_rows(part.rows, rows), tuple([taken(each, rows) for each in part.keys]), part.places[rows])
        for rows in by_target(targets, told)
    ]


def join_moved(*parts: Moved) -> Moved:
    """Rows of several partitions, as they come."""
    filled = [each for each in parts if len(each.places)] or list(parts[:1])
    keys = tuple([joined(each) for each in zip(*[part.keys for part in filled], strict=True)])
    return Moved(merged_run([each.rows for each in parts]), keys, np.concatenate([each.places for each in filled]))


def in_order(moved: Moved) -> Moved:
    """Rows in the order in which they stood."""
    if (np.diff(moved.places) > 0).all():
        return moved
    order = np.argsort(moved.places, kind="stable")
    return Moved(some_rows(moved.rows, order), tuple([taken(each, order) for each in moved.keys]), moved.places[order])


def answer(plan: MethodPlan, examples: tuple[Any, ...], parts: Sequence[Moved]) -> tuple[Any, Any]:
    """What a method gives for the groups of a bucket, and where the rows stood; None if there are none."""
    moved = in_order(join_moved(*parts))
    if not len(moved.places):
        return None, moved.places
    rows = frame_of([moved.rows], examples[0])
    return apply_to_groups(Table(rows, keys_of(rows, moved.keys, plan, examples)), plan), moved.places


@PANDAS.add("GroupbyWhole")
class GroupbyWhole:
    """Anything that pandas computes of groups."""

    table = staticmethod(tabled)
    part = staticmethod(part_of)
    split = staticmethod(split_by_key)
    join = staticmethod(join_moved)

    @staticmethod
    def bucket(plan: MethodPlan, examples: tuple[Any, ...], told: Any, *parts: Moved) -> Any:
        """The results for the groups of a bucket, if it has any."""
        moved = in_order(join_moved(*parts))
        rows = frame_of([moved.rows], examples[0])
        keys = keys_of(rows, moved.keys, plan, examples)
        if not len(rows) or (
            plan.groups.dropna and np.logical_or.reduce([key.isna().to_numpy() for key in keys]).all()
        ):
            return None  # rows that are in no group
        return apply_to_groups(Table(rows, keys), plan)

    @staticmethod
    def ordered(plan: MethodPlan, examples: tuple[Any, ...], told: Any, *results: Any) -> Any:
        """The results of all buckets, in the order of the groups' keys."""
        filled = [each for each in results if each is not None]
        if not filled:
            empty = [pd.Series(each) if isinstance(each, pd.Index) else each for each in examples[1:]]
            return apply_to_groups(Table(examples[0], key_columns(examples[0], empty, plan.groups)), plan)
        made = concatenated(*filled)
        count = len(plan.groups.by)
        keys = [pd.Series(made.index.get_level_values(place).array) for place in range(count)]
        order = sorted_places(keys)
        return made if (np.diff(order) == 1).all() else made.iloc[order]

    @staticmethod
    def merge(plan: MethodPlan, *tables: Table) -> Any:
        """The result for the groups of some tables."""
        return apply_to_groups(together(*tables), plan)


@PANDAS.add("GroupbyRows")
class GroupbyRows:
    """What pandas computes of groups for each of their rows."""

    table = staticmethod(tabled)
    part = staticmethod(part_of)
    split = staticmethod(split_by_key)
    join = staticmethod(join_moved)

    @staticmethod
    def bucket(plan: MethodPlan, examples: tuple[Any, ...], meta: Any, told: Any, *parts: Moved) -> Answered:
        """Results for the rows of a bucket."""
        made, places = answer(plan, examples, parts)
        if made is None:
            return Answered(run_of(meta), places)
        if len(made) != len(places):  # no row is in a group: pandas gives no rows for some methods then
            made = meta.reset_index(drop=True).reindex(np.arange(len(places)))
            made.index = frame_of([in_order(join_moved(*parts)).rows], examples[0]).index
        return Answered(run_of(made), places)

    @staticmethod
    def split_back(part: Answered, told: Sequence[int]) -> list[Answered]:
        """Results by the partition where their rows stood."""
        chosen = by_target(part.places >> ROW_BITS, told)
        return [Answered(some_rows(part.rows, rows), part.places[rows]) for rows in chosen]

    @staticmethod
    def join_back(*parts: Answered) -> Answered:
        """Results of several buckets."""
        return Answered(merged_run([each.rows for each in parts]), np.concatenate([each.places for each in parts]))

    @staticmethod
    def back(meta: Any, told: Any, *parts: Answered) -> Any:
        """Results for the rows of a partition, in their order."""
        whole = GroupbyRows.join_back(*parts)
        order = np.argsort(whole.places, kind="stable")
        return frame_of([some_rows(whole.rows, order)], meta)

    @staticmethod
    def merge(plan: MethodPlan, *tables: Table) -> Any:
        """Results for all rows, and where those of each table end."""
        made = apply_to_groups(together(*tables), plan)
        return made, np.cumsum([0, *[len(each.rows) for each in tables]])

    @staticmethod
    def pick(gathered: Any, place: int) -> Any:
        """The rows of one partition."""
        made, ends = gathered
        return made.iloc[ends[place] : ends[place + 1]]


@PANDAS.add("GroupLookup")
def look_up(partition: Any, *values: Any) -> Any:
    """For each row what a table has for its group: missing values for rows that are in none."""
    *blocks, table, plan, whole = values
    meta = whole.meta
    keys = key_columns(partition, blocks, plan.groups)
    groups = group_rows(keys, plan.groups.dropna)
    present = groups.present
    labels = groups.keys_of(present)
    if len(labels) == 1:
        places = table.index.get_indexer(pd.Index(labels[0].array, dtype=labels[0].dtype))
    else:
        places = table.index.get_indexer(pd.MultiIndex.from_arrays([each.array for each in labels]))
    home = np.full(groups.count + 1, -1, np.intp)
    home[present] = places
    rows = home[groups.codes]
    numbered = table.reset_index(drop=True)
    made = numbered.take(rows) if (rows >= 0).all() else numbered.reindex(rows)
    made.index = partition.index
    if isinstance(meta, pd.Series):
        return made.rename(meta.name)
    made.columns = meta.columns
    return made
