"""From collections to a graph: expressions are rewritten together, and lowered to layers.

A collection is one of three things. It holds an expression (``__weft_expr__``), and takes the whole road. It is a call
that a user made with ``delayed`` (its expression is a :class:`weft.physical.call.Call`), and needs no rewriting. Or it
comes from elsewhere and speaks the collection protocol (``__weft_graph__``, ``__weft_keys__``): then its graph is taken
as it is, after its own ``__weft_optimize__``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from weft.graph.graph import Graph
from weft.graph.key import flatten_keys
from weft.physical.call import Call, Data, Gathered, add_calls
from weft.typing import Key

__all__ = ["calls_of_expression", "graph_of", "keys_of"]


def graph_of(collections: Sequence[Any], *, optimize_graph: bool = True) -> Graph:
    """One graph for several collections; what they share is in it once."""
    graph = Graph()
    roots: list[Any] = []
    expressions: list[Any] = []
    foreign: dict[Any, list[Any]] = {}
    queue = list(collections)
    seen: set[int] = set()
    while queue:
        calls: list[Any] = []
        for collection in queue:
            if id(collection) in seen:
                continue
            seen.add(id(collection))
            expr = getattr(type(collection), "__weft_expr__", None)
            node = collection.__weft_expr__() if expr is not None else None
            if isinstance(node, (Call, Data, Gathered)):
                calls.append(node)
            elif node is not None:
                expressions.append(node)
                calls += calls_of_expression(node)
            else:
                foreign.setdefault(type(collection), []).append(collection)
        queue = []
        if calls:  # once more with those of before: some of them may be read again
            roots += calls
            graph = Graph()
            queue = add_calls(graph, roots)
    if expressions:
        graph.update(_graph_of_expressions(expressions, optimize_graph, graph))
    for kind, members in foreign.items():
        graph.update(_graph_of_foreign(kind, members, optimize_graph, graph))
    return graph


def calls_of_expression(expression: Any) -> list[Any]:
    outside = sys.modules.get("weft.physical.outside")  # who has not imported it has no such node
    return [] if outside is None else outside.calls_read_by(expression)


def _graph_of_expressions(expressions: list[Any], optimize_graph: bool, beside: Graph) -> Graph:
    from weft.physical.base import build
    from weft.physical.rewrite import lowered

    return build(expressions, lowered(expressions, optimize=optimize_graph), beside)


def _graph_of_foreign(kind: Any, members: list[Any], optimize_graph: bool, beside: Graph) -> Graph:
    """The graph of collections of one kind that hold graphs, without what ``beside`` has already."""
    from weft.graph.mapping import entries_of, graph_of_entries  # here, for a quick `import weft`

    graphs = [member.__weft_graph__() for member in members]
    optimizer = getattr(kind, "__weft_optimize__", None)
    if optimizer is not None and optimize_graph:
        keys = [key for member in members for key in flatten_keys(member.__weft_keys__())]
        merge = getattr(type(graphs[0]), "merge", None)
        if merge is not None and len(set(map(type, graphs))) == 1:
            merged = merge(*graphs)
        else:
            merged = {key: value for graph in graphs for key, value in graph.items()}
        improved = optimizer(merged, keys)
        if not isinstance(improved, Mapping):
            raise TypeError(
                f"{kind.__name__}.__weft_optimize__() must return a graph, a mapping of keys to tasks, not {improved!r}"
            )
        graphs = [improved]
    known = {key for graph in graphs for key in graph}
    entries = (entry for graph in graphs for entry in entries_of(graph))
    return graph_of_entries(entries, known, taken=beside.keys())


def keys_of(collection: Any) -> list[Key]:
    """The keys of a collection's blocks, flat."""
    expr = getattr(type(collection), "__weft_expr__", None)
    if expr is not None:
        node = collection.__weft_expr__()
        return [node.key] if isinstance(node, (Call, Data, Gathered)) else node.keys()
    return list(flatten_keys(collection.__weft_keys__()))
