"""Calls: tasks that users write one by one. HOT: 100,000 of them are built, walked and numbered one by one.

A call is an expression of one block. It is far lighter than other nodes (a million of them must fit): it holds its
program, the nodes it reads and its constants, and takes a key when somebody asks for it. No rule rewrites calls; what
they read of other collections is optimised as a root of its own and enters as :class:`Gathered`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from itertools import chain
from operator import attrgetter, is_
from typing import Any

from weft.graph.annotations import resolved
from weft.graph.graph import Graph, Layer, MixedLayer, Site, duplicate_key
from weft.graph.program import Program
from weft.tokenize import tokenize
from weft.typing import Annotations, Key

__all__ = ["Call", "Data", "Gathered", "add_calls", "fresh_name"]

SERIAL, INPUTS, KEY, PROGRAM = attrgetter("serial"), attrgetter("inputs"), attrgetter("_key"), attrgetter("program")
CONSTANTS, SITE, ANNOTATIONS = attrgetter("constants"), attrgetter("site"), attrgetter("annotations")

_count = itertools.count(1)
_process = os.urandom(5).hex()


def _after_fork() -> None:
    global _process
    _process = os.urandom(5).hex()


os.register_at_fork(after_in_child=_after_fork)


def fresh_name(label: str) -> str:
    """A name that no other call has, in this process or another."""
    return f"{label}-{_process}{next(_count):08x}"


class Call:
    """One call of a program.

    Parameters
    ----------
    program : Program
    inputs : tuple of nodes
        What it reads: calls, data, or gathered collections.
    constants : tuple
        Values that follow the inputs.
    key : Key, optional
        A fresh one, made of the program's name, by default.
    """

    __slots__ = ("__weakref__", "_key", "annotations", "constants", "inputs", "program", "serial", "site")

    def __init__(
        self,
        program: Program,
        inputs: tuple[Any, ...],
        constants: tuple[Any, ...],
        key: Key | None = None,
        site: Site | None = None,
        annotations: Annotations | None = None,
    ) -> None:
        self.program = program
        self.inputs = inputs
        self.constants = constants
        self._key = key
        self.site = site
        self.annotations = annotations
        self.serial = next(_count)

    @property
    def key(self) -> Key:
        key = self._key
        if key is None:
            key = self._key = f"{self.program.name}-{_process}{self.serial:08x}"
        return key

    def __reduce__(self) -> Any:
        return Call, (self.program, self.inputs, self.constants, self.key, None, self.annotations)


class Data:
    """A value that is there: data in memory, or a block that a backend holds."""

    __slots__ = ("__weakref__", "_key", "serial", "value")

    inputs: tuple[Any, ...] = ()

    def __init__(self, key: Key, value: Any) -> None:
        self._key = key
        self.value = value
        self.serial = next(_count)

    @property
    def key(self) -> Key:
        return self._key

    def __reduce__(self) -> Any:
        return Data, (self.key, self.value)


class Gathered:
    """The whole value of another collection, as one block."""

    __slots__ = ("__weakref__", "_key", "collection", "finalize", "keys", "serial")

    inputs: tuple[Any, ...] = ()

    def __init__(self, key: Key, collection: Any, keys: list[Key], finalize: Callable[..., Any]) -> None:
        self._key = key
        self.collection = collection
        self.keys = keys
        self.finalize = finalize
        self.serial = next(_count)

    @property
    def key(self) -> Key:
        return self._key

    def __reduce__(self) -> Any:
        return Gathered, (self.key, self.collection, self.keys, self.finalize)


def add_calls(graph: Graph, roots: Iterable[Any]) -> list[Any]:
    """Add the tasks of calls, and of all calls that they read, to a graph; returns the collections they gather."""
    # From set to set, without a line of Python for each node: half of what a stack takes.
    front: set[Any] = set(roots)
    seen = set(front)
    while front:
        front = set(chain.from_iterable(map(INPUTS, front))) - seen
        seen |= front
    calls = [node for node in seen if type(node) is Call]
    others = [node for node in seen if type(node) is not Call] if len(calls) < len(seen) else []
    del seen
    calls.sort(key=SERIAL)  # as they were written: inputs first
    others.sort(key=lambda node: str(node.key))
    keys = list(map(KEY, calls))
    if None in keys:
        keys = [call.key for call in calls]
    known = set(keys)
    known.update(map(KEY, others))
    nodes = [*calls, *others]
    place: dict[int, int] = {}
    if len(known) < len(nodes):
        calls, others = without_doubles(calls, others)
        keys = list(map(KEY, calls))
        of_key = {node.key: at for at, node in enumerate((*calls, *others))}
        place = {node.serial: of_key[node.key] for node in nodes}
    elif calls:
        place = dict(zip(map(SERIAL, nodes), range(len(nodes)), strict=True))
    gathered: list[Any] = []
    for node in others:
        if type(node) is Data:
            graph.data[node.key] = node.value
        else:
            gathered.append(node.collection)
            program = Program.call(node.finalize, name="gather")
            graph.add(Layer(program, [node.key], [tuple(node.keys)], origin=str(node.key)))
    if calls:
        notes = list(map(ANNOTATIONS, calls))
        place_of = place.__getitem__
        graph.add(
            MixedLayer(
                list(map(PROGRAM, calls)),
                keys,
                [tuple(map(place_of, map(SERIAL, inputs))) if inputs else () for inputs in map(INPUTS, calls)],
                list(map(CONSTANTS, calls)),
                outside=[node.key for node in others],
                sites=list(map(SITE, calls)),
                notes={at: resolved(each, keys[at]) for at, each in enumerate(notes) if each is not None}
                if notes.count(None) < len(notes)
                else {},
            )
        )
    return gathered


def without_doubles(calls: list[Call], others: list[Any]) -> tuple[list[Call], list[Any]]:
    """The nodes with one for each key; those that share a key must be two writings of one thing."""
    first: dict[Key, Any] = {}
    for node in (*calls, *others):
        known = first.setdefault(node.key, node)
        if known is not node:
            check_same(known, node)
    kept = first.values()
    return [node for node in kept if type(node) is Call], [node for node in kept if type(node) is not Call]


def check_same(node: Any, other: Any) -> None:
    """Raise unless two nodes with one key are two writings of one call.

    Equal pure calls are, and what has travelled in two pieces; two calls that were given one name are not.
    """
    if type(node) is not Call or type(other) is not Call:
        if type(node) is type(other):
            return
    elif [each.key for each in node.inputs] == [each.key for each in other.inputs]:
        mine, its = node.program, other.program
        if mine is its and all(map(is_, node.constants, other.constants)):
            return
        if tokenize(mine.steps, node.constants) == tokenize(its.steps, other.constants):
            return
    raise duplicate_key(node.key)
