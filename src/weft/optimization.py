"""Rewriting of graphs that are dicts, under the name by which programs written for Dask import it."""

from weft.graph.optimization import cull, functions_of, fuse, fuse_linear, inline, inline_functions

__all__ = ["cull", "functions_of", "fuse", "fuse_linear", "inline", "inline_functions"]
