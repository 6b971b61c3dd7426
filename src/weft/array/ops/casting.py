"""Elements as another dtype, bytes as other elements, blocks of another library; what dtypes become together."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, compress
from weft.array.expr import ArrayExpr
from weft.array.kernels.elementwise import as_numpy, fields_truth, viewed
from weft.array.ops.broadcasting import Elementwise, broadcast_to, elementwise
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import expand_dims
from weft.array.ops.ufunc_reductions import chunked
from weft.expr import Expr, derived, node
from weft.extras import import_required
from weft.physical.blockwise import Same, blockwise
from weft.physical.grid import identity_pick

__all__ = ["astype", "can_cast", "common_type", "min_scalar_type", "promote_types", "result_type"]


def cast(block: Any, dtype: np.dtype[Any]) -> Any:
    """A block with another dtype."""
    return block.astype(dtype, copy=False)


def cast_in_order(block: Any, dtype: np.dtype[Any], order: str, subok: bool) -> Any:
    """A block with another dtype, in an order of memory, of its own class or NumPy's."""
    if not isinstance(block, (np.ndarray, np.generic)):
        return block.astype(dtype)
    return block.astype(dtype, order=order, copy=False, subok=subok)  # type: ignore[call-overload]


def as_dtype(
    x: Any, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool | None = True
) -> Any:
    """The elements of an array as another dtype; what `numpy.ndarray.astype` refuses is refused."""
    kind = np.dtype(dtype)
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if not np.can_cast(x.dtype, kind, casting):
        raise TypeError(f"Cannot cast array data from {x.dtype!r} to {kind!r} according to the rule {casting!r}")
    if kind.subdtype is not None:  # every element becomes an array of its own
        base, lengths = kind.subdtype
        made = as_dtype(x, base, order, casting, subok, copy)
        further = tuple(range(x.ndim, x.ndim + len(lengths)))
        return broadcast_to(expand_dims(made, further), (*made.expr.shape, *lengths))
    if kind == x.dtype and order in "KA" and subok:
        return new(x.expr) if copy else x
    if not kind.itemsize and kind.kind in "SU" and x.dtype.kind != "O":
        kind = np.empty(0, x.dtype).astype(kind).dtype  # how long texts are follows from the dtype
    if order in "KA" and subok:
        return new(Elementwise(cast, (x.expr,), (("dtype", kind),)))
    keywords = (("dtype", kind), ("order", order), ("subok", bool(subok)))
    return new(Elementwise(cast_in_order, (x.expr,), keywords))


def truth(x: Any) -> Any:
    """What is true of the elements, as `numpy.nonzero` counts them."""
    if x.dtype.kind == "b":
        return x
    return elementwise(fields_truth if x.dtype.names else cast, x, dtype=np.dtype(bool))


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """The elements of an array as another dtype, as the array API standard has it.

    Parameters
    ----------
    x : Array
    dtype : dtype
    copy : bool
        False may give the array itself.
    device : {None, "cpu"}

    Examples
    --------
    >>> import weft.array as da
    >>> da.astype(da.ones(2, chunks=1), "int8").dtype
    dtype('int8')
    """
    check_device(device)
    return as_dtype(chunked(x), dtype, copy=copy)


def check_device(device: Any) -> None:
    """Refuse devices that there are not."""
    if device not in (None, "cpu"):
        raise ValueError(f'Device not understood. Only "cpu" is allowed, but received: {device!r}')


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype that arrays, dtypes and scalars have together.

    >>> import weft.array as da
    >>> da.result_type(da.ones(2, dtype="float32", chunks=1), "int64", 1j)
    dtype('complex128')
    """
    return np.result_type(*map(dtype_or_value, arrays_and_dtypes))


def can_cast(from_: Any, to: Any, casting: Literal["no", "equiv", "safe", "same_kind", "unsafe"] = "safe") -> bool:
    """Whether the elements of an array or dtype can be cast to a dtype by a rule.

    >>> import weft.array as da
    >>> da.can_cast(da.ones(2, chunks=1), "float32")
    False
    """
    return np.can_cast(dtype_or_value(from_), dtype_or_value(to), casting)


def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """The smallest dtype to which both can be cast safely; see `numpy.promote_types`.

    >>> promote_types("int8", "uint8")
    dtype('int16')
    """
    return np.promote_types(type1, type2)


def min_scalar_type(a: Any) -> np.dtype[Any]:
    """The smallest dtype that holds a scalar; that of an array.

    >>> min_scalar_type(260)
    dtype('uint16')
    """
    return np.min_scalar_type(dtype_or_value(a)) if not isinstance(a, ArrayBase) else a.dtype


def common_type(*arrays: Any) -> type:
    """The scalar type of floating-point numbers that holds the elements of all arrays.

    >>> import weft.array as da
    >>> da.common_type(da.ones(2, dtype=int, chunks=1)).__name__
    'float64'
    """
    found: type = np.common_type(*[np.empty(0, each.dtype) if isinstance(each, ArrayBase) else each for each in arrays])
    return found


def dtype_or_value(value: Any) -> Any:
    """The dtype of a chunked array; anything else as it is."""
    return value.dtype if isinstance(value, ArrayBase) else value


@node
class View(ArrayExpr):
    """The bytes of each block as elements of another dtype; along one axis their number changes."""

    source: ArrayExpr
    dtype: np.dtype[Any]
    order: str

    @property
    def axis(self) -> int:
        """Along which elements are put together or taken apart."""
        return 0 if self.order == "F" else self.source.ndim - 1

    def scaled(self, length: int) -> int:
        """As many bytes in new elements."""
        return length * self.source.dtype.itemsize // self.dtype.itemsize

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.replaced(self.source.shape, self.scaled)

    @derived
    def grid(self) -> Grid:
        if self.source.dtype.itemsize == self.dtype.itemsize:
            return self.source.grid
        return self.replaced(
            self.source.grid, lambda _: compress([self.scaled(each) for each in self.source.chunks[self.axis]])
        )

    def replaced(self, values: tuple[Any, ...], change: Any) -> tuple[Any, ...]:
        """Values by axis with that of the axis changed."""
        if self.source.dtype.itemsize == self.dtype.itemsize:
            return values
        return tuple([change(value) if axis == self.axis else value for axis, value in enumerate(values)])

    def lower(self) -> Expr:
        columns = [Same(self.dtype), Same(self.order)]
        return blockwise(self.outline, viewed, [(self.source, identity_pick(self.ndim))], columns)


def view(x: Any, dtype: Any, order: str = "C") -> Any:
    """The bytes of an array as elements of another dtype."""
    if dtype is np.ndarray:
        return elementwise(np.ma.getdata, x) if x.expr.is_masked else new(x.expr)
    if isinstance(dtype, type) and issubclass(dtype, np.ndarray):
        if dtype is np.ma.MaskedArray:
            return new(x.expr) if x.expr.is_masked else elementwise(np.ma.asanyarray, x)
        raise TypeError(
            f"a chunked array has no view as a {dtype.__name__}: compute it first, or make its blocks be of the class "
            f"with x.map_blocks(lambda block: block.view({dtype.__name__}))"
        )
    kind = np.dtype(dtype)
    if order not in ("C", "F"):
        raise ValueError(
            f"order must be 'C' or 'F', and it is {order!r}: it says along which axis bytes are put together"
        )
    if x.dtype.hasobject or kind.hasobject:
        if kind == x.dtype:
            return new(x.expr)
        raise TypeError("Cannot change data-type for array of references.")
    if kind.subdtype is not None:  # what an element becomes is an array, which adds axes
        base, lengths = kind.subdtype
        made = view(x.reshape(*x.shape, 1), base, "C")
        return made.reshape(*x.shape, *lengths)
    old, now = x.dtype.itemsize, kind.itemsize
    expr = x.expr
    if old != now:
        if not expr.ndim:
            raise ValueError("Changing the dtype of a 0d array is only supported if the itemsize is unchanged")
        if not now:
            raise TypeError(f"cannot see the bytes as {kind!r}: its elements have none")
        axis = 0 if order == "F" else expr.ndim - 1
        expr = sized(expr, (axis,))
        if expr.shape[axis] * old % now:
            raise ValueError(
                "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the "
                f"{'first' if order == 'F' else 'last'} axis of the array: {expr.shape[axis]} x {old} bytes are not "
                f"whole elements of {now} bytes."
            )
        expr = laid_out(
            expr, tuple([fitting(expr, axis, old, now) if a == axis else c for a, c in enumerate(expr.grid)])
        )
    return new(View(expr, kind, order))


def fitting(expr: ArrayExpr, axis: int, old: int, now: int) -> Cut:
    """A cut of the axis whose chunks are whole elements of the new size."""
    ends, reached = [0], 0
    for length in expr.chunks[axis]:
        reached += length
        if reached * old % now == 0:
            ends.append(reached)
    return compress([after - before for before, after in pairwise(ends)] or [0])


class CastingMethods(ArrayBase):
    """Elements as another dtype, blocks of another library."""

    __slots__ = ()

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The elements as another dtype.

        Parameters
        ----------
        dtype : dtype
        order : {"C", "F", "A", "K"}
            How blocks lie in memory.
        casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
            What is refused.
        subok : bool
            Whether blocks keep their class (masked arrays).
        copy : bool
            False may give the array itself.

        Examples
        --------
        >>> import weft.array as da
        >>> da.ones(2, chunks=1).astype("int8").dtype
        dtype('int8')
        """
        return as_dtype(self, dtype, order, casting, subok, copy)

    def view(self, dtype: Any = None, order: str = "C") -> Any:
        """The bytes of the elements as another dtype.

        Parameters
        ----------
        dtype : dtype, optional
            None gives the array as it is.
        order : {"C", "F"}
            Where elements get larger or smaller: along the last axis, or along the first.

        Examples
        --------
        >>> import weft.array as da
        >>> da.zeros((2, 4), dtype="int16", chunks=(1, 2)).view("int32").chunks
        ((1, 1), (1, 1))
        """
        return new(self.expr) if dtype is None else view(self, dtype, order)

    def byteswap(self, inplace: bool = False) -> Any:
        """The same with the bytes of each element in reverse order.

        Parameters
        ----------
        inplace : bool
            Whether the array itself stands for this from now on.

        Examples
        --------
        >>> import weft.array as da
        >>> da.ones(2, dtype="int16", chunks=1).byteswap().compute()
        array([256, 256], dtype=int16)
        """
        made = elementwise(np.ndarray.byteswap, self)
        if inplace:
            self.expr = made.expr
        return self if inplace else made

    def to_backend(self, backend: str | None = None, **kwargs: Any) -> Any:
        """The same array with blocks of another library.

        Parameters
        ----------
        backend : {"numpy", "cupy"}, optional
            ``"numpy"`` by default.
        **kwargs
            There are none; they are refused.
        """
        if kwargs:
            raise TypeError(f"to_backend() takes no further arguments, and got {', '.join(kwargs)}")
        if backend not in (None, "numpy", "cupy"):
            raise ValueError(f"there is no backend {backend!r} for arrays: give 'numpy' or 'cupy'")
        if backend == "cupy":
            return elementwise(
                import_required("cupy", "to_backend('cupy') needs cupy: install it for your version of CUDA").asarray,
                self,
            )
        return self if self.expr.prototype is None else elementwise(as_numpy, self)
