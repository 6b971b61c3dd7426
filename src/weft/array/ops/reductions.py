"""Sums, means, extremes and the like of all elements, with NumPy's names and arguments.

How they are computed is in `weft.array.ops.reducing`.
"""

from __future__ import annotations

from typing import Any

from weft.array.base import ArrayBase
from weft.array.io.from_array import asarray
from weft.array.ops.casting import truth
from weft.array.ops.reducing import NOT_GIVEN, into, reduce, spread

__all__ = ["all", "amax", "amin", "any", "count_nonzero", "max", "mean", "min", "prod", "ptp", "std", "sum", "var"]


def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
    *,
    split_every: Any = None,
    reproducible: bool = False,
) -> Any:
    """Sum of the elements along axes.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
        All axes by default.
    dtype : dtype, optional
        In which it is computed.
    out : Array, optional
        An array that will stand for the result, cast to its dtype.
    keepdims : bool
        Whether the axes stay, with length 1.
    initial : scalar, optional
        Added to the result.
    where : array_like of bool
        Elements that count; it must broadcast to ``a``.
    split_every : int or dict, optional
        Partial results that one task combines (for each axis, in a dict); 16 by default, False for all at once.
    reproducible : bool
        Whether the result of floating-point numbers is to have the same bits for any chunks and any number of workers. It
        is then added up in runs of 4,096 elements that follow from the shape alone, which costs up to about twice the
        time, and moves elements between chunks whose edges lie within a run.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ones((4, 6), chunks=2).sum(axis=0).compute()
    array([4., 4., 4., 4., 4., 4.])
    """
    return reduce(a, "sum", axis, keepdims, dtype, 0, split_every, out, initial, where, reproducible)


def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
    *,
    split_every: Any = None,
    reproducible: bool = False,
) -> Any:
    """Product of the elements along axes; see `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.prod(da.arange(1, 5, chunks=2)).compute())
    24
    """
    return reduce(a, "prod", axis, keepdims, dtype, 0, split_every, out, initial, where, reproducible)


def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
    split_every: Any = None,
    reproducible: bool = False,
) -> Any:
    """Mean of the elements along axes; see `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.mean(da.arange(5, chunks=2)).compute())
    2.0
    """
    return reduce(a, "mean", axis, keepdims, dtype, 0, split_every, out, where=where, reproducible=reproducible)


def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
    *,
    split_every: Any = None,
) -> Any:
    """Least element along axes; NaN where one is NaN. See `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.min(da.arange(5, chunks=2)).compute())
    0
    """
    return reduce(a, "min", axis, keepdims, None, 0, split_every, out, initial, where)


def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
    *,
    split_every: Any = None,
) -> Any:
    """Greatest element along axes; NaN where one is NaN. See `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.max(da.arange(5, chunks=2)).compute())
    4
    """
    return reduce(a, "max", axis, keepdims, None, 0, split_every, out, initial, where)


amin = min
amax = max


def any(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
    split_every: Any = None,
) -> Any:
    """Whether an element along axes is true; see `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> bool(da.any(da.arange(5, chunks=2)).compute())
    True
    """
    return reduce(a, "any", axis, keepdims, None, 0, split_every, out, where=where)


def all(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
    split_every: Any = None,
) -> Any:
    """Whether all elements along axes are true; see `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> bool(da.all(da.arange(5, chunks=2)).compute())
    False
    """
    return reduce(a, "all", axis, keepdims, None, 0, split_every, out, where=where)


def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False, split_every: Any = None) -> Any:
    """Number of elements along axes that are not zero; see `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.count_nonzero(da.arange(5, chunks=2)).compute())
    4
    """
    a = asarray(a)
    if a.dtype.kind in "OSUTV":
        a = truth(a)
    return reduce(a, "count_nonzero", axis, keepdims, split_every=split_every)


def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, split_every: Any = None) -> Any:
    """Greatest less least element along axes; see `sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.ptp(da.arange(5, chunks=2)).compute())
    4
    """
    a = asarray(a)
    high = max(a, axis, keepdims=keepdims, split_every=split_every)
    low = min(a, axis, keepdims=keepdims, split_every=split_every)
    return into(out, high - low)


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NOT_GIVEN,
    correction: Any = NOT_GIVEN,
    split_every: Any = None,
    reproducible: bool = False,
) -> Any:
    """Variance of the elements along axes, with ``n - ddof`` as the divisor; see `sum` for the other parameters.

    Parameters
    ----------
    ddof, correction : float
        Two names for what is taken from the number of elements.
    mean : array_like, optional
        The mean, if it is known, of a shape as with ``keepdims=True``.

    Notes
    -----
    Means and squared deviations of chunks are combined pairwise (Chan, Golub and LeVeque 1979), which stays exact where
    the mean is large against the deviations.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.var(da.arange(5, chunks=2)).compute())
    2.0
    """
    return spread(a, "var", axis, dtype, out, ddof, keepdims, where, mean, correction, split_every, reproducible)


def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NOT_GIVEN,
    correction: Any = NOT_GIVEN,
    split_every: Any = None,
    reproducible: bool = False,
) -> Any:
    """Standard deviation of the elements along axes; see `var`.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.std(da.arange(0, 10, 2, chunks=2), correction=0).compute()) ** 2
    8.000000000000002
    """
    return spread(a, "std", axis, dtype, out, ddof, keepdims, where, mean, correction, split_every, reproducible)


class ReductionMethods(ArrayBase):
    """Reductions along axes; `weft.array.sum` and its neighbours say what the parameters are."""

    __slots__ = ()

    def sum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOT_GIVEN,
        where: Any = True,
        *,
        split_every: Any = None,
        reproducible: bool = False,
    ) -> Any:
        """Sum of the elements along axes."""
        return sum(self, axis, dtype, out, keepdims, initial, where, split_every=split_every, reproducible=reproducible)

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOT_GIVEN,
        where: Any = True,
        *,
        split_every: Any = None,
        reproducible: bool = False,
    ) -> Any:
        """Product of the elements along axes."""
        return prod(
            self, axis, dtype, out, keepdims, initial, where, split_every=split_every, reproducible=reproducible
        )

    def mean(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = True,
        split_every: Any = None,
        reproducible: bool = False,
    ) -> Any:
        """Mean of the elements along axes."""
        return mean(self, axis, dtype, out, keepdims, where=where, split_every=split_every, reproducible=reproducible)

    def min(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOT_GIVEN,
        where: Any = True,
        *,
        split_every: Any = None,
    ) -> Any:
        """Least element along axes."""
        return min(self, axis, out, keepdims, initial, where, split_every=split_every)

    def max(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOT_GIVEN,
        where: Any = True,
        *,
        split_every: Any = None,
    ) -> Any:
        """Greatest element along axes."""
        return max(self, axis, out, keepdims, initial, where, split_every=split_every)

    def any(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = True,
        split_every: Any = None,
    ) -> Any:
        """Whether an element along axes is true."""
        return any(self, axis, out, keepdims, where=where, split_every=split_every)

    def all(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = True,
        split_every: Any = None,
    ) -> Any:
        """Whether all elements along axes are true."""
        return all(self, axis, out, keepdims, where=where, split_every=split_every)

    def ptp(self, axis: Any = None, out: Any = None, keepdims: Any = False, *, split_every: Any = None) -> Any:
        """Greatest less least element along axes."""
        return ptp(self, axis, out, keepdims, split_every=split_every)

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = NOT_GIVEN,
        correction: Any = NOT_GIVEN,
        split_every: Any = None,
        reproducible: bool = False,
    ) -> Any:
        """Variance of the elements along axes."""
        return spread(self, "var", axis, dtype, out, ddof, keepdims, where, mean, correction, split_every, reproducible)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: Any = False,
        *,
        where: Any = True,
        mean: Any = NOT_GIVEN,
        correction: Any = NOT_GIVEN,
        split_every: Any = None,
        reproducible: bool = False,
    ) -> Any:
        """Standard deviation of the elements along axes."""
        return spread(self, "std", axis, dtype, out, ddof, keepdims, where, mean, correction, split_every, reproducible)
