"""Chunk arithmetic: how an axis is cut, in a form whose size does not depend on the number of chunks.

Users see chunks as tuples of lengths, ``((3, 3, 1), (4,))``. Inside, an axis has a *cut*: a number ``c`` where all chunks
but the last are ``c`` long and the last is no longer (the common case, however many there are), and the tuple of lengths
otherwise. Cuts are canonical, so equal layouts have equal cuts; a *grid* is a tuple of cuts, one for each axis.

Some lengths are not known before something is computed: how many elements a mask selects, say. Such an axis has an
`UnknownCut`: a symbol that says what the lengths are the lengths *of*, how many chunks there are, and how the lengths can
be counted. Its length is an `UnknownLength`: NaN to those who compute with it, and equal to itself alone, so that axes
with one symbol are known to be aligned though nobody knows how long they are. (Users have one that counts itself: see
`weft.array.ops.lengths`.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import nan
from operator import index
from typing import Any, NamedTuple, Self, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

__all__ = [
    "Chunks",
    "Cut",
    "Grid",
    "Piece",
    "UnknownCut",
    "UnknownLength",
    "as_number",
    "as_tuple",
    "axis_chunks",
    "axis_count",
    "axis_largest",
    "common_cut",
    "compress",
    "is_unknown",
    "overlaps",
    "pieces",
    "sliced_cut",
]

Cut: TypeAlias = "int | tuple[int, ...] | UnknownCut"
Grid: TypeAlias = "tuple[Cut, ...]"
Chunks: TypeAlias = "tuple[tuple[int, ...], ...]"


class UnknownLength(float):
    """The length of an axis that nobody has counted yet: NaN, and equal to the same length only.

    >>> a, b = UnknownLength("rows"), UnknownLength("rows")
    >>> a, a == b, a == UnknownLength("others"), a != a
    (nan, True, False, False)
    """

    symbol: str

    def __new__(cls, symbol: str) -> Self:
        self = super().__new__(cls, "nan")
        self.symbol = symbol
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownLength) and other.symbol == self.symbol

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.symbol)

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownLength, (self.symbol,)

    def __weft_tokenize__(self) -> str:
        return self.symbol


class UnknownCut:
    """How an axis is cut whose lengths have not been counted.

    Cuts with one symbol are one object as long as somebody holds it, so that what is counted for one array is known for
    all that share it.

    Parameters
    ----------
    symbol : str
        What the lengths are the lengths of: equal symbols mean equal lengths.
    count : int
        Number of chunks.
    bound : int, optional
        No chunk is longer than this.
    counts : expression, optional
        A one-dimensional array expression of the ``count`` lengths. Without it they are counted by computing an array
        that has them.
    """

    __slots__ = ("__weakref__", "bound", "count", "counts", "lengths", "symbol")

    symbol: str
    count: int
    bound: int | None
    counts: Any
    lengths: tuple[int, ...] | None  #: once they have been counted

    def __new__(cls, symbol: str, count: int, bound: int | None = None, counts: Any = None) -> UnknownCut:
        found = UNKNOWN.get(symbol)
        if found is not None and found.count == count:
            return found
        self = super().__new__(cls)
        self.symbol, self.count, self.bound, self.counts, self.lengths = symbol, count, bound, counts, None
        UNKNOWN[symbol] = self
        return self

    @property
    def length(self) -> UnknownLength:
        """The length of an axis that is cut so."""
        return UnknownLength(self.symbol)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownCut) and (self.symbol, self.count) == (other.symbol, other.count)

    def __hash__(self) -> int:
        return hash(self.symbol)

    def __repr__(self) -> str:
        return f"<{self.count} chunks of unknown lengths>"

    def __reduce__(self) -> tuple[Any, ...]:
        return UnknownCut, (self.symbol, self.count, self.bound, self.counts)

    def __weft_tokenize__(self) -> tuple[str, int]:
        return self.symbol, self.count


#: Cuts by symbol, as long as they are in use.
UNKNOWN: WeakValueDictionary[str, UnknownCut] = WeakValueDictionary()


def is_unknown(length: Any) -> bool:
    """Whether a length is one that nobody has counted."""
    return length != length or isinstance(length, UnknownLength)


def as_number(value: Any) -> Any:
    """A length of which a user makes a number, counted; other values as they are."""
    return index(value) if isinstance(value, UnknownLength) else value  # type: ignore[arg-type]


def as_tuple(value: Any) -> tuple[Any, ...]:
    """One axis or length, or several, as a tuple; an array of integers is several, though it seems to be an index.

    >>> as_tuple(2), as_tuple([2, 0]), len(as_tuple(np.array([2, 0])))
    ((2,), (2, 0), 2)
    """
    return (value,) if hasattr(value, "__index__") and not getattr(value, "ndim", 0) else tuple(value)


def compress(lengths: Sequence[int]) -> Cut:
    """The cut for chunk lengths.

    >>> compress((3, 3, 1)), compress((3, 1, 3)), compress((0,))
    (3, (3, 1, 3), 1)
    """
    lengths = tuple(lengths)
    first = lengths[0]
    if len(lengths) == 1:
        return max(1, first)
    if first > 0 and 0 < lengths[-1] <= first and lengths[:-1].count(first) == len(lengths) - 1:
        return first
    return lengths


def regular(length: int, size: int) -> int:
    """The canonical cut for chunks of one size."""
    return max(1, min(length, size))


def axis_chunks(length: int, cut: Cut) -> tuple[int, ...]:
    """Lengths of an axis' chunks; NaN where they are unknown."""
    if isinstance(cut, UnknownCut):
        return (nan,) * cut.count  # type: ignore[return-value]
    if isinstance(cut, tuple):
        return cut
    if length == 0:
        return (0,)
    whole, rest = divmod(length, cut)
    return (cut,) * whole + ((rest,) if rest else ())


def axis_count(length: int, cut: Cut) -> int:
    """How many chunks an axis has."""
    if isinstance(cut, UnknownCut):
        return cut.count
    return len(cut) if isinstance(cut, tuple) else max(1, -(-length // cut))


def axis_largest(length: int, cut: Cut) -> int:
    """Length of an axis' longest chunk; the bound where it is unknown, or 1 if there is none."""
    if isinstance(cut, UnknownCut):
        return 1 if cut.bound is None else cut.bound
    return max(cut) if isinstance(cut, tuple) else min(length, cut)


def finer(length: int, cut: Cut, size: int) -> Cut:
    """A cut whose chunks are those of another, divided evenly where they are longer than ``size``."""
    made: list[int] = []
    for each in axis_chunks(length, cut):
        parts = max(1, -(-each // max(1, size)))
        made.extend([(place + 1) * each // parts - place * each // parts for place in range(parts)])
    return compress(sorted(made, reverse=True) if isinstance(cut, int) else made)


class Piece(NamedTuple):
    """A part of one chunk: ``block`` along its axis, and the slice within it."""

    block: int
    where: slice


def pieces(length: int, cut: Cut, start: int, step: int, count: int) -> tuple[Cut, tuple[Piece, ...]]:
    """What ``count`` positions from ``start`` in steps take of each chunk of an axis, and how the result is cut.

    >>> pieces(10, 4, 2, 3, 2)
    (1, (Piece(block=0, where=slice(2, 3, 3)), Piece(block=1, where=slice(1, 2, 3))))
    """
    if count == 0:
        return 1, (Piece(0, slice(0, 0, 1)),)
    blocks, heads, counts = touched(length, cut, start, step, count)
    found = []
    for block, head, each in zip(blocks.tolist(), heads.tolist(), counts.tolist(), strict=True):
        if step > 0:
            found.append(Piece(block, slice(head, head + (each - 1) * step + 1, step)))
        else:
            after = head + each * step
            found.append(Piece(block, slice(head, after if after >= 0 else None, step)))
    return compress(counts.tolist()), tuple(found)


def sliced_cut(length: int, cut: Cut, start: int, step: int, count: int) -> Cut:
    """How positions from ``start`` in steps are cut; see `pieces`.

    >>> sliced_cut(10**12, 10**6, 10**6, 2, 10**9), sliced_cut(10, 4, 1, 1, 9)
    (500000, (3, 4, 2))
    """
    if count == 0:
        return 1
    if isinstance(cut, int) and step > 0 and start % cut == 0 and cut % step == 0:
        return regular(count, cut // step)
    return compress(touched(length, cut, start, step, count)[2].tolist())


def touched(length: int, cut: Cut, start: int, step: int, count: int) -> tuple[Any, Any, Any]:
    """The chunks that positions from ``start`` in steps lie in: numbers, the first place in each, how many places.

    Arrays, in the order of the positions; what they cost goes with the chunks that are touched, not with those there are.
    """

    if isinstance(cut, UnknownCut):
        raise ValueError("cannot take part of an axis whose length is not known: count it first")
    last = start + (count - 1) * step
    low, high = min(start, last), max(start, last)
    if isinstance(cut, int) and count <= high // cut - low // cut:
        positions = start + step * np.arange(count)
        numbers = positions // cut
        begins = np.flatnonzero(np.diff(numbers, prepend=-1))
        return numbers[begins], (positions - numbers * cut)[begins], np.diff(begins, append=count)
    if isinstance(cut, int):
        blocks = np.arange(low // cut, high // cut + 1)
        firsts, ends = blocks * cut, np.minimum(length, (blocks + 1) * cut)
    else:
        edges = np.cumsum((0, *cut))
        left = int(np.searchsorted(edges, low, side="right")) - 1
        right = int(np.searchsorted(edges, high, side="right"))
        blocks, firsts, ends = np.arange(left, right), edges[left:right], edges[left + 1 : right + 1]
    if step > 0:
        begins = np.maximum(0, -((start - firsts) // step))
        stops = np.minimum(count, -((start - ends) // step))
    else:
        blocks, firsts, ends = blocks[::-1], firsts[::-1], ends[::-1]
        begins = np.maximum(0, -((ends - 1 - start) // -step))
        stops = np.minimum(count, (start - firsts) // -step + 1)
    counts = stops - begins
    wanted = counts > 0
    blocks, firsts, begins, counts = blocks[wanted], firsts[wanted], begins[wanted], counts[wanted]
    return blocks, start + begins * step - firsts, counts


def overlaps(source: tuple[int, ...], target: tuple[int, ...]) -> list[list[Piece]]:
    """For each chunk of ``target`` the pieces of ``source`` chunks that make it, in order.

    >>> overlaps((4, 2), (3, 3))[1]
    [Piece(block=0, where=slice(3, 4, None)), Piece(block=1, where=slice(0, 2, None))]
    """
    made: list[list[Piece]] = []
    block, used = 0, 0
    for wanted in target:
        parts: list[Piece] = []
        missing = wanted
        while missing:
            left = source[block] - used
            if left == 0:
                block, used = block + 1, 0
                continue
            taken = min(left, missing)
            parts.append(Piece(block, slice(used, used + taken)))
            used += taken
            missing -= taken
        made.append(parts or [Piece(min(block, len(source) - 1), slice(0, 0))])
    return made


def common_cut(length: int, cuts: Sequence[tuple[Cut, int]]) -> Cut:
    """One cut for operands that are cut differently along an axis.

    Splitting a chunk is nearly free, merging chunks moves bytes: so the light operands follow the heaviest. Among operands
    of about the same weight the finer cut wins, as long as the common refinement does not shatter them.

    Parameters
    ----------
    length : int
    cuts : sequence of (Cut, int)
        The cuts, and the bytes of the operand that has each.
    """
    if length == 0:
        return 1
    heaviest = max(weight for _, weight in cuts)
    heavy = list(dict.fromkeys(cut for cut, weight in cuts if weight * 2 >= heaviest))
    if len(heavy) == 1:
        return heavy[0]
    counts = [axis_count(length, cut) for cut in heavy]
    ends = sorted({end for cut in heavy for end in accumulate(axis_chunks(length, cut))} | {0})
    refined = [end - start for start, end in pairwise(ends)]
    if len(refined) <= 2 * max(counts):
        return compress(refined) if refined else 1
    return heavy[counts.index(max(counts))]
