"""Reductions: what a partition amounts to, how several such amounts combine, and what is made of the last.

A `Reduction` has three functions. ``partial`` reads a stream once, ``combine`` takes any number of partials in the order of
their partitions, ``finish`` makes the result. `EMPTY` is the partial of a partition without records, where there is no other.
Statistics, and what is told by keys, have modules of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from functools import reduce
from itertools import count
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Placed, Stage, stored, whole
from weft.typing import no_default

__all__ = [
    "AllOf", "AnyOf", "Combine", "Count", "Extremum", "Finish", "Fold", "General", "Partial", "Reduction", "Sum",
]  # fmt: skip


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
