"""Blocks put together from parts of others, and blocks split into runs; of NumPy's type or any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from weft.array.expr import fill_whole, joined_blocks

__all__ = ["assembled", "concatenate3", "deepfirst", "merged", "scattered", "whole_of"]

#: Slices of a block along each of its axes.
Where = tuple[slice, ...]


def assembled(told: tuple[tuple[int, ...], tuple[Where | None, ...]], *blocks: Any) -> Any:
    """A block from parts of others.

    ``told`` has the number of parts along each axis, and for each part, the last axis running fastest, where it lies in
    its block; None stands for all of it.
    """
    counts, wheres = told
    parts = [block if where is None else block[where] for block, where in zip(blocks, wheres, strict=True)]
    if len(parts) == 1 and parts[0].size * 2 < blocks[0].size:
        return parts[0].copy()
    return whole_of(parts, counts)


def merged(told: tuple[int, ...], *runs: Any) -> Any:
    """A block from runs; ``told`` is their number along each axis."""
    return whole_of(list(runs), told)


def whole_of(parts: list[Any], counts: Sequence[int]) -> Any:
    """One block of a grid of parts of any type."""
    if len(parts) == 1:
        return parts[0]
    if all(type(part) is np.ndarray for part in parts) and parts[0].dtype != object:
        return fill_whole(parts, tuple(counts))
    return joined_blocks(parts, counts)


def concatenate3(arrays: Any) -> Any:
    """One array of a grid of arrays, given as nested lists of as many levels as there are axes.

    >>> import numpy as np
    >>> concatenate3([[np.ones((1, 2)), np.zeros((1, 1))]])
    array([[1., 1., 0.]])
    """
    counts: list[int] = []
    parts = [arrays]
    while isinstance(parts[0], (list, tuple)):
        counts.append(len(parts[0]))
        parts = [part for each in parts for part in each]
    return whole_of(parts, counts)


def scattered(block: Any, wheres: Sequence[Where]) -> list[Any]:
    """Copies of parts of a block, so that none of them keeps the block in memory."""
    if type(block) is np.ndarray:
        return [np.array(block[where], order="C") for where in wheres]
    parts = [block[where] for where in wheres]
    return [part.copy() if hasattr(part, "copy") and prod(part.shape) else part for part in parts]


def deepfirst(blocks: Any) -> Any:
    """The first item of nested lists or iterators.

    >>> deepfirst([[[1, 2], [3, 4]], [[5], [6]]])
    1
    """
    while isinstance(blocks, (list, Iterator)):
        blocks = blocks[0] if isinstance(blocks, list) else next(blocks)
    return blocks
