"""Partial results of reductions that leave elements out: those that are NaN, or where a mask says so.

NaN are rare, and looking for them costs more than adding: so a block is first reduced as if it had none, which is all
there is to do unless NaN comes out. Only then is it looked at closely.

What is left out differs from one result to the next, so counts are arrays here where they have to be.
"""

from __future__ import annotations

import warnings
from math import prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.reductions import (
    COMBINE_OF,
    Axes,
    Block,
    Moments,
    as_block,
    combine_with,
    computed_in,
    empty_along,
    extreme,
    mean_chunk,
    plain_finish,
    plain_numbers,
    prod_chunk,
    prod_combine,
    squared,
    sum_chunk,
    sum_combine,
    var_chunk,
)


class Counted(NamedTuple):
    """Partial result of a mean: how many elements, and their sum."""

    elements: Any
    total: Any


def can_be_nan(dtype: np.dtype[Any]) -> bool:
    """Whether NumPy's nan-functions look for NaN in arrays of this type."""
    return dtype.kind in "fcO"


def are_numbers(block: Block) -> Block:
    """Mask of the elements that are not NaN."""
    return np.equal(block, block, dtype=bool) if block.dtype == object else ~np.isnan(block)


def has_nan(values: Any) -> bool:
    """Whether some element is NaN."""
    values = as_block(values)
    return can_be_nan(values.dtype) and not np.all(np.equal(values, values, dtype=bool))


def shows_nan(block: Block, dtype: Any) -> bool:
    """Whether a NaN in a block shows in what is computed of it in a type: integers cannot say so."""
    return dtype is None or can_be_nan(np.dtype(dtype)) or not can_be_nan(block.dtype)


def nansum_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Sum of the numbers in one block."""
    if shows_nan(block, dtype):
        with np.errstate(invalid="ignore"):
            total = sum_chunk(block, axes, dtype)
        if not has_nan(total):
            return total
    return sum_chunk(np.where(are_numbers(block), block, block.dtype.type(0)), axes, dtype)


def nanprod_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Product of the numbers in one block."""
    if shows_nan(block, dtype):
        with np.errstate(invalid="ignore"):
            total = prod_chunk(block, axes, dtype)
        if not has_nan(total):
            return total
    return prod_chunk(np.where(are_numbers(block), block, block.dtype.type(1)), axes, dtype)


def nanmin_chunk(block: Block, axes: Axes, dtype: Any) -> Block | None:
    """Least number of one block."""
    return None if empty_along(block, axes) else fmin_of(block, axes)


def nanmax_chunk(block: Block, axes: Axes, dtype: Any) -> Block | None:
    """Greatest number of one block."""
    return None if empty_along(block, axes) else fmax_of(block, axes)


def fmin_of(block: Block, axes: Axes) -> Block:
    """Least number along axes."""
    if block.dtype == object:
        return extreme_object(np.fmin, block, axes, np.inf)
    return np.fmin.reduce(block, axis=axes, keepdims=True)


def fmax_of(block: Block, axes: Axes) -> Block:
    """Greatest number along axes."""
    if block.dtype == object:
        return extreme_object(np.fmax, block, axes, -np.inf)
    return np.fmax.reduce(block, axis=axes, keepdims=True)


def extreme_object(ufunc: np.ufunc, block: Block, axes: Axes, other: float) -> Block:
    """Least or greatest object along axes: with another in the place of NaN, which NumPy compares as any object."""
    numbers = are_numbers(block)
    found = ufunc.reduce(np.where(numbers, block, other), axis=axes, keepdims=True)
    return np.where(np.any(numbers, axis=axes, keepdims=True), np.asarray(found, object), np.nan)


def nanmin_combine(*blocks: Block | None) -> Block | None:
    """Least of the least."""
    return extreme_of(np.fmin, blocks, np.inf)


def nanmax_combine(*blocks: Block | None) -> Block | None:
    """Greatest of the greatest."""
    return extreme_of(np.fmax, blocks, -np.inf)


def extreme_of(ufunc: np.ufunc, blocks: tuple[Block | None, ...], other: float) -> Block | None:
    """Least or greatest of the blocks that there are."""
    if any(block is not None and block.dtype == object for block in blocks):
        there: Block = np.stack([block for block in blocks if block is not None])
        return extreme_object(ufunc, there, (0,), other)[0]
    return extreme(ufunc, blocks)


def nanmean_chunk(block: Block, axes: Axes, dtype: Any) -> Counted:
    """Count and sum of the numbers in one block."""
    with np.errstate(invalid="ignore"):
        total = mean_chunk(block, axes, dtype)
    if not has_nan(total):
        return Counted(np.full(np.shape(total), elements_along(block, axes)), total)
    return masked_mean(block, are_numbers(block), axes, dtype)


def nanvar_chunk(block: Block, axes: Axes, dtype: Any) -> Moments:
    """Moments of the numbers in one block."""
    with np.errstate(invalid="ignore"):
        moments = var_chunk(block, axes, dtype)
    if not has_nan(moments.mean):
        counts: Any = np.full(np.shape(moments.mean), moments.elements)
        return moments._replace(elements=counts)
    return masked_var(block, are_numbers(block), axes, dtype)


def elements_along(block: Block, axes: Axes) -> int:
    """How many elements one result is made of."""
    return prod(block.shape[axis] for axis in axes)


def counted_mean_chunk(block: Block, axes: Axes, dtype: Any) -> Counted:
    """Count and sum of one block."""
    return Counted(elements_along(block, axes), mean_chunk(block, axes, dtype))


def masked_mean(block: Block, mask: Block, axes: Axes, dtype: Any) -> Counted:
    """Count and sum of the elements where the mask holds."""
    mask = np.broadcast_to(mask, block.shape)
    total = sum_where(block, mask, axes, computed_in(block.dtype, dtype))
    return Counted(np.add.reduce(mask, axis=axes, dtype=np.intp, keepdims=True), total)


def masked_var(block: Block, mask: Block, axes: Axes, dtype: Any) -> Moments:
    """Moments of the elements where the mask holds."""
    mask = np.broadcast_to(mask, block.shape)
    if type(block) is np.ndarray and block.dtype.kind == "f":
        return var_of_some(block, mask, axes, dtype)
    count, total = masked_mean(block, mask, axes, dtype)
    with np.errstate(invalid="ignore"):
        mean = total / np.maximum(count, 1)
        away = as_block(block - mean)
    return Moments(count, mean, sum_where(as_block(squared(away)), mask, axes, None))


def var_of_some(block: Block, mask: Block, axes: Axes, dtype: Any) -> Moments:
    """The same for floats: with zeros in the other places, which add up faster than by a mask, and as NumPy's do."""
    others = ~mask
    count: Any = np.add.reduce(mask, axis=axes, dtype=np.intp, keepdims=True)
    values = block.astype(computed_in(block.dtype, dtype) or block.dtype)
    np.copyto(values, 0, where=others)
    with np.errstate(invalid="ignore"):
        mean = np.add.reduce(values, axis=axes, keepdims=True) / np.maximum(count, 1)
        values -= mean
        np.copyto(values, 0, where=others)
        values *= values
        return Moments(count, mean, np.add.reduce(values, axis=axes, keepdims=True))


def sum_where(block: Block, mask: Block, axes: Axes, dtype: Any) -> Block:
    """Sum of the elements where the mask holds; that of no objects at all is 0."""
    start: dict[str, Any] = {"initial": 0} if np.dtype(dtype or block.dtype) == object else {}
    return np.add.reduce(block, axis=axes, dtype=dtype, keepdims=True, where=mask, **start)


def counted_combine(*parts: Counted) -> Counted:
    """Counts and sums together."""
    return Counted(
        combine_with(np.add, tuple([part.elements for part in parts])),
        combine_with(np.add, tuple([part.total for part in parts])),
    )


def moments_combine(*parts: Moments) -> Moments:
    """Moments together, as `reductions.var_combine` does it, where counts may be arrays."""
    count, mean, squares = parts[0]
    for more, other, others in parts[1:]:
        total = count + more
        with np.errstate(invalid="ignore"):
            share = more / np.maximum(total, 1)
            apart = np.where(more == 0, 0, np.where(count == 0, other, other - mean))
            distance = apart.real**2 + apart.imag**2 if np.iscomplexobj(apart) else apart * apart
            squares = squares + others + np.where(count == 0, 0, distance * (count * share))
            mean = np.where(count == 0, other, mean + apart * share)
        count = total
    return Moments(count, mean, squares)


def counted_mean_finish(partial: Counted, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Sum by count."""
    return plain_finish(mean_of(partial.total, partial.elements), axes, keepdims, dtype, count, ddof)


def mean_of(total: Any, count: Any) -> Any:
    """Sum by count; NaN where there was nothing."""
    numbers = total if np.all(count) else plain_numbers(total)
    with np.errstate(invalid="ignore", divide="ignore"):
        return as_block(np.true_divide(numbers, count))


def spread_of_squares(squares: Any, count: Any, ddof: float, nan: bool) -> Any:
    """Variance from squared deviations; where there are too few elements NumPy's warning, and NaN if asked for."""
    freedom = count - ddof
    few = np.less_equal(freedom, 0)
    if np.any(few) and np.size(squares):
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = as_block(np.true_divide(plain_numbers(squares), np.maximum(freedom, 0)))
        if nan and np.any(few):
            spread = np.where(few, spread.dtype.type(np.nan), spread)
    return spread


def moments_spread(partial: Moments, ddof: float, nan: bool) -> Any:
    """Variance from moments whose counts may be arrays."""
    return spread_of_squares(partial.squares, partial.elements, ddof, nan)


def where_var_finish(partial: Moments, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Squared deviations by counts."""
    return plain_finish(moments_spread(partial, ddof, False), axes, keepdims, dtype, count, ddof)


def where_std_finish(partial: Moments, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Roots of variances."""
    return plain_finish(as_block(np.sqrt(moments_spread(partial, ddof, False))), axes, keepdims, dtype, count, ddof)


def nanvar_finish(partial: Moments, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Squared deviations by counts; NaN where there are too few numbers."""
    return plain_finish(moments_spread(partial, ddof, True), axes, keepdims, dtype, count, ddof)


def nanstd_finish(partial: Moments, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Roots of variances; NaN where there are too few numbers."""
    return plain_finish(as_block(np.sqrt(moments_spread(partial, ddof, True))), axes, keepdims, dtype, count, ddof)


def count_nonzero_chunk(block: Block, axes: Axes, dtype: Any) -> Block:
    """Number of elements of one block that are not zero."""
    if type(block) is not np.ndarray:
        return np.sum(block != 0, axis=axes, keepdims=True)
    if len(axes) == block.ndim:
        return np.full((1,) * block.ndim, np.count_nonzero(block), np.intp)
    return np.asarray(np.count_nonzero(block, axis=axes, keepdims=True))


# Reductions of the elements where a mask holds: ``chunk(block, mask, axes, dtype, initial)``. ``nan`` in the name: those
# that are NaN are left out, too. Sums and products get their initial value at the end, the others (where it may count
# several times over) here.


def where_sum_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Sum of the elements where the mask holds."""
    start: dict[str, Any] = {"initial": 0} if block.dtype.kind == "O" else {}
    return np.add.reduce(block, axis=axes, dtype=dtype, keepdims=True, where=mask, **start)


def where_prod_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Product of the elements where the mask holds."""
    start: dict[str, Any] = {"initial": 1} if block.dtype.kind == "O" else {}
    return np.multiply.reduce(block, axis=axes, dtype=dtype, keepdims=True, where=mask, **start)


def where_min_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Least of the elements where the mask holds, and the initial value."""
    return np.minimum.reduce(block, axis=axes, keepdims=True, initial=initial, where=mask)


def where_max_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Greatest of the elements where the mask holds, and the initial value."""
    return np.maximum.reduce(block, axis=axes, keepdims=True, initial=initial, where=mask)


def where_nanmin_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Least of the numbers where the mask holds, and the initial value."""
    return np.fmin.reduce(block, axis=axes, keepdims=True, initial=initial, where=mask)


def where_nanmax_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Greatest of the numbers where the mask holds, and the initial value."""
    return np.fmax.reduce(block, axis=axes, keepdims=True, initial=initial, where=mask)


def where_any_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Whether one is true of the elements where the mask holds."""
    return np.any(block, axis=axes, keepdims=True, where=mask)


def where_all_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Whether all are true of the elements where the mask holds."""
    return np.all(block, axis=axes, keepdims=True, where=mask)


def where_mean_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Counted:
    """Count and sum of the elements where the mask holds."""
    return masked_mean(block, mask, axes, dtype)


def where_var_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Moments:
    """Moments of the elements where the mask holds."""
    return masked_var(block, mask, axes, dtype)


def where_nansum_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Sum of the numbers where the mask holds."""
    return where_sum_chunk(block, numbers_where(block, mask), axes, dtype, initial)


def where_nanprod_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Block:
    """Product of the numbers where the mask holds."""
    return where_prod_chunk(block, numbers_where(block, mask), axes, dtype, initial)


def where_nanmean_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Counted:
    """Count and sum of the numbers where the mask holds."""
    return masked_mean(block, numbers_where(block, mask), axes, dtype)


def where_nanvar_chunk(block: Block, mask: Block, axes: Axes, dtype: Any, initial: Any) -> Moments:
    """Moments of the numbers where the mask holds."""
    return masked_var(block, numbers_where(block, mask), axes, dtype)


def numbers_where(block: Block, mask: Block) -> Block:
    """The mask without the elements that are NaN."""
    return mask & are_numbers(block) if can_be_nan(block.dtype) else mask


COMBINE_OF.update(
    {
        nansum_chunk: sum_combine,
        nanprod_chunk: prod_combine,
        nanmin_chunk: nanmin_combine,
        nanmax_chunk: nanmax_combine,
        nanmean_chunk: counted_combine,
        nanvar_chunk: moments_combine,
    }
)
