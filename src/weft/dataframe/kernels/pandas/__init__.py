"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import (
    counting,
    elementwise,
    groupby,
    indexing,
    neighbours,
    reductions,
    repartition,
    rows,
    shuffle,
)

__all__ = [
    "counting",
    "elementwise",
    "groupby",
    "indexing",
    "neighbours",
    "reductions",
    "repartition",
    "rows",
    "shuffle",
]
