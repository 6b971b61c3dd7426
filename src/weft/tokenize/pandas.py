"""Normal forms of pandas' values: the arrays in them, the labels, and what users attach."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api.extensions import ExtensionDtype
from pandas.tseries.offsets import BaseOffset

from weft.tokenize.encode import normalize_token


@normalize_token.register(pd.DataFrame)
def _normalize_frame(frame: pd.DataFrame) -> Any:
    return [column.array for _, column in frame.items()], frame.columns, frame.index, _attached(frame)


@normalize_token.register(pd.Series)
def _normalize_series(series: pd.Series[Any]) -> Any:
    return series.array, series.name, series.index, _attached(series)


@normalize_token.register(pd.Index)
def _normalize_index(index: pd.Index[Any]) -> Any:
    return index.array, index.name, getattr(index, "freq", None)


@normalize_token.register(pd.RangeIndex)
def _normalize_range(index: pd.RangeIndex) -> Any:
    return index.start, index.stop, index.step, index.name


@normalize_token.register(pd.MultiIndex)
def _normalize_multi_index(index: pd.MultiIndex) -> Any:
    return list(index.levels), [code.view() for code in index.codes], list(index.names)


@normalize_token.register(pd.Categorical)
def _normalize_categorical(values: pd.Categorical) -> Any:
    return values.codes, values.dtype


@normalize_token.register(pd.arrays.IntervalArray)
def _normalize_intervals(values: pd.arrays.IntervalArray) -> Any:
    return values.left, values.right, values.closed


@normalize_token.register(pd.arrays.SparseArray)
def _normalize_sparse(values: pd.arrays.SparseArray) -> Any:
    return values.sp_values, values.sp_index.indices, len(values), values.dtype


@normalize_token.register(pd.api.extensions.ExtensionArray)
def _normalize_extension(values: Any) -> Any:
    """Arrays that wrap those of NumPy or Arrow; others are known by identity until somebody registers them."""
    for names in (("_pa_array",), ("_data", "_mask"), ("_ndarray",)):
        if all(hasattr(values, name) for name in names):
            return values.dtype, [getattr(values, name) for name in names]
    return values


@normalize_token.register(pd.arrays.NumpyExtensionArray)
def _normalize_numpy(values: pd.arrays.NumpyExtensionArray) -> Any:
    return values.to_numpy()


@normalize_token.register(pd.CategoricalDtype)
def _normalize_categories(dtype: pd.CategoricalDtype) -> Any:
    return dtype.categories, dtype.ordered


@normalize_token.register(pd.StringDtype)
def _normalize_string_dtype(dtype: pd.StringDtype) -> Any:
    return dtype.storage, dtype.na_value


@normalize_token.register(pd.SparseDtype)
def _normalize_sparse_dtype(dtype: pd.SparseDtype) -> Any:
    return dtype.subtype, dtype.fill_value


@normalize_token.register(pd.ArrowDtype)
def _normalize_arrow_dtype(dtype: pd.ArrowDtype) -> Any:
    return dtype.pyarrow_dtype


@normalize_token.register(ExtensionDtype)
def _normalize_dtype(dtype: ExtensionDtype) -> Any:
    # pandas' own say all that they are in their name; of others that is not known.
    return str(dtype) if type(dtype).__module__.partition(".")[0] == "pandas" else dtype


@normalize_token.register(pd.Timestamp)
def _normalize_timestamp(value: pd.Timestamp) -> Any:
    return value.isoformat(), value.unit, value.tzinfo, value.fold


@normalize_token.register(pd.Timedelta)
def _normalize_timedelta(value: pd.Timedelta) -> Any:
    return value.isoformat(), value.unit


@normalize_token.register(pd.Period)
def _normalize_period(value: pd.Period) -> Any:
    return value.ordinal, value.freqstr


@normalize_token.register(pd.Interval)
def _normalize_interval(value: pd.Interval[Any]) -> Any:
    return value.left, value.right, value.closed


@normalize_token.register(type(pd.NaT), type(pd.NA))
def _normalize_missing(value: Any) -> Any:
    return str(value)


@normalize_token.register(BaseOffset)
def _normalize_offset(value: Any) -> Any:
    """An offset by how it is made; its own attributes depend on what was computed from it before."""
    return value.__reduce__()[1:]


def _attached(frame: Any) -> Any:
    own = {name: getattr(frame, name, None) for name in frame._metadata if name not in ("_name", "name")}
    return frame.attrs, frame.flags.allows_duplicate_labels, own
