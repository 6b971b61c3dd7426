"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import (
    concat,
    counting,
    elementwise,
    groupby,
    groupby_rows,
    indexing,
    merge,
    neighbours,
    reductions,
    repartition,
    reshaping,
    rows,
    set_index,
    shuffle,
    sorting,
)

__all__ = [
    "concat",
    "counting",
    "elementwise",
    "groupby",
    "groupby_rows",
    "indexing",
    "merge",
    "neighbours",
    "reductions",
    "repartition",
    "reshaping",
    "rows",
    "set_index",
    "shuffle",
    "sorting",
]
