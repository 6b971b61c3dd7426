"""Windows within groups: what ``groupby(...).rolling(...)`` and its like give."""

from __future__ import annotations

from typing import Any

from weft.dataframe.meta import UNKNOWN
from weft.dataframe.ops.neighbours import call_of

__all__ = ["GroupWindow"]


class GroupWindow:
    """Windows within groups: what ``groupby(...).rolling(...)`` and its like give."""

    __slots__ = ("_call", "_chosen", "_groups", "_kind")

    def __init__(self, groups: Any, kind: str, call: Any, chosen: Any = UNKNOWN) -> None:
        self._groups = groups
        self._kind = kind
        self._call = call
        self._chosen = chosen

    def __getitem__(self, key: Any) -> GroupWindow:
        if dict(self._call[1]).get("on") is None:
            return GroupWindow(self._groups[key], self._kind, self._call)
        _ = self._groups[key]  # which are columns; the times have to stay beside them
        return GroupWindow(self._groups, self._kind, self._call, key)

    def __getattr__(self, label: str) -> GroupWindow:
        if label.startswith("_"):
            raise AttributeError(label)
        return self[label] if label in self._groups._frame.expr.columns else object.__getattribute__(self, label)

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        call = call_of(*args, **kwargs)
        if self._chosen is UNKNOWN:
            return self._groups._whole(f"{self._kind}.{name}", self._call, call)
        return self._groups._whole(f"{self._kind}.__getitem__.{name}", self._call, call_of(self._chosen), call)

    def sum(self, *args: Any, **kwargs: Any) -> Any:
        """Sum of each window."""
        return self._method("sum", *args, **kwargs)

    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """Mean of each window."""
        return self._method("mean", *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Any:
        """Least value of each window."""
        return self._method("min", *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Any:
        """Greatest value of each window."""
        return self._method("max", *args, **kwargs)

    def count(self, *args: Any, **kwargs: Any) -> Any:
        """Number of values of each window."""
        return self._method("count", *args, **kwargs)

    def std(self, *args: Any, **kwargs: Any) -> Any:
        """Standard deviation of each window."""
        return self._method("std", *args, **kwargs)

    def var(self, *args: Any, **kwargs: Any) -> Any:
        """Variance of each window."""
        return self._method("var", *args, **kwargs)

    def median(self, *args: Any, **kwargs: Any) -> Any:
        """Median of each window."""
        return self._method("median", *args, **kwargs)

    def quantile(self, *args: Any, **kwargs: Any) -> Any:
        """Quantile of each window."""
        return self._method("quantile", *args, **kwargs)

    def skew(self, *args: Any, **kwargs: Any) -> Any:
        """Skewness of each window."""
        return self._method("skew", *args, **kwargs)

    def kurt(self, *args: Any, **kwargs: Any) -> Any:
        """Kurtosis of each window."""
        return self._method("kurt", *args, **kwargs)

    def rank(self, *args: Any, **kwargs: Any) -> Any:
        """Rank of each row's value in its window."""
        return self._method("rank", *args, **kwargs)

    def sem(self, *args: Any, **kwargs: Any) -> Any:
        """Standard error of each window's mean."""
        return self._method("sem", *args, **kwargs)

    def prod(self, *args: Any, **kwargs: Any) -> Any:
        """Product of each period."""
        return self._method("prod", *args, **kwargs)

    def ohlc(self, *args: Any, **kwargs: Any) -> Any:
        """First, greatest, least and last value of each period."""
        return self._method("ohlc", *args, **kwargs)

    def asfreq(self, *args: Any, **kwargs: Any) -> Any:
        """The value at the start of each period."""
        return self._method("asfreq", *args, **kwargs)

    def interpolate(self, *args: Any, **kwargs: Any) -> Any:
        """Periods without rows filled with what lies between their neighbours."""
        return self._method("interpolate", *args, **kwargs)

    def nearest(self, *args: Any, **kwargs: Any) -> Any:
        """Periods without rows filled from the nearest one."""
        return self._method("nearest", *args, **kwargs)

    def transform(self, *args: Any, **kwargs: Any) -> Any:
        """For each row what a function gives for its period."""
        return self._method("transform", *args, **kwargs)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(windows, *args, **kwargs)``."""
        if isinstance(func, tuple):
            function, word = func
            return function(*args, **{word: self}, **kwargs)
        return func(self, *args, **kwargs)

    def first(self, *args: Any, **kwargs: Any) -> Any:
        """First value of each window."""
        return self._method("first", *args, **kwargs)

    def last(self, *args: Any, **kwargs: Any) -> Any:
        """Last value of each window."""
        return self._method("last", *args, **kwargs)

    def cov(self, *args: Any, **kwargs: Any) -> Any:
        """Covariance of each window."""
        return self._method("cov", *args, **kwargs)

    def corr(self, *args: Any, **kwargs: Any) -> Any:
        """Correlation of each window."""
        return self._method("corr", *args, **kwargs)

    def size(self, *args: Any, **kwargs: Any) -> Any:
        """Number of rows of each period."""
        return self._method("size", *args, **kwargs)

    def nunique(self, *args: Any, **kwargs: Any) -> Any:
        """Number of different values of each period."""
        return self._method("nunique", *args, **kwargs)

    def ffill(self, *args: Any, **kwargs: Any) -> Any:
        """Periods without rows filled from the one before."""
        return self._method("ffill", *args, **kwargs)

    def bfill(self, *args: Any, **kwargs: Any) -> Any:
        """Periods without rows filled from the one behind."""
        return self._method("bfill", *args, **kwargs)

    def agg(self, *args: Any, **kwargs: Any) -> Any:
        """Several aggregates of each window."""
        return self._method("agg", *args, **kwargs)

    aggregate = agg

    def apply(self, *args: Any, **kwargs: Any) -> Any:
        """A function of each window."""
        return self._method("apply", *args, **kwargs)
