"""Users' own reductions: functions of a partition, and of what several of them gave."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("Custom")
class Custom:
    """A user's reduction: functions of a partition, and of what several gave."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> Any:
        """Of one partition."""
        return plan.chunk(partition, **dict(plan.chunk_keywords))

    @staticmethod
    def combine(plan: Any, *partials: Any) -> Any:
        """Of several, unless there is nothing to do but to put them together."""
        if len(partials) == 1:
            return Gathered(partials) if not isinstance(partials[0], Gathered) else partials[0]
        parts: list[Any] = []
        for each in partials:
            parts.extend(each) if isinstance(each, Gathered) else parts.append(each)
        if plan.combine is None:
            return Gathered(parts)
        return Gathered([plan.combine(together(parts), **dict(plan.combine_keywords))])

    @staticmethod
    def finish(partial: Any, plan: Any, meta: Any) -> Any:
        """The result."""
        return plan.aggregate(together(partial), **dict(plan.aggregate_keywords))


class Gathered(list[Any]):
    """What several partitions gave, in order."""


def together(parts: list[Any]) -> Any:
    """Several results as one pandas object: values become a series, series the rows of a frame."""
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts)
    if isinstance(parts[0], pd.Series):
        return pd.concat([each.to_frame().T for each in parts]).infer_objects()
    if isinstance(parts[0], pd.Index):
        return parts[0].append(list(parts[1:]))
    return pd.Series(list(parts))
