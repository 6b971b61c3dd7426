"""Summaries: `describe`, and several aggregates at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import VALUES, FrameExpr
from weft.dataframe.kernels.pandas.functions import by_rows
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.meta import UNKNOWN, meta_nonempty, tried
from weft.dataframe.ops.function_methods import row_function
from weft.dataframe.ops.groupby_requests import NAMES, title
from weft.dataframe.ops.neighbours import call_of, whole_result, whole_rows
from weft.dataframe.ops.projection import missing_column, project
from weft.dataframe.ops.quantiles import quantile
from weft.dataframe.ops.reductions import is_rows
from weft.dataframe.treewise import check_split_every
from weft.expr import Expr, Needs, derived, node
from weft.physical.blockwise import Same, blockwise

__all__: list[str] = []


@node
class Put(FrameExpr):
    """Base of nodes that put single results together."""

    parts: tuple[FrameExpr, ...]
    places: tuple[Any, ...]
    given: Any

    @derived
    def meta(self) -> Any:
        return self.given

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return VALUES

    def lower(self) -> Expr:
        kernel = KERNELS["pandas"][type(self)]
        sources = [(each, (0,)) for each in self.parts]
        return blockwise(self.outline, kernel, sources, [Same(self.places), Same(self.given)])


@node
class Describe(Put):
    """A summary of each column."""


@node
class AggregateTable(Put):
    """Several aggregates of columns."""

    @property
    def label(self) -> str:
        return "agg"


def describe(frame: Any, percentiles: Any, include: Any, exclude: Any, split_every: Any) -> Any:
    """`describe` of frames and series."""
    width = check_split_every(split_every)
    example = meta_nonempty(frame.expr.meta)
    options = {"percentiles": percentiles, "include": include, "exclude": exclude}
    meta = example.describe(**options)
    wanted = [0.25, 0.5, 0.75] if percentiles is None else sorted({float(each) for each in percentiles})
    is_series = isinstance(meta, pd.Series)
    parts: list[FrameExpr] = []
    plan: list[tuple[Hashable, str]] = []
    for label in [frame.expr.meta.name] if is_series else list(meta.columns):
        column = frame if is_series else project(frame, label)
        kind = kind_of(column.expr.meta.dtype)
        plan.append((label, kind))
        if kind == "values":
            parts.append(column.value_counts(split_every=width).expr)
            continue
        parts += [column.count(split_every=width).expr, column.mean(split_every=width).expr]
        if kind == "numbers":
            parts.append(column.std(split_every=width).expr)
        parts += [column.min(split_every=width).expr, column.max(split_every=width).expr]
        parts.append(quantile(column, wanted).expr)
    return new(Describe(tuple(parts), tuple(plan), meta))


def kind_of(dtype: Any) -> str:
    """How a column is summarised."""
    if dtype.kind in "iuf" and not isinstance(dtype, pd.CategoricalDtype):
        return "numbers"
    if dtype.kind == "m":
        return "numbers"
    return "times" if dtype.kind == "M" and not isinstance(dtype, pd.PeriodDtype) else "values"


#: Aggregates that are computed for each column by themselves.
SINGLE = frozenset(
    {
        *(
            "sum",
            "prod",
            "product",
            "min",
            "max",
            "mean",
            "std",
            "var",
            "sem",
            "skew",
            "kurt",
            "kurtosis",
            "count",
            "any",
        ),
        *("all", "nunique", "median", "idxmin", "idxmax", "size"),
    }
)


def named(func: Any) -> Any:
    """The name of an aggregate, or the function itself."""
    if isinstance(func, str):
        return func
    try:
        return NAMES.get(func, func)
    except TypeError:
        return func


def aggregate(frame: Any, func: Any, axis: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """`agg` of frames and series."""
    if isinstance(func, (np.ndarray, pd.Index, pd.Series)):
        func = dict(func) if isinstance(func, pd.Series) else list(func)
    if func is None:
        if not keywords:
            raise TypeError("Must provide 'func' or named aggregation **kwargs.")
        if is_rows(frame, axis):
            raise NotImplementedError(
                "agg(axis=1) has no named aggregates: name them alone, as in agg(['sum', 'max'], axis=1)"
            )
        return whole_result(frame, "agg", call_of(**keywords))
    if frame.expr.meta.ndim == 2 and is_rows(frame, axis):
        return aggregate_rows(frame, func, args, keywords)
    single = named(func)
    if single == "size" and frame.expr.meta.ndim == 2:
        return frame.isna().count()
    if isinstance(single, str):
        found = getattr(type(frame), single, None)
        if found is None:
            raise AttributeError(f"{single!r} is not a valid function for '{type(frame).__name__}' object")
        made = getattr(frame, single)
        return made(*args, **keywords) if callable(made) else made
    if args or keywords or not isinstance(func, (list, tuple, Mapping)):
        return whole_result(frame, "agg", call_of(func, 0, *args, **keywords))
    columns = [frame.expr.meta.name] if frame.expr.meta.ndim == 1 else list(frame.expr.columns)
    if isinstance(func, Mapping) and frame.expr.meta.ndim == 2:
        for label in func:
            if label not in columns:
                raise KeyError(f"Label(s) {[label]} do not exist: {missing_column(label, tuple(columns))}")
        wanted = [(label, each) for label, given in func.items() for each in listed(given)]
        is_table = any(isinstance(given, (list, tuple)) for given in func.values())
    else:
        pairs = func.items() if isinstance(func, Mapping) else [(title(each), each) for each in func]
        if isinstance(func, Mapping):
            return whole_result(frame, "agg", call_of(dict(pairs)))
        wanted = [(label, each) for label in columns for each in func]
        is_table = frame.expr.meta.ndim == 2
    if any(named(each) not in SINGLE for _, each in wanted if isinstance(named(each), str)) or any(
        not isinstance(named(each), str) for _, each in wanted
    ):
        return whole_result(frame, "agg", call_of(dict(func) if isinstance(func, Mapping) else list(func)))
    meta = tried(methodcaller("agg", dict(func) if isinstance(func, Mapping) else list(func)), frame.expr.meta)
    parts: list[Any] = []
    places: list[tuple[Any, ...]] = []
    for label, each in wanted:
        column = frame if frame.expr.meta.ndim == 1 else project(frame, label)
        value = getattr(column, named(each))
        parts.append((value() if callable(value) else value).expr)
        if is_table:
            places.append((title(each), label))
        else:
            places.append((label if isinstance(func, Mapping) else title(each),))
    return new(AggregateTable(tuple(parts), tuple(places), meta))


def aggregate_rows(frame: Any, func: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """`agg` of each row: rows stay in their partitions."""
    single = named(func)
    if single == "size":
        return frame.isna().count(axis=1)
    if isinstance(single, str) and single in SINGLE:
        return getattr(frame, single)(*args, axis=1, **keywords)
    return row_function(frame, "agg", by_rows, "agg", UNKNOWN, (func, args), keywords, func)


def listed(given: Any) -> list[Any]:
    """One or several functions as a list."""
    return list(given) if isinstance(given, (list, tuple)) else [given]


def transform(frame: Any, func: Any, axis: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """`transform` of frames and series."""
    if is_rows(frame, axis):
        return row_function(frame, "transform", by_rows, "transform", UNKNOWN, (func, args), keywords, func)
    if isinstance(func, str) and hasattr(frame, func):
        made = getattr(frame, func)(*args, **keywords)
        if not isinstance(made, FrameBase) or made.expr.rows != frame.expr.rows:
            raise ValueError("Function did not transform")
        return made
    if isinstance(func, np.ufunc) and not args and not keywords:
        return func(frame)
    return whole_rows(frame, "transform", call_of(func, 0, *args, **keywords))


class SummaryMethods(FrameBase):
    """Several aggregates at once."""

    __slots__ = ()

    def describe(
        self,
        split_every: Any = None,
        percentiles: Any = None,
        percentiles_method: str = "default",
        include: Any = None,
        exclude: Any = None,
    ) -> Any:
        """Summary of each column: count, mean, standard deviation, extremes and quantiles, all exact.

        Parameters
        ----------
        split_every : int, optional
            How many partial results one task combines.
        percentiles : list of float, optional
            Between 0 and 1; the quartiles by default.
        percentiles_method : str
            Of no effect: quantiles are exact.
        include, exclude : "all", dtypes or None
            Which columns; those of numbers by default, if there are any.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> float(dd.from_pandas(pd.Series([1, 2, 3, 4]), npartitions=2).describe().compute()["50%"])
        2.5
        """
        return describe(self, percentiles, include, exclude, split_every)

    def agg(self, func: Any = None, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """One aggregate, or several.

        Parameters
        ----------
        func : name, function, list or mapping of columns to those
            A function of your own needs the columns in one place.
        axis : {0, 1}
        *args, **kwargs
            For the function.

        Examples
        --------
        >>> import pandas as pd
        >>> import weft.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"a": [1, 2, 3]}), npartitions=2)
        >>> df.agg(["sum", "max"]).a.compute().to_dict()
        {'sum': 6, 'max': 3}
        """
        return aggregate(self, func, axis, args, kwargs)

    aggregate = agg

    def transform(self, func: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """What a function makes of each column, which must have as many rows; the columns are brought to one place.

        Functions of single values are faster with `map_partitions`; NumPy's stay in their partitions.
        """
        return transform(self, func, axis, args, kwargs)
