"""Sliding windows as views of overlapping blocks: nothing is repeated in memory."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid, as_tuple, axis_chunks, axis_largest, compress, finer
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.overlapping import windowed
from weft.array.layout_cost import chunk_limit
from weft.array.ops.overlapping import Overlap, long_enough
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import normal_axis
from weft.expr import Expr, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise

__all__ = ["sliding_window_view"]


@node
class Windows(ArrayExpr):
    """Windows as new last axes: views of blocks that have their neighbours' first elements behind them."""

    source: ArrayExpr
    window: tuple[int, ...]
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    grid: Grid

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        pick = tuple(range(self.source.ndim))
        own = self.outline
        outline = Outline(own.origin, own.label, own.numblocks, self.source.outline.nbytes, own.signature)
        return blockwise(outline, windowed, [(self.source, pick)], [Same(self.window), Same(self.axes)])


def small_enough(expr: ArrayExpr, times: int, axes: tuple[int, ...]) -> ArrayExpr:
    """The array with axes other than ``axes`` cut finer, so that chunks may grow ``times`` as large and stay within bounds.

    The bound is the configured size, or that of the chunks as they are.
    """
    largest = [axis_largest(length, cut) for length, cut in zip(expr.shape, expr.grid, strict=True)]
    now = prod(largest) * expr.dtype.itemsize
    parts = -(-now * times // max(1, now, chunk_limit()))
    grid = list(expr.grid)
    for axis in sorted(range(expr.ndim), key=largest.__getitem__, reverse=True):
        if axis not in axes and parts > 1:
            few = min(parts, max(1, largest[axis]))
            grid[axis] = finer(expr.shape[axis], grid[axis], max(1, largest[axis] // few))
            parts = -(-parts // few)
    return laid_out(expr, tuple(grid))


def sliding_window_view(
    x: Any,
    window_shape: Any,
    axis: Any = None,
    automatic_rechunk: bool = True,
    *,
    subok: bool = True,
    writeable: bool = False,
) -> Any:
    """All windows of a shape, as new last axes; views wherever they are made, never copies.

    Parameters
    ----------
    x : Array
    window_shape : int or tuple of int
    axis : int or tuple of int, optional
        Along which a window has which length; all axes by default.
    automatic_rechunk : bool
        Whether other axes are cut finer where the windows of a chunk would be larger than a chunk should be. Chunks
        shorter than a window are joined in any case.
    subok : bool
        Blocks are views, and of the class that they have, in any case.
    writeable : bool
        Has to be False: nothing is written into blocks.

    Examples
    --------
    >>> import weft.array as da
    >>> da.lib.stride_tricks.sliding_window_view(da.arange(6, chunks=3), 3).sum(-1).compute()
    array([ 3,  6,  9, 12])
    """
    if writeable:
        raise ValueError(
            "windows of a chunked array cannot be written to: leave writeable= out, and assign to the array"
        )
    x = asarray(x)
    window = as_tuple(window_shape)
    if any(length < 0 for length in window):
        raise ValueError("`window_shape` cannot contain negative values")
    if axis is None:
        axes = tuple(range(x.ndim))
        if len(window) != x.ndim:
            raise ValueError(f"window_shape={window_shape!r} is for {len(window)} axes, and the array has {x.ndim}")
    else:
        axes = tuple([normal_axis(each, x.ndim) for each in as_tuple(axis)])
        if len(window) != len(axes):
            raise ValueError(
                f"window_shape={window_shape!r} is for {len(window)} axes, and axis={axis!r} names {len(axes)}"
            )
    after = [0] * x.ndim
    for each, length in zip(axes, window, strict=True):
        after[each] += max(0, length - 1)
    expr = sized(x.expr, axes)
    if any(deep >= length and deep for deep, length in zip(after, expr.shape, strict=True)):
        raise ValueError("window shape cannot be larger than input array shape")
    depths = tuple([(0, deep) for deep in after])
    expr = long_enough(expr, depths)
    if automatic_rechunk:
        expr = small_enough(expr, prod(window), axes)
    shape = [length - deep for length, deep in zip(expr.shape, after, strict=True)]
    grid: list[Any] = []
    for length, cut, deep in zip(expr.shape, expr.grid, after, strict=True):
        chunks = axis_chunks(length, cut)
        grid.append(compress((*chunks[:-1], chunks[-1] - deep)) if deep else cut)
    sides: Grid = tuple([max(1, length) for length in window])
    source = Overlap(expr, depths, ("none",) * x.ndim)
    return new(Windows(source, window, axes, (*shape, *window), (*grid, *sides)))
