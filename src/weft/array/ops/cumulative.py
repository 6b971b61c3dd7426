"""Running sums, products and other accumulations along an axis.

Blocks are accumulated each by itself, what they amount to is carried along the axis (`weft.physical.scan`), and added. No
length has to be known for it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, compress
from weft.array.expr import ArrayExpr, SameLayout, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import cumulative as kernels
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reducing import into
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis
from weft.callables import also_called
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.scan import Chain, Scan
from weft.typing import Function

__all__ = [
    "accumulate",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "nancumprod",
    "nancumsum",
]

#: Ufuncs for which ``f(f(a, b), c) == f(a, f(b, c))``: blocks can be accumulated each by itself.
ASSOCIATIVE = frozenset(
    [
        "add",
        "multiply",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "logical_and",
        "logical_or",
        "logical_xor",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "gcd",
        "lcm",
        "hypot",
        "logaddexp",
        "logaddexp2",
    ]
)
METHODS = ("sequential", "blelloch")


@node
class Accumulation(SameLayout):
    """Running results along an axis.

    ``local(block, *arguments)`` gives those within a block, ``total(result, axis)`` what a block amounts to, and ``binary``
    joins what comes before.
    """

    axis: int
    local: Function
    binary: Function
    arguments: tuple[Any, ...]
    dtype: np.dtype[Any]
    method: str = "sequential"

    @property
    def label(self) -> str:
        return "cumulative"

    def lower(self) -> Expr:
        identity = identity_pick(self.ndim)
        local = blockwise(self.outline, self.local, [(self.source, identity)], [Same(each) for each in self.arguments])
        if self.numblocks[self.axis] == 1:
            return local
        shape, grid = list(self.shape), list(self.grid)
        shape[self.axis], grid[self.axis] = self.numblocks[self.axis], 1
        outline = array_outline(self, tuple(grid), tuple(shape), "cumulative-carry")
        combine = kernels.Joined(self.binary)
        carries = Scan(outline, local, self.axis, kernels.last_of, combine, (self.axis,), self.method)
        return blockwise(self.outline, kernels.carried, [(local, identity), (carries, identity)], [Same(self.binary)])


@node
class ChainedAccumulation(SameLayout):
    """Running results of a ufunc that is not associative, block after block."""

    axis: int
    ufunc: Any
    given: np.dtype[Any] | None
    dtype: np.dtype[Any]

    def lower(self) -> Expr:
        told = (self.ufunc, self.axis, self.given)
        return Chain(self.outline, self.source, self.axis, kernels.accumulated_after, told)


@node
class Begun(ArrayExpr):
    """One more element in front, along an axis."""

    source: ArrayExpr
    axis: int
    start: Any

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([own + (axis == self.axis) for axis, own in enumerate(self.source.shape)])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        first, *rest = axis_chunks(self.source.shape[self.axis], self.source.grid[self.axis])
        cut: Cut = compress([first + 1, *rest])
        return tuple([cut if axis == self.axis else own for axis, own in enumerate(self.source.grid)])

    def lower(self) -> Expr:
        first = Product(
            tuple(
                [
                    tuple([axis != self.axis or place == 0 for place in range(count)])
                    for axis, count in enumerate(self.numblocks)
                ]
            )
        )
        pick = identity_pick(self.ndim)
        return blockwise(self.outline, begun_if_all, [(self.source, pick)], [first, Same(self.axis), Same(self.start)])


def begun_if_all(block: Any, is_first: tuple[bool, ...], axis: int, start: Any) -> Any:
    """A block with the initial value in front, if it is the first along the axis."""
    return kernels.begun(block, is_first[axis], axis, start)


@node
class Flattened(ArrayExpr):
    """All axes in a row, of a source whose chunks hold whole rows."""

    source: ArrayExpr

    @property
    def label(self) -> str:
        return "ravel"

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.source.size,)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        width = 1
        for length in self.source.shape[1:]:
            width *= length
        return (compress([each * width for each in self.source.chunks[0]]),)

    def lower(self) -> Expr:
        pick = (0, *[None] * (self.source.ndim - 1))
        return blockwise(self.outline, kernels.flat_rows, [(self.source, pick)])


def flat(x: Any) -> Any:
    """All axes in a row; itself if it has one."""
    if x.ndim == 1:
        return x
    if x.ndim == 0:
        return x[None]
    x = known(x)
    expr = x.expr
    rows = (expr.grid[0], *[max(1, length) for length in expr.shape[1:]])
    if rows != expr.grid:
        longest = 1
        for length, own in zip(expr.shape[1:], x.chunksize[1:], strict=True):
            longest *= max(1, length // max(1, own))
        step = max(1, x.chunksize[0] // longest)
        expr = Rechunk(expr, (min(step, max(1, expr.shape[0])), *rows[1:]))
    return new(Flattened(expr))


def accumulate(
    ufunc: np.ufunc, x: Any, axis: int = 0, dtype: Any = None, out: Any = None, *, method: str = "sequential"
) -> Any:
    """Running results of a ufunc along an axis: what ``ufunc.accumulate`` gives.

    Parameters
    ----------
    ufunc : numpy.ufunc
        Of two arguments and one result.
    x : array_like
    axis : int
    dtype : dtype, optional
        In which it is computed.
    out : Array, optional
        An array that will stand for the result.
    method : {"sequential", "blelloch"}
        How totals of blocks are carried: one by one, or in a tree.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.accumulate(np.maximum, da.asarray([1, 3, 2, 5]).rechunk(2)).compute()
    array([1, 3, 3, 5])
    """
    if not isinstance(ufunc, np.ufunc) or ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature is not None:
        raise ValueError(f"accumulate only supported for binary functions, not for {ufunc!r}")
    x = asarray(x)
    if x.ndim == 0:
        raise TypeError("cannot accumulate on a scalar")
    place = normal_axis(axis, x.ndim)
    given = None if dtype is None else np.dtype(dtype)
    kind = np.asarray(ufunc.accumulate(stand_in(x.dtype), dtype=given)).dtype
    if ufunc.__name__ in ASSOCIATIVE:
        made: ArrayExpr = Accumulation(
            x.expr, place, kernels.accumulated, ufunc, (ufunc, place, given), kind, checked_method(method)
        )
    elif x.expr.numblocks[place] == 1:
        made = Accumulation(x.expr, place, kernels.accumulated, ufunc, (ufunc, place, given), kind)
    else:
        made = ChainedAccumulation(without_empty(x, place).expr, place, ufunc, given, kind)
    return into(out, new(made))


def without_empty(x: Any, axis: int) -> Any:
    """The array without empty chunks along an axis: those would hide what comes before them."""
    x = known(x)
    lengths = x.chunks[axis]
    kept = tuple([length for length in lengths if length]) or (0,)
    return x if kept == lengths else x.rechunk({axis: kept})


def stand_in(dtype: np.dtype[Any]) -> Any:
    """An array of two elements of a type."""
    return np.ones(2, dtype)


def checked_method(method: str) -> str:
    if method not in METHODS:
        raise ValueError(f"cannot scan with method={method!r}: it is one of {', '.join(map(repr, METHODS))}")
    return method


def running(x: Any, ufunc: np.ufunc, axis: Any, dtype: Any, out: Any, method: str, skip_nan: bool = False) -> Any:
    """Running sums and products, checked as NumPy checks them."""
    x = asarray(x)
    checked_method(method)
    if axis is None or (x.ndim == 0 and operator.index(axis) in (0, -1)):
        x, axis = flat(x), 0
    place = normal_axis(axis, x.ndim)
    given = None if dtype is None else np.dtype(dtype)
    function = np.cumprod if ufunc is np.multiply else np.cumsum
    kind = np.asarray(function(stand_in(x.dtype), dtype=given)).dtype
    local = kernels.nan_accumulated if skip_nan else kernels.accumulated
    return into(out, new(Accumulation(x.expr, place, local, ufunc, (ufunc, place, given), kind, method)), "unsafe")


@also_called(x="a")
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, method: str = "sequential") -> Any:
    """Running sums along an axis.

    Parameters
    ----------
    a : array_like
    axis : int, optional
        By default along all axes in a row.
    dtype : dtype, optional
        In which it is computed.
    out : Array, optional
        An array that will stand for the result.
    method : {"sequential", "blelloch"}
        How sums of blocks are carried along: one by one, or in a tree of logarithmic depth, which adds in another order.

    Examples
    --------
    >>> import weft.array as da
    >>> da.cumsum(da.ones(5, chunks=2)).compute()
    array([1., 2., 3., 4., 5.])
    """
    return running(a, np.add, axis, dtype, out, method)


@also_called(x="a")
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, method: str = "sequential") -> Any:
    """Running products along an axis; see `cumsum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> da.cumprod(da.arange(1, 5, chunks=2)).compute()
    array([ 1,  2,  6, 24])
    """
    return running(a, np.multiply, axis, dtype, out, method)


@also_called(x="a")
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, method: str = "sequential") -> Any:
    """Running sums along an axis, with NaN as 0; see `cumsum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> da.nancumsum([1, float("nan"), 2]).compute()
    array([1., 1., 3.])
    """
    return running(a, np.add, axis, dtype, out, method, True)


@also_called(x="a")
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, *, method: str = "sequential") -> Any:
    """Running products along an axis, with NaN as 1; see `cumsum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> da.nancumprod([2, float("nan"), 3]).compute()
    array([2., 2., 6.])
    """
    return running(a, np.multiply, axis, dtype, out, method, True)


def cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
    method: str = "sequential",
) -> Any:
    """Running sums along an axis, in the array API standard's form.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        Needed where there are several.
    dtype, out, method
        As of `cumsum`.
    include_initial : bool
        Whether the result begins with 0, and is one longer.

    Examples
    --------
    >>> import weft.array as da
    >>> da.cumulative_sum(da.ones(3, chunks=2), include_initial=True).compute()
    array([0., 1., 2., 3.])
    """
    return standard_running(x, np.add, axis, dtype, out, include_initial, method)


def cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
    method: str = "sequential",
) -> Any:
    """Running products along an axis, in the array API standard's form; see `cumulative_sum`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.cumulative_prod(da.arange(1, 4, chunks=2), include_initial=True).compute()
    array([1, 1, 2, 6])
    """
    return standard_running(x, np.multiply, axis, dtype, out, include_initial, method)


def standard_running(
    x: Any, ufunc: np.ufunc, axis: Any, dtype: Any, out: Any, include_initial: bool, method: str
) -> Any:
    """Running sums and products as the standard wants them."""
    x = asarray(x)
    if x.ndim == 0:
        x = flat(x)
    if axis is None:
        if x.ndim > 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
        axis = 0
    made = running(x, ufunc, axis, dtype, None, method)
    if include_initial:
        place = normal_axis(axis, x.ndim)
        if isinstance(made.expr.grid[place], UnknownCut):
            made = known(made)
        made = new(Begun(made.expr, place, int(ufunc is np.multiply)))
    return into(out, made, "unsafe")


def cumreduction(
    func: Callable[..., Any],
    binop: Callable[..., Any],
    ident: Any,
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    method: str = "sequential",
    preop: Callable[..., Any] | None = None,
) -> Any:
    """A scan of one's own, from a function that accumulates a block.

    Parameters
    ----------
    func : callable
        ``func(block, axis=axis, dtype=dtype)`` gives the running results within a block, as `numpy.cumsum` does.
    binop : callable
        ``binop(before, later)`` joins what comes before to later results, as `numpy.add` does; it must be associative.
    ident : scalar
        What changes nothing: 0 for sums. Nothing is computed with it, since blocks without elements are left out.
    x : array_like
    axis : int, optional
        By default along all axes in a row.
    dtype : dtype, optional
        Of the result; found by trying the function by default.
    out : Array, optional
        An array that will stand for the result.
    method : {"sequential", "blelloch"}
    preop : callable, optional
        What makes the total of a block with ``method="blelloch"`` elsewhere, as `numpy.sum` does. Here the last running
        result is the total already.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.reductions.cumreduction(np.cumsum, np.add, 0, da.ones(4, chunks=2)).compute()
    array([1., 2., 3., 4.])
    """
    x = asarray(x)
    checked_method(method)
    if method == "blelloch" and preop is None:
        raise TypeError('cumreduction with method="blelloch" required `preop=` argument')
    if axis is None:
        x, axis = flat(x), 0
    place = normal_axis(axis, x.ndim)
    if dtype is None:
        dtype = np.asarray(func(np.ones((1,) * x.ndim, x.dtype), axis=place)).dtype
    kind = np.dtype(dtype)
    local = UserScan(func, place, kind)
    return into(out, new(Accumulation(x.expr, place, local, binop, (), kind, method)))


class UserScan:
    """A user's scan of a block."""

    def __init__(self, func: Callable[..., Any], axis: int, dtype: np.dtype[Any]) -> None:
        self.func, self.axis, self.dtype = func, axis, dtype

    def __call__(self, block: Any) -> Any:
        return self.func(block, axis=self.axis, dtype=self.dtype)

    def __weft_tokenize__(self) -> Any:
        return (self.func, self.axis, self.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return UserScan, (self.func, self.axis, self.dtype)


class CumulativeMethods(ArrayBase):
    """Running sums and products."""

    __slots__ = ()

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None, *, method: str = "sequential") -> Any:
        """Running sums along an axis; see `weft.array.cumsum`."""
        return cumsum(self, axis, dtype, out, method=method)

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None, *, method: str = "sequential") -> Any:
        """Running products along an axis; see `weft.array.cumprod`."""
        return cumprod(self, axis, dtype, out, method=method)
