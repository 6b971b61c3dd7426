"""Covariance and correlation: sums of products of distances from the mean, of each partition, then of several.

Of each pair of columns only rows count in which both are there. Rows are taken in tiles that the cache holds: an own mean
for each tile keeps digits, and memory is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.reductions import floats_of
from weft.dataframe.kernels.table import KERNELS

__all__ = ["Products", "StatisticsPlan"]

PANDAS = KERNELS["pandas"]


#: Numbers of all columns that are looked at together.
CACHED = 1 << 17
#: So few columns are multiplied pair by pair: a product of matrices pays for its own preparations only beyond.
NARROW = 8


class StatisticsPlan(NamedTuple):
    """What is asked: ``"cov"`` or ``"corr"``, rows that must be there, and what the sum is divided by."""

    kind: str
    min_periods: int
    ddof: int


class Products(NamedTuple):
    """For each pair of columns: rows with both, mean of the first, squared distances of the first, products of both."""

    rows: Any
    means: Any
    squares: Any
    products: Any


def products_of(columns: Sequence[Any]) -> Products:
    """Of columns of numbers, as many rows at a time as there is room for the tables of their tiles."""
    count, width = len(columns[0]) if columns else 0, max(1, len(columns))
    step = max(1024, CACHED // width)
    many = step * max(1, CACHED // width**2)
    with np.errstate(all="ignore"):
        every = [
            products_of_tiles([each[start : start + many] for each in columns], step)
            for start in range(0, max(1, count), many)
        ]
        return merged_products(every)


def products_of_tiles(columns: list[Any], step: int) -> Products:
    """Of tiles of ``step`` rows, put together: products of distances from the mean of the tile before.

    Products are those of vectors, or of a matrix of many columns. Nothing but these is done for each tile, since threads
    would stand in each other's way; tiles in which something is missing are done again.
    """
    width, count = len(columns), len(columns[0]) if columns else 0
    starts = range(0, max(1, count), step)
    lengths = np.minimum(step, count - np.arange(len(starts)) * step).astype(np.float64)
    near = [nan] * width
    shifts, sums = np.zeros((len(starts), width)), np.zeros((len(starts), width))
    products = np.zeros((len(starts), width, width))
    away = np.empty((width, min(step, count)))
    add = np.add.reduce
    for tile, start in enumerate(starts):
        own = away[:, : int(lengths[tile])]
        for place, column in enumerate(columns):
            shift = near[place] if isfinite(near[place]) else middle(column[start : start + step])
            shifts[tile, place] = shift
            np.subtract(column[start : start + step], shift, out=own[place])
            sums[tile, place] = total = add(own[place])
            near[place] = shift + total / step
        if width > NARROW:
            np.dot(own, own.T, out=products[tile])
            continue
        for one in range(width):
            for two in range(one, width):
                products[tile, one, two] = products[tile, two, one] = own[one].dot(own[two])
    safe = np.maximum(lengths, 1.0)[:, None]
    means = shifts + sums / safe
    products -= sums[:, :, None] * sums[:, None, :] / safe[:, :, None]
    squares = np.maximum(np.diagonal(products, axis1=1, axis2=2), 0.0)
    shape = products.shape
    made = Products(
        np.broadcast_to(lengths[:, None, None], shape),
        np.broadcast_to(means[:, :, None], shape),
        np.broadcast_to(squares[:, :, None], shape),
        products,
    )
    if np.isfinite(sums).all():
        return added_products(made)
    parts = [Products(*[each[tile] for each in made]) for tile in range(len(starts))]
    for tile in np.flatnonzero(~np.isfinite(sums).all(axis=1)).tolist():
        values = np.stack([each[starts[tile] : starts[tile] + step] for each in columns])
        is_missing = np.isnan(values)
        if is_missing.any():
            parts[tile] = products_of_some(values, ~is_missing)
    return merged_products(parts)


def middle(values: Any) -> float:
    """The mean of the numbers that are finite; 0 if there are none."""
    mean = float(values.mean()) if len(values) else 0.0
    if isfinite(mean):
        return mean
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else 0.0


def products_of_some(values: Any, is_there: Any) -> Products:
    """Of rows of which some are not there, columns one below the other; ``values`` are the caller's no longer."""
    there, is_missing = is_there.astype(np.float64), ~is_there
    totals = there.sum(axis=1)
    away = values
    np.copyto(away, 0.0, where=is_missing)
    means = away.sum(axis=1) / np.where(totals == 0, 1, totals)
    away -= means[:, None]
    np.copyto(away, 0.0, where=is_missing)
    rows = multiplied(there, there)
    safe = np.where(rows == 0, 1.0, rows)
    sums = multiplied(away, there)
    return Products(
        rows,
        sums / safe + means[:, None],
        np.maximum(multiplied(away * away, there) - sums * sums / safe, 0.0),
        multiplied(away, away) - sums * sums.T / safe,
    )


def multiplied(left: Any, right: Any) -> Any:
    """Each row of a matrix with each row of another: few and long ones one by one, which takes half the time."""
    if len(left) > NARROW:
        return left @ right.T
    return np.array([[one.dot(two) for two in right] for one in left]).reshape(len(left), len(right))


def merged_products(parts: Sequence[Products]) -> Products:
    """Of several sets of rows."""
    return parts[0] if len(parts) == 1 else added_products(Products(*map(np.stack, zip(*parts, strict=True))))


def added_products(every: Products) -> Products:
    """Of several sets of rows, one below the other (Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance")."""
    rows = every.rows.sum(axis=0)
    with np.errstate(all="ignore"):
        is_empty = every.rows == 0
        told = np.argmin(is_empty, axis=0)[None]
        first = np.take_along_axis(every.means, told, axis=0)[0]  # distances from it are exact
        apart = np.where(is_empty, 0.0, (every.means - first) * every.rows)
        means = first + apart.sum(axis=0) / np.where(rows == 0, 1.0, rows)
        away = np.where(is_empty, 0.0, every.means - means)
        return Products(
            rows,
            means,
            every.squares.sum(axis=0) + (away * away * every.rows).sum(axis=0),
            every.products.sum(axis=0) + (away * away.transpose(0, 2, 1) * every.rows).sum(axis=0),
        )


def finished_products(made: Products, plan: StatisticsPlan) -> Any:
    """Covariances or correlations of all pairs."""
    with np.errstate(all="ignore"):
        if plan.kind == "cov":
            found = np.where(made.rows > plan.ddof, made.products / (made.rows - plan.ddof), np.nan)
        else:
            # of a column that is constant: means are exact, and distances from them come near to nothing
            rounding = made.rows * np.square(1e-3 * np.finfo(np.float64).eps * made.means)
            squares = np.where(made.squares <= rounding, 0.0, made.squares)
            scale = np.sqrt(squares * squares.T)
            found = np.clip(np.where(scale > 0, made.products / scale, np.nan), -1.0, 1.0)
            diagonal = np.diag_indices(len(found))
            found[diagonal] = np.where(np.isnan(found[diagonal]), np.nan, 1.0)
    return np.where(made.rows < plan.min_periods, np.nan, found)


@PANDAS.add("Comoments")
class Comoments:
    """Covariance or correlation of all columns of a frame."""

    @staticmethod
    def chunk(partition: Any, plan: StatisticsPlan) -> Products:
        """Products of one partition."""
        columns = [floats_of(partition.iloc[:, place]) for place in range(partition.shape[1])]
        if plan.kind == "corr":  # for which pandas takes infinities for missing values
            columns = [np.where(np.isfinite(each), each, np.nan) for each in columns]
        return products_of(columns)

    @staticmethod
    def combine(plan: StatisticsPlan, *partials: Products) -> Products:
        """Of several."""
        return merged_products(partials)

    @staticmethod
    def finish(partial: Products, plan: StatisticsPlan, meta: Any) -> Any:
        """The table."""
        return pd.DataFrame(finished_products(partial, plan), index=meta.index, columns=meta.columns)


@PANDAS.add("PairMoments")
class PairMoments:
    """Covariance or correlation of columns of one frame with those of another, pair by pair."""

    @staticmethod
    def chunk(left: Any, right: Any, plan: Any) -> tuple[Products, ...]:
        """Products of one partition."""
        if not left.index.equals(right.index):
            left, right = left.align(right, join="inner", axis=0)
        firsts = columns_like(left, plan[1])
        seconds = columns_like(right, plan[1])
        if len(seconds) == 1:
            seconds = seconds * len(firsts)
        return tuple([products_of([floats_of(a), floats_of(b)]) for a, b in zip(firsts, seconds, strict=True)])

    @staticmethod
    def combine(plan: Any, *partials: tuple[Products, ...]) -> tuple[Products, ...]:
        """Of several."""
        return tuple([Comoments.combine(plan[0], *each) for each in zip(*partials, strict=True)])

    @staticmethod
    def finish(partial: tuple[Products, ...], plan: Any, meta: Any) -> Any:
        """A value, or one for each pair."""
        values = [finished_products(each, plan[0])[0, 1] for each in partial]
        if not isinstance(meta, pd.Series):
            return np.float64(values[0])
        return pd.Series(values, index=meta.index, dtype=np.float64)


def columns_like(frame: Any, labels: Any) -> list[pd.Series]:
    """The columns with some labels; a series is its own."""
    return [frame] if isinstance(frame, pd.Series) else [frame[label] for label in labels]


@PANDAS.add("Product")
class Product:
    """The product of a series with the rows of another, or of a frame."""

    @staticmethod
    def chunk(left: Any, right: Any, plan: Any) -> Any:
        """That of two partitions."""
        return left.dot(right)

    @staticmethod
    def combine(plan: Any, *partials: Any) -> Any:
        """The sum of several."""
        return sum(partials[1:], partials[0])

    @staticmethod
    def finish(partial: Any, plan: Any, meta: Any) -> Any:
        """It is that."""
        return partial
