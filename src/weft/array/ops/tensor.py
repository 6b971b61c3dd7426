"""Products that sum over pairs of axes: dot, inner, tensordot and their kind, and the methods for all products."""

from __future__ import annotations

from typing import Any

from weft.array.base import ArrayBase, new
from weft.array.chunks import as_tuple
from weft.array.io.from_array import asarray
from weft.array.ops.broadcasting import bound
from weft.array.ops.elementwise import multiply
from weft.array.ops.matrix_products import conjugated, differ, matmul
from weft.array.ops.reducing import into
from weft.array.ops.sizes import known
from weft.array.ops.tensor_contraction import at_once, contract
from weft.array.ops.transposing import normal_axis, swapaxes
from weft.callables import also_called

__all__ = [
    "dot",
    "inner",
    "matrix_transpose",
    "outer",
    "tensordot",
    "vdot",
]


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
    return into(out, multiply(x[:, None], y[None, :]))


@also_called(lhs="a", rhs="b")
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
    if hasattr(axes, "__index__") and not getattr(axes, "ndim", 0):
        count = int(axes)
        if count < 0 or count > min(x.ndim, y.ndim):
            raise ValueError(f"tensordot: cannot sum over {count} axes of operands with {x.ndim} and {y.ndim} axes")
        left, right = list(range(x.ndim - count, x.ndim)), list(range(count))
    else:
        first, second = axes
        left = [normal_axis(each, x.ndim) for each in as_tuple(first)]
        right = [normal_axis(each, y.ndim) for each in as_tuple(second)]
    if len(left) != len(right) or any(
        differ(x.expr.shape[i], y.expr.shape[j]) for i, j in zip(left, right, strict=True)
    ):
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
