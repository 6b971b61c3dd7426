"""Higher moments, covariances and traces of blocks.

Central moments are combined by Pébay's formulas ("Formulas for robust, one-pass parallel computation of covariances and
arbitrary-order statistical moments", 2008), which stay exact where the mean is large against the deviations.
"""

from __future__ import annotations

import warnings
from math import comb
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.reductions import computed_in

Block = Any


class Central(NamedTuple):
    """Partial result: number of elements, their mean, and sums of the powers 2, 3, ... of the distances from it."""

    elements: int
    mean: Block
    powers: tuple[Block, ...]


def central_chunk(block: Block, axes: tuple[int, ...], dtype: Any, order: int) -> Central:
    """Moments of one block, up to an order."""
    block = np.asarray(block)
    count = 1
    for axis in axes:
        count *= block.shape[axis]
    kind = computed_in(block.dtype, dtype)
    total = np.add.reduce(block, axis=axes, dtype=kind, keepdims=True)
    mean = total / max(count, 1)
    away = block - mean
    power, powers = away, []
    for _ in range(2, order + 1):
        power = power * away
        powers.append(np.add.reduce(power, axis=axes, keepdims=True))
    return Central(count, mean, tuple(powers))


def central_combine(*parts: Central) -> Central:
    """Moments together."""
    total = parts[0]
    for part in parts[1:]:
        if not part.elements:
            continue
        total = two_together(total, part) if total.elements else part
    return total


def two_together(a: Central, b: Central) -> Central:
    """Two blocks' moments together."""
    n = a.elements + b.elements
    delta = b.mean - a.mean
    left, right = -b.elements / n, a.elements / n
    sums_a, sums_b = (a.elements, 0, *a.powers), (b.elements, 0, *b.powers)
    powers = []
    for order in range(2, len(a.powers) + 2):
        made = a.powers[order - 2] + b.powers[order - 2]
        for lower in range(1, order - 1):
            made = made + comb(order, lower) * delta**lower * (
                left**lower * sums_a[order - lower] + right**lower * sums_b[order - lower]
            )
        own = a.elements * left**order + b.elements * right**order
        powers.append(made + own * delta**order)
    return Central(n, a.mean + delta * (b.elements / n), tuple(powers))


def central_finish(partial: Central, axes: tuple[int, ...], keepdims: bool, order: int, dtype: Any) -> Block:
    """Along a new first axis the number of elements, the mean, and the sums of powers."""
    shape = partial.mean.shape
    if not keepdims:
        shape = tuple([length for axis, length in enumerate(shape) if axis not in axes])
    count = np.full(partial.mean.shape, partial.elements, dtype)
    return np.stack([count, partial.mean, *partial.powers]).astype(dtype, copy=False).reshape(order + 1, *shape)


class Products(NamedTuple):
    """Partial result of a covariance: sums of weights, means of rows and columns, and sums of products of distances.

    ``squares`` are those of rows and of columns with themselves.
    """

    weight: Any
    weight_again: Any
    left: Block
    right: Block
    products: Block
    squares: tuple[Block, Block]


def cov_chunk(rows: Block, columns: Block, weights: Block | None, again: Block | None, dtype: Any) -> Products:
    """Products of one block: of variables (rows) with others (columns), over observations."""
    x, y = np.asarray(rows, dtype), np.asarray(columns, dtype)
    count: Any = x.shape[1]
    if weights is not None:
        w = np.asarray(weights).reshape(-1)
        total = w.sum()
        more = (w * np.asarray(again).reshape(-1)).sum() if again is not None else total
    else:
        w, total, more = None, count, count
    if not count or not total:
        zero = np.zeros((len(x), len(y)), dtype)
        return Products(
            total,
            more,
            zero[:, 0] if len(y) else np.zeros(len(x), dtype),
            np.zeros(len(y), dtype),
            zero,
            (np.zeros(len(x)), np.zeros(len(y))),
        )
    left = (x.sum(1) if w is None else x @ w) / total
    right = left if rows is columns else (y.sum(1) if w is None else y @ w) / total
    x = x - left[:, None]
    y = x if rows is columns else y - right[:, None]
    weighted = y if w is None else y * w
    products = x @ weighted.T.conj()
    return Products(total, more, left, right, products, (own_squares(x, w), own_squares(y, w)))


def own_squares(x: Block, weights: Block | None) -> Block:
    """Sums of squares of rows."""
    made = x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x
    return made.sum(1) if weights is None else made @ weights


def cov_combine(*parts: Products) -> Products:
    """Products together."""
    total = parts[0]
    for part in parts[1:]:
        if not part.weight:
            continue
        if not total.weight:
            total = part
            continue
        weight = total.weight + part.weight
        share = part.weight / weight
        a, b = part.left - total.left, part.right - total.right
        scale = total.weight * share
        total = Products(
            weight,
            total.weight_again + part.weight_again,
            total.left + a * share,
            total.right + b * share,
            total.products + part.products + np.outer(a, b.conj()) * scale,
            (
                total.squares[0] + part.squares[0] + (a * a.conj()).real * scale,
                total.squares[1] + part.squares[1] + (b * b.conj()).real * scale,
            ),
        )
    return total


def cov_finish(partial: Products, ddof: float, aweighted: bool, correlation: bool, dtype: Any) -> Block:
    """Covariances, or correlations."""
    if correlation:
        with np.errstate(invalid="ignore", divide="ignore"):
            made = partial.products / np.sqrt(partial.squares[0])[:, None] / np.sqrt(partial.squares[1])[None, :]
        if made.dtype.kind == "c":
            made = np.clip(made.real, -1, 1) + 1j * np.clip(made.imag, -1, 1)
        else:
            made = np.clip(made, -1, 1)
        return made.astype(dtype, copy=False)
    weight = partial.weight
    if ddof == 0:
        freedom = weight
    elif not aweighted:
        freedom = weight - ddof
    else:
        freedom = weight - ddof * partial.weight_again / weight
    if freedom <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        freedom = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return (partial.products * np.true_divide(1, freedom)).astype(dtype, copy=False)


def trace_chunk(block: Block, starts: tuple[int, ...], offset: int, axis1: int, axis2: int, dtype: Any) -> Block:
    """Sum of the part of the diagonal that a block has."""
    own = offset + starts[axis1] - starts[axis2]
    made = np.trace(block, own, axis1, axis2, dtype)
    return np.expand_dims(np.asarray(made), (min(axis1, axis2), max(axis1, axis2)))


def divided(total: Block, weight: Block) -> Block:
    """Weighted sums by weights, which must not be zero."""
    if np.any(np.equal(weight, 0)):
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    return np.true_divide(total, weight)


def skew_of(mean: Block, second: Block, third: Block, size: int, bias: bool) -> Block:
    """Skewness from central moments; NaN where all elements are (nearly) equal."""
    with np.errstate(all="ignore"):
        made = np.where(is_flat(mean, second), np.nan, third / np.asarray(second) ** 1.5)
        if not bias and size > 2:
            made = made * np.sqrt((size - 1.0) * size) / (size - 2.0)
    return made


def kurtosis_of(mean: Block, second: Block, fourth: Block, size: int, bias: bool, fisher: bool) -> Block:
    """Kurtosis from central moments; NaN where all elements are (nearly) equal."""
    with np.errstate(all="ignore"):
        made = np.where(is_flat(mean, second), np.nan, fourth / np.asarray(second) ** 2.0)
        if not bias and size > 3:
            made = 1.0 / (size - 2) / (size - 3) * ((size**2 - 1.0) * made - 3 * (size - 1) ** 2.0) + 3.0
    return made - 3 if fisher else made


def is_flat(mean: Block, second: Block) -> Block:
    """Where the variance is no more than rounding."""
    return np.asarray(second) <= (np.finfo(np.asarray(second).dtype).resolution * np.asarray(mean)) ** 2


def term_of_denominator(denominator: Block, freedom: float) -> Block:
    """A term of Anscombe's and Glynn's transformation of kurtosis."""
    with np.errstate(all="ignore"):
        root = np.power((1 - 2.0 / freedom) / np.abs(denominator), 1 / 3.0)
        return np.sign(denominator) * np.where(np.equal(denominator, 0.0), np.nan, root)


def agreeing(observed: Block, expected: Block) -> Block:
    """One, if sums of frequencies agree."""
    with np.errstate(all="ignore"):
        apart = np.abs(observed - expected) / np.minimum(observed, expected)
    if np.any(apart > np.sqrt(np.finfo(float).eps)):
        raise ValueError(
            "For each axis slice, the sum of the observed frequencies must agree with the sum of the expected frequencies "
            "to a relative tolerance of 1.49e-08."
        )
    return np.ones_like(observed)
