"""Texts in Arrow's memory, where pandas would make lists of Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from weft.dataframe.kernels.pandas.elementwise import function_named

__all__ = ["part_of_split"]


@function_named("part_of_split")
def part_of_split(column: pd.Series, method: str, place: int, **options: Any) -> pd.Series:
    """What ``column.str.split(...).str.get(place)`` gives; lists are made by Arrow, and no thread waits for another."""
    if column.dtype != pd.StringDtype("pyarrow", na_value=np.nan) or not len(column):
        made = getattr(column.str, method)(**options).str.get(place)
        assert isinstance(made, pd.Series)
        return made
    lists = split_texts(pa.array(column), method, options.get("pat"), options.get("n", -1))
    offsets = lists.offsets.to_numpy()
    starts, lengths = offsets[:-1], np.diff(offsets)
    at = place if place >= 0 else lengths + place
    is_there = (at >= 0) & (at < lengths) & lists.is_valid().to_numpy(zero_copy_only=False)
    parts = lists.values.take(pa.array(np.where(is_there, starts + at, 0), mask=~is_there))
    values = parts.to_numpy(zero_copy_only=False)
    values[~is_there] = np.nan
    return pd.Series(values, index=column.index, name=column.name, dtype=object)


def split_texts(texts: Any, method: str, separator: str | None, most: int) -> Any:
    """Lists of the parts of each text, as an array of Arrow's."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    words = {"max_splits": most if most > 0 else None, "reverse": method == "rsplit"}
    if separator is not None:
        return pc.split_pattern(texts, separator, **words)
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.utf8_split_whitespace(pc.if_else(pc.equal(trimmed, ""), None, trimmed), **words)
