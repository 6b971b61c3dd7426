"""A graph made elsewhere: by the user, or by a computation whose blocks are kept."""

from __future__ import annotations

from typing import ClassVar

from weft.expr import node
from weft.graph import Graph, Layer
from weft.physical.base import Names, Outline, Physical
from weft.typing import Key

__all__ = ["Opaque"]


class Foreign:
    """A graph as an operand: named by the keys that are wanted of it, which are its maker's promise of what they are."""

    __slots__ = ("graph", "outputs")

    def __init__(self, graph: Graph, outputs: tuple[Key, ...]) -> None:
        self.graph = graph
        self.outputs = outputs

    def __weft_tokenize__(self) -> tuple[Key, ...]:
        return self.outputs

    def __reduce__(self) -> tuple[object, ...]:
        return Foreign, (self.graph, self.outputs)


@node
class Opaque(Physical):
    """Blocks of a graph that somebody else wrote, under the keys that it gave them."""

    foreign: Foreign
    renames: ClassVar[bool] = False
    is_written: ClassVar[bool] = True

    @classmethod
    def of(cls, outline: Outline, graph: Graph, outputs: list[Key]) -> Opaque:
        """Blocks at these keys of a graph."""
        return cls(outline, Foreign(graph, tuple(outputs)))

    def keys(self, name: str | None = None) -> list[Key]:
        if name is None or name == self.name:
            return list(self.foreign.outputs)
        return super().keys(name)

    def layers(self, names: Names) -> list[Layer]:
        return self.foreign.graph.layers

    def data(self, names: Names) -> dict[Key, object]:
        return self.foreign.graph.data
