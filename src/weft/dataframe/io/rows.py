"""Rows of frames as records of a bag."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weft.collection.convert import CONVERSIONS
from weft.dataframe.base import FrameBase
from weft.dataframe.io.delayed import DelayedMethods

__all__ = ["RowMethods", "to_bag"]


def records_of(part: Any, index: bool, form: str) -> Any:
    """The rows of a partition."""
    if isinstance(part, pd.DataFrame):
        if form == "dict":
            return (part.reset_index() if index else part).to_dict(orient="records")
        if form == "frame":
            return [part]
        return list(part.itertuples(index=index, name=None))
    if form == "dict":
        return (part.reset_index() if index else part.to_frame()).to_dict(orient="records")
    if form == "frame":
        return [part]
    return list(part.items()) if index and isinstance(part, pd.Series) else part.tolist()


def to_bag(df: Any, index: bool = False, format: str = "tuple") -> Any:
    """Bag of the rows of a frame, or of the values of a column.

    Parameters
    ----------
    df : DataFrame, Series or Index
    index : bool
        Whether the label comes first in each row.
    format : {"tuple", "dict", "frame"}
        What a row is; ``"frame"``: partitions as they are, one record each.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.from_pandas(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), npartitions=2).to_bag().compute(scheduler="sync")
    [(1, 'x'), (2, 'y')]
    """
    if not isinstance(df, FrameBase) or not isinstance(df.expr.meta, (pd.DataFrame, pd.Series, pd.Index)):
        raise TypeError(f"to_bag() takes a frame or a column, not a {type(df).__name__}")
    if format not in ("tuple", "dict", "frame"):
        raise ValueError(f"format is 'tuple', 'dict' or 'frame', not {format!r}")
    rows = CONVERSIONS["delayed"](records_of, pure=True)
    parts: Any = df
    return CONVERSIONS["bag"]([rows(part, bool(index), format) for part in parts.to_delayed()])


class RowMethods(DelayedMethods):
    """Rows as records of a bag."""

    __slots__ = ()

    to_bag = to_bag
