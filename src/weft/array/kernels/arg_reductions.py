"""Where the least and greatest elements are: of a block, and of blocks together.

A partial result has the position, the element there, and how long the block is along the axis: positions count from the
start of the block (or of the blocks that were combined), so that nobody needs to know where a block starts. Only where all
axes are reduced, positions are those in the whole array.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.foreign_reductions import dense

Block = Any

#: Numbers side by side from which a block is cut into tiles, and the length of their sides: 2 MB of doubles. Along the first axis
#: of 4,000 x 5,000 doubles: NumPy 38 ms, tiles 14; of 1,000 x 1,250 0.95 and 0.55.
WIDE, SIDE = 128, 512


class Found(NamedTuple):
    """Partial result: positions, the elements there, and the length that the positions are within."""

    places: Any
    values: Any
    length: int


def plain(block: Block, least: bool) -> Block:
    """A block as a NumPy array; masked elements as ones that do not win."""
    if isinstance(block, np.ma.MaskedArray):
        fill = np.ma.minimum_fill_value if least else np.ma.maximum_fill_value
        return block.filled(fill(block))
    return dense(block)


@cache
def functions(kind: str) -> tuple[Any, Any]:
    """NumPy's function for positions, and the ufunc that finds the number it looks for."""
    return (np.argmin, np.fmin) if kind.endswith("min") else (np.argmax, np.fmax)


def positions(block: Block, kind: str, axis: int) -> tuple[Any, Any]:
    """Positions along an axis, kept with length 1, and the elements there."""
    find, extreme = functions(kind)
    inner = 1
    for length in block.shape[axis + 1 :]:
        inner *= length
    if inner >= WIDE and block.dtype.kind in "iuf" and not kind.startswith("nan"):
        return by_tiles(block, axis, kind)
    places = find(block, axis=axis, keepdims=True)
    if not isinstance(block, np.ndarray):
        return places, getattr(np, kind.replace("arg", ""))(block, axis=axis, keepdims=True)
    values = np.take_along_axis(block, places, axis)
    if kind.startswith("nan") and is_nan(values).any():
        values = extreme.reduce(block, axis=axis, keepdims=True)
        places = np.argmax(block == values, axis=axis, keepdims=True)
    return places, values


def by_tiles(block: Block, axis: int, kind: str) -> tuple[Any, Any]:
    """The same, tile by tile: NumPy goes down every column by itself, which is far slower where that leaves the cache.

    A tile's result is compared with that of the tiles before it: NaN wins over numbers, and what comes first over its equals.
    """
    length = block.shape[axis]
    stacked = block.reshape(prod(block.shape[:axis]), length, prod(block.shape[axis + 1 :]))
    kept = (*block.shape[:axis], 1, *block.shape[axis + 1 :])
    places, best = np.empty(stacked[:, 0].shape, np.intp), np.empty(stacked[:, 0].shape, block.dtype)
    for lines, own_places, own_best in zip(stacked, places, best, strict=True):
        for left in range(0, lines.shape[1], SIDE):
            columns = slice(left, left + SIDE)
            find_in_columns(lines[:, columns], functions(kind)[0], own_places[columns], own_best[columns])
    return places.reshape(kept), best.reshape(kept)


def find_in_columns(columns: Any, find: Any, places: Any, best: Any) -> None:
    """Write down where the extremes of some columns are, and these."""
    for top in range(0, len(columns), SIDE):
        tile = columns[top : top + SIDE]
        found = find(tile, axis=0)
        values = tile[found, np.arange(len(found))]
        if not top:
            places[...], best[...] = found, values
            continue
        if tile.dtype.kind == "f":
            better = ~(values <= best if find is np.argmax else values >= best)
            better &= best == best
        else:
            better = values > best if find is np.argmax else values < best
        np.copyto(best, values, where=better)
        np.copyto(places, found + top, where=better)


def is_nan(values: Any) -> Any:
    """Which elements are NaN (or no time)."""
    return np.not_equal(values, values, dtype=bool)


def arg_chunk(block: Block, kind: str, axis: int) -> Found | None:
    """Positions within one block; None if it has no elements along the axis."""
    block = plain(block, kind.endswith("min"))
    if block.shape[axis] == 0:
        return None
    return Found(*positions(block, kind, axis), block.shape[axis])


def arg_combine(kind: str, axis: int, *parts: Found | None) -> Found | None:
    """Positions within blocks that follow one another."""
    there = [part for part in parts if part is not None]
    if len(there) < 2:
        return there[0] if there else None
    starts = np.cumsum([0, *[part.length for part in there]])
    values = np.concatenate([part.values for part in there], axis)
    places = np.concatenate([part.places + start for part, start in zip(there, starts[:-1], strict=True)], axis)
    winners, best = positions(values, kind, axis)
    return Found(np.take_along_axis(places, winners, axis), best, int(starts[-1]))


def flat_chunk(block: Block, kind: str, shape: tuple[int, ...], starts: tuple[int, ...]) -> Found | None:
    """Position of one element in the whole array, all axes in a row."""
    block = plain(block, kind.endswith("min"))
    if block.size == 0:
        return None
    place, value = positions(block.reshape(-1), kind, 0)
    index = np.unravel_index(int(place[0]), block.shape)
    whole = np.ravel_multi_index([int(at) + start for at, start in zip(index, starts, strict=True)], shape)
    return Found(np.array([whole], np.intp), value, 0)


def flat_combine(kind: str, *parts: Found | None) -> Found | None:
    """The winner among single elements; among equal ones, the first."""
    there = sorted([part for part in parts if part is not None], key=lambda part: int(part.places[0]))
    if len(there) < 2:
        return there[0] if there else None
    winner, _ = positions(np.concatenate([part.values for part in there]), kind, 0)
    return there[int(winner[0])]


def arg_finish(partial: Found | None, kind: str, shape: tuple[int, ...] | None, axis: int, keepdims: bool) -> Any:
    """The positions; of a shape if one is given, else without the axis unless it is kept."""
    if partial is None:
        raise ValueError(f"attempt to get {kind.removeprefix('nan')} of an empty sequence")
    if kind.startswith("nan") and is_nan(partial.values).any():
        raise ValueError("All-NaN slice encountered")
    places = partial.places.astype(np.intp, copy=False)
    if shape is not None:
        return places.reshape(shape)
    return places if keepdims else places.reshape(places.shape[:axis] + places.shape[axis + 1 :])
