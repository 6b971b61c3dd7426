"""Kernels on pandas: every operation has one."""

from weft.dataframe.kernels.pandas import groupby, reductions, repartition, rowwise, shuffle

__all__ = ["groupby", "reductions", "repartition", "rowwise", "shuffle"]
