"""Stages that go record by record. Where nothing is to be caught they are C iterators, and cost nothing of their own."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, filterfalse, repeat, starmap
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple

from weft.bag.kernels.pipeline import Place, Stage, Trail, whole
from weft.bag.kernels.records import BadRecord
from weft.graph.program import name_of
from weft.typing import no_default

__all__ = [
    "Filter", "Flatten", "Given", "Map", "MapPartitions", "MapSafely", "Pluck", "Sparing", "SparingPredicate", "Starmap",
    "Zip", "picker",
]  # fmt: skip


class Given(NamedTuple):
    """An argument of a user's function.

    Attributes
    ----------
    word : str
        Its keyword; "" for a positional one.
    slot : int or None
        Which of the values that the stage gets; None if it is known.
    is_stream : bool
        Whether that value is gone through record by record.
    fixed : object
        The value, if it is known.
    """

    word: str = ""
    slot: int | None = 0
    is_stream: bool = True
    fixed: Any = None


#: The arguments of a function that takes a record and nothing else.
RECORD = (Given(),)


@dataclass(frozen=True, repr=False)
class Map(Stage):
    """``func`` of the records of one or more streams, and of values that are the same for all."""

    label: ClassVar[str] = "map"

    func: Callable[..., Any]
    layout: tuple[Given, ...] = RECORD

    @property
    def title(self) -> str:
        return f"map({name_of(self.func)})"

    @property
    def is_plain(self) -> bool:
        """Whether the function takes a record, and nothing else."""
        return self.layout == RECORD

    def bound(self, values: Sequence[Any]) -> tuple[Callable[..., Any], list[Any]]:
        """The function with all bound to it that is the same for all records, and what it is to be called with."""
        words = {
            each.word: each.fixed if each.slot is None else values[each.slot]
            for each in self.layout
            if each.word and not each.is_stream
        }
        func = partial(self.func, **words) if words else self.func
        named = [each for each in self.layout if each.word and each.is_stream]
        if named:
            func = Keywords(func, tuple([each.word for each in named]))
        positional = [each for each in self.layout if not each.word]
        arguments = [
            values[each.slot] if each.is_stream else repeat(each.fixed if each.slot is None else values[each.slot])  # type: ignore[index]
            for each in [*positional, *named]
        ]
        return func, arguments

    def run(self, *values: Any) -> Iterable[Any]:
        if self.is_plain:
            return map(self.func, values[0])
        func, arguments = self.bound(values)
        if sum(each.is_stream for each in self.layout) == 1:
            return map(func, *arguments)
        return starmap(func, side_by_side(*arguments))


class Keywords:
    """Calls a function with its last arguments under names."""

    def __init__(self, func: Callable[..., Any], words: tuple[str, ...]) -> None:
        self.func = func
        self.words = words

    def __call__(self, *values: Any) -> Any:
        cut = len(values) - len(self.words)
        return self.func(*values[:cut], **dict(zip(self.words, values[cut:], strict=True)))


def side_by_side(*streams: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Records of several streams together; they must be equally many. What is repeated for ever goes along with them."""
    finite = [each for each in streams if type(each) is not repeat]
    try:
        if len(finite) == len(streams):
            yield from zip(*streams, strict=True)
            return
        fixed = [next(each) if type(each) is repeat else None for each in streams]
        moving = [place for place, each in enumerate(streams) if type(each) is not repeat]
        for together in zip(*finite, strict=True):
            for place, record in zip(moving, together, strict=True):
                fixed[place] = record
            yield tuple(fixed)
    except ValueError as error:
        if str(error).startswith("zip() argument"):
            raise ValueError(
                "cannot put bags side by side: partitions at the same place have different lengths. Bags must be made "
                "alike, e.g. by map of one bag; repartition(...) does not make lengths equal."
            ) from None
        raise


@dataclass(frozen=True, repr=False)
class MapSafely(Stage):
    """`Map` that goes on after a record that the function fails for."""

    label: ClassVar[str] = "map"
    placed: ClassVar[bool] = True

    inner: Map
    collect: bool

    @property
    def collects(self) -> bool:  # type: ignore[override]
        return self.collect

    @property
    def title(self) -> str:
        return f"{self.inner.title}, {'collect' if self.collect else 'skip'} errors"

    def run(self, *values: Any) -> Iterable[Any]:
        trail: Trail = values[0]
        func, arguments = self.inner.bound(values[1:])
        return safely(func, side_by_side(*arguments), trail, self.collect)


def safely(
    func: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], trail: Trail, collect: bool
) -> Iterator[Any]:
    """Results, without those of records that the function fails for, or with `BadRecord` in their place."""
    for given in arguments:
        try:
            result = func(*given)
        except Exception as error:
            if collect:
                yield bad_record(given[0] if len(given) == 1 else given, error, trail.place())
            continue
        yield result


def bad_record(record: Any, error: Exception, place: Place | None) -> BadRecord:
    """What stands for a record that could not be dealt with."""
    path, offset = (place.path, place.offset) if place is not None else (None, None)
    return BadRecord(record, f"{type(error).__name__}: {error}", path, offset)


@dataclass(frozen=True, repr=False)
class Sparing(Stage):
    """A stage of one stream that each `BadRecord` goes past, at its place."""

    inner: Stage

    @property
    def label(self) -> str:  # type: ignore[override]
        return self.inner.label

    @property
    def title(self) -> str:
        return self.inner.title

    @property
    def placed(self) -> bool:  # type: ignore[override]
        return self.inner.placed

    def run(self, *values: Any) -> Iterator[Any]:
        cut = int(self.placed)
        return self.spared(values[:cut], iter(values[cut]), values[cut + 1 :])

    def spared(self, trail: Sequence[Any], iterator: Iterator[Any], others: Sequence[Any]) -> Iterator[Any]:
        """What the stage makes of the records up to the next bad one, then that one, and so on."""
        met: list[BadRecord] = []

        def good() -> Iterator[Any]:
            for record in iterator:
                if type(record) is BadRecord:
                    met.append(record)
                    return
                yield record

        while True:
            yield from self.inner.run(*trail, good(), *others)
            if not met:
                return
            yield met.pop()


class SparingPredicate:
    """A predicate that keeps each `BadRecord` that it fails for."""

    def __init__(self, func: Callable[[Any], Any], keeps: bool) -> None:
        self.func = func
        self.keeps = keeps

    def __call__(self, record: Any) -> Any:
        try:
            return self.func(record)
        except Exception:
            if type(record) is BadRecord:
                return self.keeps
            raise

    def __weft_tokenize__(self) -> Any:
        return (self.func, self.keeps)


@dataclass(frozen=True, repr=False)
class Starmap(Stage):
    """``func(*record)``."""

    label: ClassVar[str] = "starmap"

    func: Callable[..., Any]
    layout: tuple[Given, ...] = RECORD

    @property
    def title(self) -> str:
        return f"starmap({name_of(self.func)})"

    def run(self, *values: Any) -> Iterable[Any]:
        words = {each.word: each.fixed if each.slot is None else values[each.slot] for each in self.layout if each.word}
        return starmap(partial(self.func, **words) if words else self.func, values[0])


@dataclass(frozen=True, repr=False)
class Filter(Stage):
    """Records for which a predicate holds, or does not."""

    label: ClassVar[str] = "filter"

    predicate: Callable[[Any], Any] | None
    keeps: bool = True

    @property
    def title(self) -> str:
        word = "filter" if self.keeps else "remove"
        return f"{word}({'bool' if self.predicate is None else name_of(self.predicate)})"

    def run(self, *values: Any) -> Iterable[Any]:
        stream, *given = values
        if given:  # a bag of truths beside it
            kept = ((record, bool(truth)) for record, truth in side_by_side(stream, given[0]))
            return (record for record, truth in kept if truth is self.keeps)
        return filter(self.predicate, stream) if self.keeps else filterfalse(self.predicate, stream)


class Flatten(Stage):
    """The records of records."""

    label: ClassVar[str] = "flatten"

    def run(self, *values: Any) -> Iterable[Any]:
        return chain.from_iterable(values[0])


@dataclass(frozen=True, repr=False)
class Pluck(Stage):
    """An item, or a tuple of items, of each record."""

    label: ClassVar[str] = "pluck"

    key: Any
    default: Any = no_default

    @property
    def title(self) -> str:
        return f"pluck({self.key!r})"

    def run(self, *values: Any) -> Iterable[Any]:
        return map(picker(self.key, self.default), values[0])


def picker(key: Any, default: Any = no_default) -> Callable[[Any], Any]:
    """The function that takes an item, or for a list of keys a tuple of items, of a record."""
    several = isinstance(key, ListOfKeys)
    if default is not no_default:
        return PickAll(tuple(key.keys), default) if several else PickOne(key, default)
    if not several:
        return itemgetter(key)
    if len(key.keys) == 1:
        return PickAll(tuple(key.keys), no_default)
    return itemgetter(*key.keys) if key.keys else PickAll((), no_default)


@dataclass(frozen=True)
class ListOfKeys:
    """Keys of which a tuple of items is taken: a list, as an operand."""

    keys: tuple[Any, ...]

    def __weft_tokenize__(self) -> Any:
        return self.keys

    def __repr__(self) -> str:
        return repr(list(self.keys))


class PickOne:
    """An item of a record, or a default."""

    def __init__(self, key: Any, default: Any) -> None:
        self.key = key
        self.default = default

    def __call__(self, record: Any) -> Any:
        try:
            return record[self.key]
        except (KeyError, IndexError):
            return self.default


class PickAll:
    """A tuple of items of a record."""

    def __init__(self, keys: tuple[Any, ...], default: Any) -> None:
        self.keys = keys
        self.pick = [itemgetter(key) if default is no_default else PickOne(key, default) for key in keys]

    def __call__(self, record: Any) -> Any:
        return tuple([pick(record) for pick in self.pick])


@dataclass(frozen=True, repr=False)
class Zip(Stage):
    """Tuples of the records of several streams."""

    label: ClassVar[str] = "zip"

    count: int

    def run(self, *values: Any) -> Iterable[Any]:
        return side_by_side(*values)


class MatchPattern:
    """Whether a text matches a pattern as the shell's file names do."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __call__(self, text: str) -> bool:
        return fnmatch.fnmatch(text, self.pattern)

    def __weft_tokenize__(self) -> str:
        return self.pattern


@dataclass(frozen=True, repr=False)
class MapPartitions(Stage):
    """A function of whole partitions: lists where there are lists, else streams that can be read once."""

    label: ClassVar[str] = "map_partitions"
    reads_all: ClassVar[bool] = False
    streams: ClassVar[bool] = False

    func: Callable[..., Any]
    layout: tuple[Given, ...]

    @property
    def title(self) -> str:
        return f"map_partitions({name_of(self.func)})"

    def run(self, *values: Any) -> Any:
        arguments: list[Any] = []
        words: dict[str, Any] = {}
        for each in self.layout:
            value = each.fixed if each.slot is None else values[each.slot]
            given = whole(value) if each.is_stream else value
            if each.word:
                words[each.word] = given
            else:
                arguments.append(given)
        return self.func(*arguments, **words)
