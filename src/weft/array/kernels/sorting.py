"""Steps of a sort whose data lie in many blocks; see `weft.array.ops.sorting` for how they go together.

Keys are blocks of one axis, sorted; where positions are asked for, a block is a pair of keys and positions.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.random import draw
from weft.physical.blockwise import Call

__all__ = [
    "Cuts",
    "counted",
    "cut_up",
    "located",
    "merged",
    "merged_unstable",
    "pivots",
    "planned",
    "sampled",
    "sort_in_place",
    "sorted_in_place",
    "sorted_keys",
    "sorted_pairs",
    "stretched",
]

Block = np.ndarray[Any, Any]

#: Extensions of processors with which NumPy sorts numbers of so many bytes several at a time, under old and new names.
VECTORS, SIDE_BY_SIDE = frozenset(["AVX2", "AVX512_SKX", "X86_V3", "X86_V4"]), (2, 4, 8)
#: Bytes that are sorted at once, which stay in the cache, and samples of runs for each such part.
CACHED, SAMPLES = 1 << 20, 32


class Cuts(NamedTuple):
    """Where sorted blocks are cut so that each bucket gets its share, and where the buckets begin among all elements."""

    by_block: Block  #: a row for each block, with where it is cut
    starts: Block  #: first rank of each bucket, and the number of elements


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
    """The samples that come nearest to elements of given ranks.

    With m samples of each block no element between two samples of a block is further than the m-th part of it from one
    of them, so the rank of a pivot is off by the m-th part of all elements at most (Shi and Schaeffer 1992).
    """
    keys = np.concatenate([each for each, _ in samples])
    weights = np.concatenate([each for _, each in samples])
    order = np.argsort(keys, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.minimum(np.searchsorted(reached, ranks), max(0, keys.size - 1))
    chosen: Block = keys[order][places]
    return chosen


def counted(block: Any, values: Block) -> Block:
    """How many elements of a sorted block stand before each value, and how many up to it."""
    keys = keys_of(block)
    return np.stack([np.searchsorted(keys, values, "left"), np.searchsorted(keys, values, "right")])


def planned(counts: tuple[Block, ...], sizes: tuple[int, ...], ranks: Block) -> Cuts:
    """Where to cut: at the wanted ranks where elements that are equal allow it, else as near as the pivot is."""
    table = np.stack(counts)
    before, upto = table[:, 0, :], table[:, 1, :]
    cuts = np.clip(ranks, before.sum(0), upto.sum(0))
    ties = upto - before
    taken_earlier = np.cumsum(ties, axis=0) - ties
    own = before + np.clip(cuts - before.sum(0) - taken_earlier, 0, ties)
    rows = np.column_stack([np.zeros(len(sizes), np.int64), own, np.asarray(sizes)])
    return Cuts(rows, np.concatenate([[0], cuts, [sum(sizes)]]))


def located(block: Any, cuts: Cuts, number: int) -> tuple[Any, Block]:
    """A sorted block with the places where it is cut."""
    return block, cuts.by_block[number]


def cut_up(located_block: tuple[Any, Block], told: Any) -> list[Any]:
    """The runs of a sorted block, as copies: none keeps the block in memory."""
    block, places = located_block
    if isinstance(block, tuple):
        return [(block[0][a:b].copy(), block[1][a:b].copy()) for a, b in itertools.pairwise(places)]
    return [block[a:b].copy() for a, b in itertools.pairwise(places)]


def merged(told: Any, *runs: Any) -> Any:
    """A bucket from its runs. A stable sort finds runs that are in order, and merges them."""
    if isinstance(runs[0], tuple):
        keys = np.concatenate([each for each, _ in runs])
        positions = np.concatenate([each for _, each in runs])
        order = np.argsort(keys, kind="stable")
        return keys[order], positions[order]
    keys = np.concatenate(runs, dtype=runs[0].dtype)
    keys.sort(kind="stable")
    return keys


def merged_unstable(told: Any, *runs: Any) -> Any:
    """The same where equal elements may change places: numbers that the processor sorts side by side are sorted anew.

    Forty runs of 125,000 doubles: 37 ms with AVX-512 in parts that stay in the cache, 56 at once, 127 to merge them.
    """
    dtype = runs[0].dtype
    if dtype.kind not in "iuf" or dtype.itemsize not in SIDE_BY_SIDE or not sorts_side_by_side():
        return merged(told, *runs)
    made = np.empty(sum([len(each) for each in runs]), dtype)
    count = max(1, made.nbytes // CACHED)
    samples = np.sort(np.concatenate([each[:: 1 + made.size // (count * SAMPLES)] for each in runs]))
    values = samples[np.arange(1, count) * samples.size // count]
    places = [[0, *np.searchsorted(each, values).tolist(), len(each)] for each in runs]
    stop = 0
    for number in range(count):
        parts = [each[cuts[number] : cuts[number + 1]] for each, cuts in zip(runs, places, strict=True)]
        start, stop = stop, stop + sum([len(each) for each in parts])
        np.concatenate(parts, out=made[start:stop])
        made[start:stop].sort()
    return made


@functools.cache
def sorts_side_by_side() -> bool:
    """Whether NumPy sorts with the processor's vectors (x86-simd-sort, with AVX2 or AVX-512)."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return not VECTORS.isdisjoint([*found.get("baseline", ()), *found.get("found", ())])


def stretched(cuts: Cuts, bounds: tuple[int, int, int], *buckets: Any) -> Any:
    """A chunk of the result: of its bucket, and what its neighbours have too much of.

    ``bounds`` are the number of the first bucket, and the ranks where the chunk begins and ends.
    """
    number, start, stop = bounds
    parts: list[Any] = []
    for place, bucket in enumerate(buckets, number):
        first = int(cuts.starts[place])
        low, high = max(start - first, 0), min(stop - first, int(cuts.starts[place + 1]) - first)
        if low < high:
            values = bucket[1] if isinstance(bucket, tuple) else bucket
            whole = low == 0 and high == len(values)
            parts.append(values if whole else values[low:high])
    if len(parts) == 1:
        return parts[0]
    if not parts:
        values = buckets[0][1] if isinstance(buckets[0], tuple) else buckets[0]
        return values[:0]
    return np.concatenate(parts, dtype=parts[0].dtype)
