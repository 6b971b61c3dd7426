"""Nodes of users' functions of blocks, and collections as single blocks for their arguments."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import product
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr
from weft.array.kernels.blocks import Gathering
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import same_block, sized
from weft.array.ops.unifying import Indices
from weft.collection.single import as_single_block
from weft.expr import Cost, Expr, Fact, derived, node
from weft.physical.base import BlockExpr, Outline
from weft.physical.blockwise import Blockwise, Call, Column, Placed, Same
from weft.physical.blockwise import blockwise as fused_blockwise
from weft.physical.grid import Pick, identity_pick

__all__ = ["Mapped", "single"]


@node
class Mapped(ArrayExpr):
    """A user's function of blocks.

    Parameters
    ----------
    function : callable
        Takes a value for each entry of ``arguments``, then those of ``columns`` as keywords.
    arguments : tuple of (ArrayExpr, indices) and (value, None)
        Arrays with a letter for each axis, other values as they are.
    out : tuple
        Letters of the result.
    concatenate : bool
        Whether blocks along letters that the result has not are joined, or come as nested lists.
    given : str, optional
        The name, if the user gave one.
    """

    function: Callable[..., Any]
    arguments: tuple[tuple[Any, Indices | None], ...]
    out: Indices
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid
    prototype: Any = None
    concatenate: bool = False
    columns: tuple[tuple[str, Column], ...] = ()
    title: str | None = None
    given: str | None = None

    facts = frozenset({Fact.BARRIER})

    @property
    def label(self) -> str:
        return self.title or str(getattr(self.function, "__name__", "map-blocks")).strip("<>_")

    @derived
    def name(self) -> str:
        return self.given or super().name

    @derived
    def counts(self) -> dict[Hashable, int]:
        """Blocks along each letter."""
        found = dict(zip(self.out, self.numblocks, strict=True))
        for value, indices in self.arguments:
            if indices is not None:
                for letter, count in zip(indices, value.numblocks, strict=True):
                    if letter not in self.out:
                        found[letter] = max(count, found.get(letter, 1))
        return found

    def lower(self) -> Expr:
        sources: list[Expr] = []
        picks: list[Pick] = []
        values: list[Any] = []
        shapes: list[Any] = []
        for value, indices in self.arguments:
            if indices is None and not isinstance(value, BlockExpr):
                values.append(value)
                shapes.append(Ellipsis)
                continue
            lost = [letter for letter in dict.fromkeys(indices or ()) if letter not in self.out]
            for blocks in product(*[range(self.counts[letter]) for letter in lost]):
                sources.append(value)
                picks.append(self.pick(value, indices or (), dict(zip(lost, blocks, strict=True))))
            axes = tuple([(indices or ()).index(letter) for letter in lost])
            shapes.append((tuple([self.counts[letter] for letter in lost]), axes) if lost else None)
        function = self.function
        if any(shape is not None and shape is not Ellipsis for shape in shapes):
            function = Gathering(function, tuple(shapes), self.concatenate)
            slots = [*range(len(sources)), *range(len(sources), len(sources) + len(values))]
        else:
            source, constant = iter(range(len(sources))), iter(range(len(sources), len(sources) + len(values)))
            slots = [next(constant) if shape is Ellipsis else next(source) for shape in shapes]
        first = len(sources) + len(values)
        slots += range(first, first + len(self.columns))
        outline, whole = self.outline, identity_pick(self.ndim)
        columns = [*map(Same, values), *[column for _, column in self.columns]]
        return Blockwise(
            outline,
            (Call(function, tuple(slots), tuple([keyword for keyword, _ in self.columns]), outline),),
            tuple(sources),
            tuple(picks),
            tuple([Placed(column, self.numblocks, whole) for column in columns]),
            Cost.HEAVY,
        )

    def pick(self, source: BlockExpr, indices: Indices, fixed: dict[Hashable, int]) -> Pick:
        """Which block of a source goes with a block of the result, when the letters that are lost stand at these blocks."""
        made: list[Any] = []
        for letter, count in zip(indices, source.numblocks, strict=True):
            if count == 1:
                made.append(None)
            elif letter in fixed:
                made.append((None, (fixed[letter],)))
            else:
                made.append(self.out.index(letter))
        return tuple(made)


def single(collection: Any) -> BlockExpr:
    """All of a collection as one block."""
    if not isinstance(collection, ArrayBase):
        return as_single_block(collection)
    whole = sized(collection.expr)
    return OneBlock(laid_out(whole, tuple([max(1, length) for length in whole.shape])))


@node
class OneBlock(BlockExpr):
    """An array in one chunk as a block without axes."""

    source: ArrayExpr

    @property
    def numblocks(self) -> tuple[int, ...]:
        return ()

    def lower(self) -> Expr:
        outline = Outline(self.name, "whole", (), self.source.outline.nbytes)
        return fused_blockwise(outline, same_block, [(self.source, (None,) * self.source.ndim)])
