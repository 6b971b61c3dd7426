"""Medians, quantiles and percentiles, exact.

Along axes that are in one chunk a block is all there is to know. Where the axes are in several chunks, but what lies along
them fits a chunk, the array is cut anew, along other axes. And of all elements together, however many, they are found by
counting (see `weft.selection`): twice over the data, with no more than a few elements of each block kept.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft import selection
from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import limit_bytes
from weft.array.chunks import Grid, as_tuple
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels import masked
from weft.array.ops.block_nodes import Mapped
from weft.array.ops.broadcasting import broadcast_to, elementwise, only
from weft.array.ops.joining import stack
from weft.array.ops.nan_reductions import nanmean
from weft.array.ops.rechunking import laid_out, whole_along
from weft.array.ops.reducing import into
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import expand_dims, normal_axis
from weft.expr import Expr, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce
from weft.selection import METHODS, Wanted

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

#: Lines that are each selected from, where they are too long to be brought into one chunk.
MANY_LINES = 64


@node
class Selection(ArrayExpr):
    """Order statistics of all elements."""

    source: ArrayExpr
    wanted: Wanted
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def label(self) -> str:
        return "median" if self.wanted.quantiles is None else "quantile"

    @derived
    def grid(self) -> Grid:
        return tuple([max(1, length) for length in self.shape])

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        source, kind = self.source, self.source.dtype
        axes = tuple(range(source.ndim))
        here = identity_pick(source.ndim)
        grid = source.numblocks

        def each(label: str, function: Any, *sources: Expr, nbytes: int = 0) -> Expr:
            """A step for each block, which also reads what is known of all."""
            picks: list[Any] = [() if number and not known.numblocks else here for number, known in enumerate(sources)]  # type: ignore[attr-defined]
            return blockwise(Outline(self.name, label, grid, nbytes), function, list(zip(sources, picks, strict=True)))

        def together(label: str, parts: Expr, combine: Any, finish: Any, *arguments: Any) -> Expr:
            """What the blocks know, combined."""
            return TreeReduce(Outline(self.name, label, ()), parts, axes, combine, finish, arguments)

        bins = 8 << selection.width_of(kind)
        counts = each("count", selection.counted, source, nbytes=bins)
        chosen = together("choose", counts, selection.merged, selection.choose, self.wanted, kind)
        parts = each("extract", selection.extracted, source, chosen, nbytes=source.outline.nbytes // 16)
        for _ in range(1, kind.itemsize * 8 // 16):
            counts = each("count", selection.collected, parts, chosen)
            total = together("add", counts, selection.added, itself)
            outline = Outline(self.name, "choose", ())
            narrowed = blockwise(outline, selection.narrowed, [(total, ()), (chosen, ())], [Same(kind)])
            parts = each("extract", selection.kept, parts, chosen, narrowed)
            chosen = narrowed
        left = together("join", parts, selection.joined, itself)
        columns = [Same(self.wanted), Same(kind), Same(self.dtype), Same(self.shape)]
        return blockwise(self.outline, selection.selected, [(left, ()), (chosen, ())], columns)


def itself(value: Any) -> Any:
    """The value as it is."""
    return value


def median(a: Any, axis: Any = None, keepdims: bool = False, out: Any = None, overwrite_input: bool = False) -> Any:
    """Median along axes, or of all elements; exact, however many chunks there are.

    Parameters
    ----------
    a : array-like
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Whether the axes stay, with length 1.
    out : Array, optional
        An array that becomes the result.
    overwrite_input : bool
        Of no effect: blocks never change.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.median(da.arange(10, chunks=3)).compute())
    4.5
    """
    return order_statistic(a, None, "linear", axis, keepdims, out, False)


def nanmedian(a: Any, axis: Any = None, keepdims: bool = False, out: Any = None, overwrite_input: bool = False) -> Any:
    """Median along axes, NaNs left out; see `median`."""
    return order_statistic(a, None, "linear", axis, keepdims, out, True)


def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
    interpolation: str | None = None,
) -> Any:
    """Quantiles along axes, or of all elements; exact, however many chunks there are.

    Parameters
    ----------
    a : array-like
        Of real numbers.
    q : float or array of float
        Between 0 and 1; computed at the call, if it is a chunked array. Its axes come first in the result.
    axis : int or tuple of int, optional
        All axes by default.
    out : Array, optional
        An array that becomes the result.
    overwrite_input : bool
        Of no effect: blocks never change.
    method : str
        How a quantile follows from the elements around it: NumPy's thirteen methods (Hyndman and Fan 1996).
    keepdims : bool
        Whether the axes stay, with length 1.
    weights : array-like, optional
        For method ``"inverted_cdf"``; the axes are brought into one chunk then.
    interpolation : str, optional
        An old name of ``method``.

    Examples
    --------
    >>> import weft.array as da
    >>> da.quantile(da.arange(11, chunks=4), [0.1, 0.5]).compute()
    array([1., 5.])
    """
    return order_statistic(a, (np.quantile, q), interpolation or method, axis, keepdims, out, False, weights)


def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
    interpolation: str | None = None,
) -> Any:
    """Quantiles along axes, NaNs left out; see `quantile`."""
    return order_statistic(a, (np.quantile, q), interpolation or method, axis, keepdims, out, True, weights)


def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
    interpolation: str | None = None,
    internal_method: str = "default",
) -> Any:
    """Quantiles of which ``q`` is given in per cent; see `quantile`.

    ``internal_method`` may be ``"default"`` only: nothing is estimated.

    Examples
    --------
    >>> import weft.array as da
    >>> da.percentile(da.arange(11, chunks=4), [10, 50]).compute()
    array([1., 5.])
    """
    if internal_method not in ("default", "dask"):
        raise ValueError(
            f"internal_method={internal_method!r} estimates percentiles, and these are exact: leave it out"
        )
    return order_statistic(a, (np.percentile, q), interpolation or method, axis, keepdims, out, False, weights)


def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
    interpolation: str | None = None,
) -> Any:
    """Quantiles of which ``q`` is given in per cent, NaNs left out; see `quantile`."""
    return order_statistic(a, (np.percentile, q), interpolation or method, axis, keepdims, out, True, weights)


def checked(function: Any, q: Any) -> tuple[Any, Any]:
    """Quantiles between 0 and 1 as numbers, and as they were asked for; those of a chunked array are computed."""
    scale = 100 if function is np.percentile else 1
    given = q.compute() if isinstance(q, ArrayBase) else q
    values = np.asanyarray(given)
    if values.dtype.kind == "O":
        values = values.astype(float)
    if values.dtype.kind not in "iufb":
        raise TypeError(f"quantiles are numbers between 0 and {scale}, not {values.dtype}")
    values = np.true_divide(values, scale) if scale != 1 else values.astype(float)
    if not ((values >= 0) & (values <= 1) | np.isnan(values)).all():
        name = "Quantiles must be in the range [0, 1]" if scale == 1 else "Percentiles must be in the range [0, 100]"
        raise ValueError(f"{name}; given was {q!r}")
    return values if values.ndim else float(values), given


def order_statistic(
    a: Any,
    asked: tuple[Any, Any] | None,
    method: str,
    axis: Any,
    keepdims: bool,
    out: Any,
    skip_nan: bool,
    weights: Any = None,
) -> Any:
    """A median (nothing is asked for), or the quantiles that a function of NumPy is asked for."""
    if method not in METHODS:
        raise ValueError(f"method={method!r} is none of {', '.join(METHODS)}")
    if weights is not None and method != "inverted_cdf":
        raise ValueError(f"only method='inverted_cdf' supports weights, and method={method!r} was given")
    x = asarray(a)
    if x.expr.is_masked and x.dtype.kind in "biuf" and weights is None:
        return into(out, of_masked(x, asked, method, axis, keepdims, skip_nan), "unsafe")
    q = None
    if asked is not None:
        q, given = checked(*asked)
        asked = (asked[0], given)
        if x.dtype.kind == "c":
            raise TypeError("a must be an array of real numbers")
    if axis is None:
        axes = tuple(range(x.ndim))
    else:
        axes = tuple([normal_axis(each, x.ndim) for each in as_tuple(axis)])
        if len(set(axes)) != len(axes):
            raise ValueError("repeated axis")
    if not axes and x.ndim:  # each element is the statistic of itself
        if weights is not None:
            weights = expand_dims(asarray(weights), -1)
        x, axes, keepdims = expand_dims(x, x.ndim), (x.ndim,), False
    expr = sized(x.expr)
    if asked is not None and skip_nan and not expr.size:
        return into(out, nanmean(new(expr), axis=axes, keepdims=keepdims), "unsafe")  # as NumPy has it
    if (
        asked is not None
        and q is not None
        and not skip_nan
        and np.size(q)
        and not prod([expr.shape[each] for each in axes])
    ):
        raise IndexError(
            f"{asked[0].__name__}: there are no elements along axis {axis} of an array of shape {expr.shape}"
        )
    kind = sample_dtype(expr.dtype, method, asked)
    made = placed(expr, q, method, axes, bool(keepdims), skip_nan, weights, kind, asked)
    result = new(made)
    if asked is not None and not result.ndim and isinstance(target := only(out), ArrayBase):
        result = broadcast_to(result, target.shape)  # NumPy fills it with a single quantile
    return into(out, result, "unsafe")


def of_masked(x: Any, asked: tuple[Any, Any] | None, method: str, axis: Any, keepdims: bool, skip_nan: bool) -> Any:
    """A statistic of what is not masked; masked where everything is, and NaN where an element that counts is NaN."""
    masks = elementwise(masked.mask_of, x)
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    numbers = elementwise(masked.filled, x.astype(kind), fill_value=np.nan)
    blank = elementwise(np.isnan, numbers)
    numbers = elementwise(np.where, blank.all(axis=axis, keepdims=True), 0.0, numbers)  # of nothing NumPy warns
    made = order_statistic(numbers, asked, method, axis, keepdims, None, True)
    lost = blank if skip_nan else blank & ~masks
    lost = (lost.all if skip_nan else lost.any)(axis=axis, keepdims=keepdims)
    made = elementwise(np.where, lost, np.nan, made)
    return elementwise(masked.with_mask, made, masks.all(axis=axis, keepdims=keepdims))


def placed(
    expr: ArrayExpr,
    q: Any,
    method: str,
    axes: tuple[int, ...],
    keepdims: bool,
    skip_nan: bool,
    weights: Any,
    kind: Any,
    asked: Any,
) -> ArrayExpr:
    """The expression of a median or of quantiles."""
    counts = prod([expr.numblocks[axis] for axis in axes])
    plain = expr.dtype.kind in "iufb" and expr.dtype.itemsize <= 8 and expr.dtype.isnative and expr.prototype is None
    if weights is None and plain and kind.kind != "O" and counts > 1:
        everything = len(axes) == expr.ndim
        lines = prod([length for axis, length in enumerate(expr.shape) if axis not in axes])
        line = prod([expr.shape[axis] for axis in axes]) * expr.dtype.itemsize
        if everything or (line > 4 * limit_bytes(None) and lines <= MANY_LINES):
            return by_counting(expr, q, method, axes, keepdims, skip_nan, kind)
    return in_whole_lines(expr, q, method, axes, keepdims, skip_nan, weights, kind, asked)


def by_counting(
    expr: ArrayExpr, q: Any, method: str, axes: tuple[int, ...], keepdims: bool, skip_nan: bool, kind: Any
) -> ArrayExpr:
    """Order statistics of all elements, or of each of a few very long lines."""
    front = () if q is None else np.shape(q)
    wanted = Wanted(None if q is None else tuple(np.ravel(q).tolist()), method, skip_nan)
    if expr.dtype.kind == "b":
        expr = new(expr).astype(np.uint8).expr
    loops = [axis for axis in range(expr.ndim) if axis not in axes]
    if not loops:
        shape = (*front, *[1] * expr.ndim) if keepdims else front
        return Selection(expr, wanted, tuple(shape), kind)

    x = new(expr)
    lines = []
    for place in np.ndindex(*[expr.shape[axis] for axis in loops]):
        index: list[Any] = [slice(None)] * expr.ndim
        for axis, number in zip(loops, place, strict=True):
            index[axis] = number
        lines.append(new(Selection(x[tuple(index)].expr, wanted, front, kind)))
    whole = stack(lines, axis=-1).reshape((*front, *[expr.shape[axis] for axis in loops]))
    if keepdims:
        whole = whole[(..., *[slice(None) if axis in loops else None for axis in range(expr.ndim)])]
    made: ArrayExpr = whole.expr
    return made


def in_whole_lines(
    expr: ArrayExpr,
    q: Any,
    method: str,
    axes: tuple[int, ...],
    keepdims: bool,
    skip_nan: bool,
    weights: Any,
    kind: Any,
    asked: Any,
) -> ArrayExpr:
    """The same with NumPy's function, on blocks in which the axes are whole."""
    expr = whole_along(expr, axes)
    letters = tuple(range(expr.ndim))
    front: tuple[int, ...] = () if q is None else np.shape(q)
    quantile_letters = tuple(range(-1, -1 - len(front), -1))
    out: list[int] = [*quantile_letters]
    shape: list[int] = [*front]
    grid: list[Any] = [max(1, length) for length in front]
    for axis in letters:
        if axis not in axes:
            out.append(axis)
            shape.append(expr.shape[axis])
            grid.append(expr.grid[axis])
        elif keepdims:
            out.append(-100 - axis)
            shape.append(1)
            grid.append(1)
    arguments: list[tuple[Any, Any]] = [(expr, letters)]
    if weights is not None:
        weighing = asarray(weights)
        if weighing.shape != expr.shape:
            if weighing.ndim != 1 or len(axes) != 1:
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            weighing = weighing[tuple([slice(None) if axis in axes else None for axis in letters])]
        own = tuple([cut if length != 1 else 1 for cut, length in zip(expr.grid, weighing.shape, strict=True)])
        arguments.append((laid_out(weighing.expr, own), letters))
    else:
        arguments.append((None, None))
    told = (asked, method, axes, keepdims, skip_nan, kind)
    arguments += [(each, None) for each in told]
    title = "median" if q is None else "quantile"
    return Mapped(line_statistic, tuple(arguments), tuple(out), tuple(shape), kind, tuple(grid), None, True, (), title)


def sample_dtype(dtype: np.dtype[Any], method: str, asked: tuple[Any, Any] | None) -> np.dtype[Any]:
    """Type of a result: of a median, or of what a function of NumPy gives for the quantiles that were asked for."""
    if dtype.kind == "O":
        return dtype
    sample = np.ones(2, dtype)
    shown: Any = np.median(sample) if asked is None else asked[0](sample, asked[1], method=method)
    found: np.dtype[Any] = np.asarray(shown).dtype
    return found


#: NumPy's functions that leave NaNs out.
WITHOUT_NAN: dict[Any, Any] = {np.quantile: np.nanquantile, np.percentile: np.nanpercentile, np.median: np.nanmedian}


def line_statistic(
    block: Any,
    weights: Any,
    asked: tuple[Any, Any] | None,
    method: str,
    axes: tuple[int, ...],
    keepdims: bool,
    skip_nan: bool,
    kind: np.dtype[Any],
) -> Any:
    """What NumPy's function gives for a block, with the quantiles as they were asked for; None asks for the median."""
    function: Any = np.median if asked is None else asked[0]
    if skip_nan:
        function = WITHOUT_NAN[function]
    options: dict[str, Any] = {} if asked is None else {"q": flat_quantiles(asked[1]), "method": method}
    if weights is not None:
        options["weights"] = np.broadcast_to(weights, block.shape)
    front = () if asked is None else np.shape(asked[1])
    rest = tuple([1 if axis in axes else n for axis, n in enumerate(block.shape) if keepdims or axis not in axes])
    if 0 in front or 0 in rest:  # there are no lines, and NumPy does not take such blocks along several axes
        return np.empty((*front, *rest), kind)
    # NumPy gives a bare object for the quantile of objects.
    return np.asanyarray(function(block, axis=axes, keepdims=keepdims, **options), kind).reshape((*front, *rest))


def flat_quantiles(asked: Any) -> Any:
    """Quantiles without more than one axis: those of its nan-functions NumPy puts in places of their own."""
    return np.ravel(asked) if np.ndim(asked) > 1 else asked
