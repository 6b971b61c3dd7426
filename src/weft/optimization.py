"""Rewriting of graphs that are dicts of keys to tasks."""

from weft.graph.optimization import cull, functions_of, fuse, fuse_linear, inline, inline_functions

__all__ = ["cull", "functions_of", "fuse", "fuse_linear", "inline", "inline_functions"]
