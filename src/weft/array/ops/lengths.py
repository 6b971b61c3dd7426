"""Lengths that count themselves.

``x[x > 0].shape[0]`` is not known before it is counted, and most programs never need it. What stands in ``x.shape`` in its
place is an `AskedLength`: NaN to whoever asks whether it is known (``math.isnan``, ``np.isnan``; floats made of it are NaN,
too), and an integer to whoever uses it as one: ``int(n)``, ``range(n)``, ``np.zeros(n)``, ``n == 5``, ``n < 5``, ``n + 1``,
``bool(n)``, ``n`` as an index. The first such use counts, as `compute_chunk_sizes` does: it computes what the length follows
from (of ``x[mask]`` the mask only), once for all arrays that share the length, and the array that was asked goes on with what
has been counted. ``x.size`` and ``x.nbytes`` are products of lengths and do the same.

Weft itself does not ask: operations look at ``x.expr.shape``, where unknown lengths are plain symbols.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
from typing import Any

from weft.array.base import ArrayBase
from weft.array.chunks import UnknownLength, is_unknown
from weft.array.ops.reshaping import reshape
from weft.array.ops.sizes import sized

__all__ = ["AskedLength"]


def forward(function: Callable[..., Any]) -> Any:
    """The operator that takes the counted length first."""

    def method(self: AskedLength, *others: Any) -> Any:
        return function(int(self), *others)

    return method


def backward(function: Callable[[Any, Any], Any]) -> Any:
    """The operator that takes the counted length second."""

    def method(self: AskedLength, other: Any) -> Any:
        return function(other, int(self))

    return method


class AskedLength(UnknownLength):
    """The product of the lengths of some axes of an array, and a factor: counted when it is used as an integer.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(10, chunks=5)
    >>> big = x[x > 3]
    >>> n = big.shape[0]
    >>> n
    nan
    >>> n + 1, n == 6, n, big.shape
    (7, True, 6, (6,))
    """

    #: NumPy's scalars and arrays leave operators to this class.
    __array_priority__ = 1e6

    array: Any
    expr: Any  #: what the array was when it was asked
    axes: tuple[int, ...]
    factor: int

    def __new__(cls, array: Any, axes: tuple[int, ...], factor: int = 1) -> AskedLength:
        lengths = [array.expr.shape[axis] for axis in axes]
        symbols = sorted(each.symbol for each in lengths if isinstance(each, UnknownLength))
        known = factor * prod(each for each in lengths if not is_unknown(each))
        self = super().__new__(cls, "*".join(symbols if known == 1 else [*symbols, str(known)]))
        self.array, self.expr, self.axes, self.factor = array, array.expr, axes, factor
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return AskedLength, (self.array, self.axes, self.factor)

    def __index__(self) -> int:
        """The length; the array goes on with it, unless it is another one by now."""
        counted = sized(self.expr, self.axes)
        if self.array.expr is self.expr:
            self.array.expr = counted
        self.expr = counted
        return self.factor * prod(counted.shape[axis] for axis in self.axes)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UnknownLength) and other.symbol == self.symbol:
            return True
        if is_unknown(other) and not isinstance(other, AskedLength):
            return False
        return bool(other == int(self))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(int(self))

    def __repr__(self) -> str:
        return "nan" if any(is_unknown(self.expr.shape[axis]) for axis in self.axes) else str(int(self))

    def __format__(self, spec: str) -> str:
        return format(int(self), spec) if spec else repr(self)

    __int__ = __trunc__ = __floor__ = __ceil__ = __index__
    __bool__ = forward(bool)
    __round__ = forward(round)
    __abs__ = forward(abs)
    __neg__ = forward(operator.neg)
    __pos__ = forward(operator.pos)
    __lt__ = forward(operator.lt)
    __le__ = forward(operator.le)
    __gt__ = forward(operator.gt)
    __ge__ = forward(operator.ge)
    __add__, __radd__ = forward(operator.add), backward(operator.add)
    __sub__, __rsub__ = forward(operator.sub), backward(operator.sub)
    __mul__, __rmul__ = forward(operator.mul), backward(operator.mul)
    __truediv__, __rtruediv__ = forward(operator.truediv), backward(operator.truediv)
    __floordiv__, __rfloordiv__ = forward(operator.floordiv), backward(operator.floordiv)
    __mod__, __rmod__ = forward(operator.mod), backward(operator.mod)
    __divmod__, __rdivmod__ = forward(divmod), backward(divmod)
    __pow__, __rpow__ = forward(pow), backward(pow)
    __and__, __rand__ = forward(operator.and_), backward(operator.and_)
    __or__, __ror__ = forward(operator.or_), backward(operator.or_)
    __xor__, __rxor__ = forward(operator.xor), backward(operator.xor)
    __lshift__, __rlshift__ = forward(operator.lshift), backward(operator.lshift)
    __rshift__, __rrshift__ = forward(operator.rshift), backward(operator.rshift)
    __invert__ = forward(operator.invert)


class LengthMethods(ArrayBase):
    """Lengths as users see them."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis; one that is not known is NaN until it is used as an integer (see `AskedLength`)."""
        shape = self.expr.shape
        if self.expr.is_known:
            return shape
        lengths: list[Any] = list(shape)
        for axis, length in enumerate(shape):
            if is_unknown(length):
                lengths[axis] = AskedLength(self, (axis,))
        return tuple(lengths)

    @shape.setter
    def shape(self, lengths: Any) -> None:
        self.expr = reshape(self, lengths).expr

    @property
    def size(self) -> int:
        """Number of elements; if it is not known, NaN until it is used as an integer."""
        return self.expr.size if self.expr.is_known else times_elements(self, 1)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements; if they are not known, NaN until they are used as an integer."""
        return self.expr.nbytes if self.expr.is_known else times_elements(self, self.itemsize)


def times_elements(array: Any, factor: int) -> Any:
    """A factor times the number of elements, some lengths of which are not known; 0 whatever they are if another one is."""
    return 0 if 0 in array.expr.shape else AskedLength(array, tuple(range(array.ndim)), factor)
