"""What is asked of groups whose rows must be together: functions of users, order within groups, windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from weft.callables import also_called
from weft.dataframe.base import FrameBase, new
from weft.dataframe.kernels.pandas.groupby_counts import CountPlan
from weft.dataframe.meta import UNKNOWN, emulate, same_kind
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.filtering import Filter
from weft.dataframe.ops.groupby_base import GroupsBase
from weft.dataframe.ops.groupby_counts import counts_in_groups
from weft.dataframe.ops.groupby_windows import GroupWindow
from weft.dataframe.ops.neighbours import call_of

__all__ = ["GroupMethods"]


class GroupMethods(GroupsBase):
    """Methods of whole groups."""

    __slots__ = ()

    def _user(self, kind: str, func: Any, args: tuple[Any, ...], keywords: dict[str, Any], meta: Any) -> Any:
        """A user's function, with the meta found by a trial unless it is given."""
        make = self._rows if kind == "transform" else self._whole
        call = call_of(func, *args, **keywords)
        if meta is not UNKNOWN and meta is not None:
            made = make(kind, call, meta=meta)
            named = made.expr.meta
            return elementwise("as_declared", made, named) if isinstance(named, pd.Series) else made

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
        if kwargs.pop("include_groups", False):
            raise ValueError("include_groups=True is no longer allowed.")
        return self._user("apply", func, args, kwargs, meta)

    def transform(
        self, func: Any = None, *args: Any, meta: Any = UNKNOWN, shuffle_method: Any = None, **kwargs: Any
    ) -> Any:
        """For each row what a function, or a named aggregate, gives for its group."""
        if func is None:
            return self._rows("transform", call_of(**kwargs))
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
            return self._whole("nth", call_of(n, dropna=dropna))
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
            mask = mask & self._rows("in_group", call_of())
        return new(Filter(self._chosen_frame().expr, mask.expr))

    @also_called(key="name")
    def get_group(self, name: Any) -> Any:
        """The rows of one group."""
        return self._whole("get_group", call_of(name), meta=self._chosen_frame().expr.meta)

    def cumcount(self, ascending: bool = True) -> Any:
        """For each row how many of its group come before it (or behind it)."""
        return self._rows("cumcount", call_of(ascending=ascending))

    def ngroup(self, ascending: bool = True) -> Any:
        """For each row the number of its group."""
        return self._rows("ngroup", call_of(ascending=ascending))

    def cumsum(self, numeric_only: bool = False, *args: Any, skipna: bool = True) -> Any:
        """Running sum within each group."""
        return self._running("cumsum", numeric_only, args, skipna)

    def cumprod(self, numeric_only: bool = False, *args: Any, skipna: bool = True) -> Any:
        """Running product within each group."""
        return self._running("cumprod", numeric_only, args, skipna)

    def cummin(self, numeric_only: bool = False, *args: Any, skipna: bool = True) -> Any:
        """Least value so far within each group."""
        return self._running("cummin", numeric_only, args, skipna)

    def cummax(self, numeric_only: bool = False, *args: Any, skipna: bool = True) -> Any:
        """Greatest value so far within each group."""
        return self._running("cummax", numeric_only, args, skipna)

    def _running(self, how: str, numeric_only: bool, args: tuple[Any, ...], skipna: bool) -> Any:
        """One of the running aggregates."""
        words = {} if skipna else {"skipna": False}
        if numeric_only:
            words["numeric_only"] = True
        return self._rows(how, call_of(*args, **words))

    def shift(
        self,
        periods: Any = 1,
        freq: Any = None,
        fill_value: Any = UNKNOWN,
        suffix: str | None = None,
        meta: Any = UNKNOWN,
        shuffle_method: Any = None,
    ) -> Any:
        """Values of ``periods`` rows before within each group."""
        own: dict[str, Any] = {} if fill_value is UNKNOWN else {"fill_value": fill_value}
        if suffix is not None:
            own["suffix"] = suffix
        if freq is not None:
            return self._whole("shift", call_of(periods, freq=freq), meta=meta)
        return self._rows("shift", call_of(periods, **own), meta=meta)

    def diff(self, periods: int = 1) -> Any:
        """Difference to the value ``periods`` rows before within each group."""
        return self._rows("diff", call_of(periods))

    def pct_change(self, periods: int = 1, fill_method: None = None, freq: Any = None) -> Any:
        """Relative change to the value ``periods`` rows before within each group."""
        if fill_method is not None:
            raise ValueError(f"fill_method must be None; got fill_method={fill_method!r}.")
        if freq is not None:
            return self._whole("pct_change", call_of(periods, freq=freq))
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

    def cov(self, *args: Any, **kwargs: Any) -> Any:
        """Covariance of columns within each group; of a single column with another series, given first."""
        return self._whole("cov", call_of(*args, **without_words(kwargs)))

    def corr(self, *args: Any, **kwargs: Any) -> Any:
        """Correlation of columns within each group; of a single column with another series, given first."""
        return self._whole("corr", call_of(*args, **without_words(kwargs)))

    def corrwith(self, other: Any, **kwargs: Any) -> Any:
        """Correlation of each column with a series, or the columns of a frame, which is computed, within each group."""
        given = other.compute() if isinstance(other, FrameBase) else other
        return self._whole("corrwith", call_of(given, **kwargs))

    def take(self, indices: Any, **kwargs: Any) -> Any:
        """The rows of each group at some positions within it."""
        return self._whole("take", call_of(list(indices), **kwargs))

    @property
    def is_monotonic_increasing(self) -> Any:
        """Whether the values of each group never fall."""
        return self._only_series("is_monotonic_increasing")._whole("is_monotonic_increasing", call_of())

    @property
    def is_monotonic_decreasing(self) -> Any:
        """Whether the values of each group never rise."""
        return self._only_series("is_monotonic_decreasing")._whole("is_monotonic_decreasing", call_of())

    @property
    def dtype(self) -> Any:
        """Type of the values of each group."""
        return self._only_series("dtype")._whole("dtype", call_of())

    @property
    def ndim(self) -> int:
        """2 for groups of a frame, 1 for those of a single column."""
        return 1 if self._is_series else 2

    def _only_series(self, method: str) -> Any:
        """These groups, if they are of a single column."""
        if not self._is_series:
            raise AttributeError(f"'DataFrameGroupBy' object has no attribute {method!r}")
        return self

    def unique(self, split_every: Any = None, split_out: Any = None) -> Any:
        """Different values of each group, as arrays."""
        return self._whole("unique", call_of())

    def value_counts(self, *args: Any, **kwargs: Any) -> Any:
        """How often each value is there in each group.

        Parameters
        ----------
        *args, **kwargs
            As in pandas: ``subset`` (of frames), ``normalize``, ``sort``, ``ascending``, ``bins`` (of series), ``dropna``.
            With ``bins``, and where categories without rows are groups too, all rows are brought to one place.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 1, 2, 1], "v": ["x", "y", "x", "y"]}), npartitions=2)
        >>> df.groupby("k").v.value_counts().compute().to_dict()
        {(1, 'y'): 2, (1, 'x'): 1, (2, 'x'): 1}
        """
        whole = self._whole("value_counts", call_of(*args, **without_words(kwargs)))
        asked = (words_of_series if self._is_series else words_of_frame)(*args, **without_words(kwargs))
        if asked.get("bins") is not None or (self._is_series and self._columns[0] in self._key_labels):
            return whole
        subset = asked.get("subset")
        labels = [label for label in self._columns if label not in self._key_labels]
        normalize, sort, ascending, dropna = [bool(asked[word]) for word in words_of_series() if word != "bins"]
        groups = self._plan
        plan = CountPlan(
            len(groups.by), normalize, sort, ascending, dropna, groups.sort, groups.dropna, groups.as_index
        )
        chosen = labels if subset is None else [label for label in labels if label in set(subset)]
        counted = counts_in_groups(self, chosen, plan, whole.expr.meta)
        return whole if counted is None else counted

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
        seed = int(np.random.default_rng().integers(1 << 31)) if random_state is None else random_state
        words = {"n": n, "frac": frac, "replace": replace, "weights": weights, "random_state": seed}
        return self._whole("sample", call_of(**words))

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


def without_words(given: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments without those that say how something is computed."""
    return {word: each for word, each in given.items() if word not in ("split_every", "split_out", "shuffle_method")}


def words_of_series(
    normalize: bool = False, sort: bool = True, ascending: bool = False, bins: Any = None, dropna: bool = True
) -> dict[str, Any]:
    """Arguments of `value_counts` of a series' groups, by name."""
    return {"normalize": normalize, "sort": sort, "ascending": ascending, "bins": bins, "dropna": dropna}


def words_of_frame(
    subset: Any = None, normalize: bool = False, sort: bool = True, ascending: bool = False, dropna: bool = True
) -> dict[str, Any]:
    """Arguments of `value_counts` of a frame's groups, by name."""
    return {"subset": subset, "normalize": normalize, "sort": sort, "ascending": ascending, "dropna": dropna}
