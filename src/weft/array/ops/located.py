"""Positions by chunk: which block each lies in, what blocks of positions take of blocks of a source, and how they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise, product
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from weft.array.chunks import Grid, axis_chunks
from weft.array.expr import ArrayExpr
from weft.array.kernels.indexing import Positions, small

__all__ = [
    "TOLERANCE",
    "Index",
    "Part",
    "compact",
    "contiguous_grid",
    "evenly",
    "located",
    "merged_lengths",
    "parts_of",
    "slices_of",
]

#: A chunk of the result may be this much longer than the longest of the source before it is split.
TOLERANCE = 1.25

Index: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"


class Part(NamedTuple):
    """What one block of the result takes of one block of the source (numbered along the indexed axes)."""

    block: int
    points: tuple[Positions, ...]
    at: Positions


def slices_of(chunks: tuple[tuple[int, ...], ...]) -> list[tuple[slice, ...]]:
    """Where each block of a grid is in the whole."""
    return list(product(*[[slice(a, b) for a, b in pairwise([0, *accumulate(lengths)])] for lengths in chunks]))


def located(source: ArrayExpr, axes: tuple[int, ...], positions: tuple[Index, ...]) -> tuple[Index, list[Index]]:
    """For each position the number of its block along the axes, and its place in there along each."""
    number: Any = None
    local = []
    for axis, index in zip(axes, positions, strict=True):
        cut, length = source.grid[axis], source.shape[axis]
        if isinstance(cut, int):
            block = index // cut if index.size and length > cut else np.zeros_like(index)
            local.append(index - block * cut if length > cut else index)
        else:
            edges = np.cumsum((0, *axis_chunks(length, cut)))
            block = np.searchsorted(edges, index, side="right") - 1
            local.append(index - edges[block])
        number = block if number is None else number * source.numblocks[axis] + block
    return number, local


def parts_of(number: Index, local: list[Index], total: int) -> list[Part]:
    """What one block of positions takes of which blocks, in their order."""
    size = number.size
    if not size:
        return [Part(0, (slice(0, 0),) * len(local), slice(0, 0))]
    if number[0] == number[-1] and bool((number == number[0]).all()):
        return [Part(int(number[0]), tuple(map(compact, local)), slice(0, size))]
    order = np.argsort(small(number, total), kind="stable")
    ordered = number[order]
    edges = [0, *(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1).tolist(), size]
    made = []
    for first, end in pairwise(edges):
        at = order[first:end]
        made.append(Part(int(ordered[first]), tuple([compact(each[at]) for each in local]), compact(at)))
    return made


def compact(positions: Index) -> Positions:
    """Evenly spaced positions as a slice, which makes a view; others as they are."""
    size = positions.size
    if size == 0:
        return slice(0, 0)
    first = int(positions[0])
    if size == 1:
        return slice(first, first + 1)
    step = int(positions[1]) - first
    if step == 0 or int(positions[-1]) != first + step * (size - 1):
        return positions
    if not bool((positions[1:] - positions[:-1] == step).all()):
        return positions
    stop = first + step * size
    return slice(first, stop if stop >= 0 else None, step)


def evenly(length: int, most: int) -> list[int]:
    """A length in equal parts, where it is much longer than it should be."""
    if length <= TOLERANCE * most:
        return [length]
    count = -(-length // most)
    return [length * (place + 1) // count - length * place // count for place in range(count)]


def merged_lengths(lengths: Sequence[int], most: int) -> list[int]:
    """Neighbouring lengths added as long as the sum is not above ``most``.

    >>> merged_lengths([1, 1, 1, 3, 1], 3)
    [3, 3, 1]
    """
    made: list[int] = []
    for length in lengths:
        if made and made[-1] + length <= most:
            made[-1] += length
        else:
            made.append(length)
    return made


def contiguous_grid(shape: Sequence[int], most: int) -> Grid:
    """A grid of about ``most`` elements a block, whose blocks in order have the elements in order (C order).

    >>> contiguous_grid((4, 3, 2), 6), contiguous_grid((4, 3, 2), 4)
    ((1, 3, 2), (1, 2, 2))
    """
    cuts: list[int] = []
    room = max(1, most)
    for length in reversed(shape):
        cut = max(1, min(length, room))
        cuts.append(cut)
        room = room // max(1, length) if cut >= length else 0
    return tuple(reversed(cuts))
