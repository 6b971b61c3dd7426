"""Covariances and correlations of variables, in one pass over the observations."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import statistics as kernels
from weft.array.ops.elementwise import elementwise
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.array.ops.transposing import expand_dims, squeeze, transpose
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__ = ["corrcoef", "cov"]


@node
class Covariance(ArrayExpr):
    """Covariances (or correlations) of the rows of a matrix."""

    source: ArrayExpr
    weights: ArrayExpr | None
    again: ArrayExpr | None
    ddof: float
    correlation: bool
    dtype: np.dtype[Any]

    @derived
    def prototype(self) -> Any:
        return None

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.source.shape[0],) * 2

    @derived
    def grid(self) -> Grid:
        return (self.source.grid[0],) * 2

    def lower(self) -> Expr:
        source = self.source
        rows, _ = source.shape
        blocks = source.numblocks
        outline = array_outline(self, (*self.grid, 1), (rows, rows, blocks[1]), "cov-chunk")
        reads: list[Any] = [(source, (0, 2))]
        slots = [0]
        if blocks[0] > 1:
            reads.append((source, (1, 2)))
            slots.append(1)
        else:
            slots.append(0)
        for each in (self.weights, self.again):
            if each is None:
                slots.append(-1)
            else:
                slots.append(len(reads))
                reads.append((laid_out(each, (source.grid[1],)), (2,)))
        columns: list[Any] = [Same(None), Same(self.dtype)]
        slots = [len(reads) if each == -1 else each for each in slots]
        parts = blockwise(
            outline,
            kernels.cov_chunk,
            reads,
            columns,
            slots=(*slots, len(reads) + 1),
            cost=Cost.HEAVY,
            extra=2 * source.outline.nbytes,
        )
        ending = (self.ddof, self.again is not None, self.correlation, self.dtype)
        return TreeReduce(self.outline, parts, (2,), kernels.cov_combine, kernels.cov_finish, ending)


def observations(m: Any, y: Any, rowvar: bool) -> list[Any]:
    """Variables as rows, observations as columns; those of a second array below."""
    parts = []
    for place, each in enumerate((m, y)):
        if each is None:
            continue
        each = known(asarray(each))
        if each.ndim > 2:
            raise ValueError(f"{'m' if place == 0 else 'y'} has more than 2 dimensions")
        if each.ndim < 2:
            each = row_of(each)
        elif not rowvar and (place == 0 or each.shape[0] != 1):
            each = transpose(each)
        parts.append(each)
    return parts


def row_of(x: Any) -> Any:
    """A matrix of one row."""
    return expand_dims(x, tuple(range(2 - x.ndim)))


def covariances(
    m: Any,
    y: Any,
    rowvar: bool,
    ddof: float,
    fweights: Any,
    aweights: Any,
    dtype: Any,
    correlation: bool,
) -> Any:
    """Checked as NumPy checks it, and made."""
    parts = observations(m, y, rowvar)
    kinds = [np.result_type(each.dtype, np.float64) for each in parts]
    kind = np.dtype(dtype) if dtype is not None else np.result_type(*kinds)
    if len(parts) == 2:
        if parts[0].shape[1] != parts[1].shape[1]:
            raise ValueError(
                f"cannot compare variables of {parts[0].shape[1]} and {parts[1].shape[1]} observations: "
                "the arrays need equally many"
            )
        stacked = Stacked(parts[0].expr, laid_out(parts[1].expr, (parts[1].expr.grid[0], parts[0].expr.grid[1])))
        x = new(stacked)
    else:
        (x,) = parts
    weights, again = weights_of(fweights, aweights, x.shape[1])
    expr = Covariance(
        x.expr,
        None if weights is None else weights.expr,
        None if again is None else again.expr,
        ddof,
        correlation,
        kind,
    )
    made = new(expr)
    return squeeze(made) if x.shape[0] == 1 else made


@node
class Stacked(ArrayExpr):
    """The rows of two matrices, one below the other."""

    above: ArrayExpr
    below: ArrayExpr

    @derived
    def shape(self) -> tuple[int, ...]:
        return (self.above.shape[0] + self.below.shape[0], self.above.shape[1])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.result_type(self.above.dtype, self.below.dtype)

    @derived
    def grid(self) -> Grid:
        return (self.shape[0], self.above.grid[1])

    def lower(self) -> Expr:
        sources = [laid_out(each, (each.shape[0], each.grid[1])) for each in (self.above, self.below)]
        return blockwise(self.outline, one_below, [(each, (None, 1)) for each in sources])


def one_below(above: Any, below: Any) -> Any:
    """The rows of two blocks."""
    return np.concatenate([above, below])


def weights_of(fweights: Any, aweights: Any, count: int) -> tuple[Any, Any]:
    """Products of the weights, and those that are not counts, checked."""
    made: list[Any] = []
    for name, each in (("fweights", fweights), ("aweights", aweights)):
        if each is None:
            made.append(None)
            continue
        each = asarray(each)
        if each.ndim > 1:
            raise RuntimeError(f"cannot handle multidimensional {name}")
        if each.shape[0] != count:
            raise RuntimeError(f"incompatible numbers of samples and {name}")
        if name == "fweights" and each.dtype.kind not in "iub":
            raise TypeError("fweights must be integer")
        made.append(elementwise(not_negative, each, name=name))
    frequent, again = made
    if frequent is None:
        return again, again
    return (frequent, None) if again is None else (frequent * again, again)


def not_negative(weights: Any, name: str) -> Any:
    """The weights, none of which may be below zero."""
    if np.any(weights < 0):
        raise ValueError(f"{name} cannot be negative")
    return weights


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Covariances of variables.

    Parameters
    ----------
    m : array_like
        A row for each variable, a column for each observation.
    y : array_like, optional
        Further variables.
    rowvar : bool
        Whether rows are variables; else columns are.
    bias : bool
        Whether the divisor is the number of observations, instead of one less.
    ddof : int, optional
        What is taken from the number of observations, whatever ``bias`` says.
    fweights, aweights : array_like, optional
        How often each observation was made; how much it counts.
    dtype : dtype, optional

    Examples
    --------
    >>> import weft.array as da
    >>> da.cov(da.asarray([[0, 1, 2], [2, 1, 0]]).rechunk((2, 2))).compute()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    own = ddof if ddof is not None else 0 if bias else 1
    return covariances(m, y, rowvar, own, fweights, aweights, dtype, False)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlations of variables; see `cov` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> da.corrcoef(da.asarray([[0, 1, 2], [2, 1, 0]]).rechunk((2, 2))).compute()
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    return covariances(x, y, rowvar, 1, None, None, dtype, True)
