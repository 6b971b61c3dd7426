"""Edges of bins: as they are given, equal ones over a range, or as many as an estimator finds right."""

from __future__ import annotations

import builtins
import operator
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels import histograms as kernels
from weft.array.ops.cumulative import flat
from weft.array.ops.elementwise import elementwise
from weft.array.ops.quantiles import quantile
from weft.array.ops.reductions import max, min, std
from weft.array.ops.sizes import known
from weft.execution import compute
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import Pick

__all__ = ["histogram_bin_edges"]


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


def edges_of_axis(column: Any, bins: Any, span: Any) -> Any:
    """Edges of the bins of one coordinate."""
    if np.ndim(bins) == 0 and not isinstance(bins, (str, ArrayBase)) and bins < 1:
        raise ValueError("`bins` must be positive, when an integer")
    edges, _ = edges_for(column, bins, span)
    if isinstance(edges, np.ndarray) and edges.dtype.kind in "iub":
        edges = edges.astype(float) if np.ndim(bins) == 0 else edges
    return edges
