"""Functions of whole NumPy blocks: what the steps of array programs call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["axes_moved", "cut_out", "filled", "joined", "ranged", "read_piece", "scattered", "view_of"]

Block = np.ndarray[Any, Any]


def filled(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any]) -> Block:
    """A block of one value."""
    return np.full(shape, value, dtype)


def filled_view(shape: tuple[int, ...], value: Any, dtype: np.dtype[Any]) -> Block:
    """The same as a view of a single element: for steps whose result only other steps read."""
    return np.broadcast_to(np.full((), value, dtype), shape)


def ranged(bounds: tuple[int, int], start: Any, step: Any, dtype: np.dtype[Any]) -> Block:
    """Elements of a range from one place to another, computed as NumPy does: first element plus place times difference."""
    if dtype.kind == "b":
        return np.asarray([start, start + step][slice(*bounds)]).astype(dtype)
    if dtype.kind == "O":
        return np.arange(*bounds).astype(dtype) * step + start  # type: ignore[no-any-return]
    with np.errstate(over="ignore"):
        first = np.asarray(start).astype(dtype)
        second = np.asarray(start + step).astype(dtype) if bounds[1] > 1 else first
        if dtype.kind in "iu":
            low, delta = int(first), int(second) - int(first)
            begin, end = low + bounds[0] * delta, low + bounds[1] * delta
            if delta and np.iinfo(dtype).min <= min(begin, end) and max(begin, end) <= np.iinfo(dtype).max:
                return np.arange(begin, end, delta, dtype=dtype)
        wide = np.dtype(np.float32) if dtype == np.float16 else dtype
        exact = dtype == np.float64
        places: Block = np.arange(float(bounds[0]), float(bounds[1])) if exact else np.arange(*bounds).astype(wide)
        places *= second.astype(wide) - first.astype(wide)
        places += first.astype(wide)
    made = places.astype(dtype, copy=False)
    if bounds[0] <= 1 < bounds[1]:
        made[1 - bounds[0]] = second  # NumPy goes on from its first two elements, and leaves them as they are
    return made


def axes_moved(block: Block, order: tuple[int, ...], new_at: tuple[int, ...], dropped: tuple[int, ...]) -> Block:
    """Axes of length 1 dropped, the others in a new order, axes of length 1 put in. A view."""
    if dropped:
        block = block.reshape([length for axis, length in enumerate(block.shape) if axis not in dropped])
    block = block.transpose(order)
    return np.expand_dims(block, new_at) if new_at else block


def cut_out(block: Block, where: tuple[slice, ...]) -> Block:
    """A part of a block: a view if it is most of it, a copy if the view would keep much more than itself in memory."""
    part = block[where]
    return part.copy() if part.size * 2 < block.size and part.size else part


def view_of(value: Any, where: tuple[slice, ...]) -> Any:
    """A read-only view of a part of an array in memory."""
    if not isinstance(value, np.ndarray):
        return value[where]
    everywhere: Any = (*where, ...)
    part = value[everywhere].view()
    part.flags.writeable = False
    return part


def read_piece(source: Any, where: tuple[slice, ...], dtype: np.dtype[Any]) -> Block:
    """A part of anything that can be sliced, as a NumPy array."""
    return np.asarray(source[where], dtype=dtype)


def joined(told: tuple[tuple[int, ...], tuple[Any, ...]], *blocks: Block) -> Block:
    """A block from parts of others: ``told`` has its shape, and for each block ``(where in it, where in the result)``."""
    shape, moves = told
    made = np.empty(shape, blocks[0].dtype)
    for block, (source, target) in zip(blocks, moves, strict=True):
        made[target] = block[source]
    return made


def scattered(block: Block, wheres: Sequence[tuple[slice, ...]]) -> list[Block]:
    """Copies of parts of a block, so that none of them keeps the block in memory."""
    return [np.array(block[where], order="C") for where in wheres]


def placed(told: tuple[tuple[int, ...], tuple[tuple[slice, ...], ...]], *runs: Block) -> Block:
    """A block from runs: ``told`` has its shape and the place of each."""
    shape, targets = told
    made = np.empty(shape, runs[0].dtype)
    for run, target in zip(runs, targets, strict=True):
        made[target] = run
    return made
