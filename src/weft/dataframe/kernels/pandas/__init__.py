"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import (
    counting,
    elementwise,
    groupby,
    groupby_rows,
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
    "groupby_rows",
    "indexing",
    "neighbours",
    "reductions",
    "repartition",
    "rows",
    "shuffle",
]
