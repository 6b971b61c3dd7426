"""What a mask selects: lengths that are not known before they are counted.

A mask covers one axis or several, side by side. Each block of the mask selects from a block of the source, and the blocks
of what is selected stand in a row: so their order must be that of the elements, and where a mask covers several axes
all but the leading ones are put into one chunk first (the leading ones are cut finer for it). The
symbol of the unknown lengths is that of the mask and its grid: what one mask selects from two arrays is aligned.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft import config
from weft.array.base import new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_count, axis_largest, common_cut
from weft.array.expr import ArrayExpr
from weft.array.kernels import indexing as kernels
from weft.array.ops.fancy import Written
from weft.array.ops.located import contiguous_grid
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.expr import Expr, derived, node
from weft.expr.naming import token_of
from weft.physical.blockwise import Blockwise, Call, Placed, Same, blockwise
from weft.physical.grid import Pick

__all__ = ["Compress", "Places", "compress_by", "compress_unordered", "mask_cut", "masked_grid", "true_places"]


@node
class Compress(ArrayExpr):
    """The elements where a mask holds, which covers the axes from ``axis`` on; they become one axis.

    ``inner`` is the grid of the mask, on which both meet, and ``cut`` that of the result.
    """

    source: ArrayExpr
    mask: ArrayExpr
    axis: int
    inner: Grid
    cut: UnknownCut

    holes = ()

    @property
    def label(self) -> str:
        return "compress"

    @property
    def width(self) -> int:
        """Axes that the mask covers."""
        return len(self.inner)

    @derived
    def shape(self) -> tuple[int, ...]:
        shape = self.source.shape
        length: Any = self.cut.length
        return (*shape[: self.axis], length, *shape[self.axis + self.width :])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        grid = self.source.grid
        return (*grid[: self.axis], self.cut, *grid[self.axis + self.width :])

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    def lower(self) -> Expr:
        axis, width, grid = self.axis, self.width, self.source.grid
        source = laid_out(self.source, (*grid[:axis], *self.inner, *grid[axis + width :]))
        inner = row_picks(self.mask.shape, self.inner, axis)
        pick: Pick = (*range(axis), *inner, *range(axis + 1, axis + 1 + source.ndim - axis - width))
        mask = laid_out(self.mask, self.inner)
        return blockwise(self.outline, kernels.compressed, [(source, pick), (mask, inner)], [Same(axis)])


def row_picks(shape: tuple[int, ...], grid: Grid, axis: int) -> Pick:
    """Picks for axes whose blocks stand in a row along ``axis``."""
    counts = tuple([axis_count(length, cut) for length, cut in zip(shape, grid, strict=True)])
    if sum([count > 1 for count in counts]) <= 1:
        return tuple([axis if count > 1 else None for count in counts])
    places = np.unravel_index(np.arange(prod(counts)), counts)
    return tuple([(axis, tuple(each.tolist())) for each in places])


@node
class TrueCounts(ArrayExpr):
    """How many elements of each block of a mask are true, blocks in a row."""

    mask: ArrayExpr

    @property
    def label(self) -> str:
        return "count"

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.mask.nblocks,)

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
        pick = row_picks(self.mask.shape, self.mask.grid, 0)
        return blockwise(self.outline, kernels.true_count, [(self.mask, pick)])


@node
class Places(ArrayExpr):
    """Where a mask is true: a row of coordinates for each place, in order."""

    mask: ArrayExpr
    inner: Grid
    cut: UnknownCut

    @property
    def label(self) -> str:
        return "argwhere"

    @derived
    def shape(self) -> tuple[int, ...]:
        length: Any = self.cut.length
        return (length, self.mask.ndim)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.intp)

    @derived
    def grid(self) -> Grid:
        return (self.cut, self.mask.ndim)

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        mask = laid_out(self.mask, self.inner)
        outline = self.outline
        firsts: list[tuple[int, ...]] = [()]
        for lengths in mask.chunks:
            edges = np.cumsum((0, *lengths[:-1])).tolist()
            firsts = [(*first, edge) for first in firsts for edge in edges]
        columns = (Placed(Written(self.name, firsts), (len(firsts),), (0,)),)
        call = Call(kernels.listed_true, (0, 1), (), outline)
        return Blockwise(outline, (call,), (mask,), (row_picks(mask.shape, mask.grid, 0),), columns)


def compress_unordered(node: Compress) -> Compress | None:
    """The same elements in the order of the chunks that source and mask have anyway; None if that is no gain."""
    inner = meeting_grid(node.source, node.mask, node.axis)
    if inner == node.inner or not (node.source.is_known and node.mask.is_known):
        return None
    return node.with_operands(inner=inner, cut=mask_cut(node.mask, inner))


def meeting_grid(source: ArrayExpr, mask: ArrayExpr, axis: int) -> Grid:
    """The grid on which a mask and the axes that it covers meet."""
    cuts: list[Cut] = []
    for own, of_mask, cut in zip(range(axis, axis + mask.ndim), range(mask.ndim), mask.grid, strict=True):
        offers = [(source.grid[own], source.weight), (cut, mask.weight)]
        same = len({cut for cut, _ in offers}) == 1
        cuts.append(cut if same else common_cut(mask.shape[of_mask], offers))
    return tuple(cuts)


#: Blocks that a mask is cut into for the order of its elements, about, and the fewest elements that one has then.
BLOCKS, FEWEST = 16, 1 << 18


def masked_grid(source: ArrayExpr, mask: ArrayExpr, axis: int) -> Grid:
    """The grid on which a mask and the axes that it covers meet; its blocks in order have the elements in order."""
    covered = range(axis, axis + mask.ndim)
    cuts = meeting_grid(source, mask, axis)
    if is_in_order(mask.shape, cuts):
        return cuts
    lengths = list(zip(source.shape, source.grid, strict=True))
    others = prod(axis_largest(*each) for place, each in enumerate(lengths) if place not in covered)
    largest = prod(axis_largest(*each) for each in zip(mask.shape, cuts, strict=True))
    room = int(config.value("array.chunk-size")) // max(1, others * source.dtype.itemsize)
    return contiguous_grid(mask.shape, max(largest, min(room, max(FEWEST, mask.size // BLOCKS))))


def is_in_order(shape: tuple[int, ...], grid: Grid) -> bool:
    """Whether the blocks of a grid, one after the other, have the elements in C order."""
    cut_already = False
    for length, cut in zip(reversed(shape), reversed(grid), strict=True):
        if cut_already and axis_largest(length, cut) > 1:
            return False
        cut_already = cut_already or axis_count(length, cut) > 1
    return True


def mask_cut(mask: ArrayExpr, inner: Grid) -> UnknownCut:
    """The cut of what a mask selects, blocks of a grid in a row."""
    on_grid = laid_out(mask, inner)
    symbol = f"where-{token_of('where', mask.name, inner)}"
    lengths = zip(mask.shape, inner, strict=True)
    return UnknownCut(symbol, on_grid.nblocks, prod(axis_largest(*each) for each in lengths), TrueCounts(on_grid))


def matched(source: ArrayExpr, mask: ArrayExpr, axis: int) -> tuple[ArrayExpr, ArrayExpr]:
    """Source and mask with lengths counted where that is needed to tell that they fit."""
    axes = range(axis, axis + mask.ndim)
    if axes.stop > source.ndim:
        raise IndexError(
            f"too many indices for array: the array has {source.ndim} axes, and a mask with {mask.ndim} axes "
            f"begins at axis {axis}"
        )
    unequal = [own for own in axes if source.shape[own] != mask.shape[own - axis]]
    unequal += [
        own for own in axes if source.grid[own] != mask.grid[own - axis] and not is_known(source, mask, own, axis)
    ]
    if unequal:
        source, mask = sized(source, tuple(unequal)), sized(mask, tuple([own - axis for own in unequal]))
    for own in axes:
        if source.shape[own] != mask.shape[own - axis]:
            raise IndexError(
                f"boolean index did not match indexed array along axis {own}; size of axis is {source.shape[own]} "
                f"but size of corresponding boolean axis is {mask.shape[own - axis]}"
            )
    return source, mask


def is_known(source: ArrayExpr, mask: ArrayExpr, own: int, axis: int) -> bool:
    """Whether an axis is known on both sides."""
    return not isinstance(source.grid[own], UnknownCut) and not isinstance(mask.grid[own - axis], UnknownCut)


def in_order(mask: ArrayExpr) -> ArrayExpr:
    """A mask whose lengths are known where its blocks would have to be put in order."""
    return mask if mask.ndim < 2 or is_in_order(mask.shape, mask.grid) else sized(mask)


def compress_by(source: ArrayExpr, mask: ArrayExpr, axis: int) -> ArrayExpr:
    """What a mask selects from the axes from ``axis`` on."""
    source, mask = matched(source, in_order(mask), axis)
    inner = masked_grid(source, mask, axis)
    return Compress(source, mask, axis, inner, mask_cut(mask, inner))


def true_places(mask: ArrayExpr) -> Any:
    """Where a mask is true, as an array of rows of coordinates."""
    if not mask.is_known:
        mask = sized(mask)
    inner = masked_grid(mask, mask, 0)
    return new(Places(mask, inner, mask_cut(mask, inner)))
