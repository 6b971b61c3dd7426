"""What texts stand for: missing values, and the types that Arrow's parser makes of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

__all__ = ["NA_VALUES", "arrow_type", "is_utf8", "null_values"]

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
