"""Exponentially weighted windows: each partition goes on from what was before.

With ``adjust`` a mean is a quotient of two sums, ``S(t) = decay * S(t-1) + x(t)``, and sums of parts add up once the earlier
one has decayed by the rows between; variances are combined with those weights by the formulas of Chan, Golub and LeVeque (1979).
Without ``adjust`` a mean is a linear function of the mean before it: a partition leaves behind where it got to, and by how much
that would change with its start.

Weights fall off fast, and what these formulas take is many times what pandas' own windows take. So they are used only where what
was before a partition still counts: for its first rows (`settled`), and of what it leaves behind for its last ones.
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


#: What weights fall below before they count no longer: where they may no longer be told from nothing.
NOTHING = 1e-100


def reach(plan: EwmPlan) -> int:
    """How many values it takes until what was before them no longer counts."""
    decay = 1 - plan.alpha
    return 1 if decay <= 0 else 1 + int(min(np.log(NOTHING) / np.log(decay), 2**62)) if decay < 1 else 2**62


def settled(values: np.ndarray, count: int) -> int:
    """How many rows have so many values in each column; all rows if one of them has fewer."""
    length, seen = len(values), min(2 * count, len(values))
    while seen < length and ((~np.isnan(values[:seen])).sum(axis=0) < count).any():
        seen = min(2 * seen, length)
    found = (~np.isnan(values[:seen])).cumsum(axis=0) >= count
    return int(np.where(found.any(axis=0), found.argmax(axis=0) + 1, length).max(initial=0)) if seen else 0


def last_rows(partition: Any, count: int) -> np.ndarray:
    """The last rows that have so many values in each column; all rows if one of them has fewer."""
    length, seen = len(partition), min(2 * count, len(partition))
    while True:
        values = numbers(partition.iloc[length - seen :])
        found = settled(values[::-1], count)
        if seen == length or found < seen:
            return values[seen - found :]
        seen = min(2 * seen, length)


class Weighted(NamedTuple):
    """Weighted values up to a row, for each column.

    Parameters
    ----------
    steps : rows (or values) by which weights have decayed
    gap : how many of these lie behind the last value
    count : number of values
    weight, weight2 : sums of weights, and of their squares, at the last value
    mean, spread : weighted mean and variance (not corrected)
    total : weighted sum
    """

    steps: Any
    gap: Any
    count: Any
    weight: Any
    weight2: Any
    mean: Any
    spread: Any
    total: Any


def weighted(earlier: Weighted, later: Weighted, decay: float) -> Weighted:
    """Two together, the earlier one decayed."""
    old = np.where(later.count == 0, 1.0, np.power(decay, earlier.gap + later.steps - later.gap))
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
        np.where(later.count == 0, earlier.gap + later.steps, later.gap),
        earlier.count + later.count,
        both,
        weight2 + later.weight2,
        np.where(earlier.count == 0, later.mean, mean),
        spread,
        earlier.total * np.power(decay, later.steps) + later.total,
    )


def weighted_rows(values: np.ndarray, plan: EwmPlan) -> Weighted:
    """Weighted values of the rows up to each."""
    frame = pd.DataFrame(values)
    there = frame.notna()
    ones = there.astype(np.float64).where(there)
    words = {"adjust": True, "ignore_na": plan.ignore_na}
    windows = frame.ewm(alpha=plan.alpha, **words)
    square = 1 - (1 - plan.alpha) ** 2
    count = there.to_numpy().cumsum(axis=0)
    rows = np.arange(len(frame))[:, None]
    latest = np.maximum.accumulate(np.where(there, rows, 0), axis=0)
    steps = count if plan.ignore_na else np.broadcast_to(rows + 1, count.shape)
    gap = np.zeros(count.shape, int) if plan.ignore_na else rows - latest

    def plain(made: pd.DataFrame) -> np.ndarray:
        return np.asarray(made.fillna(0.0).to_numpy(np.float64))

    squares = ones.ewm(alpha=square, **words).sum() if square < 1 else there.astype(np.float64)
    return Weighted(
        steps,
        gap,
        count,
        np.take_along_axis(plain(ones.ewm(alpha=plan.alpha, **words).sum()), latest, axis=0),
        np.take_along_axis(plain(squares), latest, axis=0),
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


def weighted_whole(values: np.ndarray, plan: EwmPlan) -> Weighted:
    """Weighted values of all rows."""
    length = len(values)
    if not length:
        return Weighted(*[np.zeros(values.shape[1])] * len(Weighted._fields))
    last = min(settled(values[::-1], reach(plan)), length)
    made = Weighted(*[each[-1] for each in weighted_rows(values[length - last :], plan)])
    if last == length:
        return made
    count = (~np.isnan(values)).sum(axis=0)
    return made._replace(count=count, steps=count if plan.ignore_na else np.full(len(count), length))


def chained_rows(values: np.ndarray, plan: EwmPlan) -> tuple[Chained, np.ndarray, np.ndarray, np.ndarray]:
    """Where the means of a partition get to; for each row the mean, its slope, and how many values there were."""
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


def plain_windows(partition: Any, plan: EwmPlan) -> Any:
    """What pandas gives of rows that nothing was before."""
    words = {"adjust": plan.adjust, "ignore_na": plan.ignore_na, "min_periods": plan.min_periods}
    bias = {"bias": plan.bias} if plan.method in ("var", "std") else {}
    return getattr(partition.ewm(alpha=plan.alpha, **words), plan.method)(**bias)


def going_on(values: np.ndarray, before: Any, plan: EwmPlan) -> np.ndarray:
    """The results of rows that come after others."""
    least = max(plan.min_periods, 1)
    if not plan.adjust:
        own, means, slopes, count = chained_rows(values, plan)
        at_first, _ = started(before, own, plan)
        means_on = np.where(count > 0, means + slopes * (at_first - own.first), before.last)
        return enough(np.where(before.count == 0, means, means_on), count + before.count, least)
    found = weighted(before, weighted_rows(values, plan), 1 - plan.alpha)
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
    return enough(made, found.count, least)


@PANDAS.add("EwmRows")
class EwmRows:
    """Exponentially weighted windows."""

    @staticmethod
    def total(partition: Any, plan: EwmPlan) -> Any:
        """What a partition leaves behind."""
        values = last_rows(partition, max(reach(plan), plan.min_periods))
        if not plan.adjust:
            return chained_rows(values, plan)[0]
        if len(values):
            return Weighted(*[each[-1] for each in weighted_rows(values, plan)])
        return Weighted(*[np.zeros(values.shape[1])] * len(Weighted._fields))

    @staticmethod
    def combine(plan: EwmPlan, earlier: Any, later: Any) -> Any:
        """What two leave behind."""
        return weighted(earlier, later, 1 - plan.alpha) if plan.adjust else chained(earlier, later, plan)

    @staticmethod
    def apply(partition: Any, before: Any, after: None, plan: EwmPlan) -> Any:
        """The results of a partition's rows."""
        if before is None:
            return plain_windows(partition, plan)
        count = max(reach(plan), plan.min_periods)
        first = settled(numbers(partition.iloc[: 4 * count]), count)
        if first == min(4 * count, len(partition)):
            first = settled(numbers(partition), count)
        start = going_on(numbers(partition.iloc[:first]), before, plan)
        if first == len(partition):
            return like(partition, start)
        made = plain_windows(partition, plan)
        made.iloc[:first] = start if made.ndim == 2 else start[:, 0]
        return made
