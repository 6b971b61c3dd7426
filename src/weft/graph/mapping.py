"""From graphs that users write to graphs that run: dicts of keys to tuples, nodes or values become layers.

>>> graph = graph_from_mapping({"x": 1, "y": (pow, "x", 2), "z": (sum, ["x", "y"])})
>>> graph.dependencies()["z"]
('x', 'y')

What a value of the dict may be is told in :mod:`weft.graph.tuples` (tasks as tuples) and :mod:`weft.graph.spec` (task
nodes); the two may stand side by side. Nested tasks, and containers with keys in them, become steps of the one task's
program, so what users see as one task stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from weft.graph.graph import Graph, Layer, Task
from weft.graph.program import Program, Step, name_of
from weft.graph.spec import Alias, DataNode, Dict, GraphNode, NestedContainer, TaskRef
from weft.graph.spec import Task as TaskNode
from weft.graph.tuples import CONTAINERS, is_hashable, is_task
from weft.typing import Annotations, Key

__all__ = ["add_mapping", "graph_from_mapping"]


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


def graph_from_mapping(mapping: Mapping[Key, Any]) -> Graph:
    """The graph for a dict of keys to tasks, keys, nodes, or values."""
    if isinstance(mapping, Graph):
        return mapping
    graph = Graph()
    add_mapping(graph, mapping, mapping)
    return graph


def add_mapping(
    graph: Graph, mapping: Mapping[Key, Any], known: Collection[Key], annotations: Annotations | None = None
) -> None:
    """Add the tasks of a dict to a graph.

    Parameters
    ----------
    graph : Graph
    mapping : mapping of keys to tasks, keys, nodes, or values
    known : collection of Key
        What counts as a key in tuples.
    annotations : mapping, optional
        What the tasks carry.
    """
    for key, value in mapping.items():
        writer = Writer(known)
        if isinstance(value, Task):
            graph.add_task(key, value, annotations)
            continue
        if isinstance(value, DataNode):
            graph.data[key] = value.value
            continue
        if isinstance(value, (TaskRef, Alias)):
            writer.steps.append((identity, [writer.source(value)], ()))
        elif isinstance(value, GraphNode):
            writer.node(value)
        elif is_task(value):
            writer.step(value[0], value[1:])
        elif writer.is_key(value):
            if value == key:
                graph.data[key] = value
                continue
            writer.steps.append((identity, [writer.source(value)], ()))
        elif type(value) in CONTAINERS and writer.needs_work(value):
            writer.source(value)
        else:
            graph.data[key] = value
            continue
        graph.add(writer.layer(key, annotations))


def make_list(*items: Any) -> list[Any]:
    """A list of the arguments."""
    return list(items)


def make_tuple(*items: Any) -> tuple[Any, ...]:
    """A tuple of the arguments."""
    return items


def make_set(*items: Any) -> set[Any]:
    """A set of the arguments."""
    return set(items)


def make_frozenset(*items: Any) -> frozenset[Any]:
    """A frozen set of the arguments."""
    return frozenset(items)


def make_dict(*items: Any) -> dict[Any, Any]:
    """A dict of keys and values in turn."""
    return dict(zip(items[::2], items[1::2]))


def identity(value: Any) -> Any:
    """The value itself."""
    return value


MAKERS: dict[type, Callable[..., Any]] = {list: make_list, tuple: make_tuple, set: make_set, frozenset: make_frozenset}


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
