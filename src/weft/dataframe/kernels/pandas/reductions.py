"""Partial results of reductions of partitions: made, combined, finished.

The partial result of a frame is a tuple with one for each column, so that no column's type touches another's. What a
column's values are made of (a sum, an extreme, moments) says `PARTS`.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.kernels.pandas.at_once import is_plain
from weft.dataframe.kernels.pandas.decimals import is_decimal, mean_of
from weft.dataframe.kernels.pandas.moments import Moments, is_nothing, merge_moments, moments_of
from weft.dataframe.kernels.pandas.objects import (
    as_number,
    check_without_texts,
    combined_objects,
    none_of_objects,
    result_of_objects,
)
from weft.dataframe.kernels.pandas.rows import joined
from weft.dataframe.kernels.table import KERNELS

__all__ = [
    "Moments",
    "Part",
    "ReducePlan",
    "as_short",
    "columns_of",
    "floats_of",
    "merge_moments",
    "moments_of",
    "with_dtype",
]

PANDAS = KERNELS["pandas"]


class ReducePlan(NamedTuple):
    """What is asked of columns.

    Parameters
    ----------
    kind : str
        Name of the pandas method.
    skipna : bool
    options : tuple of pairs
        Further keyword arguments of the method.
    dtypes : tuple
        Of the columns.
    empty : pandas object
        The zero-length source: what pandas gives for no rows is asked of it.
    """

    kind: str
    skipna: bool
    options: tuple[tuple[str, Any], ...]
    empty: Any

    def __weft_tokenize__(self) -> Any:
        return (self.kind, self.skipna, self.options)

    def option(self, word: str, default: Any) -> Any:
        """One of the options."""
        return dict(self.options).get(word, default)


class Part(NamedTuple):
    """Of one column of a partition: a value, how many elements are there, and how many rows."""

    value: Any
    present: int
    rows: int


#: How the value of each kind of reduction comes about.
PARTS = {
    "sum": "total",
    "prod": "total",
    "min": "extreme",
    "max": "extreme",
    "any": "logic",
    "all": "logic",
    "count": "count",
    "mean": "mean",
    "var": "moments",
    "std": "moments",
    "sem": "moments",
    "skew": "moments",
    "kurt": "moments",
}


def columns_of(partition: Any) -> list[pd.Series]:
    """The columns of a partition; a series, or an index, is one."""
    if isinstance(partition, pd.DataFrame):
        return [partition.iloc[:, place] for place in range(partition.shape[1])]
    if isinstance(partition, pd.Index):
        return [pd.Series(partition, index=pd.RangeIndex(len(partition)))]
    return [partition]


@PANDAS.add("Reduce")
class Reduction:
    """Sums, extremes, moments and the like of each column."""

    @staticmethod
    def whole(partition: Any, plan: ReducePlan, meta: Any) -> Any:
        """The result of a single partition: pandas' own, but for what is faster in parts."""
        if plan.kind != "sem" and is_plain(partition):
            return getattr(partition, plan.kind)(**keywords_of(plan))
        return Reduction.finish(Reduction.chunk(partition, plan), plan, meta)

    @staticmethod
    def chunk(partition: Any, plan: ReducePlan) -> tuple[Part, ...]:
        """Partial results of all columns of a partition."""
        return tuple([column_part(column, plan) for column in columns_of(partition)])

    @staticmethod
    def combine(plan: ReducePlan, *partials: tuple[Part, ...]) -> tuple[Part, ...]:
        """Partial results of several partitions as those of one."""
        if len(partials) == 1:
            return partials[0]
        columns = columns_of(plan.empty)
        return tuple(
            [
                combined_part(each, column, plan)
                for each, column in zip(zip(*partials, strict=True), columns, strict=True)
            ]
        )

    @staticmethod
    def finish(partial: tuple[Part, ...], plan: ReducePlan, meta: Any) -> Any:
        """The result: a value, or a series of one for each column."""
        if plan.kind != "count" and partial and not any(part.rows for part in partial):
            return getattr(plan.empty, plan.kind)(**keywords_of(plan))
        columns = columns_of(plan.empty)
        values = [as_gap(finished(part, column, plan), column) for part, column in zip(partial, columns, strict=True)]
        if not isinstance(meta, pd.Series):
            return values[0]
        if not plan.skipna and PARTS[plan.kind] in ("total", "extreme"):
            values = [none_of_objects(value, column) for value, column in zip(values, columns, strict=True)]
        kinds = {part.value.dtype for part in partial if isinstance(part.value, pd.Series)}
        if isinstance(meta.dtype, pd.CategoricalDtype) and len(kinds) == 1:  # which ones was not known before
            return pd.Series(values, index=meta.index, dtype=kinds.pop(), name=meta.name)
        return with_dtype(values, meta)


def keywords_of(plan: ReducePlan) -> dict[str, Any]:
    """Keyword arguments of the pandas method."""
    own = {} if plan.kind == "count" or isinstance(plan.empty, pd.Index) else {"skipna": plan.skipna}
    return {**own, **dict(plan.options)}


def with_dtype(values: list[Any], meta: pd.Series) -> pd.Series:
    """Values of the columns as a series with the labels and the dtype of a meta, if they fit in it."""
    is_plain = isinstance(meta.dtype, np.dtype) and meta.dtype.kind in "iub"
    if is_plain and any(each is None or each is pd.NA or each != each for each in values):
        return pd.Series(values, index=meta.index, name=meta.name)
    try:
        return pd.Series(values, index=meta.index, dtype=meta.dtype, name=meta.name)
    except (TypeError, ValueError):
        return pd.Series(values, index=meta.index, name=meta.name)


def column_part(column: pd.Series, plan: ReducePlan) -> Part:
    """Partial result of one column."""
    rows = len(column)
    kind, way = plan.kind, PARTS[plan.kind]
    if way == "count":
        return Part(int(column.count()), 0, rows)
    if way == "moments" and has_nan(column):
        return Part(None, rows, rows)
    if way == "moments":
        numbers = floats_of(column) if column.dtype.kind != "c" or kind in ("skew", "kurt") else column.to_numpy()
        if plan.skipna:
            numbers = numbers[~np.isnan(numbers)]
        elif column.hasnans:
            return Part(None, rows, rows)
        return Part(moments_of(numbers, 4 if kind in ("skew", "kurt") else 2), len(numbers), rows)
    if way == "mean":
        return mean_part(column, plan.skipna)
    if kind == "sum" and (whole := sum_of_all(column)) is not None:
        return Part(whole, rows, rows)
    present = int(column.count())
    if way == "logic":
        return Part(getattr(column, kind)(skipna=plan.skipna), present, rows)
    if way == "extreme" and not (present if plan.skipna else rows):
        return Part(None, 0, rows)
    if way in ("total", "extreme") and column.dtype == np.dtype(object) and not plan.skipna:
        return Part(result_of_objects(column, kind), present, rows)
    value = getattr(column, kind)(skipna=plan.skipna)
    return Part(value if way != "extreme" else among_categories(value, column), present, rows)


def among_categories(value: Any, column: pd.Series) -> Any:
    """A value of a column of categories as one of these: their order may be known to the column alone."""
    return pd.Series([value], dtype=column.dtype) if isinstance(column.dtype, pd.CategoricalDtype) else value


def sum_of_all(column: pd.Series) -> Any:
    """The sum of a column of NumPy's numbers, in one look at them; None if some may be missing, or it is no such column."""
    if not isinstance(column.dtype, np.dtype) or column.dtype not in (np.float64, np.int64):
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        total = column.to_numpy().sum()
    return None if total != total else total  # a missing number makes the sum one


def mean_part(column: pd.Series, skipna: bool) -> Part:
    """Sum as numbers of which a mean can be made, exact for times."""
    if column.dtype == np.float64 and (whole := sum_of_all(column)) is not None:
        return Part(whole, len(column), len(column))
    rows, present = len(column), int(column.count())
    if column.dtype == np.dtype(object) and not skipna:
        check_without_texts(column)  # their sum with a gap is a gap
    if column.dtype.kind in "mM":
        if not skipna and present < rows:
            return Part(None, rows, rows)
        return Part(exact_sum(integers_of(column.dropna())), present, rows)
    count = present if skipna else rows
    if column.dtype.kind in "biu" and isinstance(column.dtype, np.dtype):
        return Part(float(column.to_numpy().sum(dtype=np.float64)), count, rows)
    if column.dtype.kind in "biu":
        column = column.astype("Float64" if not isinstance(column.dtype, pd.ArrowDtype) else "double[pyarrow]")
    return Part(column.sum(skipna=skipna), count, rows)


def has_nan(column: pd.Series) -> bool:
    """Whether a masked column of floats has NaN where it has no gap: pandas then has no result."""
    is_masked = isinstance(column.dtype, (pd.Float32Dtype, pd.Float64Dtype))
    return is_masked and bool(np.isnan(column.to_numpy(column.dtype.numpy_dtype, na_value=0)).any())


def integers_of(column: pd.Series) -> Any:
    """Times as 64-bit integers of their unit."""
    values = column.array
    if isinstance(column.dtype, pd.ArrowDtype):
        values = column.astype(column.dtype.numpy_dtype).array
    return np.asarray(values).view("i8") if isinstance(column.dtype, np.dtype) else values.asi8


#: Milliseconds of a day: in these Arrow's days are numbers.
DAY = 86_400_000


def is_of_days(dtype: Any) -> bool:
    """Whether values are Arrow's days, without a time."""
    return isinstance(dtype, pd.ArrowDtype) and pa.types.is_date32(dtype.pyarrow_dtype)


def days_of(numbers: Any, dtype: Any) -> pd.Series:
    """Days from how many there were since 1970."""
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(numbers.astype(np.int32)).cast(dtype.pyarrow_dtype)))


def exact_sum(values: Any) -> int:
    """Sum of 64-bit integers that may be too large for one."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def floats_of(column: pd.Series) -> Any:
    """Values as float64, missing ones as NaN; times as numbers of their unit, complex numbers without the imaginary part."""
    if column.dtype.kind in "mM":
        made = integers_of(column).astype(np.float64)
        made[column.isna().to_numpy()] = np.nan
        return made
    if column.dtype.kind == "c":
        return column.to_numpy().real
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except ValueError as refusal:
        raise TypeError(f"Could not convert {column.name!r} to numeric: {refusal}") from refusal


def combined_part(parts: tuple[Part, ...], column: pd.Series, plan: ReducePlan) -> Part:
    """Of one column."""
    rows = sum([each.rows for each in parts])
    present = sum([each.present for each in parts])
    way = PARTS[plan.kind]
    if way == "count":
        return Part(sum([each.value for each in parts]), 0, rows)
    there = [each for each in parts if (each.present if plan.skipna else each.rows)]
    if not there:
        return parts[0]._replace(rows=rows, present=present)
    if len(there) == 1:
        return there[0]._replace(rows=rows, present=present)
    values = [each.value for each in there]
    if way in ("mean", "moments") and any(each is None for each in values):
        return Part(None, present, rows)
    if way == "moments":
        made, count = there[0].value, there[0].present
        for each in there[1:]:
            made, count = merge_moments(made, count, each.value, each.present), count + each.present
        return Part(made, present, rows)
    if way in ("total", "extreme") and column.dtype == np.dtype(object) and not plan.skipna:
        return Part(combined_objects(values, plan.kind), present, rows)
    if way == "extreme":
        if any(each is pd.NA for each in values):
            return Part(pd.NA, present, rows)
        whole = joined(values) if isinstance(values[0], pd.Series) else pd.Series(values, dtype=column.dtype)
        return Part(among_categories(getattr(whole, plan.kind)(skipna=plan.skipna), whole), present, rows)
    if way == "logic":
        truths = pd.Series(values, dtype="boolean" if any(each is pd.NA for each in values) else None)
        return Part(getattr(truths, plan.kind)(skipna=plan.skipna), present, rows)
    is_text = column.dtype == "str" or (plan.kind == "sum" and isinstance(column.dtype, pd.StringDtype))
    if is_text or (column.dtype == object and not plan.skipna):
        kind = "sum" if way == "mean" else plan.kind
        return Part(getattr(pd.Series(values, dtype=column.dtype), kind)(skipna=plan.skipna), present, rows)
    total = values[0]
    with np.errstate(over="ignore", invalid="ignore"):
        for each in values[1:]:
            total = total * each if plan.kind == "prod" else total + each
    return Part(total, present, rows)


def finished(part: Part, column: pd.Series, plan: ReducePlan) -> Any:
    """The value of one column."""
    way = PARTS[plan.kind]
    if isinstance(part.value, TypeError):
        raise part.value
    if way in ("total", "extreme"):
        few = part.present < plan.option("min_count", 0)
        if few or part.value is None:
            options = {"min_count": 1} if few else {}
            return missing_of(getattr(column, plan.kind)(skipna=plan.skipna, **options), column)
        return part.value.iloc[0] if isinstance(part.value, pd.Series) else part.value
    if way == "mean":
        return as_short(finished_mean(part, column), column)
    if way == "moments":
        return as_short(finished_moments(part, column, plan), column)
    return np.bool_(part.value) if way == "logic" and isinstance(part.value, bool) else part.value


def as_gap(value: Any, column: pd.Series) -> Any:
    """A value of a column; NaN, which infinities may have made, is a gap to pandas' masked numbers."""
    dtype = column.dtype
    is_masked = getattr(dtype, "na_value", None) is pd.NA and not isinstance(dtype, pd.ArrowDtype)
    return pd.NA if is_masked and isinstance(value, (float, np.floating)) and np.isnan(value) else value


def as_short(value: Any, column: pd.Series) -> Any:
    """A number made of a column: of one of float32 a float32."""
    is_short = isinstance(value, float) and (column.dtype == np.dtype("float32") or column.dtype == "Float32")
    return np.float32(value) if is_short else value


def missing_of(value: Any, column: pd.Series) -> Any:
    """What pandas gives for nothing at all."""
    return value


def finished_mean(part: Part, column: pd.Series) -> Any:
    """A mean of a sum."""
    if not part.present or part.value is None:
        return column.mean()
    if is_of_days(column.dtype):
        return days_of(np.array([towards_zero(part.value, part.present * DAY)]), column.dtype).iloc[0]
    if column.dtype.kind in "mM":
        return time_of(towards_zero(part.value, part.present), column)
    if is_decimal(column.dtype) and part.value is not pd.NA:
        return mean_of(part.value, part.present, column.dtype)
    value = part.value if column.dtype != np.dtype(object) else as_number(part.value)
    if value is pd.NA:
        return value
    with np.errstate(invalid="ignore", divide="ignore"):
        return value / (np.float64(part.present) if not isinstance(value, complex) else part.present)


def towards_zero(value: Any, count: Any) -> Any:
    """A quotient of whole numbers without what lies behind the point, as pandas rounds means of times."""
    whole = abs(value) // count
    return -whole if value < 0 else whole


def time_of(number: int, column: pd.Series) -> Any:
    """A point or a length of time from a number of its unit."""
    made = pd.Series([number], dtype="int64").astype(plain_time(column.dtype))
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return made.dt.tz_localize("UTC").dt.tz_convert(column.dtype.tz).iloc[0]
    return made.astype(column.dtype).iloc[0]


def plain_time(dtype: Any) -> Any:
    """NumPy's dtype of times with the same unit; those with a zone count from the same instant."""
    return np.dtype(f"M8[{dtype.unit}]") if isinstance(dtype, pd.DatetimeTZDtype) else dtype


def finished_moments(part: Part, column: pd.Series, plan: ReducePlan) -> Any:
    """Variance, deviation, standard error, skewness, kurtosis of moments."""
    n, made = part.present, part.value
    is_time, is_arrow = column.dtype.kind in "mM", isinstance(column.dtype, pd.ArrowDtype)
    missing = pd.NA if is_arrow or not (isinstance(column.dtype, np.dtype) or is_time) else np.nan
    if made is None:
        return pd.NaT if is_time and not is_arrow else missing
    with np.errstate(all="ignore"):
        if plan.kind in ("skew", "kurt"):
            if n < (3 if plan.kind == "skew" else 4):
                return missing
            if np.isnan(made.second) or is_nothing(made.second, made.mean, n):
                return np.nan if isinstance(column.dtype, pd.ArrowDtype) else missing
            if plan.kind == "skew":
                return np.float64(n * (n - 1) ** 0.5 / (n - 2) * (made.third / made.second**1.5))
            above = n * (n + 1) * (n - 1) * made.fourth
            below = (n - 2) * (n - 3) * made.second**2
            return np.float64(above / below - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))
        ddof = plan.option("ddof", 1)
        if n <= ddof:
            return pd.NaT if is_time and not is_arrow else missing
        variance = np.float64(made.second) / (n - ddof)
        if plan.kind == "var":
            return variance
        value = np.sqrt(variance)
        if plan.kind == "sem":
            value = value / np.sqrt(np.float64(n))
        if is_time:
            unit = getattr(column.dtype.pyarrow_dtype, "unit", "ms") if is_arrow else column.dt.unit
            return pd.NaT if np.isnan(value) else pd.Timedelta(int(value), unit=unit).as_unit(unit)
        return value


@PANDAS.add("Length")
class Length:
    """Number of rows."""

    @staticmethod
    def chunk(partition: Any, plan: Any) -> int:
        """Of one partition."""
        return len(partition)

    @staticmethod
    def combine(plan: Any, *partials: int) -> int:
        """Of several."""
        return sum(partials)

    @staticmethod
    def finish(partial: int, plan: int, meta: Any) -> int:
        """Rows times the columns that count."""
        return partial * plan


@PANDAS.add("MemoryUsage")
class MemoryUsage:
    """Bytes of each column."""

    @staticmethod
    def chunk(partition: Any, plan: tuple[tuple[str, Any], ...]) -> Any:
        """Of one partition."""
        return partition.memory_usage(**dict(plan))

    @staticmethod
    def combine(plan: Any, *partials: Any) -> Any:
        """Of several."""
        total = partials[0]
        for each in partials[1:]:
            total = total + each
        return total

    @staticmethod
    def finish(partial: Any, plan: Any, meta: Any) -> Any:
        """The sum as it is."""
        return partial


@PANDAS.add("Monotonic")
class Monotonic:
    """Whether values never fall, or never rise."""

    @staticmethod
    def chunk(partition: Any, plan: str) -> tuple[bool, Any, Any]:
        """Whether one partition is so, its first and its last value."""
        values = partition if isinstance(partition, pd.Index) else partition.array
        if not len(partition):
            return True, None, None
        edges = pd.Index(values[[0, -1]])
        return bool(getattr(partition, f"is_monotonic_{plan}")), edges[:1], edges[1:]

    @staticmethod
    def combine(plan: str, *partials: tuple[bool, Any, Any]) -> tuple[bool, Any, Any]:
        """Of several: the ends must fit together."""
        filled = [each for each in partials if each[1] is not None]
        if not filled:
            return partials[0]
        fine = all(each[0] for each in filled)
        for left, right in itertools.pairwise(filled):
            fine = fine and bool(getattr(left[2].append(right[1]), f"is_monotonic_{plan}"))
        return fine, filled[0][1], filled[-1][2]

    @staticmethod
    def finish(partial: tuple[bool, Any, Any], plan: str, meta: Any) -> bool:
        """The answer."""
        return partial[0]


@PANDAS.add("RowReduce")
def reduce_rows(partition: pd.DataFrame, kind: str, options: tuple[tuple[str, Any], ...]) -> Any:
    """A value for each row."""
    return getattr(partition, kind)(axis=1, **dict(options))
