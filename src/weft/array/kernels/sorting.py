"""Steps of a sort whose data lie in many blocks; see `weft.array.ops.sorting` for how they go together.

Keys are blocks of one axis, sorted; where positions are asked for, a block is a pair of keys and positions.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.random import draw
from weft.physical.blockwise import Call

__all__ = [
    "Cuts",
    "Run",
    "counted",
    "cut_up",
    "merged",
    "merged_unstable",
    "pivots",
    "planned",
    "sampled",
    "sort_in_place",
    "sorted_in_place",
    "sorted_keys",
    "sorted_pairs",
]

Block = np.ndarray[Any, Any]

#: Extensions of processors with which NumPy sorts numbers of so many bytes several at a time, under old and new names.
VECTORS, SIDE_BY_SIDE = frozenset(["AVX2", "AVX512_SKX", "X86_V3", "X86_V4"]), (2, 4, 8)
#: Bytes that are sorted at once, which stay in the cache, and samples of runs for each such part.
CACHED, PART_SAMPLES = 1 << 20, 32
#: Samples that are tried as pivots for each boundary.
TRIED = 16


class Cuts(NamedTuple):
    """Where sorted blocks are cut: a row for each block, a column for each target, of first and of last places."""

    starts: Block
    stops: Block


class Run(NamedTuple):
    """What a sorted block has for a target."""

    before: int  #: elements of the block that stand before it
    keys: Block
    positions: Block | None = None


def sorted_keys(block: Block, stable: bool) -> Block:
    """A block in order; NaNs last. Equal elements that differ (0.0 and -0.0) keep theirs if it is ``stable``."""
    return np.sort(block, kind="stable" if stable or block.dtype.kind in "OV" else None)


def sorted_in_place(block: Block, stable: bool) -> Block:
    """The same of a block that nobody else has."""
    block.sort(kind="stable" if stable else None)
    return block


def sort_in_place(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: numbers that are drawn only to be sorted are not copied for that.

    Five million doubles take 46 ms, and 58 with a copy in memory that the system has to clear first.
    """
    if not any(call.function is sorted_keys for call in calls):
        return calls
    readers = Counter(slot for call in calls for slot in call.slots)
    drawn = {arity + number for number, call in enumerate(calls) if call.function is draw}
    return [
        call._replace(function=sorted_in_place)
        if call.function is sorted_keys and call.slots[0] in drawn and readers[call.slots[0]] == 1
        else call
        for call in calls
    ]


def sorted_pairs(block: Block, first: int) -> tuple[Block, Block]:
    """A block in order, and where its elements stood among those of all blocks, of which ``first`` come before."""
    order = np.argsort(block, kind="stable")
    return block[order], order + first


def keys_of(block: Any) -> Block:
    """The keys of a block, with or without positions."""
    keys: Block = block[0] if isinstance(block, tuple) else block
    return keys


def sampled(block: Any, count: int) -> tuple[Block, Block]:
    """Elements at regular places of a sorted block, and how many each of them stands for."""
    keys = keys_of(block)
    take = min(count, keys.size)
    ends = np.arange(1, take + 1) * keys.size // max(1, take)
    return keys[ends - 1], np.diff(ends, prepend=0)


def pivots(samples: tuple[tuple[Block, Block], ...], ranks: Block) -> Block:
    """Samples whose ranks are close to given ones, in order: before and behind each, where there are such.

    Elements up to a sample are at least those that it and smaller samples stand for, and at most one share of each block more
    (Shi and Schaeffer 1992).
    """
    keys = np.concatenate([each for each, _ in samples])
    weights = np.concatenate([each for _, each in samples])
    order = np.argsort(keys, kind="stable")
    last = np.searchsorted(np.cumsum(weights[order]), ranks)
    tried = np.linspace(-len(samples) - 1, 1, min(len(samples) + 3, TRIED)).astype(np.int64)
    places = np.unique(np.clip(last[:, None] + tried, 0, max(0, keys.size - 1)))
    chosen: Block = keys[order][places] if keys.size else keys
    return chosen


def counted(block: Any, values: Block) -> Block:
    """How many elements of a sorted block stand before each value, and how many up to it."""
    keys = keys_of(block)
    return np.stack([np.searchsorted(keys, values, "left"), np.searchsorted(keys, values, "right")])


def planned(counts: tuple[Block, ...], sizes: tuple[int, ...], ranks: Block) -> Cuts:
    """Where to cut so that each target gets what is between two ranks, and as little besides as the pivots allow.

    Equal elements are divided in the order of their blocks, so one value that is everywhere is cut at the rank itself.
    """
    table = np.stack(counts)
    lengths = np.asarray(sizes)[:, None]
    before = np.hstack([np.zeros_like(lengths), table[:, 0, :], lengths])  # of pivots, the least of all and the largest
    upto = np.hstack([np.zeros_like(lengths), table[:, 1, :], lengths])
    ties = upto - before
    earlier = np.cumsum(ties, axis=0) - ties  # equal elements in blocks before
    least, most = before.sum(0), upto.sum(0)

    def cut(pivots: Block, reached: Block) -> Block:
        rows: Block = before[:, pivots] + np.clip(reached - least[pivots] - earlier[:, pivots], 0, ties[:, pivots])
        return rows

    low = np.searchsorted(least, ranks, "right") - 1
    high = np.searchsorted(most, ranks, "left")
    starts = cut(low, np.minimum(ranks, most[low]))
    stops = cut(high, np.maximum(ranks, least[high]))
    return Cuts(np.hstack([np.zeros_like(lengths), starts]), np.hstack([stops, lengths]))


def cut_up(block: Any, cuts: Cuts, number: int) -> list[Run]:
    """The runs of the sorted block of this number.

    They are copies, so that none keeps the block in memory; of a block that was read from a file they are views.
    """
    arrays = block if isinstance(block, tuple) else (block,)
    places = list(zip(cuts.starts[number].tolist(), cuts.stops[number].tolist(), strict=True))
    if is_own(arrays[0]):
        return [Run(a, *[each[a:b].copy() for each in arrays]) for a, b in places]
    return [Run(a, *[each[a:b] for each in arrays]) for a, b in places]


def is_own(array: Block) -> bool:
    """Whether NumPy has allocated an array's memory."""
    base: Any = array
    while isinstance(base, np.ndarray):
        if base.base is None:
            return True
        base = base.base
    return False


def merged(told: tuple[int, int], *runs: Run) -> Block:
    """The elements between two ranks, or where they stood. A stable sort finds runs that are in order, and merges them."""
    own = wanted(told, runs)
    keys = np.concatenate([each.keys for each in runs], dtype=runs[0].keys.dtype)
    if runs[0].positions is None:
        keys.sort(kind="stable")
        return keys[own]
    positions: Block = np.concatenate([each.positions for each in runs if each.positions is not None])
    return positions[np.argsort(keys, kind="stable")[own]]


def merged_unstable(told: tuple[int, int], *runs: Run) -> Block:
    """The same where equal elements may change places: numbers that the processor sorts side by side are sorted anew.

    Forty runs of 125,000 doubles: 37 ms with AVX-512 in parts that stay in the cache, 56 at once, 127 to merge them.
    """
    dtype = runs[0].keys.dtype
    if dtype.kind not in "iuf" or dtype.itemsize not in SIDE_BY_SIDE or not sorts_side_by_side():
        return merged(told, *runs)
    arrays = [each.keys for each in runs]
    made = np.empty(sum([len(each) for each in arrays]), dtype)
    count = max(1, made.nbytes // CACHED)
    samples = np.sort(np.concatenate([each[:: 1 + made.size // (count * PART_SAMPLES)] for each in arrays]))
    values = samples[np.arange(1, count) * samples.size // count]
    places = [[0, *np.searchsorted(each, values).tolist(), len(each)] for each in arrays]
    stop = 0
    for number in range(count):
        parts = [each[cuts[number] : cuts[number + 1]] for each, cuts in zip(arrays, places, strict=True)]
        start, stop = stop, stop + sum([len(each) for each in parts])
        np.concatenate(parts, out=made[start:stop])
        made[start:stop].sort()
    return made[wanted(told, runs)]


def wanted(told: tuple[int, int], runs: Sequence[Run]) -> slice:
    """Where the elements between two ranks stand among those of runs that have them all."""
    before = sum([each.before for each in runs])
    return slice(told[0] - before, told[1] - before)


@functools.cache
def sorts_side_by_side() -> bool:
    """Whether NumPy sorts with the processor's vectors (x86-simd-sort, with AVX2 or AVX-512)."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return not VECTORS.isdisjoint([*found.get("baseline", ()), *found.get("found", ())])
