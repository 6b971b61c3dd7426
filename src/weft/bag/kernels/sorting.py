"""Records in order, over all partitions.

A partition is read a bite at a time. A bite is sorted, written down as bytes, and some of its keys, at regular distances,
are kept as samples. The samples of all partitions give bounds between the targets (Shi and Schaeffer, "Parallel sorting by
regular sampling", 1992). Then every bite is cut at the bounds, and a target sorts what it gets: pieces that are in order
already, which Python's sort only merges.

Equal records stay in the order in which they were met. A key that is as frequent as the records of whole targets is several
bounds at once; its records are then divided among these targets, those of the first partitions first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import itemgetter
from typing import Any, ClassVar

from weft.bag.kernels.groups import Runs, bites, keyed, packed, unpacked
from weft.bag.kernels.pipeline import Stage

__all__ = ["BoundsOf", "CutRuns", "MergeRuns", "Order", "Samples", "SortRuns", "SortWhole"]

#: Bytes of records that are sorted at a time before they are written down.
BITE = 4 << 20
#: Keys of a bite that are kept as samples.
SAMPLES = 64


@dataclass(frozen=True)
class Order:
    """What records are compared by, and whether the greatest comes first."""

    key: Callable[[Any], Any] | None
    reverse: bool

    def __weft_tokenize__(self) -> Any:
        return (self.key, self.reverse)

    def sort(self, records: list[Any]) -> None:
        """Put records in order."""
        with comparing():
            records.sort(key=self.key, reverse=self.reverse)

    def is_before(self, one: Any, other: Any) -> bool:
        """Whether records with one key come before those with another."""
        return bool(other < one if self.reverse else one < other)

    def span(self, records: Sequence[Any], bound: Any) -> tuple[int, int]:
        """Where records with a key begin and end, among sorted ones."""
        key = self.key or same
        first = bisect_left(records, True, key=lambda record: not self.is_before(key(record), bound))
        last = bisect_left(records, True, lo=first, key=lambda record: self.is_before(bound, key(record)))
        return first, last


def same(record: Any) -> Any:
    """The record itself."""
    return record


@contextmanager
def comparing() -> Iterator[None]:
    """What is raised in here is about two records, and says nothing of the one that was read last."""
    try:
        yield
    except Exception as error:
        error.add_note("while records, or their keys, were compared. sort(key=...) says what is compared.")
        error.weft_placed = True  # type: ignore[attr-defined]
        raise


@dataclass(frozen=True, repr=False)
class SortWhole(Stage):
    """A partition in order."""

    label: ClassVar[str] = "sort"

    order: Order

    def run(self, *values: Any) -> list[Any]:
        return in_order(*keyed(values[0], self.order.key), self.order)[1]


@dataclass(frozen=True, repr=False)
class SortRuns(Stage):
    """A partition as samples, ``(key, records that it stands for)``, and sorted runs, which are bytes."""

    label: ClassVar[str] = "sort-runs"

    order: Order

    def run(self, *values: Any) -> tuple[list[tuple[Any, float]], Runs]:
        samples: list[tuple[Any, float]] = []
        pieces: list[Any] = []
        for keys, records in bites(values[0], self.order.key, BITE):
            keys, records = in_order(keys, records, self.order)
            count = min(SAMPLES, len(keys))
            places = [(2 * number + 1) * len(keys) // (2 * count) for number in range(count)]
            samples += [(keys[place], len(keys) / count) for place in places]
            pieces.append(packed(records))
        return samples, Runs(0, [pieces])


def in_order(keys: list[Any], records: list[Any], order: Order) -> tuple[list[Any], list[Any]]:
    """Keys and records in order."""
    with comparing():
        if keys is records:
            records.sort(reverse=order.reverse)
            return records, records
        places = sorted(range(len(keys)), key=keys.__getitem__, reverse=order.reverse)
        return [keys[place] for place in places], [records[place] for place in places]


class Samples(Stage):
    """The samples of a partition."""

    label: ClassVar[str] = "sort-samples"
    streams: ClassVar[bool] = False

    run = staticmethod(itemgetter(0))


@dataclass(frozen=True, repr=False)
class BoundsOf:
    """Bounds between targets, of the samples of all partitions: keys, and how many bounds each of them is."""

    order: Order
    ntargets: int

    def __call__(self, told: Any, *samples: list[tuple[Any, float]]) -> list[tuple[Any, int]]:
        with comparing():
            every = sorted(chain.from_iterable(samples), key=itemgetter(0), reverse=self.order.reverse)
            share = sum(weight for _, weight in every) / self.ntargets
            bounds: list[tuple[Any, int]] = []
            passed, target = 0.0, 1
            for key, weight in every:
                passed += weight
                count = min(int(passed / share), self.ntargets - 1) - target + 1
                if count <= 0:
                    continue
                target += count
                if bounds and not self.order.is_before(bounds[-1][0], key):
                    count += bounds.pop()[1]
                bounds.append((key, count))
            return bounds

    def __weft_tokenize__(self) -> Any:
        return (self.order, self.ntargets)


@dataclass(frozen=True, repr=False)
class CutRuns(Stage):
    """The runs of a partition, cut at the bounds."""

    label: ClassVar[str] = "sort-cut"
    streams: ClassVar[bool] = False

    order: Order
    ntargets: int

    def run(self, *values: Any) -> Runs:
        (_, runs), bounds, (number, npartitions) = values
        pieces: list[list[Any]] = [[] for _ in range(self.ntargets)]
        for piece in runs.pieces[0]:
            records = unpacked(piece)
            ends = [0]
            for bound, count in bounds:
                first, last = self.order.span(records, bound)
                before = number * (count + 1) // npartitions  # of these targets that others fill
                ends += [first] * before + [last] * (count - before)
            ends += [len(records)] * (self.ntargets + 1 - len(ends))
            for target, (low, high) in enumerate(pairwise(ends)):
                if low < high:
                    pieces[target].append(packed(records[low:high]))
        return Runs(0, pieces)


@dataclass(frozen=True, repr=False)
class MergeRuns(Stage):
    """The records of one target, in order."""

    label: ClassVar[str] = "sort"
    streams: ClassVar[bool] = False

    order: Order

    def run(self, *values: Any) -> list[Any]:
        (pieces,) = values[0].pieces
        records = [record for piece in pieces for record in unpacked(piece)]
        self.order.sort(records)
        return records
