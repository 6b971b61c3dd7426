"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import groupby, reductions, rowwise, shuffle

__all__ = ["groupby", "reductions", "rowwise", "shuffle"]
