"""Operators of delayed values: each makes a task. They are pure, so equal ones are one task."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

__all__ = ["OperatorMethods"]


class OperatorMethods:
    """Arithmetic, comparisons and bits; a class that has them says what becomes of an operation."""

    __slots__ = ()

    __array_ufunc__ = None

    def _operated(self, function: Callable[..., Any], *operands: Any) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self._operated(operator.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return self._operated(operator.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return self._operated(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._operated(operator.sub, other, self)

    def __mul__(self, other: Any) -> Any:
        return self._operated(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._operated(operator.mul, other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._operated(operator.truediv, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._operated(operator.truediv, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._operated(operator.floordiv, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._operated(operator.floordiv, other, self)

    def __mod__(self, other: Any) -> Any:
        return self._operated(operator.mod, self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._operated(operator.mod, other, self)

    def __divmod__(self, other: Any) -> Any:
        return self._operated(divmod, self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return self._operated(divmod, other, self)

    def __pow__(self, other: Any) -> Any:
        return self._operated(operator.pow, self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._operated(operator.pow, other, self)

    def __matmul__(self, other: Any) -> Any:
        return self._operated(operator.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self._operated(operator.matmul, other, self)

    def __lshift__(self, other: Any) -> Any:
        return self._operated(operator.lshift, self, other)

    def __rlshift__(self, other: Any) -> Any:
        return self._operated(operator.lshift, other, self)

    def __rshift__(self, other: Any) -> Any:
        return self._operated(operator.rshift, self, other)

    def __rrshift__(self, other: Any) -> Any:
        return self._operated(operator.rshift, other, self)

    def __and__(self, other: Any) -> Any:
        return self._operated(operator.and_, self, other)

    def __rand__(self, other: Any) -> Any:
        return self._operated(operator.and_, other, self)

    def __or__(self, other: Any) -> Any:
        return self._operated(operator.or_, self, other)

    def __ror__(self, other: Any) -> Any:
        return self._operated(operator.or_, other, self)

    def __xor__(self, other: Any) -> Any:
        return self._operated(operator.xor, self, other)

    def __rxor__(self, other: Any) -> Any:
        return self._operated(operator.xor, other, self)

    def __eq__(self, other: object) -> Any:
        return self._operated(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return self._operated(operator.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return self._operated(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return self._operated(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._operated(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return self._operated(operator.ge, self, other)

    def __neg__(self) -> Any:
        return self._operated(operator.neg, self)

    def __pos__(self) -> Any:
        return self._operated(operator.pos, self)

    def __abs__(self) -> Any:
        return self._operated(operator.abs, self)

    def __invert__(self) -> Any:
        return self._operated(operator.invert, self)
