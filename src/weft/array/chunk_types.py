"""Which classes of arrays may be blocks, and to which an operation is left.

A block may be a NumPy array, or of any class that follows NumPy's protocols and has been registered: masked arrays,
`sparse`, CuPy and `scipy.sparse` are, as soon as somebody uses them. Classes that *wrap* chunked arrays (xarray's, pint's)
have to see an operation first: `is_upcast` tells them from the others.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from weft.array.base import ArrayBase

__all__ = ["is_block_type", "is_upcast", "is_valid_array_type", "is_valid_chunk_type", "register_chunk_type"]

#: Classes that may be blocks; their subclasses (masked arrays, say) may, too.
CHUNK_TYPES: list[type] = [np.ndarray, np.generic]
#: Classes known by name, so that nothing is imported for them.
KNOWN_BY_NAME = frozenset(
    [
        ("cupy", "ndarray"),
        ("cupyx", "csr_matrix"),
        ("sparse", "SparseArray"),
        ("scipy", "spmatrix"),
        ("scipy", "sparray"),
    ]
)
#: What has been found out about classes; emptied when one is registered.
UPCAST: dict[type, bool] = {}


def register_chunk_type(type: type) -> None:
    """Let arrays of a class be blocks of chunked arrays.

    Operators between a chunked array and an array of another class that defines ``__array_ufunc__`` are left to that
    class, because it may wrap chunked arrays. Registering says that it is the other way round: chunked arrays have it
    inside.

    Parameters
    ----------
    type : type
        Follows NumPy's protocols (``__array_ufunc__``, ``__array_function__``), and has ``shape``, ``dtype``, slices.

    Examples
    --------
    >>> import weft.array as da
    >>> class Flags(np.lib.mixins.NDArrayOperatorsMixin):
    ...     def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
    ...         ...
    >>> da.register_chunk_type(Flags)
    >>> da.chunk_types.is_valid_chunk_type(Flags)
    True
    """
    if not isinstance(type, builtins.type):
        raise TypeError(f"a chunk type is a class, not {type!r}: register {builtins.type(type).__name__} instead")
    if type not in CHUNK_TYPES:
        CHUNK_TYPES.append(type)
        UPCAST.clear()


def is_valid_chunk_type(type: type) -> bool:
    """Whether arrays of a class may be blocks.

    >>> is_valid_chunk_type(np.ndarray), is_valid_chunk_type(list)
    (True, False)
    """
    if not isinstance(type, builtins.type):
        return False
    if issubclass(type, tuple(CHUNK_TYPES)):
        return True
    return any((base.__module__.partition(".")[0], base.__name__) in KNOWN_BY_NAME for base in type.__mro__)


def is_block_type(type: type) -> bool:
    """Whether arrays of a class stay what they are as blocks: they take part in NumPy's functions, or are registered."""
    return hasattr(type, "__array_function__") or is_valid_chunk_type(type)


def is_valid_array_type(type: type) -> bool:
    """Whether operations with arrays of a class are done here: chunked arrays, and what may be a block of one."""
    return issubclass(type, ArrayBase) or is_valid_chunk_type(type)


def is_upcast(value: Any) -> bool:
    """Whether an operation with a value is left to the value's class.

    So it is if the class takes part in NumPy's protocol (or refuses to, by ``__array_ufunc__ = None``) and cannot be a
    block.
    """
    kind = type(value)
    found = UPCAST.get(kind)
    if found is None:
        found = hasattr(kind, "__array_ufunc__") and not is_valid_array_type(kind)
        UPCAST[kind] = found
    return found
