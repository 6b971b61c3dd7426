"""Order statistics of columns, by counting (see `weft.selection`): each column as plain numbers, without missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weft import selection
from weft.dataframe.kernels.pandas.groupby_finish import with_missing
from weft.dataframe.kernels.pandas.groupby_parts import values_and_missing
from weft.dataframe.kernels.pandas.reductions import as_short, columns_of
from weft.dataframe.kernels.table import KERNELS

__all__ = ["numbers_of"]

PANDAS = KERNELS["pandas"]
FLOAT = np.dtype(np.float64)
#: Ways that give elements as they are: times need not become floats, which have no nanoseconds.
ELEMENTS = ("lower", "higher", "nearest")


def numbers_of(partition: Any, dtypes: tuple[Any, ...]) -> list[Any]:
    """The columns of a partition as arrays of numbers that sort as the values do, in the types that all partitions share."""
    found = []
    for column, dtype in zip(columns_of(partition), dtypes, strict=True):
        values, missing = values_and_missing(column)
        if missing is not None:
            values = values[~missing]
        found.append(values.astype(dtype, copy=False))
    return found


@PANDAS.add("Quantiles")
class Quantiles:
    """The rounds of `weft.selection`, column by column."""

    @staticmethod
    def count(partition: Any, dtypes: tuple[Any, ...]) -> tuple[Any, ...]:
        """Elements by their leading bits."""
        return tuple([selection.counted(values) for values in numbers_of(partition, dtypes)])

    @staticmethod
    def merge(*counts: Any) -> tuple[Any, ...]:
        """Of several partitions."""
        return tuple([selection.merged(*each) for each in zip(*counts, strict=True)])

    @staticmethod
    def choose(counts: Any, wanted: Any, dtypes: tuple[Any, ...]) -> tuple[Any, ...]:
        """The buckets with what is wanted."""
        return tuple([selection.choose(each, wanted, dtype) for each, dtype in zip(counts, dtypes, strict=True)])

    @staticmethod
    def extract(partition: Any, chosen: Any, dtypes: tuple[Any, ...]) -> tuple[Any, ...]:
        """The elements of the buckets."""
        return tuple(
            [
                selection.extracted(values, each)
                for values, each in zip(numbers_of(partition, dtypes), chosen, strict=True)
            ]
        )

    @staticmethod
    def collect(parts: Any, chosen: Any) -> tuple[Any, ...]:
        """A further round of counting."""
        return tuple([selection.collected(*each) for each in zip(parts, chosen, strict=True)])

    @staticmethod
    def add(*counts: Any) -> tuple[Any, ...]:
        """Of several partitions."""
        return tuple([selection.added(*each) for each in zip(*counts, strict=True)])

    @staticmethod
    def narrow(counts: Any, chosen: Any, dtypes: tuple[Any, ...]) -> tuple[Any, ...]:
        """The buckets after a further round."""
        return tuple(
            [
                old if dtype.itemsize * 8 <= old.bits else selection.narrowed(each, old, dtype)
                for each, old, dtype in zip(counts, chosen, dtypes, strict=True)
            ]
        )

    @staticmethod
    def keep(parts: Any, before: Any, after: Any) -> tuple[Any, ...]:
        """The elements of the buckets after a further round."""
        return tuple(
            [
                part if old.bits == new.bits else selection.kept(part, old, new)
                for part, old, new in zip(parts, before, after, strict=True)
            ]
        )

    @staticmethod
    def join(*parts: Any) -> tuple[Any, ...]:
        """Of several partitions."""
        return tuple([selection.joined(*each) for each in zip(*parts, strict=True)])

    @staticmethod
    def finish(
        parts: Any, chosen: Any, wanted: Any, dtypes: tuple[Any, ...], empty: Any, is_scalar: bool, meta: Any
    ) -> Any:
        """The quantiles as pandas gives them."""
        columns = []
        for part, each, dtype, column in zip(parts, chosen, dtypes, columns_of(empty), strict=True):
            kind = dtype if column.dtype.kind in "mM" and wanted.method in ELEMENTS and each.size else FLOAT
            inside = inside_of(wanted, column.dtype)
            values = selection.selected(part, each, inside, dtype, kind, (len(wanted.quantiles),))
            columns.append((values, each.size))
        return assembled(columns, wanted, empty, is_scalar, meta)


def inside_of(wanted: selection.Wanted, dtype: Any) -> selection.Wanted:
    """What stands between two elements: Arrow takes means where NumPy adds a part of the difference, which may be infinite."""
    if not isinstance(dtype, pd.ArrowDtype):
        return wanted
    method = {"linear": selection.WEIGHTED, "midpoint": selection.HALFWAY}.get(wanted.method, wanted.method)
    return selection.Wanted(wanted.quantiles, method, wanted.skip_nan)


def assembled(columns: list[Any], wanted: Any, empty: Any, is_scalar: bool, meta: Any) -> Any:
    """Numbers by column as a value, a series or a frame."""
    if empty.ndim == 1:
        ((values, size),) = columns
        dtype = meta.dtype if isinstance(meta, pd.Series) else scalar_dtype(meta, empty)
        made = column_of(values, size, dtype)
        if is_scalar:
            value = made.iloc[0] if isinstance(empty.dtype, np.dtype) else as_short(made.iloc[0], empty)
            return float(value) if isinstance(empty.dtype, pd.ArrowDtype) and isinstance(value, int) else value
        if str(empty.dtype) in ("float32", "Float32"):
            made = made.astype(empty.dtype)
        return pd.Series(made.array, index=pd.Index(list(wanted.quantiles), dtype=np.float64), name=empty.name)
    if is_scalar:
        made = [
            column_of(
                values,
                size,
                meta.dtype if meta.dtype.kind != "O" else scalar_dtype(meta.iloc[place], empty.iloc[:, place]),
            )
            for place, (values, size) in enumerate(columns)
        ]
        joined = pd.concat(made, ignore_index=True) if made else pd.Series([], dtype=meta.dtype)
        return pd.Series(joined.array, index=meta.index, name=meta.name)
    frame = pd.DataFrame(
        {place: column_of(values, size, meta.dtypes.iloc[place]).array for place, (values, size) in enumerate(columns)},
        index=pd.Index(list(wanted.quantiles), dtype=np.float64),
    )
    frame.columns = meta.columns
    return frame


def scalar_dtype(value: Any, empty: Any) -> Any:
    """The dtype of a column that a value comes of."""
    if empty.dtype.kind in "mM":
        return empty.dtype
    if not isinstance(empty.dtype, np.dtype):
        return pd.Float64Dtype() if not isinstance(empty.dtype, pd.ArrowDtype) else empty.dtype
    return np.asarray(value).dtype if np.asarray(value).dtype.kind in "iuf" else np.dtype(np.float64)


def column_of(values: Any, size: int, dtype: Any) -> pd.Series:
    """Quantiles of one column with their dtype; missing ones where there are no values."""
    if not size:
        return with_missing(np.zeros(len(values)), np.ones(len(values), bool), dtype)
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind in "iu" and (values % 1 != 0).any():
        return pd.Series(values, dtype="double[pyarrow]")
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind == "f":  # in which NaN is no gap
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, dtype.pyarrow_dtype)))
    return with_missing(values, None, dtype)
