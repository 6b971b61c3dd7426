"""Counting elements: histograms in any number of dimensions, occurrences of integers, bins of elements.

Each chunk is counted by itself, and counts are added up in a tree. Where the edges follow from the data (a number of bins
without a range), the least and the greatest element are found first, in the same computation.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import histograms as kernels
from weft.array.kernels.bound import Bound
from weft.array.ops.cumulative import flat
from weft.array.ops.elementwise import elementwise
from weft.array.ops.quantiles import quantile
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import FAN_IN, fan_in
from weft.array.ops.reductions import max, min, std
from weft.array.ops.sizes import known
from weft.execution import compute
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import Pick, identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__ = ["bincount", "digitize", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]


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


@node
class Edges(ArrayExpr):
    """Edges of equal bins from the least to the greatest element."""

    low: ArrayExpr
    high: ArrayExpr
    bins: int
    dtype: np.dtype[Any]

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.bins + 1,)

    @derived
    def grid(self) -> Grid:
        return (self.bins + 1,)

    def lower(self) -> Expr:
        reads: list[tuple[Expr, Pick]] = [(self.low, ()), (self.high, ())]
        told = [Same(self.bins), Same(self.low.dtype)]
        return blockwise(self.outline, kernels.edges_between, reads, told)


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


def one_chunk(expr: ArrayExpr) -> Grid:
    """The grid of a single block."""
    if expr.is_known:
        return tuple([builtins.max(1, length) for length in expr.shape])
    if expr.nblocks == 1:
        return expr.grid
    raise ValueError(
        "cannot bring an array into one chunk whose lengths are not known: call compute_chunk_sizes() first"
    )


def edges_for(a: Any, bins: Any, span: Any, weights: Any = None) -> tuple[Any, int | None]:
    """The edges of bins (a NumPy array, or a chunked one where they follow from data), and how many equal ones they make."""
    if isinstance(bins, str):
        bins = estimated_bins(a, bins, span, weights)
    if isinstance(bins, ArrayBase):
        if bins.ndim == 1:
            return bins, None
        if bins.ndim != 0:
            raise ValueError("`bins` must be 1d, when an array")
        bins = bins.compute()
    if isinstance(span, ArrayBase):
        span = np.asarray(span.compute())
    if span is not None:
        low, high = [each.compute() if isinstance(each, ArrayBase) else each for each in span]
        span = (low, high)
    if np.ndim(bins) == 1:
        edges = np.asarray(bins)
        if edges.dtype.kind in "iufbmM" and np.any(edges[:-1] > edges[1:]):
            raise ValueError("`bins` must increase monotonically, when an array")
        return edges, None
    if np.ndim(bins) > 1:
        raise ValueError("`bins` must be 1d, when an array")
    try:
        count = operator.index(bins)
    except (AttributeError, TypeError):
        raise TypeError("`bins` must be an integer, a string, or an array") from None
    if count < 1:
        raise ValueError("`bins` must be positive, when an integer")
    if span is not None:
        return np.histogram_bin_edges(np.empty(0, a.dtype), count, span), count
    if a.size == 0:
        return kernels.no_elements(count), count
    shown = np.histogram_bin_edges(np.ones(1, a.dtype if a.dtype.kind != "O" else float), count).dtype
    return new(Edges(min(a).expr, max(a).expr, count, shown)), count


def estimated_bins(a: Any, name: str, span: Any, weights: Any) -> int:
    """The number of bins that one of NumPy's estimators chooses; what it needs of the data is computed here.

    The rules are those of NumPy's documentation of ``histogram_bin_edges``.
    """
    if name not in ("auto", "doane", "fd", "rice", "scott", "sqrt", "stone", "sturges"):
        raise ValueError(f"{name!r} is not a valid estimator for `bins`")
    if weights is not None:
        raise TypeError("Automated estimation of the number of bins is not supported for weighted data")
    if name == "stone":
        return len(np.histogram_bin_edges(np.asarray(a.compute()), name, span)) - 1
    x = known(flat(a))
    if span is not None:
        x = known(x[elementwise(np.logical_and, x >= span[0], x <= span[1])])
    if x.size == 0:
        return 1
    least, most = compute(min(x), max(x))
    extent = float(most) - float(least)  # by Python's numbers: the difference may not fit the dtype
    delta = extent if span is None else float(span[1]) - float(span[0])
    width = bin_width(x, name, extent)
    if a.dtype.kind in "iu" and width and width < 1:
        width = 1
    return int(np.ceil((delta or 1.0) / width)) if width else 1


def bin_width(x: Any, name: str, extent: float) -> float:
    """The width of bins that an estimator finds right."""
    size = x.size
    if name == "sturges":
        return float(extent / (np.log2(size) + 1.0))
    if name == "rice":
        return float(extent / (2.0 * size ** (1.0 / 3)))
    if name == "sqrt":
        return float(extent / np.sqrt(size))
    if name == "fd":
        high, low = quantile(x, [0.75, 0.25]).compute()
        return float(2.0 * (high - low) / size ** (1.0 / 3.0))
    if name == "auto":
        by_quantiles = builtins.max(bin_width(x, "fd", extent), bin_width(x, "sqrt", extent) / 2)
        return builtins.min(by_quantiles, bin_width(x, "sturges", extent))
    sigma = float(std(x).compute())
    if name == "scott":
        return float((24.0 * np.pi**0.5 / size) ** (1.0 / 3.0) * sigma)
    if size <= 2 or not sigma > 0:
        return 0.0
    shape = float(elementwise(np.power, (x - x.mean()) / sigma, 3).mean().compute())
    spread = np.sqrt(6.0 * (size - 2) / ((size + 1.0) * (size + 3)))
    return float(extent / (1.0 + np.log2(size) + np.log2(1.0 + np.absolute(shape) / spread)))


def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """Edges of the bins that `histogram` takes.

    Parameters
    ----------
    a : array_like
    bins : int, array_like or str
        How many equal bins; or their edges; or the name of one of NumPy's estimators, for which what it needs of the data
        is computed at once (for ``"stone"`` that is all of it, in memory).
    range : (float, float), optional
        From the least to the greatest element by default.
    weights : array_like, optional

    Examples
    --------
    >>> import weft.array as da
    >>> da.histogram_bin_edges(da.arange(5, chunks=2), bins=2).compute()
    array([0., 2., 4.])
    """
    a = numbers_of(a)
    edges, _ = edges_for(a, bins, range, weights)
    return edges if isinstance(edges, ArrayBase) else asarray(edges)


def numbers_of(a: Any) -> Any:
    """The array with truth values as numbers, as NumPy's histograms take them."""
    a = asarray(a)
    return a.astype(np.uint8) if a.dtype == bool else a


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
    edges : list of numpy.ndarray, or of Arrays where they follow from the data

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
    if density:
        made = new(Density(made.expr, tuple([asarray(each).expr for each in edges])))
    return made, edges


def edges_of_axis(column: Any, bins: Any, span: Any) -> Any:
    """Edges of the bins of one coordinate."""
    if np.ndim(bins) == 0 and not isinstance(bins, (str, ArrayBase)) and bins < 1:
        raise ValueError("`bins` must be positive, when an integer")
    edges, _ = edges_for(column, bins, span)
    if isinstance(edges, np.ndarray) and edges.dtype.kind in "iub":
        edges = edges.astype(float) if np.ndim(bins) == 0 else edges
    return edges


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
    xedges, yedges : numpy.ndarray, or Arrays where they follow from the data

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
        if weights.shape != x.shape:
            raise ValueError("The weights and list don't have the same length.")
        if not np.can_cast(weights.dtype, float, "safe"):
            raise TypeError(
                f"Cannot cast array data from {weights.dtype!r} to {np.dtype(float)!r} according to the rule 'safe'"
            )
        exprs, kind = (x.expr, weights.expr), np.dtype(float)
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
