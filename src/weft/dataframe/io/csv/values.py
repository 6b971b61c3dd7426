"""What texts stand for: missing values, and the types that Arrow's parser makes of columns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weft.dataframe.kernels.pandas.runs import is_chunked_well

__all__ = ["NA_VALUES", "arrow_type", "in_few_chunks", "is_utf8", "iso_dates", "null_values", "with_dates"]

#: What pandas takes for missing.
NA_VALUES = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)


def is_utf8(encoding: str) -> bool:
    """Whether characters are what Arrow's parser takes them for."""
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "ascii", "utf-8-sig")


def arrow_type(dtype: Any) -> pa.DataType | None:
    """The type that Arrow's parser makes a column of, or None where pandas has to."""
    if isinstance(dtype, pd.StringDtype):
        return pa.large_string() if dtype.na_value is not pd.NA else None
    if not isinstance(dtype, np.dtype):
        return None
    if dtype.kind in "iufb" and dtype != np.dtype("float16"):
        return pa.from_numpy_dtype(dtype)
    return pa.timestamp(np.datetime_data(dtype)[0]) if dtype.kind == "M" else None


def null_values(options: Mapping[str, Any]) -> list[str]:
    """Texts that stand for missing values."""
    if not options.get("na_filter", True):
        return []
    own = options.get("na_values")
    more = [] if own is None else [str(each) for each in ([own] if isinstance(own, (str, int, float)) else own)]
    return [*(NA_VALUES if options.get("keep_default_na", True) else ()), *more]


#: How long dates are that Arrow reads as pandas does, by how they are written.
ISO_LENGTHS = {"%Y-%m-%d": 10, "%Y-%m-%d %H:%M:%S": 19}


def iso_dates(texts: pa.ChunkedArray, form: str, dtype: Any) -> pa.ChunkedArray | None:
    """Texts as dates, if all of them are written as is common; None of others, which pandas looks at.

    >>> iso_dates(pa.chunked_array([["2020-01-31", None]]), "%Y-%m-%d", np.dtype("datetime64[us]")).to_pylist()
    [datetime.datetime(2020, 1, 31, 0, 0), None]
    """
    import pyarrow.compute as pc

    length = ISO_LENGTHS.get(form)
    if length is None or dtype != np.dtype("datetime64[us]") or texts.null_count == len(texts):
        return None
    if not all(is_written_so(chunk, length) for chunk in texts.chunks):
        return None
    try:
        made = texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    return made if pc.min(made).value >= YEAR_ONE else None


#: The first microsecond that pandas takes for a date as well.
YEAR_ONE = -62_135_596_800_000_000
#: Where a blank stands between day and time; Arrow takes a letter for it, too.
FIRST_OF_TIME = 10


def is_written_so(texts: Any, length: int) -> bool:
    """Whether all texts that are there have a length, and a blank where times begin."""
    import pyarrow.compute as pc

    if texts.null_count:
        texts = pc.drop_null(texts)
    _, ends, data = texts.buffers()
    if not len(texts):
        return True
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    bounds = np.frombuffer(ends, width)[texts.offset : texts.offset + len(texts) + 1]
    if (np.diff(bounds) != length).any():
        return False
    if length <= FIRST_OF_TIME:
        return True
    written = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]].reshape(-1, length)
    return bool((written[:, FIRST_OF_TIME] == ord(" ")).all())


def in_few_chunks(table: pa.Table) -> pa.Table:
    """A table whose texts are in one chunk each, unless they are long."""
    for place, kind in enumerate(table.schema.types):
        chunks = table.column(place).chunks
        if pa.types.is_large_string(kind) and len(chunks) > 1 and not is_chunked_well(chunks):
            whole = pa.chunked_array([table.column(place).combine_chunks()])
            table = table.set_column(place, table.field(place), whole)
    return table


def with_dates(
    frame: pd.DataFrame, formats: Mapping[Hashable, str], kinds: Mapping[Hashable, Any]
) -> pd.DataFrame | None:
    """A frame with texts read as dates; None where one is written otherwise, so that they stay texts in pandas."""
    for label, form in formats.items():
        if frame[label].dtype == kinds[label]:
            continue
        try:
            dates = pd.to_datetime(frame[label], format=form)
        except (ValueError, TypeError):
            return None
        if dates.dtype != kinds[label]:
            return None
        frame[label] = dates
    return frame
