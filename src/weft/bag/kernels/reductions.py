"""Reductions: what a partition amounts to, how several such amounts combine, and what is made of the last.

A `Reduction` has three functions. ``partial`` reads a stream once, ``combine`` takes any number of partials in the order of
their partitions, ``finish`` makes the result. `EMPTY` is the partial of a partition without records, where there is no other.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from enum import Enum
from functools import reduce
from itertools import chain, count, islice, repeat
from operator import itemgetter, mul
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Placed, Stage, Tallied, stored, whole
from weft.io.words import add_counts
from weft.typing import no_default

__all__ = [
    "AllOf", "AnyOf", "Combine", "Count", "Distinct", "Extremum", "Finish", "Fold", "Foldby", "Frequencies", "General",
    "Moments", "Partial", "Reduction", "Sum", "TopK",
]  # fmt: skip

#: Records that are summed up at a time.
BATCH = 4096


class Empty(Enum):
    """The type of ``EMPTY``."""

    EMPTY = "nothing"


EMPTY = Empty.EMPTY


@dataclass(frozen=True, repr=False)
class Reduction:
    """Base of the reductions."""

    label: ClassVar[str] = "reduction"
    #: Whether a single partial is combined as well: the user's function makes of it what is wanted.
    always: ClassVar[bool] = False
    #: Whether all records must be read.
    reads_all: ClassVar[bool] = True
    #: Whether a list is better than a stream.
    lists: ClassVar[bool] = False

    def partial(self, stream: Any) -> Any:
        """What a partition amounts to."""
        raise NotImplementedError

    def combine(self, *partials: Any) -> Any:
        """What several amount to."""
        raise NotImplementedError

    def finish(self, partial: Any) -> Any:
        """The result."""
        return partial

    def __weft_tokenize__(self) -> Any:
        return tuple([getattr(self, each.name) for each in fields(self)])

    def __repr__(self) -> str:
        return self.label


@dataclass(frozen=True, repr=False)
class Partial(Stage):
    """The first step of a reduction, as a stage."""

    reduction: Reduction

    @property
    def label(self) -> str:  # type: ignore[override]
        return self.reduction.label

    @property
    def reads_all(self) -> bool:  # type: ignore[override]
        return self.reduction.reads_all

    @property
    def streams(self) -> bool:  # type: ignore[override]
        return not self.reduction.lists

    def run(self, *values: Any) -> Any:
        return self.reduction.partial(values[0])


@dataclass(frozen=True, repr=False)
class Combine:
    """The second step, as a function of blocks."""

    reduction: Reduction

    @property
    def __name__(self) -> str:
        return f"{self.reduction.label}-combine"

    def __call__(self, *partials: Any) -> Any:
        if len(partials) == 1 and not self.reduction.always:
            return partials[0]
        return self.reduction.combine(*partials)

    def __weft_tokenize__(self) -> Any:
        return self.reduction


@dataclass(frozen=True, repr=False)
class Finish:
    """The last step, as a function of a block."""

    reduction: Reduction

    @property
    def __name__(self) -> str:
        return self.reduction.label

    def __call__(self, partial: Any) -> Any:
        return stored(self.reduction.finish(partial))

    def __weft_tokenize__(self) -> Any:
        return self.reduction


class Count(Reduction):
    """Number of records: nothing of them is kept, and lines of text are not even made."""

    label: ClassVar[str] = "count"
    lists: ClassVar[bool] = True

    def partial(self, stream: Any) -> int:
        if isinstance(stream, Placed):
            return stream.count_records()
        try:
            return len(stream)
        except TypeError:
            numbers = count()
            deque(zip(stream, numbers), maxlen=0)
            return next(numbers)

    def combine(self, *partials: Any) -> int:
        return sum(partials)


class Sum(Reduction):
    """Sum of the records."""

    label: ClassVar[str] = "sum"

    def partial(self, stream: Any) -> Any:
        return sum(stream)

    def combine(self, *partials: Any) -> Any:
        return sum(partials)


class AnyOf(Reduction):
    """Whether a record is true."""

    label: ClassVar[str] = "any"
    reads_all: ClassVar[bool] = False

    def partial(self, stream: Any) -> bool:
        return any(stream)

    def combine(self, *partials: Any) -> bool:
        return any(partials)


class AllOf(Reduction):
    """Whether all records are true."""

    label: ClassVar[str] = "all"
    reads_all: ClassVar[bool] = False

    def partial(self, stream: Any) -> bool:
        return all(stream)

    def combine(self, *partials: Any) -> bool:
        return all(partials)


@dataclass(frozen=True, repr=False)
class Extremum(Reduction):
    """The least or the greatest record."""

    label: ClassVar[str] = "extremum"

    function: Callable[..., Any]

    def partial(self, stream: Any) -> Any:
        found = self.function(stream, default=EMPTY)
        return EMPTY if found is EMPTY else (found,)

    def combine(self, *partials: Any) -> Any:
        return self.partial([each[0] for each in partials if each is not EMPTY])

    def finish(self, partial: Any) -> Any:
        if partial is EMPTY:
            raise ValueError(f"{self.function.__name__}() of a bag without records; there is none that could be given.")
        return partial[0]


@dataclass(frozen=True, repr=False)
class Moments(Reduction):
    """Mean, variance or standard deviation, from number, mean and sum of squared differences from it.

    Notes
    -----
    Partials are combined by the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing
    sample variances", 1979), which does not lose digits where the mean is large.
    """

    label: ClassVar[str] = "moments"

    kind: str
    ddof: int = 0

    def partial(self, stream: Any) -> Any:
        iterator = iter(stream)
        if self.kind == "mean":
            number, total = 0, 0
            while batch := list(islice(iterator, BATCH)):
                number += len(batch)
                total += sum(batch)
            return number, total
        state = (0, 0, 0)
        while batch := list(islice(iterator, BATCH)):
            mean = sum(batch) / len(batch)
            apart = [each - mean for each in batch]
            state = together(state, (len(batch), mean, sum(map(mul, apart, apart))))
        return state

    def combine(self, *partials: Any) -> Any:
        if self.kind == "mean":
            return sum(each[0] for each in partials), sum(each[1] for each in partials)
        return reduce(together, partials)

    def finish(self, partial: Any) -> Any:
        if self.kind == "mean":
            number, total = partial
            if not number:
                raise ZeroDivisionError("mean() of a bag without records")
            return total / number
        number, _, squares = partial
        if number <= self.ddof:
            raise ZeroDivisionError(
                f"{self.kind}(ddof={self.ddof}) needs more than {self.ddof} records; the bag has {number}"
            )
        variance = squares / (number - self.ddof)
        return variance if self.kind == "var" else math.sqrt(variance)


def together(one: Any, other: Any) -> Any:
    """Number, mean and squares of two groups of records as one."""
    if not one[0] or not other[0]:
        return one if one[0] else other
    number = one[0] + other[0]
    apart = other[1] - one[1]
    mean = one[1] + apart * other[0] / number
    return number, mean, one[2] + other[2] + apart * apart * one[0] * other[0] / number


@dataclass(frozen=True, repr=False)
class Fold(Reduction):
    """``binop`` over the records of a partition, ``combined`` over what that gives."""

    label: ClassVar[str] = "fold"

    binop: Callable[[Any, Any], Any]
    combined: Callable[[Any, Any], Any]
    initial: Any = no_default

    def partial(self, stream: Any) -> Any:
        if self.initial is not no_default:
            return (reduce(self.binop, stream, self.initial),)
        iterator = iter(stream)
        for first in iterator:
            return (reduce(self.binop, iterator, first),)
        return EMPTY

    def combine(self, *partials: Any) -> Any:
        found = [each[0] for each in partials if each is not EMPTY]
        return (reduce(self.combined, found),) if found else EMPTY

    def finish(self, partial: Any) -> Any:
        if partial is EMPTY:
            raise TypeError("fold() of a bag without records needs initial=, which is then the result.")
        return partial[0]


@dataclass(frozen=True, repr=False)
class General(Reduction):
    """A user's functions of a partition, and of a list of what that gives."""

    always: ClassVar[bool] = True
    reads_all: ClassVar[bool] = False
    lists: ClassVar[bool] = True

    perpartition: Callable[[Any], Any]
    aggregate: Callable[[Any], Any]
    title: str | None = None

    @property
    def label(self) -> str:  # type: ignore[override]
        return self.title or "reduction"

    def partial(self, stream: Any) -> Any:
        return stored(self.perpartition(whole(stream)))

    def combine(self, *partials: Any) -> Any:
        return stored(self.aggregate(list(partials)))

    def finish(self, partial: Any) -> Any:
        return partial


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


def first_of_each(key: Callable[[Any], Any], stream: Iterable[Any]) -> Iterator[Any]:
    """Records whose keys have not been met before."""
    seen = set()
    for record in stream:
        found = key(record)
        if found not in seen:
            seen.add(found)
            yield record


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
