"""Aggregates of groups: parts of each partition, then of the partial results.

An aggregate is made of *parts*, by column: numbers that can be added up, or compared, group by group (a mean has a sum and
a count); see `weft.dataframe.kernels.pandas.groupby_parts`. Their dtypes come back at the end.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.kernels.pandas.groupby_finish import final_index, finished_column
from weft.dataframe.kernels.pandas.groupby_parts import Partial, made_part, merged_part
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, wanted_parts
from weft.dataframe.kernels.pandas.grouping import GroupPlan, group_rows, key_columns, pandas_groupby
from weft.dataframe.kernels.table import KERNELS

__all__ = ["GroupbyAggregate", "whole_aggregate"]

PANDAS = KERNELS["pandas"]


@PANDAS.add("GroupbyAggregate")
class GroupbyAggregate:
    """Named aggregates of groups."""

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
        if len(filled) == 1:
            return filled[0]
        keys = [concat_keys(each) for each in zip(*[each.keys for each in filled], strict=True)]
        groups = group_rows(keys, False)
        order = groups.in_order(plan.groups.sort)
        parts = {}
        for wanted in filled[0].parts:
            parts[wanted] = merged_part(wanted[1], [each.parts[wanted] for each in filled], filled, groups, order)
        return Partial(groups.keys_of(order), parts)

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
            return pd.Series(columns[0].array, index=index, name=meta.name, copy=False)
        made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(index)))
        made.index = index
        if plan.groups.as_index:
            made.columns = meta.columns
            return made
        made = made.reset_index(names=[("key", place) for place in range(index.nlevels)])
        made.columns = meta.columns
        return made


def has_all_categories(keys: list[pd.Series], plan: GroupPlan) -> bool:
    """Whether results have a row for every category with every other key, also of keys that never meet a present one."""
    return not plan.observed and len(keys) > 1 and any(isinstance(key.dtype, pd.CategoricalDtype) for key in keys)


def concat_keys(keys: tuple[pd.Series, ...]) -> pd.Series:
    """Keys of several partitions; categories that differ are united."""
    first = keys[0].dtype
    if isinstance(first, pd.CategoricalDtype) and any(each.dtype != first for each in keys):
        united = pd.api.types.union_categoricals([each.array for each in keys], sort_categories=False)
        return pd.Series(united, name=keys[0].name)
    return pd.concat(keys, ignore_index=True)


def whole_aggregate(source: Any, blocks: list[Any], plan: AggregatePlan) -> Any:
    """The aggregates as pandas computes them, in one step: what metas are made with."""
    grouped = pandas_groupby(source, key_columns(source, blocks, plan.groups), plan.groups)
    columns = []
    for request in plan.requests:
        if request.how == "size":
            columns.append(grouped.size() if plan.groups.as_index else grouped.size()["size"])
            continue
        chosen = grouped[request.column] if isinstance(source, pd.DataFrame) else grouped
        if isinstance(request.how, str):
            made = getattr(chosen, request.how)(**dict(request.options))
        else:
            made = chosen.agg("count").rename(request.label) if plan.groups.as_index else chosen.agg("count")
        columns.append(made if isinstance(made, pd.Series) else made.iloc[:, -1])
    if plan.single and plan.groups.as_index:
        return columns[0]
    made = pd.concat(columns, axis=1, ignore_index=True) if columns else grouped.size().to_frame().iloc[:, :0]
    if plan.labels is not None:
        made.columns = plan.labels
    if not plan.groups.as_index:
        sizes = grouped.size()
        keys = sizes.iloc[:, :-1] if isinstance(sizes, pd.DataFrame) else sizes.index.to_frame(index=False)
        for place in range(keys.shape[1] - 1, -1, -1):
            label = keys.columns[place]
            if isinstance(made.columns, pd.MultiIndex):
                label = (label, *[""] * (made.columns.nlevels - 1))
            made.insert(0, label, keys.iloc[:, place].array, allow_duplicates=True)
    return made
