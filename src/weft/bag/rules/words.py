"""Words of lines are made in the reader, of many lines at a time."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

from weft.bag.expr import Streamed
from weft.bag.io.text import ReadLines
from weft.bag.kernels.elements import Flatten, Map
from weft.bag.kernels.text import ReadText
from weft.bag.kernels.words import ReadWords
from weft.expr import Context, Expr, rule
from weft.io.words import CHANGES, Splitter

__all__ = ["split_in_reader"]

#: Line ends that are white space, so that words do not go across them.
WHITE = (None, "", "\n", "\r", "\r\n")
#: Functions of texts, by names.
METHODS = {getattr(str, name): name for name in ("split", *CHANGES)}


@rule
def split_in_reader(node: Streamed, context: Context) -> Expr | None:
    """``read_text(...).str.split().flatten()`` becomes a reader of words, which makes no lines; so with ``lower`` before ``split``."""
    if not isinstance(node.stage, Flatten):
        return None
    (source,) = node.sources
    called: list[str] = []
    while isinstance(source, Streamed) and context.is_sole(source):
        match source:
            case Streamed(Map(func) as change, (inner,)) if change.is_plain and (name := text_method(func)):
                called.insert(0, name)
                source = inner
            case _:
                return None
    match source:
        case ReadLines(parts, ReadText(form) as text) if text == ReadText(form) and context.is_sole(source):
            if form.delimiter in WHITE and called[-1:] == ["split"] and "split" not in called[:-1]:
                return ReadLines(parts, ReadWords(form, Splitter(tuple(called[:-1]))))
    return None


def text_method(func: Callable[[Any], Any]) -> str | None:
    """The method of texts that a function is, if it takes nothing else."""
    if isinstance(func, methodcaller):
        match func.__reduce__():
            case (kind, (str(name),)) if kind is methodcaller and name in METHODS.values():
                return name
        return None
    try:
        return METHODS.get(func)
    except TypeError:  # a function without a hash
        return None
