"""Dates on each row: their parts, and dates some time before or after."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from weft.dataframe.kernels.polars.elementwise import operation
from weft.dataframe.kernels.polars.relation import Column, engine_type
from weft.dataframe.kernels.translating import Untranslatable
from weft.records import replaced

__all__ = ["moved_date"]


def part_of_date(method: str, offset: int = 0) -> Callable[..., Column]:
    """What a part of a date is."""

    def part(value: Any, *, dtype: Any, name: str) -> Column:
        if not isinstance(value, Column) or value.dtype.kind != "M":
            raise Untranslatable("only dates without a zone are translated")
        if value.null:
            raise Untranslatable("parts of missing dates make floats in pandas")
        made = getattr(value.expr.dt, method)()
        return Column((made - offset if offset else made).cast(engine_type(dtype)), dtype)

    return part


for _name, _method, _offset in (
    ("year", "year", 0),
    ("month", "month", 0),
    ("day", "day", 0),
    ("hour", "hour", 0),
    ("minute", "minute", 0),
    ("second", "second", 0),
    ("quarter", "quarter", 0),
    ("dayofyear", "ordinal_day", 0),
    ("day_of_year", "ordinal_day", 0),
    ("dayofweek", "weekday", 1),
    ("day_of_week", "weekday", 1),
    ("weekday", "weekday", 1),
):
    operation(f"dt.{_name}")(part_of_date(_method, _offset))


@operation("dt.floor", "dt.normalize")
def floored(
    value: Any, freq: Any = "D", *, dtype: Any, name: str, ambiguous: Any = "raise", nonexistent: Any = "raise"
) -> Column:
    """The last moment of a frequency before each; what is ambiguous has a zone, and there is none here."""
    parts = re.fullmatch(r"(\d*)(D|h|min|s)", freq) if isinstance(freq, str) else None
    if parts is None or not isinstance(value, Column) or value.dtype.kind != "M" or dtype != value.dtype:
        raise Untranslatable(f"{name} to {freq!r} stays in pandas")
    many = int(parts[1] or 1)
    if not many:
        raise Untranslatable(f"{name} to {freq!r} stays in pandas")
    unit = np.datetime_data(dtype)[0]
    step = int(pd.Timedelta(many, parts[2]) / pd.Timedelta(1, unit))
    numbers = value.expr.cast(pl.Int64)
    return replaced(value, expr=((numbers // step) * step).cast(engine_type(dtype)))


def moved_date(left: Any, right: Any, dtype: Any, name: str) -> Column:
    """Dates some time before or after; the time between two."""
    if isinstance(left, Column) and isinstance(right, Column):
        if name != "sub" or dtype.kind != "m" or {left.dtype.kind, right.dtype.kind} != {"M"}:
            raise Untranslatable(f"{name} of {left.dtype} and {right.dtype} stays in pandas")
        whole = np.dtype(f"datetime64[{np.datetime_data(dtype)[0]}]")
        a, b = left.cast(whole), right.cast(whole)
        return Column(a.expr - b.expr, dtype, a.null or b.null)
    if name == "add" and isinstance(right, Column):
        left, right = right, left
    spans = (datetime.timedelta, np.timedelta64)
    if not isinstance(left, Column) or left.dtype.kind != "M" or dtype.kind != "M" or not isinstance(right, spans):
        raise Untranslatable(f"{name} of dates and others stays in pandas")
    steps = pd.Timedelta(right) / pd.Timedelta(1, np.datetime_data(dtype)[0])
    if not steps.is_integer():
        raise Untranslatable("a time between two values of the type stays in pandas")
    numbers = left.cast(dtype).expr.cast(pl.Int64)
    moved = numbers + int(steps) if name == "add" else numbers - int(steps)
    return Column(moved.cast(engine_type(dtype)), dtype, left.null)
