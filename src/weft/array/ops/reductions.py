"""Reductions: each chunk to a partial result, partial results together in a tree.

A kind of reduction is three functions: ``chunk`` makes a partial result of a block (axes kept, with length 1), ``combine``
makes one of several, ``finish`` makes the result of the last. A new one is an entry of `KINDS` and a function.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, array_outline
from weft.array.kernels import reductions as kernels
from weft.array.ops.transposing import normal_axis
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Blockwise, Call, Placed, Same
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce
from weft.typing import Function

__all__ = ["all", "any", "max", "mean", "min", "prod", "std", "sum", "var"]


class Kind(NamedTuple):
    """The functions of a reduction, and what it does with a given dtype."""

    chunk: Function
    combine: Function
    finish: Function
    numpy: Function
    needs_elements: bool = False


KINDS: dict[str, Kind] = {
    "sum": Kind(kernels.sum_chunk, kernels.sum_combine, kernels.plain_finish, np.sum),
    "prod": Kind(kernels.prod_chunk, kernels.prod_combine, kernels.plain_finish, np.prod),
    "min": Kind(kernels.min_chunk, kernels.min_combine, kernels.plain_finish, np.min, True),
    "max": Kind(kernels.max_chunk, kernels.max_combine, kernels.plain_finish, np.max, True),
    "any": Kind(kernels.any_chunk, kernels.any_combine, kernels.plain_finish, np.any),
    "all": Kind(kernels.all_chunk, kernels.all_combine, kernels.plain_finish, np.all),
    "mean": Kind(kernels.mean_chunk, kernels.sum_combine, kernels.mean_finish, np.mean),
    "var": Kind(kernels.var_chunk, kernels.var_combine, kernels.var_finish, np.var),
    "std": Kind(kernels.var_chunk, kernels.var_combine, kernels.std_finish, np.std),
}


@node
class Reduction(ArrayExpr):
    """Axes reduced to nothing, or to length 1."""

    source: ArrayExpr
    kind: str
    axes: tuple[int, ...]
    keepdims: bool = False
    given: np.dtype[Any] | None = None
    ddof: float = 0
    split_every: int = 16

    @property
    def label(self) -> str:
        return self.kind

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.reduced(self.source.shape, 1)

    @derived
    def grid(self) -> Grid:
        return self.reduced(self.source.grid, 1)

    @derived
    def dtype(self) -> np.dtype[Any]:
        stand_in = np.ones(1, self.source.dtype)
        if self.kind in ("min", "max", "any", "all"):
            return np.asarray(KINDS[self.kind].numpy(stand_in)).dtype
        return np.asarray(KINDS[self.kind].numpy(stand_in, dtype=self.given)).dtype

    def reduced(self, values: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
        """Values by axis after the reduction."""
        if self.keepdims:
            return tuple([one if axis in self.axes else value for axis, value in enumerate(values)])
        return tuple([value for axis, value in enumerate(values) if axis not in self.axes])

    def lower(self) -> Expr:
        kind, source, axes = KINDS[self.kind], self.source, self.axes
        count = prod_of(source.shape[axis] for axis in axes)
        arguments = (axes, self.keepdims, self.dtype, count, self.ddof)
        if prod_of(source.numblocks[axis] for axis in axes) == 1:
            return self.in_one_step(kind, arguments)
        width = source.numblocks
        shape = tuple([width[axis] if axis in axes else length for axis, length in enumerate(source.shape)])
        grid = tuple([1 if axis in axes else cut for axis, cut in enumerate(source.grid)])
        outline = array_outline(self, grid, shape, f"{self.kind}-chunk")
        partial = Blockwise(
            outline,
            (Call(kind.chunk, (0, 1, 2), (), outline),),
            (source,),
            (identity_pick(source.ndim),),
            same_columns(outline.numblocks, axes, self.given),
        )
        return TreeReduce(
            self.outline, partial, axes, kind.combine, kind.finish, arguments, self.split_every, self.keepdims
        )

    def in_one_step(self, kind: Kind, arguments: tuple[Any, ...]) -> Expr:
        """Where one block has all of the axes there is nothing to combine, and the step can be fused on both sides."""
        outline = self.outline
        places = iter(range(self.ndim))
        pick: list[Any] = []
        for axis in range(self.source.ndim):
            if axis not in self.axes:
                pick.append(next(places))
            else:
                pick.append(None)
                if self.keepdims:
                    next(places)
        columns = same_columns(outline.numblocks, self.axes, self.given, *arguments)
        last = 1 + len(columns)
        calls = (
            Call(kind.chunk, (0, 1, 2), (), outline),
            Call(kind.finish, (last, *range(3, last)), (), outline),
        )
        return Blockwise(outline, calls, (self.source,), (tuple(pick),), columns, Cost.LIGHT)


def same_columns(numblocks: tuple[int, ...], *values: Any) -> tuple[Placed, ...]:
    """Columns of one value each."""
    pick = identity_pick(len(numblocks))
    return tuple([Placed(Same(value), numblocks, pick) for value in values])


def prod_of(values: Any) -> int:
    """Product of integers (this module's `prod` is the reduction)."""
    total = 1
    for value in values:
        total *= value
    return total


def reduce(
    x: Any, kind: str, axis: Any, keepdims: bool, dtype: Any = None, ddof: float = 0, split_every: int | None = None
) -> Any:
    """The reduction of a kind, checked as NumPy checks it."""
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(sorted(normal_axis(each, x.ndim) for each in axes))
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    if KINDS[kind].needs_elements and prod_of(x.shape[each] for each in axes) == 0:
        raise ValueError(f"zero-size array to reduction operation {kind} which has no identity")
    if split_every is not None and split_every < 2:
        raise ValueError(f"split_every is how many blocks one task combines, at least 2; it is {split_every}")
    expr = Reduction(
        x.expr, kind, axes, bool(keepdims), None if dtype is None else np.dtype(dtype), ddof, split_every or 16
    )
    _ = expr.dtype
    return new(expr)


def sum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Sum of the elements along axes.

    Parameters
    ----------
    x : Array
    axis : int or tuple of int, optional
        All axes by default.
    dtype : dtype, optional
        In which it is computed.
    keepdims : bool
        Whether the axes stay, with length 1.
    split_every : int, optional
        Partial results that one task combines; 16 by default.
    """
    return reduce(x, "sum", axis, keepdims, dtype, split_every=split_every)


def prod(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Product of the elements along axes; see `sum`."""
    return reduce(x, "prod", axis, keepdims, dtype, split_every=split_every)


def min(x: Any, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Least element along axes; NaN where one is NaN."""
    return reduce(x, "min", axis, keepdims, split_every=split_every)


def max(x: Any, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Greatest element along axes; NaN where one is NaN."""
    return reduce(x, "max", axis, keepdims, split_every=split_every)


def any(x: Any, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Whether an element along axes is true."""
    return reduce(x, "any", axis, keepdims, split_every=split_every)


def all(x: Any, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Whether all elements along axes are true."""
    return reduce(x, "all", axis, keepdims, split_every=split_every)


def mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Mean of the elements along axes; see `sum`."""
    return reduce(x, "mean", axis, keepdims, dtype, split_every=split_every)


def var(
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    ddof: float = 0,
    split_every: int | None = None,
) -> Any:
    """Variance of the elements along axes, with ``n - ddof`` as the divisor.

    Notes
    -----
    Means and squared deviations of chunks are combined pairwise (Chan, Golub and LeVeque 1979), which stays exact where
    the mean is large against the deviations.
    """
    return reduce(x, "var", axis, keepdims, dtype, ddof, split_every)


def std(
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    ddof: float = 0,
    split_every: int | None = None,
) -> Any:
    """Standard deviation of the elements along axes; see `var`."""
    return reduce(x, "std", axis, keepdims, dtype, ddof, split_every)


class ReductionMethods(ArrayBase):
    """Reductions along axes; `weft.array.sum` and its neighbours say what the parameters are."""

    __slots__ = ()

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Sum of the elements along axes."""
        return sum(self, axis, dtype, keepdims, split_every)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Product of the elements along axes."""
        return prod(self, axis, dtype, keepdims, split_every)

    def min(self, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Least element along axes."""
        return min(self, axis, keepdims, split_every)

    def max(self, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Greatest element along axes."""
        return max(self, axis, keepdims, split_every)

    def any(self, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Whether an element along axes is true."""
        return any(self, axis, keepdims, split_every)

    def all(self, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Whether all elements along axes are true."""
        return all(self, axis, keepdims, split_every)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
        """Mean of the elements along axes."""
        return mean(self, axis, dtype, keepdims, split_every)

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        ddof: float = 0,
        split_every: int | None = None,
    ) -> Any:
        """Variance of the elements along axes."""
        return var(self, axis, dtype, keepdims, ddof, split_every)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        ddof: float = 0,
        split_every: int | None = None,
    ) -> Any:
        """Standard deviation of the elements along axes."""
        return std(self, axis, dtype, keepdims, ddof, split_every)
