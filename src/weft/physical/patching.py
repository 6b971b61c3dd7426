"""Some blocks changed by blocks of another expression, all others as they are.

A blockwise node would make every block wait for the other expression; here only those do that read it.
"""

from __future__ import annotations

from typing import Any, Protocol

from weft.expr import Expr, node
from weft.graph import Layer, Program
from weft.physical.base import ALIAS, Names, Physical
from weft.physical.exchange import Merge
from weft.typing import Function, Key

__all__ = ["Patched", "Patches"]


class Patches(Protocol):
    """Who is changed by what, described by something small until a graph is written."""

    def patches(self) -> dict[int, tuple[tuple[int, ...], Any]]:
        """For the blocks that change, by number, the blocks of the patch they read and what the change is told."""


@node
class Patched(Physical):
    """Blocks of ``source``; some of them are ``change(told, block, *patches)``."""

    source: Expr
    patch: Expr
    change: Function
    routes: Patches

    def layers(self, names: Names) -> list[Layer]:
        origin = self.outline.origin
        keys = list(self.keys(names[self.name]))
        blocks = self.source_keys(self.source, names)
        patch = self.source_keys(self.patch, names)
        changed = self.routes.patches()
        layers = [
            Layer(
                Program.call(Merge(self.change), name=self.label),
                [keys[number] for number in changed],
                [(blocks[number], *[patch[each] for each in reads]) for number, (reads, _) in changed.items()],
                [(told,) for _, told in changed.values()],
                nbytes=self.nbytes,
                origin=origin,
            )
        ]
        same: list[tuple[Key, tuple[Key]]] = [
            (key, (block,))
            for number, (key, block) in enumerate(zip(keys, blocks, strict=True))
            if number not in changed
        ]
        if same:
            layers.append(Layer(ALIAS, [key for key, _ in same], [block for _, block in same], origin=origin))
        return layers
