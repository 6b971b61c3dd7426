"""Graphs as pictures: ``visualize`` for collections and ``dot_graph`` for graphs, laid out by Graphviz."""

from weft.diagnostics.draw.graphs import dot_graph, visualize, visualize_dsk
from weft.diagnostics.draw.picture import to_graphviz

__all__ = ["dot_graph", "to_graphviz", "visualize", "visualize_dsk"]
