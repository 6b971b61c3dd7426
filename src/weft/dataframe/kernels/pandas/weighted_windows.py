"""Exponentially weighted windows: each partition goes on from what was before.

With ``adjust`` a mean is a quotient of two sums, ``S(t) = decay * S(t-1) + x(t)``, and sums of parts add up once the earlier
one has decayed by the rows between; variances are combined with those weights by the formulas of Chan, Golub and LeVeque (1979).
Without ``adjust`` a mean is a linear function of the mean before it: a partition leaves behind where it got to, and by how much
that would change with its start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.windows import enough, like, numbers
from weft.dataframe.kernels.table import KERNELS

__all__ = ["EwmPlan"]

PANDAS = KERNELS["pandas"]


class EwmPlan(NamedTuple):
    """A method of exponentially weighted windows."""

    method: str
    alpha: float
    min_periods: int
    adjust: bool
    ignore_na: bool
    bias: bool = False


class Weighted(NamedTuple):
    """Weighted values up to a row, for each column.

    Parameters
    ----------
    steps : rows (or values) by which weights have decayed
    count : number of values
    weight, weight2 : sums of weights, and of their squares
    mean, spread : weighted mean and variance (not corrected)
    total : weighted sum
    """

    steps: Any
    count: Any
    weight: Any
    weight2: Any
    mean: Any
    spread: Any
    total: Any


def weighted(earlier: Weighted, later: Weighted, decay: float) -> Weighted:
    """Two together, the earlier one decayed."""
    old = np.power(decay, later.steps)
    weight, weight2 = earlier.weight * old, earlier.weight2 * old * old
    both = weight + later.weight
    safe = np.where(both > 0, both, 1.0)
    apart = later.mean - earlier.mean
    mean = np.where(later.count == 0, earlier.mean, earlier.mean + apart * later.weight / safe)
    spread = (
        weight * earlier.spread + later.weight * later.spread + weight * later.weight / safe * apart * apart
    ) / safe
    spread = np.where(later.count == 0, earlier.spread, np.where(earlier.count == 0, later.spread, spread))
    return Weighted(
        earlier.steps + later.steps,
        earlier.count + later.count,
        both,
        weight2 + later.weight2,
        np.where(earlier.count == 0, later.mean, mean),
        spread,
        earlier.total * old + later.total,
    )


def weighted_rows(partition: Any, plan: EwmPlan) -> Weighted:
    """Weighted values of the rows up to each."""
    frame = pd.DataFrame(numbers(partition))
    there = frame.notna()
    ones = there.astype(np.float64).where(there)
    words = {"adjust": True, "ignore_na": plan.ignore_na}
    windows = frame.ewm(alpha=plan.alpha, **words)
    square = 1 - (1 - plan.alpha) ** 2
    count = there.to_numpy().cumsum(axis=0)
    steps = count if plan.ignore_na else np.broadcast_to(np.arange(1, len(frame) + 1)[:, None], count.shape)

    def plain(made: pd.DataFrame) -> np.ndarray:
        return np.asarray(made.fillna(0.0).to_numpy(np.float64))

    squares = ones.ewm(alpha=square, **words).sum() if square < 1 else there.astype(np.float64)
    return Weighted(
        steps,
        count,
        plain(ones.ewm(alpha=plan.alpha, **words).sum()),
        plain(squares),
        plain(windows.mean()),
        plain(windows.var(bias=True)) if plan.method in ("var", "std") else np.zeros(count.shape),
        plain(windows.sum()),
    )


class Chained(NamedTuple):
    """Means that each go on from the one before, for each column: where they got to.

    Parameters
    ----------
    count : number of values
    first, place : the first value, and the row that it is in
    last, gap : the mean at the end, and rows behind the last value
    slope : by how much the mean at the end changes with the first value
    length : rows
    """

    count: Any
    first: Any
    place: Any
    last: Any
    gap: Any
    slope: Any
    length: int


def chained_rows(partition: Any, plan: EwmPlan) -> tuple[Chained, np.ndarray, np.ndarray, np.ndarray]:
    """Where the means of a partition get to; for each row the mean, its slope, and how many values there were."""
    values = numbers(partition)
    frame = pd.DataFrame(values)
    length, width = values.shape
    there = ~np.isnan(values)
    count = there.cumsum(axis=0)
    means = frame.ewm(alpha=plan.alpha, adjust=False, ignore_na=plan.ignore_na).mean().to_numpy()
    rows = np.arange(length)[:, None]
    latest = np.maximum.accumulate(np.where(there, rows, -1), axis=0) if length else np.empty((0, width), int)
    earlier = np.vstack([np.full((1, width), -1), latest[:-1]]) if length else latest
    factors = np.where(there & (earlier >= 0), kept_share(1 if plan.ignore_na else rows - earlier, plan), 1.0)
    slopes = np.cumprod(factors, axis=0)
    place = np.where(count[-1] > 0, there.argmax(axis=0), length) if length else np.zeros(width, int)
    columns = np.arange(width)
    first = values[np.minimum(place, length - 1), columns] if length else np.full(width, np.nan)
    end = Chained(
        count[-1] if length else np.zeros(width, int),
        first,
        place,
        means[-1] if length else np.full(width, np.nan),
        length - 1 - latest[-1] if length else np.zeros(width, int),
        slopes[-1] if length else np.ones(width),
        length,
    )
    return end, means, slopes, count


def kept_share(gap: Any, plan: EwmPlan) -> Any:
    """What part of a mean is still that of the mean so many rows before."""
    old = np.power(1.0 - plan.alpha, gap)
    if plan.alpha == 0.5:
        return old
    return old / (old + plan.alpha)


def started(before: Chained, own: Chained, plan: EwmPlan) -> tuple[Any, Any]:
    """The mean at the first value of rows that come after others, and its slope by the mean before."""
    share = kept_share(1 if plan.ignore_na else before.gap + own.place + 1, plan)
    return share * before.last + (1 - share) * own.first, share


def chained(before: Chained, own: Chained, plan: EwmPlan) -> Chained:
    """Two together."""
    at_first, share = started(before, own, plan)
    last = np.where(before.count == 0, own.last, own.last + own.slope * (at_first - own.first))
    return Chained(
        before.count + own.count,
        np.where(before.count == 0, own.first, before.first),
        np.where(before.count == 0, before.length + own.place, before.place),
        np.where(own.count == 0, before.last, last),
        np.where(own.count == 0, before.gap + own.length, own.gap),
        np.where(
            own.count == 0, before.slope, np.where(before.count == 0, own.slope, before.slope * share * own.slope)
        ),
        before.length + own.length,
    )


@PANDAS.add("EwmRows")
class EwmRows:
    """Exponentially weighted windows."""

    @staticmethod
    def total(partition: Any, plan: EwmPlan) -> Any:
        """What a partition leaves behind."""
        if not plan.adjust:
            return chained_rows(partition, plan)[0]
        found = weighted_rows(partition, plan)
        if len(found.count):
            return Weighted(*[each[-1] for each in found])
        zero = np.zeros(found.count.shape[1])
        return Weighted(zero, zero, zero, zero, zero, zero, zero)

    @staticmethod
    def combine(plan: EwmPlan, earlier: Any, later: Any) -> Any:
        """What two leave behind."""
        return weighted(earlier, later, 1 - plan.alpha) if plan.adjust else chained(earlier, later, plan)

    @staticmethod
    def apply(partition: Any, before: Any, after: None, plan: EwmPlan) -> Any:
        """The results of a partition's rows."""
        least = max(plan.min_periods, 1)
        if not plan.adjust:
            own, means, slopes, count = chained_rows(partition, plan)
            if before is not None:
                at_first, _ = started(before, own, plan)
                going_on = np.where(count > 0, means + slopes * (at_first - own.first), before.last)
                means = np.where(before.count == 0, means, going_on)
                count = count + before.count
            return like(partition, enough(means, count, least))
        found = weighted_rows(partition, plan)
        if before is not None:
            found = weighted(before, found, 1 - plan.alpha)
        if plan.method == "mean":
            made = found.mean
        elif plan.method == "sum":
            made = found.total
        else:
            made = found.spread
            if not plan.bias:
                whole = found.weight * found.weight
                with np.errstate(divide="ignore", invalid="ignore"):
                    made = np.where(whole > found.weight2, made * whole / (whole - found.weight2), np.nan)
            made = np.sqrt(np.maximum(made, 0.0)) if plan.method == "std" else made
        return like(partition, enough(made, found.count, least))
