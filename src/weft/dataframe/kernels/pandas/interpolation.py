"""Gaps between values that are filled: by the nearest value on each side, how far away it is, and where."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.table import KERNELS

__all__ = ["InterpolatePlan"]

PANDAS = KERNELS["pandas"]


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
    def total_after(partition: Any, plan: InterpolatePlan) -> list[Nearest]:
        """The first value of each column."""
        return [nearest(column, places_of(partition, plan), True) for column in columns_of(partition)]

    @staticmethod
    def combine(plan: InterpolatePlan, farther: list[Nearest], nearby: list[Nearest]) -> list[Nearest]:
        """The nearest values of two stretches of rows on one side."""
        return [nearer(far, near) for far, near in zip(farther, nearby, strict=True)]

    combine_after = combine

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
    length, rows, there = len(values), np.flatnonzero(gaps), np.flatnonzero(~gaps)
    edges, known_at, known = [there], [at[there]], [values[there]]
    if before is not None and before.value == before.value:
        edge = -1 - before.between
        edges.insert(0, np.array([edge]))
        known_at.insert(0, np.array([before.at if plan.by_label else float(edge)]))
        known.insert(0, np.array([before.value]))
    if after is not None and after.value == after.value:
        edge = length + after.between
        edges.append(np.array([edge]))
        known_at.append(np.array([after.at if plan.by_label else float(edge)]))
        known.append(np.array([after.value]))
    stops = np.concatenate(edges)
    if not len(stops):
        return column
    place = np.searchsorted(stops, rows)
    to_next = np.where(place < len(stops), stops[np.minimum(place, len(stops) - 1)] - rows, np.inf)
    to_last = np.where(place > 0, rows - stops[np.maximum(place - 1, 0)], np.inf)
    reach = np.inf if plan.limit is None else plan.limit
    forward, backward = to_last <= reach, to_next <= reach
    forward &= np.isfinite(to_last)
    backward &= np.isfinite(to_next)
    chosen = {"forward": forward, "backward": backward, "both": forward | backward}[plan.direction]
    is_inside = np.isfinite(to_last) & np.isfinite(to_next)
    if plan.area is not None:
        chosen &= is_inside if plan.area == "inside" else ~is_inside
    values = values.copy()
    values[rows[chosen]] = np.interp(at[rows[chosen]], np.concatenate(known_at), np.concatenate(known))
    return pd.Series(values.astype(column.dtype), index=column.index, name=column.name)
