"""Windows of rows: of a fixed length, over a stretch of time, from the first row on.

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
from weft.dataframe.kernels.pandas.neighbours import Around
from weft.dataframe.kernels.pandas.windows import RESULTS, ExpandingPlan
from weft.dataframe.meta import UNKNOWN, tried
from weft.dataframe.ops.differences import neighbours
from weft.dataframe.ops.ewm import ExponentialWindow, TimedWindow
from weft.dataframe.ops.neighbours import call_of, is_timelike, whole_result, whole_rows
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.window import Window, is_numeric
from weft.expr import derived, node

__all__ = ["Expanding", "Rolling", "WindowMethods"]


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
        least = int(dict(options)["min_periods"] or 0)
        return new(ExpandingRows(frame.expr, ExpandingPlan(name, least, int(args[0]) if args else 1)))


def as_offset(window: Any) -> Any:
    """A stretch of time as something that has a length."""
    try:
        return pd.Timedelta(window)
    except (TypeError, ValueError):
        return pd.tseries.frequencies.to_offset(window)


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
