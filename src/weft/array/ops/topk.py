"""The greatest (or least) few elements along an axis, and where they are."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import histograms as kernels
from weft.array.ops.reducing import FAN_IN, check_unmasked, fan_in
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__ = ["argtopk", "topk"]


@node
class TopK(ArrayExpr):
    """The ``k`` greatest elements along an axis, or (for ``k`` below 0) the least; or their positions."""

    source: ArrayExpr
    k: int
    axis: int
    places: bool = False
    split_every: Any = FAN_IN

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [min(abs(self.k), own) if axis == self.axis else own for axis, own in enumerate(self.source.shape)]
        )

    @derived
    def grid(self) -> Grid:
        one: Cut = max(1, self.shape[self.axis])
        return tuple([one if axis == self.axis else own for axis, own in enumerate(self.source.grid)])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.intp) if self.places else self.source.dtype

    def lower(self) -> Expr:
        source, k, axis = self.source, self.k, self.axis
        lengths = tuple([min(abs(k), length) for length in source.chunks[axis]])
        shape = tuple([sum(lengths) if each == axis else own for each, own in enumerate(source.shape)])
        grid = tuple([lengths if each == axis else own for each, own in enumerate(source.grid)])
        outline = array_outline(self, grid, shape, "topk-chunk")
        reads = [(source, identity_pick(self.ndim))]
        told = [Same(k), Same(axis)]
        if self.places:
            starts = Product(tuple([tuple(accumulate(each, initial=0))[:-1] for each in source.chunks]))
            parts = blockwise(outline, kernels.argtopk_chunk, reads, [starts, *told])
            combine: Any = kernels.ArgTopCombine(k, axis)
            finish: Any = kernels.argtopk_finish
        else:
            parts = blockwise(outline, kernels.topk_chunk, reads, told)
            combine, finish = kernels.TopCombine(k, axis), kernels.topk_finish
        return TreeReduce(self.outline, parts, (axis,), combine, finish, (k, axis), self.split_every, True)


def top(a: Any, k: int, axis: int, split_every: Any, places: bool) -> Any:
    """Checked and made."""
    a = known(asarray(a))
    check_unmasked(a, "topk()", "fill it, e.g. x.filled(-inf), or take sort(x)")
    place = normal_axis(axis, a.ndim)
    if not hasattr(k, "__index__"):
        raise ValueError(f"cannot take the {k!r} greatest elements: k is a whole number, below 0 for the least")
    if int(k) == 0:
        none = a[(*[slice(None)] * place, slice(0, 0))]
        return none.astype(np.intp) if places else none
    return new(TopK(a.expr, int(k), place, places, fan_in(split_every, a.ndim)))


def topk(a: Any, k: int, axis: int = -1, split_every: Any = None) -> Any:
    """The ``k`` greatest elements along an axis, from the greatest down.

    Parameters
    ----------
    a : array_like
    k : int
        Below 0 for the least elements, from the least up.
    axis : int
    split_every : int or dict, optional
        Partial results that one task combines.

    Examples
    --------
    >>> import weft.array as da
    >>> da.topk(da.asarray([5, 1, 3, 6]).rechunk(2), 2).compute()
    array([6, 5])
    """
    return top(a, k, axis, split_every, False)


def argtopk(a: Any, k: int, axis: int = -1, split_every: Any = None) -> Any:
    """Positions of the ``k`` greatest elements along an axis; see `topk`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.argtopk(da.asarray([5, 1, 3, 6]).rechunk(2), -2).compute()
    array([1, 2])
    """
    return top(a, k, axis, split_every, True)


class TopMethods(ArrayBase):
    """The greatest few elements."""

    __slots__ = ()

    def topk(self, k: int, axis: int = -1, split_every: Any = None) -> Any:
        """The ``k`` greatest elements along an axis; see `weft.array.topk`."""
        return topk(self, k, axis, split_every)

    def argtopk(self, k: int, axis: int = -1, split_every: Any = None) -> Any:
        """Positions of the ``k`` greatest elements along an axis; see `weft.array.argtopk`."""
        return argtopk(self, k, axis, split_every)
