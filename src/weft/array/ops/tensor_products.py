"""Further products: of several matrices, powers, Kronecker and cross products, convolutions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, Grid, axis_chunks, axis_count, axis_largest, compress, finer, regular
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray, from_array
from weft.array.kernels import tensor as kernels
from weft.array.layout_cost import chunk_limit
from weft.array.ops.broadcasting import bound
from weft.array.ops.linalg_base import core_wise
from weft.array.ops.matrix_products import axes_last, conjugated, matmul
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.array.ops.transposing import expand_dims, normal_axis
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import blockwise
from weft.physical.drawn import Blocks, Drawn, Recipe, Sheet
from weft.records import record
from weft.typing import Key

__all__ = ["convolve", "correlate", "cross", "kron", "multi_dot"]


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """Product of several matrices, in the order that takes the fewest operations.

    The first may be a row vector, and the last a column vector. ``out`` is an array that stands for the result from now on.

    Notes
    -----
    The order is found by dynamic programming (Cormen et al., Introduction to Algorithms, chapter 15.2).

    Examples
    --------
    >>> import weft.array as da
    >>> x, y, z = da.ones((2, 100)), da.ones((100, 3)), da.ones((3, 50))
    >>> da.linalg.multi_dot([x, y, z]).shape
    (2, 50)
    """
    given = [known(asarray(each)) for each in arrays]
    if len(given) < 2:
        raise ValueError("Expecting at least two arrays.")
    first, last = given[0].ndim == 1, given[-1].ndim == 1
    if first:
        given[0] = expand_dims(given[0], 0)
    if last:
        given[-1] = expand_dims(given[-1], 1)
    for each in given:
        if each.ndim != 2:
            raise np.linalg.LinAlgError(f"{each.ndim}-dimensional array given. Array must be two-dimensional")
    result = in_order(given)
    return bound(result[(0 if first else slice(None)), (0 if last else slice(None))], out)


def in_order(given: list[Any]) -> Any:
    """The product of matrices in the cheapest order."""
    sizes = [each.shape[0] for each in given] + [given[-1].shape[1]]
    count = len(given)
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(count)}
    for width in range(1, count):
        for low in range(count - width):
            high = low + width
            best[low, high] = min(
                (best[low, at][0] + best[at + 1, high][0] + sizes[low] * sizes[at + 1] * sizes[high + 1], at)
                for at in range(low, high)
            )

    def multiplied(low: int, high: int) -> Any:
        if low == high:
            return given[low]
        at = best[low, high][1]
        return matmul(multiplied(low, at), multiplied(at + 1, high))

    return multiplied(0, count - 1)


@node
class Kron(ArrayExpr):
    """Kronecker product of two arrays with equally many axes.

    Along each axis either the second array is in one chunk, or the chunks of the first are of length 1: then a block of
    the result is the product of two blocks.
    """

    first: ArrayExpr
    second: ArrayExpr

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([m * n for m, n in zip(self.first.shape, self.second.shape, strict=True)])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(self.first.dtype, self.second.dtype)

    @derived
    def cuts(self) -> tuple[Grid, Grid]:
        """How the two are cut."""
        limit = chunk_limit() / max(1, self.dtype.itemsize)
        axes = range(self.first.ndim)
        length = max(1.0, limit ** (1 / max(1, self.first.ndim)))
        left: list[Cut] = []
        right: list[Cut] = []
        for axis in axes:
            m, n = self.first.shape[axis], self.second.shape[axis]
            if n <= length or axis_count(n, self.second.grid[axis]) == 1:
                left.append(finer(m, self.first.grid[axis], max(1, int(length // max(1, n)))))
                right.append(regular(n, n))
            else:
                left.append(1)
                right.append(self.second.grid[axis])
        return tuple(left), tuple(right)

    @derived
    def grid(self) -> Grid:
        made: list[Cut] = []
        for axis, (left, right) in enumerate(zip(*self.cuts, strict=True)):
            a, b = axis_chunks(self.first.shape[axis], left), axis_chunks(self.second.shape[axis], right)
            made.append(compress([m * n for m in a for n in b]))
        return tuple(made)

    def lower(self) -> Expr:
        left, right = self.cuts
        counts = [
            (axis_count(m, a), axis_count(n, b))
            for m, a, n, b in zip(self.first.shape, left, self.second.shape, right, strict=True)
        ]
        ours = tuple([(axis, tuple([i for i in range(m) for _ in range(n)])) for axis, (m, n) in enumerate(counts)])
        its = tuple([(axis, tuple([j for _ in range(m) for j in range(n)])) for axis, (m, n) in enumerate(counts)])
        sources = [(laid_out(self.first, left), ours), (laid_out(self.second, right), its)]
        return blockwise(self.outline, np.kron, sources, cost=Cost.HEAVY)


def kron(a: Any, b: Any) -> Any:
    """Kronecker product: ``b`` times each element of ``a``, laid out as ``a`` is.

    Examples
    --------
    >>> import weft.array as da
    >>> da.kron(da.arange(2, chunks=1), da.ones(3)).compute()
    array([0., 0., 0., 1., 1., 1.])
    """
    x, y = known(asarray(a)), known(asarray(b))
    ndim = max(x.ndim, y.ndim)
    x, y = [expand_dims(each, tuple(range(ndim - each.ndim))) if each.ndim < ndim else each for each in (x, y)]
    return new(Kron(x.expr, y.expr))


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Cross product of vectors of three components.

    Parameters
    ----------
    a, b : array-like
    axisa, axisb, axisc : int
        Axes of the components in ``a``, ``b`` and the result.
    axis : int, optional
        The same for all three.

    Examples
    --------
    >>> import weft.array as da
    >>> da.cross([1, 0, 0], [0, 1, 0]).compute()
    array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = known(asarray(a)), known(asarray(b))
    for each, place in ((x, axisa), (y, axisb)):
        if each.ndim < 1:
            raise ValueError("At least one array has zero dimension")
        if each.shape[normal_axis(place, each.ndim)] != 3:
            raise ValueError(
                f"cross: vectors have three components, and axis {place} of an operand of shape {each.shape} has "
                f"{each.shape[place]}. Add a zero as the third for vectors in the plane."
            )
    x, y = axes_last(x, (axisa,)), axes_last(y, (axisb,))
    made = core_wise(np.cross, (x, y), (1, 1), (3,), np.result_type(x.dtype, y.dtype), "cross")
    place = normal_axis(axisc, made.ndim)
    order = list(range(made.ndim - 1))
    order.insert(place, made.ndim - 1)
    return made.transpose(order)


@node
class Convolution(ArrayExpr):
    """``numpy.convolve(first, second)`` from ``start``, ``length`` elements; the second array is in one chunk."""

    first: ArrayExpr
    second: ArrayExpr
    start: int
    length: int
    dtype: np.dtype[Any]

    @property
    def label(self) -> str:
        return "convolve"

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    @derived
    def grid(self) -> Grid:
        return (regular(self.length, max(1, axis_largest(self.first.shape[0], self.first.grid[0]))),)

    def lower(self) -> Expr:
        recipe = Convolving(
            self.first.chunks[0], self.chunks[0], self.start, self.second.shape[0], self.dtype, self.outline.nbytes
        )
        second = laid_out(self.second, (regular(self.second.shape[0], self.second.shape[0]),))
        return Drawn(self.outline, (self.first, second), recipe)


@record
class Convolving(Recipe):
    """Each block of the result reads the blocks of the first array that it covers."""

    given: tuple[int, ...]
    made: tuple[int, ...]
    start: int
    width: int
    dtype: np.dtype[Any]
    nbytes: int

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        first, second = sources
        ends = list(accumulate(self.given))
        keys = []
        for low, high in pairwise(accumulate(self.made, initial=self.start)):
            wanted = (low - self.width + 1, high)
            start = min(bisect_right(ends, max(0, wanted[0])), len(ends) - 1)
            read = range(start, max(start + 1, min(len(ends), bisect_left(ends, wanted[1]) + 1)))
            covered = (ends[start] - self.given[start], ends[read[-1]])
            keys.append(
                sheet.call(
                    kernels.convolved,
                    [*[first[number] for number in read], second[0]],
                    (wanted, covered, self.dtype),
                    nbytes=self.nbytes,
                    label="convolve",
                )
            )
        return keys


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Convolution of two one-dimensional arrays; the longer one may be in many chunks.

    Parameters
    ----------
    a, v : array-like
    mode : {'full', 'same', 'valid'}
        All places where the two overlap; as many as the longer one has; or those where they overlap wholly.

    Examples
    --------
    >>> import weft.array as da
    >>> da.convolve(da.arange(6, chunks=2), [1, 1]).compute()
    array([0, 1, 3, 5, 7, 9, 5])
    """
    x, y = vectors("convolve", a, v)
    if len(y) > len(x):
        x, y = y, x
    start, length = stretch(len(x), len(y), mode)
    return new(Convolution(x.expr, y.expr, start, length, np.result_type(x.dtype, y.dtype)))


def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Cross-correlation of two one-dimensional arrays, the second conjugated; the longer one may be in many chunks.

    Parameters
    ----------
    a, v : array-like
    mode : {'valid', 'same', 'full'}
        As for `convolve`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.correlate(da.arange(6, chunks=2), [0, 1]).compute()
    array([1, 2, 3, 4, 5])
    """
    x, y = vectors("correlate", a, v)
    kind = np.result_type(x.dtype, y.dtype)
    if len(y) > len(x):
        start, length = stretch(len(y), len(x), mode)
        swapped = new(Convolution(y.expr, conjugated(x)[::-1].expr, start, length, kind))
        return conjugated(swapped)[::-1]
    start, length = stretch(len(x), len(y), mode)
    return new(Convolution(x.expr, conjugated(y)[::-1].expr, start, length, kind))


def vectors(name: str, *arrays: Any) -> list[Any]:
    """One-dimensional arrays that are not empty."""
    made = [known(asarray(each)) for each in arrays]
    made = [from_array(each.compute().reshape(1)) if each.ndim == 0 else each for each in made]
    for each, which in zip(made, "av", strict=True):
        if each.ndim != 1:
            raise ValueError(f"{name}: object too deep for desired array: {which} has {each.ndim} axes, not one")
        if not each.size:
            raise ValueError(f"{name}: {which} cannot be empty")
    return made


def stretch(long: int, short: int, mode: str | int) -> tuple[int, int]:
    """Where in the full convolution a mode's result begins, and how long it is."""
    if not isinstance(mode, str):
        if mode not in (0, 1, 2):
            raise TypeError(f"mode must be one of 'full', 'same', or 'valid', not {mode!r}")
        mode = ("valid", "same", "full")[mode]
    if mode == "full":
        return 0, long + short - 1
    if mode == "same":
        return (short - 1) // 2, long
    if mode == "valid":
        return short - 1, long - short + 1
    raise ValueError(f"mode must be one of 'full', 'same', or 'valid' (got {mode!r})")
