"""Averages, higher moments, covariances and traces."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import statistics as kernels
from weft.array.ops.broadcasting import broadcast_to
from weft.array.ops.elementwise import elementwise
from weft.array.ops.masked import count
from weft.array.ops.reducing import FAN_IN, NOT_GIVEN, axes_of, check_unmasked, fan_in, into, reduce, result_dtype
from weft.array.ops.reductions import mean
from weft.array.ops.reductions import sum as sum_of
from weft.array.ops.sizes import known
from weft.array.ops.transposing import expand_dims, normal_axis, transpose
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__ = ["average", "moment", "trace"]


@node
class CentralMoments(ArrayExpr):
    """Along a new first axis the number of elements, the mean, and sums of the powers 2 to ``order`` of distances from it."""

    source: ArrayExpr
    axes: tuple[int, ...]
    order: int
    keepdims: bool
    given: np.dtype[Any] | None = None
    split_every: Any = FAN_IN

    @property
    def label(self) -> str:
        return "moments"

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.order + 1, *self.reduced(self.source.shape))

    @derived
    def grid(self) -> Grid:
        return (self.order + 1, *self.reduced(self.source.grid))

    @derived
    def dtype(self) -> np.dtype[Any]:
        return result_dtype("mean", self.source.dtype, self.given)

    def reduced(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values by axis after the reduction."""
        return tuple(
            [
                1 if axis in self.axes else each
                for axis, each in enumerate(values)
                if self.keepdims or axis not in self.axes
            ]
        )

    def lower(self) -> Expr:
        source = self.source
        shape = tuple([source.numblocks[axis] if axis in self.axes else own for axis, own in enumerate(source.shape)])
        grid = tuple([1 if axis in self.axes else own for axis, own in enumerate(source.grid)])
        outline = array_outline(self, grid, shape, "moments-chunk")
        told = [Same(self.axes), Same(self.given), Same(self.order)]
        parts = blockwise(
            outline,
            kernels.central_chunk,
            [(source, identity_pick(source.ndim))],
            told,
            extra=2 * source.outline.nbytes,
        )
        ending = (self.axes, self.keepdims, self.order, self.dtype)
        return TreeReduce(
            self.outline, parts, self.axes, kernels.central_combine, kernels.central_finish, ending, self.split_every
        )


def central_moments(
    a: Any, order: int, axes: tuple[int, ...], keepdims: bool, dtype: Any = None, split_every: Any = FAN_IN
) -> Any:
    """Number, mean and sums of powers, along a new first axis."""
    check_unmasked(a, "the statistic", "leave masked elements out beforehand, e.g. x[~ma.getmaskarray(x)]")
    return new(CentralMoments(a.expr, axes, order, keepdims, dtype, split_every))


def moment(
    a: Any,
    order: int,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    ddof: float = 0,
    split_every: Any = None,
    out: Any = None,
) -> Any:
    """Central moment: the mean of a power of the distances from the mean.

    Parameters
    ----------
    a : array_like
    order : int
        The power, not below 0.
    axis : int or tuple of int, optional
    dtype : dtype, optional
        In which it is computed.
    keepdims : bool
    ddof : float
        The divisor is ``n - ddof``.
    split_every : int or dict, optional
        Partial results that one task combines.
    out : Array, optional
        An array that will stand for the result.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.moment(da.arange(5, chunks=2), 2).compute())
    2.0
    """
    if not hasattr(order, "__index__") or order < 0:
        raise ValueError("Order must be an integer >= 0")
    a = asarray(a)
    axes = axes_of(axis, a.ndim)
    given = None if dtype is None else np.dtype(dtype)
    kind = result_dtype("mean", a.dtype, given)
    order = int(order)
    if order < 2:
        like = reduce(a, "sum", axis, keepdims, np.intp if a.dtype.kind != "m" else None)
        made = elementwise(np.zeros_like if order else np.ones_like, like, dtype=kind)
        return into(out, made)
    if a.expr.is_masked:
        away = (a - mean(a, axes, given, keepdims=True)) ** order
        total = sum_of(away, axes, kind, keepdims=keepdims, split_every=split_every)
        return into(out, total / (count(a, axes, keepdims) - ddof))
    sums = central_moments(a, order, axes, bool(keepdims), given, fan_in(split_every, a.ndim))
    return into(out, (sums[order] / (sums[0] - ddof)).astype(kind, copy=False))


def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: Any = False,
    split_every: Any = None,
) -> Any:
    """Weighted mean of the elements along axes.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
        All axes by default.
    weights : array_like, optional
        Of the shape of ``a``, or of its reduced axes. Where they add up to zero, computing raises ZeroDivisionError.
    returned : bool
        Whether sums of the weights are wanted as well.
    keepdims : bool
    split_every : int or dict, optional
        Partial results that one task combines.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.average(da.asarray([1.0, 2.0, 4.0]).rechunk(2), weights=[1, 1, 2]).compute())
    2.75
    """
    a = asarray(a)
    keep = bool(keepdims) if keepdims is not NOT_GIVEN else False
    axes = axes_of(axis, a.ndim)
    if weights is None:
        made = mean(a, axis, keepdims=keep, split_every=split_every)
        if not returned:
            return made
        a = known(a)
        share = prod(a.shape[each] for each in axes)
        return made, elementwise(np.full_like, made, share)
    weights = asarray(weights)
    kind = (
        np.result_type(a.dtype, weights.dtype, "f8")
        if a.dtype.kind in "biu"
        else np.result_type(a.dtype, weights.dtype)
    )
    if weights.expr.shape != a.expr.shape:
        a, weights = known(a), known(weights)
    if weights.shape != a.shape:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        asked = [normal_axis(each, a.ndim) for each in (axis if isinstance(axis, tuple) else (axis,))]
        if weights.shape != tuple([a.shape[each] for each in asked]):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        order = sorted(range(len(asked)), key=asked.__getitem__)
        weights = transpose(weights, order)
        weights = expand_dims(weights, tuple([each for each in range(a.ndim) if each not in asked]))
    options = {"keepdims": keep, "split_every": split_every}
    total = sum_of(elementwise(np.multiply, a, weights, dtype=kind), axis, dtype=kind, **options)
    if weights.shape == a.shape:
        scale = sum_of(weights, axis, dtype=kind, **options)
    elif a.expr.prototype is None:  # the same for all
        scale = broadcast_to(sum_of(weights, dtype=kind), total.shape, chunks=total.chunks)
    else:
        scale = sum_of(weights * elementwise(np.ones_like, a, dtype=weights.dtype), axis, dtype=kind, **options)
    made = elementwise(kernels.divided, total, scale)
    return (made, scale) if returned else made


@node
class TraceParts(ArrayExpr):
    """For each block the sum of the part of the diagonal that it has, along two axes of length 1 a block."""

    source: ArrayExpr
    offset: int
    axis1: int
    axis2: int
    dtype: np.dtype[Any]

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [
                self.source.numblocks[axis] if axis in (self.axis1, self.axis2) else own
                for axis, own in enumerate(self.source.shape)
            ]
        )

    @derived
    def grid(self) -> Grid:
        return tuple([1 if axis in (self.axis1, self.axis2) else own for axis, own in enumerate(self.source.grid)])

    def lower(self) -> Expr:
        starts = Product(tuple([tuple(accumulate(each, initial=0))[:-1] for each in self.source.chunks]))
        told = [Same(each) for each in (self.offset, self.axis1, self.axis2, self.dtype)]
        return blockwise(self.outline, kernels.trace_chunk, [(self.source, identity_pick(self.ndim))], [starts, *told])


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """Sum along a diagonal.

    Parameters
    ----------
    a : array_like
    offset : int
        Which diagonal: above the main one, or (below 0) below it.
    axis1, axis2 : int
    dtype : dtype, optional
        In which it is computed.
    out : Array, optional
        An array that will stand for the result.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.trace(da.ones((3, 3), chunks=2)).compute())
    3.0
    """
    a = known(asarray(a))
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    first, second = normal_axis(axis1, a.ndim), normal_axis(axis2, a.ndim)
    if first == second:
        raise ValueError("axis1 and axis2 cannot be the same")
    kind = result_dtype("sum", a.dtype, None if dtype is None else np.dtype(dtype))
    parts = new(TraceParts(a.expr, int(offset), first, second, kind))
    return sum_of(parts, (first, second), dtype=kind if dtype is not None else None, out=out)


class StatisticMethods(ArrayBase):
    """Higher moments and traces."""

    __slots__ = ()

    def moment(
        self,
        order: int,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        ddof: float = 0,
        split_every: Any = None,
        out: Any = None,
    ) -> Any:
        """Central moment; see `weft.array.moment`."""
        return moment(self, order, axis, dtype, keepdims, ddof, split_every, out)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
        """Sum along a diagonal; see `weft.array.trace`."""
        return trace(self, offset, axis1, axis2, dtype, out)
