"""Means of Arrow's decimal numbers: they stay decimals, of as many places, rounded half away from zero as Arrow does it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pandas as pd
import pyarrow as pa

from weft.dataframe.kernels.pandas.elementwise import function_named

__all__ = ["is_decimal", "mean_of", "means_of"]

#: Digits that quotients are computed with: twice those of Arrow's longest type.
DIGITS = 152


def is_decimal(dtype: Any) -> bool:
    """Whether values are decimal numbers."""
    return isinstance(dtype, pd.ArrowDtype) and pa.types.is_decimal(dtype.pyarrow_dtype)


def mean_of(total: Decimal, count: int, dtype: Any) -> Decimal:
    """A mean of values of a type."""
    with localcontext(prec=DIGITS):
        return (total / int(count)).quantize(Decimal(1).scaleb(-dtype.pyarrow_dtype.scale), ROUND_HALF_UP)


def means_of(totals: Iterable[Any], counts: Iterable[int], dtype: Any) -> pd.Series:
    """Means of several groups; missing of those that have no values."""
    values = [mean_of(total, count, dtype) if count else None for total, count in zip(totals, counts, strict=True)]
    return pd.Series(values, dtype=dtype)


@function_named("decimals_as_floats")
def as_floats(values: Any) -> Any:
    """Columns, of which those of decimal numbers are Arrow's floats, as Arrow computes quantiles of them."""
    if isinstance(values, pd.Series):
        return values.astype("double[pyarrow]")
    return values.astype({label: "double[pyarrow]" for label, dtype in values.dtypes.items() if is_decimal(dtype)})
