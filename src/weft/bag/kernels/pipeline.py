"""What happens to a partition, as one pass: stages that hand streams to each other. HOT: `Pipeline` (benchmark ``bag``).

A *stage* is one operation on a partition: its `run` takes iterables (and plain values) and gives an iterable, as lazy as it
can be, or a value. A *pipeline* is a few stages in a row, which is what a task runs: `map`, `filter` and their like are the
C iterators of the interpreter, so a record passes through all of them before the next one is read, and a partition that is
only counted is never in memory.

**Iterators are consumed once.** Between stages of a pipeline an iterator is handed to one reader; what several read, and
what leaves a task, is a list. A function that users wrote for whole partitions gets a list where there is one already, and
else a `Partition`, which can be read once as a stream and otherwise makes a list of itself.

**Places.** No stage counts records. When something fails, the iterator over the list that the source reads from is asked how
much is left of it, which tells the record and its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from operator import length_hint
from typing import Any, ClassVar

from weft.physical.blockwise import Call
from weft.typing import Function

__all__ = [
    "ENDED_EARLY",
    "Partition",
    "Pipeline",
    "Place",
    "Placed",
    "Stage",
    "Tallied",
    "Trail",
    "compile_pipelines",
    "stored",
    "whole",
]

#: Characters of a record that are shown in errors.
SHOWN = 120
#: What to say where records are left though all seemed to have been read.
ENDED_EARLY = (
    "a function raised StopIteration, which would end the partition here. It comes of next(...) of an iterator without "
    "records; give next a default."
)


@dataclass(frozen=True, repr=False)
class Stage:
    """Base of the operations on partitions; subclasses are frozen dataclasses that travel."""

    #: What people call it.
    label: ClassVar[str] = "stage"
    #: Whether the first value is read as a stream, one record after another.
    streams: ClassVar[bool] = True
    #: Whether what it gives is complete only when the streams have been read to their ends.
    reads_all: ClassVar[bool] = True
    #: Whether `run` is told the trail, to say where a record stands.
    placed: ClassVar[bool] = False
    #: Whether it puts a `BadRecord` in the place of records that it fails for.
    collects: ClassVar[bool] = False

    def run(self, *values: Any) -> Any:
        """An iterable, or a value."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What the pipeline that it is part of says of it."""
        return self.label

    @property
    def __name__(self) -> str:
        return self.title

    def __call__(self, *values: Any) -> Any:
        return Pipeline(((self, tuple(range(len(values)))),), len(values))(*values)

    def __weft_tokenize__(self) -> Any:
        return tuple([getattr(self, each.name) for each in fields(self)])

    def __repr__(self) -> str:
        return self.title


class Trail:
    """What the streams of a pipeline read from, so that the place of a record can be told."""

    __slots__ = ("sources",)

    def __init__(self) -> None:
        self.sources: list[Any] = []

    def place(self) -> Place | None:
        """Where the record stands that was read last."""
        for source in self.sources:
            found: Place | None = source.place()
            if found is not None:
                return found
        return None


@dataclass(frozen=True)
class Place:
    """Where a record stands: its number in the partition, and the file and byte that it comes from, if it does."""

    record: Any
    number: int | None
    path: str | None = None
    offset: int | None = None

    def __str__(self) -> str:
        text = repr(self.record)
        text = text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
        if self.path is not None:
            return f"at the record {text}, byte {self.offset:,} of {self.path}"
        return f"at the record {text}, number {self.number} of its partition"


class Placed:
    """Base of streams that know where their records stand."""

    def place(self) -> Place | None:
        """Where the record stands that was read last."""
        raise NotImplementedError

    def has_more(self) -> bool:
        """Whether the stream has not been read to its end."""
        raise NotImplementedError

    def count_records(self) -> int:
        """How many records there are; the stream is read for it."""
        raise NotImplementedError


class Tallied(Placed):
    """Base of streams that can say how often each record is there, without making them all."""

    def tallies(self) -> Iterator[dict[Any, int]]:
        """Records with their numbers, for one stretch after another; those that come first in front."""
        raise NotImplementedError

    def again(self) -> Iterator[Any]:
        """The records of the stretch whose tally was given last, in their order."""
        raise NotImplementedError

    def point_at(self, record: Any) -> None:
        """Let the place be that where a record of this stretch stands first."""
        raise NotImplementedError


class ListPlace:
    """A list, or range, that is read as a stream."""

    __slots__ = ("items", "iterator")

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.iterator = iter(items)

    def place(self) -> Place | None:
        number = len(self.items) - length_hint(self.iterator) - 1
        # an iterator at its end has let go of the list, and says that nothing is left: the last record may be meant
        return Place(self.items[number], number) if 0 <= number < len(self.items) else None

    def has_more(self) -> bool:
        return length_hint(self.iterator) > 0


class Partition(Sequence[Any]):
    """A partition for a user's function: a stream that is read once, or, where it is asked for more, a list.

    The first loop over it reads the stream. ``len(partition)``, ``partition[i]`` and the like, before that, make a list of
    it, after which it may be read as often as one likes.
    """

    def __init__(self, stream: Any) -> None:
        self._stream: Any = stream
        self._items: list[Any] | None = None
        self._begun = False

    def __iter__(self) -> Iterator[Any]:
        if self._items is not None:
            return iter(self._items)
        if self._begun:
            raise RuntimeError(
                "this partition is a stream, and has been read before: a second loop would find nothing. "
                "Make a list of it first: records = list(partition)."
            )
        self._begun = True
        return iter(self._stream)

    def __next__(self) -> Any:
        if not isinstance(self._stream, Iterator):
            self._stream = iter(self._stream)
        return next(self._stream)

    def _list(self) -> list[Any]:
        if self._items is None:
            self._items = list(iter(self))
        return self._items

    def __len__(self) -> int:
        if self._begun and self._items is None:  # list(partition) asks in passing, and is content with a TypeError
            raise TypeError(
                "this partition is a stream, and is being read: it has no length. Use records = list(partition)."
            )
        return len(self._list())

    def __bool__(self) -> bool:
        return bool(self._list())

    def __getitem__(self, index: Any) -> Any:
        return self._list()[index]

    def __eq__(self, other: object) -> bool:
        return self._list() == (other._list() if isinstance(other, Partition) else other)

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any) -> list[Any]:
        return self._list() + list(other)

    def __repr__(self) -> str:
        return f"<partition: {'a stream' if self._items is None else f'{len(self._items)} records'}>"


class Pipeline:
    """Stages in a row, as the function of a task.

    Parameters
    ----------
    steps : sequence of (Stage, slots)
        Slots below ``arity`` are the values that the task brings; slot ``arity + k`` is what step ``k`` gave.
    arity : int
    """

    __slots__ = ("__name__", "arity", "reads_all", "steps")

    def __init__(self, steps: Sequence[tuple[Stage, tuple[int, ...]]], arity: int) -> None:
        self.steps = tuple(steps)
        self.arity = arity
        self.reads_all = all(stage.reads_all for stage, _ in self.steps)
        self.__name__ = " > ".join([stage.title for stage, _ in self.steps])

    def __call__(self, *values: Any) -> Any:
        held = list(values)
        trail = Trail()
        try:
            for stage, slots in self.steps:
                arguments = [held[slot] for slot in slots]
                if stage.streams and arguments and type(arguments[0]) in (list, range):
                    tracked = ListPlace(arguments[0])
                    trail.sources.append(tracked)
                    arguments[0] = tracked.iterator
                result = stage.run(trail, *arguments) if stage.placed else stage.run(*arguments)
                if isinstance(result, Placed):
                    trail.sources.append(result)
                held.append(result)
            del held, arguments
            result = stored(result)
            if self.reads_all and any(source.has_more() for source in trail.sources):
                raise RuntimeError(ENDED_EARLY)
            return result
        except Exception as error:
            if not getattr(error, "weft_placed", False) and (place := trail.place()) is not None:
                error.add_note(str(place))
            raise

    def __reduce__(self) -> Any:
        return Pipeline, (self.steps, self.arity)

    def __weft_tokenize__(self) -> Any:
        return (self.steps, self.arity)

    def __repr__(self) -> str:
        return f"<pipeline {self.__name__}>"


def stored(value: Any) -> Any:
    """What leaves a task: iterators, also those that are records, become lists; everything else stays as it is."""
    if type(value) is not list:
        if not hasattr(type(value), "__next__") and not isinstance(value, Placed):
            return value
        value = list(value)
    if any(hasattr(kind, "__next__") for kind in set(map(type, value))):
        return [list(each) if hasattr(type(each), "__next__") else each for each in value]
    return value


def whole(value: Any) -> Any:
    """A partition for a user's function: streams as a `Partition`, everything else as it is."""
    return Partition(value) if hasattr(type(value), "__next__") or isinstance(value, Placed) else value


def compile_pipelines(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Runs of stages become single calls; what more than one call reads is stored between them."""
    if not any(isinstance(call.function, Stage) for call in calls):
        return calls
    readers = [0] * len(calls)
    for call in calls:
        for slot in call.slots:
            if slot >= arity:
                readers[slot - arity] += 1
    last = len(calls) - 1
    is_inner = [
        place != last and readers[place] == 1 and isinstance(call.function, Stage) for place, call in enumerate(calls)
    ]
    for call in calls:
        if not isinstance(call.function, Stage):
            for slot in call.slots:
                if slot >= arity:
                    is_inner[slot - arity] = False
    moved: dict[int, int] = {}
    made: list[Call] = []
    for place, call in enumerate(calls):
        if is_inner[place]:
            continue
        if isinstance(call.function, Stage):
            steps, inputs = chain_of(calls, place, arity, is_inner)
            function: Function = Pipeline(steps, len(inputs))
            slots = tuple([slot if slot < arity else moved[slot] for slot in inputs])
            made.append(Call(function, slots, (), call.outline))
        else:
            slots = tuple([slot if slot < arity else moved[slot] for slot in call.slots])
            made.append(call._replace(slots=slots))
        moved[arity + place] = arity + len(made) - 1
    return made


def chain_of(
    calls: Sequence[Call], head: int, arity: int, is_inner: Sequence[bool]
) -> tuple[list[tuple[Stage, tuple[int, ...]]], list[int]]:
    """The stages that end in one call, and the slots of the values that they need from outside."""
    members: list[int] = []
    stack = [head]
    while stack:
        place = stack.pop()
        members.append(place)
        stack.extend(slot - arity for slot in calls[place].slots if slot >= arity and is_inner[slot - arity])
    members = sorted(set(members))
    inputs: list[int] = []
    for place in members:
        for slot in calls[place].slots:
            if (slot < arity or slot - arity not in members) and slot not in inputs:
                inputs.append(slot)
    where = {slot: number for number, slot in enumerate(inputs)}
    for number, place in enumerate(members):
        where[arity + place] = len(inputs) + number
    stages: list[tuple[Any, tuple[int, ...]]] = [
        (calls[place].function, tuple([where[slot] for slot in calls[place].slots])) for place in members
    ]
    return stages, inputs
