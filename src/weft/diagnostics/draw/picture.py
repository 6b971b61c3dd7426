"""A plan as Graphviz nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.diagnostics.draw.colours import PLAIN, paint
from weft.diagnostics.output import optional
from weft.errors import DrawingError
from weft.graph import Graph, Plan, compile_plan
from weft.graph.key import key_split
from weft.graph.mapping import graph_from_mapping
from weft.typing import Key

__all__ = ["LIMIT", "ends_of", "graphviz_of", "to_graphviz"]

#: Nodes beyond which a picture is neither drawn in reasonable time nor read.
LIMIT = 5_000
#: Characters of one line of a label.
LABEL = 24
DIRECTIONS = ("BT", "TB", "LR", "RL")

Attributes = Mapping[str, str]


def to_graphviz(
    dsk: Mapping[Key, Any],
    data_attributes: Mapping[Key, Attributes] | None = None,
    function_attributes: Mapping[Key, Attributes] | None = None,
    rankdir: str = "BT",
    graph_attr: Attributes | None = None,
    node_attr: Attributes | None = None,
    edge_attr: Attributes | None = None,
    collapse_outputs: bool = True,
    verbose: bool = False,
    *,
    color: str | None = None,
    maxval: float | None = None,
    limit: int | None = LIMIT,
) -> Any:
    """The drawing of a graph, as an object of the package ``graphviz``.

    Parameters
    ----------
    dsk : mapping of Key to task
    data_attributes, function_attributes : mapping of Key to mapping, optional
        Graphviz attributes for the box, or the ellipse, of single keys.
    rankdir : {"BT", "TB", "LR", "RL"}
        Where the data flows: from bottom to top, ...
    graph_attr, node_attr, edge_attr : mapping, optional
        Graphviz attributes for all.
    collapse_outputs : bool
        Draw no boxes for the results of tasks.
    verbose : bool
        Write whole keys.
    color, maxval, limit
        As in :func:`weft.diagnostics.draw.visualize`.

    Examples
    --------
    >>> from weft.diagnostics.draw import to_graphviz
    >>> drawing = to_graphviz({"x": 1, "y": (abs, "x")}, node_attr={"fontsize": "9"})
    >>> "d1 -> t0" in drawing.source
    True
    """
    graph = graph_from_mapping(dsk)
    plan = compile_plan(graph, ends_of(graph))
    return graphviz_of(
        plan, data_attributes, function_attributes, rankdir, graph_attr, node_attr, edge_attr, collapse_outputs, verbose,
        color=color, maxval=maxval, limit=limit,
    )  # fmt: skip


def graphviz_of(
    plan: Plan,
    data_attributes: Mapping[Key, Attributes] | None = None,
    function_attributes: Mapping[Key, Attributes] | None = None,
    rankdir: str = "BT",
    graph_attr: Attributes | None = None,
    node_attr: Attributes | None = None,
    edge_attr: Attributes | None = None,
    collapse_outputs: bool = True,
    verbose: bool = False,
    *,
    color: str | None = None,
    maxval: float | None = None,
    limit: int | None = LIMIT,
) -> Any:
    """The drawing of a plan; see :func:`to_graphviz`."""
    if rankdir not in DIRECTIONS:
        raise DrawingError(f"cannot draw with rankdir={rankdir!r}: it must be one of {', '.join(DIRECTIONS)}")
    check_size(plan.ntasks + len(plan.data) if collapse_outputs else plan.ntasks + plan.nblocks, limit)
    paints = paint(plan, color, maxval)
    graphviz = optional("graphviz", "draw a graph")
    drawing = graphviz.Digraph(
        graph_attr={"rankdir": rankdir, **(graph_attr or {})},
        node_attr={"fontname": "helvetica", "fontsize": "11", **(node_attr or {})},
        edge_attr={"arrowsize": "0.6", **(edge_attr or {})},
    )
    of_data, of_functions = data_attributes or {}, function_attributes or {}

    def label(*lines: str) -> Any:
        return graphviz.nohtml("\\n".join(str(graphviz.escape(line)) for line in lines if line))

    def box(name: str, block: int, *lines: str) -> None:
        drawing.node(name, label(*lines), **{"shape": "box", **of_data.get(plan.keys[block], {})})

    def source(block: int) -> str:
        if block in plan.data:
            return f"d{block}"
        return f"t{plan.maker.get(block, block)}" if collapse_outputs else f"b{block}"

    for task in range(plan.ntasks):
        key = plan.keys[task]
        painted = paints.get(task, PLAIN)
        which = str(key) if verbose else place_of(key, plan.programs[task].name)
        attributes = {**painted.attributes, **of_functions.get(key, {})}
        drawing.node(f"t{task}", label(short(plan.programs[task].name), which, painted.words), **attributes)
    for block in plan.data:
        box(f"d{block}", block, str(plan.keys[block]) if verbose else short(key_split(plan.keys[block])))
    if not collapse_outputs:
        for block in range(plan.nblocks):
            if block not in plan.data:
                task = plan.maker.get(block, block)
                box(f"b{block}", block, str(plan.keys[block]) if verbose else place_of(plan.keys[block], "") or " ")
                drawing.edge(f"t{task}", f"b{block}")
    for task, blocks in enumerate(plan.inputs):
        for start in dict.fromkeys(map(source, blocks)):
            drawing.edge(start, f"t{task}")
    return drawing


def ends_of(graph: Graph) -> list[Key]:
    """The keys that no task reads."""
    read = {key for layer in graph.layers for each in layer.inputs or () for key in each}
    return [key for key in graph if key not in read] or list(graph)


def check_size(nnodes: int, limit: int | None) -> None:
    """Raise for a drawing that nobody could read."""
    if limit is not None and nnodes > limit:
        raise DrawingError(
            f"cannot draw {nnodes:,} nodes: more than {limit:,} take Graphviz very long, and nobody can read them. "
            "Draw a smaller example (fewer or larger chunks), look at weft.diagnostics.explain(x) instead, "
            "or raise the limit: visualize(x, limit=None)."
        )


def place_of(key: Key, name: str) -> str:
    """What tells a key from others of its name: its place, or a name that somebody gave it."""
    if isinstance(key, tuple):
        return short(", ".join(map(str, key[1:])))
    own = key_split(key)
    return "" if own == name else short(own)


def short(text: str) -> str:
    """A text that fits into a label."""
    return text if len(text) <= LABEL else f"{text[: LABEL - 10]}...{text[-7:]}"
