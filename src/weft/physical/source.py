"""Blocks from outside: data in memory. (Blocks from functions and file parts are `blockwise.from_parts`.)

`InMemory` hands out pieces of one object that the user holds: as blocks of the graph where a piece costs nothing to make
(a view of an array), or as the whole under one key, from which tasks cut their pieces, where cutting is work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.expr import Held, node
from weft.graph import Layer
from weft.physical.base import Names, Physical
from weft.physical.blockwise import Column
from weft.typing import Key

__all__ = ["InMemory", "Whole"]


@node
class InMemory(Physical):
    """Pieces of an object in memory, cut when the graph is written.

    Parameters
    ----------
    held : Held
    cut : callable
        ``cut(value, part)`` gives a block; it must copy nothing.
    parts : Column
        What to cut for each block.
    """

    child_fields = ()

    held: Held
    cut: Callable[[Any, Any], Any]
    parts: Column

    def layers(self, names: Names) -> list[Layer]:
        return []

    def data(self, names: Names) -> dict[Key, Any]:
        value, cut = self.held.value, self.cut
        parts = self.parts.values(self.numblocks)
        return {key: cut(value, part) for key, part in zip(self.keys(self.called(names)), parts, strict=True)}


@node
class Whole(Physical):
    """An object in memory as one block, after ``prepare`` (which must copy nothing: a projection, a view)."""

    child_fields = ()

    held: Held
    prepare: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()

    def layers(self, names: Names) -> list[Layer]:
        return []

    def data(self, names: Names) -> dict[Key, Any]:
        value = self.held.value
        if self.prepare is not None:
            value = self.prepare(value, *self.arguments)
        (key,) = self.keys(self.called(names))
        return {key: value}
