"""Aggregates of groups: parts of each partition, then of the partial results.

An aggregate is made of *parts*, by column: numbers that can be added up, or compared, group by group (a mean has a sum and
a count); see `weft.dataframe.kernels.pandas.groupby_parts`. Their dtypes come back at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.groupby_finish import final_index, finished_column
from weft.dataframe.kernels.pandas.groupby_parts import PLACES, Partial, concat_arrays, made_part, merged_part
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, wanted_parts
from weft.dataframe.kernels.pandas.grouping import GroupPlan, group_rows, key_columns, pandas_groupby
from weft.dataframe.kernels.pandas.hashing import hash_rows, targets_of
from weft.dataframe.kernels.pandas.runs import ROW_BITS, by_target, joined
from weft.dataframe.kernels.table import KERNELS

__all__ = ["GroupbyAggregate", "apart", "split_groups", "whole_aggregate", "with_places"]

PANDAS = KERNELS["pandas"]

#: Aggregates that are no more than numbers of rows or sums.
ADDED_UP = frozenset(["count", "mean", "size", "sum"])


@PANDAS.add("GroupbyAggregate")
class GroupbyAggregate:
    """Named aggregates of groups."""

    @staticmethod
    def whole(partition: Any, *values: Any) -> Any:
        """The aggregates of a single partition: pandas' own, but for keys that are told apart faster here."""
        *blocks, plan, meta = values
        if len(partition) and is_left_to_pandas(key_columns(partition, blocks, plan.groups), plan):
            return whole_aggregate(partition, blocks, plan)
        return GroupbyAggregate.finish(GroupbyAggregate.chunk(partition, *blocks, plan), plan, meta)

    @staticmethod
    def chunk(partition: Any, *values: Any) -> Partial:
        """Parts of one partition."""
        *blocks, plan = values
        keys = key_columns(partition, blocks, plan.groups)
        groups = group_rows(keys, plan.groups.dropna and not has_all_categories(keys, plan.groups))
        order = groups.in_order(plan.groups.sort)
        parts = {}
        for column, name in wanted_parts(plan):
            if name == "size":
                parts[None, "size"] = (groups.sizes[order],)
                continue
            values_ = partition[column] if isinstance(partition, pd.DataFrame) else partition
            parts[column, name] = made_part(name, values_, groups, partition.index, order)
        return Partial(groups.keys_of(order), parts)

    @staticmethod
    def combine(plan: AggregatePlan, *partials: Partial) -> Partial:
        """Parts of several partitions as those of one."""
        if len(partials) == 1:
            return partials[0]
        filled = [each for each in partials if len(each.keys[0])] or [partials[0]]
        keys = [concat_keys(each) for each in zip(*[each.keys for each in partials], strict=True)]
        if len(filled) == 1:
            return Partial(keys, filled[0].parts)
        groups = group_rows(keys, False)
        order = groups.in_order(plan.groups.sort)
        parts = {}
        for wanted in filled[0].parts:
            parts[wanted] = merged_part(wanted[1], [each.parts[wanted] for each in filled], filled, groups, order)
        return Partial(groups.keys_of(order), parts)

    @staticmethod
    def part(partition: Any, *values: Any) -> Partial:
        """Parts of one partition for an exchange; groups that are not sorted in the end know where they first were."""
        *given, number = values
        made = GroupbyAggregate.chunk(partition, *given)
        return made if given[-1].groups.sort else with_places(made, number)

    @staticmethod
    def split(plan: AggregatePlan, like: Any, count: int, partial: Partial, told: Sequence[int]) -> list[Partial]:
        """Groups by bucket."""
        return split_groups(partial, count, told)

    @staticmethod
    def join(plan: AggregatePlan, like: Any, *partials: Partial) -> Partial:
        """Groups of one bucket."""
        return GroupbyAggregate.combine(plan, *partials)

    @staticmethod
    def together(plan: AggregatePlan, like: Any, *partials: Partial) -> Partial:
        """Groups of all buckets."""
        return apart(partials)

    @staticmethod
    def finish(partial: Partial, plan: AggregatePlan, meta: Any) -> Any:
        """The aggregates, in the order and with the dtypes that pandas gives them."""
        index, order = final_index(partial.keys, plan.groups)
        columns = []
        # with as_index=False the keys come first among the meta's columns
        metas = [meta] if isinstance(meta, pd.Series) else [meta.iloc[:, place] for place in range(meta.shape[1])]
        metas = metas[-len(plan.requests) :] if plan.requests else []
        for request, like in zip(plan.requests, metas, strict=True):
            columns.append(finished_column(request, partial.parts, order, like.dtype))
        if plan.single and plan.groups.as_index:
            return pd.Series(columns[0].array, index=index, name=meta.name, dtype=columns[0].dtype, copy=False)
        made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(index)))
        made.index = index
        if plan.groups.as_index:
            made.columns = meta.columns
            return made
        made = made.reset_index(names=[("key", place) for place in range(index.nlevels)])
        made.columns = meta.columns
        return made


def is_left_to_pandas(keys: list[pd.Series], plan: AggregatePlan) -> bool:
    """Whether pandas makes the aggregates of all rows faster: not where a key is a whole number, nor sums by category."""
    hows = {each.how for each in plan.requests}
    if not hows or not all(isinstance(each, str) for each in hows):
        return False
    if len(keys) == 1 and isinstance(keys[0].dtype, pd.CategoricalDtype):
        return not hows <= ADDED_UP
    return not any(isinstance(each.dtype, np.dtype) and each.dtype.kind in "iu" for each in keys)


def has_all_categories(keys: list[pd.Series], plan: GroupPlan) -> bool:
    """Whether results have a row for every category with every other key, also of keys that never meet a present one."""
    return not plan.observed and len(keys) > 1 and any(isinstance(key.dtype, pd.CategoricalDtype) for key in keys)


def with_places(partial: Partial, number: int) -> Partial:
    """Groups with a part that says where they first were: the partition, and their place in it."""
    places = np.arange(len(partial.keys[0]), dtype=np.int64) + (number << ROW_BITS)
    return Partial(partial.keys, {**partial.parts, PLACES: (places,)})


def split_groups(partial: Partial, count: int, told: Sequence[int]) -> list[Partial]:
    """Groups by the hash of their keys."""
    length = len(partial.keys[0])
    targets = targets_of(hash_rows(partial.keys), count) if length else np.empty(0, np.uint8)
    chosen = by_target(targets, told)
    keys = [[pd.Series(key.array.take(rows), name=key.name, copy=False) for key in partial.keys] for rows in chosen]
    parts: list[dict[Any, Any]] = [{} for _ in chosen]
    for wanted, arrays in partial.parts.items():
        split = split_pairs(arrays, targets, chosen, told) if wanted[1] == "pairs" else taken_parts(arrays, chosen)
        for own, each in zip(parts, split, strict=True):
            own[wanted] = each
    return [Partial(*each) for each in zip(keys, parts, strict=True)]


def taken_parts(arrays: tuple[Any, ...], chosen: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Some groups' elements of a part."""
    return [tuple([each[rows] for each in arrays]) for rows in chosen]


def split_pairs(
    arrays: tuple[Any, ...], targets: Any, chosen: Sequence[Any], told: Sequence[int]
) -> list[tuple[Any, ...]]:
    """Pairs of groups and values, which go where their groups go; groups are numbered anew in each bucket."""
    numbers, values = arrays
    renumbered = np.empty(len(targets), np.int64)
    for rows in chosen:
        renumbered[rows] = np.arange(len(rows))
    found = by_target(targets[numbers], told)
    return [(renumbered[numbers[places]], values[places]) for places in found]


def apart(partials: Sequence[Partial]) -> Partial:
    """Groups of several partial results that have none in common, in the order of first rows if that is known."""
    filled = [each for each in partials if len(each.keys[0])] or list(partials[:1])
    keys = [concat_keys(each) for each in zip(*[each.keys for each in partials], strict=True)]
    parts: dict[Any, tuple[Any, ...]] = {}
    starts = np.cumsum([0, *[len(each.keys[0]) for each in filled]])
    for wanted in filled[0].parts:
        given = [each.parts[wanted] for each in filled]
        if wanted[1] == "pairs":
            given = [(numbers + start, values) for (numbers, values), start in zip(given, starts[:-1], strict=True)]
        parts[wanted] = tuple([concat_arrays(each) for each in zip(*given, strict=True)])
    places = parts.pop(PLACES, None)
    if places is None:
        return Partial(keys, parts)
    order = np.argsort(places[0], kind="stable")
    renumbered = np.empty(len(order), np.int64)
    renumbered[order] = np.arange(len(order))
    return Partial(
        [key.iloc[order] for key in keys],
        {
            wanted: (renumbered[arrays[0]], arrays[1])
            if wanted[1] == "pairs"
            else tuple([each[order] for each in arrays])
            for wanted, arrays in parts.items()
        },
    )


def concat_keys(keys: tuple[pd.Series, ...]) -> pd.Series:
    """Keys of several partitions; categories that differ are united."""
    filled = [each for each in keys if len(each)] or keys[:1]
    if all(isinstance(each.dtype, pd.CategoricalDtype) for each in filled):
        arrays = [each.array for each in keys if isinstance(each.dtype, pd.CategoricalDtype)]
        return pd.Series(joined(arrays), name=keys[0].name)
    return pd.concat(filled, ignore_index=True)


def custom_aggregate(how: Any, column: pd.Series, groups: Any) -> pd.Series:
    """A user's aggregate of a column whose rows are in one place, by the numbers of their groups."""
    made = how.chunk(column.reset_index(drop=True).groupby(groups, sort=True))
    parts = made if isinstance(made, tuple) else (made,)
    made = how.agg(*[each.groupby(level=0, sort=True) for each in parts])
    parts = made if isinstance(made, tuple) else (made,)
    values = how.finalize(*parts) if how.finalize is not None else parts[0]
    return values.reindex(range(groups.max() + 1))


def whole_aggregate(source: Any, blocks: list[Any], plan: AggregatePlan) -> Any:
    """The aggregates as pandas computes them, in one step: what metas are made with."""
    grouped = pandas_groupby(source, key_columns(source, blocks, plan.groups), plan.groups)
    columns = []
    for request in plan.requests:
        if request.how == "size":
            columns.append(grouped.size() if plan.groups.as_index else grouped.size()["size"])
            continue
        chosen = grouped
        if isinstance(source, pd.DataFrame):  # pandas takes a tuple for several columns
            chosen = grouped[[request.column]] if isinstance(request.column, tuple) else grouped[request.column]
        if isinstance(request.how, str):
            made = getattr(chosen, request.how)(**dict(request.options))
        else:
            made = chosen.agg("count")
            column = source[request.column] if isinstance(source, pd.DataFrame) else source
            values = custom_aggregate(request.how, column, grouped.ngroup().to_numpy())
            if isinstance(made, pd.Series):
                made = pd.Series(values.array, index=made.index, name=made.name)
            else:
                made = made.iloc[:, :-1].assign(**{"": values.array})
            if plan.groups.as_index and isinstance(made, pd.Series):
                made = made.rename(request.label)
        columns.append(made if isinstance(made, pd.Series) else made.iloc[:, -1])
    if plan.single and plan.groups.as_index:
        return columns[0]
    sizes = grouped.size()
    made = pd.concat(columns, axis=1, ignore_index=True) if columns else pd.DataFrame(sizes).iloc[:, :0]
    if plan.labels is not None:
        made.columns = plan.labels
    if not plan.groups.as_index:
        keys = sizes.iloc[:, :-1] if isinstance(sizes, pd.DataFrame) else sizes.index.to_frame(index=False)
        for place in range(keys.shape[1] - 1, -1, -1):
            label = keys.columns[place]
            if isinstance(made.columns, pd.MultiIndex):
                label = (label, *[""] * (made.columns.nlevels - 1))
            made.insert(0, label, keys.iloc[:, place].array, allow_duplicates=True)
    return made
