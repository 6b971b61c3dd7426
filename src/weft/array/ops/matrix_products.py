"""Products of matrices and vectors in the last axes, other axes broadcast: ``@``, `matmul`, `matvec`, `vecmat`, `vecdot`.

These are NumPy's generalised ufuncs: ``axes=`` says where the axes of matrices and vectors are instead. Each is a contraction of
labelled axes, once they have been brought behind the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np

from weft.array.chunks import is_unknown
from weft.array.io.from_array import asarray
from weft.array.ops.broadcasting import bound, check_cast
from weft.array.ops.elementwise import conjugate
from weft.array.ops.tensor_contraction import contract
from weft.array.ops.transposing import expand_dims, moveaxis, normal_axis

__all__ = ["matmul", "matvec", "vecdot", "vecmat"]

Function = TypeVar("Function", bound=Callable[..., Any])
#: Gives the labels of the operands' own axes.
Cores: TypeAlias = Callable[[Any, Any], tuple[tuple[int, ...], tuple[int, ...]]]
#: Labels of the axes that a product sums over, and of the rows and columns that it keeps; others are numbered from 0.
SUMMED, ROWS, COLUMNS = -1, -2, -3
#: What NumPy's ufuncs say of themselves.
TOLD = ("identity", "nargs", "nin", "nout", "ntypes", "resolve_dtypes", "signature", "types")


def of_numpy(ufunc: np.ufunc) -> Callable[[Function], Function]:
    """Decorator that lets a function say of itself what a ufunc of NumPy does."""

    def decorate(function: Function) -> Function:
        for name in TOLD:
            setattr(function, name, getattr(ufunc, name))
        return function

    return decorate


def with_matrices(ufunc: np.ufunc) -> Callable[[Cores], Callable[..., Any]]:
    """Decorator that makes a product of a function that gives the labels of the operands' own axes; docstrings are its."""

    def decorate(cores: Cores) -> Callable[..., Any]:
        @of_numpy(ufunc)
        def made(
            x1: Any,
            x2: Any,
            /,
            out: Any = None,
            *,
            casting: str = "same_kind",
            order: str = "K",
            dtype: Any = None,
            subok: bool = True,
            axes: Any = None,
        ) -> Any:
            operands = asarray(x1), asarray(x2)
            return product(ufunc, operands, cores(*operands), out, casting, order, dtype, axes)

        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(made, name, getattr(cores, name))
        return made

    return decorate


@with_matrices(np.matmul)
def matmul(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Matrix product, over the last axis of ``x1`` and the last but one of ``x2``; other axes are broadcast.

    Parameters
    ----------
    x1, x2 : array-like
        One axis is taken as a row vector on the left, and a column vector on the right.
    out : Array, optional
        Stands for the result from now on.
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
        What may be cast to ``dtype``, and to that of ``out``.
    order : {"K", "A", "C", "F"}
    dtype : dtype, optional
        In which products are made and summed.
    subok : bool
        This and ``order`` are about memory, and change nothing.
    axes : list of tuple of int, optional
        The axes of the matrices: of ``x1``, of ``x2`` and of the result.

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
    return (ROWS, SUMMED) if a.ndim > 1 else (SUMMED,), (SUMMED, COLUMNS) if b.ndim > 1 else (SUMMED,)


@with_matrices(np.matvec)
def matvec(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Products of matrices, in the last two axes of ``x1``, and vectors, in the last axis of ``x2``; see `matmul`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.matvec(da.ones((5, 2, 3)), da.ones(3)).shape
    (5, 2)
    """
    return (ROWS, SUMMED), (SUMMED,)


@with_matrices(np.vecmat)
def vecmat(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Products of vectors, in the last axis of ``x1`` (conjugated), and matrices, in the last two axes of ``x2``; see `matmul`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.vecmat(da.ones(2), da.ones((5, 2, 3))).shape
    (5, 3)
    """
    return (SUMMED,), (SUMMED, COLUMNS)


@of_numpy(np.vecdot)
def vecdot(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    axis: int | None = None,
    axes: Any = None,
    keepdims: bool = False,
    casting: str = "same_kind",
    order: str = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Any:
    """Sum of products along an axis, elements of ``x1`` conjugated; other axes are broadcast.

    Parameters
    ----------
    x1, x2 : array-like
    out : Array, optional
        Stands for the result from now on.
    axis : int, optional
        The axis of both that is summed over; the last by default.
    axes : list of int, optional
        The axis of ``x1`` and that of ``x2``; where it stays, its place in the result as well.
    keepdims : bool
        Whether the axis stays, with length 1.
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
        What may be cast to ``dtype``, and to that of ``out``.
    order : {"K", "A", "C", "F"}
    dtype : dtype, optional
        In which products are made and summed.
    subok : bool
        This and ``order`` are about memory, and change nothing.

    Examples
    --------
    >>> import weft.array as da
    >>> da.vecdot(da.ones((5, 3)), da.arange(3)).compute()
    array([3., 3., 3., 3., 3.])
    """
    operands = asarray(x1), asarray(x2)
    return product(np.vecdot, operands, ((SUMMED,), (SUMMED,)), out, casting, order, dtype, axes, axis, keepdims)


def product(
    ufunc: Any,
    operands: Sequence[Any],
    cores: Sequence[tuple[int, ...]],
    out: Any,
    casting: str,
    order: str,
    dtype: Any,
    axes: Any,
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    """What one of NumPy's ufuncs gives for operands whose own axes have the labels ``cores``."""
    name = ufunc.__name__
    if order not in ("K", "A", "C", "F"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    check_axes(name, operands, cores)
    told = [tuple(range(-len(core), 0)) for core in cores]
    place: tuple[int, ...] | None = None
    if axes is not None or axis is not None:
        told, place = axes_of(ufunc, operands, axes, axis, keepdims)
    a, b = [axes_last(cast_to(name, dtype, each, casting), own) for each, own in zip(operands, told, strict=True)]
    check_lengths(name, (a, b), cores)
    before = [each.ndim - len(core) for each, core in zip((a, b), cores, strict=True)]
    batch = tuple(range(max(before)))
    kept = tuple([label for core in cores for label in core if label != SUMMED])
    labels = [(*batch[len(batch) - count :], *core) for count, core in zip(before, cores, strict=True)]
    left = conjugated(a) if ufunc in (np.vecdot, np.vecmat) else a
    made = contract((left, b), labels, (*batch, *kept), name=name)
    if keepdims:
        made = expand_dims(made, -1)
    if place:
        made = moveaxis(made, range(-len(place), 0), place)
    return bound(made, out, casting)


def axes_of(
    ufunc: Any, operands: Sequence[Any], axes: Any, axis: Any, keepdims: bool
) -> tuple[list[tuple[int, ...]], tuple[int, ...] | None]:
    """The axes of matrices and vectors of each operand, and those of the result if they are told; NumPy checks what is given."""
    given = {key: value for key, value in (("axes", axes), ("axis", axis)) if value is not None}
    ufunc(*[np.ones((1,) * each.ndim) for each in operands], **given, **({"keepdims": True} if keepdims else {}))
    if axes is None:
        return [(axis,), (axis,)], (axis,) if keepdims else None
    told = [tuple(each) if isinstance(each, tuple) else (each,) for each in axes]
    return told[:2], told[2] if len(told) > 2 else None


def axes_last(x: Any, axes: tuple[int, ...]) -> Any:
    """Axes behind all others, in order."""
    places = [normal_axis(axis, x.ndim) for axis in axes]
    order = [*[each for each in range(x.ndim) if each not in places], *places]
    return x if order == list(range(x.ndim)) else x.transpose(*order)


def check_axes(name: str, operands: Sequence[Any], cores: Sequence[tuple[int, ...]]) -> None:
    """Raise ValueError where an operand has fewer axes than needed."""
    for number, (each, core) in enumerate(zip(operands, cores, strict=True)):
        if each.ndim < len(core):
            raise ValueError(
                f"{name}: Input operand {number} does not have enough dimensions: it has {each.ndim}, and {len(core)} "
                f"{'is' if len(core) == 1 else 'are'} needed. Use * for scalars."
            )


def check_lengths(name: str, operands: Sequence[Any], cores: Sequence[tuple[int, ...]]) -> None:
    """Raise ValueError where the axes to be summed over are known to differ in length."""
    (a, b), places = operands, [core.index(SUMMED) - len(core) for core in cores]
    inner_a, inner_b = a.expr.shape[places[0]], b.expr.shape[places[1]]
    if differ(inner_a, inner_b):
        raise ValueError(
            f"{name}: cannot multiply shapes {a.shape} and {b.shape}: axis {a.ndim + places[0]} of the first is {inner_a} "
            f"long, axis {b.ndim + places[1]} of the second {inner_b}"
        )


def differ(length: Any, other: Any) -> bool:
    """Whether two lengths are known to be different."""
    return not (is_unknown(length) or is_unknown(other)) and bool(length != other)


def cast_to(name: str, dtype: Any, operand: Any, casting: str) -> Any:
    """An operand in the dtype in which products are to be made, if there is one."""
    if dtype is None or operand.dtype == (kind := np.dtype(dtype)):
        return operand
    check_cast(name, operand.dtype, kind, casting)
    return operand.astype(kind)


def conjugated(x: Any) -> Any:
    """The complex conjugate; the array itself if it is real."""
    return conjugate(x) if x.dtype.kind in "cO" else x
