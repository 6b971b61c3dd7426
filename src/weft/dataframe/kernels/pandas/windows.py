"""Windows that reach back to the first row: each partition goes on from what was before.

What a partition leaves behind is, for each column, how many values there were, their sum, mean, sum of squared differences,
least and greatest; two such are combined by the formulas of Chan, Golub and LeVeque (1979).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

__all__ = ["RESULTS", "ExpandingPlan", "enough", "like", "numbers", "pair_window"]

PANDAS = KERNELS["pandas"]


def numbers(partition: Any) -> np.ndarray:
    """The columns as float64, missing and infinite values as NaN: what pandas' windows look at."""
    frame = partition.to_frame() if isinstance(partition, pd.Series) else partition
    columns = [frame.iloc[:, place].to_numpy(np.float64, na_value=np.nan) for place in range(frame.shape[1])]
    found = np.stack(columns, axis=1) if columns else np.empty((len(frame), 0))
    return np.where(np.isinf(found), np.nan, found)


def like(partition: Any, made: np.ndarray) -> Any:
    """Results with the labels of a partition."""
    if isinstance(partition, pd.Series):
        return pd.Series(made[:, 0], index=partition.index, name=partition.name)
    return pd.DataFrame(made, index=partition.index, columns=partition.columns)


def pair_window(
    both: pd.DataFrame, kind: str, call: Any, name: str, sides: tuple[Any, Any], options: tuple[tuple[str, Any], ...]
) -> Any:
    """A window method of two, whose columns stand side by side; ``sides`` are their metas."""
    inputs, keywords = call
    width = sides[0].meta.shape[1] if sides[0].meta.ndim == 2 else 1
    first, second = as_side(both.iloc[:, :width], sides[0].meta), as_side(both.iloc[:, width:], sides[1].meta)
    return getattr(getattr(first, kind)(*inputs, **dict(keywords)), name)(second, **dict(options))


def as_side(columns: pd.DataFrame, meta: Any) -> Any:
    """Some columns as what they were: a frame, or a series."""
    if meta.ndim == 2:
        return columns.set_axis(meta.columns, axis=1)
    return columns.iloc[:, 0].rename(meta.name)


class ExpandingPlan(NamedTuple):
    """A method of windows from the first row on."""

    method: str
    min_periods: int
    ddof: int = 1


class Moments(NamedTuple):
    """What rows amount to, for each column; zeros in place of what the method does not look at."""

    rows: Any
    present: Any  #: values that are not missing, infinite ones too
    count: Any
    total: Any
    mean: Any
    squares: Any
    least: Any
    greatest: Any


#: What each method looks at besides the counts of rows and values.
LOOKED_AT = {
    "count": {"present"},
    "sum": {"total"},
    "mean": {"mean"},
    "min": {"least"},
    "max": {"greatest"},
    "var": {"mean", "squares"},
    "std": {"mean", "squares"},
}


def together(one: Moments, two: Moments, method: str) -> Moments:
    """Moments of all rows of two; arrays of any shape that fit."""
    asked, count = LOOKED_AT[method], one.count + two.count
    made = two._replace(rows=one.rows + two.rows, count=count)
    if "mean" in asked:
        safe, apart = np.maximum(count, 1), two.mean - one.mean
        made = made._replace(mean=one.mean + apart * two.count / safe)
        if "squares" in asked:
            made = made._replace(
                squares=one.squares + two.squares + apart * apart * one.count * two.count / safe,
            )
    if "present" in asked:
        made = made._replace(present=one.present + two.present)
    if "total" in asked:
        made = made._replace(total=one.total + two.total)
    if "least" in asked:
        made = made._replace(least=np.fmin(one.least, two.least))
    if "greatest" in asked:
        made = made._replace(greatest=np.fmax(one.greatest, two.greatest))
    return made


def running(partition: Any, method: str) -> Moments:
    """Moments of the rows up to each."""
    values, asked = numbers(partition), LOOKED_AT[method]
    there = ~np.isnan(values)
    count = np.cumsum(there, axis=0)
    rows = np.broadcast_to(np.arange(1, len(values) + 1)[:, None], values.shape)
    nothing = np.zeros(values.shape[1])
    made = Moments(rows, nothing, count, nothing, nothing, nothing, nothing, nothing)
    if "present" in asked:
        made = made._replace(present=np.cumsum(is_present(partition), axis=0))
    if "total" in asked:
        made = made._replace(total=np.cumsum(np.where(there, values, 0.0), axis=0))
    if "mean" in asked:
        safe, centre = np.maximum(count, 1), centre_of(values, there)
        off = np.where(there, values - centre, 0.0)
        shifted = np.cumsum(off, axis=0) / safe
        made = made._replace(mean=np.where(count > 0, centre + shifted, 0.0))
        if "squares" in asked:
            squares = np.cumsum(off * off, axis=0) - count * shifted * shifted
            made = made._replace(squares=np.maximum(squares, 0.0))
    if "least" in asked:
        made = made._replace(least=np.fmin.accumulate(values, axis=0))
    if "greatest" in asked:
        made = made._replace(greatest=np.fmax.accumulate(values, axis=0))
    return made


def at_end(found: Moments) -> Moments:
    """Moments of all rows; of none zeros, and nothing that could be the least or the greatest."""
    width = found.count.shape[1]
    if not len(found.count):
        zero, none = np.zeros(width), np.full(width, np.nan)
        return Moments(zero, zero, zero, zero, zero, zero, none, none)
    return Moments(*[each if each.ndim == 1 else each[-1] for each in found])


def centre_of(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The mean of each column, 0 where nothing is; what is summed is taken from there."""
    found: np.ndarray = np.where(there, values, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return found


def is_present(partition: Any) -> np.ndarray:
    """Where values are not missing."""
    frame = partition.to_frame() if isinstance(partition, pd.Series) else partition
    found: np.ndarray = frame.notna().to_numpy()
    return found


@PANDAS.add("ExpandingRows")
class ExpandingRows:
    """Windows from the first row on."""

    @staticmethod
    def total(partition: Any, plan: ExpandingPlan) -> Moments:
        """What a partition amounts to."""
        return at_end(running(partition, plan.method))

    @staticmethod
    def combine(plan: ExpandingPlan, earlier: Moments, later: Moments) -> Moments:
        """What two amount to."""
        return together(earlier, later, plan.method)

    @staticmethod
    def apply(partition: Any, before: Moments | None, after: None, plan: ExpandingPlan) -> Any:
        """The results of a partition's rows: pandas' own, where nothing is before them."""
        if before is None:
            ddof = {"ddof": plan.ddof} if plan.method in ("std", "var") else {}
            return getattr(partition.expanding(plan.min_periods), plan.method)(**ddof)
        found = together(before, running(partition, plan.method), plan.method)
        return like(partition, RESULTS[plan.method](found, plan))


def enough(made: Any, count: Any, least: int) -> np.ndarray:
    """Results where there are values enough."""
    return np.where(count >= least, made, np.nan).astype(np.float64)


def variance(found: Moments, plan: ExpandingPlan) -> np.ndarray:
    """Variances of windows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        made = found.squares / (found.count - plan.ddof)
    return enough(np.where(found.count > plan.ddof, made, np.nan), found.count, max(plan.min_periods, 1))


#: What each method makes of moments.
RESULTS: dict[str, Any] = {
    "count": lambda found, plan: enough(found.present, found.rows, plan.min_periods),
    "sum": lambda found, plan: enough(found.total, found.count, plan.min_periods),
    "mean": lambda found, plan: enough(found.mean, found.count, max(plan.min_periods, 1)),
    "min": lambda found, plan: enough(found.least, found.count, plan.min_periods),
    "max": lambda found, plan: enough(found.greatest, found.count, plan.min_periods),
    "var": variance,
    "std": lambda found, plan: np.sqrt(variance(found, plan)),
}
