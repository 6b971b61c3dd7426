"""Floating-point reductions with the same bits for any chunks and any number of workers.

Addition of floats is not associative, so the bits of a sum depend on the order, and the usual order follows the chunks.
Here it follows from the shape alone: along one axis after the other, the longest first, runs of 4,096 elements (*canonical
cells*) are reduced to one each, again and again until one is left. Chunks whose edges lie within a run are moved to the
edges of runs first. Means are sums by counts, variances are means of squared distances from the mean: two passes.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, Grid, axis_chunks, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.nan_reductions import mean_of, spread_of_squares
from weft.array.kernels.reductions import computed_in, squared
from weft.array.kernels.reproducible import reduced_runs
from weft.array.ops.elementwise import elementwise
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.array.ops.transposing import squeeze
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick

__all__: list[str] = []

#: Elements of a canonical cell.
RUN = 4096


@node
class ReducedRuns(ArrayExpr):
    """Canonical cells along one axis, each reduced to one element."""

    source: ArrayExpr
    ufunc: Any
    axis: int
    dtype: np.dtype[Any]

    @property
    def label(self) -> str:
        return "canonical"

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [-(-length // RUN) if axis == self.axis else length for axis, length in enumerate(self.source.shape)]
        )

    @derived
    def aligned(self) -> tuple[int, ...]:
        """Chunk lengths of the source along the axis with their edges moved to the edges of cells."""
        length = self.source.shape[self.axis]
        edges = [0, *accumulate(axis_chunks(length, self.source.grid[self.axis]))]
        moved = sorted({min(length, (edge + RUN // 2) // RUN * RUN) for edge in edges[:-1]} | {length})
        return tuple([end - start for start, end in pairwise([0, *[each for each in moved if each]])]) or (0,)

    @derived
    def grid(self) -> Grid:
        cut: Cut = compress([-(-length // RUN) for length in self.aligned])
        return tuple([cut if axis == self.axis else own for axis, own in enumerate(self.source.grid)])

    def lower(self) -> Expr:
        wanted = tuple(
            [compress(self.aligned) if axis == self.axis else own for axis, own in enumerate(self.source.grid)]
        )
        columns = [Same(self.ufunc), Same(self.axis), Same(RUN), Same(self.dtype)]
        pick = identity_pick(self.ndim)
        return blockwise(self.outline, reduced_runs, [(laid_out(self.source, wanted), pick)], columns)


def canonical(
    a: Any,
    kind: str,
    axes: tuple[int, ...],
    keepdims: bool,
    given: Any,
    final: np.dtype[Any],
    ddof: float,
    where: Any = None,
) -> Any:
    """The reduction of a kind over canonical cells."""
    a = known(a)
    if a.expr.prototype is not None:
        raise NotImplementedError(
            f"reproducible=True needs blocks that are NumPy's, not {type(a.expr.prototype).__name__}"
        )
    mask = None if where is None else known(asarray(where)).astype(bool)
    nan = kind.startswith("nan")
    kind = kind.removeprefix("nan")
    if nan and a.dtype.kind in "fc":
        numbers = elementwise(np.equal, a, a)
        mask = numbers if mask is None else elementwise(np.logical_and, numbers, mask)
    wide = computed_in(a.dtype, given) or a.dtype
    if kind in ("sum", "prod"):
        made = folded(selected(a, mask, kind == "prod"), np.multiply if kind == "prod" else np.add, axes, wide)
    else:
        count = count_of(a, axes, mask)
        made = folded(selected(a, mask, False), np.add, axes, wide)
        if kind == "mean":
            made = elementwise(mean_of, made, count)
        else:
            mean = elementwise(np.true_divide, made, elementwise(np.maximum, count, 1))
            squares = elementwise(squared, elementwise(np.subtract, a.astype(wide, copy=False), mean))
            total = folded(selected(squares, mask, False), np.add, axes, squares.dtype)
            made = elementwise(spread_of_squares, total, count, ddof=ddof, nan=nan)
            if kind == "std":
                made = elementwise(np.sqrt, made)
    made = made.astype(final, copy=False)
    return made if keepdims else squeeze(made, axes)


def selected(a: Any, mask: Any, product: bool) -> Any:
    """The elements where a mask holds, and what changes nothing elsewhere."""
    return a if mask is None else elementwise(np.where, mask, a, a.dtype.type(product))


def count_of(a: Any, axes: tuple[int, ...], mask: Any) -> Any:
    """How many elements there are along axes, with length 1 along these."""
    if mask is None:
        count = 1
        for axis in axes:
            count *= a.shape[axis]
        return asarray(np.full((1,) * a.ndim, count))
    ones = elementwise(np.logical_and, mask, elementwise(np.ones_like, a, dtype=bool))
    return folded(ones, np.add, axes, np.dtype(np.intp))


def folded(a: Any, ufunc: np.ufunc, axes: tuple[int, ...], dtype: Any) -> Any:
    """Axes reduced to length 1, the longest first."""
    expr = a.expr
    if 0 in expr.shape:
        empty = np.zeros(expr.shape, dtype)
        return asarray(ufunc.reduce(empty, axis=axes, keepdims=True))
    for axis in sorted(axes, key=lambda each: -expr.shape[each]):
        first = True
        while expr.shape[axis] > 1 or first:
            expr = ReducedRuns(expr, ufunc, axis, np.dtype(dtype))
            first = False
    return new(expr) if axes else a.astype(dtype, copy=False)
