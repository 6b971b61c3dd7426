"""Random choices from streams. Every partition draws from a generator of its own, made of the seed and its number."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Stage
from weft.bag.kernels.reductions import Reduction

__all__ = ["Bernoulli", "Choices", "Drawn", "Sample", "generator"]


def generator(seed: Any, *numbers: int) -> Random:
    """A generator that depends on nothing but these."""
    return Random(f"{seed}/{'/'.join(map(str, numbers))}")


@dataclass(frozen=True, repr=False)
class Bernoulli(Stage):
    """Each record with a probability."""

    label: ClassVar[str] = "random_sample"

    prob: float
    seed: Any

    def run(self, *values: Any) -> Iterator[Any]:
        stream, number = values
        draw, prob = generator(self.seed, number).random, self.prob
        return (record for record in stream if draw() < prob)


@dataclass(frozen=True, repr=False)
class Drawn(Stage):
    """What a partition brings to a sample of all."""

    reduction: Any

    @property
    def label(self) -> str:  # type: ignore[override]
        return str(self.reduction.label)

    @property
    def reads_all(self) -> bool:  # type: ignore[override]
        return bool(self.reduction.k)

    def run(self, *values: Any) -> Any:
        stream, number = values
        return self.reduction.drawn(stream, generator(self.reduction.seed, number))


@dataclass(frozen=True, repr=False)
class Sample(Reduction):
    """``k`` different records: those with the least of random numbers.

    Partials are lists of (random number, record), sorted; the k least of all are a sample without replacement of all.
    """

    label: ClassVar[str] = "sample"

    k: int
    seed: Any

    def drawn(self, stream: Any, chance: Random) -> list[tuple[float, Any]]:
        """The records of a partition with the least numbers."""
        draw, k = chance.random, self.k
        kept: list[tuple[float, int, Any]] = []  # a heap whose first has the greatest number
        if not k:
            return []
        iterator = iter(stream)
        for place, record in enumerate(iterator):
            kept.append((-draw(), place, record))
            if len(kept) == k:
                break
        heapq.heapify(kept)
        for place, record in enumerate(iterator, len(kept)):
            number = -draw()
            if number > kept[0][0]:
                heapq.heapreplace(kept, (number, place, record))
        return [(-number, record) for number, _, record in sorted(kept, key=itemgetter(0, 1), reverse=True)]

    def combine(self, *partials: Any) -> list[tuple[float, Any]]:
        return list(heapq.merge(*partials, key=itemgetter(0)))[: self.k]

    def finish(self, partial: Any) -> list[Any]:
        if len(partial) < self.k:
            raise ValueError(f"cannot take a sample of {self.k} records: the bag has {len(partial)}")
        return [record for _, record in partial]


@dataclass(frozen=True, repr=False)
class Choices(Reduction):
    """``k`` records that are drawn one by one from all.

    Partials are the number of records, and for each of the k draws a record with the number by which draws are compared: a
    partition of n records brings ``u ** (1 / n)`` for a uniform ``u``, and the greatest wins, which it does with probability
    proportional to n (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """

    label: ClassVar[str] = "choices"

    k: int
    seed: Any

    def drawn(self, stream: Any, chance: Random) -> list[tuple[float, Any]] | None:
        """The draws of a partition, which is read once: each draw knows at which record it changes next."""
        iterator = iter(stream)
        try:
            first = next(iterator)
        except StopIteration:
            return None
        drawn = [first] * self.k
        due = [(next_place(1, chance), draw) for draw in range(self.k)]
        heapq.heapify(due)
        number = 1
        for number, record in enumerate(iterator, 2):
            while due and due[0][0] == number:
                _, draw = due[0]
                drawn[draw] = record
                heapq.heapreplace(due, (next_place(number, chance), draw))
        return [(math.log(1.0 - chance.random()) / number, record) for record in drawn]

    def combine(self, *partials: Any) -> list[tuple[float, Any]] | None:
        found = [each for each in partials if each is not None]
        if not found:
            return None
        return [max(draws, key=itemgetter(0)) for draws in zip(*found, strict=True)]

    def finish(self, partial: Any) -> list[Any]:
        if partial is None and self.k:
            raise ValueError("cannot choose from a bag without records")
        return [record for _, record in partial or ()]


def next_place(place: int, chance: Random) -> int:
    """The record, counted from 1, that replaces a uniform choice from the first ``place`` ones next."""
    return math.floor(place / (1.0 - chance.random())) + 1
