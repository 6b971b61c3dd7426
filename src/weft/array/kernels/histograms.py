"""Counting: histograms, occurrences of numbers, places of elements among bin edges."""

from __future__ import annotations

from typing import Any

import numpy as np

Block = Any


def histogram_chunk(block: Block, *rest: Any) -> Block:
    """Counts of one block: ``rest`` is the weights (or None), the edges, and how many equal bins they make (or None)."""
    weights, edges, equal = rest
    block = np.asarray(block)
    if equal is not None and block.dtype.kind != "O":
        low, high = edges[0], edges[-1]
        return np.histogram(block, bins=equal, range=(low, high), weights=weights)[0]
    return np.histogram(block, bins=edges, weights=weights)[0]


def histogramdd_chunk(count: int, has_weights: bool, *rest: Any) -> Block:
    """Counts of one block of points: their coordinates (one array for each, or one with a column for each), weights, edges."""
    sample, rest = rest[:count], rest[count:]
    weights, edges = (np.asarray(rest[0]).reshape(-1), rest[1:]) if has_weights else (None, rest)
    points = (
        np.asarray(sample[0])
        if count == 1 and np.ndim(sample[0]) == 2
        else [np.asarray(each).reshape(-1) for each in sample]
    )
    if not isinstance(points, np.ndarray):
        points = np.stack(points, axis=1)
    return np.histogramdd(points, bins=list(edges), weights=weights)[0]


class DdChunk:
    """`histogramdd_chunk` for a number of arrays."""

    __name__ = "histogramdd_chunk"

    def __init__(self, count: int, has_weights: bool) -> None:
        self.count, self.has_weights = count, has_weights

    def __call__(self, *blocks: Any) -> Block:
        return histogramdd_chunk(self.count, self.has_weights, *blocks)

    def __weft_tokenize__(self) -> Any:
        return (self.count, self.has_weights)

    def __reduce__(self) -> tuple[Any, ...]:
        return DdChunk, (self.count, self.has_weights)


def add_up(*parts: Block) -> Block:
    """Counts together."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def counts_as(total: Block, dtype: np.dtype[Any]) -> Block:
    """The counts, in the dtype that was announced."""
    return total.astype(dtype, copy=False)


def edges_between(low: Block, high: Block, bins: int, dtype: np.dtype[Any]) -> Block:
    """Edges of equal bins from the least to the greatest element, as NumPy chooses them."""
    low, high = np.asarray(low)[()], np.asarray(high)[()]
    return np.histogram_bin_edges(np.array([low, high], dtype), bins)


def no_elements(bins: int) -> Block:
    """Edges for no elements."""
    return np.histogram_bin_edges(np.empty(0), bins)


def density_of(counts: Block, *edges: Block) -> Block:
    """Counts by their sum and by the widths of bins."""
    made = np.asarray(counts)
    total = made.sum()
    if len(edges) == 1:
        return made / np.array(np.diff(edges[0]), float) / total
    made = made.astype(float, copy=False)
    for axis, each in enumerate(edges):
        shape = np.ones(made.ndim, int)
        shape[axis] = made.shape[axis]
        made = made / np.diff(each).reshape(shape)
    return made / total


def bincount_chunk(block: Block, *rest: Any) -> Block:
    """Occurrences of one block."""
    weights, minlength = rest
    return np.bincount(np.asarray(block), weights, minlength)


def bincount_combine(*parts: Block) -> Block:
    """Occurrences together, as many as the longest has."""
    made = np.zeros(max(len(part) for part in parts), np.result_type(*parts))
    for part in parts:
        made[: len(part)] += part
    return made


def digitized(block: Block, bins: Block, right: bool) -> Block:
    """Numbers of the bins of elements."""
    return np.asarray(np.digitize(block, bins, right))


def topk_of(values: Block, k: int, axis: int) -> Block:
    """The ``k`` greatest elements along an axis (the least, for ``k`` below 0), in any order."""
    length = values.shape[axis]
    if abs(k) >= length:
        return values
    if k > 0:
        parted = np.partition(values, length - k, axis=axis)
        return parted[(slice(None),) * axis + (slice(length - k, None),)]
    parted = np.partition(values, -k - 1, axis=axis)
    return parted[(slice(None),) * axis + (slice(None, -k),)]


def topk_chunk(block: Block, k: int, axis: int) -> Block:
    """The greatest of one block."""
    made = topk_of(np.asarray(block), k, axis)
    return made.copy() if made.base is not None and made.size * 2 < made.base.size else made


class TopCombine:
    """The greatest of the greatest."""

    def __init__(self, k: int, axis: int) -> None:
        self.k, self.axis = k, axis

    def __call__(self, *parts: Block) -> Block:
        return parts[0] if len(parts) == 1 else topk_of(np.concatenate(parts, self.axis), self.k, self.axis)

    def __weft_tokenize__(self) -> Any:
        return (self.k, self.axis)


def topk_finish(partial: Block, k: int, axis: int) -> Block:
    """The greatest, from the greatest down; the least, from the least up."""
    made = np.sort(topk_of(partial, k, axis), axis=axis)
    return np.flip(made, axis) if k > 0 else made


def argtopk_of(values: Block, places: Block, k: int, axis: int) -> tuple[Block, Block]:
    """The same, with positions."""
    length = values.shape[axis]
    if abs(k) >= length:
        return values, places
    if k > 0:
        chosen = np.argpartition(values, length - k, axis=axis)[(slice(None),) * axis + (slice(length - k, None),)]
    else:
        chosen = np.argpartition(values, -k - 1, axis=axis)[(slice(None),) * axis + (slice(None, -k),)]
    return np.take_along_axis(values, chosen, axis), np.take_along_axis(places, chosen, axis)


def argtopk_chunk(block: Block, starts: tuple[int, ...], k: int, axis: int) -> tuple[Block, Block]:
    """The greatest of one block, with their positions in the whole array."""
    block = np.asarray(block)
    shape = [1] * block.ndim
    shape[axis] = block.shape[axis]
    places = np.arange(starts[axis], starts[axis] + block.shape[axis]).reshape(shape)
    return argtopk_of(block, np.broadcast_to(places, block.shape), k, axis)


class ArgTopCombine:
    """The greatest of the greatest, with their positions."""

    def __init__(self, k: int, axis: int) -> None:
        self.k, self.axis = k, axis

    def __call__(self, *parts: tuple[Block, Block]) -> tuple[Block, Block]:
        if len(parts) == 1:
            return parts[0]
        values, places = [np.concatenate(each, self.axis) for each in zip(*parts, strict=True)]
        return argtopk_of(values, places, self.k, self.axis)

    def __weft_tokenize__(self) -> Any:
        return (self.k, self.axis)


def argtopk_finish(partial: tuple[Block, Block], k: int, axis: int) -> Block:
    """Positions in the order of `topk_finish`."""
    values, places = argtopk_of(*partial, k, axis)
    order = np.argsort(values, axis=axis, kind="stable")
    made = np.take_along_axis(places, order, axis)
    return (np.flip(made, axis) if k > 0 else made).astype(np.intp, copy=False)
