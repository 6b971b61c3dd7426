"""What the Python array API standard has beside NumPy's names: constants, dtypes, and how a namespace describes itself.

Revision 2025.12, https://data-apis.org/array-api/2025.12/. The namespace itself is `weft.array.array_api`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import (
    bool,
    complex64,
    complex128,
    e,
    euler_gamma,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    nan,
    newaxis,
    pi,
    uint8,
    uint16,
    uint32,
    uint64,
)

from weft.array.base import ArrayBase
from weft.array.ops.casting import check_device

__all__ = [
    "__array_api_version__",
    "__array_namespace_info__",
    "bool",
    "complex64",
    "complex128",
    "e",
    "euler_gamma",
    "finfo",
    "float32",
    "float64",
    "iinfo",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "nan",
    "newaxis",
    "pi",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]

__array_api_version__ = "2025.12"


def finfo(type: Any, /) -> np.finfo[Any]:
    """Limits of a floating-point dtype, or of that of an array; see `numpy.finfo`.

    >>> import weft.array as da
    >>> da.finfo(da.ones(2, dtype="float32", chunks=1)).bits
    32
    """
    return np.finfo(type.dtype if isinstance(type, ArrayBase) else type)


def iinfo(type: Any, /) -> np.iinfo[Any]:
    """Limits of an integer dtype, or of that of an array; see `numpy.iinfo`.

    >>> iinfo("int8").max
    127
    """
    return np.iinfo(type.dtype if isinstance(type, ArrayBase) else type)


class __array_namespace_info__:  # noqa: N801 (the standard's name)
    """What the namespace can do, as the standard asks.

    Examples
    --------
    >>> import weft.array as da
    >>> da.__array_namespace_info__().default_device()
    'cpu'
    """

    def capabilities(self) -> dict[str, Any]:
        """Whether there is boolean indexing, and are shapes that depend on data, and the most axes."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Where arrays are made."""
        return "cpu"

    def devices(self) -> tuple[str, ...]:
        """Where arrays can be."""
        return ("cpu",)

    def default_dtypes(self, *, device: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtypes that are taken where none is given."""
        check_device(device)
        return {
            "real floating": np.dtype(np.float64),
            "complex floating": np.dtype(np.complex128),
            "integral": np.dtype(np.intp),
            "indexing": np.dtype(np.intp),
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, np.dtype[Any]]:
        """The standard's dtypes by name.

        Parameters
        ----------
        device : {None, "cpu"}
        kind : str or tuple of str, optional
            Only those of a kind, such as "integral", or of one of several.
        """
        check_device(device)
        found = {name: np.dtype(name) for name in DTYPES}
        return found if kind is None else {name: each for name, each in found.items() if isdtype(each, kind)}


DTYPES = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "complex64",
    "complex128",
)
