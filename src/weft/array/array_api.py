"""The namespace of the Python array API standard, revision 2025.12: what ``x.__array_namespace__()`` gives.

It has every name of `weft.array`, and differs in five: ``linalg`` is the standard's, whose ``svd`` makes full matrices and whose
``cholesky`` gives the lower factor (`weft.array.linalg` has the defaults that users of Dask know); ``sort`` is stable unless
told otherwise; ``finfo`` gives Python's numbers; ``sign`` of a complex number that is in part NaN is NaN in both parts; the
``unique_`` functions count how many different values there are, since programs that are written to the standard look at shapes.

>>> import weft.array as da
>>> xp = da.eye(2).__array_namespace__()
>>> xp.__array_api_version__
'2025.12'
>>> xp.linalg.svd(xp.ones((3, 1))).U.shape
(3, 3)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import weft.array as everything
from weft.array import numpy_linalg as linalg  # noqa: F401 (found before __getattr__ is asked)

__all__ = [*everything.__all__]


class FloatLimits(NamedTuple):
    """What is known of a floating-point dtype."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype[Any]


def finfo(type: Any, /) -> FloatLimits:
    """Limits of a floating-point dtype, or of that of an array; of its parts, if it is complex.

    >>> finfo("float32").bits
    32
    """
    found = everything.finfo(type)
    return FloatLimits(
        found.bits, float(found.eps), float(found.max), float(found.min), float(found.smallest_normal), found.dtype
    )


def sign(x: Any, /) -> Any:
    """Which side of zero numbers lie on; complex ones divided by their absolute values.

    >>> import weft.array as da
    >>> sign(da.from_array([-2.5, 0.0, 3.0], chunks=2)).compute()
    array([-1.,  0.,  1.])
    """
    found = everything.sign(x)
    return found if found.dtype.kind != "c" else everything.where(everything.isnan(x), complex(np.nan, np.nan), found)


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The elements in order along an axis; equal ones as they stand, if it is ``stable``.

    >>> import weft.array as da
    >>> sort(da.from_array([3, 1, 2], chunks=2)).compute()
    array([1, 2, 3])
    """
    return everything.sort(x, axis, descending=descending, stable=stable)


def counted(arrays: Any) -> Any:
    """Arrays whose lengths have been counted, which may share one."""
    for each in arrays:
        each.compute_chunk_sizes()
    return arrays


def unique_all(x: Any, /) -> Any:
    """The different values, where each is found first, how the array is made of them, and how often each comes."""
    return counted(everything.unique_all(x))


def unique_counts(x: Any, /) -> Any:
    """The different values, and how often each comes."""
    return counted(everything.unique_counts(x))


def unique_inverse(x: Any, /) -> Any:
    """The different values, and how the array is made of them."""
    return counted(everything.unique_inverse(x))


def unique_values(x: Any, /) -> Any:
    """The different values.

    >>> import weft.array as da
    >>> unique_values(da.from_array([3, 1, 3], chunks=2)).shape
    (2,)
    """
    return counted((everything.unique_values(x),))[0]


def __getattr__(name: str) -> object:
    return getattr(everything, name)


def __dir__() -> list[str]:
    return sorted({*dir(everything), *__all__})
