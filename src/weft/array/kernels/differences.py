"""Differences and slopes of blocks with as much of their neighbours as they need."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.joining import assembled

__all__ = ["differences", "slopes"]


def differences(told: tuple[Any, Any, tuple[int, int]], *blocks: Any) -> Any:
    """Differences of neighbours in a range that is assembled of parts of blocks."""
    counts, wheres, (times, axis) = told
    window = assembled((counts, wheres), *blocks)
    return np.diff(window, times, axis) if window.shape[axis] else window


def slopes(told: tuple[Any, Any, tuple[Any, int, int, slice, Any]], *blocks: Any) -> Any:
    """Slopes within a range that is assembled of parts of blocks; ``inner`` is the part of it that is wanted."""
    counts, wheres, (spacing, axis, edge_order, inner, dtype) = told
    window = assembled((counts, wheres), *blocks)
    if not window.shape[axis]:
        return window.astype(dtype)
    made = np.gradient(window, spacing, axis=axis, edge_order=edge_order)
    part = made[(slice(None),) * axis + (inner,)]
    return part if part.shape == made.shape else part.copy()
