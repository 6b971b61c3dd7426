"""Reductions by the path that users know: ``da.reductions``."""

from __future__ import annotations

from weft.array.ops.arg_reductions import argmax, argmin, nanargmax, nanargmin
from weft.array.ops.cumulative import cumprod, cumreduction, cumsum, nancumprod, nancumsum
from weft.array.ops.custom_reductions import arg_reduction, reduction
from weft.array.ops.nan_reductions import nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from weft.array.ops.reductions import all, any, max, mean, min, prod, std, sum, var
from weft.array.ops.statistics import moment, trace
from weft.array.ops.topk import argtopk, topk

__all__ = [
    "all",
    "any",
    "arg_reduction",
    "argmax",
    "argmin",
    "argtopk",
    "cumprod",
    "cumreduction",
    "cumsum",
    "max",
    "mean",
    "min",
    "moment",
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "prod",
    "reduction",
    "std",
    "sum",
    "topk",
    "trace",
    "var",
]
