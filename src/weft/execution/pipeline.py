"""From collections to a plan: their graph, compiled; small plans are kept.

Only what computes imports this, so that ``import weft`` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.config.state import version
from weft.execution.graphs import calls_of_expression, graph_of, keys_of
from weft.execution.kept import Kept, keep, kept_plan
from weft.graph.known import with_known
from weft.graph.plan import Plan, compile_plan, paused_collector
from weft.physical.call import Call, Data, Gathered
from weft.store.memory import freeze
from weft.typing import Key

__all__ = ["plan_of"]


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
    if not calls_of_expression(expression):
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
