"""What all windows of rows have: their methods, those of two frames, and how pandas is asked for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.expr import have_same_rows
from weft.dataframe.kernels.pandas.functions import Whole
from weft.dataframe.kernels.pandas.windows import pair_window
from weft.dataframe.ops.alignment import have_equal_labels
from weft.dataframe.ops.concat import as_collection, concat
from weft.dataframe.ops.layout import headline
from weft.dataframe.ops.neighbours import call_of, whole_result, whole_rows
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.reductions import of_numbers

__all__ = ["Window", "is_numeric"]


class Window:
    """Base of windows: the frame, and how windows are made."""

    __slots__ = ("_call", "_frame")

    kind = ""
    #: What windows are made by, which can be asked of them.
    options: tuple[str, ...] = ("min_periods", "center", "method")

    def __init__(self, frame: Any, call: Any) -> None:
        self._frame = frame
        self._call = call
        _ = getattr(_example(frame), self.kind)(*call[0], **dict(call[1]))  # pandas refuses what makes no sense

    def __getitem__(self, key: Any) -> Any:
        chosen = list(key) if isinstance(key, (list, pd.Index)) else key
        return type(self)(project(self._frame, chosen), self._call)

    def __getattr__(self, label: str) -> Any:
        if not label.startswith("_") and self._frame.expr.meta.ndim == 2 and label in self._frame.expr.columns:
            return self[label]
        if label in self.options:
            return dict(self._call[1]).get(label)
        raise AttributeError(f"{type(self).__name__} has no attribute and no column {label!r}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {headline(self._frame)[1:-1]}>"

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return whole_rows(self._frame, f"{self.kind}.{name}", self._call, call_of(*args, **kwargs))

    def _pairs(self, name: str, other: Any, **kwargs: Any) -> Any:
        """What has as many rows for each row as there are columns, unless it is a series, or beside another."""
        if other is not None:
            if not isinstance(other, (FrameBase, pd.DataFrame, pd.Series)) or not np.ndim(metas_of(other)):
                raise ValueError("other must be a DataFrame or Series")
            sides = matched(self._frame, as_collection(other))
            both = concat([numbered(each, place) for place, each in enumerate(sides)], axis=1)
            metas = tuple([Whole(metas_of(each)) for each in sides])
            call = call_of(pair_window, self.kind, self._call, name, metas, tuple(kwargs.items()))
            if kwargs.get("pairwise"):
                return whole_result(both, "pipe", call)
            made = self._beside(both, call)
            if sides[0] is self._frame or sides[0].ndim == sides[1].ndim:
                return made
            rows = self._frame if self._frame.ndim == 2 else as_collection(other)
            return rows[[]].join(made)  # of a frame beside a series pandas gives the frame's rows
        if self._frame.expr.meta.ndim == 1:
            return self._method(name, **kwargs)
        return whole_result(self._frame, f"{self.kind}.{name}", self._call, call_of(**kwargs))

    def _beside(self, both: Any, call: Any) -> Any:
        """A method of two frames side by side."""
        return whole_rows(both, "pipe", call)

    def _numbers(self, keywords: dict[str, Any]) -> Any:
        """The columns that a method looks at: those of numbers, if asked; None where pandas has to look itself."""
        if set(keywords) - {"numeric_only"} or self._frame.expr.meta.ndim == 1:
            return None if keywords else self._frame
        return of_numbers(self._frame, keywords.get("numeric_only", False))

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(windows, *args, **kwargs)``."""
        if isinstance(func, tuple):
            function, word = func
            return function(*args, **{word: self}, **kwargs)
        return func(self, *args, **kwargs)

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """Sum of each window."""
        return self._method("sum", *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """Mean of each window."""
        return self._method("mean", *args, **kwargs)

    def var(self, ddof: int = 1, *args: Any, **kwargs: Any) -> Any:
        """Variance of each window."""
        return self._method("var", ddof, *args, **kwargs)

    def std(self, ddof: int = 1, *args: Any, **kwargs: Any) -> Any:
        """Standard deviation of each window."""
        return self._method("std", ddof, *args, **kwargs)

    def agg(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """Several aggregates of each window."""
        return self._method("agg", func, *args, **kwargs)

    aggregate = agg


def matched(frame: Any, other: Any) -> tuple[Any, Any]:
    """Two frames with the same labels, which are in order unless both have them already."""
    exprs = (frame.expr, other.expr)
    if have_same_rows(*exprs) or have_equal_labels(exprs):
        return frame, other
    return tuple(frame.align(other, axis=0))


def metas_of(side: Any) -> Any:
    """No rows of what a window is put beside."""
    return side.expr.meta if isinstance(side, FrameBase) else side.iloc[:0]


def numbered(side: Any, place: int) -> Any:
    """A frame whose columns have labels that no other side has."""
    if metas_of(side).ndim == 1:
        return side.to_frame(f"{place}-0")
    return side.set_axis([f"{place}-{column}" for column in range(side.shape[1])], axis=1)


def is_numeric(frame: Any) -> bool:
    """Whether all columns are of real numbers or truth values."""
    meta = frame.expr.meta
    kinds = list(meta.dtypes) if meta.ndim == 2 else [meta.dtype]
    return all(getattr(kind, "kind", "O") in "iufb" and not isinstance(kind, pd.CategoricalDtype) for kind in kinds)


def _example(frame: Any) -> Any:
    """No rows of the right types; times in order where the index has times."""
    return frame.expr.meta
