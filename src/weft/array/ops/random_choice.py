"""Samples of given elements, with and without replacement, with equal or given chances."""

from __future__ import annotations

import operator
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.kernels.random import NARROW, chosen, integers
from weft.array.ops.creation import shape_of
from weft.array.ops.random import Stream, drawn
from weft.array.ops.random_order import axis_in, order, sampled, taken_from
from weft.array.ops.sizes import known

__all__ = ["choice"]


def choice(stream: Stream, a: Any, size: Any, replace: bool, p: Any, axis: int, shuffle: bool, chunks: Any) -> Any:
    """Elements of an array, or of a range, at random; see `weft.array.random.Generator.choice`."""
    items: Any = known(a) if isinstance(a, ArrayBase) else np.asarray(a)
    if items.ndim == 0:
        items, n = None, population(a)
    else:
        axis = axis_in(axis, items.ndim, "choice")
        n = items.shape[axis]
    shape = () if size is None else shape_of(size)
    count = prod(shape)
    if n == 0 and count:
        raise ValueError("a cannot be empty unless no samples are taken: give elements to choose from, or size=0")
    chances = None if p is None else checked(p, n, replace, count)
    if not replace and count > n:
        raise ValueError(
            f"Cannot take a larger sample than population when replace is False: {count} of {n} elements were asked for"
        )
    key = stream.next()
    if chances is None and replace and 0 < n <= NARROW:
        told = {"dtype": np.dtype(np.int64)}
        index = drawn(key, integers, (0, n), shape, chunks, dtype="i8", keywords=told, tries=False)
    elif chances is None and replace:
        index = drawn(key, "integers", (0, max(1, n)), shape, chunks, dtype="i8")
    elif chances is None:
        index = order(n, key, shape, chunks)
    elif replace:
        bounds = np.cumsum(chances)
        bounds /= bounds[-1]
        index = drawn(key, chosen, (bounds,), shape, chunks, cores=(1,), dtype="i8", tries=False)
    else:
        index = sampled(n, key, shape, chances, shuffle, chunks)
    return index if items is None else taken_from(items, index, axis)


def population(a: Any) -> int:
    """The number of elements to choose from."""
    try:
        n = operator.index(a)
    except TypeError:
        raise ValueError(f"a must be a sequence or an integer, not {type(a).__name__}") from None
    if n < 0:
        raise ValueError(f"a must be a positive integer unless no samples are taken, not {n}")
    return n


def checked(p: Any, n: int, replace: bool, count: int) -> np.ndarray[Any, Any]:
    """Chances, if NumPy takes them."""
    given = np.asarray(p)
    chances = given.astype(float)
    if n:
        np.random.default_rng(0).choice(n, size=0, p=given)  # in its own type, which says how exact the sum has to be
    if not replace and count > np.count_nonzero(chances):
        raise ValueError(f"Fewer non-zero entries in p than size: {np.count_nonzero(chances)} for {count} elements")
    return chances / chances.sum() if n and given.dtype in (np.float16, np.float32) else chances
