"""Reductions of objects: what is refused among them, and what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["as_number", "check_without_texts", "combined_objects", "none_of_objects", "result_of_objects"]


def check_without_texts(column: pd.Series) -> None:
    """Refuse objects of which some are texts."""
    text = next((each for each in column.array if isinstance(each, str)), None)
    if text is not None:
        raise TypeError(f"Could not convert {text!r} to numeric")


def result_of_objects(column: pd.Series, kind: str) -> Any:
    """A sum, product or extreme of objects, or the error that there is none: a gap in another partition makes it a gap."""
    try:
        return getattr(column, kind)(skipna=False)
    except TypeError as error:
        return error


def combined_objects(values: list[Any], kind: str) -> Any:
    """The same of the results of several partitions."""
    refused = next((each for each in values if isinstance(each, TypeError)), None)
    whole = pd.Series([each for each in values if not isinstance(each, TypeError)], dtype=object)
    return refused if refused is not None and not whole.hasnans else result_of_objects(whole, kind)


def none_of_objects(value: Any, column: pd.Series) -> Any:
    """A value of a column of a frame; None where something is missing among objects, as pandas has it there."""
    is_missing = value is pd.NaT or (isinstance(value, float) and np.isnan(value))
    return None if column.dtype == np.dtype(object) and is_missing else value


def as_number(value: Any) -> Any:
    """A sum of objects as a float, or as a complex number; of text there is none."""
    if isinstance(value, str):
        raise TypeError(f"Could not convert string {value!r} to numeric")
    try:
        return float(value)
    except TypeError:
        return complex(value)
