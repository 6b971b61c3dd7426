"""Counting elements: histograms in any number of dimensions, occurrences of integers, bins of elements.

Each chunk is counted by itself, and counts are added up in a tree. Where the edges follow from the data (a number of bins
without a range), the least and the greatest element are found first, in the same computation.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels import histograms as kernels
from weft.array.ops.counting import Counts
from weft.array.ops.histogram_edges import edges_for, edges_of_axis, numbers_of, one_chunk
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import fan_in
from weft.array.ops.sizes import known
from weft.expr import Expr, derived, node
from weft.physical.blockwise import blockwise
from weft.physical.grid import Pick, identity_pick

__all__ = ["histogram", "histogram2d", "histogramdd"]


@node
class Density(ArrayExpr):
    """Counts by their sum and the widths of bins."""

    counts: ArrayExpr
    edges: tuple[ArrayExpr, ...]

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.counts.shape

    @derived
    def grid(self) -> Grid:
        return self.counts.grid

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(self.counts.dtype, np.float64)

    def lower(self) -> Expr:
        reads: list[tuple[Expr, Pick]] = [(self.counts, identity_pick(self.ndim))]
        reads += [(laid_out(each, one_chunk(each)), (None,)) for each in self.edges]
        return blockwise(self.outline, kernels.density_of, reads)


def histogram(
    a: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
    *,
    split_every: Any = None,
) -> tuple[Any, Any]:
    """How many elements fall into each of a row of bins.

    Parameters
    ----------
    a : array_like
        Of any shape.
    bins : int, array_like or str
        How many equal bins; or their edges; or the name of an estimator, as of `histogram_bin_edges`.
    range : (float, float), optional
        From the least to the greatest element by default, which takes a pass of its own.
    density : bool, optional
        Whether counts are divided by their sum and by the widths of bins.
    weights : array_like, optional
        How much each element counts, of the shape of ``a``.
    split_every : int or dict, optional
        Partial counts that one task adds up.

    Returns
    -------
    counts : Array
    edges : numpy.ndarray, or Array where they follow from the data

    Examples
    --------
    >>> import weft.array as da
    >>> counts, edges = da.histogram(da.arange(10, chunks=5), bins=2, range=(0, 10))
    >>> counts.compute(), edges
    (array([5, 5]), array([ 0.,  5., 10.]))
    """
    a = numbers_of(a)
    width = fan_in(split_every, a.ndim)
    arrays = [a]
    kind: np.dtype[Any] = np.dtype(np.intp)
    if weights is not None:
        weights = asarray(weights)
        if weights.shape != a.shape:
            raise ValueError("weights should have the same shape as a.")
        arrays.append(weights)
        kind = weights.dtype
    edges, equal = edges_for(a, bins, range, weights)
    if equal is not None and kind.kind not in "iufcb":
        equal = None
    lazy = isinstance(edges, ArrayBase)
    count = edges.shape[0] - 1
    exprs = tuple([each.expr for each in arrays])
    whole = (edges.expr,) if lazy else ()
    told: tuple[Any, ...] = (equal,) if lazy else (edges, equal)
    reads = len(exprs) + len(whole)
    order: list[int] = [0]
    # the kernel takes block, weights, edges, number of equal bins
    if weights is None:
        told = (*told, None)
        order += [reads + len(told) - 1]
    else:
        order += [1]
    order += [len(exprs) if lazy else reads, reads + (0 if lazy else 1)]
    cut: Cut = builtins.max(1, count)
    made = new(
        Counts(exprs, whole, told, kernels.histogram_chunk, kernels.add_up, (count,), (cut,), kind, tuple(order), width)
    )
    if density:
        edges_array = edges if lazy else asarray(edges)
        made = new(Density(made.expr, (edges_array.expr,)))
    return made, edges


def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
    *,
    split_every: Any = None,
) -> tuple[Any, list[Any]]:
    """How many points fall into each cell of a grid of bins.

    Parameters
    ----------
    sample : (N, D) array, or sequence of D arrays
        The points, or their coordinates.
    bins : int, or sequence of int or of edges
        For all coordinates, or for each.
    range : sequence of (float, float) or None, optional
        For each coordinate; from the least to the greatest by default.
    density, weights, split_every
        As of `histogram`.

    Returns
    -------
    counts : Array
        With an axis for each coordinate.
    edges : list of Array

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(4, chunks=2)
    >>> counts, edges = da.histogramdd((x, x), bins=2, range=[(0, 4), (0, 4)])
    >>> counts.compute()
    array([[2., 0.],
           [0., 2.]])
    """
    if isinstance(sample, (ArrayBase, np.ndarray)) and sample.ndim == 2:
        points = known(asarray(sample))
        ndim = points.shape[1]
        arrays = [new(laid_out(points.expr, (points.expr.grid[0], builtins.max(1, ndim))))]
        columns = [points[:, place] for place in np.arange(ndim).tolist()]
    else:
        columns = (
            [known(numbers_of(each)) for each in np.atleast_2d(sample)]
            if isinstance(sample, np.ndarray)
            else [known(numbers_of(each)) for each in sample]
        )
        if any(each.shape != columns[0].shape for each in columns):
            raise ValueError("cannot count points: their coordinates have different lengths")
        ndim, arrays = len(columns), columns
    if not isinstance(bins, (list, tuple, np.ndarray)):
        bins = [bins] * ndim
    if len(bins) != ndim:
        raise ValueError("The dimension of bins must be equal to the dimension of the sample x.")
    spans: Sequence[Any] = [None] * ndim if range is None else range
    if len(spans) != ndim:
        raise ValueError("range argument must have one entry per dimension")
    edges = [edges_of_axis(*each) for each in zip(columns, bins, spans, strict=True)]
    exprs = [each.expr for each in arrays]
    if weights is not None:
        weights = asarray(weights)
        if weights.shape != columns[0].shape:
            raise ValueError("cannot count points: weights need one number for each of them")
        exprs.append(weights.expr)
    whole = tuple([each.expr for each in edges if isinstance(each, ArrayBase)])
    told = tuple([each for each in edges if not isinstance(each, ArrayBase)])
    order = list(np.arange(len(exprs)).tolist())
    lazy, ready = len(exprs), len(exprs) + len(whole)
    for each in edges:
        if isinstance(each, ArrayBase):
            order.append(lazy)
            lazy += 1
        else:
            order.append(ready)
            ready += 1
    shape = tuple([each.shape[0] - 1 for each in edges])
    grid = tuple([builtins.max(1, length) for length in shape])
    chunk = kernels.DdChunk(len(arrays), weights is not None)
    kind = np.dtype(float)
    width = fan_in(split_every, columns[0].ndim)
    made = new(Counts(tuple(exprs), whole, told, chunk, kernels.add_up, shape, grid, kind, tuple(order), width))
    found = [asarray(each) for each in edges]
    if density:
        made = new(Density(made.expr, tuple([each.expr for each in found])))
    return made, found


def histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
    *,
    split_every: Any = None,
) -> tuple[Any, Any, Any]:
    """How many points of the plane fall into each cell of a grid of bins.

    Parameters
    ----------
    x, y : array_like
        Coordinates.
    bins : int, array_like, or two of them
        A number or edges for both coordinates, or one for each.
    range : ((float, float), (float, float)), optional
    density, weights, split_every
        As of `histogram`.

    Returns
    -------
    counts : Array
    xedges, yedges : Array

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.histogram2d(x, x, bins=2, range=[(0, 4), (0, 4)])[0].compute()
    array([[2., 0.],
           [0., 2.]])
    """
    x, y = asarray(x), asarray(y)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError("x and y must have the same length.")
    count = len(bins) if isinstance(bins, (list, tuple, np.ndarray)) else 1
    if count not in (1, 2):
        bins = [np.asarray(bins), np.asarray(bins)]
    elif count == 1 and isinstance(bins, (list, tuple, np.ndarray)):
        bins = [bins[0], bins[0]]
    counts, edges = histogramdd((x, y), bins, range, density, weights, split_every=split_every)
    return counts, edges[0], edges[1]
