"""Lengths that are not known before they are counted, and how they are counted.

What a mask selects, or how many rows a partition has, is known when it has been computed. Most operations do not ask, and
go on with unknown lengths (see `weft.array.chunks.UnknownCut`). Those that must know call `known`, which computes the
lengths (not the array, where the cut says how they can be had for less), and goes on with an array that has them. Lengths
are counted once for all arrays that share them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, UnknownCut, compress
from weft.array.expr import ArrayExpr
from weft.execution import compute
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick

__all__: list[str] = []


@node
class Sized(ArrayExpr):
    """The same blocks, with lengths that have been counted."""

    source: ArrayExpr
    shape: tuple[int, ...]
    grid: Grid

    @property
    def label(self) -> str:
        return self.source.label

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        return blockwise(self.outline, same_block, [(self.source, identity_pick(self.ndim))])


@node
class BlockLengths(ArrayExpr):
    """How long the blocks are along an axis; they are made to be measured."""

    source: ArrayExpr
    axis: int

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.source.numblocks[self.axis],)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.int64)

    @derived
    def grid(self) -> Grid:
        return (1,)

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        pick = tuple([0 if axis == self.axis else None for axis in range(self.source.ndim)])
        return blockwise(self.outline, length_of, [(self.source, pick)], [Same(self.axis)])


def same_block(block: Any) -> Any:
    """The block itself."""
    return block


def length_of(block: Any, axis: int) -> Any:
    """The length of a block along an axis, as an array of one number."""
    return np.array([block.shape[axis]], np.int64)


def count(expr: ArrayExpr, axes: tuple[int, ...]) -> dict[UnknownCut, tuple[int, ...]]:
    """Lengths of the chunks along axes whose lengths are unknown, counted together unless they have been before."""
    cuts: dict[UnknownCut, int] = {}
    for axis in axes:
        cut = expr.grid[axis]
        if isinstance(cut, UnknownCut):
            cuts.setdefault(cut, axis)
    missing = [cut for cut in cuts if cut.lengths is None]
    counters = [BlockLengths(expr, cuts[cut]) if cut.counts is None else cut.counts for cut in missing]
    take_down(missing, counters)
    return {cut: cut.lengths for cut in cuts if cut.lengths is not None}


def take_down(cuts: list[UnknownCut], counters: list[ArrayExpr]) -> None:
    """Compute lengths, all together, and note them where everybody finds them."""
    if cuts:
        for cut, lengths in zip(cuts, compute(*map(new, counters), traverse=False), strict=True):
            cut.lengths = tuple(np.asarray(lengths).tolist())


def counted(cut: UnknownCut) -> tuple[int, ...]:
    """The lengths of a cut that says how they can be counted."""
    if cut.lengths is None:
        take_down([cut], [cut.counts])
    assert cut.lengths is not None
    return cut.lengths


def sized(expr: ArrayExpr, axes: tuple[int, ...] | None = None) -> ArrayExpr:
    """The expression with all lengths known along axes (all of them by default); itself, if they are."""
    asked = tuple(range(expr.ndim)) if axes is None else axes
    if not any(isinstance(expr.grid[axis], UnknownCut) for axis in asked):
        return expr
    lengths = count(expr, asked)
    shape: list[Any] = list(expr.shape)
    grid = list(expr.grid)
    for axis in asked:
        cut = expr.grid[axis]
        if isinstance(cut, UnknownCut):
            shape[axis], grid[axis] = sum(lengths[cut]), compress(lengths[cut])
    return Sized(expr, tuple(shape), tuple(grid))


def known_along(expr: ArrayExpr, axis: int) -> ArrayExpr:
    """The expression with its length along one axis known; itself if it has no such axis."""
    return sized(expr, (axis % expr.ndim,)) if -expr.ndim <= axis < expr.ndim else expr


def known(x: Any) -> Any:
    """The array with all its lengths known: for operations that cannot do without."""
    expr = sized(x.expr)
    return x if expr is x.expr else new(expr)


def has_unknown(x: Any) -> bool:
    """Whether some length of the array has not been counted."""
    return not x.expr.is_known


class SizeMethods(ArrayBase):
    """Lengths that are counted."""

    __slots__ = ()

    def compute_chunk_sizes(self) -> Any:
        """Count the lengths that are not known, and go on with them; gives the array itself.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.arange(10, chunks=5)
        >>> big = x[x > 3]
        >>> big.chunks
        ((nan, nan),)
        >>> big.compute_chunk_sizes().chunks
        ((1, 5),)
        """
        self.expr = sized(self.expr)
        return self
