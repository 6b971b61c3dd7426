"""Frequencies from the sizes of groups: in pandas' order, and as parts of a group's rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

__all__ = ["CountPlan", "counted_groups"]

PANDAS = KERNELS["pandas"]


class CountPlan(NamedTuple):
    """What is asked for.

    Parameters
    ----------
    keys : int
        How many of the keys are those of groups; the others are values. 0 for rows of a frame.
    normalize, sort, ascending, dropna : bool
        As in pandas; ``dropna`` of the values.
    sort_groups, drop_groups, as_index : bool
        Whether groups come in the order of their keys; whether those with missing keys are left out; whether keys are the index.
    is_listed : bool
        Whether a single column of a frame gives an index of levels.
    dtype : dtype, optional
        The type of the frequencies: that of their values' own kind of integers, or floats.
    """

    keys: int
    normalize: bool
    sort: bool
    ascending: bool
    dropna: bool
    sort_groups: bool = False
    drop_groups: bool = True
    as_index: bool = True
    is_listed: bool = False
    dtype: Any = None


@PANDAS.add("CountedGroups")
def counted_groups(sizes: pd.Series, options: tuple[CountPlan]) -> Any:
    """Frequencies; ``sizes`` has the groups by all keys in the order of their first rows."""
    (plan,) = options
    found = without_missing(sizes, plan).rename("proportion" if plan.normalize else "count")
    levels = list(range(plan.keys, found.index.nlevels))
    if plan.sort_groups and levels:  # as pandas has them before it counts: by keys that are sorted in any order of ties
        found = found.iloc[found.index.droplevel(levels).argsort()]
    if plan.sort:
        found = found.sort_values(ascending=plan.ascending, kind="stable")
    if plan.sort_groups:
        names = found.index.names
        found.index = found.index.set_names(list(range(len(names))))
        found = found.sort_index(level=list(range(plan.keys)), sort_remaining=False)
        found.index = found.index.set_names(names)
    if plan.normalize:
        found = found / whole_of(found, plan)
    if plan.dtype is not None:
        found = found.astype(plan.dtype)
    if plan.is_listed and found.index.nlevels == 1:
        found.index = pd.MultiIndex.from_arrays([found.index], names=[found.index.name])
    return found if plan.as_index else with_columns(found)


def without_missing(sizes: pd.Series, plan: CountPlan) -> pd.Series:
    """Groups but those with a missing key that is left out: of groups, or of values."""
    kept = np.ones(len(sizes), bool)
    for place in range(sizes.index.nlevels):
        if plan.drop_groups if place < plan.keys else plan.dropna:
            kept &= ~np.asarray(sizes.index.get_level_values(place).isna())
    if kept.all():
        return sizes
    found = sizes[kept]
    if isinstance(found.index, pd.MultiIndex):
        found.index = found.index.remove_unused_levels()
    return found


def whole_of(found: pd.Series, plan: CountPlan) -> Any:
    """How many rows the group of each entry has."""
    if not plan.keys:
        return found.sum()
    levels = list(range(plan.keys, found.index.nlevels))
    keys = found.index.droplevel(levels) if levels else found.index
    return found.groupby(keys, sort=plan.sort_groups, dropna=plan.drop_groups, observed=True).transform("sum")


def with_columns(found: pd.Series) -> pd.DataFrame:
    """Frequencies with their keys as columns."""
    names = list(found.index.names)
    labels = [f"level_{place}" if name is None else name for place, name in enumerate(names)]
    if found.name in labels:
        raise ValueError(f"Column label '{found.name}' is duplicate of result column")
    made = found.set_axis(found.index.set_names(list(range(len(names)))), axis=0).reset_index()
    return made.set_axis([*labels, found.name], axis=1)
