"""Whether an expression keeps next to nothing alive besides what others hold anyhow."""

from __future__ import annotations

import io
from types import FunctionType
from typing import Any

from cloudpickle import CloudPickler

from weft.expr.node import Expr

__all__ = ["is_light"]

#: Packages whose objects can be written, and do nothing else when they are. What is of others is the user's: it may hold anything.
OURS = frozenset(
    {"weft", "builtins", "numpy", "pandas", "pyarrow", "datetime", "decimal", "functools", "operator", "_operator"}
)


class TooHeavy(Exception):
    """What is written is more than it may be, or may hold anything."""


class Weighing(CloudPickler):  # type: ignore[misc]
    """Writes a tree without what instances of some classes hold; stops before anything large is copied."""

    def __init__(self, written: io.BytesIO, but: type, most: int) -> None:
        super().__init__(written)
        self.but = but
        self.most = most

    def persistent_id(self, value: Any) -> str | None:
        if isinstance(value, self.but):
            return ""
        home = value if isinstance(value, (type, FunctionType)) else type(value)
        nbytes = 0 if isinstance(value, type) else getattr(value, "nbytes", 0)
        if home.__module__.partition(".")[0] not in OURS or nbytes > self.most:
            raise TooHeavy
        return None


def is_light(node: Expr, but: type, most: int) -> bool:
    """Whether a tree takes at most so many bytes with the values in it, instances of a class left out, and no function of users."""
    written = io.BytesIO()
    try:
        Weighing(written, but, most).dump(node)
    except TooHeavy:
        return False
    return written.tell() <= most
