"""Differences and slopes of blocks with as much of their neighbours as they need."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.joining import assembled

__all__ = ["differences", "slopes"]


def differences(told: tuple[Any, Any, tuple[int, int]], *blocks: Any) -> Any:
    """Differences of neighbours in a range that is assembled of parts of blocks."""
    counts, wheres, (times, axis) = told
    if times == 1 and len(blocks) > 1 and all(type(block) is np.ndarray for block in blocks):
        parts = [block[where] for block, where in zip(blocks, wheres, strict=True)]
        if sum(part.shape[axis] for part in parts) > 1:
            return joined_differences(parts, axis)
    window = assembled((counts, wheres), *blocks)
    if window.shape[axis]:
        return np.diff(window, n=times, axis=axis)  # by name: other kinds of arrays have another order
    return np.empty(window.shape, np.diff(np.zeros(2, window.dtype)).dtype)


def joined_differences(parts: list[Any], axis: int) -> Any:
    """Differences of neighbours in parts that follow one another, without putting the parts together."""
    subtract = np.not_equal if parts[0].dtype == bool else np.subtract
    shape, before = list(parts[0].shape), (slice(None),) * axis
    shape[axis] = sum(part.shape[axis] for part in parts) - 1
    made = np.empty(shape, np.diff(np.zeros(2, parts[0].dtype)).dtype)
    at, last = 0, None
    for part in parts:
        size = part.shape[axis]
        if not size:
            continue
        if last is not None:
            subtract(part[(*before, slice(0, 1))], last, out=made[(*before, slice(at, at + 1))])
            at += 1
        later, earlier = part[(*before, slice(1, None))], part[(*before, slice(None, -1))]
        subtract(later, earlier, out=made[(*before, slice(at, at + size - 1))])
        at, last = at + size - 1, part[(*before, slice(size - 1, size))]
    return made


def slopes(told: tuple[Any, Any, tuple[Any, int, Any, slice, Any]], *blocks: Any) -> Any:
    """Slopes within a range that is assembled of parts of blocks; ``inner`` is the part of it that is wanted."""
    counts, wheres, (spacing, axis, edge_order, inner, dtype) = told
    window = assembled((counts, wheres), *blocks)
    if not window.shape[axis]:
        return window.astype(dtype)
    made: Any = np.gradient(window, spacing, axis=axis, edge_order=edge_order)
    return made[(slice(None),) * axis + (inner,)]
