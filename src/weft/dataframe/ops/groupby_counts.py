"""How often values are there: in each group, and rows of a frame. Sizes of groups by all keys, which go in parts, in order."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.groupby_counts import CountPlan
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, Request
from weft.dataframe.kernels.pandas.grouping import By, GroupPlan, key_columns
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.pivot import FromGroups
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.unique import check_subset
from weft.expr import node

__all__ = ["CountedGroups", "RowCountMethods", "counts_in_groups"]


@node
class CountedGroups(FromGroups):
    """Numbers of equal rows, in the order of pandas."""


def counts_in_groups(groups: Any, labels: Sequence[Hashable], plan: CountPlan, example: Any) -> Any:
    """`value_counts` of groups, whose values are some columns of a frame, or the series itself.

    None where categories without rows are counted, too, as those of values always are: pandas puts in what it does not find.
    """
    source, blocks, given = groups._source(), groups._blocks, groups._plan
    values: tuple[By, ...] = tuple([By("column", label, label) for label in labels])
    if source.meta.ndim == 1:
        values = (By("block", len(blocks), source.meta.name),)
        blocks = (*blocks, source)
    by = (*given.by, *values)
    asked = GroupPlan(by, False, True, given.dropna and plan.dropna, True, given.group_keys, True)
    keys = key_columns(source.meta, [each.meta for each in blocks], asked)
    are_categories = [isinstance(key.dtype, pd.CategoricalDtype) for key in keys]
    if any(are_categories[len(given.by) :]) or (not given.observed and any(are_categories)):
        return None
    return counted(source, blocks, asked, plan, example)


def counted(source: FrameExpr, blocks: tuple[FrameExpr, ...], groups: GroupPlan, plan: CountPlan, example: Any) -> Any:
    """Sizes of groups, in order."""
    sizes = GroupbyAggregate(source, blocks, AggregatePlan(groups, (Request("size", None, "size"),), None, True))
    counts = example if isinstance(example, pd.Series) else example.iloc[:, -1]
    return new(CountedGroups(sizes, (plan._replace(dtype=counts.dtype),), example))


class RowCountMethods(FrameBase):
    """How often rows are there."""

    __slots__ = ()

    def value_counts(
        self,
        subset: Any = None,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        dropna: bool = True,
    ) -> Any:
        """How often rows are there that are equal in some columns.

        Where a column is categorical all rows are brought to one place: categories without rows are counted, too.

        Parameters
        ----------
        subset : label or list of labels
            All columns by default.
        normalize, sort, ascending, dropna
            As for a series.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 1, 2], "b": ["x", "x", "x"]}), npartitions=2)
        >>> df.value_counts().compute().to_dict()
        {(1, 'x'): 2, (2, 'x'): 1}
        """
        labels = list(self.expr.columns) if subset is None else list(check_subset(self, subset) or ())
        is_listed = subset is None or pd.api.types.is_list_like(subset)
        words = {"normalize": normalize, "sort": sort, "ascending": ascending, "dropna": dropna}
        call = call_of(subset=labels if is_listed else labels[0], **words)
        whole = whole_result(project(self, labels), "value_counts", call)
        if not labels or any(isinstance(self.expr.meta[label].dtype, pd.CategoricalDtype) for label in labels):
            return whole
        by = tuple([By("column", label, label) for label in labels])
        groups = GroupPlan(by, False, True, bool(dropna), True, True, True)
        plan = CountPlan(0, bool(normalize), bool(sort), bool(ascending), bool(dropna), is_listed=is_listed)
        return counted(self.expr, (), groups, plan, whole.expr.meta)
