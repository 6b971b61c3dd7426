"""Distinct elements, and what arrays have in common.

Every block finds its own distinct elements; in a tree they become those of all blocks. How many there are is not known
before they are computed, so the result has an unknown length, in one chunk.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, Grid, UnknownCut
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels import sets as kernels
from weft.array.ops.blocks import map_aligned
from weft.array.ops.joining import concatenate, promoted
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known, sized
from weft.array.ops.transposing import moveaxis, normal_axis
from weft.expr import Expr, derived, node
from weft.physical.base import BlockExpr, Outline
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.grid import identity_pick
from weft.physical.tree_reduce import TreeReduce

__all__ = [
    "intersect1d",
    "isin",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


class UniqueAllResult(NamedTuple):
    """What `unique_all` gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """What `unique_counts` gives."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """What `unique_inverse` gives."""

    values: Any
    inverse_indices: Any


@node
class Distinct(BlockExpr):
    """Distinct elements of an array of one axis (or rows, of one with more), where each stood first, and how often.

    ``only_texts``: of texts, of which nobody asks where and how often they are there.
    """

    source: ArrayExpr
    equal_nan: bool
    only_texts: bool = False

    @property
    def numblocks(self) -> tuple[int, ...]:
        return ()

    @property
    def label(self) -> str:
        return "unique"

    def lower(self) -> Expr:
        source = self.source
        grid = source.numblocks
        firsts = Listed(tuple([0, *accumulate(source.chunks[0])][: grid[0]]))
        outline = Outline(self.name, "unique-chunk", grid, source.outline.nbytes)
        kernel = kernels.distinct_texts if self.only_texts else kernels.distinct
        parts = blockwise(outline, kernel, [(source, identity_pick(source.ndim))], [firsts, Same(self.equal_nan)])
        together = kernels.merged_equal if self.equal_nan else kernels.merged
        together = kernels.merged_texts if self.only_texts else together
        return TreeReduce(
            Outline(self.name, "unique", (), source.outline.nbytes), parts, tuple(range(source.ndim)), together, itself
        )


@node
class DistinctPart(ArrayExpr):
    """Values, places or counts of distinct elements."""

    distinct: Distinct
    part: int
    dtype: np.dtype[Any]
    #: All of them in one chunk; of all parts alike, and the same whatever rules make of the source.
    cut: UnknownCut

    @property
    def label(self) -> str:
        return "unique"

    @derived
    def shape(self) -> tuple[int, ...]:
        rest: tuple[Any, ...] = () if self.part else self.distinct.source.shape[1:]
        return (self.cut.length, *rest)

    @derived
    def grid(self) -> Grid:
        rest: tuple[Cut, ...] = () if self.part else self.distinct.source.grid[1:]
        return (self.cut, *rest)

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        return blockwise(self.outline, kernels.part_of, [(self.distinct, ())], [Same(self.part)])


@node
class Inverse(ArrayExpr):
    """Where each element, or row, stands among the distinct ones."""

    source: ArrayExpr
    distinct: Distinct

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape[:1]

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.intp)

    @derived
    def grid(self) -> Grid:
        return self.source.grid[:1]

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        pick = (0, *[None] * (self.source.ndim - 1))
        return blockwise(
            self.outline,
            kernels.inverse,
            [(self.source, pick), (self.distinct, ())],
            [
                Listed(tuple([0, *accumulate(self.source.chunks[0])][: self.source.numblocks[0]])),
                Same(self.distinct.equal_nan),
            ],
        )


def itself(value: Any) -> Any:
    """The value as it is."""
    return value


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Distinct elements in order; on request where each stood first, where it stands in the result, and how often it is there.

    Parameters
    ----------
    ar : array-like
    return_index, return_inverse, return_counts : bool
        What else is wanted; results then come in a tuple, in this order.
    axis : int, optional
        Whose slices are compared; single elements by default.
    equal_nan : bool
        Whether NaNs are one element.
    sorted : bool
        They are in order in any case.

    Returns
    -------
    Array or tuple of Array
        Of unknown length, but for the inverse.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.from_array([3, 1, 2, 3, 1], chunks=2)
    >>> values, counts = da.unique(x, return_counts=True)
    >>> values.compute(), counts.compute()
    (array([1, 2, 3]), array([2, 1, 2]))
    """
    x = asarray(ar)
    if axis is not None and normal_axis(axis, x.ndim) == 0 and x.ndim == 1:
        axis = None
    if axis is None:
        lines = x if x.ndim == 1 else x.reshape(-1)
    else:
        axis = normal_axis(axis, x.ndim)
        lines = moveaxis(x, axis, 0)
    expr = sized(lines.expr)
    if expr.ndim > 1:
        expr = laid_out(expr, (expr.grid[0], *[max(1, length) for length in expr.shape[1:]]))
    if expr.dtype.kind == "O" and expr.ndim > 1:
        raise TypeError("The axis argument to unique is not supported for dtype object")
    distinct = Distinct(expr, bool(equal_nan) and axis is None)
    cut = UnknownCut(f"distinct-{distinct.name}", 1, expr.shape[0])
    is_alone = not (return_index or return_inverse or return_counts) and expr.ndim == 1 and expr.dtype.kind in "US"
    values = new(DistinctPart(distinct.with_operands(only_texts=True) if is_alone else distinct, 0, expr.dtype, cut))
    if axis is not None:
        values = moveaxis(values, 0, axis)
    results = [values]
    if return_index:
        results.append(new(DistinctPart(distinct, 1, np.dtype(np.intp), cut)))
    if return_inverse:
        inverse = new(Inverse(expr, distinct))
        x = known(x) if x.ndim != 1 else x
        results.append(inverse.reshape(x.shape) if axis is None and x.ndim != 1 else inverse)
    if return_counts:
        results.append(new(DistinctPart(distinct, 2, np.dtype(np.intp), cut)))
    return results[0] if len(results) == 1 else tuple(results)


def unique_all(x: Any) -> UniqueAllResult:
    """Distinct elements, where each stood first, where elements stand among them, and counts; NaNs are all distinct."""
    values, indices, inverse, counts = unique(x, True, True, True, equal_nan=False)
    return UniqueAllResult(values, indices, inverse, counts)


def unique_counts(x: Any) -> UniqueCountsResult:
    """Distinct elements and how often they are there; NaNs are all distinct."""
    return UniqueCountsResult(*unique(x, return_counts=True, equal_nan=False))


def unique_inverse(x: Any) -> UniqueInverseResult:
    """Distinct elements, and where elements stand among them; NaNs are all distinct."""
    return UniqueInverseResult(*unique(x, return_inverse=True, equal_nan=False))


def unique_values(x: Any) -> Any:
    """Distinct elements; NaNs are all distinct."""
    return unique(x, equal_nan=False)


def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: str | None = None
) -> Any:
    """Whether elements are among others.

    Parameters
    ----------
    element : array-like
    test_elements : array-like
    assume_unique : bool
        Whether no element is there twice in either; a hint.
    invert : bool
        Whether they are not among them is asked.
    kind : {"sort", "table"}, optional
        NumPy's algorithm for a block.

    Examples
    --------
    >>> import weft.array as da
    >>> da.isin(da.arange(5, chunks=2), [1, 3]).compute()
    array([False,  True, False,  True, False])
    """
    if kind not in (None, "sort", "table"):
        raise ValueError(f"Invalid kind: '{kind}'. Please use None, 'sort' or 'table'.")
    x, test = asarray(element), asarray(test_elements)
    return map_aligned(
        kernels.is_among,
        (x,),
        {"test": test, "assume_unique": assume_unique, "invert": invert, "kind": kind},
        dtype=np.dtype(bool),
        token="isin",
    )


def flat(values: Any) -> Any:
    """An array of one axis."""
    x = asarray(values)
    return x if x.ndim == 1 else x.reshape(-1)


def union1d(ar1: Any, ar2: Any) -> Any:
    """Distinct elements that are in either array, in order."""
    return unique(concatenate([flat(ar1), flat(ar2)]))


def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """Distinct elements that are in both arrays, in order.

    Parameters
    ----------
    ar1, ar2 : array-like
    assume_unique : bool
        Whether no element is there twice in either; a hint.
    return_indices : bool
        Whether where they stood first in both is given too.
    """
    a, b = promoted([flat(ar1), flat(ar2)])
    if not return_indices:
        values = unique(a)
        return values[isin(values, b)]
    values, first = unique(a, return_index=True)
    others, second = unique(b, return_index=True)
    both, back = isin(values, others), isin(others, values)
    return values[both], first[both], second[back]


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """Distinct elements of the first array that are not in the second, in order; as they stand, with ``assume_unique``."""
    values = flat(ar1) if assume_unique else unique(flat(ar1))
    return values[isin(values, flat(ar2), invert=True)]


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """Distinct elements that are in one of the arrays only, in order."""
    a, b = unique(flat(ar1)), unique(flat(ar2))
    values, counts = unique(concatenate([a, b]), return_counts=True, equal_nan=False)
    return values[counts == 1]
