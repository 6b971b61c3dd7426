"""Other forms: dates and numbers out of text, exploded lists, rows as Python objects, text and HTML."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from weft.callables import also_called
from weft.dataframe.base import FrameBase
from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.neighbours import call_of, whole_rows

__all__ = [
    "ConversionMethods",
    "FrameConversionMethods",
    "isna",
    "isnull",
    "notna",
    "notnull",
    "to_datetime",
    "to_numeric",
    "to_timedelta",
]


def check_column(operation: str, arg: Any) -> None:
    """Refuse what has no partitions."""
    if not isinstance(arg, FrameBase):
        raise TypeError(f"{operation}() takes a Series or Index; for a {type(arg).__name__} use pandas.{operation}")


def to_datetime(arg: Any, meta: Any = UNKNOWN, **kwargs: Any) -> Any:
    """Dates out of text or numbers.

    Parameters
    ----------
    arg : Series, Index, or DataFrame with columns year, month, day, ...
    meta : series, optional
        What it becomes, where that cannot be told from no rows.
    **kwargs
        Those of `pandas.to_datetime`: ``errors``, ``format``, ``utc``, ``dayfirst``, ``unit``, ``origin``, ...

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> days = dd.from_pandas(pd.Series(["2024-01-31", "2024-02-29"]), npartitions=2)
    >>> dd.to_datetime(days).dt.month.compute(scheduler="sync").tolist()
    [1, 2]
    """
    check_column("to_datetime", arg)
    if meta is not UNKNOWN and meta is not None:
        return arg.map_partitions(pd.to_datetime, meta=meta, **kwargs)
    return elementwise("to_datetime", arg, **kwargs)


def to_timedelta(arg: Any, unit: Any = None, errors: str = "raise") -> Any:
    """Durations out of text or numbers; see `pandas.to_timedelta`.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.to_timedelta(dd.from_pandas(pd.Series(["1h", "30min"]), npartitions=2)).sum().compute()
    Timedelta('0 days 01:30:00')
    """
    check_column("to_timedelta", arg)
    return elementwise("to_timedelta", arg, unit=unit, errors=errors)


def to_numeric(
    arg: Any, errors: str = "raise", downcast: Any = None, dtype_backend: Any = None, *, meta: Any = None
) -> Any:
    """Numbers out of text.

    Parameters
    ----------
    arg : Series
    errors : {"raise", "coerce"}
    downcast : {"integer", "signed", "unsigned", "float"}, optional
        The smallest type for all values, which are brought to one place.
    dtype_backend : {"numpy_nullable", "pyarrow"}, optional
        What kind of types the numbers have.
    meta : pair or series, optional
        Texts are known as float64 by default, and computed as integers if all of them are.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.to_numeric(dd.from_pandas(pd.Series(["1", "?"]), npartitions=2), errors="coerce").compute().tolist()
    [1.0, nan]
    """
    check_column("to_numeric", arg)
    if errors not in ("raise", "coerce"):
        raise ValueError(f"invalid error value specified: {errors!r}; it is 'raise' or 'coerce'")
    if downcast is not None or dtype_backend is not None:
        words = {"errors": errors, "downcast": downcast, "dtype_backend": dtype_backend}
        return whole_rows(
            arg, "pipe", call_of(pd.to_numeric, **{w: each for w, each in words.items() if each is not None})
        )
    column = arg.expr.meta
    if meta is None and (column.dtype == object or isinstance(column.dtype, pd.StringDtype)):
        return elementwise("numbers_of_text", arg, errors)
    if meta is not None:
        return arg.map_partitions(pd.to_numeric, errors=errors, meta=meta)
    return elementwise("to_numeric", arg, errors=errors)


@also_called(arg="obj")
def isna(obj: Any) -> Any:
    """Whether each value is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.isna(dd.from_pandas(pd.Series([1.0, None]), npartitions=2)).compute().tolist()
    [False, True]
    """
    return elementwise("isna", obj) if isinstance(obj, FrameBase) else pd.isna(obj)


def notna(obj: Any) -> Any:
    """Whether each value is there.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.notna(dd.from_pandas(pd.Series([1.0, None]), npartitions=2)).compute().tolist()
    [True, False]
    """
    return elementwise("notna", obj) if isinstance(obj, FrameBase) else pd.notna(obj)


isnull = isna
notnull = notna


class ConversionMethods(FrameBase):
    """Other forms of frames and series."""

    __slots__ = ()

    @property
    def ndim(self) -> int:
        """Axes: 2 for a frame, 1 for a series."""
        return int(self.expr.meta.ndim)

    @property
    def axes(self) -> list[Any]:
        """Index and columns."""
        found = [self.index]  # type: ignore[attr-defined]
        return [*found, self.expr.meta.columns] if self.ndim == 2 else found

    def squeeze(self, axis: Any = None) -> Any:
        """A frame of one column as a series; anything else itself."""
        meta = self.expr.meta
        if axis in (None, 1, "columns") and isinstance(meta, pd.DataFrame) and meta.shape[1] == 1:
            return self[meta.columns[0]]  # type: ignore[index]
        return self

    def to_dict(self, *args: Any, **kwargs: Any) -> Any:
        """The whole as a dict; computes."""
        return self.compute().to_dict(*args, **kwargs)

    def to_numpy(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """The whole as a NumPy array; computes."""
        return np.asarray(self.compute().to_numpy(*args, **kwargs))

    def tolist(self) -> list[Any]:
        """The values as a list; computes."""
        return list(self.compute().tolist())

    to_list = tolist

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> Any:
        """The interchange protocol; computes."""
        return self.compute().__dataframe__(nan_as_null, allow_copy)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Arrow's stream protocol: partitions one after another, each computed when it is asked for."""
        import pyarrow as pa

        meta = self.expr.meta
        frame = meta if isinstance(meta, pd.DataFrame) else meta.to_frame()
        schema = pa.Schema.from_pandas(frame, preserve_index=False)

        def batches() -> Iterator[Any]:
            for part in self.partitions:  # type: ignore[attr-defined]
                rows = part.compute()
                table = pa.Table.from_pandas(
                    rows if isinstance(rows, pd.DataFrame) else rows.to_frame(), schema=schema, preserve_index=False
                )
                yield from table.to_batches()

        return pa.RecordBatchReader.from_batches(schema, batches()).__arrow_c_stream__(requested_schema)


class FrameConversionMethods(FrameBase):
    """Other forms of frames."""

    __slots__ = ()

    def items(self) -> Iterator[tuple[Hashable, Any]]:
        """Labels and columns."""
        for label in self.expr.meta.columns:
            yield label, self[label]  # type: ignore[index]

    def keys(self) -> pd.Index:
        """Labels of the columns."""
        return self.expr.meta.columns

    def iterrows(self) -> Iterator[Any]:
        """Rows as pairs of label and series; one partition is computed after the other."""
        for part in self.partitions:  # type: ignore[attr-defined]
            yield from part.compute().iterrows()

    def itertuples(self, index: bool = True, name: str | None = "Pandas") -> Iterator[Any]:
        """Rows as tuples; one partition is computed after the other."""
        for part in self.partitions:  # type: ignore[attr-defined]
            yield from part.compute().itertuples(index=index, name=name)

    def info(self, buf: Any = None, verbose: bool = False, memory_usage: bool = False) -> None:
        """Print columns and types; with ``verbose=True`` also how many values are there, which computes."""
        import sys

        lines = [str(type(self)), f"Columns: {len(self.expr.columns)} entries, {self.npartitions} partitions"]
        meta = self.expr.meta
        counts = self.count().compute() if verbose else None  # type: ignore[attr-defined]
        for label in meta.columns:
            there = "" if counts is None else f"  {counts[label]} non-null"
            lines.append(f" {label}  {meta[label].dtype}{there}")
        if memory_usage:
            lines.append(f"memory usage: {int(self.memory_usage(deep=True).sum().compute())} bytes")  # type: ignore[attr-defined]
        (buf or sys.stdout).write("\n".join(lines) + "\n")
