"""Polynomials fitted to points of which some are masked."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.io.from_array import asarray
from weft.array.ops.masked import getdata, getmaskarray
from weft.array.ops.polynomials import polyfit as fitted
from weft.array.ops.reductions import any as any_of

__all__ = ["polyfit"]


def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Any:
    """Coefficients of the polynomial that comes closest to the points of which nothing is masked.

    Parameters
    ----------
    x, y, deg, rcond, full, w, cov
        As of `weft.array.polyfit`. A point is left out where ``x``, any column of ``y``, or its weight is masked.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=2)
    >>> y = da.ma.masked_where(x == 3, da.where(x == 3, 100, 3 * x + 1))
    >>> da.ma.polyfit(x, y, 1).round(6).compute()
    array([3., 1.])
    """
    places, values = asarray(x), asarray(y)
    if values.ndim not in (1, 2):
        raise TypeError("expected a 1D or 2D array for y")
    of_values = getmaskarray(values)
    parts = [(places, getmaskarray(places)), (values, any_of(of_values, axis=1) if values.ndim == 2 else of_values)]
    if w is not None:
        weights = asarray(w)
        if weights.ndim != 1:
            raise TypeError("expected a 1-d array for weights")
        parts.append((weights, getmaskarray(weights)))
    if len({each.shape[0] for each, _ in parts}) > 1:
        raise TypeError("expected x, y and w to have the same length")
    counts = np.logical_not(parts[0][1])
    for _, mask in parts[1:]:
        counts = counts & ~mask
    places, values, *rest = [getdata(each)[counts] for each, _ in parts]
    return fitted(places, values, deg, rcond, full, rest[0] if rest else None, cov)
