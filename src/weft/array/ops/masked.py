"""Masked arrays: elements that do not count. Blocks are NumPy's masked arrays.

Operators, functions and reductions see to masks by themselves; here is what makes masks, and what takes them away.
`weft.array.ma` has these names. ``copy=False`` is taken where NumPy takes it, and changes nothing that could be seen: arrays
are never changed by what is made of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase
from weft.array.kernels import masked as kernels
from weft.array.ops.broadcasting import broadcast_shape, elementwise
from weft.array.ops.reductions import mean, sum
from weft.array.ops.sizes import known
from weft.array.ops.transposing import expand_dims, normal_axis
from weft.array.ops.ufunc_reductions import chunked

__all__ = [
    "average",
    "count",
    "filled",
    "fix_invalid",
    "getdata",
    "getmaskarray",
    "masked_array",
    "masked_equal",
    "masked_greater",
    "masked_greater_equal",
    "masked_inside",
    "masked_invalid",
    "masked_less",
    "masked_less_equal",
    "masked_not_equal",
    "masked_object",
    "masked_outside",
    "masked_values",
    "masked_where",
    "nonzero",
    "set_fill_value",
    "where",
]


def masked_array(
    data: Any,
    mask: Any = False,
    dtype: Any = None,
    fill_value: Any = None,
    keep_mask: bool = True,
    hard_mask: bool | None = None,
    shrink: bool = True,
) -> Any:
    """An array with a mask.

    Parameters
    ----------
    data : array-like
    mask : array-like of bool
        Which elements do not count; of the shape of the data, or a single one for all.
    dtype : dtype, optional
    fill_value : scalar, optional
        What masked elements are filled with by default.
    keep_mask : bool
        Whether what is masked in ``data`` stays masked.
    hard_mask : bool, optional
        Whether assigning leaves masked elements alone.
    shrink : bool
        Whether a mask without masked elements may be left away, block by block.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.ma.masked_array(x, x % 2 == 0).sum().compute()
    np.int64(4)
    """
    array = chunked(data)
    masks = mask if isinstance(mask, ArrayBase) else np.asarray(mask, bool)
    if masks.ndim and masks.shape != array.shape and not fits(masks.shape, array.shape):
        raise np.ma.MaskError(
            f"Mask and data not compatible: the data has shape {array.shape}, the mask {masks.shape}."
        )
    if fill_value is not None and np.shape(fill_value) != ():
        raise ValueError("fill_value is one value for all elements")
    options = {"keep_mask": bool(keep_mask), "hard_mask": hard_mask, "shrink": bool(shrink)}
    kind = None if dtype is None else np.dtype(dtype)
    return elementwise(kernels.with_mask, array, masks, dtype=kind, fill_value=fill_value, **options)


def fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array can be broadcast to a shape."""
    try:
        return broadcast_shape([shape, wanted], "a mask") == wanted
    except ValueError:
        return False


def masked_where(condition: Any, a: Any, copy: bool = True) -> Any:
    """An array masked where a condition holds.

    Parameters
    ----------
    condition : array-like
        Of the shape of ``a``.
    a : array-like
    copy : bool
        Blocks are never shared with ``a`` in a way that could be seen.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(4, chunks=2)
    >>> da.ma.masked_where(x > 1, x).compute()
    masked_array(data=[0, 1, --, --],
                 mask=[False, False,  True,  True],
           fill_value=999999)
    """
    array = chunked(a)
    conditions = condition if isinstance(condition, ArrayBase) else np.asarray(condition)
    if conditions.shape and conditions.shape != array.shape:
        raise IndexError(
            f"Inconsistent shape between the condition and the input (got {conditions.shape} and {array.shape})"
        )
    return elementwise(kernels.masked_where, conditions, array)


def masked_equal(x: Any, value: Any, copy: bool = True) -> Any:
    """An array masked where elements are equal to a value.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_equal(da.arange(4, chunks=2), 2)).compute()
    np.int64(3)
    """
    return elementwise(np.ma.masked_equal, x, value)


def masked_greater(x: Any, value: Any, copy: bool = True) -> Any:
    """An array masked where elements are greater than a value.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_greater(da.arange(4, chunks=2), 2)).compute()
    np.int64(3)
    """
    return elementwise(np.ma.masked_greater, x, value)


def masked_greater_equal(x: Any, value: Any, copy: bool = True) -> Any:
    """An array masked where elements are greater than or equal to a value.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_greater_equal(da.arange(4, chunks=2), 2)).compute()
    np.int64(2)
    """
    return elementwise(np.ma.masked_greater_equal, x, value)


def masked_less(x: Any, value: Any, copy: bool = True) -> Any:
    """An array masked where elements are less than a value.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_less(da.arange(4, chunks=2), 2)).compute()
    np.int64(2)
    """
    return elementwise(np.ma.masked_less, x, value)


def masked_less_equal(x: Any, value: Any, copy: bool = True) -> Any:
    """An array masked where elements are less than or equal to a value.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_less_equal(da.arange(4, chunks=2), 2)).compute()
    np.int64(1)
    """
    return elementwise(np.ma.masked_less_equal, x, value)


def masked_not_equal(x: Any, value: Any, copy: bool = True) -> Any:
    """An array masked where elements are not equal to a value.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_not_equal(da.arange(4, chunks=2), 2)).compute()
    np.int64(1)
    """
    return elementwise(np.ma.masked_not_equal, x, value)


def masked_inside(x: Any, v1: Any, v2: Any, copy: bool = True) -> Any:
    """An array masked where elements are from ``v1`` to ``v2``, both included.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_inside(da.arange(6, chunks=2), 1, 3)).compute()
    np.int64(3)
    """
    return elementwise(np.ma.masked_inside, x, v1, v2)


def masked_outside(x: Any, v1: Any, v2: Any, copy: bool = True) -> Any:
    """An array masked where elements are below ``v1`` or above ``v2``.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_outside(da.arange(6, chunks=2), 1, 3)).compute()
    np.int64(3)
    """
    return elementwise(np.ma.masked_outside, x, v1, v2)


def masked_invalid(a: Any, copy: bool = True) -> Any:
    """An array masked where elements are NaN or infinite.

    >>> import numpy as np
    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_invalid(da.from_array(np.array([1, np.nan]), chunks=1))).compute()
    np.int64(1)
    """
    return elementwise(np.ma.masked_invalid, a)


def masked_values(
    x: Any, value: float, rtol: float = 1e-05, atol: float = 1e-08, copy: bool = True, shrink: bool = True
) -> Any:
    """An array masked where elements are a value, within a tolerance if they are floats.

    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_values(da.linspace(0, 1, 5, chunks=2), 0.25)).compute()
    np.int64(4)
    """
    if np.shape(value) != ():
        raise ValueError("masked_values() masks one value: it is not given an array")
    return elementwise(np.ma.masked_values, x, value, rtol=rtol, atol=atol, shrink=bool(shrink))


def masked_object(x: Any, value: Any, copy: bool = True, shrink: bool = True) -> Any:
    """An array of objects masked where these are equal to a value.

    >>> import numpy as np
    >>> import weft.array as da
    >>> foods = da.from_array(np.array(["green_eggs", "ham"], dtype=object), chunks=1)
    >>> da.ma.masked_object(foods, "green_eggs").compute().tolist()
    [None, 'ham']
    """
    return elementwise(np.ma.masked_object, x, value, shrink=bool(shrink))


def fix_invalid(a: Any, mask: Any = np.False_, copy: bool = True, fill_value: Any = None) -> Any:
    """An array masked where elements are NaN or infinite, with what is under the mask replaced.

    >>> import numpy as np
    >>> import weft.array as da
    >>> da.ma.fix_invalid(da.from_array(np.array([1, np.nan]), chunks=1), fill_value=0).compute().data
    array([1., 0.])
    """
    if mask is not np.ma.nomask:
        a = masked_array(a, mask)
    return elementwise(np.ma.fix_invalid, a, fill_value=fill_value)


def filled(a: Any, fill_value: Any = None) -> Any:
    """An array without a mask: masked elements are replaced, by each block's fill value if none is given.

    >>> import weft.array as da
    >>> da.ma.filled(da.ma.masked_equal(da.arange(3, chunks=2), 1), 9).compute()
    array([0, 9, 2])
    """
    return elementwise(kernels.filled, a, fill_value=fill_value)


def getdata(a: Any, subok: bool = True) -> Any:
    """The elements, those under the mask included.

    >>> import weft.array as da
    >>> da.ma.getdata(da.ma.masked_equal(da.arange(3, chunks=2), 1)).compute()
    array([0, 1, 2])
    """
    return elementwise(np.ma.getdata, a, subok=bool(subok))


def getmaskarray(arr: Any) -> Any:
    """Which elements are masked, with a value for each element.

    >>> import weft.array as da
    >>> da.ma.getmaskarray(da.ma.masked_equal(da.arange(3, chunks=2), 1)).compute()
    array([False,  True, False])
    """
    return elementwise(kernels.mask_of, arr)


def set_fill_value(a: Any, fill_value: Any) -> None:
    """Let masked elements of a chunked array be filled with a value by default from now on.

    >>> import weft.array as da
    >>> x = da.ma.masked_equal(da.arange(3, chunks=2), 1)
    >>> da.ma.set_fill_value(x, 7)
    >>> da.ma.filled(x).compute()
    array([0, 7, 2])
    """
    if not isinstance(a, ArrayBase):
        raise TypeError(f"set_fill_value() changes a chunked array, and was given a {type(a).__name__}")
    a.expr = elementwise(kernels.with_fill_value, a, fill_value=fill_value).expr


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Elements of ``x`` where the condition holds, of ``y`` elsewhere; masked where the condition is, or what is chosen.

    >>> import weft.array as da
    >>> x = da.ma.masked_equal(da.arange(3, chunks=2), 1)
    >>> da.ma.where(x > 1, x, -x).compute()
    masked_array(data=[0, --, 2],
                 mask=[False,  True, False],
           fill_value=999999)
    """
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("either both or neither of x and y should be given")
    if x is np.ma.masked and y is not np.ma.masked:
        x = all_masked(chunked(y).dtype)
    if y is np.ma.masked and x is not np.ma.masked:
        y = all_masked(chunked(x).dtype)
    return elementwise(np.ma.where, condition, x, y)


def all_masked(dtype: np.dtype[Any]) -> Any:
    """A masked number of a type, which `numpy.ma.masked` has none of."""
    return np.ma.masked_array(np.zeros((1,), dtype), mask=True)


def nonzero(a: Any) -> Any:
    """Indices of the elements that are not masked and not 0, axis by axis.

    >>> import weft.array as da
    >>> [each.compute() for each in da.ma.nonzero(da.ma.masked_equal(da.arange(4, chunks=2), 2))]
    [array([1, 3])]
    """
    return filled(a, 0).nonzero()


def count(a: Any, axis: Any = None, keepdims: bool = False, split_every: int | None = None) -> Any:
    """Number of elements along axes that are not masked.

    Parameters
    ----------
    a : array-like
    axis : int or tuple of int, optional
    keepdims : bool
    split_every : int, optional
        Partial results that one task combines.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ma.count(da.ma.masked_equal(da.arange(3, chunks=2), 1)).compute()
    np.int64(2)
    """
    return sum(~getmaskarray(a), axis=axis, dtype=np.intp, keepdims=keepdims, split_every=split_every)


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: bool = False) -> Any:
    """Weighted mean of the elements that are not masked.

    Parameters
    ----------
    a : array-like
    axis : int or tuple of int, optional
    weights : array-like, optional
        Of the shape of ``a``, or of those axes of it that are averaged over.
    returned : bool
        Whether to give the sum of the weights, too.
    keepdims : bool

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ma.masked_equal(da.arange(4, chunks=2), 3)
    >>> da.ma.average(x, weights=[1, 1, 2, 5]).compute()
    np.float64(1.25)
    """
    x = chunked(a)
    if weights is None:
        found = mean(x, axis=axis, keepdims=keepdims)
        return (found, count(x, axis, keepdims).astype(found.dtype)) if returned else found
    given = chunked(weights)
    kind = np.result_type(x.dtype, given.dtype, *(["f8"] if x.dtype.kind in "biu" else []))
    if given.shape != x.shape:
        x, given = known(x), known(given)
    if given.shape != x.shape:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        axes = [normal_axis(each, x.ndim) for each in (axis if isinstance(axis, tuple) else (axis,))]
        if given.shape != tuple([x.shape[each] for each in axes]):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        given = given.transpose([int(place) for place in np.argsort(axes)])
        given = expand_dims(given, tuple([each for each in range(x.ndim) if each not in axes]))
        given = given * elementwise(np.ones_like, x, dtype=given.dtype)  # broadcast with its mask
    given = elementwise(kernels.masked_as, given, x)
    x = elementwise(kernels.masked_as, x, given)
    total = sum(given, axis=axis, dtype=kind, keepdims=keepdims)
    found = sum(x * given, axis=axis, dtype=kind, keepdims=keepdims) / total
    return (found, total) if returned else found
