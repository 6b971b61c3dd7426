"""Counting: histograms, occurrences of numbers, places of elements among bin edges."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

Block = Any

#: Numbers that are put into bins at a time: what is known of them stays in the cache.
SLAB = 1 << 16
#: Elements of a line from which a sample tells which of them cannot be among the greatest few.
MANY = 1 << 16


def histogram_chunk(block: Block, *rest: Any) -> Block:
    """Counts of one block: ``rest`` is the weights (or None), the edges, and how many equal bins they make (or None)."""
    weights, edges, equal = rest
    block = np.asarray(block)
    if equal is not None and weights is None and block.dtype == edges.dtype == np.float64:
        counted = equal_bins([block.reshape(-1)], [edges])
        if counted is not None:
            return counted
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
    columns = list(points.T) if isinstance(points, np.ndarray) else points
    if weights is None and all(each.dtype == np.float64 for each in columns) and all(map(is_equal, edges)):
        counted = equal_bins(columns, edges)
        if counted is not None:
            return counted.astype(float)
    if not isinstance(points, np.ndarray):
        points = np.stack(points, axis=1)
    return np.histogramdd(points, bins=list(edges), weights=weights)[0]


class EqualBins:
    """Bins of one width: the bin of a number is a multiplication away.

    It may be wrong by rounding only where the result is next to a whole number: those few are compared with the edges.
    """

    def __init__(self, edges: Block, count: int, scale: float, doubt: float) -> None:
        self.edges, self.count, self.scale, self.doubt = edges, count, scale, doubt
        self.low, self.high = float(edges[0]), float(edges[-1])
        self.place, self.number = np.empty(SLAB), np.empty(SLAB, np.intp)

    @classmethod
    def between(cls, edges: Block, count: int) -> EqualBins | None:
        """So many bins with given edges; None where too many numbers would have to be compared."""
        low, high = float(edges[0]), float(edges[-1])
        if not low < high:
            return None
        scale = count / (high - low)
        doubt = 16 * np.finfo(float).eps * (max(abs(low), abs(high)) * scale + count)
        return cls(edges, count, scale, doubt) if doubt < 0.1 else None

    def inside(self, part: Block) -> Block | None:
        """Which numbers are in a bin at all; None if all are."""
        if part.min() >= self.low and part.max() <= self.high:
            return None
        return (part >= self.low) & (part <= self.high)

    def numbers(self, part: Block) -> Block:
        """The bins of at most `SLAB` numbers, in memory that is used again."""
        f, bins = self.place[: len(part)], self.number[: len(part)]
        np.subtract(part, self.low, out=f)
        np.multiply(f, self.scale, out=f)
        np.copyto(bins, f, casting="unsafe")
        np.subtract(f, bins, out=f)
        np.subtract(f, 0.5, out=f)
        np.abs(f, out=f)
        unsure = np.flatnonzero(f > 0.5 - self.doubt)
        if unsure.size:
            bins[unsure] = np.minimum(np.searchsorted(self.edges, part[unsure], side="right") - 1, self.count - 1)
        return bins


def equal_bins(columns: Sequence[Block], edges: Sequence[Block]) -> Block | None:
    """Counts of points in equal bins: what NumPy's histograms give, with less work; None where that cannot be had."""
    found = [EqualBins.between(each, len(each) - 1) for each in edges]
    axes = [each for each in found if each is not None]
    if len(axes) < len(found):
        return None
    made = np.zeros(prod([each.count for each in axes]), np.intp)
    for start in range(0, len(columns[0]), SLAB):
        parts = [each[start : start + SLAB] for each in columns]
        masks = [each.inside(part) for each, part in zip(axes, parts, strict=True)]
        partial = [each for each in masks if each is not None]
        if partial:
            inside = np.logical_and.reduce(partial)
            parts = [part[inside] for part in parts]
        bins = axes[0].numbers(parts[0])
        for axis, part in zip(axes[1:], parts[1:], strict=True):
            np.multiply(bins, axis.count, out=bins)
            np.add(bins, axis.numbers(part), out=bins)
        made += np.bincount(bins, minlength=len(made))
    return made.reshape([each.count for each in axes])


def is_equal(edges: Block) -> bool:
    """Whether edges are those that NumPy makes for equal bins."""
    return edges.dtype == np.float64 and np.array_equal(edges, np.linspace(edges[0], edges[-1], len(edges)))


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
    return np.bincount(as_writable(block), None if weights is None else as_writable(weights), minlength)


class Shown:
    """Memory of an array as if it could be written."""

    def __init__(self, block: Block) -> None:
        self.block = block
        interface = block.__array_interface__
        self.__array_interface__ = interface | {"data": (interface["data"][0], False)}


def as_writable(block: Block) -> Block:
    """The same memory for `numpy.bincount`, which only reads it, and copies arrays that are read-only (NumPy 2.4)."""
    block = np.asarray(block)
    return block if block.flags.writeable or not block.size else np.asarray(Shown(block))


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
    values = values[promising(values, k)] if values.ndim == 1 else values
    length = values.shape[axis]
    if abs(k) >= length:
        return values
    if k > 0:
        parted = np.partition(values, length - k, axis=axis)
        return parted[(slice(None),) * axis + (slice(length - k, None),)]
    parted = np.partition(values, -k - 1, axis=axis)
    return parted[(slice(None),) * axis + (slice(None, -k),)]


def promising(values: Block, k: int) -> Any:
    """Which elements of a line may be among the ``k`` greatest: those not below the ``k``-th of a sample."""
    length, few = len(values), abs(k)
    step = length // (16 * few + 1024)
    if length < MANY or step < 4 or values.dtype.kind not in "iuf":
        return slice(None)
    sample = values[::step]
    bound = np.partition(sample, len(sample) - few if k > 0 else few - 1)[len(sample) - few if k > 0 else few - 1]
    return np.flatnonzero(~(values < bound if k > 0 else values > bound))


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
    if values.ndim == 1:
        chosen = promising(values, k)
        values, places = values[chosen], places[chosen]
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
