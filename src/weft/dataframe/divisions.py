"""Divisions: the index values at the edges of partitions, and what can be told from them.

``divisions[i] <= index < divisions[i + 1]`` holds in partition ``i``; in the last one the end belongs to it. A frame sorted by
values that nobody has looked at yet has divisions all the same: they are `Deferred`, a sequence whose length is known and
whose values are found when somebody asks for one of them.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from weft.records import record

__all__ = [
    "Deferred",
    "Pieces",
    "by_frequency",
    "check_divisions",
    "checked_count",
    "interpolated",
    "is_at_hand",
    "orders_as_values",
    "pieces_between",
    "union_of",
]


class Deferred(Sequence[Any]):
    """Divisions that are found by a small computation when one of them is looked at."""

    __slots__ = ("_length", "_make", "_values")

    def __init__(self, length: int, make: Callable[[], tuple[Any, ...]]) -> None:
        self._length = length
        self._make = make
        self._values: tuple[Any, ...] | None = None

    @property
    def is_known(self) -> bool:
        """Whether they have been looked at."""
        return self._values is not None

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        return iter(self._found())

    def __getitem__(self, place: Any) -> Any:
        return self._found()[place]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, (tuple, Deferred)) and self._found() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._found())

    def __repr__(self) -> str:
        return repr(self._values) if self._values is not None else f"<{self._length} divisions, not looked at yet>"

    def _found(self) -> tuple[Any, ...]:
        if self._values is None:
            self._values = tuple(self._make())
        return self._values

    def __reduce__(self) -> tuple[Any, ...]:
        return (tuple, (self._found(),))


def is_at_hand(divisions: Sequence[Any] | None) -> bool:
    """Whether divisions are known without computing anything."""
    return divisions is not None and (not isinstance(divisions, Deferred) or divisions.is_known)


def orders_as_values(dtype: Any) -> bool:
    """Whether rows in order of such labels are in order of their values, which divisions are compared by.

    >>> orders_as_values(pd.CategoricalDtype(["low", "high"]))
    False
    """
    return not isinstance(dtype, pd.CategoricalDtype) or bool(dtype.categories.is_monotonic_increasing)


def checked_count(count: Any) -> int:
    """A number of partitions that a user gives."""
    if isinstance(count, bool) or not hasattr(count, "__index__"):
        raise TypeError(f"npartitions is a number of partitions, not {count!r}")
    if count < 1:
        raise ValueError(f"npartitions is at least 1; it is {count}")
    return int(count.__index__())


def check_divisions(divisions: Any, operation: str) -> tuple[Any, ...]:
    """Divisions that a user gives, as a tuple.

    Raises
    ------
    ValueError
        They are too few, out of order, or the same value stands twice (other than at the end).
    """
    values = tuple(divisions)
    if len(values) < 2:
        raise ValueError(
            f"{operation}: divisions are the edges of partitions, at least 2 values; there are {len(values)}"
        )
    if any(pd.isna(each) for each in values):
        raise ValueError(f"{operation}: divisions are values of the index; one of {values} is missing")
    try:
        is_rising = all(a <= b for a, b in pairwise(values))
    except TypeError as error:
        raise TypeError(f"{operation}: divisions must be comparable with one another: {error}") from None
    if not is_rising:
        raise ValueError(
            f"{operation}: divisions must be sorted, from the least index value to the greatest; given are {values}"
        )
    if any(a == b for a, b in pairwise(values[:-1])):
        raise ValueError(
            f"{operation}: divisions must be unique, except that the last may stand twice; given are {values}"
        )
    return values


def union_of(every: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Divisions that have every edge of several.

    >>> union_of([(0, 5, 10), (3, 10)])
    (0, 3, 5, 10)
    """
    values: list[Any] = []
    for each in sorted([value for own in every for value in own]):
        if not values or values[-1] != each:
            values.append(each)
    return tuple(values if len(values) > 1 else values * 2)


def interpolated(divisions: Sequence[Any], count: int) -> tuple[Any, ...] | None:
    """Divisions with ``count`` partitions, new edges lying evenly between the old ones; None if values cannot be split.

    >>> interpolated((0, 10), 4)
    (0, 2, 5, 7, 10)
    """
    kind = pd.Index(divisions).dtype
    if kind.kind not in "iufmM":
        return None
    values = pd.Index(divisions)
    is_time = kind.kind in "mM"
    numbers = values.asi8 if is_time else values.to_numpy()
    places = np.linspace(0, len(divisions) - 1, count + 1)
    made = np.interp(places, np.arange(len(divisions)), numbers.astype("float64"))
    if is_time or kind.kind in "iu":
        exact = np.clip(np.floor(made).astype("int64"), int(numbers[0]), int(numbers[-1]))
        exact[0], exact[-1] = numbers[0], numbers[-1]
        unique = np.unique(exact)
        if is_time:
            found = list(pd.Index(unique.view(f"{kind.kind}8[{values.unit}]")))
            if getattr(kind, "tz", None) is not None:
                found = [each.tz_localize("UTC").tz_convert(kind.tz) for each in found]
        else:
            found = unique.tolist()
    else:
        made[0], made[-1] = numbers[0], numbers[-1]
        found = np.unique(made).tolist()
    return tuple(found if len(found) > 1 else found * 2)


def by_frequency(divisions: Sequence[Any], freq: Any) -> tuple[Any, ...]:
    """Divisions at every step of a frequency, from the first to the last of some others."""
    first, last = pd.Timestamp(divisions[0]), pd.Timestamp(divisions[-1])
    try:
        start = first.floor(freq)
    except ValueError:
        start = first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        edges = list(pd.date_range(start=start, end=last, freq=freq))
    if not edges:
        return (first, last)
    if edges[0] > first:
        edges[0:0] = [first]
    edges[0] = min(edges[0], first)
    if edges[-1] < last or len(edges) == 1:
        edges.append(last)
    return tuple(edges)


@record
class Pieces:
    """Which source partitions each partition is made of, and what its merge is told."""

    pieces: tuple[tuple[tuple[int, ...], Any], ...]

    def __weft_tokenize__(self) -> Any:
        return self.pieces

    def reads(self) -> list[tuple[tuple[int, ...], Any]]:
        return list(self.pieces)


def pieces_between(old: Sequence[Any], new: Sequence[Any]) -> Pieces:
    """For partitions between new divisions: the old ones that have a part in it, and from where to where.

    >>> pieces_between((0, 5, 10), (0, 3, 10)).reads()
    [((0,), (0, 3, False)), ((0, 1), (3, 10, True))]
    """
    count = len(old) - 1
    found: list[tuple[tuple[int, ...], Any]] = []
    for place, (low, high) in enumerate(pairwise(new)):
        is_last = place == len(new) - 2
        first = max(0, bisect_left(old, low) - 1)
        while first < count - 1 and old[first + 1] <= low and old[first + 1] != old[first]:
            first += 1
        stop = first
        while stop < count and (old[stop] < high or (is_last and old[stop] <= high)):
            stop += 1
        numbers = tuple(range(first, stop)) or (min(first, count - 1),)
        found.append((numbers, (low, high, is_last)))
    return Pieces(tuple(found))
