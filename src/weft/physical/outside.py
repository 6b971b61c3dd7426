"""Blocks of expressions that are calls which users wrote (`weft.physical.call`): delayed values that arrays are made of.

The calls are no part of the expression. They are written to the graph together with all other calls of a computation, so
that what several of them read is in it once; who writes the graph asks `calls_read_by` for them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from weft.expr import Expr, node
from weft.expr.node import walk_objects
from weft.graph import Layer
from weft.physical.base import Names, Outline, Physical
from weft.typing import Key

__all__ = ["Outside", "calls_read_by"]


class Source:
    """A call as an operand: named by its key."""

    __slots__ = ("call",)

    def __init__(self, call: Any) -> None:
        self.call = call

    def __weft_tokenize__(self) -> Key:
        return self.call.key  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<call {self.call.key!r}>"

    def __reduce__(self) -> Any:
        return Source, (self.call,)


@node
class Outside(Physical):
    """One block, which a call gives."""

    source: Source
    renames: ClassVar[bool] = False

    @classmethod
    def of(cls, call: Any) -> Outside:
        """The block of a call, of data, or of a gathered collection."""
        return cls(Outline(f"outside-{call.key}", "delayed", ()), Source(call))

    def keys(self, name: str | None = None) -> list[Key]:
        if name is None or name == self.name:
            return [self.source.call.key]
        return super().keys(name)

    def layers(self, names: Names) -> list[Layer]:
        return []


def calls_read_by(expr: Expr) -> list[Any]:
    """The calls that a tree reads."""
    return [each.source.call for each in walk_objects(expr) if isinstance(each, Outside)]
