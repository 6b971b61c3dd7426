"""Windows of rows: of a fixed length, over a stretch of time, from the first row on, exponentially weighted.

A fixed window, or one over time, looks at the rows that it reaches to, however many partitions those are in. Windows that reach
back to the first row go on from what the partitions before amount to, where a method allows it; others need the whole column
in one place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.carried import Carried
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.functions import Whole
from weft.dataframe.kernels.pandas.neighbours import Around
from weft.dataframe.kernels.pandas.weighted_windows import EwmPlan
from weft.dataframe.kernels.pandas.windows import RESULTS, ExpandingPlan, pair_window
from weft.dataframe.meta import UNKNOWN, tried
from weft.dataframe.ops.concat import concat
from weft.dataframe.ops.differences import neighbours
from weft.dataframe.ops.layout import headline
from weft.dataframe.ops.neighbours import call_of, is_timelike, whole_result, whole_rows
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.reductions import of_numbers
from weft.expr import derived, node

__all__ = ["Expanding", "ExponentialWindow", "Rolling"]


@node
class ExpandingRows(Carried):
    """Windows from the first row on: each partition goes on from the moments of those before it."""

    source: FrameExpr
    asked: ExpandingPlan

    @property
    def label(self) -> str:
        return f"expanding-{self.asked.method}"

    @property
    def plan(self) -> ExpandingPlan:
        return self.asked

    @derived
    def meta(self) -> Any:
        made = tried(lambda rows: getattr(rows.expanding(), self.asked.method)(), self.source.meta)
        return made.iloc[:0].set_axis(self.source.meta.index, axis=0)


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
            sides = (self._frame, other)
            both = concat([numbered(each, place) for place, each in enumerate(sides)], axis=1)
            metas = tuple([Whole(metas_of(each)) for each in sides])
            call = call_of(pair_window, self.kind, self._call, name, metas, tuple(kwargs.items()))
            return whole_result(both, "pipe", call) if kwargs.get("pairwise") else self._beside(both, call)
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


class RowWindow(Window):
    """Windows that know their rows."""

    __slots__ = ()

    def count(self, *args: Any, **kwargs: Any) -> Any:
        """Number of values of each window."""
        return self._method("count", *args, **kwargs)

    def min(self, *args: Any, **kwargs: Any) -> Any:
        """Least value of each window."""
        return self._method("min", *args, **kwargs)

    def max(self, *args: Any, **kwargs: Any) -> Any:
        """Greatest value of each window."""
        return self._method("max", *args, **kwargs)

    def first(self, *args: Any, **kwargs: Any) -> Any:
        """First value of each window."""
        return self._method("first", *args, **kwargs)

    def last(self, *args: Any, **kwargs: Any) -> Any:
        """Last value of each window."""
        return self._method("last", *args, **kwargs)

    def nunique(self, *args: Any, **kwargs: Any) -> Any:
        """Number of different values of each window."""
        return self._method("nunique", *args, **kwargs)

    def median(self, *args: Any, **kwargs: Any) -> Any:
        """Median of each window."""
        return self._method("median", *args, **kwargs)

    def quantile(self, q: float, interpolation: str = "linear", **kwargs: Any) -> Any:
        """Quantile of each window."""
        return self._method("quantile", q, interpolation=interpolation, **kwargs)

    def sem(self, ddof: int = 1, *args: Any, **kwargs: Any) -> Any:
        """Standard error of each window's mean."""
        return self._method("sem", ddof, *args, **kwargs)

    def skew(self, *args: Any, **kwargs: Any) -> Any:
        """Skewness of each window."""
        return self._method("skew", *args, **kwargs)

    def kurt(self, *args: Any, **kwargs: Any) -> Any:
        """Kurtosis of each window."""
        return self._method("kurt", *args, **kwargs)

    def rank(self, *args: Any, **kwargs: Any) -> Any:
        """Rank of the last value of each window within it."""
        return self._method("rank", *args, **kwargs)

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of each window."""
        return self._method("apply", func, *args, **kwargs)

    def cov(self, other: Any = None, pairwise: bool | None = None, ddof: int = 1, **kwargs: Any) -> Any:
        """Covariance of the columns in each window; with another series or frame, with that."""
        return self._pairs("cov", other, pairwise=pairwise, ddof=ddof, **kwargs)

    def corr(self, other: Any = None, pairwise: bool | None = None, ddof: int = 1, **kwargs: Any) -> Any:
        """Correlation of the columns in each window; with another series or frame, with that."""
        return self._pairs("corr", other, pairwise=pairwise, ddof=ddof, **kwargs)


class Rolling(RowWindow):
    """Windows of a fixed number of rows, or over a stretch of time: what ``rolling(...)`` gives."""

    __slots__ = ("_chosen",)

    kind = "rolling"
    options = ("window", "min_periods", "center", "win_type", "on", "closed", "step", "method")

    def __init__(self, frame: Any, call: Any, chosen: Any = UNKNOWN) -> None:
        super().__init__(frame, call)
        self._chosen = chosen

    def __getitem__(self, key: Any) -> Any:
        if dict(self._call[1]).get("on") is None:
            return super().__getitem__(key)
        chosen = list(key) if isinstance(key, (list, pd.Index)) else key
        _ = project(self._frame, chosen)  # which are columns; the times have to stay beside them
        return Rolling(self._frame, self._call, chosen)

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        options = dict(self._call[1])
        window, calls, path = options["window"], [self._call, call_of(*args, **kwargs)], f"rolling.{name}"
        if self._chosen is not UNKNOWN:
            calls.insert(1, call_of(self._chosen))
            path = f"rolling.__getitem__.{name}"
        if options.get("step") not in (None, 1):
            return whole_result(self._frame, path, *calls)
        if isinstance(window, pd.api.indexers.BaseIndexer):
            plain = call_of(**{**options, "window": pd.api.indexers.FixedForwardWindowIndexer(window_size=1)})
            like = whole_rows(self._frame, path, plain, *calls[1:])  # of made-up rows others have no bounds
            return whole_rows(self._frame, path, *calls, meta=like.expr.meta)
        if options.get("on") is not None:
            return whole_rows(self._frame, path, *calls)
        call = calls[-1]
        return neighbours(self._frame, Around(f"rolling.{name}", (self._call, call), *self._reach()))

    def _reach(self) -> tuple[Any, Any]:
        """How far windows reach back, and forward."""
        options = dict(self._call[1])
        window = options["window"]
        reach: Any = int(window) + 1 if isinstance(window, (int, np.integer)) else pd.Timedelta(as_offset(window))
        return reach, reach if options.get("center") else 0

    def _beside(self, both: Any, call: Any) -> Any:
        options = dict(self._call[1])
        if set(options) & {"on", "step"} or isinstance(options["window"], pd.api.indexers.BaseIndexer):
            raise NotImplementedError("rolling(on=, step=) with another frame is not there: set_index() first")
        return neighbours(both, Around("pipe", (call,), *self._reach()))


class Expanding(RowWindow):
    """Windows from the first row on: what ``expanding(...)`` gives."""

    __slots__ = ()

    kind = "expanding"

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        frame = self._numbers(kwargs)
        (_, options) = self._call
        takes_ddof = name in ("var", "std")
        if name not in RESULTS or frame is None or len(args) > takes_ddof or not is_numeric(frame):
            return super()._method(name, *args, **kwargs)
        least = int(dict(options)["min_periods"])
        return new(ExpandingRows(frame.expr, ExpandingPlan(name, least, int(args[0]) if args else 1)))


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
        made = whole_rows(both, "pipe", call_of(timed_window, is_series, self._call, name, call_of(*args, **kwargs)))
        return made.rename(self._frame.name) if is_series else made

    def _pairs(self, name: str, other: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"ewm(times=).{name}() is not supported: use map_partitions on one partition")


def metas_of(side: Any) -> Any:
    """No rows of what a window is put beside."""
    return side.expr.meta if isinstance(side, FrameBase) else side.iloc[:0]


def numbered(side: Any, place: int) -> Any:
    """A frame whose columns have labels that no other side has."""
    if metas_of(side).ndim == 1:
        return side.to_frame(f"{place}-0")
    return side.set_axis([f"{place}-{column}" for column in range(side.shape[1])], axis=1)


#: Labels of the columns that a window with times stands on, while it is computed.
VALUES, TIMES = "__values__", "__times__"


def timed_window(both: pd.DataFrame, is_series: bool, call: Any, name: str, asked: Any) -> Any:
    """A method of windows at times that are a column."""
    rows = both[VALUES] if is_series else both.drop(columns=TIMES)
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


def is_numeric(frame: Any) -> bool:
    """Whether all columns are of real numbers or truth values."""
    meta = frame.expr.meta
    kinds = list(meta.dtypes) if meta.ndim == 2 else [meta.dtype]
    return all(getattr(kind, "kind", "O") in "iufb" and not isinstance(kind, pd.CategoricalDtype) for kind in kinds)


def as_offset(window: Any) -> Any:
    """A stretch of time as something that has a length."""
    try:
        return pd.Timedelta(window)
    except (TypeError, ValueError):
        return pd.tseries.frequencies.to_offset(window)


def _example(frame: Any) -> Any:
    """No rows of the right types; times in order where the index has times."""
    return frame.expr.meta


class WindowMethods(FrameBase):
    """Windows of rows."""

    __slots__ = ()

    def rolling(
        self,
        window: Any,
        min_periods: int | None = None,
        center: bool = False,
        win_type: str | None = None,
        on: Any = None,
        closed: str | None = None,
        step: int | None = None,
        axis: Any = 0,
        method: str = "single",
    ) -> Rolling:
        """Windows that end at each row.

        Parameters
        ----------
        window : int, str, offset or Timedelta
            Number of rows, which may be more than a partition has; or a stretch of time of a sorted index of times.
        min_periods : int, optional
            Values without which a window has no result.
        center : bool
            Whether windows have the row in their middle.
        win_type : str, optional
            Weights by a function of `scipy.signal.windows`.
        on : label, optional
            A column of times in place of the index; the frame is then brought to one place.
        closed : {"right", "left", "both", "neither"}, optional
            Which ends belong to a window.
        step : int, optional
            Only every so many rows; the frame is then brought to one place.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 3, 4]), npartitions=4).rolling(3).sum().compute().tolist()
        [nan, nan, 6.0, 9.0]
        """
        if axis not in (0, "index"):
            raise NotImplementedError("rolling(axis=1) is not there: use T on a small frame, or map_partitions")
        if method not in ("single", "table"):
            raise ValueError("method must be 'table' or 'single")
        if on is not None and on not in self.expr.columns:
            raise ValueError(f"invalid on specified as {on}, must be a column: {missing_column(on, self.expr.columns)}")
        is_number = isinstance(window, (int, np.integer, pd.api.indexers.BaseIndexer))
        if on is None and not is_number and not is_timelike(self.expr.meta.index):
            raise ValueError("window must be an integer 0 or greater, where the index has no times")
        options = {
            "window": window,
            "min_periods": min_periods,
            "center": center,
            "win_type": win_type,
            "on": on,
            "closed": closed,
            "step": step,
            "method": None if method == "single" else method,
        }
        if isinstance(window, (int, np.integer)) and window < 0:
            raise ValueError("window must be an integer 0 or greater")
        return Rolling(self, ((), tuple([(word, value) for word, value in options.items() if value is not None])))

    def expanding(self, min_periods: int = 1, method: str = "single") -> Expanding:
        """Windows from the first row to each.

        Counts, sums, means, extremes, variances and deviations go from partition to partition; for other methods the columns are
        brought to one place.
        """
        words = {"min_periods": min_periods} | ({} if method == "single" else {"method": method})
        return Expanding(self, call_of(**words))

    def ewm(
        self,
        com: float | None = None,
        span: float | None = None,
        halflife: Any = None,
        alpha: float | None = None,
        min_periods: int = 0,
        adjust: bool = True,
        ignore_na: bool = False,
        times: Any = None,
        method: str = "single",
    ) -> ExponentialWindow:
        """Exponentially weighted windows.

        Means go from partition to partition, and sums, variances and deviations with ``adjust=True``; for others the columns are
        brought to one place.

        Parameters
        ----------
        com, span, halflife, alpha : float
            One of them: how fast weights fall.
        min_periods : int
        adjust, ignore_na : bool
            As in pandas.
        times : Series or array, optional
            When each row is, for ``halflife`` as a length of time; the columns are then brought to one place.
        method : {"single", "table"}
            As in pandas.
        """
        options = {
            "com": com,
            "span": span,
            "halflife": halflife,
            "alpha": alpha,
            "min_periods": min_periods,
            "adjust": adjust,
            "ignore_na": ignore_na,
        }
        if method != "single":
            options["method"] = method
        if times is None:
            return ExponentialWindow(self, call_of(**options))
        return TimedWindow(self, options, times)
