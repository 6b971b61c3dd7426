"""From graphs that users write to graphs that run: dicts of keys to tuples, nodes or values become layers.

>>> graph = graph_from_mapping({"x": 1, "y": (pow, "x", 2), "z": (sum, ["x", "y"])})
>>> graph.dependencies()["z"]
('x', 'y')

What a value of the dict may be is told in :mod:`weft.graph.tuples` (tasks as tuples) and :mod:`weft.graph.spec` (task
nodes); the two may stand side by side. Nested tasks, and containers with keys in them, become steps of the one task's
program, so what users see as one task stays one.

A mapping may be *layered*: have ``layers``, a dict of names to mappings, each of which may have ``annotations``. That
is all that is known here of high-level graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from weft.graph.annotations import resolved
from weft.graph.graph import IDENTITY, Graph, Layer, Task
from weft.graph.makers import MAKERS, identity, make_dict
from weft.graph.program import Program, Step, name_of
from weft.graph.renaming import get_name_from_key
from weft.graph.spec import Alias, DataNode, Dict, GraphNode, NestedContainer, TaskRef
from weft.graph.spec import Task as TaskNode
from weft.graph.tuples import CONTAINERS, is_hashable, is_task
from weft.typing import Annotations, Key

__all__ = ["entries_of", "graph_from_mapping", "graph_of_entries"]


class Writer:
    """Turns one task into steps."""

    def __init__(self, known: Collection[Key]) -> None:
        self.known = known
        self.inputs: dict[Key, int] = {}
        self.constants: list[Any] = []
        self.steps: list[tuple[Callable[..., Any], list[tuple[str, int]], tuple[str, ...]]] = []

    def source(self, value: Any) -> tuple[str, int]:
        """Where a value comes from: an input, a constant, or a step."""
        if isinstance(value, TaskRef):
            return self.input(value.key)
        if isinstance(value, GraphNode):
            return self.node(value)
        if is_task(value):
            return self.step(value[0], value[1:])
        if self.is_key(value):
            return self.input(value)
        if type(value) in CONTAINERS and any(map(self.needs_work, value)):
            return self.step(MAKERS[type(value)], value)
        return self.constant(value)

    def node(self, node: GraphNode) -> tuple[str, int]:
        if isinstance(node, TaskNode):
            return self.step(node.func, [*node.args, *node.kwargs.values()], tuple(node.kwargs), nodes=True)
        if isinstance(node, NestedContainer):
            return self.step(make_dict if isinstance(node, Dict) else MAKERS[node.klass], node.args, nodes=True)
        if isinstance(node, Alias):
            return self.input(node.target)
        if isinstance(node, DataNode):
            return self.constant(node.value)
        keys = list(node.dependencies)
        return self.step(CallNode(node, keys), list(map(TaskRef, keys)), nodes=True)

    def argument(self, value: Any) -> tuple[str, int]:
        """Like :meth:`source`, for an argument of a node: only references are references."""
        if isinstance(value, TaskRef):
            return self.input(value.key)
        return self.node(value) if isinstance(value, GraphNode) else self.constant(value)

    def input(self, key: Key) -> tuple[str, int]:
        return "input", self.inputs.setdefault(key, len(self.inputs))

    def constant(self, value: Any) -> tuple[str, int]:
        self.constants.append(value)
        return "constant", len(self.constants) - 1

    def step(
        self, function: Any, arguments: Any, keywords: tuple[str, ...] = (), nodes: bool = False
    ) -> tuple[str, int]:
        sources = list(map(self.argument if nodes else self.source, arguments))
        self.steps.append((function, sources, keywords))
        return "step", len(self.steps) - 1

    def is_key(self, value: Any) -> bool:
        return is_hashable(value) and value in self.known

    def needs_work(self, value: Any) -> bool:
        if is_task(value) or isinstance(value, TaskRef) or self.is_key(value):
            return True
        return type(value) in CONTAINERS and any(map(self.needs_work, value))

    def layer(self, key: Key, annotations: Annotations | None) -> Layer:
        ninputs = len(self.inputs)
        arity = ninputs + len(self.constants)
        base = {"input": 0, "constant": ninputs, "step": arity}
        steps = [
            Step(function, tuple([base[kind] + n for kind, n in sources]), keywords)
            for function, sources, keywords in self.steps
        ]
        program = Program(steps, arity, name=name_of(steps[-1].function))
        return Layer(program, [key], [tuple(self.inputs)], [tuple(self.constants)], annotations=annotations)


#: A key, what stands for it in a mapping, and what its task carries.
Entry: TypeAlias = tuple[Key, Any, Annotations | None]


def graph_from_mapping(mapping: Mapping[Key, Any]) -> Graph:
    """The graph for a dict of keys to tasks, keys, nodes, or values; also for a layered mapping."""
    if isinstance(mapping, Graph):
        return mapping
    return graph_of_entries(entries_of(mapping), mapping if type(mapping) is dict else set(mapping))


def entries_of(mapping: Mapping[Key, Any], annotations: Annotations | None = None) -> Iterator[Entry]:
    """What is in a mapping, with the annotations of each key.

    Parameters
    ----------
    mapping : mapping
        A graph, a layered mapping, or a dict.
    annotations : mapping, optional
        What tasks carry that have none of their own.
    """
    if isinstance(mapping, Graph):
        for key, (layer, position) in mapping.index.items():
            yield key, mapping[key], layer.annotations_of(position) or annotations
        for key, value in mapping.data.items():
            yield key, DataNode(key, value), None
    elif isinstance(layers := getattr(mapping, "layers", None), Mapping):
        for layer in layers.values():
            yield from entries_of(layer, getattr(layer, "annotations", None) or annotations)
    elif isinstance(inner := getattr(mapping, "mapping", None), Mapping):
        yield from entries_of(inner, annotations)
    else:
        for key, value in mapping.items():
            yield key, value, annotations


def graph_of_entries(entries: Iterable[Entry], known: Collection[Key], taken: Collection[Key] = ()) -> Graph:
    """The graph for entries of one or several mappings; of those with one key the first counts.

    Parameters
    ----------
    entries : iterable of (key, value, annotations)
    known : collection of Key
        What counts as a key in tuples.
    taken : collection of Key
        Keys that have a task elsewhere already.
    """
    graph = Graph()
    seen = set(taken)
    for key, value, notes in entries:
        if key not in seen:
            seen.add(key)
            add_entry(graph, key, value, notes and resolved(notes, key), known)
    return graph


def add_entry(graph: Graph, key: Key, value: Any, annotations: Annotations | None, known: Collection[Key]) -> None:
    """Add what stands for a key to a graph."""
    if isinstance(value, Task):
        if value.program is IDENTITY and not value.inputs:
            graph.data[key] = value.constants[0]
        else:
            graph.add_task(key, value, annotations, origin=get_name_from_key(key))
        return
    if isinstance(value, DataNode):
        graph.data[key] = value.value
        return
    writer = Writer(known)
    if isinstance(value, TaskRef):
        writer.steps.append((identity, [writer.source(value)], ()))
    elif isinstance(value, GraphNode):
        where = writer.node(value)
        if not writer.steps:
            writer.steps.append((identity, [where], ()))
    elif is_task(value):
        writer.step(value[0], value[1:])
    elif writer.is_key(value) and value != key:
        writer.steps.append((identity, [writer.source(value)], ()))
    elif type(value) in CONTAINERS and value != key and writer.needs_work(value):
        writer.source(value)
    else:
        graph.data[key] = value
        return
    graph.add(writer.layer(key, annotations))


class CallNode:
    """Computes a node of a class of the user's own."""

    __slots__ = ("__name__", "keys", "node")

    def __init__(self, node: GraphNode, keys: Sequence[Key]) -> None:
        self.node = node
        self.keys = keys
        self.__name__ = type(node).__name__

    def __call__(self, *values: Any) -> Any:
        return self.node(dict(zip(self.keys, values)))

    def __reduce__(self) -> tuple[Any, ...]:
        return CallNode, (self.node, self.keys)
