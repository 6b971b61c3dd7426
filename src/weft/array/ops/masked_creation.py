"""Masked arrays of a shape, or of the shape of another array."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.ops import creation
from weft.array.ops.broadcasting import elementwise
from weft.array.ops.masked import masked_array

__all__ = ["empty_like", "masked_all", "masked_all_like", "ones_like", "zeros_like"]


def masked_all(shape: Any, dtype: Any = float, chunks: Any = "auto") -> Any:
    """An array of which everything is masked.

    Parameters
    ----------
    shape : int or tuple of int
    dtype : dtype
    chunks : int, tuple, str or dict
        How to cut it, in any form that `normalize_chunks` takes.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ma.masked_all((2, 2), chunks=1).compute()
    masked_array(
      data=[[--, --],
            [--, --]],
      mask=[[ True,  True],
            [ True,  True]],
      fill_value=1e+20,
      dtype=float64)
    """
    return masked_array(creation.empty(shape, dtype, chunks), True)


def masked_all_like(arr: Any) -> Any:
    """An array in the shape of another one, of which everything is masked.

    >>> import weft.array as da
    >>> da.ma.masked_all_like(da.arange(3, chunks=2)).compute().tolist()
    [None, None, None]
    """
    return masked_array(creation.empty_like(arr), True)


def ones_like(a: Any, dtype: Any = None) -> Any:
    """Ones in the shape of an array, masked where it is.

    >>> import weft.array as da
    >>> da.ma.ones_like(da.ma.masked_equal(da.arange(3, chunks=2), 1)).sum().compute()
    np.int64(2)
    """
    return elementwise(np.ma.ones_like, a, dtype=None if dtype is None else np.dtype(dtype))


def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Zeros in the shape of an array, masked where it is.

    >>> import weft.array as da
    >>> da.ma.zeros_like(da.ma.masked_equal(da.arange(3, chunks=2), 1)).sum().compute()
    np.int64(0)
    """
    return elementwise(np.ma.zeros_like, a, dtype=None if dtype is None else np.dtype(dtype))


def empty_like(a: Any, dtype: Any = None) -> Any:
    """An array in the shape of another one, masked where that is; elements do not matter, and are zeros.

    >>> import weft.array as da
    >>> da.ma.empty_like(da.arange(3, chunks=2)).shape
    (3,)
    """
    return zeros_like(a, dtype)
