"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import counting, groupby, neighbours, reductions, rowwise, shuffle

__all__ = ["counting", "groupby", "neighbours", "reductions", "rowwise", "shuffle"]
