"""Blocks with borders from their neighbours, beyond the edge of the array too."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from weft.array.expr import assemble_blocks, concatenated

__all__ = ["Border", "windowed", "with_borders"]


class Border(NamedTuple):
    """What a block gets along one axis: from its neighbours, and made up at the edges of the array."""

    before: int
    after: int
    made_before: int
    made_after: int
    boundary: Any


def with_borders(*values: Any) -> Any:
    """A block with its borders.

    The last value has a `Border` for each axis that can have one, and None for others; the others are blocks: for every
    axis that can have a border the one before, the block itself and the one after, the last axis running fastest.
    """
    told: tuple[Any, ...] = values[-1]
    blocks = values[:-1]
    wide = [axis for axis, border in enumerate(told) if border is not None]
    if all(type(block) is np.ndarray for block in blocks) and not blocks[0].dtype.hasobject:
        return written(blocks, told, wide)
    whole = joined(blocks, told, wide)
    for axis in wide:
        whole = beyond(whole, axis, told[axis])
    return whole


def written(blocks: tuple[Any, ...], told: tuple[Any, ...], wide: list[int]) -> Any:
    """The same for NumPy's arrays: everything is written once, to its place in one array."""
    own = blocks[len(blocks) // 2]
    shape = list(own.shape)
    #: by axis: offset of the neighbour, where its part goes, and which part of it that is
    offers: list[list[tuple[int, slice, slice]]] = []
    for axis in wide:
        border = told[axis]
        first, length = border.made_before + border.before, own.shape[axis]
        pieces = [(1, slice(first, first + length), slice(None))]
        if border.before:
            pieces.append((0, slice(border.made_before, first), slice(-border.before, None)))
        if border.after:
            pieces.append((2, slice(first + length, first + length + border.after), slice(0, border.after)))
        shape[axis] = first + length + border.after + border.made_after
        offers.append(pieces)
    if shape == list(own.shape):
        return own
    whole = np.empty(shape, own.dtype)
    target: list[slice] = [slice(None)] * own.ndim
    source: list[slice] = [slice(None)] * own.ndim
    for chosen in product(*offers):
        number = 0
        for axis, (offset, to, of) in zip(wide, chosen, strict=True):
            number = 3 * number + offset
            target[axis], source[axis] = to, of
        whole[tuple(target)] = blocks[number][tuple(source)]
    for place, axis in enumerate(wide):
        write_beyond(whole, axis, told, wide[place + 1 :])
    return whole


def write_beyond(whole: Any, axis: int, told: tuple[Any, ...], later: list[int]) -> None:
    """Write what lies beyond the edges of the array along an axis; beyond those of later axes nothing is written yet."""
    border = told[axis]
    inner: list[slice] = [slice(None)] * whole.ndim
    for each in later:
        inner[each] = slice(told[each].made_before, whole.shape[each] - told[each].made_after)
    there = whole[tuple(inner)]
    before = (slice(None),) * axis
    stop = whole.shape[axis] - border.made_after
    written_so_far = there[(*before, slice(border.made_before, stop))]
    if border.made_before:
        made = beyond_edge(written_so_far, axis, border.made_before, border.boundary, False)
        there[(*before, slice(0, border.made_before))] = made
    if border.made_after:
        made = beyond_edge(written_so_far, axis, border.made_after, border.boundary, True)
        there[(*before, slice(stop, None))] = made


def joined(blocks: tuple[Any, ...], told: tuple[Any, ...], wide: list[int]) -> Any:
    """The block and the parts of its neighbours that border on it."""
    own = blocks[len(blocks) // 2]
    parts: list[Any] = []
    grid = [1] * own.ndim
    present: list[list[int]] = []
    for axis in wide:
        border = told[axis]
        offsets = [offset for offset, size in ((-1, border.before), (0, 1), (1, border.after)) if size]
        present.append(offsets)
        grid[axis] = len(offsets)
    if all(len(offsets) == 1 for offsets in present):
        return own
    strides = [3 ** (len(wide) - 1 - place) for place in range(len(wide))]
    for chosen in product(*present):
        number = sum((offset + 1) * stride for offset, stride in zip(chosen, strides, strict=True))
        where: list[Any] = [slice(None)] * own.ndim
        for axis, offset in zip(wide, chosen, strict=True):
            if offset < 0:
                where[axis] = slice(blocks[number].shape[axis] - told[axis].before, None)
            elif offset > 0:
                where[axis] = slice(0, told[axis].after)
        parts.append(blocks[number][tuple(where)])
    return assemble_blocks(parts, tuple(grid))


def beyond(block: Any, axis: int, border: Border) -> Any:
    """A block that goes on beyond the edges of the array along an axis."""
    parts = [block]
    if border.made_before:
        parts.insert(0, made_up(block, axis, border.made_before, border.boundary, False))
    if border.made_after:
        parts.append(made_up(block, axis, border.made_after, border.boundary, True))
    return concatenated(parts, axis) if len(parts) > 1 else block


def made_up(block: Any, axis: int, depth: int, boundary: Any, at_end: bool) -> Any:
    """What lies beyond an edge, as an array."""
    made = beyond_edge(block, axis, depth, boundary, at_end)
    if boundary == "reflect":
        return made
    if boundary == "nearest":
        return np.repeat(made, depth, axis=axis) if type(block) is np.ndarray else concatenated([made] * depth, axis)
    return np.full_like(block, boundary, shape=(*block.shape[:axis], depth, *block.shape[axis + 1 :]))


def beyond_edge(block: Any, axis: int, depth: int, boundary: Any, at_end: bool) -> Any:
    """What lies beyond an edge: an array, or something that can be broadcast to one."""
    before = (slice(None),) * axis
    length = block.shape[axis]
    if boundary == "reflect":
        stop = length - depth - 1
        where = slice(length - 1, stop if stop >= 0 else None, -1) if at_end else slice(depth - 1, None, -1)
        return block[(*before, where)]
    if boundary == "nearest":
        return block[(*before, slice(length - 1, None) if at_end else slice(0, 1))]
    return np.asarray(boundary)  # arrays are cast where a Python number that does not fit is refused


def windowed(block: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """All windows of a block, as a view; none where the block is shorter than a window."""
    if any(block.shape[axis] < length for axis, length in zip(axes, shape, strict=True)):
        left = list(block.shape)
        for axis, length in zip(axes, shape, strict=True):
            left[axis] = max(0, left[axis] - length + 1)
        return np.empty_like(block, shape=(*left, *shape))
    return np.lib.stride_tricks.sliding_window_view(block, shape, axes)
