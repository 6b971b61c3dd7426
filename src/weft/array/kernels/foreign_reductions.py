"""Partial results of reductions on blocks that are not NumPy's: masked, sparse and other arrays.

NumPy's functions are called by name, which dispatches to the type of the block. Partial results are combined by stacking
them and reducing again, since only the type itself knows what its elements (masked ones, say) amount to together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.nan_reductions import Counted, are_numbers
from weft.array.kernels.reductions import Axes, Block, Moments, computed_in, empty_along, plain_finish
from weft.records import record


@record
class ForeignChunk:
    """The partial result that a function of NumPy gives."""

    name: str

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, block: Block, axes: Axes, dtype: Any) -> Any:
        if self.name in ("min", "max", "nanmin", "nanmax") and empty_along(block, axes):
            return None
        return reduced_by(self.name, block, axes, dtype)


@record
class ForeignCombine:
    """Partial results together, by the same function."""

    name: str

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *blocks: Any) -> Any:
        there = [block for block in blocks if block is not None]
        if len(there) < 2:
            return there[0] if there else None
        whole = stacked(there)
        return reduced_by(self.name, whole, (0,), whole.dtype if whole.dtype.kind != "b" else None, keepdims=False)


def reduced_by(name: str, block: Block, axes: Axes, dtype: Any, keepdims: bool = True) -> Any:
    """A reduction by the name of NumPy's function."""
    takes_dtype = dtype is not None and name not in ("min", "max", "nanmin", "nanmax", "any", "all")
    options = {"dtype": dtype} if takes_dtype and np.dtype(dtype).kind not in "mM" else {}  # which has a unit
    return getattr(np, name)(block, axis=axes[0] if len(axes) == 1 else axes, keepdims=keepdims, **options)


def stacked(parts: list[Any]) -> Any:
    """Blocks of one shape along a new first axis."""
    if any(isinstance(part, np.ma.MaskedArray) for part in parts):
        return np.ma.stack(parts)
    return np.stack(parts)


def dense(block: Block) -> Block:
    """A block that a library keeps sparse, as a NumPy array."""
    return block.todense() if hasattr(block, "todense") else block


def foreign_counts(block: Block, axes: Axes) -> Any:
    """How many elements there are along axes; those that are masked do not count."""
    if isinstance(block, np.ma.MaskedArray):
        return np.asarray(block.count(axis=axes if block.ndim else None, keepdims=True))
    count = 1
    for axis in axes:
        count *= block.shape[axis]
    return count


def foreign_mean_chunk(block: Block, axes: Axes, dtype: Any) -> Counted:
    """Count and sum."""
    return Counted(foreign_counts(block, axes), reduced_by("sum", block, axes, computed_in(block.dtype, dtype)))


def foreign_mean_combine(*parts: Counted) -> Counted:
    """Counts and sums together."""
    count = parts[0].elements
    for part in parts[1:]:
        count = count + part.elements
    return Counted(count, ForeignCombine("sum")(*[part.total for part in parts]))


def foreign_mean_finish(partial: Counted, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Sum by count; masked where nothing was counted."""
    total, elements = partial.total, partial.elements
    if isinstance(total, np.ma.MaskedArray) and total.dtype.kind in "Om":  # which `numpy.ma` does not divide
        mean = np.ma.masked_array(total.filled(0) / np.maximum(elements, 1), mask=elements == 0)
        return plain_finish(mean, axes, keepdims, dtype, count, ddof)
    return plain_finish(total / elements, axes, keepdims, dtype, count, ddof)


def foreign_var_chunk(block: Block, axes: Axes, dtype: Any) -> Moments:
    """Moments; arrays that are sparse become dense for it, as deviations from a mean are."""
    block = dense(block)
    count = foreign_counts(block, axes)
    total = filled(reduced_by("sum", block, axes, computed_in(block.dtype, dtype)))
    mean = total / np.maximum(count, 1)
    away = block - mean
    squares = away.real**2 + away.imag**2 if away.dtype.kind == "c" else away * away
    return Moments(count, mean, filled(reduced_by("sum", squares, axes, None)))


def number_counts(block: Block, axes: Axes) -> Any:
    """How many elements there are along axes that are neither NaN nor masked."""
    numbers = are_numbers(block)
    if isinstance(block, np.ma.MaskedArray):
        numbers = np.ma.getdata(numbers) & ~np.ma.getmaskarray(block)
    return np.asarray(dense(reduced_by("sum", numbers, axes, None)))


def foreign_nanmean_chunk(block: Block, axes: Axes, dtype: Any) -> Counted:
    """Count and sum of the numbers."""
    total = reduced_by("nansum", block, axes, computed_in(block.dtype, dtype))
    return Counted(number_counts(block, axes), dense(total))


def foreign_nanvar_chunk(block: Block, axes: Axes, dtype: Any) -> Moments:
    """Moments of the numbers."""
    block = dense(block)
    count = number_counts(block, axes)
    mean = filled(reduced_by("nansum", block, axes, computed_in(block.dtype, dtype))) / np.maximum(count, 1)
    away = block - mean
    squares = away.real**2 + away.imag**2 if away.dtype.kind == "c" else away * away
    return Moments(count, mean, filled(reduced_by("nansum", squares, axes, None)))


def filled(block: Block) -> Any:
    """Masked elements as zeros."""
    return block.filled(0) if isinstance(block, np.ma.MaskedArray) else block


def masked_var_finish(partial: Moments, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Squared deviations by counts, masked where there are too few elements."""
    return plain_finish(masked_spread(partial, ddof), axes, keepdims, dtype, count, ddof)


def masked_std_finish(partial: Moments, axes: Axes, keepdims: bool, dtype: Any, count: int, ddof: float) -> Any:
    """Roots of variances, masked where there are too few elements."""
    return plain_finish(np.ma.sqrt(masked_spread(partial, ddof)), axes, keepdims, dtype, count, ddof)


def masked_spread(partial: Moments, ddof: float) -> Any:
    """Variance from moments."""
    freedom = np.asarray(partial.elements - ddof)
    spread = partial.squares / np.where(freedom > 0, freedom, 1)
    return np.ma.masked_array(spread, mask=np.broadcast_to(freedom <= 0, np.shape(spread)))
