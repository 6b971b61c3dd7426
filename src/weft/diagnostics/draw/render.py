"""A drawing as a file, and as what a notebook shows."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from weft.diagnostics.output import optional, write_whole
from weft.errors import DrawingError, MissingDependencyError

__all__ = ["FORMATS", "render"]

FORMATS = ("png", "svg", "pdf", "jpeg", "jpg", "dot")


def render(drawing: Any, filename: str | os.PathLike[str] | None, format: str | None) -> Any:
    """Write a drawing; gives what can be shown of it, or the path, or without a filename the drawing itself.

    Raises
    ------
    DrawingError
        The format is not known.
    MissingDependencyError
        The program ``dot`` is not installed.
    """
    if format is not None and format not in FORMATS:
        raise DrawingError(f"cannot draw in the format {format!r}: choose one of {', '.join(map(repr, FORMATS))}")
    if filename is None:
        if format is not None and format != "dot":
            drawing.format = format
        return drawing
    path = os.fspath(filename)
    ending = os.path.splitext(path)[1].lstrip(".").lower()
    if format is None:
        format = ending if ending in FORMATS else "png"
    if ending != format:
        path = f"{path}.{format}"
    content = drawing.source.encode() if format == "dot" else laid_out(drawing, format)
    written = write_whole(path, content)
    return shown(content, format) or written


def laid_out(drawing: Any, format: str) -> bytes:
    """The picture, made by the program ``dot``."""
    backend = optional("graphviz.backend", "draw a graph")
    try:
        return bytes(drawing.pipe(format=format))
    except backend.ExecutableNotFound as error:
        raise MissingDependencyError(
            f"cannot draw a graph as {format!r}: the program 'dot' of Graphviz is not installed, or not on the PATH. "
            "Get it with: apt-get install graphviz, or brew install graphviz, or conda install graphviz (its Python "
            "package comes with pip install 'weft[diagnostics]'). format='dot' gives the text and needs no program."
        ) from error


def shown(content: bytes, format: str) -> Any:
    """What a notebook shows; None if that is not possible."""
    if importlib.util.find_spec("IPython") is None:
        return None
    from IPython.display import SVG, Image

    if format == "svg":
        return SVG(data=content.decode())
    if format in ("png", "jpeg", "jpg"):
        return Image(data=content)
    return None
