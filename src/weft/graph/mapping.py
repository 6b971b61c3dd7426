"""Graphs that users write: dicts of keys to tasks, where a task is a tuple ``(function, argument, ...)``.

>>> graph = graph_from_mapping({"x": 1, "y": (pow, "x", 2), "z": (sum, ["x", "y"])})
>>> graph.dependencies()["z"]
('x', 'y')

An argument is a key of the graph, another task, a list of arguments, or any value. Nested tasks and lists with keys in
them become steps of the one task's program, so what users see as one task stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from weft.graph.graph import Graph, Layer
from weft.graph.program import Program, Step, name_of
from weft.typing import Key

__all__ = ["graph_from_mapping", "is_task"]


def is_task(value: Any) -> bool:
    """Whether a value is a task written as a tuple: a function first, then arguments.

    >>> is_task((abs, -1)), is_task(("x", 0))
    (True, False)
    """
    return type(value) is tuple and bool(value) and callable(value[0])


class Writer:
    """Turns one task into steps."""

    def __init__(self, graph: Mapping[Key, Any]) -> None:
        self.graph = graph
        self.inputs: dict[Key, int] = {}
        self.constants: list[Any] = []
        self.steps: list[tuple[Callable[..., Any], list[tuple[str, int]]]] = []

    def source(self, value: Any) -> tuple[str, int]:
        if is_task(value):
            return self.step(value[0], value[1:])
        if type(value) is list:
            if any(map(self.needs_work, value)):
                return self.step(make_list, value)
        elif self.is_key(value):
            return "input", self.inputs.setdefault(value, len(self.inputs))
        self.constants.append(value)
        return "constant", len(self.constants) - 1

    def step(self, function: Any, arguments: Any) -> tuple[str, int]:
        sources = [self.source(each) for each in arguments]
        self.steps.append((function, sources))
        return "step", len(self.steps) - 1

    def is_key(self, value: Any) -> bool:
        try:
            return value in self.graph
        except TypeError:
            return False

    def needs_work(self, value: Any) -> bool:
        if type(value) is list:
            return any(map(self.needs_work, value))
        return is_task(value) or self.is_key(value)

    def layer(self, key: Key) -> Layer:
        ninputs = len(self.inputs)
        arity = ninputs + len(self.constants)
        base = {"input": 0, "constant": ninputs, "step": arity}
        steps = [Step(function, tuple([base[kind] + n for kind, n in sources])) for function, sources in self.steps]
        program = Program(steps, arity, name=name_of(steps[-1].function))
        return Layer(program, [key], [tuple(self.inputs)], [tuple(self.constants)])


def graph_from_mapping(mapping: Mapping[Key, Any]) -> Graph:
    """The graph for a dict of keys to tasks, keys, or values."""
    if isinstance(mapping, Graph):
        return mapping
    graph = Graph()
    for key, value in mapping.items():
        writer = Writer(mapping)
        if is_task(value):
            writer.step(value[0], value[1:])
        elif (type(value) is list and writer.needs_work(value)) or (writer.is_key(value) and value != key):
            writer.steps.append((identity, [writer.source(value)]))
        else:
            graph.data[key] = value
            continue
        graph.add(writer.layer(key))
    return graph


def make_list(*items: Any) -> list[Any]:
    """A list of the arguments."""
    return list(items)


def identity(value: Any) -> Any:
    """The value itself."""
    return value
