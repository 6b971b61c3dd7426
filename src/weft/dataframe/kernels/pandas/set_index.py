"""Columns as the index of a partition."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from weft.dataframe.kernels.table import KERNELS

PANDAS = KERNELS["pandas"]


@PANDAS.add("SetIndex")
def set_index(partition: pd.DataFrame, labels: tuple[Hashable, ...], drop: bool, append: bool) -> pd.DataFrame:
    """Columns as the index."""
    made = partition.set_index(list(labels), drop=drop, append=append)
    if len(labels) == 1 and isinstance(made.index, pd.RangeIndex) and made.index.dtype != partition[labels[0]].dtype:
        made.index = pd.Index(partition[labels[0]])  # pandas takes short integers that lie evenly, or none, for a range
    return made


@PANDAS.add("CheckedDivisions")
def checked(partition: Any, told: tuple[Any, Any, bool, int]) -> Any:
    """A partition none of whose rows lies beyond its divisions."""
    low, high, is_last, number = told
    index = partition if isinstance(partition, pd.Index) else partition.index
    if len(index) and (index.min() < low or index.max() > high or (index.max() == high and not is_last)):
        raise RuntimeError(
            f"the index of partition {number} goes from {index.min()!r} to {index.max()!r}, beyond its divisions {low!r} to {high!r}"
        )
    return partition
