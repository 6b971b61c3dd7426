"""Whether an expression keeps next to nothing alive besides what others hold anyhow."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from pickle import PicklingError
from typing import Any

from cloudpickle import CloudPickler

from weft.expr.node import Expr

__all__ = ["is_light"]

#: Packages whose objects can be written, and do nothing else when they are. What is of others is the user's: it may hold anything.
OURS = frozenset(
    {
        "weft",
        "builtins",
        "numpy",
        "pandas",
        "pyarrow",
        "datetime",
        "decimal",
        "functools",
        "operator",
        "_operator",
        "pickle",
    }
)
#: Types of functions, which are of the module that they name, not of their type's.
FUNCTIONS = frozenset({"function", "builtin_function_or_method", "cython_function_or_method"})


class TooHeavy(Exception):
    """What is written is more than it may be, or may hold anything."""


class Weighing(CloudPickler):  # type: ignore[misc]
    """Writes a tree without some objects; stops before anything large is copied."""

    def __init__(self, written: io.BytesIO, but: Iterable[Any], most: int) -> None:
        super().__init__(written)
        self.but = {id(each) for each in but}
        self.most = most

    def persistent_id(self, value: Any) -> str | None:
        if id(value) in self.but:
            return ""
        is_named = isinstance(value, type) or type(value).__name__ in FUNCTIONS
        home = value if is_named else type(value)
        nbytes = 0 if is_named else getattr(value, "nbytes", 0)
        if str(home.__module__).partition(".")[0] not in OURS or nbytes > self.most:
            raise TooHeavy
        return None


def is_light(node: Expr, but: Collection[Any], most: int) -> bool:
    """Whether a tree takes at most so many bytes with the values in it, some objects left out, and no function of users."""
    written = io.BytesIO()
    weighing = Weighing(written, but, most)
    try:
        weighing.dump(node)
    except (TooHeavy, PicklingError, TypeError):  # the last two: it cannot be written, so nobody knows
        return False
    return written.tell() <= most
