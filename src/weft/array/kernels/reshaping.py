"""Blocks in other shapes, and their elements several times over."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft.array.expr import concatenated

__all__ = ["repeated", "repeated_by", "reshaped", "tiled"]


def reshaped(block: Any, shape: tuple[int, ...]) -> Any:
    """A block in another shape, of which one length may be unknown (NaN)."""
    unknown = [axis for axis, length in enumerate(shape) if length != length]
    if unknown:
        (axis,) = unknown
        known = prod([length for place, length in enumerate(shape) if place != axis])
        size = prod(block.shape)
        shape = (*shape[:axis], size // known if known else 0, *shape[axis + 1 :])
    return block if block.shape == shape else block.reshape(shape)


def repeated(block: Any, repeats: int, axis: int) -> Any:
    """Each element of a block several times along an axis."""
    return np.repeat(block, repeats, axis=axis)


def repeated_by(block: Any, repeats: Any, axis: int) -> Any:
    """Each element of a block as often as ``repeats`` says for its place along an axis."""
    return np.repeat(block, repeats, axis=axis)


def tiled(block: Any, times: int, axis: int) -> Any:
    """A block several times over along an axis."""
    if times == 1:
        return block
    if type(block) is not np.ndarray:
        return concatenated([block] * times, axis)
    return np.concatenate([block] * times, axis=axis, dtype=block.dtype)
