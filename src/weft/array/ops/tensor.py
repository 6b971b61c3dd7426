"""Products that sum over axes: ``@``, dot, tensordot and their kind, each said as a contraction of labelled axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import is_unknown
from weft.array.io.from_array import asarray
from weft.array.ops.broadcasting import bound, check_cast
from weft.array.ops.elementwise import conjugate, multiply
from weft.array.ops.reducing import into
from weft.array.ops.sizes import known
from weft.array.ops.tensor_contraction import Labels, at_once, contract
from weft.array.ops.transposing import normal_axis, swapaxes

__all__ = [
    "dot",
    "inner",
    "matmul",
    "matrix_transpose",
    "matvec",
    "outer",
    "tensordot",
    "vdot",
    "vecdot",
    "vecmat",
]


def matmul(x1: Any, x2: Any, /, out: Any = None, *, casting: str = "same_kind", dtype: Any = None) -> Any:
    """Matrix product, over the last axis of ``x1`` and the last but one of ``x2``; other axes are broadcast.

    Parameters
    ----------
    x1, x2 : array-like
        One axis is taken as a row vector on the left, and a column vector on the right.
    out : Array, optional
        Stands for the result from now on.
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
        What may be cast to ``dtype``, and to that of ``out``.
    dtype : dtype, optional
        In which products are made and summed.

    Raises
    ------
    ValueError
        An operand is a scalar, or the axes to be summed over differ in length.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ones((4, 6), chunks=(2, 3))
    >>> (x @ x.T).compute()[0]
    array([6., 6., 6., 6.])
    """
    a, b = [cast_to(dtype, asarray(each), casting) for each in (x1, x2)]
    for number, each in enumerate((a, b)):
        if each.ndim == 0:
            raise ValueError(
                f"matmul: Input operand {number} does not have enough dimensions (has 0, gufunc core with signature "
                "(n?,k),(k,m?)->(n?,m?) requires 1). Use * for scalars."
            )
    inner_a, inner_b = a.shape[-1], b.shape[max(0, b.ndim - 2)]
    if differ(inner_a, inner_b):
        raise ValueError(
            f"matmul: cannot multiply shapes {a.shape} and {b.shape}: axis {a.ndim - 1} of the first is {inner_a} long, "
            f"axis {max(0, b.ndim - 2)} of the second {inner_b}"
        )
    batch = tuple(range(max(a.ndim, b.ndim, 2) - 2))
    rows, summed, columns = -1, -2, -3
    left = (*batch[len(batch) - max(0, a.ndim - 2) :], rows, summed) if a.ndim > 1 else (summed,)
    right = (*batch[len(batch) - max(0, b.ndim - 2) :], summed, columns) if b.ndim > 1 else (summed,)
    output = (*batch, *[rows] * (a.ndim > 1), *[columns] * (b.ndim > 1))
    return bound(contract((a, b), (left, right), output, name="matmul"), out, casting)


def cast_to(dtype: Any, operand: Any, casting: str) -> Any:
    """An operand in the dtype in which products are to be made, if there is one."""
    if dtype is None or operand.dtype == (kind := np.dtype(dtype)):
        return operand
    check_cast("matmul", operand.dtype, kind, casting)
    return operand.astype(kind)


def matvec(x1: Any, x2: Any, /) -> Any:
    """Products of matrices, in the last two axes of ``x1``, and vectors, in the last axis of ``x2``.

    Examples
    --------
    >>> import weft.array as da
    >>> da.matvec(da.ones((5, 2, 3)), da.ones(3)).shape
    (5, 2)
    """
    a, b = asarray(x1), asarray(x2)
    check_axes("matvec", (a, 2), (b, 1))
    batch = batch_labels(a.ndim - 2, b.ndim - 1)
    return contract((a, b), ((*batch[0], -1, -2), (*batch[1], -2)), (*batch[2], -1), name="matvec")


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Products of vectors, in the last axis of ``x1`` (conjugated), and matrices, in the last two axes of ``x2``.

    Examples
    --------
    >>> import weft.array as da
    >>> da.vecmat(da.ones(2), da.ones((5, 2, 3))).shape
    (5, 3)
    """
    a, b = asarray(x1), asarray(x2)
    check_axes("vecmat", (a, 1), (b, 2))
    batch = batch_labels(a.ndim - 1, b.ndim - 2)
    return contract((conjugated(a), b), ((*batch[0], -1), (*batch[1], -1, -2)), (*batch[2], -2), name="vecmat")


def batch_labels(left: int, right: int) -> tuple[Labels, Labels, Labels]:
    """Labels for axes that come first and are broadcast: of the left, of the right, of the result."""
    whole = tuple(range(max(left, right)))
    return whole[len(whole) - left :], whole[len(whole) - right :], whole


def check_axes(name: str, *operands: tuple[Any, int]) -> None:
    """Raise ValueError where an operand has fewer axes than needed."""
    for number, (each, needed) in enumerate(operands):
        if each.ndim < needed:
            raise ValueError(
                f"{name}: operand {number} does not have enough dimensions: it has {each.ndim}, and {needed} are needed"
            )


def conjugated(x: Any) -> Any:
    """The complex conjugate; the array itself if it is real."""
    return conjugate(x) if x.dtype.kind in "cO" else x


def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Sum of products over the last axis of ``a`` and the last but one of ``b`` (the last, if it has one only).

    Scalars multiply. Unlike `matmul`, further axes of the two are all combined with each other. ``out`` is an array of the
    result's shape and dtype that stands for it from now on.

    Examples
    --------
    >>> import weft.array as da
    >>> da.dot(da.arange(4, chunks=2), da.arange(4, chunks=2)).compute()
    np.int64(14)
    """
    x, y = asarray(a), asarray(b)
    if x.ndim == 0 or y.ndim == 0:
        made = multiply(x, y)
    else:
        made = tensordot(x, y, axes=((x.ndim - 1,), (max(0, y.ndim - 2),)))
    if isinstance(out, ArrayBase) and (out.dtype != made.dtype or out.ndim != made.ndim):
        raise ValueError(
            f"output array is not acceptable: dot() gives {made.dtype} with {made.ndim} axes, and out= has {out.dtype} with "
            f"{out.ndim}. Give an array of the result's type, or take what is returned."
        )
    return bound(made, out)


def inner(a: Any, b: Any, /) -> Any:
    """Sum of products over the last axes of both.

    Examples
    --------
    >>> import weft.array as da
    >>> da.inner(da.ones((2, 4)), da.ones((3, 4))).shape
    (2, 3)
    """
    x, y = asarray(a), asarray(b)
    if x.ndim == 0 or y.ndim == 0:
        return multiply(x, y)
    return tensordot(x, y, axes=((x.ndim - 1,), (y.ndim - 1,)))


def vdot(a: Any, b: Any, /) -> Any:
    """Sum of products of all elements, those of ``a`` conjugated.

    Examples
    --------
    >>> import weft.array as da
    >>> da.vdot(da.ones((2, 3)), da.ones((2, 3))).compute()
    np.float64(6.0)
    """
    x, y = known(asarray(a)), known(asarray(b))
    if x.size != y.size:
        raise ValueError(f"cannot compute vdot: the operands have {x.size} and {y.size} elements")
    if x.shape != y.shape:
        x, y = x.reshape(-1), y.reshape(-1)
    labels = tuple(range(x.ndim))
    return contract((conjugated(x), y), (labels, labels), (), name="vdot")


def vecdot(x1: Any, x2: Any, /, out: Any = None, *, axis: int = -1) -> Any:
    """Sum of products along an axis, elements of ``x1`` conjugated; other axes are broadcast.

    Examples
    --------
    >>> import weft.array as da
    >>> da.vecdot(da.ones((5, 3)), da.arange(3)).compute()
    array([3., 3., 3., 3., 3.])
    """
    a, b = asarray(x1), asarray(x2)
    check_axes("vecdot", (a, 1), (b, 1))
    a, b = axis_last(a, axis), axis_last(b, axis)
    if differ(a.shape[-1], b.shape[-1]):
        raise ValueError(
            f"vecdot: the axis is {a.shape[-1]} long in the first operand, and {b.shape[-1]} in the second"
        )
    batch = batch_labels(a.ndim - 1, b.ndim - 1)
    made = contract((conjugated(a), b), ((*batch[0], -1), (*batch[1], -1)), batch[2], name="vecdot")
    return bound(made, out)


def axis_last(x: Any, axis: int) -> Any:
    """One axis behind all others."""
    place = normal_axis(axis, x.ndim)
    return x if place == x.ndim - 1 else x.transpose(*[each for each in range(x.ndim) if each != place], place)


def outer(a: Any, b: Any, out: Any = None) -> Any:
    """Products of all elements of ``a`` with all of ``b``, as a matrix; both are flattened.

    Parameters
    ----------
    a, b : array-like
    out : Array, optional
        Stands for the result from now on.

    Examples
    --------
    >>> import weft.array as da
    >>> da.outer(da.arange(3), da.arange(4)).shape
    (3, 4)
    """
    x, y = [each if each.ndim == 1 else each.reshape(-1) for each in (asarray(a), asarray(b))]
    return into(out, contract((x, y), ((0,), (1,)), (0, 1), name="outer"))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum of products over pairs of axes; the other axes of ``a``, then those of ``b``, remain.

    Parameters
    ----------
    a, b : array-like
    axes : int or (axes of a, axes of b)
        A number: so many of the last axes of ``a`` and of the first of ``b``, in order.

    Examples
    --------
    >>> import weft.array as da
    >>> x, y = da.ones((2, 3, 4), chunks=2), da.ones((4, 3, 5), chunks=2)
    >>> da.tensordot(x, y, axes=([1, 2], [1, 0])).shape
    (2, 5)
    """
    x, y = asarray(a), asarray(b)
    if hasattr(axes, "__index__"):
        count = int(axes)
        if count < 0 or count > min(x.ndim, y.ndim):
            raise ValueError(f"tensordot: cannot sum over {count} axes of operands with {x.ndim} and {y.ndim} axes")
        left, right = list(range(x.ndim - count, x.ndim)), list(range(count))
    else:
        first, second = axes
        left = [normal_axis(each, x.ndim) for each in as_tuple(first)]
        right = [normal_axis(each, y.ndim) for each in as_tuple(second)]
    if len(left) != len(right) or any(differ(x.shape[i], y.shape[j]) for i, j in zip(left, right, strict=True)):
        raise ValueError(
            f"shape-mismatch for sum: tensordot of shapes {x.shape} and {y.shape} over axes {left} and {right}, "
            "which must have the same lengths"
        )
    if len(set(left)) < len(left) or len(set(right)) < len(right):
        raise ValueError(f"tensordot: an axis stands twice in axes={axes!r}")
    mine = tuple(range(x.ndim))
    its = tuple([left[right.index(axis)] if axis in right else x.ndim + axis for axis in range(y.ndim)])
    output = [label for label in mine if label not in left] + [label for label in its if label >= x.ndim]
    return contract((x, y), (mine, its), output, name="tensordot")


def differ(length: Any, other: Any) -> bool:
    """Whether two lengths are known to be different."""
    return length != other and not (is_unknown(length) or is_unknown(other))


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A number as a tuple of one."""
    return (value,) if hasattr(value, "__index__") else tuple(value)


def matrix_transpose(x: Any, /) -> Any:
    """The last two axes exchanged.

    Examples
    --------
    >>> import weft.array as da
    >>> da.matrix_transpose(da.ones((5, 2, 3))).shape
    (5, 3, 2)
    """
    a = asarray(x)
    if a.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {a.ndim}")
    return swapaxes(a, -1, -2)


class TensorMethods(ArrayBase):
    """Products."""

    __slots__ = ()

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(other, self)

    @property
    def mT(self) -> Any:  # noqa: N802 (NumPy's name)
        """The last two axes exchanged."""
        return matrix_transpose(self)

    def __weft_at_once__(self) -> Any:
        """What `compute` asks for in place of this, where all cores are free for one task."""
        expr = at_once(self.expr)
        return self if expr is self.expr else new(expr)

    def dot(self, b: Any, out: Any = None) -> Any:
        """Sum of products with another array; see `weft.array.dot`."""
        return dot(self, b, out)
