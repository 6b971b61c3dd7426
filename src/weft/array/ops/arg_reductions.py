"""Where the least and the greatest elements are."""

from __future__ import annotations

import operator
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels.arg_reductions import arg_chunk, arg_combine, arg_finish, flat_chunk, flat_combine
from weft.array.ops.reducing import FAN_IN, NOT_GIVEN, fan_in, into
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Column, Product, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__ = ["argmax", "argmin", "nanargmax", "nanargmin"]


@node
class ArgReduction(ArrayExpr):
    """Positions along one axis, or (without one) of one element in the whole array."""

    source: ArrayExpr
    kind: str
    axis: int | None
    keepdims: bool = False
    split_every: int | tuple[tuple[int, int], ...] = FAN_IN

    @property
    def label(self) -> str:
        return self.kind

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.reduced(self.source.shape)

    @derived
    def grid(self) -> Grid:
        return self.reduced(self.source.grid)

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.intp)

    def reduced(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values by axis after the reduction."""
        axes = range(self.source.ndim) if self.axis is None else (self.axis,)
        return tuple(
            [1 if axis in axes else each for axis, each in enumerate(values) if self.keepdims or axis not in axes]
        )

    def lower(self) -> Expr:
        source, axis = self.source, self.axis
        identity = identity_pick(source.ndim)
        arguments: tuple[Any, ...]
        if axis is None:
            outline = array_outline(self, (1,) * source.ndim, source.numblocks, f"{self.kind}-chunk")
            starts = tuple([tuple(accumulate(each, initial=0))[:-1] for each in source.chunks])
            columns: list[Column] = [Same(self.kind), Same(source.shape), Product(starts)]
            parts = blockwise(outline, flat_chunk, [(source, identity)], columns)
            axes = tuple(range(source.ndim))
            combine, arguments = partial(flat_combine, self.kind), (self.kind, self.shape, 0, self.keepdims)
        else:
            shape = tuple([own if each != axis else source.numblocks[axis] for each, own in enumerate(source.shape)])
            grid = tuple([own if each != axis else 1 for each, own in enumerate(source.grid)])
            outline = array_outline(self, grid, shape, f"{self.kind}-chunk")
            parts = blockwise(outline, arg_chunk, [(source, identity)], [Same(self.kind), Same(axis)])
            axes = (axis,)
            combine, arguments = partial(arg_combine, self.kind, axis), (self.kind, None, axis, self.keepdims)
        return TreeReduce(self.outline, parts, axes, combine, arg_finish, arguments, self.split_every, self.keepdims)


def arg_reduce(a: Any, kind: str, axis: Any, out: Any, keepdims: Any, split_every: Any) -> Any:
    """Positions, checked as NumPy checks them."""
    a = asarray(a)
    keep = bool(keepdims) if keepdims is not NOT_GIVEN else False
    width = fan_in(split_every, a.ndim)
    if a.dtype.kind in "SV" and a.dtype.names is not None:
        raise TypeError(f"cannot compute {kind} of structured elements: choose a field first")
    if axis is None or a.ndim == 0:
        if axis is not None and operator.index(axis) not in (0, -1):
            raise np.exceptions.AxisError(axis, 0)
        place = 0 if a.ndim == 1 else None
        if place is None:
            a = known(a)
        length = a.size if place is None else a.expr.shape[0]
    else:
        place = normal_axis(axis, a.ndim)
        length = a.expr.shape[place]
    name = kind.removeprefix("nan")
    if isinstance(out, ArrayBase) and not np.can_cast(out.dtype, np.intp):
        raise TypeError(f"{name}() gives whole numbers, for which out= has no place: it is of {out.dtype}")
    if length == 0:
        raise ValueError(f"attempt to get {name} of an empty sequence")
    getattr(np, kind)(np.ones(1, a.dtype) if a.dtype.kind != "O" else np.ones(1))
    if 0 in a.expr.shape and place is not None:
        a = known(a)
        rest = [each if axis != place else 1 for axis, each in enumerate(a.shape) if keep or axis != place]
        return into(out, asarray(np.zeros(rest, np.intp)), "unsafe")
    return into(out, new(ArgReduction(a.expr, kind, place, keep, width)), "unsafe")


def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
    """Position of the least element along an axis: the first NaN, if there is one, else the first of equal ones.

    Parameters
    ----------
    a : array_like
    axis : int, optional
        By default, the position is that in the array with all axes in a row.
    out : Array, optional
        An array that will stand for the result.
    keepdims : bool
        Whether reduced axes stay, with length 1.
    split_every : int or dict, optional
        Partial results that one task combines; 16 by default.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.argmin(da.asarray([3, 1, 2]).rechunk(2)).compute())
    1
    """
    return arg_reduce(a, "argmin", axis, out, keepdims, split_every)


def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
    """Position of the greatest element along an axis; see `argmin`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.argmax(da.asarray([[3, 1, 2], [4, 5, 6]]).rechunk(2), axis=1).compute()
    array([0, 2])
    """
    return arg_reduce(a, "argmax", axis, out, keepdims, split_every)


def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
    """Position of the least number along an axis; ValueError where all elements are NaN. See `argmin`.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.nanargmin([float("nan"), 1, 2]).compute())
    1
    """
    return arg_reduce(a, "nanargmin", axis, out, keepdims, split_every)


def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
    """Position of the greatest number along an axis; ValueError where all elements are NaN. See `argmin`.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.nanargmax([float("nan"), 1, 2]).compute())
    2
    """
    return arg_reduce(a, "nanargmax", axis, out, keepdims, split_every)


class ArgReductionMethods(ArrayBase):
    """Positions of the least and greatest elements."""

    __slots__ = ()

    def argmin(self, axis: Any = None, out: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
        """Position of the least element along an axis; see `weft.array.argmin`."""
        return argmin(self, axis, out, keepdims=keepdims, split_every=split_every)

    def argmax(self, axis: Any = None, out: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
        """Position of the greatest element along an axis; see `weft.array.argmax`."""
        return argmax(self, axis, out, keepdims=keepdims, split_every=split_every)
