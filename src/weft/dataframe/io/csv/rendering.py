"""Partitions as CSV, by Polars where what comes out is pandas' text, byte by byte.

pandas makes a Python object of every field: 2,000,000 rows of six columns take 9 s, and 0.5 s here. What pandas would write in
another way stays with it: other types and options, text with carriage returns (which versions of Python quote or not), columns
of times that pandas writes as days or with parts of seconds in some of its stretches.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["csv_text"]

#: Options of `pandas.DataFrame.to_csv` that may be given, and as what they change nothing (None: as anything that fits).
OPTIONS: dict[str, tuple[Any, ...] | None] = {
    "sep": None,
    "na_rep": None,
    "header": (True, False),
    "columns": None,
    "float_format": (None,),
    "index_label": (None,),
    "quoting": (None, csv.QUOTE_MINIMAL),
    "quotechar": ('"',),
    "lineterminator": (None, "\n"),
    "date_format": (None,),
    "doublequote": (True,),
    "escapechar": (None,),
    "decimal": (".",),
}
#: pandas writes so many fields at a time, and settles for each such stretch how its times are written.
STRETCH = 100_000
#: Below it Python writes floats with an exponent, as Polars does from elsewhere on.
SHORT = 1e-4
DAY = 86_400


def csv_text(part: Any, with_index: bool, options: Mapping[str, Any]) -> bytes | None:
    """A partition's text in UTF-8 as pandas writes it; None where that is left to pandas."""
    for name, value in options.items():
        if name not in OPTIONS:
            return None
        allowed = OPTIONS[name]
        if allowed is not None and not any(type(value) is type(each) and value == each for each in allowed):
            return None
    sep, missing = options.get("sep", ","), options.get("na_rep", "")
    if not isinstance(sep, str) or len(sep) != 1 or not " " <= sep <= "~" or sep in '"\\':
        return None
    if not isinstance(missing, str) or any(each in missing for each in (sep, '"', "\r", "\n")):
        return None
    frame = part.to_frame(0 if part.name is None else part.name) if isinstance(part, pd.Series) else part
    if (wanted := options.get("columns")) is not None:
        if (
            not isinstance(wanted, list)
            or not frame.columns.is_unique
            or any(each not in frame.columns for each in wanted)
        ):
            return None
        frame = frame[wanted]
    if frame.columns.nlevels > 1 or frame.index.nlevels > 1 or not len(frame.columns) or not len(frame):
        return None
    stretch = max(1, STRETCH // len(frame.columns))
    labels: list[Any] = list(frame.columns)
    columns = texts_of([frame.iloc[:, place] for place in range(len(labels))], stretch, missing)
    if columns is not None and with_index:
        labels = ["" if frame.index.name is None else frame.index.name, *labels]
        index = texts_of([frame.index], stretch, missing)
        columns = None if index is None else [*index, *columns]
    if columns is None or not may_be_written(columns, labels):
        return None
    import polars as pl  # here, for a quick import

    written = io.BytesIO()
    if options.get("header", True):
        head = io.StringIO(newline="")
        csv.writer(head, delimiter=sep, lineterminator="\n").writerow(labels)
        written.write(head.getvalue().encode())
    table = pl.DataFrame([each.alias(str(place)) for place, each in enumerate(columns)])
    table.write_csv(written, include_header=False, separator=sep, null_value=missing, quote_style="necessary")
    return written.getvalue()


def may_be_written(columns: list[Any], labels: list[Any]) -> bool:
    """Whether no label, and no row of a single field, needs what only Python's writer knows."""
    if any(not isinstance(each, (str, int)) or "\r" in str(each) for each in labels):
        return False
    return len(columns) > 1 or not columns[0].null_count()


def texts_of(columns: list[Any], stretch: int, missing: str) -> list[Any] | None:
    """Columns as Polars writes them down as pandas does: whole numbers or text, and nulls where nothing is; None if some are not.

    Where some times are days and others are not, it is for pandas to know which it looks at together.
    """
    are_days = {
        is_day(each.to_numpy(), stretch)
        for each in columns
        if isinstance(each.dtype, np.dtype) and each.dtype.kind == "M"
    }
    if len(are_days) > 1 or None in are_days:
        return None
    made = [column_text(each, are_days, missing) for each in columns]
    return None if any(each is None for each in made) else made


def column_text(column: Any, are_days: set[bool | None], missing: str) -> Any:
    """One of them; None if pandas has to write it."""
    import polars as pl

    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return plain_text(pl.from_arrow(column.array.__arrow_array__()), missing)
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iufbM" or dtype in (np.float16, np.float32):
        return None
    values = column.to_numpy()
    if dtype.kind == "f":
        return float_text(values)
    if dtype.kind == "M":
        return pl.Series(values.astype("M8[us]")).dt.strftime("%Y-%m-%d" if True in are_days else "%Y-%m-%d %H:%M:%S")
    return pl.Series(values).cast(pl.String).str.to_titlecase() if dtype.kind == "b" else pl.Series(values)


def plain_text(text: Any, missing: str) -> Any:
    """Text, if it has no carriage return; where it is empty nothing is written, which is what missing values are written as."""
    import polars as pl

    if text.str.contains("\r", literal=True).any():
        return None
    is_empty = text == ""
    if not is_empty.any():
        return text
    return None if missing else pl.select(pl.when(~is_empty).then(text)).to_series()


def float_text(values: Any) -> Any:
    """Floats as Python writes them: the shortest decimals that are read back as they are."""
    import polars as pl

    made = pl.Series(values, nan_to_null=True).cast(pl.String)
    small = np.flatnonzero((np.abs(values) < SHORT) & (values != 0))
    return made.scatter(small, [repr(each) for each in values[small].tolist()]) if len(small) else made


def is_day(values: Any, stretch: int) -> bool | None:
    """Whether times are days; None if they have parts of seconds, or some stretch of them would look like days and others not."""
    there = ~np.isnat(values)
    whole = values.astype("M8[s]")
    if not there.any() or (whole.astype(values.dtype) != values)[there].any():
        return None
    if not np.datetime64("1000-01-01") <= whole[there].min() <= whole[there].max() < np.datetime64("9999-12-31"):
        return None
    is_clock = (whole.view(np.int64) % DAY != 0) & there
    if not is_clock.any():
        return True
    return False if np.logical_or.reduceat(is_clock, np.arange(0, len(values), stretch)).all() else None
