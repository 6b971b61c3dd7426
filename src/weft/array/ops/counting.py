"""Occurrences of integers, and the bins of elements: blocks are counted, and counts are added up in a tree."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, UnknownCut
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import histograms as kernels
from weft.array.kernels.bound import Bound
from weft.array.ops.elementwise import elementwise
from weft.array.ops.histogram_edges import one_chunk
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import FAN_IN, fan_in
from weft.array.ops.sizes import known
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import Pick
from weft.physical.tree_reduce import TreeReduce

__all__ = ["bincount", "digitize"]


@node
class Counts(ArrayExpr):
    """Blocks of the arrays (all cut alike) counted, and counts added up.

    ``chunk(*blocks, *whole, *told)`` counts; ``whole`` are arrays of which each task reads all.
    """

    arrays: tuple[ArrayExpr, ...]
    whole: tuple[ArrayExpr, ...]
    told: tuple[Any, ...]
    chunk: Any
    combine: Any
    shape: tuple[Any, ...]
    grid: Grid
    dtype: np.dtype[Any]
    order: tuple[int, ...] = ()
    split_every: Any = FAN_IN

    @property
    def label(self) -> str:
        return "histogram"

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        first = self.arrays[0]
        ndim = first.ndim
        reads: list[tuple[Expr, Pick]] = [
            (laid_out(each, first.grid[: each.ndim]), tuple(range(each.ndim))) for each in self.arrays
        ]
        reads += [(laid_out(each, one_chunk(each)), (None,) * each.ndim) for each in self.whole]
        outline = array_outline(self, tuple([1] * ndim), first.numblocks, "histogram-chunk")
        parts = blockwise(
            outline,
            self.chunk,
            reads,
            [Same(each) for each in self.told],
            slots=self.order or None,
            cost=Cost.HEAVY,
            extra=self.outline.nbytes + first.outline.nbytes // 4,
        )
        axes = tuple(range(ndim))
        return TreeReduce(self.outline, parts, axes, self.combine, kernels.counts_as, (self.dtype,), self.split_every)


def bincount(x: Any, /, weights: Any = None, minlength: int = 0, *, split_every: Any = None) -> Any:
    """How often each whole number from 0 occurs.

    Parameters
    ----------
    x : array_like of int
        Numbers not below 0, along one axis.
    weights : array_like, optional
        How much each element counts.
    minlength : int
        The result is at least this long. Its length is not known before it is computed, as it follows from the greatest
        number.
    split_every : int, optional
        Partial counts that one task adds up.

    Examples
    --------
    >>> import weft.array as da
    >>> da.bincount(da.asarray([0, 2, 2]).rechunk(2)).compute()
    array([1, 0, 2])
    """
    x = asarray(np.empty(0, np.intp) if isinstance(x, (list, tuple)) and not x else x)
    if x.dtype == np.uint64:
        x = x.astype(np.int64)  # numbers that do not fit are negative, and an error as such
    if x.ndim != 1:
        raise ValueError(
            "object of too small depth for desired array" if x.ndim == 0 else "object too deep for desired array"
        )
    if not hasattr(minlength, "__index__"):
        raise TypeError(f"'{type(minlength).__name__}' object cannot be interpreted as an integer")
    if minlength < 0:
        raise ValueError("'minlength' must not be negative")
    if x.dtype.kind not in "iub":
        raise TypeError(
            f"Cannot cast array data from {x.dtype!r} to {np.dtype(np.int64)!r} according to the rule 'safe'"
        )
    exprs: tuple[ArrayExpr, ...] = (x.expr,)
    kind: np.dtype[Any] = np.dtype(np.intp)
    if weights is not None:
        weights = asarray(weights)
        if weights.expr.shape != x.expr.shape:
            x, weights = known(x), known(weights)
        if weights.expr.shape != x.expr.shape:
            raise ValueError("The weights and list don't have the same length.")
        if not np.can_cast(weights.dtype, float, "safe"):
            raise TypeError(
                f"Cannot cast array data from {weights.dtype!r} to {np.dtype(float)!r} according to the rule 'safe'"
            )
        exprs, kind = (x.expr, weights.expr), np.dtype(float if 0 not in x.expr.shape else np.intp)
    told = (int(minlength),) if weights is not None else (int(minlength), None)
    order = (0, 1, 2) if weights is not None else (0, 2, 1)
    symbol = "-".join(["bincount", *[each.name for each in exprs], str(minlength)])
    cut = UnknownCut(symbol, 1)
    width = fan_in(split_every, 1)
    return new(
        Counts(
            exprs, (), told, kernels.bincount_chunk, kernels.bincount_combine, (cut.length,), (cut,), kind, order, width
        )
    )


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The bin of each element, as a number.

    Parameters
    ----------
    x : array_like
    bins : array_like
        Edges, rising or falling, along one axis; those of a chunked array are computed here.
    right : bool
        Whether the right edge belongs to a bin, instead of the left one.

    Examples
    --------
    >>> import weft.array as da
    >>> da.digitize(da.asarray([0.2, 6.4, 3.0]), [0, 1, 2.5, 4]).compute()
    array([1, 4, 3])
    """
    edges = np.asarray(bins.compute() if isinstance(bins, ArrayBase) else bins)
    np.digitize(np.empty(0), edges, right)
    return elementwise(Bound(kernels.digitized, bins=edges, right=bool(right)), asarray(x))
