"""What other packages add: accessors of their own, and examples of types of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.dataframe.frame import DataFrame
from weft.dataframe.index import Index
from weft.dataframe.meta import make_array_nonempty, make_scalar
from weft.dataframe.ops.accessors import register
from weft.dataframe.series import Series

__all__ = [
    "make_array_nonempty",
    "make_scalar",
    "register_dataframe_accessor",
    "register_index_accessor",
    "register_series_accessor",
]


def register_dataframe_accessor(name: str) -> Callable[[Any], Any]:
    """Decorator: a class becomes ``frame.name``, made with the frame.

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> @dd.extensions.register_dataframe_accessor("wide")
    ... class Wide:
    ...     def __init__(self, frame):
    ...         self.frame = frame
    ...     def count(self):
    ...         return len(self.frame.columns)
    >>> dd.from_pandas(pd.DataFrame({"a": [1], "b": [2]}), npartitions=1).wide.count()
    2
    >>> del dd.DataFrame.wide
    """
    return register(DataFrame, name)


def register_series_accessor(name: str) -> Callable[[Any], Any]:
    """Decorator: a class becomes ``series.name``, made with the series; see `register_dataframe_accessor`."""
    return register(Series, name)


def register_index_accessor(name: str) -> Callable[[Any], Any]:
    """Decorator: a class becomes ``index.name``, made with the index; see `register_dataframe_accessor`."""
    return register(Index, name)
