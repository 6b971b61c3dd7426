"""Moments of numbers: of each partition, and of two together."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Moments", "is_nothing", "merge_moments", "moments_of"]


class Moments(NamedTuple):
    """Mean and sums of powers of the distances from it; of complex numbers of their squared distances only.

    ``rest`` is what the mean lacks, since it is rounded: beside large numbers that lie close together it tells.
    """

    mean: Any
    second: float
    third: float
    fourth: float
    rest: float = 0.0


def moments_of(numbers: Any, order: int) -> Moments:
    """Moments of some numbers, up to the second or the fourth."""
    if not len(numbers):
        return Moments(0.0, 0.0, 0.0, 0.0)
    with np.errstate(all="ignore"):
        mean = numbers.mean().item()
        away = numbers - mean
        squares = away * away if numbers.dtype.kind != "c" else (away * away.conj()).real
        second = float(squares.sum())
        if order == 2:
            return Moments(mean, second, 0.0, 0.0)
        rest = float(away.mean())  # what rounding left out of the mean: skewness takes note of it
        third = float((squares * away).sum()) - 3 * rest * second
        squares *= squares
        fourth = float(squares.sum()) - 4 * rest * third - 6 * rest**2 * second
        return Moments(mean, second - len(away) * rest**2, third, fourth, rest)


def merge_moments(first: Moments, n: int, other: Moments, m: int) -> Moments:
    """Moments of two sets of numbers together (Pebay 2008, "Formulas for robust, one-pass parallel computation ...")."""
    if not n or not m:
        return other if not n else first
    total = n + m
    d = other.mean - first.mean + other.rest - first.rest
    with np.errstate(all="ignore"):
        second = first.second + other.second + (d * d.conjugate()).real * n * m / total
        if isinstance(d, complex):
            return Moments(first.mean + d * m / total, second, 0.0, 0.0)
        third = (
            first.third
            + other.third
            + d**3 * n * m * (n - m) / total**2
            + 3 * d * (n * other.second - m * first.second) / total
        )
        fourth = (
            first.fourth
            + other.fourth
            + d**4 * n * m * (n * n - n * m + m * m) / total**3
            + 6 * d * d * (n * n * other.second + m * m * first.second) / total**2
            + 4 * d * (n * other.third - m * first.third) / total
        )
        step = first.rest + d * m / total
        mean = first.mean + step
        return Moments(mean, second, third, fourth, step - (mean - first.mean))


def is_nothing(second: float, mean: float, n: int) -> bool:
    """Whether the squared distances are rounding errors only."""
    return bool(second <= n * (np.finfo(np.float64).eps * abs(mean)) ** 2)
