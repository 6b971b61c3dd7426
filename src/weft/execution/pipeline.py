"""From collections to a plan: expressions are rewritten together, lowered to layers, and compiled.

A collection is one of three things. It holds an expression (``__weft_expr__``), and takes the whole road. It is a call
that a user made with ``delayed`` (its expression is a :class:`weft.physical.call.Call`), and needs no rewriting. Or it
comes from elsewhere and speaks the collection protocol (``__weft_graph__``, ``__weft_keys__``): then its graph is taken
as it is, after its own ``__weft_optimize__``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from weft.config.state import version
from weft.execution.kept import Kept, keep, kept_plan
from weft.graph import Graph, Plan, compile_plan
from weft.graph.key import flatten_keys
from weft.graph.known import with_known
from weft.graph.plan import paused_collector
from weft.physical.call import Call, Data, Gathered, add_calls
from weft.store.memory import freeze
from weft.typing import Key

__all__ = ["graph_of", "keys_of", "plan_of"]


def graph_of(collections: Sequence[Any], *, optimize_graph: bool = True) -> Graph:
    """One graph for several collections; what they share is in it once."""
    graph = Graph()
    calls: list[Any] = []
    expressions: list[Any] = []
    foreign: dict[Any, list[Any]] = {}
    queue = list(collections)
    seen: set[int] = set()
    while queue:
        for collection in queue:
            expr = getattr(type(collection), "__weft_expr__", None)
            node = collection.__weft_expr__() if expr is not None else None
            if isinstance(node, (Call, Data, Gathered)):
                calls.append(node)
            elif id(collection) not in seen:
                seen.add(id(collection))
                if node is not None:
                    expressions.append(node)
                    calls += _calls_of_expression(node)
                else:
                    foreign.setdefault(type(collection), []).append(collection)
        queue = add_calls(graph, calls) if calls else []
        calls = []
    if expressions:
        graph.update(_graph_of_expressions(expressions, optimize_graph))
    for kind, members in foreign.items():
        graph.update(_graph_of_foreign(kind, members, optimize_graph, graph))
    return graph


def _calls_of_expression(expression: Any) -> list[Any]:
    outside = sys.modules.get("weft.physical.outside")  # who has not imported it has no such node
    return [] if outside is None else outside.calls_read_by(expression)


def _graph_of_expressions(expressions: list[Any], optimize_graph: bool) -> Graph:
    from weft.physical.base import build
    from weft.physical.rewrite import lowered

    return build(expressions, lowered(expressions, optimize=optimize_graph))


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
        if isinstance(node, (Call, Data, Gathered)):
            return [node.key]
    return list(flatten_keys(collection.__weft_keys__()))


def plan_of(
    collections: Sequence[Any], *, optimize_graph: bool = True, fuse: bool = False, caches: Sequence[Any] = ()
) -> tuple[Plan, list[list[Key]]]:
    """The plan for several collections, and the keys of each.

    ``caches`` have a method ``known(keys)``, which gives results that need not be computed.

    A small plan for a single expression is kept for when it is computed again (`weft.execution.kept`), or one of its form
    (`weft.execution.templates`).
    """
    alone = only_expression(collections) if optimize_graph and not caches else None
    if alone is not None:
        return plan_alone(alone, collections[0], fuse)
    with paused_collector():
        graph = graph_of(collections, optimize_graph=optimize_graph)
        for cache in caches:
            graph = with_known(graph, cache.known(graph.keys()))
        keys = [keys_of(collection) for collection in collections]
        wanted = [key for own in keys for key in own]
        plan = compile_plan(graph, wanted, fuse=fuse and optimize_graph, between=freeze)
    return plan, keys


def plan_alone(expression: Any, collection: Any, fuse: bool) -> tuple[Plan, list[list[Key]]]:
    """The plan for a collection that holds an expression: the one that is kept, or one filled into a template."""
    kind = type(collection)
    kept = kept_plan(expression, kind, fuse)
    if kept is not None:
        return kept.plan, [list(kept.keys)]
    before, keys, plan = version(), keys_of(collection), None
    if not _calls_of_expression(expression):
        from weft.execution.templates import planned_by_form  # here, for a quick `import weft`

        plan = planned_by_form(expression, kind, fuse)
    if plan is None:
        with paused_collector():
            plan = compile_plan(graph_of([collection]), keys, fuse=fuse, between=freeze)
    keep(expression, Kept(plan, keys, kind, fuse, before))
    return plan, [list(keys)]


def only_expression(collections: Sequence[Any]) -> Any:
    """The expression, if there is just one collection, which holds one."""
    if len(collections) != 1 or getattr(type(collections[0]), "__weft_expr__", None) is None:
        return None
    node = collections[0].__weft_expr__()
    return None if isinstance(node, (Call, Data, Gathered)) else node
