"""Anything that NumPy takes for an array, as a chunked array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from weft.array import protocols
from weft.array.base import ArrayBase, is_table, new
from weft.array.chunks import as_number
from weft.array.io.from_array import from_array
from weft.array.ops.broadcasting import is_array
from weft.array.ops.casting import as_dtype, check_device
from weft.array.ops.creation import prototype_for
from weft.array.ops.transposing import expand_dims

__all__ = [
    "array",
    "asanyarray",
    "asarray",
    "asarray_chkfinite",
    "ascontiguousarray",
    "asfortranarray",
    "copy",
    "from_dlpack",
    "frombuffer",
    "fromiter",
    "isscalar",
    "require",
]


def asanyarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    chunks: Any = "auto",
    name: str | bool | None = None,
    inline_array: bool = False,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Any:
    """A chunked array of anything that NumPy takes for one; blocks keep their class (masked arrays).

    Parameters
    ----------
    a : array-like
        A chunked array is given back as it is, unless another dtype or order is asked for. A sequence of chunked arrays
        is stacked.
    dtype : dtype, optional
    order : {"C", "F", "A", "K"}, optional
        How blocks lie in memory.
    chunks : int, tuple, str or dict
        How to cut what is not chunked yet.
    name : str or bool, optional
        What the blocks are called; see `from_array`.
    inline_array : bool
        Blocks of an array in memory are views of it in any case.
    device : {None, "cpu"}
    copy : bool, optional
        True gives another array than ``a``; False raises if that is what it takes.
    like : array-like, optional
        Blocks are of the type of this array.

    Examples
    --------
    >>> import weft.array as da
    >>> da.asanyarray([1, 2, 3], chunks=2).chunks
    ((2, 1),)
    """
    check_device(device)
    made = unwrapped(a)
    if not isinstance(made, ArrayBase):
        made = chunked_from(made, dtype, chunks, name, copy)
    if dtype is not None and not is_array(a):
        dtype = np.dtype(dtype).base  # NumPy has made the axes of a subarray
    if dtype is not None and np.dtype(dtype) != made.dtype:
        if copy is False:
            raise ValueError(f"cannot give {made.dtype} as {np.dtype(dtype)} without a copy: leave copy=False away")
        made = as_dtype(made, dtype)
    if order is not None and order not in ("A", "K"):
        if order not in ("C", "F"):
            raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
        made = as_dtype(made, made.dtype, order=order) if order == "F" or made is not a else made
    if (prototype := prototype_for(like)) is not None:
        made = made.map_blocks(np.asanyarray, like=prototype)
    return new(made.expr) if copy and made is a else made


def chunked_from(a: Any, dtype: Any, chunks: Any, name: Any, copy: bool | None) -> Any:
    """A chunked array of what is none."""
    if isinstance(a, (list, tuple)) and holds_chunked(a):
        stack = protocols.function_named("stack")
        assert stack is not None
        return stack([asanyarray(each, dtype=dtype) for each in a])
    if is_table(a):
        return from_array(a, chunks=chunks)
    a = as_number(a)
    if not is_array(a) or isinstance(a, np.generic):
        if copy is False and not hasattr(a, "__array__") and not hasattr(a, "__buffer__"):
            raise ValueError(f"cannot make an array of a {type(a).__name__} without a copy: leave copy=False away")
        return from_array(np.asanyarray(a, dtype=dtype), chunks=chunks, name=name)
    if copy and isinstance(a, np.ndarray):
        a = a.copy()
    return from_array(a, chunks=chunks, name=name)


def holds_chunked(values: Iterable[Any]) -> bool:
    """Whether a chunked array is among values nested in lists and tuples."""
    return any(
        isinstance(each, ArrayBase) or (isinstance(each, (list, tuple)) and holds_chunked(each)) for each in values
    )


def unwrapped(a: Any) -> Any:
    """The chunked array that a class of xarray holds; anything else as it is."""
    if type(a).__module__.partition(".")[0] == "xarray" and isinstance(getattr(a, "data", None), ArrayBase):
        return a.data
    return a


def asarray(
    a: Any,
    dtype: Any = None,
    order: str | None = None,
    *,
    chunks: Any = "auto",
    name: str | bool | None = None,
    inline_array: bool = False,
    allow_unknown_chunksizes: bool = False,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Any:
    """A chunked array of anything that NumPy takes for one; see `asanyarray`.

    Arrays in memory that are subclasses of NumPy's lose what they have besides, as in `numpy.asarray`.

    Parameters
    ----------
    allow_unknown_chunksizes : bool
        Lengths that are not known are counted if a sequence of arrays needs it.

    Examples
    --------
    >>> import weft.array as da
    >>> da.asarray([[1, 2], [3, 4]], dtype="float32").dtype
    dtype('float32')
    """
    if isinstance(a, np.ndarray) and type(a) is not np.ndarray and like is None:
        a = np.asarray(a)
    return asanyarray(
        a, dtype, order, chunks=chunks, name=name, inline_array=inline_array, device=device, copy=copy, like=like
    )


def array(
    object: Any,
    dtype: Any = None,
    ndmin: int | None = None,
    *,
    copy: bool | None = True,
    order: str = "K",
    subok: bool = False,
    chunks: Any = "auto",
    like: Any = None,
    ndmax: int | None = None,
) -> Any:
    """A chunked array of anything that NumPy takes for one, not sharing memory with it.

    Parameters
    ----------
    object : array-like
    dtype : dtype, optional
    ndmin : int, optional
        New axes of length 1 are put in front, so that there are so many.
    copy : bool, optional
        Whether later changes of ``object`` must not be seen.
    order : {"C", "F", "A", "K"}
        How blocks lie in memory.
    subok : bool
        Whether blocks keep their class.
    chunks : int, tuple, str or dict
    like : array-like, optional
        Blocks are of the type of this array.
    ndmax : int, optional
        Sequences deeper than this are elements (NumPy 2.4 and later).

    Examples
    --------
    >>> import weft.array as da
    >>> da.array([1, 2, 3], ndmin=2).shape
    (1, 3)
    """
    if ndmax is not None:
        object = np.array(object, dtype, ndmin=ndmin or 0, ndmax=ndmax)
    make = asanyarray if subok else asarray
    made = make(object, dtype, order, chunks=chunks, copy=copy, like=like)
    missing = (ndmin or 0) - made.ndim
    return expand_dims(made, tuple(range(missing))) if missing > 0 else made


def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """A chunked array whose blocks have their last axis running fastest, with at least one axis.

    >>> import weft.array as da
    >>> da.ascontiguousarray(5).shape
    (1,)
    """
    made = asarray(a, dtype, like=like)
    return as_dtype(made if made.ndim else expand_dims(made, 0), made.dtype, order="C")


def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    """A chunked array whose blocks have their first axis running fastest, with at least one axis.

    >>> import weft.array as da
    >>> da.asfortranarray(da.ones((2, 2), chunks=2)).compute().flags.f_contiguous
    True
    """
    made = asarray(a, dtype, like=like)
    return as_dtype(made if made.ndim else expand_dims(made, 0), made.dtype, order="F")


def asarray_chkfinite(a: Any, dtype: Any = None, order: str | None = None) -> Any:
    """A chunked array; NaN or infinities in what is in memory are refused.

    >>> import weft.array as da
    >>> da.asarray_chkfinite([1.0, 2.0]).shape
    (2,)
    """
    if isinstance(a, ArrayBase):
        raise TypeError(
            "asarray_chkfinite() would have to compute the chunked array: use da.isfinite(x).all() to ask about it"
        )
    return asarray(np.asarray_chkfinite(a, dtype), order=order)


def require(a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None) -> Any:
    """A chunked array whose blocks fulfil NumPy's requirements on memory; see `numpy.require`.

    Parameters
    ----------
    a : array-like
    dtype : dtype, optional
    requirements : str or sequence of str, optional
        "C" or "F", and "A" (aligned), which blocks are. "W" (writeable) and "O" (owner) are refused: blocks are never
        written to.

    Examples
    --------
    >>> import weft.array as da
    >>> da.require([1, 2], requirements="C").shape
    (2,)
    """
    asked = {str(each)[0].upper() for each in ([requirements] if isinstance(requirements, str) else requirements or ())}
    if asked & {"W", "O", "E"}:
        raise ValueError("blocks of chunked arrays can be required to be 'C', 'F' or 'A', not writeable or owned")
    if {"C", "F"} <= asked:
        raise ValueError('Cannot specify both "C" and "F" order')
    return asarray(a, dtype, "F" if "F" in asked else "C" if "C" in asked else None, like=like)


def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """A chunked array of its own: what is assigned to it is not seen in ``a``.

    >>> import weft.array as da
    >>> da.copy([1, 2]).shape
    (2,)
    """
    return asanyarray(a, order=order, copy=True) if isinstance(a, ArrayBase) else array(a, order=order, subok=subok)


def frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0, *, chunks: Any = "auto") -> Any:
    """The bytes of an object as a chunked array; nothing is copied. See `numpy.frombuffer`.

    >>> import weft.array as da
    >>> da.frombuffer(b"abcd", dtype="u1", chunks=2).chunks
    ((2, 2),)
    """
    return from_array(np.frombuffer(buffer, dtype, count, offset), chunks=chunks)


def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1, *, chunks: Any = "auto") -> Any:
    """The values of an iterator, which is read at once, as a chunked array. See `numpy.fromiter`.

    >>> import weft.array as da
    >>> da.fromiter(range(3), int, chunks=2).compute()
    array([0, 1, 2])
    """
    return from_array(np.fromiter(iter, dtype, count), chunks=chunks)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None, chunks: Any = "auto") -> Any:
    """A chunked array of an array of any library that speaks DLPack.

    >>> import numpy as np
    >>> import weft.array as da
    >>> da.from_dlpack(np.arange(3)).compute()
    array([0, 1, 2])
    """
    check_device(device)
    if isinstance(x, ArrayBase):
        return new(x.expr)
    return from_array(np.from_dlpack(x, copy=copy), chunks=chunks)


def isscalar(element: Any) -> bool:
    """Whether something is a scalar; see `numpy.isscalar`. Arrays are none, with no axes either.

    >>> isscalar(3.0), isscalar([3.0])
    (True, False)
    """
    return not isinstance(element, ArrayBase) and bool(np.isscalar(element))
