"""Groups whose rows must all be in one place: rows of several partitions with their keys, and pandas' own groups of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.grouping import GroupPlan, key_columns, pandas_groupby
from weft.dataframe.kernels.pandas.neighbours import apply_method, concatenated
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
    return apply_method(grouped, plan.method, plan.calls)


def kept_groups(grouped: Any, function: Any, args: tuple[Any, ...], keywords: tuple[tuple[str, Any], ...]) -> pd.Series:
    """For each row whether a function is true of its group."""
    obj = grouped._selected_obj if hasattr(grouped, "_selected_obj") else grouped.obj
    numbers = grouped.ngroup()
    kept = np.zeros(len(obj), bool)
    for number, (_, group) in enumerate(grouped):
        answer = function(group, *args, **dict(keywords))
        if not isinstance(answer, (bool, np.bool_)) and not pd.api.types.is_scalar(answer):
            raise TypeError(f"filter function returned a {type(answer).__name__}, but expected a scalar bool")
        if answer is not pd.NA and answer == answer and answer:
            kept |= numbers.to_numpy() == number
    return pd.Series(kept, index=obj.index)


#: Methods that pandas does not have in this form.
OWN = {"kept_groups": kept_groups}


@PANDAS.add("GroupbyWhole")
class GroupbyWhole:
    """Anything that pandas computes of groups."""

    table = staticmethod(tabled)

    @staticmethod
    def merge(plan: MethodPlan, *tables: Table) -> Any:
        """The result for the groups of some tables."""
        return apply_to_groups(together(*tables), plan)


@PANDAS.add("GroupbyRows")
class GroupbyRows:
    """What pandas computes of groups for each of their rows."""

    table = staticmethod(tabled)

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
