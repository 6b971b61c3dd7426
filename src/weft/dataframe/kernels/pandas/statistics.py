"""Covariance and correlation: sums of products of distances from the mean, of each partition, then of several.

Of each pair of columns only rows count in which both are there. Where nothing is missing the products are one
multiplication of matrices.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weft.dataframe.kernels.pandas.reductions import floats_of
from weft.dataframe.kernels.table import KERNELS

__all__ = ["Products", "StatisticsPlan"]

PANDAS = KERNELS["pandas"]


#: Numbers of all columns that are looked at together.
CACHED = 1 << 16


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


def products_of(values: Any) -> Products:
    """Of a matrix of numbers, columns side by side."""
    count, width = values.shape
    with np.errstate(all="ignore"):
        means = values.mean(axis=0) if count else np.zeros(width)
        missing = None if np.isfinite(means).all() else np.isnan(values)
        if missing is None or not missing.any():
            away = values - means
            products = away.T @ away
            return Products(
                np.full((width, width), float(count)),
                np.repeat(means[:, None], width, axis=1),
                np.repeat(np.diag(products)[:, None], width, axis=1),
                products,
            )
        there = (~missing).astype(np.float64)
        totals = there.sum(axis=0)
        means = np.where(missing, 0.0, values).sum(axis=0) / np.where(totals == 0, 1, totals)
        away = np.where(missing, 0.0, values - means)
        rows = there.T @ there
        safe = np.where(rows == 0, 1.0, rows)
        sums = away.T @ there
        squares = (away * away).T @ there
        return Products(
            rows,
            sums / safe + means[:, None],
            np.maximum(squares - sums * sums / safe, 0.0),
            away.T @ away - sums * sums.T / safe,
        )


def merged_products(first: Products, other: Products) -> Products:
    """Of two partitions (Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance")."""
    rows = first.rows + other.rows
    safe = np.where(rows == 0, 1.0, rows)
    with np.errstate(all="ignore"):
        away = np.where((first.rows == 0) | (other.rows == 0), 0.0, other.means - first.means)
        share = first.rows * other.rows / safe
        means = (first.means * first.rows + other.means * other.rows) / safe
        return Products(
            rows,
            means,
            first.squares + other.squares + away * away * share,
            first.products + other.products + away * away.T * share,
        )


def finished_products(made: Products, plan: StatisticsPlan) -> Any:
    """Covariances or correlations of all pairs."""
    with np.errstate(all="ignore"):
        if plan.kind == "cov":
            found = np.where(made.rows > plan.ddof, made.products / (made.rows - plan.ddof), np.nan)
        else:
            scale = np.sqrt(made.squares * made.squares.T)
            found = np.clip(np.where(scale > 0, made.products / scale, np.nan), -1.0, 1.0)
            diagonal = np.diag_indices(len(found))
            found[diagonal] = np.where(np.isnan(found[diagonal]), np.nan, 1.0)
    return np.where(made.rows < plan.min_periods, np.nan, found)


def side_by_side(columns: list[Any], count: int) -> Any:
    """Columns as a matrix, each in one piece."""
    return np.stack(columns).T if columns else np.empty((count, 0))


@PANDAS.add("Comoments")
class Comoments:
    """Covariance or correlation of all columns of a frame."""

    @staticmethod
    def chunk(partition: Any, plan: StatisticsPlan) -> Products:
        """Products of one partition: of as many rows at a time as the cache holds."""
        columns = [floats_of(partition.iloc[:, place]) for place in range(partition.shape[1])]
        step = max(1024, CACHED // max(1, len(columns)))
        made = products_of(side_by_side([each[:step] for each in columns], min(step, len(partition))))
        for start in range(step, len(partition), step):
            rows = [each[start : start + step] for each in columns]
            made = merged_products(made, products_of(side_by_side(rows, len(rows[0]) if rows else 0)))
        return made

    @staticmethod
    def combine(plan: StatisticsPlan, *partials: Products) -> Products:
        """Of several."""
        made = partials[0]
        for each in partials[1:]:
            made = merged_products(made, each)
        return made

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
        return tuple(
            [products_of(np.column_stack([floats_of(a), floats_of(b)])) for a, b in zip(firsts, seconds, strict=True)]
        )

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
