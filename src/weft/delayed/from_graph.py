"""Nodes for keys of a graph that was made elsewhere: ``Delayed(key, graph)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.errors import CycleError
from weft.graph.graph import Graph
from weft.physical.call import Call, Data
from weft.typing import Key

__all__ = ["node_from_graph"]


def node_from_graph(key: Key, graph: Mapping[Key, Any]) -> Any:
    """The node for a key, and for all that it reads.

    Raises
    ------
    KeyNotFoundError
        The graph has no such key, or lacks one that is read.
    CycleError
        Tasks below the key wait for each other in a circle.
    """
    from weft.backends.contract import Held  # here, for a quick import
    from weft.graph.mapping import graph_from_mapping  # here, for a quick `import weft`

    if not isinstance(graph, Graph):
        found = graph.get(key)
        if isinstance(found, Held):
            return Data(key, found)
        graph = graph_from_mapping(graph)
    nodes: dict[Key, Any] = {k: Data(k, value) for k, value in graph.data.items()}
    stack = [key]
    path: dict[Key, None] = {}  # from the key that is asked for to the one that is looked at
    while stack:
        current = stack[-1]
        if current in nodes:
            stack.pop()
            continue
        task = graph[current]
        missing = [k for k in task.inputs if k not in nodes]
        if missing:
            path[current] = None
            around = next((k for k in missing if k in path), None)
            if around is not None:
                keys = list(path)
                raise _circle([*keys[keys.index(around) :], around])
            stack.extend(missing)
            continue
        path.pop(current, None)
        layer, position = graph.index[current]
        nodes[current] = Call(
            task.program,
            tuple([nodes[k] for k in task.inputs]),
            task.constants,
            current,
            None,
            layer.annotations_of(position),
        )
        stack.pop()
    return nodes[key]


def _circle(keys: list[Key]) -> CycleError:
    """The error for keys of which each reads the next one, the last the first."""
    found = keys[:-1][::-1]
    shown = " -> ".join(map(repr, found[:10])) + (" -> ..." if len(found) > 10 else "") + f" -> {found[0]!r}"
    return CycleError(f"these tasks wait for each other in a circle: {shown}. Break it at one of them.", found)
