"""Task nodes, under the name by which programs written for Dask import them; they live in :mod:`weft.graph.spec`."""

from weft.graph.node_graphs import (
    convert_legacy_graph,
    convert_legacy_task,
    cull,
    execute_graph,
    fuse_linear_task_spec,
    resolve_aliases,
)
from weft.graph.spec import (
    Alias,
    DataNode,
    Dict,
    GraphNode,
    List,
    NestedContainer,
    Set,
    Task,
    TaskRef,
    Tuple,
    parse_input,
)

__all__ = [
    "Alias",
    "DataNode",
    "Dict",
    "GraphNode",
    "List",
    "NestedContainer",
    "Set",
    "Task",
    "TaskRef",
    "Tuple",
    "convert_legacy_graph",
    "convert_legacy_task",
    "cull",
    "execute_graph",
    "fuse_linear_task_spec",
    "parse_input",
    "resolve_aliases",
]
