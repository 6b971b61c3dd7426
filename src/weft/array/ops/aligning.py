"""Several arrays cut alike: `unify_chunks`, as operations on several arrays do it by themselves."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from math import prod
from typing import Any

from weft.array.base import new
from weft.array.chunks import axis_chunks
from weft.array.io.from_array import asarray
from weft.array.ops.unifying import Indices, unified
from weft.errors import PerformanceWarning

__all__ = ["unify_chunks"]

#: Chunks of a result for each of the most that an operand had, from which a warning is given.
MANY_TIMES = 10


def unify_chunks(*args: Any, warn: bool = True) -> tuple[dict[Hashable, tuple[int, ...]], list[Any]]:
    """Arrays cut alike along axes that have one letter.

    The light operands follow the heavy ones; among operands of about the same size the finer cut is taken.

    Parameters
    ----------
    *args : array-like, indices, array-like, indices, ...
        Arrays, each followed by its index: a letter (any hashable) for each axis. An index of None leaves its array as it is.
    warn : bool
        Warn (with `PerformanceWarning`) where some array gets ten times the chunks that any of them had.

    Returns
    -------
    chunks : dict
        Chunk lengths by letter.
    arrays : list
        The arrays, cut so. Axes of length 1 that are broadcast stay.

    Examples
    --------
    >>> import weft.array as da
    >>> x, y = da.ones(10, chunks=5), da.ones(10, chunks=10)
    >>> chunks, (x, y) = da.unify_chunks(x, "i", y, "i")
    >>> chunks, x.chunks == y.chunks
    ({'i': (5, 5)}, True)
    """
    if len(args) % 2:
        raise TypeError(f"unify_chunks() takes arrays, each followed by its index; it got {len(args)} arguments")
    given: list[tuple[Any, Any]] = list(zip(args[::2], args[1::2], strict=True))
    pairs: list[tuple[Any, Indices | None]] = []
    for value, index in given:
        if index is None:
            pairs.append((value, None))
            continue
        x, letters = asarray(value), tuple(index)
        if x.ndim != len(letters):
            raise ValueError(f"an array with {x.ndim} axes needs as many letters, not {index!r}")
        pairs.append((x.expr, letters))
    before = max([value.nblocks for value, index in pairs if index is not None], default=1)
    made, cuts, lengths = unified(pairs)
    chunks = {letter: axis_chunks(lengths[letter], cut) for letter, cut in cuts.items()}
    arrays = [value if index is None else new(value) for value, index in made]
    after = max([prod(map(len, x.chunks)) for x, (_, index) in zip(arrays, made, strict=True) if index], default=1)
    if warn and after >= MANY_TIMES * before:
        warnings.warn(
            f"unify_chunks() makes {after // before} times as many chunks as the arrays had: rechunk them alike first",
            PerformanceWarning,
            stacklevel=2,
        )
    return chunks, arrays
