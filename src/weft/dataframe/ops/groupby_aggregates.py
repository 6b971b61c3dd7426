"""Named aggregates of groups, which go in parts: the methods of groups that give one row for each of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from weft.callables import also_called
from weft.dataframe.base import new
from weft.dataframe.expr import FrameExpr
from weft.dataframe.kernels.pandas.groupby_plan import PARTS_OF, AggregatePlan, Request
from weft.dataframe.kernels.pandas.keys import Order
from weft.dataframe.ops.groupby_base import GroupsBase
from weft.dataframe.ops.groupby_nodes import GroupbyAggregate
from weft.dataframe.ops.groupby_requests import numeric_labels, parse_requests
from weft.dataframe.ops.neighbours import call_of
from weft.dataframe.ops.sort_nodes import Sort
from weft.dataframe.spread import as_asked, spread_of
from weft.dataframe.treewise import check_split_every

__all__ = ["GroupAggregates"]


def named_like(labels: pd.Index, columns: pd.Index) -> pd.Index:
    """Labels of aggregates with the names that the levels of the frame's columns have."""
    return labels.set_names(columns.names) if labels.nlevels == columns.nlevels else labels


class GroupAggregates(GroupsBase):
    """Aggregates of groups."""

    __slots__ = ()

    def _named(
        self,
        how: str,
        numeric_only: bool = False,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
        **options: Any,
    ) -> Any:
        """A named aggregate of all columns."""
        columns = self._columns
        if numeric_only:
            if self._is_series and not numeric_labels(columns, self._dtype):
                raise TypeError("Cannot use numeric_only=True with SeriesGroupBy and non-numeric dtypes.")
            columns = numeric_labels(columns, self._dtype)
        requests = tuple([Request(label, label, how, tuple(options.items())) for label in columns])
        labels = None if self._is_series and self._plan.as_index else self._labels_of(columns)
        return self._aggregate(requests, labels, self._is_series, split_every, split_out, shuffle_method)

    def _labels_of(self, columns: Sequence[Hashable]) -> pd.Index:
        """Labels of aggregates that are called as their columns."""
        frame = self._frame.expr.meta
        labels = pd.Index(columns) if columns else frame.columns[:0]
        return labels if self._is_series else named_like(labels, frame.columns)

    def _reduced(
        self,
        how: str,
        numeric_only: bool,
        skipna: bool,
        split_every: Any,
        split_out: Any,
        engine: Any = None,
        engine_kwargs: Any = None,
        shuffle_method: Any = None,
        **options: Any,
    ) -> Any:
        """A named aggregate: in parts, unless its options want all rows of a group together."""
        if runs_elsewhere(engine):
            options |= {"engine": engine, "engine_kwargs": engine_kwargs}
        elif skipna:
            return self._named(how, numeric_only, split_every, split_out, shuffle_method, **options)
        return self._whole(how, call_of(numeric_only=numeric_only, skipna=skipna, **options))

    def _by_name(
        self,
        how: str,
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        split_every: Any,
        split_out: Any,
        shuffle_method: Any,
        engine: Any,
        engine_kwargs: Any,
    ) -> Any:
        """The method of a name."""
        if runs_elsewhere(engine):
            keywords = keywords | {"engine": engine, "engine_kwargs": engine_kwargs}
        if args or keywords or how not in PARTS_OF:
            method = getattr(type(self), how, None)
            if how.startswith("_") or method is None:
                raise AttributeError(
                    f"'{'Series' if self._is_series else 'DataFrame'}GroupBy' object has no attribute {how!r}"
                )
            if "axis" in keywords:
                raise ValueError(f"Operation {how} does not support axis={keywords['axis']}")
            return getattr(self, how)(*args, **keywords) if callable(method) else getattr(self, how)
        if how == "size":
            return self.size(split_every, split_out)
        spec = parse_requests(how, {}, self._columns, self._is_series)
        if spec is None:
            return self._whole("agg", call_of(how))
        labels = spec.labels if spec.labels is None else named_like(spec.labels, self._frame.expr.meta.columns)
        return self._aggregate(spec.requests, labels, spec.single, split_every, split_out, shuffle_method)

    def _aggregate(
        self,
        requests: tuple[Request, ...],
        labels: Any,
        single: bool,
        split_every: Any,
        split_out: Any,
        shuffle_method: Any = None,
    ) -> Any:
        """Aggregates in parts."""
        count, exchanged = spread_of(self._frame, split_out, shuffle_method)
        if single and not self._plan.as_index:
            single = False
            labels = pd.Index([each.column for each in requests]) if labels is None else labels
        if not self._plan.as_index and (hidden := [key for key in self._key_names if key in labels]):
            return self._beside_keys(hidden, requests, labels, split_every, split_out, shuffle_method)
        plan = AggregatePlan(self._plan, requests, labels, single)
        made = GroupbyAggregate(self._source(), self._blocks, plan, check_split_every(split_every), count, exchanged)
        _ = made.meta
        if count == 1 or made.kept_whole is not None:
            return new(as_asked(made))
        if self._plan.sort:
            return new(in_order_of_keys(made))
        return new(made) if self._plan.as_index else new(made).reset_index(drop=True)

    def _beside_keys(self, hidden: list[Hashable], requests: tuple[Request, ...], labels: Any, *options: Any) -> Any:
        """Aggregates of which some are called as keys: they take the place of these."""
        indexed = type(self)(
            self._frame, self._plan._replace(as_index=True), self._blocks, self._chosen, self._is_single
        )
        made = indexed._aggregate(requests, labels, False, *options)
        shown = [place for place, key in enumerate(self._key_names) if key not in hidden]
        return (made.reset_index(level=shown) if shown else made).reset_index(drop=True)

    def sum(
        self,
        numeric_only: bool = False,
        min_count: int | None = 0,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Sum of each group's values; missing if fewer than ``min_count`` are there."""
        return self._reduced(
            "sum", numeric_only, skipna, split_every, split_out, engine, engine_kwargs, min_count=min_count or 0
        )

    def prod(
        self,
        numeric_only: bool = False,
        min_count: int | None = 0,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Product of each group's values; missing if fewer than ``min_count`` are there."""
        return self._reduced("prod", numeric_only, skipna, split_every, split_out, min_count=min_count or 0)

    def mean(
        self,
        numeric_only: bool = False,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Mean of each group's values."""
        return self._reduced("mean", numeric_only, skipna, split_every, split_out, engine, engine_kwargs)

    def min(
        self,
        numeric_only: bool = False,
        min_count: int = -1,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Least of each group's values."""
        return self._reduced(
            "min", numeric_only, skipna, split_every, split_out, engine, engine_kwargs, min_count=min_count
        )

    def max(
        self,
        numeric_only: bool = False,
        min_count: int = -1,
        skipna: bool = True,
        engine: Any = None,
        engine_kwargs: Any = None,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Greatest of each group's values."""
        return self._reduced(
            "max", numeric_only, skipna, split_every, split_out, engine, engine_kwargs, min_count=min_count
        )

    def count(self, split_every: Any = None, split_out: Any = None) -> Any:
        """Number of each group's values that are not missing."""
        return self._named("count", False, split_every, split_out)

    def size(self, split_every: Any = None, split_out: Any = None) -> Any:
        """Number of each group's rows."""
        request = Request("size", None, "size")
        labels = None if self._plan.as_index else pd.Index(["size"])
        made = self._aggregate((request,), labels, self._plan.as_index, split_every, split_out)
        if self._is_series and (dtype := count_dtype(self._dtype(self._columns[0]))) is not None:
            made = made.astype(dtype if self._plan.as_index else {"size": dtype})
        return made.rename(self._columns[0]) if self._is_series and self._plan.as_index and self._columns else made

    def var(
        self,
        ddof: int = 1,
        engine: Any = None,
        engine_kwargs: Any = None,
        numeric_only: bool = False,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Variance of each group's values."""
        return self._reduced(
            "var", numeric_only, skipna, split_every, split_out, engine, engine_kwargs, shuffle_method, ddof=ddof
        )

    def std(
        self,
        ddof: int = 1,
        engine: Any = None,
        engine_kwargs: Any = None,
        numeric_only: bool = False,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Standard deviation of each group's values."""
        return self._reduced(
            "std", numeric_only, skipna, split_every, split_out, engine, engine_kwargs, shuffle_method, ddof=ddof
        )

    def sem(
        self,
        ddof: int = 1,
        numeric_only: bool = False,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Standard error of each group's mean."""
        return self._reduced("sem", numeric_only, skipna, split_every, split_out, ddof=ddof)

    def skew(
        self,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Skewness of each group's values."""
        return self._reduced("skew", numeric_only, skipna, split_every, split_out)

    def kurt(
        self,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: Any = None,
        split_out: Any = None,
    ) -> Any:
        """Excess kurtosis of each group's values."""
        return self._reduced("kurt", numeric_only, skipna, split_every, split_out)

    def first(
        self,
        numeric_only: bool = False,
        min_count: int = -1,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
        *,
        sort: bool | None = None,
    ) -> Any:
        """First value of each group that is not missing; ``sort`` is in place of that of `groupby`."""
        if sort is not None:
            return self._sorted(sort).first(numeric_only, min_count, skipna, split_every, split_out)
        if min_count > 1:
            return self._whole("first", call_of(numeric_only=numeric_only, min_count=min_count, skipna=skipna))
        return self._reduced("first", numeric_only, skipna, split_every, split_out)

    def last(
        self,
        numeric_only: bool = False,
        min_count: int = -1,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
        *,
        sort: bool | None = None,
    ) -> Any:
        """Last value of each group that is not missing; ``sort`` is in place of that of `groupby`."""
        if sort is not None:
            return self._sorted(sort).last(numeric_only, min_count, skipna, split_every, split_out)
        if min_count > 1:
            return self._whole("last", call_of(numeric_only=numeric_only, min_count=min_count, skipna=skipna))
        return self._reduced("last", numeric_only, skipna, split_every, split_out)

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

    def _label_of(
        self, how: str, skipna: bool, numeric_only: bool, split_every: Any, split_out: Any, shuffle_method: Any
    ) -> Any:
        """The label of each group's extreme: in parts, unless labels have several levels."""
        if self._frame.expr.meta.index.nlevels > 1:
            words = {"numeric_only": True} if numeric_only else {}  # of a single column pandas takes no such word
            return self._whole(how, call_of(skipna=skipna, **words))
        return self._named(how, numeric_only, split_every, split_out, shuffle_method, skipna=bool(skipna))

    def idxmin(
        self,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Label of the first least value of each group."""
        return self._label_of("idxmin", skipna, numeric_only, split_every, split_out, shuffle_method)

    def idxmax(
        self,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Label of the first greatest value of each group."""
        return self._label_of("idxmax", skipna, numeric_only, split_every, split_out, shuffle_method)

    def nunique(
        self, dropna: bool = True, split_every: Any = None, split_out: Any = None, shuffle_method: Any = None
    ) -> Any:
        """Number of different values of each group."""
        if not dropna:
            return self._whole("nunique", call_of(dropna=False))
        return self._named("nunique", False, split_every, split_out, shuffle_method)

    def median(
        self,
        numeric_only: bool = False,
        skipna: bool = True,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
    ) -> Any:
        """Median of each group's values, exact: rows of a group come together, nothing is combined in rounds."""
        check_split_every(split_every)
        count, _ = spread_of(self._frame, split_out, shuffle_method)
        made = self._whole("median", call_of(numeric_only=numeric_only, skipna=skipna))
        return made if split_out is None or split_out is False else made.repartition(npartitions=count)

    def quantile(self, q: Any = 0.5, interpolation: str = "linear", numeric_only: bool = False) -> Any:
        """Quantiles of each group's values, exact."""
        return self._whole("quantile", call_of(q, interpolation=interpolation, numeric_only=numeric_only))

    @also_called(arg="func")
    def agg(
        self,
        func: Any = None,
        *args: Any,
        engine: Any = None,
        engine_kwargs: Any = None,
        split_every: Any = None,
        split_out: Any = None,
        shuffle_method: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Several aggregates.

        Parameters
        ----------
        func : name, function, `Aggregation`, list or mapping of columns to those
            Names of aggregates go in parts; a function gets the values of each group as a series. ``arg`` is another name
            of this parameter.
        *args
            Further arguments of the function.
        engine, engine_kwargs
            For functions, as in pandas.
        split_every : int, optional
            How many partial results one task combines.
        split_out : int, optional
            How many partitions the result has; 1 by default. Groups then go by the hash of their keys, and no task sees all
            of them; they are in order over all partitions (in the order of first rows within each, with ``sort=False``).
        shuffle_method : {"tasks", "disk", "p2p"}, optional
            Have groups go by the hash of their keys in any case. By default that is done where there are many: two
            partitions are looked at, and `explain` tells what was chosen, and why.
        **kwargs
            Named aggregates: ``total=("column", "sum")``, or, of a single column, ``total="sum"``. With ``func`` they are
            arguments of it.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 1], "v": [1.0, 2.0, 3.0]}), npartitions=2)
        >>> df.groupby("k").agg(total=("v", "sum"), largest=("v", "max")).compute().to_dict("list")
        {'total': [4.0, 2.0], 'largest': [3.0, 2.0]}
        """
        if func is None and "arg" in kwargs:
            func = kwargs.pop("arg")
        if isinstance(func, dict) and any(isinstance(each, dict) for each in func.values()):
            raise pd.errors.SpecificationError("nested renamer is not supported")
        if isinstance(func, str):
            return self._by_name(func, args, kwargs, split_every, split_out, shuffle_method, engine, engine_kwargs)
        spec = None
        if not runs_elsewhere(engine) and (func is None or not (args or kwargs)):
            named = self._frame.expr.columns if self._chosen is None and not self._is_series else None
            spec = parse_requests(func, kwargs, self._columns, self._is_series, named)
        if spec is None:
            words = {"engine": engine, "engine_kwargs": engine_kwargs} if runs_elsewhere(engine) else {}
            return self._whole("agg", call_of(*(() if func is None else (func, *args)), **words, **kwargs))
        made = self._aggregate(spec.requests, spec.labels, spec.single, split_every, split_out, shuffle_method)
        return self._with_types_of_sizes(made, spec.requests)

    def _with_types_of_sizes(self, made: Any, requests: tuple[Request, ...]) -> Any:
        """Numbers of rows of the columns that pandas counts in another type than int64."""
        columns = made.expr.meta.columns if made.expr.meta.ndim == 2 else [made.expr.meta.name]
        kinds = {
            label: dtype
            for label, each in zip(columns[-len(requests) :], requests, strict=True)
            if each.how == "size" and each.column is not None and (dtype := count_dtype(self._dtype(each.column)))
        }
        if not kinds:
            return made
        return made.astype(next(iter(kinds.values())) if made.expr.meta.ndim == 1 else kinds)

    aggregate = agg


def in_order_of_keys(made: GroupbyAggregate) -> FrameExpr:
    """Groups of several partitions in the order of their keys over all of them."""
    groups, meta = made.asked.groups, made.meta
    if groups.as_index:
        nlevels = meta.index.nlevels
        return Sort(made, True, Order(None, (True,) * nlevels), made.count, nlevels == 1)
    labels = tuple(meta.columns[: len(groups.by)])
    made_sorted: FrameExpr = (
        new(Sort(made, True, Order(labels, (True,) * len(labels)), made.count)).reset_index(drop=True).expr
    )
    return made_sorted


def count_dtype(dtype: Any) -> Any:
    """The type of the number of rows of a column that is not NumPy's; None for int64."""
    if isinstance(dtype, pd.StringDtype):
        return None if dtype.na_value is not pd.NA or dtype.storage == "python" else "Int64"
    if isinstance(dtype, pd.ArrowDtype):
        return "int64[pyarrow]"
    return "Int64" if type(dtype).__name__ in MASKED else None


#: Types of values beside which pandas keeps a mask of those that are missing.
MASKED = frozenset(
    {"BooleanDtype", "Float32Dtype", "Float64Dtype"}
    | {f"{sign}Int{bits}Dtype" for sign in ("", "U") for bits in (8, 16, 32, 64)}
)


def runs_elsewhere(engine: Any) -> bool:
    """Whether pandas' own engine for compiled functions is asked for."""
    if engine not in (None, "cython", "numba"):
        raise ValueError(f"engine must be either 'cython' or 'numba'; it is {engine!r}")
    return bool(engine == "numba")
