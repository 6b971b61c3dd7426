"""Where the blocks of a run on Ray are, and how tasks are told of them. All that goes through the driver is counted here.

A block is a *place*: a reference, and for small blocks an item of the object behind it. Data of the caller and large
constants become objects when a task first reads them, each once; what is short goes in the letter itself. So do programs.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from weft.backends.contract import Held
from weft.backends.evaluate import PLAIN_SIZES
from weft.backends.packed import pack
from weft.backends.ray_habits import PACKED_NBYTES, Habits, Lessons
from weft.backends.ray_worker import INNER, Letter, Order, Slot
from weft.errors import SerializationError
from weft.graph import Plan, Program
from weft.graph.program import name_of
from weft.sizeof import sizeof
from weft.store.serialize import Serialized, dumps
from weft.system import loaded

__all__ = ["Objects", "Place", "Shape", "Traffic", "sendable", "taken", "value_at"]

#: Constants from this size on go to the object store, once each, instead of along with each task.
SHIPPED_NBYTES = 64 << 10
#: How many of the others are remembered, so that their sizes are not asked again.
LIGHT = 1024
#: Programs up to this size travel with each letter.
PROGRAM_NBYTES = 16 << 10
#: Objects below this size Ray sends through the process that asked for them.
INLINED_NBYTES = 100_000
#: Programs that are remembered.
PROGRAMS = 4096
#: Objects that Ray was told to bring to a node, the last so many.
BROUGHT = 4096


@dataclass
class Traffic:
    """Bytes that went through the driver: what it gave to Ray's stores and took from them, and what Ray sent by it."""

    put: int = 0  #: data and constants of the caller, programs
    fetched: int = 0  #: results for the caller
    messages: int = 0  #: descriptions of tasks, reports
    inlined: int = 0  #: small blocks, on their way in and out

    @property
    def nbytes(self) -> int:
        return self.put + self.fetched + self.messages + self.inlined


class Place(NamedTuple):
    """Where a block is: an object of Ray's, or an item of one."""

    ref: Any
    item: int = -1
    inlined: int = 0  #: bytes that travel with each task that reads the object, because it is small


class Shape(NamedTuple):
    """The blocks of a task in a bundle: how many, and where the first goes, as in an :data:`Order`."""

    nblocks: int
    start: int


class Card:
    """A program that travels: its number, its written form, the habits of its tasks."""

    __slots__ = ("kin", "number", "own", "program", "written")

    def __init__(self, program: Program, number: int, kin: Habits) -> None:
        self.program = program  # it must live as long as it is known by its id
        self.number = number
        self.kin = kin  # habits of all programs with these functions
        self.own = Habits()
        self.written: Any = None  # bytes, or the reference of an object


class Objects:
    """What a run has in Ray's object stores.

    Parameters
    ----------
    plan : Plan
        The columns of tasks.
    data : mapping of int to object
        Blocks that were given.
    lessons : Lessons
        What earlier runs have measured, and later ones will want to know.

    Attributes
    ----------
    places : dict of int to Place
        Where each block is that is there.
    traffic : Traffic
    """

    def __init__(self, ray: Any, plan: Plan, data: Mapping[int, Any], lessons: Lessons) -> None:
        self.places: dict[int, Place] = {}
        self.traffic = Traffic()
        self.introduction: Any = None
        self._ray = ray
        self._plan = plan
        self._data = data
        self._lessons = lessons
        self._constants: dict[int, tuple[Any, Any]] = {}  # by id: the value, which must live on, and its reference
        self._light: dict[int, Any] = {}  # those that go along with each letter, as far as they are remembered
        self._cards: dict[int, Card] = {}  # by id of the program
        self._ncards = 0
        self._brought: OrderedDict[tuple[bytes, int], None] = OrderedDict()  # objects' names, and to which nodes
        self._habits: dict[tuple[int, ...], Habits] = {}  # by functions

    def introduce(self, introduction: Any) -> None:
        """What workers must know of the run from now on."""
        self.introduction = self._ray.put(introduction)

    def put(self, value: Any, name: str = "the value") -> Any:
        """Give a value of the caller to Ray; returns its reference."""
        self.traffic.put += sizeof(value)
        try:
            return self._ray.put(value)
        except Exception:
            dumps(value, name=name)  # raises what is wrong with it
            raise

    def habits_of(self, program: Program) -> Habits:
        """What was measured of a program's tasks, or else of others that run the same functions."""
        card = self._card(program)
        return card.own if card.own.known else card.kin

    def expected_s(self, program: Program, projected: int) -> float | None:
        """How long a task of a program may take whose blocks are projected to have so many bytes; None if nobody knows."""
        card = self._card(program)
        if card.own.known:
            return card.own.seconds
        seconds = card.kin.seconds_for(projected)
        if seconds is None and (lesson := self._lessons.recall(program.name, projected)) is not None:
            return lesson.seconds
        return seconds

    def expected_nbytes(self, program: Program, projected: int) -> int | None:
        """How large the largest block of such a task may be; None if nobody knows."""
        habits = self.habits_of(program)
        if habits.known:
            return habits.nbytes
        lesson = self._lessons.recall(program.name, projected)
        return None if lesson is None else lesson.nbytes

    def seen(self, program: Program, seconds: float, nbytes: int, projected: int) -> None:
        """A task of a program was run; its largest block has so many bytes."""
        card = self._card(program)
        card.own.seen(seconds, nbytes, projected)
        card.kin.seen(seconds, nbytes, projected)
        self._lessons.learn(program.name, projected, seconds, nbytes)

    def write(
        self,
        tasks: Sequence[int],
        shapes: Sequence[Shape],
        made: Mapping[int, int],
        *,
        inner: Collection[int],
        lasting: Mapping[int, int],
        npacked: int,
        timeout: float | None,
        node: int,
        named: bool,
        near: Collection[int],
    ) -> tuple[Any, list[Any], list[Any], list[Any]]:
        """The letter for some tasks, the objects it refers to besides, those it reads that are at its node, and others.

        ``made`` numbers the blocks that the tasks make, ``inner`` are those of them that nobody else reads, ``lasting`` has the
        sizes of blocks that more tasks will read, ``near`` are those that lie at the node.
        """
        plan = self._plan
        references: dict[Any, int] = {}  # to its place among the arguments
        values: list[Any] = []
        orders: list[Order] = []
        programs: dict[int, bytes | int] = {}
        extras: list[Any] = [self.introduction]
        for task, shape in zip(tasks, shapes, strict=True):
            slots = [
                (INNER, made[block]) if block in made else self._block_slot(block, references, values)
                for block in plan.inputs[task]
            ]
            if plan.constants[task]:
                slots += [self._constant_slot(value, references, values) for value in plan.constants[task]]
            card = self._card(plan.programs[task])
            if card.number not in programs:
                written = self._written_program(card)
                if isinstance(written, bytes):
                    programs[card.number] = written
                else:
                    programs[card.number] = len(extras)
                    extras.append(written)
            orders.append((card.number, slots, *shape))
        kept = {
            references[place.ref]: (place.ref.binary(), nbytes)
            for block, nbytes in lasting.items()
            if (place := self.places.get(block)) is not None and place.item < 0
        }
        there = self._at_node(node, tasks, references, near)
        far = [number for ref, number in references.items() if ref not in there]
        letter = Letter(
            orders, values, programs, list(tasks) if named else [], list(inner), kept, far, npacked, timeout, node
        )
        brought = [ref for ref in references if ref not in there]
        return self._written(letter, tasks), extras, [ref for ref in references if ref in there], brought

    def _at_node(self, node: int, tasks: Sequence[int], references: Collection[Any], near: Collection[int]) -> set[Any]:
        """Those of some tasks' objects that lie at a node, or are on their way to it for others; not what Ray sends inline."""
        places = [
            (b, place) for task in tasks for b in self._plan.inputs[task] if (place := self.places.get(b)) is not None
        ]
        inlined = {place.ref for _, place in places if place.inlined}
        made = {place.ref for block, place in places if block in near}
        found = set()
        for ref in references:
            if ref in inlined:
                continue
            name = ref.binary(), node
            if ref in made or name in self._brought:
                found.add(ref)
            else:
                self._brought[name] = None
        while len(self._brought) > BROUGHT:
            self._brought.popitem(last=False)
        return found

    def settle(self, pack: Any, packed: Mapping[int, int], own: Mapping[int, Any], sizes: Mapping[int, int]) -> None:
        """Note where the blocks of a bundle are; those without a size were not made.

        ``packed`` has the items of the pack by block, ``own`` the references of other blocks.
        """
        inlined = self._count_inlined(sum([sizes.get(block, 0) for block in packed]))
        for block, item in packed.items():
            if block in sizes:
                self.places[block] = Place(pack, item, inlined)
        for block, ref in own.items():
            if block in sizes:
                self.places[block] = Place(ref, -1, self._count_inlined(sizes[block]))

    def fetch(self, places: Mapping[int, Place]) -> dict[int, Any]:
        """The values at some places, as the caller's own.

        Raises
        ------
        ray.exceptions.RayError
            One is lost.
        """
        refs = list(dict.fromkeys([place.ref for place in places.values()]))
        found = dict(zip(refs, self._ray.get(refs), strict=True))
        return {block: taken(value_at(place, found[place.ref])) for block, place in places.items()}

    def close(self) -> None:
        """Let go of everything."""
        self.places.clear()
        self.forget_constants()
        self._cards.clear()
        self.introduction = None

    def forget_constants(self) -> None:
        """Let go of constants: tasks that come may bring others at the same addresses."""
        self._constants.clear()
        self._light.clear()

    def _count_inlined(self, nbytes: int) -> int:
        inlined = nbytes if nbytes < INLINED_NBYTES else 0
        self.traffic.inlined += inlined
        return inlined

    def _block_slot(self, block: int, references: dict[Any, int], values: list[Any]) -> Slot:
        place = self.places.get(block)
        if place is None:
            value = self._data[block]
            if isinstance(value, Held):
                value = value.get()
            if sizeof(value) <= PACKED_NBYTES:
                values.append(value)
                return -1, len(values) - 1
            place = self.places[block] = Place(self.put(value, f"data {self._plan.keys[block]!r}"))
        argument = references.get(place.ref)
        if argument is None:
            argument = references[place.ref] = len(references)
            self.traffic.inlined += place.inlined
        return argument, place.item

    def _constant_slot(self, value: Any, references: dict[Any, int], values: list[Any]) -> Slot:
        reference = None if type(value) in PLAIN_SIZES else self._reference_of(value)
        if reference is not None:
            return references.setdefault(reference, len(references)), -1
        values.append(value)
        return -1, len(values) - 1

    def _reference_of(self, value: Any) -> Any:
        """The object of a constant; None if it goes along with each letter."""
        known = self._constants.get(id(value))
        if known is not None:
            return known[1]
        if id(value) in self._light:
            return None
        if sizeof(value) >= SHIPPED_NBYTES:
            return self._constants.setdefault(id(value), (value, self.put(value)))[1]
        if len(self._light) >= LIGHT:
            self._light.clear()
        self._light[id(value)] = value
        return None

    def _card(self, program: Program) -> Card:
        card = self._cards.get(id(program))
        if card is None:
            functions = tuple([id(step.function) for step in program.steps])
            if len(self._cards) >= PROGRAMS:
                self._forget_programs()
            habits = self._habits.setdefault(functions, Habits())
            card = self._cards[id(program)] = Card(program, self._ncards, habits)
            self._ncards += 1
        return card

    def _forget_programs(self) -> None:
        for key in list(self._cards)[: PROGRAMS // 2]:
            del self._cards[key]
        kept = {tuple([id(step.function) for step in card.program.steps]) for card in self._cards.values()}
        self._habits = {functions: habits for functions, habits in self._habits.items() if functions in kept}

    def _written_program(self, card: Card) -> Any:
        if card.written is None:
            try:
                written = pack(card.program, PROGRAM_NBYTES, f"the function of {card.program.name!r}")
            except SerializationError:
                for step in card.program.steps:
                    dumps(step.function, callables=True, name=f"the function `{name_of(step.function)}`")
                raise
            if isinstance(written, bytes):
                card.written = written
            else:
                card.written = self._ray.put(sendable(written))
                self.traffic.put += written.nbytes
        return card.written

    def _written(self, letter: Letter, tasks: Sequence[int]) -> Any:
        try:
            written = dumps(tuple(letter))
        except SerializationError:
            for task in tasks:
                for position, value in enumerate(self._plan.constants[task]):
                    dumps(value, name=f"argument {position} of task {self._plan.keys[task]!r}")
            raise
        self.traffic.messages += written.nbytes
        return sendable(written)


def sendable(written: Serialized) -> tuple[bytes, list[pickle.PickleBuffer]]:
    """A value written down, as Ray passes it on without copying its buffers into a stream."""
    return written.header, [pickle.PickleBuffer(buffer) for buffer in written.buffers]


def value_at(place: Place, found: Any) -> Any:
    """A block out of the object that has it."""
    return found if place.item < 0 else found[place.item]


def taken(value: Any) -> Any:
    """A result as the caller's own: not a look into the object store, which would stay full and read-only."""
    numpy, pandas = loaded("numpy"), loaded("pandas")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value if value.flags.writeable else value.copy()
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index)):
        return value.copy(deep=True)
    return value
