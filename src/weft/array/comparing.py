"""Whether arrays are equal, in tests: values, and that what an array says of itself is true of its blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import is_unknown
from weft.array.expr import meta_like
from weft.array.ops.sizes import BlockLengths

__all__ = ["assert_eq", "meta_from_array"]


def meta_from_array(x: Any, ndim: int | None = None, dtype: Any = None) -> Any:
    """An array without elements that shows type, axes and dtype of an array.

    Parameters
    ----------
    x : array-like, Array, type or None
        A type stands for its arrays, None for NumPy's.
    ndim : int, optional
        Other than that of ``x``.
    dtype : dtype, optional
        Other than that of ``x``.

    Examples
    --------
    >>> import numpy as np
    >>> meta_from_array(np.ones((2, 3), "f4"), ndim=1)
    array([], dtype=float32)
    """
    if isinstance(x, ArrayBase):
        meta = x.expr.meta
    elif x is None:
        meta = np.empty(0, float if dtype is None else dtype)
    elif isinstance(x, type):
        plain = issubclass(x, (np.ndarray, np.generic)) and x is not np.ma.MaskedArray
        meta = np.empty(0) if plain else instance_of(x)
    elif isinstance(x, (list, tuple, int, float, complex, bool, np.generic)):
        meta = np.asarray(x)
    elif hasattr(x, "shape") and hasattr(x, "dtype"):
        meta = x
    else:
        raise TypeError(f"cannot tell what array a {type(x).__name__} stands for: give an array, or its class")
    axes = np.ndim(meta) if ndim is None else ndim
    return meta_like(meta, axes, dtype)


def instance_of(kind: Any) -> Any:
    """An array of a class, without elements."""
    return kind([])


def assert_eq(
    a: Any,
    b: Any,
    check_shape: bool = True,
    check_graph: bool = True,
    check_meta: bool = True,
    check_chunks: bool = True,
    check_ndim: bool = True,
    check_type: bool = True,
    check_dtype: bool = True,
    equal_nan: bool = True,
    scheduler: Any = "sync",
    **kwargs: Any,
) -> bool:
    """Fail unless two arrays are equal, and chunked ones are what they say of themselves.

    Parameters
    ----------
    a, b : array-like
        Chunked or not.
    check_shape, check_ndim, check_dtype, check_type : bool
        Whether shapes, numbers of axes, dtypes, and types of the results are compared.
    check_graph : bool
        Whether every block of a chunked array has a task.
    check_meta : bool
        Whether ``meta`` has the type, dtype and axes of the result.
    check_chunks : bool
        Whether blocks have the lengths in ``chunks``.
    equal_nan : bool
        Whether NaN is equal to NaN.
    scheduler : str
        Where chunked arrays are computed.
    **kwargs
        Tolerances of `numpy.allclose`.

    Returns
    -------
    bool
        True.

    Raises
    ------
    AssertionError
        They differ; the message says in what.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.utils.assert_eq(da.arange(3, chunks=2), np.arange(3))
    True
    """
    asked = {"chunks": check_chunks, "graph": check_graph, "meta": check_meta, "dtype": check_dtype, "type": check_type}
    left, right = (result_of(each, scheduler, asked) for each in (a, b))
    left_dtype, right_dtype = (
        each.dtype if hasattr(each, "dtype") else made.dtype for each, made in ((a, left), (b, right))
    )
    if check_dtype and left_dtype != right_dtype:
        raise AssertionError(f"the dtypes differ: {left_dtype} and {right_dtype}")
    if check_ndim and left.ndim != right.ndim:
        raise AssertionError(f"the numbers of axes differ: shapes {left.shape} and {right.shape}")
    if check_shape and left.shape != right.shape:
        raise AssertionError(f"the shapes differ: {left.shape} and {right.shape}")
    if check_type and isinstance(left, np.ndarray) and isinstance(right, np.ndarray) and type(left) is not type(right):
        raise AssertionError(f"the types differ: {type(left).__name__} and {type(right).__name__}")
    if not same_values(left, right, equal_nan, kwargs):
        raise AssertionError(f"the values differ:\n{left!r}\nand\n{right!r}")
    return True


def result_of(array: Any, scheduler: Any, asked: dict[str, bool]) -> Any:
    """An array computed, after looking whether its blocks are what it says."""
    if not isinstance(array, ArrayBase):
        return array if hasattr(array, "dtype") and hasattr(array, "shape") else np.asarray(array)
    whole = array.compute(scheduler=scheduler)
    result = whole if hasattr(whole, "dtype") else np.asarray(whole, array.dtype)
    if asked["graph"] and (missing := set(array.expr.keys()) - set(array.__weft_graph__())):
        raise AssertionError(f"there are no tasks for these blocks: {sorted(missing)[:5]}")
    if asked["dtype"] and result.dtype != array.dtype and not result.dtype.hasobject:
        raise AssertionError(f"the array says its dtype is {array.dtype}, and its elements are {result.dtype}")
    if len(array.shape) != result.ndim or any(
        not is_unknown(said) and said != real for said, real in zip(array.shape, result.shape, strict=True)
    ):
        raise AssertionError(f"the array says its shape is {array.shape}, and it is {result.shape}")
    if asked["meta"]:
        meta = array.expr.meta
        if meta.ndim != array.ndim or meta.dtype != array.dtype:
            raise AssertionError(f"meta has {meta.ndim} axes of {meta.dtype}; the array {array.ndim} of {array.dtype}")
        if asked["type"] and array.ndim and type(meta) is not type(result):
            raise AssertionError(f"meta is a {type(meta).__name__}, and the result a {type(result).__name__}")
    if asked["chunks"]:
        check_blocks(array, scheduler)
    return result


def check_blocks(array: Any, scheduler: Any) -> None:
    """Fail unless the first blocks along each axis have the lengths that chunks promise."""
    for axis, promised in enumerate(array.chunks):
        lengths = new(BlockLengths(array.expr, axis)).compute(scheduler=scheduler)
        for place, (said, real) in enumerate(zip(promised, lengths.tolist(), strict=True)):
            if not is_unknown(said) and said != real:
                raise AssertionError(f"along axis {axis} block {place} has length {real}, and chunks say {said}")


def same_values(left: Any, right: Any, equal_nan: bool, tolerances: dict[str, Any]) -> bool:
    """Whether two computed arrays have the same elements, masks included."""
    if np.ma.isMaskedArray(left) or np.ma.isMaskedArray(right):
        if not np.array_equal(np.ma.getmaskarray(left), np.ma.getmaskarray(right)):
            return False
        left, right = np.ma.filled(left, 0), np.ma.filled(right, 0)
    left, right = (
        np.asarray(each.todense()) if hasattr(each, "todense") else np.asarray(each) for each in (left, right)
    )
    try:
        if left.dtype.kind in "biufc" and right.dtype.kind in "biufc":
            return bool(np.allclose(left, right, equal_nan=equal_nan, **tolerances))
        same = left == right
        return bool(np.all(same | ((left != left) & (right != right)) if equal_nan else same))
    except ValueError:
        return False
