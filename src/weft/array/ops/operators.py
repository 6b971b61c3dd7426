"""Python's operators on chunked arrays.

An operand whose class may wrap chunked arrays (xarray's, pint's) sees the operation first: the operator gives
``NotImplemented``, and Python asks the other class. In-place operators do what they do in NumPy: the array stands for the
result from now on, for everyone who holds it, and its dtype stays. Arrays without axes are what NumPy's scalars are, which
cannot change: the result is another array, of any shape and dtype (``total = x.sum(); total += y``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from weft.array import protocols
from weft.array.base import ArrayBase, is_table
from weft.array.chunk_types import is_upcast, is_valid_array_type
from weft.array.kernels.elementwise import comparing
from weft.array.kernels.masked import finite_only
from weft.array.ops import ufuncs
from weft.array.ops.broadcasting import bind, elementwise
from weft.collection.base import Collection

__all__ = ["OperatorMethods"]

Operator = TypeVar("Operator", bound=Callable[[Any, Any], Any])


def deferring(operator: Operator) -> Operator:
    """An operator that leaves the operation to the class of the other operand, if that is to see it first."""

    @wraps(operator)
    def asked(self: Any, other: Any) -> Any:
        if is_upcast(other) or (isinstance(other, Collection) and not isinstance(other, ArrayBase)):
            return NotImplemented
        return operator(self, other)

    return asked  # type: ignore[return-value]


def in_place(ufunc: Callable[..., Any], array: Any, other: Any) -> Any:
    """What an operator in place leaves under the array's name."""
    return ufunc(array, other, out=array) if array.ndim else ufunc(array, other)


def settled(result: Any) -> Any:
    """What a division or a power gave; of masked arrays NaN and infinities are masked, as `numpy.ma` has it."""
    if isinstance(result, ArrayBase) and result.expr.is_masked:
        return elementwise(finite_only, result)
    return result


class OperatorMethods(ArrayBase):
    """Operators."""

    __slots__ = ()
    __array_priority__ = 20
    __hash__ = None  # type: ignore[assignment]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **keywords: Any) -> Any:
        """NumPy's own ufuncs on chunked arrays give chunked arrays."""
        outs = () if out is None else out
        for each in (*inputs, *outs):
            if is_upcast(each) or is_table(each):
                return NotImplemented
        if out is not None:
            keywords["out"] = outs
        if ufunc.signature is not None:
            return protocols.generalised(ufunc, method, inputs, keywords)
        known = ufuncs.Ufunc(ufunc)
        return (known if method == "__call__" else getattr(known, method))(*inputs, **keywords)

    def __array_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """NumPy's functions on chunked arrays are those of `weft.array`."""
        if not all(map(is_valid_array_type, types)):
            return NotImplemented
        return protocols.array_function(func, args, kwargs)

    def __abs__(self) -> Any:
        return ufuncs.absolute(self)

    def __neg__(self) -> Any:
        return ufuncs.negative(self)

    def __pos__(self) -> Any:
        return ufuncs.positive(self)

    def __invert__(self) -> Any:
        return ufuncs.invert(self)

    @deferring
    def __add__(self, other: Any) -> Any:
        return ufuncs.add(self, other)

    @deferring
    def __radd__(self, other: Any) -> Any:
        return ufuncs.add(other, self)

    @deferring
    def __iadd__(self, other: Any) -> Any:
        return in_place(ufuncs.add, self, other)

    @deferring
    def __sub__(self, other: Any) -> Any:
        return ufuncs.subtract(self, other)

    @deferring
    def __rsub__(self, other: Any) -> Any:
        return ufuncs.subtract(other, self)

    @deferring
    def __isub__(self, other: Any) -> Any:
        return in_place(ufuncs.subtract, self, other)

    @deferring
    def __mul__(self, other: Any) -> Any:
        return ufuncs.multiply(self, other)

    @deferring
    def __rmul__(self, other: Any) -> Any:
        return ufuncs.multiply(other, self)

    @deferring
    def __imul__(self, other: Any) -> Any:
        return in_place(ufuncs.multiply, self, other)

    @deferring
    def __truediv__(self, other: Any) -> Any:
        return settled(ufuncs.divide(self, other))

    @deferring
    def __rtruediv__(self, other: Any) -> Any:
        return settled(ufuncs.divide(other, self))

    @deferring
    def __itruediv__(self, other: Any) -> Any:
        return in_place(ufuncs.divide, self, other)

    @deferring
    def __floordiv__(self, other: Any) -> Any:
        return settled(ufuncs.floor_divide(self, other))

    @deferring
    def __rfloordiv__(self, other: Any) -> Any:
        return settled(ufuncs.floor_divide(other, self))

    @deferring
    def __ifloordiv__(self, other: Any) -> Any:
        return in_place(ufuncs.floor_divide, self, other)

    @deferring
    def __mod__(self, other: Any) -> Any:
        return ufuncs.remainder(self, other)

    @deferring
    def __rmod__(self, other: Any) -> Any:
        return ufuncs.remainder(other, self)

    @deferring
    def __imod__(self, other: Any) -> Any:
        return in_place(ufuncs.remainder, self, other)

    @deferring
    def __divmod__(self, other: Any) -> Any:
        return ufuncs.divmod(self, other)

    @deferring
    def __rdivmod__(self, other: Any) -> Any:
        return ufuncs.divmod(other, self)

    @deferring
    def __pow__(self, other: Any) -> Any:
        return settled(ufuncs.power(self, other))

    @deferring
    def __rpow__(self, other: Any) -> Any:
        return settled(ufuncs.power(other, self))

    @deferring
    def __ipow__(self, other: Any) -> Any:
        return in_place(ufuncs.power, self, other)

    @deferring
    def __lshift__(self, other: Any) -> Any:
        return ufuncs.left_shift(self, other)

    @deferring
    def __rlshift__(self, other: Any) -> Any:
        return ufuncs.left_shift(other, self)

    @deferring
    def __ilshift__(self, other: Any) -> Any:
        return in_place(ufuncs.left_shift, self, other)

    @deferring
    def __rshift__(self, other: Any) -> Any:
        return ufuncs.right_shift(self, other)

    @deferring
    def __rrshift__(self, other: Any) -> Any:
        return ufuncs.right_shift(other, self)

    @deferring
    def __irshift__(self, other: Any) -> Any:
        return in_place(ufuncs.right_shift, self, other)

    @deferring
    def __and__(self, other: Any) -> Any:
        return ufuncs.bitwise_and(self, other)

    @deferring
    def __rand__(self, other: Any) -> Any:
        return ufuncs.bitwise_and(other, self)

    @deferring
    def __iand__(self, other: Any) -> Any:
        return in_place(ufuncs.bitwise_and, self, other)

    @deferring
    def __or__(self, other: Any) -> Any:
        return ufuncs.bitwise_or(self, other)

    @deferring
    def __ror__(self, other: Any) -> Any:
        return ufuncs.bitwise_or(other, self)

    @deferring
    def __ior__(self, other: Any) -> Any:
        return in_place(ufuncs.bitwise_or, self, other)

    @deferring
    def __xor__(self, other: Any) -> Any:
        return ufuncs.bitwise_xor(self, other)

    @deferring
    def __rxor__(self, other: Any) -> Any:
        return ufuncs.bitwise_xor(other, self)

    @deferring
    def __ixor__(self, other: Any) -> Any:
        return in_place(ufuncs.bitwise_xor, self, other)

    @deferring
    def __imatmul__(self, other: Any) -> Any:
        if not self.ndim or np.ndim(other) < 2:
            raise ValueError(
                "inplace matrix multiplication requires the first operand to have at least one and the second at least "
                f"two dimensions: they have {self.ndim} and {np.ndim(other)}"
            )
        made = self @ other
        if made.expr.is_known and self.expr.is_known and made.shape != self.shape:
            raise ValueError(
                f"inplace matrix multiplication gives an array of shape {made.shape}, which does not fit into one of "
                f"{self.shape}: write x = x @ y"
            )
        return bind(self, made, "same_kind")

    @deferring
    def __eq__(self, other: Any) -> Any:
        try:
            return ufuncs.equal(self, other)
        except TypeError:
            return elementwise(comparing, self, other, equal=True)

    @deferring
    def __ne__(self, other: Any) -> Any:
        try:
            return ufuncs.not_equal(self, other)
        except TypeError:
            return elementwise(comparing, self, other, equal=False)

    @deferring
    def __lt__(self, other: Any) -> Any:
        return ufuncs.less(self, other)

    @deferring
    def __le__(self, other: Any) -> Any:
        return ufuncs.less_equal(self, other)

    @deferring
    def __gt__(self, other: Any) -> Any:
        return ufuncs.greater(self, other)

    @deferring
    def __ge__(self, other: Any) -> Any:
        return ufuncs.greater_equal(self, other)
