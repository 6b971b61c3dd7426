"""Boxes of a block's elements reduced to one each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["coarsened"]


def coarsened(
    block: Any, reduction: Callable[..., Any], factors: tuple[int, ...], keywords: tuple[tuple[str, Any], ...]
) -> Any:
    """A block with boxes of neighbours, as long as ``factors`` says, reduced; each axis is a multiple of its factor."""
    shape: list[int] = []
    for length, factor in zip(block.shape, factors, strict=True):
        shape += [length // factor, factor]
    return reduction(block.reshape(shape), axis=tuple(range(1, 2 * block.ndim, 2)), **dict(keywords))
