"""Partial results of reductions on NumPy blocks: made of a chunk, combined, finished.

Partials keep the reduced axes, with length 1. Chunks without elements have no least or greatest one: their partial is
None, and counts for nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Block: TypeAlias = Any
Axes = tuple[int, ...]


class Moments(NamedTuple):
    """Partial result of a variance: how many elements, their mean, and the sum of squared deviations from it."""

    elements: int
    mean: Any
    squares: Any


class MomentsAndSum(NamedTuple):
    """Partial result of a variance and of the mean (and the sum) beside it."""

    elements: int
    mean: Any
    squares: Any
    total: Any


def sum_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Sum of one block."""
    return np.add.reduce(block, axis=axes, dtype=dtype, keepdims=True)


def prod_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Product of one block."""
    return np.multiply.reduce(block, axis=axes, dtype=dtype, keepdims=True)


def min_chunk(block: Block, axes: Axes, dtype: Any) -> Block | None:
    """Least element of one block."""
    return None if empty_along(block, axes) else np.min(block, axis=axes, keepdims=True)


def max_chunk(block: Block, axes: Axes, dtype: Any) -> Block | None:
    """Greatest element of one block."""
    return None if empty_along(block, axes) else np.max(block, axis=axes, keepdims=True)


def any_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Whether an element of one block is true."""
    return np.any(block, axis=axes, keepdims=True)


def all_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Whether all elements of one block are true."""
    return np.all(block, axis=axes, keepdims=True)


def computed_in(dtype: np.dtype[Any], given: Any) -> Any:
    """The type in which NumPy computes means and variances, None for that of the elements."""
    if given is not None:
        return given
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    return np.dtype(np.float32) if dtype == np.float16 else None


def mean_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Sum of one block, in the type in which NumPy computes means."""
    return np.add.reduce(block, axis=axes, dtype=computed_in(block.dtype, dtype), keepdims=True)


def var_chunk(block: Block, axes: Axes, dtype: Any, spare: Any = None) -> Moments:
    """Moments of one block. Deviations from the mean are written to ``spare``, if that is given and fits."""
    return Moments(*moments_chunk(block, axes, dtype, spare)[:3])


def moments_chunk(block: Block, axes: Axes, dtype: Any, spare: Any = None) -> MomentsAndSum:
    """Moments of one block and its sum, for several reductions that take one pass."""
    count = prod(block.shape[axis] for axis in axes)
    dtype = computed_in(block.dtype, dtype)
    total = np.add.reduce(block, axis=axes, dtype=dtype, keepdims=True)
    mean = total / count if count else total
    if spare is not None and spare.shape == block.shape and spare.dtype == np.result_type(block, mean):
        away = np.subtract(block, mean, out=spare)
        return MomentsAndSum(count, mean, np.add.reduce(np.square(away, out=away), axis=axes, keepdims=True), total)
    away = as_block(block - mean)
    return MomentsAndSum(count, mean, np.add.reduce(squared(away), axis=axes, keepdims=True), total)


def squared(away: Block) -> Block:
    """Squares of distances, as real numbers; objects may be complex numbers."""
    if away.dtype.kind == "c":
        return away.real**2 + away.imag**2
    return np.multiply(away, np.conjugate(away)) if away.dtype.kind == "O" else np.square(away)


def empty_along(block: Block, axes: Axes) -> bool:
    """Whether there is nothing to reduce."""
    return any(block.shape[axis] == 0 for axis in axes)


def combine_with(ufunc: np.ufunc, blocks: tuple[Block, ...]) -> Block:
    """Partials together, the second and later ones into the result of the first two."""
    total = blocks[0]
    if len(blocks) == 1:
        return total
    total = ufunc(total, blocks[1])
    if isinstance(total, np.ndarray) and total.dtype != object:
        for block in blocks[2:]:
            ufunc(total, block, out=total)
    else:
        for block in blocks[2:]:
            total = ufunc(total, block)
    return total


def sum_combine(*blocks: Block) -> Block:
    """Sums together."""
    return combine_with(np.add, blocks)


def prod_combine(*blocks: Block) -> Block:
    """Products together."""
    return combine_with(np.multiply, blocks)


def min_combine(*blocks: Block | None) -> Block | None:
    """Least of the least."""
    return extreme(np.minimum, blocks)


def max_combine(*blocks: Block | None) -> Block | None:
    """Greatest of the greatest."""
    return extreme(np.maximum, blocks)


def extreme(ufunc: Callable[..., Any], blocks: tuple[Block | None, ...]) -> Block | None:
    """Partials together, those of empty chunks left out."""
    there = tuple([block for block in blocks if block is not None])
    return combine_with(ufunc, there) if there else None  # type: ignore[arg-type]


def any_combine(*blocks: Block) -> Block:
    """Whether one is true."""
    return combine_with(np.logical_or, blocks)


def all_combine(*blocks: Block) -> Block:
    """Whether all are true."""
    return combine_with(np.logical_and, blocks)


def var_combine(*parts: Moments) -> Moments:
    """Moments of several chunks together (Chan, Golub and LeVeque 1979)."""
    count, mean, squares = parts[0]
    for more, other, others in parts[1:]:
        if not more:
            continue
        if not count:
            count, mean, squares = more, other, others
            continue
        total = count + more
        apart = other - mean
        distance = squared(as_block(apart))
        squares = squares + others + scaled(distance, count * more, total)
        mean = mean + scaled(as_block(apart), more, total)
        count = total
    return Moments(count, mean, squares)


def scaled(value: Block, times: int, over: int) -> Block:
    """``value * times / over``; objects may be exact numbers (`decimal.Decimal`), which take no floats."""
    return value * times / over if value.dtype.kind == "O" else value * (times / over)


def moments_and_sum_combine(*parts: MomentsAndSum) -> MomentsAndSum:
    """Moments and sums of several chunks together."""
    moments = var_combine(*[Moments(*part[:3]) for part in parts])
    return MomentsAndSum(*moments, sum_combine(*[part.total for part in parts]))


def plain_finish(partial: Block | None, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """The partial result is the result."""
    if partial is None:
        raise ValueError("zero-size array to reduction operation which has no identity")
    partial = as_block(partial)
    made = partial if keepdims else partial.reshape(without(partial.shape, axes))
    return made if made.dtype == dtype else made.astype(dtype)


def mean_finish(partial: Block, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Sum by count."""
    if count == 0:
        warnings.warn("Mean of empty slice.", RuntimeWarning, stacklevel=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return plain_finish(as_block(partial / count), axes, keepdims, dtype, count, ddof)


def sum_of_moments(partial: MomentsAndSum, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """The sum that was made beside a variance."""
    return plain_finish(partial.total, axes, keepdims, dtype, count, ddof)


def mean_of_moments(partial: MomentsAndSum, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """The mean from the sum that was made beside a variance: the same bits as `mean_finish` gives."""
    return mean_finish(partial.total, axes, keepdims, dtype, count, ddof)


def var_finish(
    partial: Moments | MomentsAndSum, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float
) -> Any:
    """Squared deviations by count."""
    return plain_finish(spread_of(partial, ddof), axes, keepdims, dtype, count, ddof)


def std_finish(
    partial: Moments | MomentsAndSum, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float
) -> Any:
    """Root of the variance."""
    spread = spread_of(partial, ddof)
    if spread.dtype.kind == "O" and not all(hasattr(each, "sqrt") for each in spread.reshape(-1)):
        spread = plain_numbers(spread)
    return plain_finish(as_block(np.sqrt(spread)), axes, keepdims, dtype, count, ddof)


def spread_of(partial: Moments | MomentsAndSum, ddof: float) -> Any:
    """Variance from moments."""
    freedom = partial.elements - ddof
    if freedom <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
    elif as_block(partial.squares).dtype.kind == "O":
        return as_block(partial.squares / (int(freedom) if freedom == int(freedom) else freedom))
    with np.errstate(invalid="ignore", divide="ignore"):
        return as_block(np.true_divide(plain_numbers(partial.squares), max(freedom, 0)))


def plain_numbers(values: Any) -> Any:
    """Numbers that are objects as floats: for what objects do otherwise, dividing by zero say."""
    values = as_block(values)
    if values.dtype.kind != "O":
        return values
    is_complex = any(isinstance(each, (complex, np.complexfloating)) for each in values.reshape(-1))
    return values.astype(complex if is_complex else float)


def as_block(value: Any) -> Any:
    """A value with NumPy's methods: an array or scalar as it is, any other object as an array without axes."""
    if hasattr(value, "reshape"):
        return value
    made = np.empty((), object)
    made[()] = value
    return made


def without(shape: tuple[int, ...], axes: Axes) -> tuple[int, ...]:
    """A shape without some axes."""
    return tuple([length for axis, length in enumerate(shape) if axis not in axes])


def with_parts(partial: Any, change: Callable[[Any], Any]) -> Any:
    """A partial result with each array in it changed."""
    if isinstance(partial, tuple):
        return type(partial)(*[change(each) if isinstance(each, np.ndarray) else each for each in partial])
    return change(partial)


#: Functions that make partial results, and those that combine them: what may be computed part by part of a block.
#: Each is ``chunk(block, axes, dtype)`` for a block that is not empty, and ``combine(*partials)``.
COMBINE_OF: dict[Any, Callable[..., Any]] = {
    sum_chunk: sum_combine,
    prod_chunk: prod_combine,
    min_chunk: min_combine,
    max_chunk: max_combine,
    any_chunk: any_combine,
    all_chunk: all_combine,
    mean_chunk: sum_combine,
    var_chunk: var_combine,
    moments_chunk: moments_and_sum_combine,
}


def rounds_partials(chunk: Any, dtype: np.dtype[Any], given: Any) -> bool:
    """Whether partial results are rounded so much that a block should have one only: half floats, which NumPy adds as singles."""
    return chunk in (sum_chunk, prod_chunk) and np.dtype(given or dtype) == np.float16
