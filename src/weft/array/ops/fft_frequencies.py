"""The frequencies that belong to a transform, and spectra with frequency zero in the middle."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import as_tuple
from weft.array.io.from_array import asarray
from weft.array.ops.casting import check_device
from weft.array.ops.elementwise import multiply, where
from weft.array.ops.flipping import roll
from weft.array.ops.ranges import arange
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis

__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]


def fftfreq(n: int, d: float = 1.0, chunks: Any = "auto", *, dtype: Any = None, device: Any = None) -> Any:
    """Frequencies of a transform of length ``n``: from zero up, then the negative ones.

    Parameters
    ----------
    n : int
    d : float
        Distance of the samples.
    chunks : int, tuple or str
        How to cut the result.
    dtype : dtype, optional
        A floating-point one; float64 by default.
    device : {None, "cpu"}

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.fftfreq(4, 0.25).compute()
    array([ 0.,  1., -2., -1.])
    """
    length = whole_number(n)
    step = 1.0 / (length * d)
    places = arange(length, chunks=chunks)
    return in_kind(multiply(where(places <= (length - 1) // 2, places, places - length), step), dtype, device)


def rfftfreq(n: int, d: float = 1.0, chunks: Any = "auto", *, dtype: Any = None, device: Any = None) -> Any:
    """Frequencies of a transform of ``n`` real numbers; see `fftfreq`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.rfftfreq(4, 0.25).compute()
    array([0., 1., 2.])
    """
    length = whole_number(n)
    step = 1.0 / (length * d)
    return in_kind(multiply(arange(length // 2 + 1, chunks=chunks), step), dtype, device)


def in_kind(frequencies: Any, dtype: Any, device: Any) -> Any:
    """Frequencies in the floating-point dtype that was asked for."""
    check_device(device)
    if dtype is None:
        return frequencies
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"frequencies are real numbers: dtype={np.dtype(dtype)} is not a floating-point one")
    return frequencies.astype(dtype)


def whole_number(n: Any) -> int:
    """A length."""
    if not hasattr(n, "__index__"):
        raise ValueError(f"n should be an integer, and not {n!r}")
    return operator.index(n)


def fftshift(x: Any, axes: Any = None) -> Any:
    """Frequency zero brought from the start to the middle.

    Parameters
    ----------
    x : array-like
    axes : int or tuple of int, optional
        All axes by default.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.fftshift(da.arange(5, chunks=2)).compute()
    array([3, 4, 0, 1, 2])
    """
    return shifted(x, axes, 1)


def ifftshift(x: Any, axes: Any = None) -> Any:
    """Inverse of `fftshift`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.ifftshift(da.arange(5, chunks=2)).compute()
    array([2, 3, 4, 0, 1])
    """
    return shifted(x, axes, -1)


def shifted(x: Any, axes: Any, sign: int) -> Any:
    """Axes turned by half of their lengths."""
    a = known(asarray(x))
    given = range(a.ndim) if axes is None else as_tuple(axes)
    places = tuple([normal_axis(axis, a.ndim) for axis in given])
    halves = [a.shape[place] // 2 if sign > 0 else -(a.shape[place] // 2) for place in places]
    return roll(a, tuple(halves), places) if places else new(a.expr)
