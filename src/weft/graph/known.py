"""A graph some of whose results are known already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from weft.graph.graph import Graph
from weft.typing import Key

__all__ = ["with_known"]


def with_known(graph: Graph, values: Mapping[Key, Any]) -> Graph:
    """The graph with data in place of the tasks of some keys.

    A task with several outputs stays unless all of them are known.

    >>> from weft.graph.mapping import graph_from_mapping
    >>> with_known(graph_from_mapping({"x": (abs, -1), "y": (abs, "x")}), {"x": 1})
    <Graph: 1 tasks in 1 layers, 1 data blocks>
    """
    made = Graph(data=graph.data)
    for layer in graph.layers:
        several = layer.program.noutputs > 1
        is_known = [all(each in values for each in key) if several else key in values for key in layer.keys]
        if not any(is_known):
            made.add(layer)
            continue
        for key, known in zip(layer.keys, is_known):
            if known:
                made.data.update({each: values[each] for each in (key if several else (key,))})
        kept = [place for place, known in enumerate(is_known) if not known]
        if kept:
            made.add(layer.part(kept))
    return made
