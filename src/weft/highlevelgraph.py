"""Graphs in layers, under the name by which programs written for Dask import them."""

from weft.collection.highlevelgraph import HighLevelGraph, Layer, MaterializedLayer, compute_layer_dependencies
from weft.diagnostics.draw import to_graphviz

__all__ = ["HighLevelGraph", "Layer", "MaterializedLayer", "compute_layer_dependencies", "to_graphviz"]
