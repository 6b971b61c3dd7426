"""Reductions that leave out NaN."""

from __future__ import annotations

from typing import Any

from weft.array.ops.reducing import NOT_GIVEN, reduce, spread

__all__ = ["nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar"]


def nansum(
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
    """Sum of the numbers along axes; see `weft.array.sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nansum([1.0, float('nan')]).compute())
    1.0
    """
    return reduce(a, "nansum", axis, keepdims, dtype, 0, split_every, out, initial, where, reproducible)


def nanprod(
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
    """Product of the numbers along axes; see `weft.array.sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nanprod([3.0, float('nan')]).compute())
    3.0
    """
    return reduce(a, "nanprod", axis, keepdims, dtype, 0, split_every, out, initial, where, reproducible)


def nanmean(
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
    """Mean of the numbers along axes; see `weft.array.sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nanmean([1.0, float('nan')]).compute())
    1.0
    """
    return reduce(a, "nanmean", axis, keepdims, dtype, 0, split_every, out, where=where, reproducible=reproducible)


def nanmin(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
    *,
    split_every: Any = None,
) -> Any:
    """Least number along axes; NaN where all are NaN. See `weft.array.sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nanmin([1.0, float('nan')]).compute())
    1.0
    """
    return reduce(a, "nanmin", axis, keepdims, None, 0, split_every, out, initial, where)


def nanmax(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NOT_GIVEN,
    where: Any = True,
    *,
    split_every: Any = None,
) -> Any:
    """Greatest number along axes; NaN where all are NaN. See `weft.array.sum` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nanmax([1.0, float('nan')]).compute())
    1.0
    """
    return reduce(a, "nanmax", axis, keepdims, None, 0, split_every, out, initial, where)


def nanvar(
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
    """Variance of the numbers along axes; see `weft.array.var` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nanvar([1.0, 3.0, float('nan')]).compute())
    1.0
    """
    return spread(a, "nanvar", axis, dtype, out, ddof, keepdims, where, mean, correction, split_every, reproducible)


def nanstd(
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
    """Standard deviation of the numbers along axes; see `weft.array.var` for the parameters.

    Examples
    --------
    >>> import weft.array as da
    >>> float(da.nanstd([1.0, 3.0, float('nan')]).compute())
    1.0
    """
    return spread(a, "nanstd", axis, dtype, out, ddof, keepdims, where, mean, correction, split_every, reproducible)
