"""Random orders: bijections of index spaces that each block computes for itself.

Up to `EXACT` elements, an order is NumPy's own permutation of them. Beyond, it is a keyed bijection: a Feistel network over
the smallest power of two that holds all indices, applied again where it leads out of them (cycle walking). Any part of such
an order, and of its inverse, is computed without the rest, so a block needs nothing of the others.

Notes
-----
Black and Rogaway, "Ciphers with arbitrary finite domains" (2002), for cycle walking; Mitchell and others, "Bandwidth-optimal
random shuffling for GPUs" (2021), for permutations by bijections and their quality. Rounds mix with two odd multipliers (those
of MurmurHash3 and SplitMix64); there are `ROUNDS` half rounds, where 4 would do for a perfect round function.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.expr import concatenated
from weft.array.kernels.indexing import along

__all__ = [
    "EXACT",
    "arranged",
    "exact_order",
    "forward",
    "inverse",
    "ordered_by",
    "places_of",
    "sent",
    "shuffled_whole",
    "taken",
    "weighted_sample",
]

#: Elements up to which orders are drawn by NumPy, all permutations being equally likely.
EXACT = 2**16
#: Half rounds of the Feistel network.
ROUNDS = 12
#: Elements that are computed at a time, so that intermediate values stay in the cache.
TILE = 2**14

MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
MIX_2 = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)

Key = tuple[int, int]


def exact_order(n: int, key: Key) -> np.ndarray[Any, Any]:
    """A permutation of ``range(n)``, by NumPy."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key))).permutation(n)


def forward(places: np.ndarray[Any, Any], n: int, key: Key) -> np.ndarray[Any, Any]:
    """Which elements come to some places, in the order of a key.

    >>> sorted(forward(np.arange(5), 5, (1, 2)).tolist())
    [0, 1, 2, 3, 4]
    """
    if n <= EXACT:
        return np.take(exact_order(n, key), places)
    return walked(places, n, key, False)


def inverse(elements: np.ndarray[Any, Any], n: int, key: Key) -> np.ndarray[Any, Any]:
    """The places to which some elements come."""
    if n <= EXACT:
        order = exact_order(n, key)
        places = np.empty_like(order)
        places[order] = np.arange(n)
        return np.take(places, elements)
    return walked(elements, n, key, True)


def walked(values: np.ndarray[Any, Any], n: int, key: Key, backwards: bool) -> np.ndarray[Any, Any]:
    """Values through the bijection of ``range(n)``, tile by tile."""
    bits = (n - 1).bit_length()
    keys = np.random.SeedSequence(key).generate_state(ROUNDS, np.uint64)
    made = np.empty(values.shape, np.int64)
    given, flat = values.reshape(-1), made.reshape(-1)
    for first in range(0, flat.size, TILE):
        tile = given[first : first + TILE].astype(np.uint64)
        crypt(tile, bits, keys, backwards)
        outside = np.flatnonzero(tile >= n)
        while outside.size:
            again = tile[outside]
            crypt(again, bits, keys, backwards)
            tile[outside] = again
            outside = outside[again >= n]
        flat[first : first + TILE] = tile
    return made


def crypt(values: np.ndarray[Any, Any], bits: int, keys: np.ndarray[Any, Any], backwards: bool) -> None:
    """Numbers of some bits through the Feistel network, in place."""
    high, low = bits // 2, bits - bits // 2
    left, right = values >> np.uint64(low), values & np.uint64(2**low - 1)
    mixed, shifted = np.empty_like(values), np.empty_like(values)
    rounds = list(enumerate(keys))
    for number, key in reversed(rounds) if backwards else rounds:
        source, target, width = (right, left, high) if number % 2 == 0 else (left, right, low)
        np.add(source, key, out=mixed)
        mixed *= MIX_1
        np.right_shift(mixed, SHIFT, out=shifted)
        mixed ^= shifted
        mixed *= MIX_2
        mixed >>= np.uint64(64 - width)
        target ^= mixed
    np.left_shift(left, np.uint64(low), out=values)
    values |= right


def places_of(
    where: tuple[tuple[int, int, int], ...], whole: tuple[int, ...], n: int, key: Key, table: Any = None
) -> np.ndarray[Any, Any]:
    """A block of an order, laid out over a shape in C order; looked up in a table if there is one."""
    linear = np.zeros([length for _, _, length in where], np.int64)
    stride = 1
    for axis in reversed(range(len(where))):
        start, step, length = where[axis]
        along = (start + step * np.arange(length)) * stride
        linear += along.reshape([-1 if each == axis else 1 for each in range(len(where))])
        stride *= whole[axis]
    return forward(linear, n, key) if table is None else table[linear]


def shuffled_whole(block: Any, axis: int, n: int, key: Key) -> Any:
    """A block that is whole along an axis, in the order of a key."""
    return along(block, forward(np.arange(n), n, key), axis)


def sent(block: Any, told: tuple[Any, ...]) -> list[Any]:
    """Elements of a block for those who hold their places: ``(places, elements)`` for each.

    ``told`` has the axis, what the places are (the places themselves, or first element, total and key), and the bounds of
    the receivers' places.
    """
    axis, source, bounds = told
    if isinstance(block, tuple):
        places, block = block
    elif isinstance(source, tuple):
        first, n, key = source
        places = inverse(first + np.arange(block.shape[axis]), n, key)
    else:
        places = source
    order = np.argsort(places, kind="stable")
    places = places[order]
    ends = np.searchsorted(places, bounds)
    return [
        (places[low:high], along(block, order[low:high], axis))
        for low, high in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]


def arranged(told: tuple[int, int | None], *runs: Any) -> Any:
    """Elements at their places: a block, or (without a first place) places and elements for another round."""
    axis, first = told
    places = np.concatenate([each for each, _ in runs])
    if first is None:
        return places, concatenated([elements for _, elements in runs], axis)
    if all(type(elements) is np.ndarray for _, elements in runs):
        shape = list(runs[0][1].shape)
        shape[axis] = len(places)
        made = np.empty(shape, runs[0][1].dtype)
        lead = (slice(None),) * axis
        for each, elements in runs:
            made[(*lead, each - first)] = elements
        return made
    return along(concatenated([elements for _, elements in runs], axis), np.argsort(places), axis)


def ordered_by(block: Any, keys: Any, axis: int) -> Any:
    """Each line along an axis in the order of its keys."""
    return np.take_along_axis(block, np.argsort(keys, axis=axis, kind="stable"), axis=axis)


def taken(index: Any, items: Any, axis: int) -> Any:
    """Items along an axis."""
    return np.take(items, index, axis=axis)


def weighted_sample(
    n: int, shape: tuple[int, ...], key: Key, shuffle: bool, chances: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Different numbers below ``n``, drawn one after the other with given chances, by NumPy."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
    return generator.choice(n, size=shape, replace=False, p=chances, shuffle=shuffle)
