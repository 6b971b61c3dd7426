"""From what users hold to a picture in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from weft import config
from weft.diagnostics.draw.picture import LIMIT, ends_of, graphviz_of, to_graphviz
from weft.diagnostics.draw.render import render
from weft.errors import DrawingError
from weft.execution import Containers, graph_of, scheduler_for
from weft.execution.graphs import keys_of
from weft.graph import Graph, compile_plan
from weft.graph.mapping import graph_from_mapping
from weft.typing import Key

__all__ = ["dot_graph", "visualize", "visualize_dsk"]


def visualize(
    *args: Any,
    filename: str | os.PathLike[str] | None = "myweft",
    traverse: bool = True,
    optimize_graph: bool = False,
    format: str | None = None,
    engine: str | None = None,
    maxval: float | None = None,
    color: str | None = None,
    limit: int | None = LIMIT,
    **kwargs: Any,
) -> Any:
    """Draw the task graph of collections.

    An ellipse is a task, with the name of what it calls; a box is data that was given. Arrows follow the data.

    Parameters
    ----------
    *args
        Collections, containers with collections in them, or graphs (dicts of keys to tasks).
    filename : path, optional
        Where the picture goes; an ending such as ``.svg`` says the format. None writes nothing.
    traverse : bool
        Look into lists, tuples, dicts, sets and dataclasses.
    optimize_graph : bool
        Draw what will run instead of what was written.
    format : {"png", "svg", "pdf", "jpeg", "jpg", "dot"}, optional
        ``"png"`` by default. ``"dot"`` is text and needs no program to lay it out.
    engine : {"graphviz"}, optional
        What draws.
    maxval : float, optional
        The value that gets the strongest colour, to compare pictures; by default the largest there is.
    color : {"order", "memory", "function"}, optional
        Colour tasks by when they start, by what lies in memory while they run (bytes, or blocks if no sizes are known),
        or by what they call. The first two are for one worker, and write the number below the name.
    limit : int, optional
        Refuse graphs with more nodes; None draws any, however long that takes.
    **kwargs
        ``rankdir``, ``graph_attr``, ``node_attr``, ``edge_attr``, ``data_attributes``, ``function_attributes``,
        ``collapse_outputs`` and ``verbose``; see :func:`weft.diagnostics.draw.to_graphviz`.

    Returns
    -------
    IPython.display.Image or SVG, pathlib.Path, or graphviz.Digraph
        The picture where IPython is installed and can show the format, else the file's path; with ``filename=None`` the
        drawing that Graphviz's Python package made.

    Raises
    ------
    MissingDependencyError
        The package ``graphviz`` or the program ``dot`` is missing.
    DrawingError
        The graph is too large, or the format, engine or colour is not known.

    Examples
    --------
    >>> import weft
    >>> from weft.diagnostics.draw import visualize
    >>> x = weft.delayed(abs)(-1) + 1
    >>> drawing = visualize(x, filename=None)
    >>> "abs" in drawing.source
    True
    """
    engine = engine or config.value("visualization.engine") or "graphviz"
    if engine != "graphviz":
        raise DrawingError(f"cannot draw with engine={engine!r}: the only engine is 'graphviz'. Leave engine= out.")
    collections, graph, wanted = _found(args, traverse, optimize_graph)
    fuse = optimize_graph and config.value("optimization.fuse.active") and scheduler_for(None, collections).fuses_chains
    plan = compile_plan(graph, wanted, fuse=fuse)
    drawing = graphviz_of(plan, maxval=maxval, color=color, limit=limit, **kwargs)
    return render(drawing, filename, format)


def _found(args: tuple[Any, ...], traverse: bool, optimize_graph: bool) -> tuple[list[Any], Graph, list[Key]]:
    """The collections among the arguments, one graph for them and for those that are graphs, and what is wanted of it."""
    found = [Containers((each,), traverse).collections for each in args]
    collections = [collection for each in found for collection in each]
    graph = graph_of(collections, optimize_graph=optimize_graph)
    wanted = [key for collection in collections for key in keys_of(collection)]
    for arg, inside in zip(args, found, strict=True):
        if isinstance(arg, Mapping) and not inside:
            own = graph_from_mapping(arg)
            graph.update(own)
            wanted += ends_of(own)
        elif not inside:
            raise TypeError(
                f"cannot draw {arg!r} (a {type(arg).__name__}): give collections, or a dict of keys to tasks"
            )
    if not wanted:
        raise TypeError("nothing to draw: give collections, or a dict of keys to tasks that is not empty")
    return collections, graph, wanted


def dot_graph(
    dsk: Mapping[Key, Any],
    filename: str | os.PathLike[str] | None = "myweft",
    format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Draw a graph: a dict of keys to tasks.

    Takes and returns what :func:`visualize` does.

    Examples
    --------
    >>> from weft.diagnostics.draw import dot_graph
    >>> drawing = dot_graph({"x": 1, "y": (abs, "x")}, filename=None)
    >>> "abs" in drawing.source
    True
    """
    return render(to_graphviz(dsk, **kwargs), filename, format)


def visualize_dsk(dsk: Mapping[Key, Any], filename: str | os.PathLike[str] | None = "myweft", **kwargs: Any) -> Any:
    """Draw a graph: :func:`visualize` for one dict of keys to tasks."""
    return visualize(dsk, filename=filename, **kwargs)
