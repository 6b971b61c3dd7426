"""Rows by periods of time.

Named aggregates go in parts: first and last time of all rows say what periods there are, then each partition counts its rows to
them. What pandas computes of whole periods needs the rows in one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import ROWS, VALUES, FrameExpr, column_needs
from weft.dataframe.kernels.pandas.groupby_plan import AggregatePlan, Request
from weft.dataframe.kernels.pandas.grouping import By, GroupPlan
from weft.dataframe.kernels.pandas.resample import ResamplePlan
from weft.dataframe.meta import UNKNOWN, meta_nonempty
from weft.dataframe.ops.groupby_requests import numeric_labels, parse_requests
from weft.dataframe.ops.layout import headline
from weft.dataframe.ops.neighbours import call_of, whole_result
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.time_bins import TimeSpan
from weft.dataframe.treewise import Treewise
from weft.expr import Expr, Needs, derived, node
from weft.physical.blockwise import Same, blockwise

__all__ = ["PeriodGroups", "Resampler"]

#: Periods are groups by number.
NUMBERED = GroupPlan((By("block", 0, None),), True, True, True, True, True, False)


@node
class ResampleAggregate(Treewise):
    """Named aggregates of periods: one row for each."""

    source: FrameExpr
    span: FrameExpr
    asked: ResamplePlan
    given: Any

    @property
    def frames(self) -> tuple[FrameExpr, ...]:
        return (self.source, self.span)

    @property
    def label(self) -> str:
        return "resample"

    @property
    def plan(self) -> ResamplePlan:
        return self.asked

    @derived
    def meta(self) -> Any:
        return self.given

    def lower(self) -> Expr:
        if self.source.npartitions > 1:
            return super().lower()
        return blockwise(self.outline, self.steps.whole, [(self.source, (0,))], [Same(self.plan), Same(self.meta)])

    def asks(self, child: Expr, asked: Needs) -> Needs:
        if child == self.span:
            return VALUES | ROWS
        columns = [each.column for each in self.asked.asked.requests if each.how != "size"]
        wanted = VALUES if self.source.meta.ndim == 1 else column_needs(columns)
        return ROWS | wanted | (frozenset() if self.asked.on is None else column_needs([self.asked.on]))


#: Added to made-up times, which are midnights at the start of a year: no period begins, or ends, near there.
INSIDE = pd.Timedelta("134 days 5h 3min 1s")


class Resampler:
    """Periods of time: what ``resample(...)`` gives."""

    __slots__ = ("_chosen", "_frame", "_is_single", "_on", "_options")

    def __init__(
        self, frame: Any, options: dict[str, Any], on: Any, chosen: Any = None, is_single: bool = False
    ) -> None:
        self._frame = frame
        self._options = options
        self._on = on
        self._chosen = chosen
        self._is_single = is_single

    def __getitem__(self, key: Any) -> Resampler:
        is_list = isinstance(key, (list, pd.Index))
        for label in key if is_list else [key]:
            if label not in self._frame.expr.columns:
                raise KeyError(missing_column(label, self._frame.expr.columns))
        return self._choose(tuple(key) if is_list else key, not is_list)

    def _choose(self, chosen: Any, is_single: bool) -> Resampler:
        return Resampler(self._frame, self._options, self._on, chosen, is_single)

    def __getattr__(self, label: str) -> Resampler:
        if not label.startswith("_") and self._frame.expr.meta.ndim == 2 and label in self._frame.expr.columns:
            return self[label]
        raise AttributeError(f"Resampler has no attribute and no column {label!r}")

    def __iter__(self) -> Iterator[Any]:
        yield from self._computed()

    def __repr__(self) -> str:
        return f"<Resampler {self._options['rule']} of {headline(self._frame)[1:-1]}>"

    @property
    def _is_series(self) -> bool:
        return self._is_single or self._frame.expr.meta.ndim == 1

    @property
    def _columns(self) -> tuple[Any, ...]:
        if self._frame.expr.meta.ndim == 1:
            return (self._frame.expr.meta.name,)
        if self._chosen is not None:
            return (self._chosen,) if self._is_single else self._chosen
        return tuple([label for label in self._frame.expr.columns if label != self._on])

    def _pandas(self, whole: Any) -> Any:
        """pandas' own periods of a pandas object."""
        made = whole.resample(**self._options, **({} if self._on is None else {"on": self._on}))
        if self._chosen is None:
            return made
        return made[self._chosen if self._is_single else list(self._chosen)]

    def _example(self) -> Any:
        """A made-up row twice: of one period, so that no period is without rows; not where one ends and another begins."""
        rows = meta_nonempty(self._frame.expr.meta).iloc[[0, 0]]
        if self._on is not None:
            return rows.assign(**{self._on: rows[self._on] + INSIDE}) if rows[self._on].dtype.kind in "mM" else rows
        is_moment = isinstance(rows.index, (pd.DatetimeIndex, pd.TimedeltaIndex))
        return rows.set_axis(rows.index + INSIDE, axis=0) if is_moment else rows

    @property
    def _moves_periods(self) -> bool:
        """Whether labels are periods that are counted from another place: pandas' bins then depend on how it cuts them."""
        is_moved = self._options["offset"] is not None or self._options["origin"] != "start_day"
        return is_moved and isinstance(self._frame.expr.meta.index, pd.PeriodIndex)

    def _parts(self, requests: tuple[Request, ...], meta: Any) -> Any:
        """Named aggregates, in parts."""
        words = {word: value for word, value in self._options.items() if value is not None}
        asked = AggregatePlan(NUMBERED, requests, None, isinstance(meta, pd.Series))
        span = TimeSpan(self._frame.expr, self._on)
        plan = ResamplePlan(tuple(words.items()), self._on, asked)
        return new(ResampleAggregate(self._frame.expr, span, plan, meta.iloc[:0]))

    def _named(self, how: str, *, numeric_only: bool = False, **options: Any) -> Any:
        """A named aggregate of all columns."""
        words = dict(options) | ({"numeric_only": True} if numeric_only else {})
        if self._moves_periods:
            return self._whole(how, **words)
        meta = getattr(self._pandas(self._example()), how)(**words)
        columns = self._columns
        if numeric_only and not self._is_series:
            columns = numeric_labels(columns, lambda label: self._frame.expr.meta[label].dtype)
        return self._parts(tuple([Request(label, label, how, tuple(options.items())) for label in columns]), meta)

    def _whole(self, method: str, *args: Any, meta: Any = UNKNOWN, **kwargs: Any) -> Any:
        """What pandas computes of all rows in one place."""
        words = self._options if self._on is None else {**self._options, "on": self._on}
        calls = [call_of(**words), call_of(*args, **kwargs)]
        name = f"resample.{method}"
        if self._chosen is not None:
            chosen = self._chosen if self._is_single else list(self._chosen)
            if self._on is None:
                return whole_result(project(self._frame, chosen), name, *calls, meta=meta)
            calls.insert(1, call_of(chosen))
            name = f"resample.__getitem__.{method}"
        return whole_result(self._frame, name, *calls, meta=meta)

    def sum(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        """Sum of each period's values."""
        return self._named("sum", numeric_only=numeric_only, min_count=min_count)

    def prod(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        """Product of each period's values."""
        return self._named("prod", numeric_only=numeric_only, min_count=min_count)

    def mean(self, numeric_only: bool = False) -> Any:
        """Mean of each period's values."""
        return self._named("mean", numeric_only=numeric_only)

    def min(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        """Least of each period's values; missing where fewer than ``min_count`` are there."""
        if min_count:
            return self._whole("min", numeric_only=numeric_only, min_count=min_count)
        return self._named("min", numeric_only=numeric_only)

    def max(self, numeric_only: bool = False, min_count: int = 0) -> Any:
        """Greatest of each period's values; missing where fewer than ``min_count`` are there."""
        if min_count:
            return self._whole("max", numeric_only=numeric_only, min_count=min_count)
        return self._named("max", numeric_only=numeric_only)

    def _end(self, how: str, numeric_only: bool, min_count: int, skipna: bool) -> Any:
        """The first or the last value of each period."""
        if min_count or not skipna:
            return self._whole(how, numeric_only=numeric_only, min_count=min_count, skipna=skipna)
        return self._named(how, numeric_only=numeric_only)

    def first(self, numeric_only: bool = False, min_count: int = 0, skipna: bool = True) -> Any:
        """First value of each period that is not missing; with ``skipna=False`` the first one."""
        return self._end("first", numeric_only, min_count, skipna)

    def last(self, numeric_only: bool = False, min_count: int = 0, skipna: bool = True) -> Any:
        """Last value of each period that is not missing; with ``skipna=False`` the last one."""
        return self._end("last", numeric_only, min_count, skipna)

    def count(self) -> Any:
        """Number of each period's values that are not missing."""
        return self._named("count")

    def nunique(self) -> Any:
        """Number of different values of each period."""
        return self._named("nunique")

    def std(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        """Standard deviation of each period's values."""
        return self._named("std", numeric_only=numeric_only, ddof=ddof)

    def var(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        """Variance of each period's values."""
        return self._named("var", numeric_only=numeric_only, ddof=ddof)

    def sem(self, ddof: int = 1, numeric_only: bool = False) -> Any:
        """Standard error of each period's mean."""
        return self._named("sem", numeric_only=numeric_only, ddof=ddof)

    def size(self) -> Any:
        """Number of each period's rows."""
        if self._moves_periods:
            return self._whole("size")
        meta = self._pandas(self._example()).size()
        return self._parts((Request("size", None, "size"),), meta)

    def agg(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Several aggregates of each period; see `GroupBy.agg`."""
        if isinstance(func, dict) and any(isinstance(each, dict) for each in func.values()):
            raise pd.errors.SpecificationError("nested renamer is not supported")
        spec = None if args else parse_requests(func, kwargs, self._columns, self._is_series)
        if spec is None or self._moves_periods or any(not isinstance(each.how, str) for each in spec.requests):
            return self._whole("agg", *(() if func is None else (func,)), *args, **kwargs)
        meta = self._pandas(self._example()).agg(*(() if func is None else (func,)), **kwargs)
        return self._parts(spec.requests, meta)

    aggregate = agg

    def median(self, numeric_only: bool = False) -> Any:
        """Median of each period's values."""
        return self._whole("median", numeric_only=numeric_only)

    def quantile(self, q: Any = 0.5) -> Any:
        """Quantile of each period's values."""
        return self._whole("quantile", q)

    def ohlc(self) -> Any:
        """First, greatest, least and last value of each period."""
        return self._whole("ohlc")

    def ffill(self, limit: int | None = None) -> Any:
        """The last row before each label."""
        return self._whole("ffill", limit=limit)

    def bfill(self, limit: int | None = None) -> Any:
        """The next row behind each label."""
        return self._whole("bfill", limit=limit)

    def nearest(self, limit: int | None = None) -> Any:
        """The nearest row of each label."""
        return self._whole("nearest", limit=limit)

    def asfreq(self, fill_value: Any = None) -> Any:
        """The row at each label."""
        return self._whole("asfreq", fill_value=fill_value)

    def interpolate(self, method: str = "linear", **kwargs: Any) -> Any:
        """Values between rows at each label."""
        # two made-up rows are too few for curves
        meta = UNKNOWN if method == "linear" else self._whole("interpolate").expr.meta
        return self._whole("interpolate", method, meta=meta, **kwargs)

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of each period's rows."""
        return self._whole("apply", func, *args, **kwargs)

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """For each row what a function gives for its period."""
        return self._whole("transform", func, *args, **kwargs)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(resampler, *args, **kwargs)``."""
        if isinstance(func, tuple):
            function, word = func
            return function(*args, **{word: self}, **kwargs)
        return func(self, *args, **kwargs)

    def get_group(self, name: Any) -> Any:
        """The rows of one period, by its label."""
        return self._whole("get_group", name, meta=self._chosen_meta())

    def _chosen_meta(self) -> Any:
        meta = self._frame.expr.meta
        return meta if self._chosen is None else meta[self._chosen if self._is_single else list(self._chosen)]

    def _computed(self) -> Any:
        """pandas' own periods of all rows."""
        return self._pandas(self._frame.compute())

    @property
    def groups(self) -> Any:
        """Positions behind the last row of each period; this computes."""
        return self._computed().groups

    @property
    def indices(self) -> Any:
        """Positions of the rows of each period; this computes."""
        return self._computed().indices

    @property
    def ngroups(self) -> int:
        """Number of periods; this computes."""
        return int(self._computed().ngroups)

    @property
    def ndim(self) -> int:
        """2 for periods of a frame, 1 for those of a single column."""
        return 1 if self._is_series else 2


class PeriodGroups(Resampler):
    """Periods as groups: what ``groupby(pandas.Grouper(freq=...))`` gives.

    Aggregates are those of `resample`; what groups have beyond these, pandas computes of all rows in one place.
    """

    __slots__ = ("_grouping",)

    def __init__(self, periods: Resampler, grouping: Any, chosen: Any = None, is_single: bool = False) -> None:
        super().__init__(periods._frame, periods._options, periods._on, chosen, is_single)
        self._grouping = grouping

    def _choose(self, chosen: Any, is_single: bool) -> Resampler:
        return PeriodGroups(self, self._grouping, chosen, is_single)

    def __getattr__(self, label: str) -> Any:
        kind = pd.api.typing.SeriesGroupBy if self._is_series else pd.api.typing.DataFrameGroupBy
        is_column = self._frame.expr.meta.ndim == 2 and label in self._frame.expr.columns
        if not is_column and (label == "nth" or (not label.startswith("_") and callable(getattr(kind, label, None)))):
            return partial(self._gathered, label)
        return super().__getattr__(label)

    def _gathered(self, method: str, *args: Any, meta: Any = UNKNOWN, **kwargs: Any) -> Any:
        """What pandas computes of the groups."""
        calls = [self._grouping, call_of(*args, **kwargs)]
        if self._chosen is None:
            return whole_result(self._frame, f"groupby.{method}", *calls, meta=meta)
        calls.insert(1, call_of(self._chosen if self._is_single else list(self._chosen)))
        return whole_result(self._frame, f"groupby.__getitem__.{method}", *calls, meta=meta)

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of each group's rows."""
        return self._gathered("apply", func, *args, **kwargs)

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """For each row what a function gives for its group."""
        return self._gathered("transform", func, *args, **kwargs)

    def ffill(self, limit: int | None = None) -> Any:
        """Gaps filled with the last value before, of the same group."""
        return self._gathered("ffill", limit=limit)

    def bfill(self, limit: int | None = None) -> Any:
        """Gaps filled with the next value behind, of the same group."""
        return self._gathered("bfill", limit=limit)


class ResampleMethods(FrameBase):
    """Periods of time."""

    __slots__ = ()

    def resample(
        self,
        rule: Any,
        closed: str | None = None,
        label: str | None = None,
        convention: Any = None,
        on: Any = None,
        level: Any = None,
        origin: Any = "start_day",
        offset: Any = None,
        group_keys: bool = False,
    ) -> Resampler:
        """Rows by periods of time of their index.

        Parameters
        ----------
        rule : offset or str
            Length of a period.
        closed, label : {"left", "right"}, optional
            Which end belongs to a period; which one it is called by.
        convention : {"start", "end"}, optional
            Of periods as labels: which end is meant.
        on : label, optional
            A column of times in place of the index.
        level : int or name, optional
            A level of the index, which then becomes the index.
        origin : Timestamp or str
            From where periods are counted.
        offset : Timedelta or str, optional
            Added to the origin.
        group_keys : bool
            Whether `Resampler.apply` adds the labels of periods to the index.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> s = pd.Series([1, 2, 3], index=pd.to_datetime(["2024-01-01 00:00", "2024-01-01 12:00", "2024-01-03 00:00"]))
        >>> dd.from_pandas(s, npartitions=2).resample("D").sum().compute().tolist()
        [3, 0, 3]
        """
        if level is not None:
            if on is not None:
                raise ValueError("Both 'on' and 'level' cannot be specified")
            index = self.expr.meta.index
            others = [number for number in range(index.nlevels) if number != index._get_level_number(level)]
            frame: Any = self.droplevel(others) if others else self  # type: ignore[attr-defined]
            words = {"closed": closed, "label": label, "convention": convention, "origin": origin, "offset": offset}
            return frame.resample(rule, group_keys=group_keys, **words)  # type: ignore[no-any-return]
        if on is not None and on not in self.expr.columns:
            raise KeyError(missing_column(on, self.expr.columns))
        options = {"rule": rule, "closed": closed, "label": label, "origin": origin, "offset": offset}
        if convention is not None:
            options["convention"] = convention
        if group_keys:
            options["group_keys"] = True
        made = Resampler(self, options, on)
        _ = made._pandas(self.expr.meta)  # pandas refuses indexes without times, and rules it does not know
        return made

    def asfreq(
        self, freq: Any, method: Any = None, how: Any = None, normalize: bool = False, fill_value: Any = None
    ) -> Any:
        """The rows at regular times; the frame is brought to one place."""
        return whole_result(
            self, "asfreq", call_of(freq, method=method, how=how, normalize=normalize, fill_value=fill_value)
        )
