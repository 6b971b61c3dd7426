"""One array as several: the opposite of joining. Each part is a slice; nothing is copied."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.io.from_array import asarray
from weft.array.layout_cost import even_parts
from weft.array.ops.sizes import known_along
from weft.array.ops.transposing import normal_axis

__all__ = ["array_split", "dsplit", "hsplit", "split", "unstack", "vsplit"]


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts of an array along an axis; they may differ in length by 1.

    Parameters
    ----------
    ary : array-like
    indices_or_sections : int or sequence of int
        How many parts, or the places at which they are cut.
    axis : int

    Examples
    --------
    >>> import weft.array as da
    >>> [part.shape for part in da.array_split(da.arange(8, chunks=4), 3)]
    [(3,), (3,), (2,)]
    """
    x = asarray(ary)
    axis = normal_axis(axis, x.ndim)
    x = new(known_along(x.expr, axis))
    length = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        count = operator.index(indices_or_sections)
        if count <= 0:
            raise ValueError("number sections must be larger than 0.")
        ends = [0]
        for size in even_parts(length, count):
            ends.append(ends[-1] + size)
    else:
        ends = [0, *[int(each) for each in np.asarray(indices_or_sections)], length]
    before = (slice(None),) * axis
    # slices count negative places from the end, as NumPy's do
    return [x[(*before, slice(start, stop))] for start, stop in pairwise(ends)]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts of an array along an axis: of equal length, or cut at the places that are given; see `array_split`.

    Examples
    --------
    >>> import weft.array as da
    >>> [part.shape for part in da.split(da.arange(8, chunks=4), 2)]
    [(4,), (4,)]
    """
    x = asarray(ary)
    axis = normal_axis(axis, x.ndim)
    x = new(known_along(x.expr, axis))
    if np.ndim(indices_or_sections) == 0:
        count = operator.index(indices_or_sections)
        if count > 0 and x.shape[axis] % count:
            raise ValueError(
                f"array split does not result in an equal division: {x.shape[axis]} elements in {count} parts. "
                "Use array_split() for parts that differ in length."
            )
    return array_split(x, indices_or_sections, axis)


def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts one below another: along the first axis.

    Examples
    --------
    >>> import weft.array as da
    >>> [part.shape for part in da.vsplit(da.ones((4, 2), chunks=2), 2)]
    [(2, 2), (2, 2)]
    """
    x = asarray(ary)
    if x.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(x, indices_or_sections, 0)


def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts one beside another: along the second axis, or the only one.

    Examples
    --------
    >>> import weft.array as da
    >>> [part.shape for part in da.hsplit(da.ones((4, 3), chunks=2), [1])]
    [(4, 1), (4, 2)]
    """
    x = asarray(ary)
    if x.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return split(x, indices_or_sections, 1 if x.ndim > 1 else 0)


def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Parts one behind another: along the third axis.

    Examples
    --------
    >>> import weft.array as da
    >>> [part.shape for part in da.dsplit(da.ones((2, 2, 4), chunks=2), 2)]
    [(2, 2, 2), (2, 2, 2)]
    """
    x = asarray(ary)
    if x.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(x, indices_or_sections, 2)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of an array at each place along an axis, which they do not have: the opposite of `stack`.

    Examples
    --------
    >>> import weft.array as da
    >>> [part.shape for part in da.unstack(da.ones((2, 3), chunks=1), axis=1)]
    [(2,), (2,), (2,)]
    """
    x = asarray(x)
    if x.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    axis = normal_axis(axis, x.ndim)
    x = new(known_along(x.expr, axis))
    before = (slice(None),) * axis
    return tuple([x[(*before, place)] for place in range(x.shape[axis])])
