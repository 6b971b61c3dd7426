"""Polynomials: fitted to points, and their values."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.io.from_array import asarray
from weft.array.ops.broadcasting import elementwise
from weft.array.ops.creation import zeros_like
from weft.array.ops.diagonals import vander
from weft.array.ops.linalg_lu import inv
from weft.array.ops.linalg_solve import lstsq
from weft.array.ops.masked import getdata
from weft.array.ops.matrix_products import matmul
from weft.array.ops.sizes import known
from weft.array.ops.tensor import outer

__all__ = ["polyfit", "polyval"]


def polyval(p: Any, x: Any) -> Any:
    """Values of a polynomial, whose coefficients come from the highest power down.

    Parameters
    ----------
    p : array-like with one axis
    x : array-like

    Examples
    --------
    >>> import weft.array as da
    >>> da.polyval([1, 0, 2], da.arange(4, chunks=2)).compute()
    array([ 2,  3,  6, 11])
    """
    coefficients = known(p) if isinstance(p, ArrayBase) else np.atleast_1d(p)
    places = asarray(x)
    values = zeros_like(places)
    for coefficient in coefficients:
        values = values * places + coefficient
    return values


def polyfit(
    x: Any, y: Any, deg: int, rcond: float | None = None, full: bool = False, w: Any = None, cov: bool | str = False
) -> Any:
    """Coefficients, from the highest power down, of the polynomial that comes closest to points.

    Parameters
    ----------
    x : (m,) array-like
    y : (m,) or (m, k) array-like
        Each column is fitted by itself. What is masked counts as well, as in NumPy; `weft.array.ma.polyfit` leaves it out.
    deg : int
    rcond : float, optional
        Singular values below this part of the largest count as zero; the dtype's precision times ``m`` by default.
    full : bool
        Whether residuals, rank, singular values and ``rcond`` are given, too.
    w : (m,) array-like, optional
        Weights of the points; for known deviations their inverses.
    cov : bool or "unscaled"
        Whether the covariance of the coefficients is given, too: scaled by how far the points are from the polynomial,
        or not.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=2)
    >>> da.polyfit(x, 3 * x + 1, 1).round(6).compute()
    array([3., 1.])
    """
    degree = operator.index(deg)
    if degree < 0:
        raise ValueError("expected deg >= 0")
    places, values = known(unmasked(x)) + 0.0, known(unmasked(y)) + 0.0
    if places.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if places.size == 0:
        raise TypeError("expected non-empty vector for x")
    if values.ndim not in (1, 2):
        raise TypeError("expected 1D or 2D array for y")
    if places.shape[0] != values.shape[0]:
        raise TypeError("expected x and y to have same length")
    bound = places.shape[0] * float(np.finfo(places.dtype).eps) if rcond is None else float(rcond)
    powers = vander(places, degree + 1)
    if w is not None:
        weights = known(unmasked(w)) + 0.0
        if weights.ndim != 1:
            raise TypeError("expected a 1-d array for weights")
        if weights.shape[0] != values.shape[0]:
            raise TypeError("expected w and y to have the same length")
        powers = powers * weights[:, None]
        values = values * (weights[:, None] if values.ndim == 2 else weights)
    scale = elementwise(np.sqrt, (powers * powers).sum(axis=0))
    found, residuals, rank, singular = lstsq(powers / scale, values, bound)
    coefficients = (found.T / scale).T
    if full:
        return coefficients, residuals, rank, singular, bound
    if not cov:
        return coefficients
    base = inv(matmul((powers / scale).T, powers / scale)) / outer(scale, scale)
    if isinstance(cov, str) and cov == "unscaled":
        factor: Any = 1
    else:
        if places.shape[0] <= degree + 1:
            raise ValueError("the number of data points must exceed order to scale the covariance matrix")
        factor = residuals / (places.shape[0] - (degree + 1))
    if values.ndim == 1:
        return coefficients, base * (factor if isinstance(factor, int) else factor[0])
    return coefficients, base[:, :, None] * factor


def unmasked(a: Any) -> Any:
    """An array with what lies under its mask."""
    array = asarray(a)
    return getdata(array) if array.expr.is_masked else array
