"""Values chosen by a condition, filled in, and of other types, on each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from weft.dataframe.kernels.pandas.elementwise import Pairs
from weft.dataframe.kernels.polars.elementwise import TRUTH, operation
from weft.dataframe.kernels.polars.numbers import number
from weft.dataframe.kernels.polars.relation import Column, engine_type
from weft.dataframe.kernels.polars.truth import comparable
from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text
from weft.dataframe.kernels.translating.relation import truth
from weft.records import replaced

__all__: list[str] = []


@operation("where", "mask")
def chosen(value: Any, condition: Any, other: Any = np.nan, *, dtype: Any, name: str) -> Column:
    """Values where a condition holds, others elsewhere."""
    a, holds = value.settled(), truth(condition).settled()
    if is_text(dtype):
        if isinstance(other, Column):
            b = other
        elif isinstance(other, str):
            b = Column(pl.lit(other, dtype=pl.String), dtype)
        elif other is np.nan or other is None:
            b = Column(pl.lit(None, dtype=pl.String), dtype, True)
        else:
            raise Untranslatable("text is replaced by something else")
    elif other is np.nan:
        if not is_float(dtype) and dtype.kind != "M":
            raise Untranslatable(f"{name} of {dtype} stays in pandas")
        b = Column(pl.lit(None, dtype=engine_type(dtype)), dtype, True, narrow=a.dtype if is_integer(a.dtype) else None)
    elif is_float(dtype) or is_integer(dtype):
        b = number(other, dtype)
        if isinstance(other, float) and other != other:
            b = replaced(b, nan=True)
    elif dtype == TRUTH and isinstance(other, bool) and a.dtype == TRUTH:
        b = Column(pl.lit(other), TRUTH)
    elif dtype.kind == "M" and a.dtype == dtype:
        b = other if isinstance(other, Column) else Column(comparable(a, other), dtype)
        if b.dtype != dtype:
            raise Untranslatable(f"{name} of {dtype} by {b.dtype} stays in pandas")
    else:
        raise Untranslatable(f"{name} of {dtype} stays in pandas")
    if is_float(dtype) or is_integer(dtype):
        a = number(a, dtype)
    first, second = (a, b) if name == "where" else (b, a)
    made = pl.when(holds.expr).then(first.expr).otherwise(second.expr)
    return Column(made, dtype, a.null or b.null, a.nan or b.nan, narrow=b.narrow)


@operation("fillna")
def filled(value: Any, other: Any, *, dtype: Any, name: str) -> Column:
    """Missing values replaced by one value."""
    a: Column = value.settled()
    if isinstance(other, (Column, Pairs)) or dtype != a.dtype:
        raise Untranslatable("missing values are replaced by pandas")
    if is_text(dtype):
        if not isinstance(other, str):
            raise Untranslatable("missing text is replaced by something else")
        return Column(a.expr.fill_null(pl.lit(other, dtype=pl.String)), dtype)
    if is_float(dtype):
        plain = number(other, dtype)
        made = a.expr.fill_nan(plain.expr) if a.nan else a.expr
        return Column(made.fill_null(plain.expr) if a.null else made, dtype)
    if is_integer(dtype):
        return a
    if dtype.kind == "M" and a.dtype == dtype:
        return Column(a.expr.fill_null(comparable(a, other)), dtype)
    raise Untranslatable(f"missing values of {dtype} are replaced by pandas")


@operation("astype")
def cast(value: Any, dtypes: Any, *, dtype: Any, name: str) -> Column:
    """Casts that lose nothing."""
    a: Column = value.settled()
    if dtype == a.dtype:
        return a
    source = a.dtype
    if not (isinstance(source, np.dtype) and isinstance(dtype, np.dtype)) or source.kind not in "biuf":
        raise Untranslatable(f"casts from {source} to {dtype} stay in pandas")
    if dtype.kind in "iuf" and np.can_cast(source, dtype, "safe"):
        return a.cast(dtype)
    raise Untranslatable(f"casts from {source} to {dtype} stay in pandas")
