"""What the chunks of several arrays are together, for programs that work with chunk tuples themselves."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, pairwise, zip_longest
from typing import Any

from weft.array.chunks import Chunks

__all__ = ["broadcast_chunks", "common_blockdim"]


def common_blockdim(blockdims: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The coarsest chunks of an axis that refine all of several ways to cut it.

    A single chunk of length 1 is broadcast, and does not count. Unknown lengths (NaN) must be cut alike.

    Raises
    ------
    ValueError
        The ways to cut belong to axes of different lengths.

    Examples
    --------
    >>> common_blockdim([(3, 3), (2, 4), (1,)])
    (2, 1, 3)
    """
    ways = list(dict.fromkeys(map(tuple, blockdims)))
    if not ways:
        return ()
    long = [way for way in ways if way != (1,)] or ways[:1]
    unknown = [way for way in long if any(length != length for length in way)]
    if unknown:
        if any(len(way) != len(unknown[0]) for way in long):
            raise ValueError(
                f"cannot find common chunks of {long}: lengths are unknown, and the numbers of chunks differ. "
                "Call compute_chunk_sizes() on the arrays first."
            )
        return next((way for way in long if way not in unknown), unknown[0])
    if len({sum(way) for way in long}) > 1:
        raise ValueError(f"Chunks do not add up to same value: {set(long)}")
    if len(long) == 1:
        return long[0]
    ends = sorted({end for way in long for end in accumulate(way)} | {0})
    return tuple([after - before for before, after in pairwise(ends)]) or (0,)


def broadcast_chunks(*chunkss: Chunks) -> Chunks:
    """The chunks that arrays with these chunks have together.

    Raises
    ------
    ValueError
        Along some axis they are cut differently.

    Examples
    --------
    >>> broadcast_chunks(((5, 5),), ((2, 3), (1,)))
    ((2, 3), (5, 5))
    """
    made: list[tuple[int, ...]] = []
    for axis in zip_longest(*[reversed(chunks) for chunks in chunkss], fillvalue=(1,)):
        long = list(dict.fromkeys([way for way in axis if way != (1,)]))
        if len(long) > 1:
            raise ValueError(f"Chunks do not align {long}: rechunk the arrays first, so that they are cut alike")
        made.append(long[0] if long else (1,))
    return tuple(reversed(made))
