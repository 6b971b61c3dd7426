"""Bits of bytes: `packbits` and `unpackbits`."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import regular
from weft.array.io.from_array import asarray
from weft.array.ops.blocks import map_blocks
from weft.array.ops.padding import pad
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis

__all__ = ["packbits", "unpackbits"]


def packbits(a: Any, /, axis: int | None = None, bitorder: str = "big") -> Any:
    """Eight elements to one byte: those that are not zero are its bits.

    Parameters
    ----------
    a : array-like of int or bool
    axis : int, optional
        All elements, in C order, by default.
    bitorder : {"big", "little"}
        Whether the first element is the highest bit, or the lowest.

    Examples
    --------
    >>> import weft.array as da
    >>> da.packbits(da.asarray([1, 0, 0, 0, 0, 0, 0, 1, 1])).compute()
    array([129, 128], dtype=uint8)
    """
    x, place = along(a, axis, bitorder)
    if x.dtype.kind not in "iub":
        raise TypeError("Expected an input array of integer or boolean data type")
    length, longest = x.shape[place], max([1, *x.chunks[place]])
    cut = regular(length, max(8, longest // 8 * 8))
    x = new(laid_out(x.expr, (*x.expr.grid[:place], cut, *x.expr.grid[place + 1 :])))
    lengths = tuple([-(-each // 8) for each in x.chunks[place]])
    chunks = (*x.chunks[:place], lengths, *x.chunks[place + 1 :])
    return map_blocks(np.packbits, x, axis=place, bitorder=bitorder, chunks=chunks, dtype=np.uint8)


def unpackbits(a: Any, /, axis: int | None = None, count: int | None = None, bitorder: str = "big") -> Any:
    """One byte to eight elements, which are 0 or 1.

    Parameters
    ----------
    a : array-like of uint8
    axis : int, optional
        All elements, in C order, by default.
    count : int, optional
        How many elements there are to be along the axis: zeros are added if there are fewer; how many to leave out at the
        end, if it is negative.
    bitorder : {"big", "little"}

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.unpackbits(da.asarray(np.array([5], np.uint8)), count=-4, bitorder="little").compute()
    array([1, 0, 1, 0], dtype=uint8)
    """
    x, place = along(a, axis, bitorder)
    if x.dtype != np.uint8:
        raise TypeError("Expected an input array of unsigned byte data type")
    chunks = (*x.chunks[:place], tuple([8 * each for each in x.chunks[place]]), *x.chunks[place + 1 :])
    bits = map_blocks(np.unpackbits, x, axis=place, bitorder=bitorder, chunks=chunks, dtype=np.uint8)
    if count is None:
        return bits
    wanted, length = operator.index(count), bits.shape[place]
    if wanted < -length:
        raise ValueError(f"-count must be less than the number of bits along the axis: {length}, not {-wanted}")
    if wanted > length:
        return pad(bits, [(0, wanted - length if axis == place else 0) for axis in range(bits.ndim)])
    return bits[(*[slice(None)] * place, slice(None, wanted))]


def along(a: Any, axis: int | None, bitorder: str) -> tuple[Any, int]:
    """The array and the axis; flattened where there is none."""
    if bitorder not in ("big", "little"):
        raise ValueError("'order' must be either 'little' or 'big'")
    x = known(asarray(a))
    if axis is None:
        return (x if x.ndim == 1 else x.reshape(-1)), 0
    return x, normal_axis(axis, x.ndim)
