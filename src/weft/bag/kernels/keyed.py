"""Reductions that tell records apart by keys, or rank them by keys: counts, folds by key, different records, the largest."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Tallied
from weft.bag.kernels.reductions import Reduction
from weft.io.words import add_counts
from weft.typing import no_default

__all__ = ["Distinct", "Foldby", "Frequencies", "TopK", "first_of_each"]


@dataclass(frozen=True, repr=False)
class Frequencies(Reduction):
    """How often each record is there."""

    label: ClassVar[str] = "frequencies"

    sort: bool = False

    def partial(self, stream: Any) -> dict[Any, int]:
        return self.combine(*stream.tallies()) if isinstance(stream, Tallied) else dict(Counter(stream))

    def combine(self, *partials: Any) -> dict[Any, int]:
        total: dict[Any, int] = {}
        for each in partials:
            add_counts(total, each)
        return total

    def finish(self, partial: Any) -> list[tuple[Any, int]]:
        return sorted(partial.items(), key=itemgetter(1), reverse=True) if self.sort else list(partial.items())


@dataclass(frozen=True, repr=False)
class Distinct(Reduction):
    """Records, or those of different keys: of equal ones the first."""

    label: ClassVar[str] = "distinct"

    key: Callable[[Any], Any] | None = None

    def partial(self, stream: Any) -> list[Any]:
        if self.key is None:
            if isinstance(stream, Tallied):
                stream = chain.from_iterable(stream.tallies())
            return list(dict.fromkeys(stream))
        return list(first_of_each(self.key, stream))

    def combine(self, *partials: Any) -> list[Any]:
        return self.partial(chain.from_iterable(partials))


@dataclass(frozen=True, repr=False)
class TopK(Reduction):
    """The largest records, largest first."""

    label: ClassVar[str] = "topk"

    k: int
    key: Callable[[Any], Any] | None = None

    @property
    def reads_all(self) -> bool:  # type: ignore[override]
        return self.k > 0

    def partial(self, stream: Any) -> list[Any]:
        return heapq.nlargest(self.k, stream, key=self.key)

    def combine(self, *partials: Any) -> list[Any]:
        return self.partial(chain.from_iterable(partials))


@dataclass(frozen=True, repr=False)
class Foldby(Reduction):
    """A fold for each key."""

    label: ClassVar[str] = "foldby"

    key: Callable[[Any], Any]
    binop: Callable[[Any, Any], Any]
    initial: Any
    combined: Callable[[Any, Any], Any]
    combine_initial: Any

    def partial(self, stream: Any) -> dict[Any, Any]:
        totals: dict[Any, Any] = {}
        if not isinstance(stream, Tallied):
            self.fold(totals, stream)
            return totals
        is_one_to_one = True
        for tally in stream.tallies():
            is_one_to_one = is_one_to_one and self.fold_equal(totals, tally, stream)
            if not is_one_to_one:
                self.fold(totals, stream.again())
        return totals

    def fold(self, totals: dict[Any, Any], stream: Iterable[Any]) -> None:
        """Fold records into the totals of their keys."""
        key, binop = self.key, self.binop
        if self.initial is no_default:
            for record in stream:
                found = key(record)
                if found in totals:
                    totals[found] = binop(totals[found], record)
                else:
                    totals[found] = record
            return
        initial, known = self.initial, totals.get
        if callable(initial):
            for record in stream:
                found = key(record)
                totals[found] = binop(totals[found] if found in totals else initial(), record)
            return
        for record in stream:
            found = key(record)
            totals[found] = binop(known(found, initial), record)

    def fold_equal(self, totals: dict[Any, Any], tally: dict[Any, int], stream: Tallied) -> bool:
        """Fold equal records one after another, if none with another value has the same key: else their order is needed."""
        record = None
        try:
            keys = []
            for record in tally:
                keys.append(self.key(record))
            if len(set(keys)) < len(keys):
                return False
            for found, (record, number) in zip(keys, tally.items(), strict=True):
                left = repeat(record, number)
                if found in totals:
                    total = totals[found]
                elif self.initial is no_default:
                    total = next(left)
                else:
                    total = self.initial() if callable(self.initial) else self.initial
                totals[found] = reduce(self.binop, left, total)
        except Exception:
            stream.point_at(record)
            raise
        return True

    def combine(self, *partials: Any) -> dict[Any, Any]:
        first, *others = partials
        totals = dict(first)
        combined = self.combined
        for each in others:
            for found, total in each.items():
                totals[found] = combined(totals[found], total) if found in totals else total
        return totals

    def finish(self, partial: Any) -> list[tuple[Any, Any]]:
        start = self.combine_initial
        if start is no_default:
            return list(partial.items())
        return [
            (found, self.combined(start() if callable(start) else start, total)) for found, total in partial.items()
        ]


def first_of_each(key: Callable[[Any], Any], stream: Iterable[Any]) -> Iterator[Any]:
    """Records whose keys have not been met before."""
    seen = set()
    for record in stream:
        found = key(record)
        if found not in seen:
            seen.add(found)
            yield record
