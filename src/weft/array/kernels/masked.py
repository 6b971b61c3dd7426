"""Masks of whole blocks, where functions of `numpy.ma` need a step more."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["filled", "finite_only", "mask_of", "masked_as", "masked_where", "with_fill_value", "with_mask"]


def with_mask(data: Any, mask: Any, **options: Any) -> Any:
    """A block with a mask that has been broadcast to it."""
    wanted = np.shape(np.broadcast_to(data, np.broadcast_shapes(np.shape(data), np.shape(mask))))
    if np.shape(mask):
        mask = np.broadcast_to(np.ma.filled(mask, True), wanted)
    return np.ma.masked_array(data, mask=mask, **options)


def masked_where(condition: Any, block: Any) -> Any:
    """A block masked where a condition holds; a single condition holds for all."""
    if not np.shape(condition):
        condition = np.full(np.shape(block), bool(condition))
    return np.ma.masked_where(condition, block)


def filled(block: Any, *, fill_value: Any) -> Any:
    """A block without a mask."""
    return np.ma.filled(block, fill_value) if isinstance(block, np.ma.MaskedArray) else np.asarray(block)


def mask_of(block: Any) -> Any:
    """Which elements are masked."""
    return np.ma.getmaskarray(block)


def with_fill_value(block: Any, *, fill_value: Any) -> Any:
    """A block with another fill value; one without a mask as it is."""
    if not isinstance(block, np.ma.MaskedArray):
        return block
    made = block.view()
    made.fill_value = fill_value
    return made


def masked_as(block: Any, like: Any) -> Any:
    """A block masked where it is, and where another one is."""
    mask = np.ma.getmaskarray(block) | np.ma.getmaskarray(like)
    return np.ma.masked_array(np.ma.getdata(block), mask=mask)


def finite_only(block: Any) -> Any:
    """A masked block without NaN and infinities: they are masked, too."""
    if not isinstance(block, np.ma.MaskedArray) or block.dtype.kind not in "fc":
        return block
    wrong = ~np.isfinite(np.ma.getdata(block))
    return np.ma.masked_array(block, mask=wrong) if wrong.any() else block
