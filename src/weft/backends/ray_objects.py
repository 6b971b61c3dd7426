"""Where the blocks of a run on Ray are, and how tasks are told of them. All that goes through the driver is counted here.

A block is a *place*: a reference, and for small blocks an item of the object behind it. Data of the caller and large
constants become objects when a task first reads them, each once; what is short goes in the letter itself.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from weft.backends.contract import Held
from weft.backends.evaluate import PLAIN_SIZES
from weft.backends.ray_worker import Letter, Order, Slot
from weft.errors import SerializationError
from weft.graph import Plan, Program
from weft.sizeof import sizeof
from weft.store.serialize import Serialized, dumps

__all__ = ["PACKED_NBYTES", "Objects", "Place", "Traffic", "taken", "value_at"]

#: Blocks up to this size share the pack of their bundle.
PACKED_NBYTES = 8 << 10
#: Constants from this size on go to the object store, once each, instead of along with each task.
SHIPPED_NBYTES = 64 << 10
#: Objects below this size Ray sends through the process that asked for them.
INLINED_NBYTES = 100_000


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


class Objects:
    """What a run has in Ray's object stores.

    Attributes
    ----------
    places : dict of int to Place
        Where each block is that is there.
    table : reference
        The programs of the plan.
    traffic : Traffic
    """

    def __init__(self, ray: Any, plan: Plan) -> None:
        self.places: dict[int, Place] = {}
        self.table: Any = None
        self.traffic = Traffic()
        self._ray = ray
        self._plan = plan
        self._constants: dict[int, Any] = {}  # id to reference
        self._programs: dict[int, int] = {}  # id to place in the table

    def put(self, value: Any) -> Any:
        """Give a value of the caller to Ray; returns its reference."""
        self.traffic.put += sizeof(value)
        return self._ray.put(value)

    def write(
        self, tasks: Sequence[int], shapes: Sequence[tuple[int, bool]], timeout: float | None, nthreads: int
    ) -> tuple[Any, list[Any]]:
        """The letter for some tasks, and the references that go with it.

        Parameters
        ----------
        shapes : sequence of (int, bool)
            For each task the number of its blocks, and whether they go in the pack.
        """
        plan = self._plan
        references: dict[Any, int] = {}  # to its place among the arguments
        values: list[Any] = []
        orders: list[Order] = []
        for task, (noutputs, small) in zip(tasks, shapes, strict=True):
            slots = [self._block_slot(block, references, values) for block in plan.inputs[task]]
            if plan.constants[task]:
                slots += [self._constant_slot(value, references, values) for value in plan.constants[task]]
            orders.append((self._program(plan.programs[task]), slots, noutputs, small))
        return self._written((orders, values, timeout, nthreads), tasks), list(references)

    def settle(self, pack: Any, packed: Sequence[int], own: Mapping[int, Any], sizes: Mapping[int, int]) -> None:
        """Note where the blocks of a bundle are; those without a size were not made."""
        inlined = self._count_inlined(sum([sizes.get(block, 0) for block in packed]))
        for item, block in enumerate(packed):
            if block in sizes:
                self.places[block] = Place(pack, item, inlined)
        for block, ref in own.items():
            if block in sizes:
                self.places[block] = Place(ref, -1, self._count_inlined(sizes[block]))

    def close(self) -> None:
        """Let go of everything."""
        self.places.clear()
        self._constants.clear()
        self.table = None

    def _count_inlined(self, nbytes: int) -> int:
        inlined = nbytes if nbytes < INLINED_NBYTES else 0
        self.traffic.inlined += inlined
        return inlined

    def _block_slot(self, block: int, references: dict[Any, int], values: list[Any]) -> Slot:
        place = self.places.get(block)
        if place is None:
            value = self._plan.data[block]
            if isinstance(value, Held):
                value = value.get()
            if sizeof(value) <= PACKED_NBYTES:
                values.append(value)
                return -1, len(values) - 1
            place = self.places[block] = Place(self.put(value))
        argument = references.get(place.ref)
        if argument is None:
            argument = references[place.ref] = len(references)
            self.traffic.inlined += place.inlined
        return argument, place.item

    def _constant_slot(self, value: Any, references: dict[Any, int], values: list[Any]) -> Slot:
        if type(value) not in PLAIN_SIZES and sizeof(value) >= SHIPPED_NBYTES:
            ref = self._constants.get(id(value))
            if ref is None:
                ref = self._constants[id(value)] = self.put(value)
            return references.setdefault(ref, len(references)), -1
        values.append(value)
        return -1, len(values) - 1

    def _program(self, program: Program) -> int:
        """A program's place in the table; all programs of the plan go to Ray before the first is used."""
        if self.table is None:
            programs = list({id(each): each for each in self._plan.programs}.values())
            self._programs = {id(each): place for place, each in enumerate(programs)}
            try:
                written = dumps(programs, callables=True)
            except SerializationError:
                for each in programs:
                    for step in each.steps:
                        dumps(step.function, callables=True, name=f"the function of {each.name!r}")
                raise
            self.table = self._ray.put(sendable(written))
            self.traffic.put += written.nbytes
        return self._programs[id(program)]

    def _written(self, letter: Letter, tasks: Sequence[int]) -> Any:
        try:
            written = dumps(letter)
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
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value if value.flags.writeable else value.copy()
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index)):
        return value.copy(deep=True)
    return value
