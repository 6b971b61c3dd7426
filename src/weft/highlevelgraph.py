"""Graphs in layers."""

from weft.collection.highlevelgraph import HighLevelGraph, Layer, MaterializedLayer, compute_layer_dependencies
from weft.diagnostics.draw import to_graphviz

__all__ = ["HighLevelGraph", "Layer", "MaterializedLayer", "compute_layer_dependencies", "to_graphviz"]
