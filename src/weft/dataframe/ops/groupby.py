"""Groups of rows: what is grouped by what, and all that can be asked of groups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.groupby import AggregatePlan, Request
from weft.dataframe.kernels.pandas.groupby_rows import MethodPlan
from weft.dataframe.kernels.pandas.grouping import By, GroupPlan
from weft.dataframe.meta import UNKNOWN, emulate, same_kind
from weft.dataframe.ops.filtering import Filter
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate, GroupbyRows, GroupbyWhole
from weft.dataframe.ops.groupby_requests import Aggregation, numeric_labels, parse_requests
from weft.dataframe.ops.neighbours import call_of
from weft.dataframe.ops.projection import Projection, missing_column, project
from weft.dataframe.ops.repartition import in_partitions
from weft.dataframe.ops.time_bins import time_bins
from weft.dataframe.treewise import check_split_every

__all__ = ["Aggregation", "GroupBy"]


class GroupBy:
    """Groups of rows, of which aggregates and more can be asked: what ``df.groupby(...)`` gives."""

    __slots__ = ("_blocks", "_chosen", "_frame", "_is_single", "_plan")

    def __init__(
        self, frame: Any, plan: GroupPlan, blocks: tuple[FrameExpr, ...], chosen: Any = None, is_single: bool = False
    ) -> None:
        self._frame = frame
        self._plan = plan
        self._blocks = blocks
        self._chosen = chosen
        self._is_single = is_single

    def __getitem__(self, key: Any) -> GroupBy:
        known = self._frame.expr.columns
        if self._frame.expr.meta.ndim == 1:
            raise IndexError(f"Column(s) {key} already selected")
        is_list = isinstance(key, (list, pd.Index, np.ndarray))
        for label in key if is_list else [key]:
            if label not in known:
                raise KeyError(f"Column not found: {missing_column(label, known)}")
        return GroupBy(self._frame, self._plan, self._blocks, tuple(key) if is_list else key, not is_list)

    def __getattr__(self, label: str) -> Any:
        hidden = label.startswith("__") or label in GroupBy.__slots__
        if not hidden and self._frame.expr.meta.ndim == 2 and label in self._frame.expr.columns:
            return self[label]
        raise AttributeError(f"groups have no attribute and no column {label!r}")

    def __dir__(self) -> list[str]:
        labels = [each for each in self._frame.expr.columns if isinstance(each, str) and each.isidentifier()]
        return [*super().__dir__(), *labels]

    def __repr__(self) -> str:
        return f"<GroupBy {[each.name for each in self._plan.by]} of {self._frame!r}>"

    def __iter__(self) -> Iterator[Any]:
        source = self._source()
        whole = new(source).compute()
        blocks = [new(each).compute() for each in self._blocks]
        yield from self._pandas(whole, blocks)

    def _pandas(self, whole: Any, blocks: list[Any]) -> Any:
        """pandas' own groups of a pandas object."""
        from weft.dataframe.kernels.pandas.grouping import key_columns, pandas_groupby

        grouped = pandas_groupby(whole, key_columns(whole, blocks, self._plan), self._plan)
        if self._chosen is None:
            return grouped
        return grouped[self._chosen if self._is_single else list(self._chosen)]

    def _source(self) -> FrameExpr:
        return self._frame.expr  # type: ignore[no-any-return]

    @property
    def _is_series(self) -> bool:
        return self._is_single or self._frame.expr.meta.ndim == 1

    @property
    def _columns(self) -> tuple[Hashable, ...]:
        """Labels of the columns that are aggregated."""
        if self._frame.expr.meta.ndim == 1:
            return (self._frame.expr.meta.name,)
        if self._chosen is not None:
            return (self._chosen,) if self._is_single else self._chosen
        keys = {each.value for each in self._plan.by if each.kind == "column"}
        return tuple([label for label in self._frame.expr.columns if label not in keys])

    def _dtype(self, label: Hashable) -> Any:
        meta = self._frame.expr.meta
        return meta.dtype if meta.ndim == 1 else meta[label].dtype

    # Aggregates

    def _named(
        self, how: str, numeric_only: bool = False, split_every: Any = None, split_out: Any = None, **options: Any
    ) -> Any:
        """A named aggregate of all columns."""
        columns = self._columns
        if numeric_only:
            if self._is_series and not numeric_labels(columns, self._dtype):
                raise TypeError("Cannot use numeric_only=True with SeriesGroupBy and non-numeric dtypes.")
            columns = numeric_labels(columns, self._dtype)
        requests = tuple([Request(label, label, how, tuple(options.items())) for label in columns])
        labels = pd.Index(columns) if columns else self._frame.expr.meta.columns[:0]
        if not self._is_series:
            labels = labels.rename(self._frame.expr.meta.columns.name)
        is_single = self._is_series and self._plan.as_index
        return self._aggregate(requests, None if is_single else labels, self._is_series, split_every, split_out)

    def _aggregate(
        self, requests: tuple[Request, ...], labels: Any, single: bool, split_every: Any, split_out: Any
    ) -> Any:
        """Aggregates in parts."""
        count = parts_of_result(split_out)
        single = single and self._plan.as_index
        plan = AggregatePlan(self._plan, requests, labels, single)
        expr = GroupbyAggregate(self._source(), self._blocks, plan, check_split_every(split_every))
        _ = expr.meta
        return new(expr if count == 1 else in_partitions(expr, count))

    def sum(
        self, numeric_only: bool = False, min_count: int | None = 0, split_every: Any = None, split_out: Any = None
    ) -> Any:
        """Sum of each group's values; missing if fewer than ``min_count`` are there."""
        return self._named("sum", numeric_only, split_every, split_out, min_count=min_count or 0)

    def prod(
        self, numeric_only: bool = False, min_count: int | None = 0, split_every: Any = None, split_out: Any = None
    ) -> Any:
        """Product of each group's values; missing if fewer than ``min_count`` are there."""
        return self._named("prod", numeric_only, split_every, split_out, min_count=min_count or 0)

    def mean(self, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Mean of each group's values."""
        return self._named("mean", numeric_only, split_every, split_out)

    def min(
        self, numeric_only: bool = False, min_count: int = -1, split_every: Any = None, split_out: Any = None
    ) -> Any:
        """Least of each group's values."""
        return self._named("min", numeric_only, split_every, split_out, min_count=min_count)

    def max(
        self, numeric_only: bool = False, min_count: int = -1, split_every: Any = None, split_out: Any = None
    ) -> Any:
        """Greatest of each group's values."""
        return self._named("max", numeric_only, split_every, split_out, min_count=min_count)

    def count(self, split_every: Any = None, split_out: Any = None) -> Any:
        """Number of each group's values that are not missing."""
        return self._named("count", False, split_every, split_out)

    def size(self, split_every: Any = None, split_out: Any = None) -> Any:
        """Number of each group's rows."""
        request = Request("size", None, "size")
        labels = None if self._plan.as_index else pd.Index(["size"])
        made = self._aggregate((request,), labels, self._plan.as_index, split_every, split_out)
        return made.rename(self._columns[0]) if self._is_series and self._plan.as_index and self._columns else made

    def var(self, ddof: int = 1, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Variance of each group's values."""
        return self._named("var", numeric_only, split_every, split_out, ddof=ddof)

    def std(self, ddof: int = 1, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Standard deviation of each group's values."""
        return self._named("std", numeric_only, split_every, split_out, ddof=ddof)

    def sem(self, ddof: int = 1, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Standard error of each group's mean."""
        return self._named("sem", numeric_only, split_every, split_out, ddof=ddof)

    def skew(self, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Skewness of each group's values."""
        return self._named("skew", numeric_only, split_every, split_out)

    def kurt(self, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Excess kurtosis of each group's values."""
        return self._named("kurt", numeric_only, split_every, split_out)

    def first(self, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """First value of each group that is not missing."""
        return self._named("first", numeric_only, split_every, split_out)

    def last(self, numeric_only: bool = False, split_every: Any = None, split_out: Any = None) -> Any:
        """Last value of each group that is not missing."""
        return self._named("last", numeric_only, split_every, split_out)

    def any(self, skipna: bool = True, split_every: Any = None, split_out: Any = None) -> Any:
        """Whether any of each group's values is true."""
        if not skipna:
            return self._whole("any", call_of(skipna=False))
        return self._named("any", False, split_every, split_out)

    def all(self, skipna: bool = True, split_every: Any = None, split_out: Any = None) -> Any:
        """Whether all of each group's values are true."""
        if not skipna:
            return self._whole("all", call_of(skipna=False))
        return self._named("all", False, split_every, split_out)

    def idxmin(
        self, skipna: bool = True, numeric_only: bool = False, split_every: Any = None, split_out: Any = None
    ) -> Any:
        """Label of the first least value of each group."""
        return self._named("idxmin", numeric_only, split_every, split_out, skipna=bool(skipna))

    def idxmax(
        self, skipna: bool = True, numeric_only: bool = False, split_every: Any = None, split_out: Any = None
    ) -> Any:
        """Label of the first greatest value of each group."""
        return self._named("idxmax", numeric_only, split_every, split_out, skipna=bool(skipna))

    def nunique(
        self, dropna: bool = True, split_every: Any = None, split_out: Any = None, shuffle_method: Any = None
    ) -> Any:
        """Number of different values of each group."""
        if not dropna:
            return self._whole("nunique", call_of(dropna=False))
        return self._named("nunique", False, split_every, split_out)

    def median(
        self, numeric_only: bool = False, split_every: Any = None, split_out: Any = None, shuffle_method: Any = None
    ) -> Any:
        """Median of each group's values, exact."""
        return self._whole("median", call_of(numeric_only=numeric_only))

    def quantile(self, q: Any = 0.5, interpolation: str = "linear", numeric_only: bool = False) -> Any:
        """Quantiles of each group's values, exact."""
        return self._whole("quantile", call_of(q, interpolation=interpolation, numeric_only=numeric_only))

    def agg(
        self, arg: Any = None, split_every: Any = None, split_out: Any = None, shuffle_method: Any = None, **kwargs: Any
    ) -> Any:
        """Several aggregates.

        Parameters
        ----------
        arg : name, function, `Aggregation`, list or mapping of columns to those
            Names of aggregates go in parts; a function gets the values of each group as a series.
        split_every : int, optional
            How many partial results one task combines.
        split_out : int, optional
            1: the result is one partition.
        shuffle_method : optional
            Of no effect.
        **kwargs
            Named aggregates: ``total=("column", "sum")``, or, of a single column, ``total="sum"``.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 1], "v": [1.0, 2.0, 3.0]}), npartitions=2)
        >>> df.groupby("k").agg(total=("v", "sum"), largest=("v", "max")).compute().to_dict("list")
        {'total': [4.0, 2.0], 'largest': [3.0, 2.0]}
        """
        spec = parse_requests(arg, kwargs, self._columns, self._is_series)
        if spec is None:
            return self._whole("agg", call_of(*(() if arg is None else (frozen_spec(arg),)), **kwargs))
        return self._aggregate(spec.requests, spec.labels, spec.single, split_every, split_out)

    aggregate = agg

    # Rows of groups together

    def _whole(self, method: str, *calls: Any, meta: Any = UNKNOWN, groups: GroupPlan | None = None) -> Any:
        """What pandas computes, of all rows in one place."""
        plan = MethodPlan(groups or self._plan, self._chosen, self._is_single, method, calls)
        expr = GroupbyWhole(self._source(), self._blocks, plan, meta)
        _ = expr.meta
        return new(expr)

    def _rows(self, method: str, *calls: Any, meta: Any = UNKNOWN) -> Any:
        """What pandas computes for each row of groups."""
        plan = MethodPlan(self._plan, self._chosen, self._is_single, method, calls)
        expr = GroupbyRows(self._source(), self._blocks, plan, meta)
        _ = expr.meta
        return new(expr)

    def _user(self, kind: str, func: Any, args: tuple[Any, ...], keywords: dict[str, Any], meta: Any) -> Any:
        """A user's function, with the meta found by a trial unless it is given."""
        make = self._rows if kind == "transform" else self._whole
        call = call_of(func, *args, **keywords)
        if meta is not UNKNOWN and meta is not None:
            return make(kind, call, meta=meta)

        def real() -> Any:
            rows = self._frame.head(20, npartitions=-1)
            if self._blocks:
                raise ValueError("keys beside the frame are not known before they are computed")
            return same_kind(getattr(self._pandas(rows, []), kind)(func, *args, **keywords))

        def trial() -> Any:
            return make(kind, call).expr.meta

        return make(kind, call, meta=emulate(f"groupby.{kind}", func, trial, real))

    def apply(
        self, func: Callable[..., Any], *args: Any, meta: Any = UNKNOWN, shuffle_method: Any = None, **kwargs: Any
    ) -> Any:
        """A function of each group's rows, with whatever it gives put together as pandas does.

        Parameters
        ----------
        func : callable
            Is given the rows of a group as a frame, or as a series.
        *args, **kwargs
            Further arguments of the function.
        meta : optional
            What comes of it; found by a trial by default.
        shuffle_method : optional
            Of no effect.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 1], "v": [1, 2, 3]}), npartitions=2)
        >>> df.groupby("k").v.apply(lambda v: v.max() - v.min()).compute().to_dict()
        {1: 2, 2: 0}
        """
        kwargs.pop("include_groups", None)
        return self._user("apply", func, args, kwargs, meta)

    def transform(self, func: Any, *args: Any, meta: Any = UNKNOWN, shuffle_method: Any = None, **kwargs: Any) -> Any:
        """For each row what a function, or a named aggregate, gives for its group."""
        if isinstance(func, str) and (meta is UNKNOWN or meta is None):
            return self._rows("transform", call_of(func, *args, **kwargs))
        return self._user("transform", func, args, kwargs, meta)

    def filter(self, func: Callable[..., Any], dropna: bool = True, *args: Any, **kwargs: Any) -> Any:
        """Rows of the groups of which a function is true."""
        kept = self._rows("kept_groups", call_of(func, args, tuple(kwargs.items())), meta=(None, "bool"))
        chosen = self._chosen_frame()
        if not dropna:
            return chosen.where(kept)
        return new(Filter(chosen.expr, kept.expr))

    def _chosen_frame(self) -> Any:
        if self._chosen is None:
            return self._frame
        return project(self._frame, self._chosen if self._is_single else list(self._chosen))

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(groups, *args, **kwargs)``."""
        if isinstance(func, tuple):
            function, word = func
            return function(*args, **{word: self}, **kwargs)
        return func(self, *args, **kwargs)

    def head(self, n: int = 5, split_every: Any = None, split_out: Any = None) -> Any:
        """The first ``n`` rows of each group, in the order of the frame; without the last ``-n`` if negative."""
        return self._kept(self.cumcount() < n if n >= 0 else self.cumcount(ascending=False) >= -n)

    def tail(self, n: int = 5, split_every: Any = None, split_out: Any = None) -> Any:
        """The last ``n`` rows of each group, in the order of the frame; without the first ``-n`` if negative."""
        return self._kept(self.cumcount(ascending=False) < n if n >= 0 else self.cumcount() >= -n)

    def nth(self, n: Any, dropna: Any = None) -> Any:
        """The n-th row of each group, or those of a list of numbers."""
        if dropna:
            raise NotImplementedError("nth(dropna=) is not there: drop rows with missing values first")
        kept: Any = None
        for place in n if isinstance(n, (list, tuple)) else [n]:
            if not isinstance(place, (int, np.integer)):
                raise TypeError("Invalid index: nth() takes an integer or a list of them")
            own = self.cumcount() == place if place >= 0 else self.cumcount(ascending=False) == -place - 1
            kept = own if kept is None else kept | own
        return self._kept(kept)

    def _kept(self, mask: Any) -> Any:
        """Rows where a mask holds whose keys are not missing (unless those are groups too)."""
        if self._plan.dropna:
            mask = mask & self._rows("ngroup", call_of()).ge(0)
        return new(Filter(self._chosen_frame().expr, mask.expr))

    def get_group(self, name: Any) -> Any:
        """The rows of one group."""
        return self._whole("get_group", call_of(name), meta=self._chosen_frame().expr.meta)

    def cumcount(self, ascending: bool = True) -> Any:
        """For each row how many of its group come before it (or behind it)."""
        return self._rows("cumcount", call_of(ascending=ascending))

    def ngroup(self, ascending: bool = True) -> Any:
        """For each row the number of its group."""
        return self._rows("ngroup", call_of(ascending=ascending))

    def cumsum(self, numeric_only: bool = False) -> Any:
        """Running sum within each group."""
        return self._rows("cumsum", call_of(numeric_only=numeric_only) if numeric_only else call_of())

    def cumprod(self, numeric_only: bool = False) -> Any:
        """Running product within each group."""
        return self._rows("cumprod", call_of(numeric_only=numeric_only) if numeric_only else call_of())

    def cummin(self, numeric_only: bool = False) -> Any:
        """Least value so far within each group."""
        return self._rows("cummin", call_of(numeric_only=numeric_only) if numeric_only else call_of())

    def cummax(self, numeric_only: bool = False) -> Any:
        """Greatest value so far within each group."""
        return self._rows("cummax", call_of(numeric_only=numeric_only) if numeric_only else call_of())

    def shift(
        self,
        periods: Any = 1,
        freq: Any = None,
        fill_value: Any = None,
        meta: Any = UNKNOWN,
        shuffle_method: Any = None,
    ) -> Any:
        """Values of ``periods`` rows before within each group."""
        own: dict[str, Any] = {} if fill_value is None else {"fill_value": fill_value}
        if freq is not None:
            return self._whole("shift", call_of(periods, freq=freq), meta=meta)
        return self._rows("shift", call_of(periods, **own), meta=meta)

    def diff(self, periods: int = 1) -> Any:
        """Difference to the value ``periods`` rows before within each group."""
        return self._rows("diff", call_of(periods))

    def pct_change(self, periods: int = 1) -> Any:
        """Relative change to the value ``periods`` rows before within each group."""
        return self._rows("pct_change", call_of(periods))

    def ffill(self, limit: int | None = None, shuffle_method: Any = None) -> Any:
        """Missing values replaced by the last one before in the group."""
        return self._rows("ffill", call_of(limit=limit))

    def bfill(self, limit: int | None = None, shuffle_method: Any = None) -> Any:
        """Missing values replaced by the next one behind in the group."""
        return self._rows("bfill", call_of(limit=limit))

    def rank(self, method: str = "average", ascending: bool = True, na_option: str = "keep", pct: bool = False) -> Any:
        """Rank of each value within its group."""
        return self._rows("rank", call_of(method=method, ascending=ascending, na_option=na_option, pct=pct))

    def cov(self, min_periods: int | None = None, ddof: int = 1, numeric_only: bool = False, **kwargs: Any) -> Any:
        """Covariance of columns within each group."""
        check_words("cov", kwargs, "split_every", "split_out", "shuffle_method")
        return self._whole("cov", call_of(min_periods=min_periods, ddof=ddof, numeric_only=numeric_only))

    def corr(self, method: str = "pearson", min_periods: int = 1, numeric_only: bool = False, **kwargs: Any) -> Any:
        """Correlation of columns within each group."""
        check_words("corr", kwargs, "split_every", "split_out", "shuffle_method")
        return self._whole("corr", call_of(method=method, min_periods=min_periods, numeric_only=numeric_only))

    def unique(self, split_every: Any = None, split_out: Any = None) -> Any:
        """Different values of each group, as arrays."""
        return self._whole("unique", call_of())

    def value_counts(
        self, subset: Any = None, normalize: bool = False, sort: bool = True, ascending: bool = False, **kwargs: Any
    ) -> Any:
        """How often each value is there in each group."""
        dropna = kwargs.pop("dropna", True)
        check_words("value_counts", kwargs, "split_every", "split_out")
        words: dict[str, Any] = {"normalize": normalize, "sort": sort, "ascending": ascending, "dropna": dropna}
        if subset is not None:
            words["subset"] = subset
        return self._whole("value_counts", call_of(**words))

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        """Summary of each group's values."""
        return self._whole("describe", call_of(percentiles=percentiles, include=include, exclude=exclude))

    def nlargest(self, n: int = 5, keep: str = "first") -> Any:
        """The greatest values of each group."""
        return self._whole("nlargest", call_of(n, keep=keep))

    def nsmallest(self, n: int = 5, keep: str = "first") -> Any:
        """The least values of each group."""
        return self._whole("nsmallest", call_of(n, keep=keep))

    def sample(
        self,
        n: int | None = None,
        frac: float | None = None,
        replace: bool = False,
        weights: Any = None,
        random_state: Any = None,
    ) -> Any:
        """Random rows of each group; the same ones for a seed."""
        if weights is not None:
            raise NotImplementedError("groupby.sample(weights=) is not there: use apply(lambda rows: rows.sample(...))")
        seed = int(np.random.default_rng().integers(1 << 31)) if random_state is None else random_state
        return self._whole("sample", call_of(n=n, frac=frac, replace=replace, random_state=seed))

    def ohlc(self) -> Any:
        """First, greatest, least and last value of each group."""
        return self._whole("ohlc", call_of())

    def rolling(self, window: Any, *args: Any, **kwargs: Any) -> GroupWindow:
        """Windows of rows within each group."""
        return GroupWindow(self, "rolling", call_of(window, *args, **kwargs))

    def expanding(self, *args: Any, **kwargs: Any) -> GroupWindow:
        """Windows from the first row of each group on."""
        return GroupWindow(self, "expanding", call_of(*args, **kwargs))

    def ewm(self, *args: Any, **kwargs: Any) -> GroupWindow:
        """Exponentially weighted windows within each group."""
        return GroupWindow(self, "ewm", call_of(*args, **kwargs))

    def resample(self, rule: Any, *args: Any, **kwargs: Any) -> GroupWindow:
        """Periods of time within each group."""
        return GroupWindow(self, "resample", call_of(rule, *args, **kwargs))

    @property
    def ngroups(self) -> int:
        """Number of groups; this computes."""
        return len(self.size().compute())

    @property
    def groups(self) -> Any:
        """Labels of the rows of each group; this computes."""
        return self._computed().groups

    @property
    def indices(self) -> Any:
        """Positions of the rows of each group; this computes."""
        return self._computed().indices

    def _computed(self) -> Any:
        """pandas' own groups of all rows."""
        whole = self._chosen_frame() if self._is_series and not self._plan_columns() else self._frame
        return self._pandas(whole.compute(), [new(each).compute() for each in self._blocks])

    def _plan_columns(self) -> bool:
        return any(each.kind == "column" for each in self._plan.by)

    def compute(self, **kwargs: Any) -> Any:
        """pandas' own groups of the computed frame."""
        from weft.dataframe.kernels.pandas.grouping import key_columns, pandas_groupby

        whole = self._frame.compute(**kwargs)
        blocks = [new(each).compute(**kwargs) for each in self._blocks]
        grouped = pandas_groupby(whole, key_columns(whole, blocks, self._plan), self._plan)
        return grouped if self._chosen is None else grouped[self._chosen if self._is_single else list(self._chosen)]


class GroupWindow:
    """Windows within groups: what ``groupby(...).rolling(...)`` and its like give."""

    __slots__ = ("_call", "_groups", "_kind")

    def __init__(self, groups: GroupBy, kind: str, call: Any) -> None:
        self._groups = groups
        self._kind = kind
        self._call = call

    def __getitem__(self, key: Any) -> GroupWindow:
        return GroupWindow(self._groups[key], self._kind, self._call)

    def __getattr__(self, label: str) -> GroupWindow:
        if label.startswith("_"):
            raise AttributeError(label)
        return self[label] if label in self._groups._frame.expr.columns else object.__getattribute__(self, label)

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._groups._whole(f"{self._kind}.{name}", self._call, call_of(*args, **kwargs))

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


def check_words(method: str, given: dict[str, Any], *known: str) -> None:
    """Refuse keyword arguments that are not known; the known ones have no effect on the result."""
    if unknown := sorted(set(given) - set(known)):
        raise TypeError(f"{method}() got unexpected arguments {unknown}")


def parts_of_result(split_out: Any) -> int:
    """How many partitions a result has."""
    if split_out is None or isinstance(split_out, bool):
        return 1
    if not isinstance(split_out, int) or split_out < 1:
        raise ValueError(f"split_out is a number of partitions, at least 1; it is {split_out!r}")
    return split_out


def frozen_spec(arg: Any) -> Any:
    """What aggregates are asked for, as an operand."""
    return arg


class GroupbyMethods(FrameBase):
    """Groups of rows."""

    __slots__ = ()

    def groupby(
        self,
        by: Any = None,
        level: Any = None,
        *,
        as_index: bool = True,
        sort: bool | None = None,
        group_keys: bool = True,
        observed: bool | None = None,
        dropna: bool | None = None,
    ) -> GroupBy:
        """Groups of the rows with equal keys.

        Parameters
        ----------
        by : label, series, function, mapping, pandas.Grouper, or list of those
            Columns; series with the rows of this frame; functions of, or mappings from, the index.
        level : int, name, or list of those, optional
            Levels of the index, in place of ``by``.
        as_index : bool
            Whether the keys of groups are the index of results, or columns.
        sort : bool
            Whether groups are sorted by their keys (the default); otherwise they come as they first appear.
        group_keys : bool
            Whether `GroupBy.apply` adds the keys to the index.
        observed : bool
            Whether only the categories that are there make groups (the default).
        dropna : bool
            Whether rows with a missing key are left out (the default).

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]}), npartitions=2)
        >>> df.groupby("k").v.sum().compute().to_dict()
        {'a': 4, 'b': 2}
        """
        if isinstance(by, pd.Grouper) and getattr(by, "freq", None) is not None:
            return by_periods(self, by)  # type: ignore[no-any-return]
        found = keys_by_level(self, level) if level is not None and by is None else keys_of(self, by)
        if level is not None and by is not None:
            raise TypeError("groupby() takes by or level, not both")
        keys, blocks, is_listed = found
        if isinstance(by, pd.Grouper):
            sort = by.sort
        if not keys:
            raise ValueError("No group keys passed!")
        plan = GroupPlan(
            tuple(keys),
            sort is None or bool(sort),
            observed is None or bool(observed),
            dropna is None or bool(dropna),
            bool(as_index),
            bool(group_keys),
            is_listed,
        )
        return GroupBy(without_times(self, by), plan, tuple(blocks))


def by_periods(frame: Any, grouper: Any) -> Any:
    """Periods of time, those without rows too: what `resample` gives."""
    words = {word: getattr(grouper, word) for word in ("closed", "label", "origin", "offset")}
    return frame.resample(grouper.freq, on=grouper.key, level=grouper.level, **words)


def without_times(frame: Any, by: Any) -> Any:
    """A frame without the columns of times that only say in which period a row is."""
    listed = by if isinstance(by, (list, tuple)) else [by]
    gone = [each.key for each in listed if isinstance(each, pd.Grouper) and getattr(each, "freq", None) is not None]
    return project(frame, [label for label in frame.expr.columns if label not in gone]) if any(gone) else frame


def keys_by_level(frame: Any, level: Any) -> tuple[list[By], list[FrameExpr], bool]:
    """Keys that are levels of the index."""
    is_listed = isinstance(level, (list, tuple))
    return [level_key(frame, each) for each in (level if is_listed else [level])], [], is_listed


def level_key(frame: Any, level: Any) -> By:
    """A level of the index, by number or name."""
    index = frame.expr.meta.index
    number = index._get_level_number(level)
    return By("level", number, index.names[number])


def keys_of(frame: Any, by: Any) -> tuple[list[By], list[FrameExpr], bool]:
    """Keys of every kind."""
    if by is None:
        raise TypeError("You have to supply one of 'by' and 'level'")
    meta = frame.expr.meta
    is_listed = isinstance(by, list) or (isinstance(by, tuple) and not (meta.ndim == 2 and by in meta.columns))
    keys: list[By] = []
    blocks: list[FrameExpr] = []
    for each in by if is_listed else [by]:
        keys.append(one_key(frame, each, blocks))
    return keys, blocks, is_listed


def one_key(frame: Any, by: Any, blocks: list[FrameExpr]) -> By:
    """One key."""
    expr = frame.expr
    if isinstance(by, FrameBase):
        key = by.expr
        if key.meta.ndim == 2:
            raise ValueError(f"Grouper for {type(by).__name__!r} not 1-dimensional")
        if isinstance(key, Projection) and key.source == expr and type(key.chosen) is not tuple:
            return By("column", key.chosen, key.chosen)
        if key.rows != expr.rows or key.npartitions != expr.npartitions:
            raise ValueError(
                "cannot group by a series whose rows come from another frame or filter: "
                "start from one frame, e.g. df[df.a > 0].groupby(df[df.a > 0].b), or assign(...) it as a column"
            )
        blocks.append(key)
        return By("block", len(blocks) - 1, key.meta.name)
    if isinstance(by, pd.Grouper):
        if getattr(by, "freq", None) is not None:
            bins = time_bins(frame.expr, by)
            blocks.append(bins)
            return By("block", len(blocks) - 1, bins.meta.name)
        return one_key(frame, by.key, blocks) if by.key is not None else level_key(frame, by.level)
    if isinstance(by, (pd.Series, np.ndarray, pd.Index)):
        raise TypeError(
            f"cannot group by a {type(by).__name__}, whose rows have no partitions: use from_pandas(...) first"
        )
    if isinstance(by, Mapping):
        return By("function", dict(by), None)
    if expr.meta.ndim == 2 and is_label(by) and by in expr.columns:
        return By("column", by, by)
    if is_label(by) and by in expr.meta.index.names and by is not None:
        return level_key(frame, by)
    if callable(by):
        return By("function", by, None)
    raise KeyError(missing_column(by, expr.columns))


def is_label(value: Any) -> bool:
    """Whether a value can be a label."""
    return isinstance(value, Hashable)
