"""Words of lines are made in the reader, of many lines at a time."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

from weft.bag.expr import Streamed
from weft.bag.io.text import ReadLines
from weft.bag.kernels.elements import Flatten, Map
from weft.bag.kernels.text import ReadText
from weft.expr import Context, Expr, rule

__all__ = ["split_in_reader"]

#: Line ends that are white space, so that words do not go across them.
WHITE = (None, "", "\n", "\r", "\r\n")


@rule
def split_in_reader(node: Streamed, context: Context) -> Expr | None:
    """``read_text(...).str.split().flatten()`` becomes a reader of words, which makes no lines."""
    match node:
        case Streamed(Flatten(), (Streamed(Map(func) as split, (ReadLines() as source,)) as middle,)):
            text = source.stage
            plain = text == ReadText(text.form) and text.form.delimiter in WHITE
            if plain and split.is_plain and splits(func) and context.is_sole(middle) and context.is_sole(source):
                return ReadLines(source.parts, ReadText(text.form, words=True))
    return None


def splits(func: Callable[[Any], Any]) -> bool:
    """Whether a function splits a text at white space."""
    if func is str.split:
        return True
    return isinstance(func, methodcaller) and func.__reduce__() == (methodcaller, ("split",))
