"""Where elements belong in a sorted array."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.io.from_array import asarray
from weft.array.ops.blocks import map_aligned
from weft.array.ops.rechunking import rechunk
from weft.array.ops.sizes import sized

__all__ = ["searchsorted"]


#: Bytes up to which a sorted array is made one chunk.
SMALL = 1 << 24
#: So many elements, if they are in fewer pieces than these, are looked for in pieces.
MANY, PIECES = 1 << 17, 4


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where elements would have to be put into a sorted array to keep it sorted.

    Parameters
    ----------
    a : array-like
        Of one axis, sorted, in any number of chunks.
    v : array-like or scalar
    side : {"left", "right"}
        Whether before or behind elements that are equal.
    sorter : array-like, optional
        Positions that put ``a`` in order.

    Notes
    -----
    In a sorted array the place of an element is the number of elements before it, which is the sum of its places in all
    chunks. Chunks of a large one are looked at one after the other, so no more than a few are in memory.

    Examples
    --------
    >>> import weft.array as da
    >>> da.searchsorted(da.arange(10, chunks=4), [3, 8]).compute()
    array([3, 8])
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be 'left' or 'right' (got {side!r})")
    x = asarray(a)
    if x.ndim != 1:
        raise ValueError(f"object of too small depth for desired array: a has {x.ndim} axes, and must have one")
    if sorter is not None:
        x = x[asarray(sorter)]
    x = new(sized(x.expr))
    if x.size * x.dtype.itemsize <= SMALL:
        x = rechunk(x, -1)
    given = wanted = asarray(v)
    length = given.expr.shape[0] if given.ndim == 1 else 0
    if isinstance(length, int) and length >= MANY and given.numblocks[0] < PIECES:
        wanted = rechunk(given, -(-length // PIECES))  # several threads look for the elements of few chunks
    places: Any = None
    for number in range(x.numblocks[0]):
        part = x if x.numblocks[0] == 1 else x.blocks[number]
        found = map_aligned(
            places_in, (wanted,), {"part": part, "side": side}, dtype=np.dtype(np.intp), token="searchsorted"
        )
        places = found if places is None else places + found
    return places if wanted is given else rechunk(places, given.chunks)


def places_in(block: Any, part: Any, side: str) -> Any:
    """Places of the elements of a block in a sorted array."""
    return np.asarray(np.searchsorted(part, block, side=side))  # type: ignore[call-overload]


class SearchingMethods(ArrayBase):
    """Places in sorted arrays."""

    __slots__ = ()

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Any:
        """Where elements would have to be put to keep the array sorted; see `weft.array.searchsorted`."""
        return searchsorted(self, v, side, sorter)
