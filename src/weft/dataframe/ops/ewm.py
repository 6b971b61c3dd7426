"""Exponentially weighted windows, which go on from what the partitions before amount to where a method allows it."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.carried import Carried
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.weighted_windows import EwmPlan
from weft.dataframe.meta import tried
from weft.dataframe.ops.neighbours import call_of, whole_rows
from weft.dataframe.ops.projection import project
from weft.dataframe.ops.window import Window, is_numeric
from weft.expr import derived, node

__all__ = ["ExponentialWindow", "TimedWindow"]


@node
class EwmRows(Carried):
    """Exponentially weighted windows: each partition goes on from the weighted values of those before it."""

    source: FrameExpr
    asked: EwmPlan

    @property
    def label(self) -> str:
        return f"ewm-{self.asked.method}"

    @property
    def plan(self) -> EwmPlan:
        return self.asked

    @derived
    def meta(self) -> Any:
        made = tried(lambda rows: getattr(rows.ewm(alpha=0.5), self.asked.method)(), self.source.meta)
        return made.iloc[:0].set_axis(self.source.meta.index, axis=0)


class ExponentialWindow(Window):
    """Exponentially weighted windows: what ``ewm(...)`` gives."""

    __slots__ = ()

    kind = "ewm"
    options = ("com", "span", "halflife", "alpha", "min_periods", "adjust", "ignore_na", "times", "method")

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        frame = self._numbers(kwargs)
        (_, given) = self._call
        options = dict(given)
        is_spread = name in ("var", "std")
        known = ("mean", "sum", "var", "std") if options["adjust"] else ("mean",)
        if name not in known or frame is None or len(args) > is_spread or not is_numeric(frame):
            return super()._method(name, *args, **kwargs)
        told = (int(options["min_periods"]), bool(options["adjust"]), bool(options["ignore_na"]))
        return new(EwmRows(frame.expr, EwmPlan(name, share_of(options), *told, bool(args and args[0]))))

    def var(self, bias: bool = False, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Variance of each window; with ``bias`` not corrected."""
        return self._method("var", bias, *args, **kwargs)

    def std(self, bias: bool = False, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Standard deviation of each window; with ``bias`` not corrected."""
        return self._method("std", bias, *args, **kwargs)

    def cov(self, other: Any = None, pairwise: bool | None = None, bias: bool = False, **kwargs: Any) -> Any:
        """Covariance of the columns in each window; with another series or frame, with that."""
        return self._pairs("cov", other, pairwise=pairwise, bias=bias, **kwargs)

    def corr(self, other: Any = None, pairwise: bool | None = None, **kwargs: Any) -> Any:
        """Correlation of the columns in each window; with another series or frame, with that."""
        return self._pairs("corr", other, pairwise=pairwise, **kwargs)


class TimedWindow(ExponentialWindow):
    """Exponentially weighted windows of rows at known times."""

    __slots__ = ("_times",)

    def __init__(self, frame: Any, options: dict[str, Any], times: Any) -> None:
        check_times(times, options["halflife"])
        self._frame = frame
        self._call = call_of(**options)
        self._times = times

    def __getitem__(self, key: Any) -> Any:
        chosen = list(key) if isinstance(key, (list, pd.Index)) else key
        return TimedWindow(project(self._frame, chosen), dict(self._call[1]), self._times)

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        is_series = self._frame.expr.meta.ndim == 1
        frame = self._frame.to_frame(VALUES) if is_series else self._frame
        both = frame.assign(**{TIMES: self._times})
        columns = None if is_series else frame.expr.meta.columns
        call = call_of(timed_window, columns, self._call, name, call_of(*args, **kwargs))
        made = whole_rows(both, "pipe", call)
        return made.rename(self._frame.name) if is_series else made

    def _pairs(self, name: str, other: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"ewm(times=).{name}() is not supported: use map_partitions on one partition")


def check_times(times: Any, halflife: Any) -> None:
    """Refuse what is no times, gaps in those that are at hand, and numbers as a length of time."""
    kind = times.expr.meta if isinstance(times, FrameBase) else times
    if getattr(getattr(kind, "dtype", None), "kind", "") != "M":
        raise ValueError("times must be datetime64 dtype.")
    if not isinstance(halflife, (str, datetime.timedelta, np.timedelta64)):
        raise ValueError("halflife must be a timedelta convertible object")
    if isinstance(times, (pd.Series, pd.Index, np.ndarray)) and pd.isna(times).any():
        raise ValueError("Cannot convert NaT values to integer")


#: Labels of the columns that a window with times stands on, while it is computed.
VALUES, TIMES = "__values__", "__times__"


def timed_window(both: pd.DataFrame, columns: pd.Index | None, call: Any, name: str, asked: Any) -> Any:
    """A method of windows at times that are a column, beside those of a frame or (None) a series."""
    rows = both[VALUES] if columns is None else both.drop(columns=TIMES).set_axis(columns, axis=1)
    (_, options), (inputs, keywords) = call, asked
    return getattr(rows.ewm(**dict(options), times=both[TIMES]), name)(*inputs, **dict(keywords))


def share_of(options: dict[str, Any]) -> float:
    """The weight of the newest value: what ``alpha`` is, said in another way."""
    if options["alpha"] is not None:
        return float(options["alpha"])
    if options["com"] is not None:
        return 1 / (1 + float(options["com"]))
    if options["span"] is not None:
        return 2 / (float(options["span"]) + 1)
    return float(1 - np.exp(-np.log(2) / options["halflife"]))
