"""The transforms of `numpy.fft`, for chunked arrays; how they are done stands in `weft.array.ops.fft_transform`."""

from __future__ import annotations

import operator
from typing import Any

from weft.array.ops.broadcasting import bound
from weft.array.ops.elementwise import cast, elementwise
from weft.array.ops.fft_transform import checked, made_dtype, transform
from weft.array.ops.transposing import normal_axis

__all__ = [
    "fft",
    "fft2",
    "fftn",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
]


def along(kind: str, a: Any, n: Any, axis: Any, norm: str | None, out: Any) -> Any:
    """A transform along one axis."""
    x = checked(a, norm)
    place = normal_axis(-1 if axis is None else axis, x.ndim)
    return bound(transform(x, [[(kind, place, length_for(kind, n, x.shape[place]))]], norm), out)


def length_for(kind: str, n: Any, length: int) -> int:
    """The length of a transform, by default that of the axis."""
    if n is None:
        return 2 * (length - 1) if kind in ("irfft", "hfft") else length
    return operator.index(n)


def several_axes(x: Any, s: Any, axes: Any, kind: str) -> list[tuple[int, int]]:
    """Axes and lengths as NumPy has them: by default all axes, as they are."""
    if s is None:
        places = list(range(x.ndim)) if axes is None else [normal_axis(axis, x.ndim) for axis in axes]
        lengths = [x.shape[place] for place in places]
        if kind == "irfft" and places:
            lengths[-1] = 2 * (lengths[-1] - 1)
    else:
        given = list(s)
        places = (
            list(range(x.ndim - len(given), x.ndim)) if axes is None else [normal_axis(axis, x.ndim) for axis in axes]
        )
        if len(places) != len(given):
            raise ValueError("Shape and axes have different lengths.")
        if any(place < 0 for place in places):
            raise ValueError(f"s={tuple(given)} is for more axes than the array has, which is {x.ndim}")
        lengths = [
            (x.shape[place] if length is None or length == -1 else operator.index(length))
            for place, length in zip(places, given, strict=True)
        ]
        if kind == "irfft" and given[-1] is None:
            lengths[-1] = 2 * (lengths[-1] - 1)
    if not places and kind in ("rfft", "irfft"):
        raise IndexError(f"{kind}n needs one axis at least")
    return list(zip(places, lengths, strict=True))


def over(kind: str, a: Any, s: Any, axes: Any, norm: str | None, out: Any) -> Any:
    """A transform over several axes; real ones over the last of them."""
    x = checked(a, norm)
    pairs = several_axes(x, s, axes, kind)
    if not pairs:
        return bound(x if x.dtype.kind == "c" else elementwise(cast, x, dtype=made_dtype(kind, x.dtype)), out)
    if kind in ("fft", "ifft"):
        return bound(transform(x, [[(kind, axis, length) for axis, length in reversed(pairs)]], norm), out)
    complex_kind = "fft" if kind == "rfft" else "ifft"
    last = [(kind, *pairs[-1])]
    others = [(complex_kind, axis, length) for axis, length in reversed(pairs[:-1])]
    groups = [last, others] if kind == "rfft" else [others, last]
    return bound(transform(x, [group for group in groups if group], norm), out)


def fft(a: Any, n: int | None = None, axis: int | None = -1, norm: str | None = None, out: Any = None) -> Any:
    """Discrete Fourier transform along an axis.

    Parameters
    ----------
    a : array-like
        The axis may be in several chunks.
    n : int, optional
        Length of the axis to transform: it is cut off, or zeros are put behind it. By default as it is.
    axis : int
        The last by default.
    norm : {'backward', 'ortho', 'forward'}, optional
        Which direction is divided by the length, or both by its root.
    out : Array, optional
        Stands for the result from now on.

    Raises
    ------
    ValueError
        ``n`` is less than 1, or there is no such norm.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.fft(da.ones(4, chunks=2)).compute()
    array([4.+0.j, 0.+0.j, 0.+0.j, 0.+0.j])
    """
    return along("fft", a, n, axis, norm, out)


def ifft(a: Any, n: int | None = None, axis: int | None = -1, norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `fft`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.ifft(da.fft.fft(da.arange(4, chunks=2))).real.round(6).compute()
    array([0., 1., 2., 3.])
    """
    return along("ifft", a, n, axis, norm, out)


def rfft(a: Any, n: int | None = None, axis: int | None = -1, norm: str | None = None, out: Any = None) -> Any:
    """Fourier transform of real numbers along an axis: the half of it that is not a mirror image; see `fft`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.rfft(da.ones(4, chunks=2)).compute()
    array([4.+0.j, 0.+0.j, 0.+0.j])
    """
    return along("rfft", a, n, axis, norm, out)


def irfft(a: Any, n: int | None = None, axis: int | None = -1, norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `rfft`; ``n`` is the length of the result, ``2 * (m - 1)`` by default.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.irfft(da.asarray([4.0, 0.0, 0.0])).compute()
    array([1., 1., 1., 1.])
    """
    return along("irfft", a, n, axis, norm, out)


def hfft(a: Any, n: int | None = None, axis: int | None = -1, norm: str | None = None, out: Any = None) -> Any:
    """Fourier transform of one half of a Hermitian signal, which is real; ``n`` is the length of the result.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.hfft(da.asarray([1.0, 0.0, 0.0])).compute()
    array([1., 1., 1., 1.])
    """
    return along("hfft", a, n, axis, norm, out)


def ihfft(a: Any, n: int | None = None, axis: int | None = -1, norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `hfft`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.ihfft(da.ones(4, chunks=2)).real.compute()
    array([1., 0., 0.])
    """
    return along("ihfft", a, n, axis, norm, out)


def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Fourier transform over several axes.

    Parameters
    ----------
    a : array-like
        Axes may be in several chunks.
    s : sequence of int, optional
        Lengths of the axes to transform; -1 for an axis as it is.
    axes : sequence of int, optional
        All by default; the last ``len(s)``, if ``s`` is given.
    norm : {'backward', 'ortho', 'forward'}, optional
        As for `fft`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.fftn(da.ones((2, 2), chunks=1)).real.compute()
    array([[4., 0.],
           [0., 0.]])
    """
    return over("fft", a, s, axes, norm, out)


def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `fftn`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.ifftn(da.ones((2, 2), chunks=1)).real.compute()
    array([[1., 0.],
           [0., 0.]])
    """
    return over("ifft", a, s, axes, norm, out)


def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
    """Fourier transform over two axes, the last by default; see `fftn`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.fft2(da.ones((5, 2, 2), chunks=1)).shape
    (5, 2, 2)
    """
    return over("fft", a, s, axes, norm, out)


def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `fft2`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.ifft2(da.ones((5, 2, 2), chunks=1)).shape
    (5, 2, 2)
    """
    return over("ifft", a, s, axes, norm, out)


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Fourier transform of real numbers over several axes; the last of them is halved, as by `rfft`. See `fftn`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.rfftn(da.ones((4, 4), chunks=2)).shape
    (4, 3)
    """
    return over("rfft", a, s, axes, norm, out)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `rfftn`; lengths in ``s`` are those of the result.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.irfftn(da.ones((4, 3), chunks=2)).shape
    (4, 4)
    """
    return over("irfft", a, s, axes, norm, out)


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
    """Fourier transform of real numbers over two axes, the last by default; see `rfftn`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.rfft2(da.ones((4, 4), chunks=2)).shape
    (4, 3)
    """
    return over("rfft", a, s, axes, norm, out)


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
    """Inverse of `rfft2`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fft.irfft2(da.ones((4, 3), chunks=2)).shape
    (4, 4)
    """
    return over("irfft", a, s, axes, norm, out)
