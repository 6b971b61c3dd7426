"""Blocks that exist already, as another grid: those of several sources side by side, or of one in other numbers.

It makes no task: whoever reads a block of the mosaic reads the block of the source. Only where the user wants the mosaic
itself are there tasks that hand blocks on under its keys.
"""

from __future__ import annotations

from math import prod
from typing import ClassVar

from weft.expr import Expr, node
from weft.graph import Layer
from weft.physical.base import Names, Physical, placed_keys
from weft.physical.blockwise import grid_of
from weft.typing import Key

__all__ = ["Mosaic"]


@node
class Mosaic(Physical):
    """The blocks of ``sources`` one after another along an axis of their grids.

    With a single source and ``axis=0`` these are its blocks in the same order, on whatever grid the outline says.
    """

    sources: tuple[Expr, ...]
    axis: int = 0
    renames: ClassVar[bool] = False

    def layers(self, names: Names) -> list[Layer]:
        return []

    def placed_keys(self, names: Names) -> list[Key]:
        every = [placed_keys(source, names) for source in self.sources]
        if len(every) == 1:
            return every[0]
        runs = prod(grid_of(self.sources[0])[: self.axis])
        if runs == 1:
            return [key for keys in every for key in keys]
        widths = [len(keys) // runs for keys in every]
        return [
            key
            for run in range(runs)
            for keys, width in zip(every, widths, strict=True)
            for key in keys[run * width : (run + 1) * width]
        ]
