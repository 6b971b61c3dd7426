"""Aggregates of groups: of each partition, then of the partial results.

A partial result is a tuple of frames, one for each part of the aggregate (a mean has two: sums and counts), with the keys as
their index.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]

#: What is computed of each partition, and how two such results become one.
PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "sum": (("sum", "sum"),),
    "count": (("count", "sum"),),
    "min": (("min", "min"),),
    "max": (("max", "max"),),
    "mean": (("sum", "sum"), ("count", "sum")),
}


class Plan(NamedTuple):
    """What is asked of the groups."""

    by: tuple[Hashable, ...]
    columns: tuple[Hashable, ...]
    how: str
    sort: bool
    dropna: bool
    single: bool


#: Frames with the parts of an aggregate.
Partial = tuple[pd.DataFrame, ...]


@PANDAS.add("GroupbyChunk")
def groupby_chunk(partition: pd.DataFrame, plan: Plan) -> Partial:
    """Partial aggregates of one partition."""
    groups = partition.groupby(list(plan.by), sort=False, dropna=plan.dropna)[list(plan.columns)]
    return tuple([getattr(groups, part)() for part, _ in PARTS[plan.how]])


@PANDAS.add("GroupbyCombine")
def groupby_combine(plan: Plan, *partials: Partial) -> Partial:
    """Partial aggregates of several partitions as those of one; groups keep the order in which they first came."""
    if len(partials) == 1:
        return partials[0]
    levels = list(range(len(plan.by)))
    made = []
    for frames, (_, again) in zip(zip(*partials, strict=True), PARTS[plan.how], strict=True):
        filled = [frame for frame in frames if len(frame)] or [frames[0]]
        groups = pd.concat(filled).groupby(level=levels, sort=False, dropna=plan.dropna)
        made.append(getattr(groups, again)())
    return tuple(made)


@PANDAS.add("GroupbyFinish")
def groupby_finish(partial: Partial, plan: Plan, dtypes: tuple[Any, ...]) -> Any:
    """The aggregate, in the order and with the dtypes that pandas gives it."""
    made = partial[0] if plan.how != "mean" else partial[0] / partial[1]
    if plan.sort:
        made = made.sort_index()
    wanted = {label: dtype for label, dtype in zip(plan.columns, dtypes, strict=True) if made[label].dtype != dtype}
    if wanted:
        made = made.astype(wanted)
    return made[plan.columns[0]] if plan.single else made


def whole_groupby(frame: pd.DataFrame, plan: Plan) -> Any:
    """The aggregate as pandas computes it, in one step: what metas are made with."""
    groups = frame.groupby(list(plan.by) if len(plan.by) > 1 else plan.by[0], sort=plan.sort, dropna=plan.dropna)
    return getattr(groups[plan.columns[0]] if plan.single else groups[list(plan.columns)], plan.how)()
