"""Borders of blocks, where a block has the whole of the axes along which it is padded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["padded", "padded_by", "ramp", "statistic"]


def padded(block: Any, widths: tuple[tuple[int, int], ...], mode: str, keywords: tuple[tuple[str, Any], ...]) -> Any:
    """A block with borders, as `numpy.pad` makes them."""
    if isinstance(block, np.ma.MaskedArray):
        # numpy.pad loses the mask: pad data and mask alike; what is constant is not masked
        flags = np.ma.getmaskarray(block)
        values = np.pad(block.data, widths, mode=mode, **dict(keywords))  # type: ignore[call-overload]
        if mode in ("edge", "wrap", "reflect", "symmetric"):
            around = np.pad(flags, widths, mode=mode)  # type: ignore[call-overload]
        else:
            around = np.pad(flags, widths)
        return np.ma.MaskedArray(values, around)
    return np.pad(block, widths, mode=mode, **dict(keywords))  # type: ignore[call-overload]


def padded_by(
    block: Any,
    function: Callable[..., Any],
    width: tuple[int, int],
    axis: int,
    keywords: tuple[tuple[str, Any], ...],
) -> Any:
    """A block whose borders along an axis a user's function fills: it gets each line and changes it."""
    filled = np.array(block)
    lines = np.moveaxis(filled, axis, -1)
    for place in np.ndindex(lines.shape[:-1]):
        function(lines[(*place, Ellipsis)], width, axis, dict(keywords))
    return filled


def ramp(edge: Any, end: Any, width: int, axis: int, last: bool) -> Any:
    """Values on a straight line from ``end`` to the edge of an array, which has length 1 along the axis."""
    line = np.linspace(end, edge.squeeze(axis), num=width, endpoint=False, dtype=edge.dtype, axis=axis)
    return np.flip(line, axis) if last else line


def statistic(block: Any, kind: str, axis: int, dtype: np.dtype[Any]) -> Any:
    """The mean or median of a block along an axis, rounded where the elements are whole numbers."""
    made = np.median(block, axis=axis, keepdims=True) if kind == "median" else np.mean(block, axis=axis, keepdims=True)
    if np.issubdtype(dtype, np.integer):
        made = np.round(made)
    return made.astype(dtype)
