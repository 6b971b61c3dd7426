"""Functions of `weft.array.linalg` that differ from those of the same name in `weft.array`, as they do in NumPy.

They work on the last two axes, or on what the array API standard says; the two whose defaults differ between NumPy and Dask
stand here in NumPy's form, for ``np.linalg.svd(x)`` and for code that is written to the standard.
"""

from __future__ import annotations

from typing import Any

from numpy.linalg import LinAlgError

from weft.array.io.from_array import asarray
from weft.array.ops import diagonals, linalg_cholesky, linalg_svd, statistics, tensor, tensor_products

__all__ = ["LinAlgError", "cross", "diagonal", "outer", "cholesky", "svd", "trace"]


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Cross product of vectors of three components.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.cross([1, 0, 0], [0, 1, 0]).compute()
    array([0, 0, 1])
    """
    return tensor_products.cross(x1, x2, axis=axis)


def outer(x1: Any, x2: Any, /) -> Any:
    """Products of all elements of two vectors, as a matrix.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.outer([1, 2], [3, 4, 5]).shape
    (2, 3)
    """
    a, b = asarray(x1), asarray(x2)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(
            f"Input arrays must be one-dimensional, but they are {a.ndim} and {b.ndim}-dimensional. "
            "weft.array.outer flattens."
        )
    return tensor.outer(a, b)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sum along a diagonal of the last two axes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.trace(da.ones((2, 4, 4), chunks=2)).compute()
    array([4., 4.])
    """
    return statistics.trace(x, offset, -2, -1, dtype)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """A diagonal of the last two axes, as the last axis.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.diagonal(da.ones((2, 4, 3), chunks=2)).shape
    (2, 3)
    """
    return diagonals.diagonal(x, offset, -2, -1)


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """`weft.array.linalg.svd` with NumPy's signature and defaults.

    Examples
    --------
    >>> import weft.array as da
    >>> svd(da.ones((6, 2))).U.shape
    (6, 6)
    """
    return linalg_svd.svd(a, full_matrices=full_matrices, compute_uv=compute_uv, hermitian=hermitian)


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """`weft.array.linalg.cholesky` with NumPy's signature and defaults.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> cholesky(da.asarray(np.array([[4.0, 2.0], [2.0, 5.0]]))).compute()
    array([[2., 0.],
           [1., 2.]])
    """
    return linalg_cholesky.cholesky(a, lower=not upper)
