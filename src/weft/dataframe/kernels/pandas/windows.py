"""Windows that reach back to the first row, and gaps between values: each partition goes on from what was before.

*Expanding.* What a partition leaves behind is, for each column, how many values there were, their sum, mean, sum of squared
differences, least and greatest; two such are combined by the formulas of Chan, Golub and LeVeque (1979).

*Exponentially weighted.* With ``adjust`` a mean is a quotient of two sums, ``S(t) = decay * S(t-1) + x(t)``, and sums of
parts add up once the earlier one has decayed by the rows between; variances are combined with those weights like above. Without
``adjust`` a mean is a linear function of the mean before it: a partition leaves behind where it got to, and by how much that
would change with its start.

*Interpolation.* The nearest value on each side, how far away it is, and where.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

__all__ = ["RESULTS", "EwmPlan", "ExpandingPlan", "InterpolatePlan", "pair_window"]

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
    both: pd.DataFrame, kind: str, call: Any, name: str, is_series: bool, options: tuple[tuple[str, Any], ...]
) -> Any:
    """A window method of two, which are columns of one frame under 0 and 1; the second may be a series."""
    inputs, keywords = call
    other = both[1].iloc[:, 0] if is_series and both[1].ndim == 2 else both[1]
    return getattr(getattr(both[0], kind)(*inputs, **dict(keywords)), name)(other, **dict(options))


class ExpandingPlan(NamedTuple):
    """A method of windows from the first row on."""

    method: str
    min_periods: int
    ddof: int = 1


class Moments(NamedTuple):
    """What rows amount to, for each column."""

    rows: Any
    present: Any  #: values that are not missing, infinite ones too
    count: Any
    total: Any
    mean: Any
    squares: Any
    least: Any
    greatest: Any


def together(one: Moments, two: Moments) -> Moments:
    """Moments of all rows of two; arrays of any shape that fit."""
    count = one.count + two.count
    safe = np.maximum(count, 1)
    apart = two.mean - one.mean
    return Moments(
        one.rows + two.rows,
        one.present + two.present,
        count,
        one.total + two.total,
        one.mean + apart * two.count / safe,
        one.squares + two.squares + apart * apart * one.count * two.count / safe,
        np.fmin(one.least, two.least),
        np.fmax(one.greatest, two.greatest),
    )


def running(partition: Any) -> Moments:
    """Moments of the rows up to each."""
    values = numbers(partition)
    there = ~np.isnan(values)
    frame = partition.to_frame() if isinstance(partition, pd.Series) else partition
    filled = np.where(there, values, 0.0)
    count = np.cumsum(there, axis=0)
    safe = np.maximum(count, 1)
    total = np.cumsum(filled, axis=0)
    centre = total[-1:] / safe[-1:]
    off = np.where(there, values - centre, 0.0)
    shifted = np.cumsum(off, axis=0) / safe
    squares = np.maximum(np.cumsum(off * off, axis=0) - count * shifted * shifted, 0.0)
    return Moments(
        np.broadcast_to(np.arange(1, len(values) + 1)[:, None], values.shape),
        np.cumsum(frame.notna().to_numpy(), axis=0),
        count,
        total,
        np.where(count > 0, centre + shifted, 0.0),
        squares,
        np.fmin.accumulate(values, axis=0),
        np.fmax.accumulate(values, axis=0),
    )


def at_end(found: Moments) -> Moments:
    """Moments of all rows; zeros where there are none."""
    width = found.count.shape[1]
    if len(found.count):
        return Moments(*[each[-1] for each in found])
    zero, none = np.zeros(width), np.full(width, np.nan)
    return Moments(zero, zero, zero, zero, zero, zero, none, none)


@PANDAS.add("ExpandingRows")
class ExpandingRows:
    """Windows from the first row on."""

    @staticmethod
    def total(partition: Any, plan: ExpandingPlan) -> Moments:
        """What a partition amounts to."""
        return at_end(running(partition))

    @staticmethod
    def combine(plan: ExpandingPlan, earlier: Moments, later: Moments) -> Moments:
        """What two amount to."""
        return together(earlier, later)

    @staticmethod
    def apply(partition: Any, before: Moments | None, after: None, plan: ExpandingPlan) -> Any:
        """The results of a partition's rows."""
        found = running(partition)
        if before is not None:
            found = together(before, found)
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


class InterpolatePlan(NamedTuple):
    """How gaps are filled; ``by_label`` is whether labels say how far apart rows are."""

    by_label: bool
    limit: int | None
    direction: str
    area: str | None


class Nearest(NamedTuple):
    """The nearest value of one column on one side: itself (NaN: there is none), where it is, and rows between."""

    value: float
    at: float
    between: int


def places_of(partition: Any, plan: InterpolatePlan) -> np.ndarray:
    """How far along each row is."""
    labels = partition.index
    if not plan.by_label:
        return np.arange(len(partition), dtype=np.float64)
    return np.asarray(labels.asi8 if hasattr(labels, "asi8") else labels, dtype=np.float64)


def columns_of(partition: Any) -> list[pd.Series]:
    """The columns."""
    return (
        [partition] if isinstance(partition, pd.Series) else [partition.iloc[:, n] for n in range(partition.shape[1])]
    )


@PANDAS.add("InterpolateRows")
class InterpolateRows:
    """Gaps filled between values."""

    @staticmethod
    def total(partition: Any, plan: InterpolatePlan) -> list[Nearest]:
        """The last value of each column."""
        return [nearest(column, places_of(partition, plan), False) for column in columns_of(partition)]

    @staticmethod
    def combine(plan: InterpolatePlan, earlier: list[Nearest], later: list[Nearest]) -> list[Nearest]:
        """The last values of two."""
        return [nearer(far, near) for far, near in zip(earlier, later, strict=True)]

    @staticmethod
    def total_after(partition: Any, plan: InterpolatePlan) -> list[Nearest]:
        """The first value of each column."""
        return [nearest(column, places_of(partition, plan), True) for column in columns_of(partition)]

    @staticmethod
    def combine_after(plan: InterpolatePlan, later: list[Nearest], earlier: list[Nearest]) -> list[Nearest]:
        """The first values of two."""
        return [nearer(far, near) for far, near in zip(later, earlier, strict=True)]

    @staticmethod
    def apply(partition: Any, before: Any, after: Any, plan: InterpolatePlan) -> Any:
        """A partition with gaps filled."""
        at = places_of(partition, plan)
        made = []
        for number, column in enumerate(columns_of(partition)):
            ends = (before[number] if before else None, after[number] if after else None)
            made.append(filled(column, at, *ends, plan) if column.dtype.kind == "f" else column)
        if isinstance(partition, pd.Series):
            return made[0]
        found = pd.DataFrame(dict(enumerate(made)), index=partition.index)
        found.columns = partition.columns
        return found


def nearest(column: pd.Series, at: np.ndarray, is_first: bool) -> Nearest:
    """The first or the last value of a column."""
    there = np.flatnonzero(column.notna().to_numpy())
    if not len(there):
        return Nearest(np.nan, np.nan, len(column))
    place = int(there[0] if is_first else there[-1])
    between = place if is_first else len(column) - 1 - place
    return Nearest(float(column.iloc[place]), float(at[place]), between)


def nearer(far: Nearest, near: Nearest) -> Nearest:
    """The nearer of two values, if it is there."""
    return near if near.value == near.value else Nearest(far.value, far.at, far.between + near.between)


def filled(
    column: pd.Series, at: np.ndarray, before: Nearest | None, after: Nearest | None, plan: InterpolatePlan
) -> pd.Series:
    """A column with its gaps filled."""
    values = column.to_numpy(np.float64)
    gaps = np.isnan(values)
    if not gaps.any():
        return column
    length = len(values)
    rows = np.arange(length)
    known_rows, known_at, known = list(rows[~gaps]), list(at[~gaps]), list(values[~gaps])
    if before is not None and before.value == before.value:
        known_rows.insert(0, -1 - before.between)
        known_at.insert(0, before.at if plan.by_label else float(-1 - before.between))
        known.insert(0, before.value)
    if after is not None and after.value == after.value:
        known_rows.append(length + after.between)
        known_at.append(after.at if plan.by_label else float(length + after.between))
        known.append(after.value)
    if not known:
        return column
    place = np.searchsorted(known_rows, rows)
    edges = np.asarray(known_rows)
    to_next = np.where(place < len(edges), edges[np.minimum(place, len(edges) - 1)] - rows, np.inf)
    to_last = np.where(place > 0, rows - edges[np.maximum(place - 1, 0)], np.inf)
    reach = np.inf if plan.limit is None else plan.limit
    forward, backward = to_last <= reach, to_next <= reach
    forward &= np.isfinite(to_last)
    backward &= np.isfinite(to_next)
    chosen = {"forward": forward, "backward": backward, "both": forward | backward}[plan.direction]
    is_inside = np.isfinite(to_last) & np.isfinite(to_next)
    if plan.area is not None:
        chosen &= is_inside if plan.area == "inside" else ~is_inside
    chosen &= gaps
    values = values.copy()
    values[chosen] = np.interp(at[chosen], known_at, known)
    return pd.Series(values.astype(column.dtype), index=column.index, name=column.name)
