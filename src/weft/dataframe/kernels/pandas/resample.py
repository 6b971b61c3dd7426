"""Periods of time: in which one each row is, and aggregates of periods, those without rows too."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.groupby import GroupbyAggregate
from weft.dataframe.kernels.pandas.groupby_finish import finished_column
from weft.dataframe.kernels.pandas.groupby_parts import Partial
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan
from weft.dataframe.kernels.table import KERNELS

__all__ = ["ResamplePlan"]

PANDAS = KERNELS["pandas"]


class ResamplePlan(NamedTuple):
    """Periods and what is asked of them; the groups of ``asked`` have one key, the number of the period."""

    options: tuple[tuple[str, Any], ...]
    on: Any
    asked: AggregatePlan


@PANDAS.add("TimeSpan")
class TimeSpan:
    """The first and the last time of a frame's index, or of a column."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> Any:
        """Of one partition: none, or two."""
        times = times_of(partition, plan)
        return times[:0] if not len(times) else pd.Index([times.min(), times.max()], dtype=times.dtype)

    @staticmethod
    def combine(plan: Any, *partials: Any) -> Any:
        """Of several."""
        joined = partials[0].append(list(partials[1:])) if len(partials) > 1 else partials[0]
        return joined if len(joined) <= 2 else pd.Index([joined.min(), joined.max()], dtype=joined.dtype)

    @staticmethod
    def finish(partial: Any, plan: Any, meta: Any) -> Any:
        """The two."""
        return partial


def times_of(partition: Any, on: Any) -> pd.Index:
    """The times of rows; missing ones are in no period."""
    times = partition.index if on is None else pd.Index(partition[on])
    return times[times.notna()] if times.hasnans else times


def periods_of(partition: Any, span: pd.Index, on: Any, options: tuple[tuple[str, Any], ...]) -> tuple[Any, pd.Index]:
    """The number of each row's period, counted from the first one of all, and the labels of all periods."""
    times = partition.index if on is None else pd.Index(partition[on])
    if times.is_monotonic_increasing and len(span) == 2:
        sizes = sizes_of(span[:1].append([times, span[1:]]), options)
        return np.repeat(np.arange(len(sizes)), sizes.to_numpy())[1:-1], sizes.index
    whole = span.append(times)
    order = np.argsort(whole.asi8, kind="stable")
    sizes = sizes_of(whole[order], options)
    numbers = np.empty(len(whole), np.int64)
    numbers[order] = np.repeat(np.arange(len(sizes)), sizes.to_numpy())
    return numbers[len(span) :], sizes.index


def sizes_of(times: pd.Index, options: tuple[tuple[str, Any], ...]) -> pd.Series:
    """How many of some times, which rise, are in each period."""
    sizes: pd.Series = pd.Series(np.zeros(len(times), np.int8), index=times).resample(**dict(options)).size()
    return sizes


@PANDAS.add("TimeBins")
def time_bins(partition: Any, span: pd.Index, on: Any, options: tuple[tuple[str, Any], ...]) -> pd.Series:
    """The label of each row's period; none for a row without a time."""
    times = partition.index if on is None else pd.Index(partition[on])
    there = np.asarray(times.notna())
    found = pd.Series(times, index=partition.index, name=times.name)
    if not there.any():
        return found
    numbers, labels = periods_of(partition if there.all() else partition[there], span, on, options)
    places = np.full(len(times), -1)
    places[there] = numbers
    return pd.Series(labels.take(places, fill_value=pd.NaT), index=partition.index, name=times.name)


@PANDAS.add("ResampleAggregate")
class ResampleAggregate:
    """Named aggregates of periods."""

    @staticmethod
    def whole(partition: Any, plan: ResamplePlan, meta: Any) -> Any:
        """The aggregates of a single partition, as pandas makes them."""
        if not len(partition):
            return meta
        periods = partition.resample(on=plan.on, **dict(plan.options))
        columns = []
        for request in plan.asked.requests:
            chosen = periods if partition.ndim == 1 or request.how == "size" else periods[request.column]
            columns.append(getattr(chosen, request.how)(**dict(request.options)))
        if isinstance(meta, pd.Series):
            return columns[0].rename(meta.name)
        made = pd.concat(columns, axis=1, ignore_index=True)
        made.columns = meta.columns
        return made

    @staticmethod
    def chunk(partition: Any, span: Any, plan: ResamplePlan) -> tuple[Partial, Any]:
        """Parts of one partition."""
        if not len(span):
            numbers = pd.Series([], dtype=np.int64)
            return GroupbyAggregate.chunk(partition.iloc[:0], numbers, plan.asked), None
        if plan.on is None and partition.index.hasnans:
            partition = partition[partition.index.notna()]
        if plan.on is not None and partition[plan.on].hasnans:
            partition = partition[partition[plan.on].notna()]
        numbers, labels = periods_of(partition, span, plan.on, plan.options)
        return GroupbyAggregate.chunk(partition, pd.Series(numbers), plan.asked), labels

    @staticmethod
    def combine(plan: ResamplePlan, *partials: tuple[Partial, Any]) -> tuple[Partial, Any]:
        """Parts of several."""
        return GroupbyAggregate.combine(plan.asked, *[each[0] for each in partials]), partials[0][1]

    @staticmethod
    def finish(partial: tuple[Partial, Any], plan: ResamplePlan, meta: Any) -> Any:
        """The aggregates of all periods."""
        parts, labels = partial
        if labels is None:
            return meta
        present = parts.keys[0].to_numpy()
        order = np.full(len(labels), -1, np.intp)
        order[present] = np.arange(len(present))
        metas = [meta] if isinstance(meta, pd.Series) else [meta.iloc[:, place] for place in range(meta.shape[1])]
        columns = [
            finished_column(request, parts.parts, order, like.dtype)
            for request, like in zip(plan.asked.requests, metas, strict=True)
        ]
        labels = labels.rename(meta.index.name)
        if isinstance(meta, pd.Series):
            return pd.Series(columns[0].array, index=labels, name=meta.name)
        made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(labels)))
        made.index = labels
        made.columns = meta.columns
        return made
