"""Numbers in intervals: `cut` by edges, `qcut` by quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.dataframe.meta import meta_nonempty
from weft.dataframe.ops.quantiles import quantile
from weft.expr import derived, node

__all__ = ["cut", "qcut"]


@node
class Bins(Partitionwise):
    """The interval of each number."""

    source: FrameExpr
    bins: Any
    options: tuple[tuple[str, Any], ...]

    @property
    def label(self) -> str:
        return "cut"

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (self.bins, self.options)

    @derived
    def meta(self) -> Any:
        source = self.source.meta
        example = source if isinstance(self.bins, pd.IntervalIndex) else meta_nonempty(source)
        return pd.cut(example, self.bins, **dict(self.options)).iloc[:0]


def check_series(x: Any, function: str) -> None:
    """Refuse what is not a series in partitions."""
    if isinstance(x, FrameBase) and x.expr.meta.ndim > 1:
        raise ValueError(f"Input array must be 1 dimensional: {function}() was given a frame")
    if not isinstance(x, FrameBase) or not isinstance(x.expr.meta, pd.Series):
        raise TypeError(
            f"{function}() takes a Series of Weft, not a {type(x).__name__}; for pandas objects use pandas.{function}"
        )


def cut(
    x: Any,
    bins: Any,
    right: bool = True,
    labels: Any = None,
    retbins: bool = False,
    precision: int = 3,
    include_lowest: bool = False,
    duplicates: str = "raise",
    ordered: bool = True,
) -> Any:
    """The interval in which each number of a series is.

    Parameters
    ----------
    x : Series
    bins : sequence, IntervalIndex or int
        Edges; or how many intervals of equal length: then least and greatest number are computed at once.
    right : bool
        Whether right edges belong to intervals.
    labels : sequence or False, optional
        What intervals are called; False gives their numbers.
    retbins : bool
        Whether the edges are given, too.
    precision : int
        Digits of labels.
    include_lowest : bool
        Whether the first left edge belongs to its interval.
    duplicates : {"raise", "drop"}
    ordered : bool

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> ages = dd.from_pandas(pd.Series([5, 30, 70]), npartitions=2)
    >>> dd.cut(ages, [0, 18, 65, 120], labels=["child", "adult", "old"]).compute().tolist()
    ['child', 'adult', 'old']
    """
    check_series(x, "cut")
    if pd.api.types.is_bool_dtype(x.expr.meta.dtype):
        x = x.astype("int64")
    options: dict[str, Any] = {
        "right": right,
        "labels": tuple(labels) if isinstance(labels, (list, np.ndarray, pd.Index)) else labels,
        "precision": precision,
        "include_lowest": include_lowest,
        "duplicates": duplicates,
        "ordered": ordered,
    }
    if isinstance(options["labels"], tuple):
        options["labels"] = list(options["labels"])
    if np.ndim(bins) == 0 and not isinstance(bins, pd.IntervalIndex):
        ends = quantile(x, [0.0, 1.0]).compute()
        if ends.isna().all():
            raise ValueError("Cannot cut empty array")
        _, edges = pd.cut(plain(ends), int(bins), right=right, include_lowest=include_lowest, retbins=True)
        bins = edges
        options["include_lowest"] = include_lowest if include_lowest else False
    expr = Bins(x.expr, pd.Index(bins), tuple(options.items()))
    _ = expr.meta
    if not retbins:
        return new(expr)
    edges = bins if isinstance(bins, (pd.IntervalIndex, pd.DatetimeIndex, pd.TimedeltaIndex)) else np.asarray(bins)
    if duplicates == "drop" and not isinstance(bins, pd.IntervalIndex):
        edges = edges.unique() if isinstance(edges, pd.Index) else np.unique(edges)
    return new(expr), edges


def plain(edges: pd.Series) -> Any:
    """Edges as an array of NumPy; moments and times as an index, that keeps their unit and time zone."""
    return pd.Index(edges) if is_moment(edges.dtype) else edges.to_numpy()


def is_moment(dtype: Any) -> bool:
    """Whether values are dates or times of pandas' own types."""
    return isinstance(dtype, pd.DatetimeTZDtype) or (getattr(dtype, "kind", "") in "mM" and isinstance(dtype, np.dtype))


def qcut(
    x: Any, q: Any, labels: Any = None, retbins: bool = False, precision: int = 3, duplicates: str = "raise"
) -> Any:
    """The quantiles between which each number of a series is; these are computed at once.

    Parameters
    ----------
    x : Series
    q : int or sequence of float
        How many intervals with as many rows each, or the quantiles that divide them.
    labels : sequence or False, optional
    retbins : bool
        Whether the quantiles are given, too.
    precision : int
    duplicates : {"raise", "drop"}

    Examples
    --------
    >>> import pandas as pd
    >>> import weft.dataframe as dd
    >>> dd.qcut(dd.from_pandas(pd.Series([1, 2, 3, 4]), npartitions=2), 2, labels=["low", "high"]).compute().tolist()
    ['low', 'low', 'high', 'high']
    """
    check_series(x, "qcut")
    if pd.api.types.is_bool_dtype(x.expr.meta.dtype):
        x = x.astype("int64")
    wanted = np.linspace(0, 1, int(q) + 1) if np.ndim(q) == 0 else np.asarray(q)
    edges = quantile(x, wanted.tolist()).compute()
    words = {"labels": labels, "precision": precision, "include_lowest": True, "duplicates": duplicates}
    if edges.isna().all():
        if duplicates != "drop":
            raise ValueError(
                "qcut() was given a series without values, whose quantiles are all missing: give duplicates='drop' for "
                "no intervals, or use cut(...)"
            )
        made = cut(x, plain(meta_nonempty(edges.iloc[:0]).iloc[:1]), **words)  # an edge alone is no interval
        return (made, plain(edges.iloc[:1])) if retbins else made
    return cut(x, plain(edges), retbins=retbins, **words)
