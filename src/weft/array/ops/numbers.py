"""Functions of numbers that are no ufuncs: rounding, bounds, parts of complex numbers, what is finite, what is equal."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.kernels import elementwise as kernels
from weft.array.ops.broadcasting import bind, bound, broadcast_shape, elementwise
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.array.ops.ufunc_reductions import chunked, ndim_of
from weft.array.ops.ufuncs import maximum, minimum, positive
from weft.callables import also_called
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick

__all__ = [
    "allclose",
    "angle",
    "around",
    "array_equal",
    "array_equiv",
    "clip",
    "fix",
    "i0",
    "imag",
    "interp",
    "isclose",
    "iscomplex",
    "iscomplexobj",
    "isneginf",
    "isnull",
    "isposinf",
    "isreal",
    "isrealobj",
    "nan_to_num",
    "notnull",
    "real",
    "round",
    "sinc",
]


def round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Elements rounded to a number of decimals, halves to the even neighbour.

    Parameters
    ----------
    a : array-like
    decimals : int
        Negative for tens, hundreds ...
    out : Array, optional
        Stands for the result from now on.

    Examples
    --------
    >>> import weft.array as da
    >>> da.round(da.linspace(0, 1, 4, chunks=2), 2).compute()
    array([0.  , 0.33, 0.67, 1.  ])
    """
    return bound(elementwise(np.round, a, decimals=operator.index(decimals)), out)


@also_called(x="a")
def around(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Elements rounded to a number of decimals; see `round`."""
    return round(a, decimals, out)


def clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    **kwargs: Any,
) -> Any:
    """Elements below ``a_min`` or above ``a_max`` brought to the bounds.

    Parameters
    ----------
    a : array-like
    a_min, a_max : array-like or None
        The bounds; None for none. ``min`` and ``max`` are the same by other names.
    out : Array, optional
        Stands for the result from now on.
    **kwargs
        Keywords of ufuncs: ``dtype``, ``casting``, ``where``.

    Examples
    --------
    >>> import weft.array as da
    >>> da.clip(da.arange(6, chunks=4), 1, 3).compute()
    array([1, 1, 2, 3, 3, 3])
    """
    if a_min is np._NoValue and a_max is np._NoValue:
        a_min, a_max = (None if each is np._NoValue else each for each in (min, max))
    elif min is not np._NoValue or max is not np._NoValue:
        raise ValueError("Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden.")
    elif a_min is np._NoValue or a_max is np._NoValue:
        missing = "a_min" if a_min is np._NoValue else "a_max"
        raise TypeError(f"clip() missing 1 required positional argument: '{missing}'")
    array = chunked(a)
    if a_min is None and a_max is None:
        return positive(array, out=out, **kwargs)
    if a_max is None and not is_outside(a_min, array.dtype):
        return maximum(array, a_min, out=out, **kwargs)
    if a_min is None and not is_outside(a_max, array.dtype):
        return minimum(array, a_max, out=out, **kwargs)
    if array.dtype.kind == "f" and type(a_min) in (int, float) and type(a_max) in (int, float) and not kwargs:
        return minimum(maximum(array, a_min), a_max, out=out)  # two ufuncs: they can be fused with others
    return bound(elementwise(np.clip, array, a_min, a_max, **kwargs), out)


def is_outside(bound: Any, kind: np.dtype[Any]) -> bool:
    """Whether a bound is a Python integer that integers of a dtype cannot reach: it bounds nothing, or everything."""
    if type(bound) is not int or kind.kind not in "iu":
        return False
    limits = np.iinfo(kind)
    return not limits.min <= bound <= limits.max


def fix(x: Any, out: Any = None) -> Any:
    """Elements rounded towards zero.

    Examples
    --------
    >>> import weft.array as da
    >>> da.fix(da.linspace(-1.5, 1.5, 4, chunks=2)).compute()
    array([-1., -0.,  0.,  1.])
    """
    return bound(elementwise(np.trunc, x), out)


def i0(x: Any) -> Any:
    """Modified Bessel function of the first kind, order 0, of each element.

    Examples
    --------
    >>> import weft.array as da
    >>> da.i0(da.zeros(2, chunks=1)).compute()
    array([1., 1.])
    """
    return elementwise(np.i0, x)


def sinc(x: Any) -> Any:
    """``sin(pi x) / (pi x)`` of each element, and 1 for 0.

    Examples
    --------
    >>> import weft.array as da
    >>> da.sinc(da.zeros(2, chunks=1)).compute()
    array([1., 1.])
    """
    return elementwise(np.sinc, x)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """NaN replaced by a number, infinities by numbers: the largest and the least of the dtype by default.

    Parameters
    ----------
    x : array-like
    copy : bool
        False lets ``x`` stand for the result from now on.
    nan, posinf, neginf : scalar or array-like

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.nan_to_num(da.from_array(np.array([1.0, np.nan, np.inf]), chunks=2), posinf=9).compute()
    array([1., 0., 9.])
    """
    nan, posinf, neginf = (
        np.asarray(each) if isinstance(each, (list, tuple)) else each for each in (nan, posinf, neginf)
    )
    result = elementwise(np.nan_to_num, x, nan=nan, posinf=posinf, neginf=neginf)
    return result if copy or not isinstance(x, ArrayBase) else bind(x, result, "same_kind")


@also_called(x="z")
def angle(z: Any, deg: bool = False) -> Any:
    """Angle of complex numbers with the positive real axis, in radians, or in degrees.

    Examples
    --------
    >>> import weft.array as da
    >>> da.angle(da.full(2, 1j, chunks=1), deg=True).compute()
    array([90., 90.])
    """
    return elementwise(np.angle, z, deg=bool(deg))


def real(val: Any) -> Any:
    """Real parts; the array itself if it is real.

    Examples
    --------
    >>> import weft.array as da
    >>> da.real(da.full(2, 3 + 4j, chunks=1)).compute()
    array([3., 3.])
    """
    x = chunked(val)
    return elementwise(np.real, x) if x.dtype.kind in "cO" else new(x.expr)


def imag(val: Any) -> Any:
    """Imaginary parts; zeros if the array is real.

    Examples
    --------
    >>> import weft.array as da
    >>> da.imag(da.full(2, 3 + 4j, chunks=1)).compute()
    array([4., 4.])
    """
    return elementwise(np.imag, val)


def iscomplex(x: Any) -> Any:
    """Whether elements have an imaginary part that is not 0.

    Examples
    --------
    >>> import weft.array as da
    >>> da.iscomplex(da.full(2, 3 + 0j, chunks=1)).compute()
    array([False, False])
    """
    return elementwise(np.iscomplex, x)


def isreal(x: Any) -> Any:
    """Whether the imaginary part of elements is 0.

    Examples
    --------
    >>> import weft.array as da
    >>> da.isreal(da.ones(2, chunks=1)).compute()
    array([ True,  True])
    """
    return elementwise(np.isreal, x)


def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex; known at once.

    >>> import weft.array as da
    >>> da.iscomplexobj(da.ones(2, chunks=1))
    False
    """
    return np.iscomplexobj(x.expr.meta if isinstance(x, ArrayBase) else x)


def isrealobj(x: Any) -> bool:
    """Whether the dtype is not complex; known at once.

    >>> import weft.array as da
    >>> da.isrealobj(da.ones(2, chunks=1))
    True
    """
    return not iscomplexobj(x)


def isposinf(x: Any, out: Any = None) -> Any:
    """Whether elements are positive infinity.

    >>> import weft.array as da
    >>> da.isposinf(da.ones(2, chunks=1)).compute()
    array([False, False])
    """
    return bound(elementwise(np.isposinf, x), out)


def isneginf(x: Any, out: Any = None) -> Any:
    """Whether elements are negative infinity.

    >>> import weft.array as da
    >>> da.isneginf(da.ones(2, chunks=1)).compute()
    array([False, False])
    """
    return bound(elementwise(np.isneginf, x), out)


def isnull(values: Any) -> Any:
    """Whether elements are missing, as `pandas.isnull` has it: NaN, NaT, None.

    >>> import numpy as np
    >>> import weft.array as da
    >>> da.isnull(da.from_array(np.array([1, np.nan]), chunks=1)).compute()
    array([False,  True])
    """
    return elementwise(kernels.is_null, values)


def notnull(values: Any) -> Any:
    """Whether elements are not missing; see `isnull`.

    >>> import numpy as np
    >>> import weft.array as da
    >>> da.notnull(da.from_array(np.array([1, np.nan]), chunks=1)).compute()
    array([ True, False])
    """
    return ~isnull(values)


@also_called(arr1="a", arr2="b")
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """Whether elements are equal within ``atol + rtol * abs(b)``; tolerances may be arrays.

    >>> import weft.array as da
    >>> da.isclose(da.ones(2, chunks=1), 1 + 1e-9).compute()
    array([ True,  True])
    """
    if ndim_of(rtol) == ndim_of(atol) == 0 and not isinstance(rtol, ArrayBase) and not isinstance(atol, ArrayBase):
        return elementwise(np.isclose, a, b, rtol=rtol, atol=atol, equal_nan=bool(equal_nan))
    return elementwise(np.isclose, a, b, rtol, atol, equal_nan=bool(equal_nan))


@also_called(arr1="a", arr2="b")
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """Whether all elements are equal within a tolerance, as an array without axes; see `isclose`.

    >>> import weft.array as da
    >>> bool(da.allclose(da.ones(2, chunks=1), 1 + 1e-9))
    True
    """
    return isclose(a, b, rtol, atol, equal_nan).all()


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """Whether two arrays have the same shape and elements, as an array without axes.

    Parameters
    ----------
    a1, a2 : array-like
    equal_nan : bool
        Whether NaN is equal to NaN.

    Examples
    --------
    >>> import weft.array as da
    >>> bool(da.array_equal(da.ones(3, chunks=2), [1, 1, 1]))
    True
    """
    left, right = chunked(a1), chunked(a2)
    if left.ndim == right.ndim and left.shape != right.shape:
        left, right = new(sized(left.expr)), new(sized(right.expr))
    if left.shape != right.shape:
        return chunked(np.asarray(False))
    return all_equal(left, right, equal_nan)


def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether two arrays have the same elements once they are broadcast, as an array without axes.

    >>> import weft.array as da
    >>> bool(da.array_equiv(da.ones((2, 3), chunks=2), 1))
    True
    """
    left, right = chunked(a1), chunked(a2)
    try:
        broadcast_shape([sized(left.expr).shape, sized(right.expr).shape], "array_equiv")
    except ValueError:
        return chunked(np.asarray(False))
    return all_equal(left, right, False)


def all_equal(left: Any, right: Any, equal_nan: bool) -> Any:
    """Whether all elements are equal."""
    return elementwise(kernels.same_elements, left, right, equal_nan=equal_nan).all()


@node
class Interpolation(SameLayout):
    """Values of a piecewise linear function, which every block is given whole."""

    source: ArrayExpr
    places: ArrayExpr
    values: ArrayExpr
    options: tuple[Any, ...]

    @property
    def label(self) -> str:
        return "interp"

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.complex128 if self.values.dtype.kind == "c" else np.float64)

    @derived
    def grid(self) -> Grid:
        return self.source.grid

    def lower(self) -> Expr:
        whole = (max(1, self.places.shape[0]),)
        tables = [(laid_out(each, whole), (None,)) for each in (self.places, self.values)]
        read = [(self.source, identity_pick(self.ndim)), *tables]
        return blockwise(self.outline, kernels.interpolated, read, [Same(self.options)])


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Values at ``x`` of the piecewise linear function through the points ``(xp, fp)``.

    Parameters
    ----------
    x : array-like
        Where it is evaluated.
    xp, fp : array-like, one axis each
        The points, with ``xp`` increasing unless there is a period. Each task gets them whole.
    left, right : scalar, optional
        Values beyond the first and last point; those of these points by default.
    period : scalar, optional
        The function repeats after so much.

    Examples
    --------
    >>> import weft.array as da
    >>> da.interp(da.linspace(0, 2, 3, chunks=2), [0, 1, 2], [0.0, 10.0, 30.0]).compute()
    array([ 0., 10., 30.])
    """
    places, values = (sized(chunked(each).expr) for each in (xp, fp))
    if places.ndim != 1 or values.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if places.shape != values.shape:
        raise ValueError("fp and xp are not of the same length.")
    if places.shape == (0,):
        raise ValueError("array of sample points is empty")
    if period is not None and period == 0:
        raise ValueError("period must be a non-zero value")
    source = chunked(x)
    if source.dtype.kind not in "biuf":
        raise TypeError(f"cannot interpolate at places of dtype {source.dtype}: they are real numbers")
    return new(Interpolation(source.expr, places, values, (left, right, period)))
