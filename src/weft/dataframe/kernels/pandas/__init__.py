"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import (
    elementwise,
    groupby,
    indexing,
    reductions,
    repartition,
    rows,
    set_index,
    shuffle,
    sorting,
)

__all__ = [
    "elementwise",
    "groupby",
    "indexing",
    "reductions",
    "repartition",
    "rows",
    "set_index",
    "shuffle",
    "sorting",
]
