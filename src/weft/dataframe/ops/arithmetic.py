"""Arithmetic, comparison and logic of columns with the same rows, and with scalars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase, new
from weft.dataframe.expr import FrameExpr, Partitionwise
from weft.expr import node

__all__: list[str] = []


@node
class Arithmetic(Partitionwise):
    """An operator, by its name in Python's `operator` module, on columns and scalars."""

    operator: str
    inputs: tuple[Any, ...]

    @property
    def label(self) -> str:
        return self.operator.rstrip("_")

    @property
    def arguments(self) -> tuple[Any, ...]:
        scalars = [(place, each) for place, each in enumerate(self.inputs) if not isinstance(each, FrameExpr)]
        return (self.operator, tuple(scalars))


def arithmetic(operator: str, *inputs: Any) -> Any:
    """Apply an operator; what pandas refuses is refused here."""
    operands = tuple([each.expr if isinstance(each, FrameBase) else scalar(each, operator) for each in inputs])
    frames = [each for each in operands if isinstance(each, FrameExpr)]
    for other in frames[1:]:
        check_same_rows(operator.rstrip("_"), frames[0], other)
    expr = Arithmetic(operator, operands)
    _ = expr.meta
    return new(expr)


def scalar(value: Any, operator: str) -> Any:
    """A value that is the same for all rows."""
    if isinstance(value, (pd.DataFrame, pd.Series, pd.Index, np.ndarray, list)):
        raise TypeError(
            f"cannot compute {operator} with a {type(value).__name__}, whose rows have no partitions. "
            "Use weft.dataframe.from_pandas(...) on both sides, or a scalar."
        )
    return value


def check_same_rows(operation: str, left: FrameExpr, right: FrameExpr) -> None:
    """Raise ValueError for two frames whose rows are not known to be the same."""
    if left.rows != right.rows or left.npartitions != right.npartitions:
        raise ValueError(
            f"cannot {operation}: the rows on both sides come from different frames or filters "
            f"({left.npartitions} and {right.npartitions} partitions). Start from one frame, e.g. df[df.a > 0].b + df[df.a > 0].c"
        )


class ArithmeticMethods(FrameBase):
    """Operators, row by row."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def isna(self) -> Any:
        """Whether each value is missing."""
        return arithmetic("isna", self)

    def notna(self) -> Any:
        """Whether each value is there."""
        return arithmetic("notna", self)

    def __neg__(self) -> Any:
        return arithmetic("neg", self)

    def __pos__(self) -> Any:
        return arithmetic("pos", self)

    def __abs__(self) -> Any:
        return arithmetic("abs", self)

    def __invert__(self) -> Any:
        return arithmetic("invert", self)

    def __add__(self, other: Any) -> Any:
        return arithmetic("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return arithmetic("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return arithmetic("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return arithmetic("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return arithmetic("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return arithmetic("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return arithmetic("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic("truediv", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return arithmetic("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return arithmetic("floordiv", other, self)

    def __mod__(self, other: Any) -> Any:
        return arithmetic("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return arithmetic("mod", other, self)

    def __pow__(self, other: Any) -> Any:
        return arithmetic("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return arithmetic("pow", other, self)

    def __and__(self, other: Any) -> Any:
        return arithmetic("and_", self, other)

    def __rand__(self, other: Any) -> Any:
        return arithmetic("and_", other, self)

    def __or__(self, other: Any) -> Any:
        return arithmetic("or_", self, other)

    def __ror__(self, other: Any) -> Any:
        return arithmetic("or_", other, self)

    def __xor__(self, other: Any) -> Any:
        return arithmetic("xor", self, other)

    def __rxor__(self, other: Any) -> Any:
        return arithmetic("xor", other, self)

    def __eq__(self, other: object) -> Any:
        return arithmetic("eq", self, other)

    def __ne__(self, other: object) -> Any:
        return arithmetic("ne", self, other)

    def __lt__(self, other: Any) -> Any:
        return arithmetic("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return arithmetic("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return arithmetic("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return arithmetic("ge", self, other)
