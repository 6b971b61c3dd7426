"""Arithmetic, comparison and logic, as operators and as methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weft.dataframe.base import FrameBase
from weft.dataframe.expr import have_same_rows
from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.beside import by_place, has_rows, matched
from weft.dataframe.ops.categorical import known
from weft.dataframe.ops.concat import as_collection
from weft.dataframe.ops.elementwise import beside, elementwise, is_of_columns
from weft.dataframe.ops.reshaping import reshaped_whole

__all__ = ["OPERATORS", "ArithmeticMethods", "SeriesArithmeticMethods", "binary"]

#: NumPy's functions that pandas takes for its operators, which broadcast and align.
OPERATORS: dict[Any, str] = {
    np.add: "add",
    np.subtract: "sub",
    np.multiply: "mul",
    np.true_divide: "truediv",
    np.floor_divide: "floordiv",
    np.remainder: "mod",
    np.power: "pow",
    np.bitwise_and: "and_",
    np.bitwise_or: "or_",
    np.bitwise_xor: "xor",
    np.equal: "eq",
    np.not_equal: "ne",
    np.less: "lt",
    np.less_equal: "le",
    np.greater: "gt",
    np.greater_equal: "ge",
}

LOGICAL = frozenset({"and_", "or_", "xor"})
#: Comparisons by order.
ORDERED = frozenset({"lt", "le", "gt", "ge"})


def binary(operation: str, left: Any, right: Any) -> Any:
    """An operator on two operands, one of which is a frame."""
    check_logical(operation, left, right)
    if operation in ORDERED and not isinstance(right, FrameBase):
        left = known(left)  # which category is the less is not told by meta otherwise
    if isinstance(left, FrameBase):
        right = for_columns(left, right)
        if isinstance(right, FrameBase):
            left = for_columns(right, left)
    if isinstance(left, FrameBase):
        return elementwise(operation, left, beside(left, right))
    return elementwise(operation, beside(right, for_columns(right, left)), right)


def check_logical(operation: str, *sides: Any) -> None:
    """Refuse logic of a column and a list, as pandas does."""
    is_column = any(isinstance(each, FrameBase) and isinstance(each.expr.meta, (pd.Series, pd.Index)) for each in sides)
    if operation in LOGICAL and is_column and any(isinstance(each, (list, tuple)) for each in sides):
        raise TypeError(
            "Logical ops (and, or, xor) between Pandas objects and dtype-less sequences (e.g. list, tuple) are not supported: "
            "wrap the object in a Series, Index, or np.array before"
        )


def for_columns(frame: Any, value: Any) -> Any:
    """What has a value for each of the columns: a series of other rows beside a frame, which is computed as in pandas, and a
    mapping.
    """
    if isinstance(value, dict):
        return of_mapping(frame.expr.meta, value)
    if not isinstance(value, FrameBase) or not isinstance(value.expr.meta, pd.Series):
        return value
    is_frame = isinstance(frame.expr.meta, pd.DataFrame)
    is_other = not have_same_rows(value.expr, frame.expr) and not is_of_columns(value.expr)
    return value.compute() if is_frame and is_other else value


def of_mapping(meta: Any, value: dict[Any, Any]) -> pd.Series:
    """A value for each column, by their labels.

    Raises
    ------
    TypeError
        There are no columns.
    ValueError
        There are more values than columns, or less.
    """
    if not isinstance(meta, pd.DataFrame):
        raise TypeError(
            f"operands may not be a {type(meta).__name__} and a dict: make a Series of it, which is matched by label"
        )
    if len(value) != len(meta.columns):
        raise ValueError(f"Unable to coerce to Series, length must be {len(meta.columns)}: given {len(value)}")
    return pd.Series(value, index=meta.columns)


@function_named("flex")
def flexible(name: str, left: Any, right: Any, **options: Any) -> Any:
    """One of pandas' methods of arithmetic, with options."""
    return getattr(left, name)(right, **options)


def flex(name: str, left: Any, right: Any, axis: Any, level: Any, fill_value: Any) -> Any:
    """A method of arithmetic such as ``add``."""
    is_frame = isinstance(left.expr.meta, pd.DataFrame)
    options: dict[str, Any] = {}
    if not is_frame and isinstance(left.expr.meta, pd.Series):
        if axis not in (0, "index", None):
            raise ValueError(f"No axis named {axis} for object type Series")
        if is_of_rows(right):
            raise TypeError(f"Series.{name} does not support a DataFrame `other`. Use df.{name}(ser) instead.")
    if fill_value is not None:
        options["fill_value"] = fill_value
    if level is not None:
        return by_level(name, left, right, axis, level, options)
    if is_frame and isinstance(right, dict) and axis in (0, "index"):
        raise TypeError(f"{name}(axis=0) takes no dict: make a Series of it, which is matched with the rows by label")
    if isinstance(right, pd.Index) and isinstance(left.expr.meta, pd.Series):
        right = by_place(left.index, right, name=right.name)  # pandas divides by 0 otherwise than by a series
    if is_frame and axis in (0, "index"):
        if isinstance(right, FrameBase) and isinstance(right.expr.meta, pd.Index):
            right = right.to_series()  # type: ignore[attr-defined]
        elif isinstance(right, pd.Series):
            right = matched(left, right)
        elif has_rows(right) and not isinstance(right, (FrameBase, pd.DataFrame)) and np.ndim(right) == 1:
            right = by_place(left, right)
        if isinstance(right, FrameBase) and isinstance(right.expr.meta, pd.Series):
            options["axis"] = 0
    elif axis not in (0, 1, "index", "columns", None):
        raise ValueError(f"No axis named {axis} for object type {'DataFrame' if is_frame else 'Series'}")
    else:
        right = for_columns(left, right)
    return elementwise("flex", name, left, beside(left, right), **options)


def by_level(name: str, left: Any, right: Any, axis: Any, level: Any, options: dict[str, Any]) -> Any:
    """A method of operands whose labels are matched in one level; both are brought to one place."""
    is_frame = isinstance(left.expr.meta, pd.DataFrame)
    words = {**options, "level": level, **({"axis": axis} if is_frame else {})}
    is_labelled = isinstance(right, (FrameBase, pd.Series, pd.DataFrame))
    if not is_labelled or (is_frame and axis in (1, "columns", None) and not is_of_rows(right)):
        return elementwise("flex", name, left, right.compute() if isinstance(right, FrameBase) else right, **words)
    return reshaped_whole("flex", left, as_collection(right), name=name, **words)


def is_of_rows(value: Any) -> bool:
    """Whether a value is a table, whose rows are matched with those of another."""
    return isinstance(value.expr.meta if isinstance(value, FrameBase) else value, pd.DataFrame)


class ArithmeticMethods(FrameBase):
    """Operators, row by row, and their methods.

    The methods (``add``, ``rsub``, ``eq``, ...) take ``other`` (a frame, series or value), ``axis`` (0 matches a series
    with the rows of a frame, 1 with its columns) and ``fill_value`` (in place of missing values on one side).
    """

    __slots__ = ()

    def __neg__(self) -> Any:
        return elementwise("neg", self)

    def __pos__(self) -> Any:
        return elementwise("pos", self)

    def __abs__(self) -> Any:
        return elementwise("abs", self)

    def __invert__(self) -> Any:
        return elementwise("invert", self)

    def __add__(self, other: Any) -> Any:
        return binary("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return binary("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return binary("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return binary("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return binary("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return binary("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return binary("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return binary("truediv", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return binary("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return binary("floordiv", other, self)

    def __mod__(self, other: Any) -> Any:
        return binary("mod", self, other)

    def __rmod__(self, other: Any) -> Any:
        return binary("mod", other, self)

    def __pow__(self, other: Any) -> Any:
        return binary("pow", self, other)

    def __rpow__(self, other: Any) -> Any:
        return binary("pow", other, self)

    def __and__(self, other: Any) -> Any:
        return binary("and_", self, other)

    def __rand__(self, other: Any) -> Any:
        return binary("and_", other, self)

    def __or__(self, other: Any) -> Any:
        return binary("or_", self, other)

    def __ror__(self, other: Any) -> Any:
        return binary("or_", other, self)

    def __xor__(self, other: Any) -> Any:
        return binary("xor", self, other)

    def __rxor__(self, other: Any) -> Any:
        return binary("xor", other, self)

    def __hash__(self) -> int:  # of the object: which rows it stands for may change
        return object.__hash__(self)

    def __eq__(self, other: object) -> Any:
        return binary("eq", self, other)

    def __ne__(self, other: object) -> Any:
        return binary("ne", self, other)

    def __lt__(self, other: Any) -> Any:
        return binary("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return binary("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return binary("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return binary("ge", self, other)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def add(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Sum with another operand."""
        return flex("add", self, other, axis, level, fill_value)

    def radd(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("radd", self, other, axis, level, fill_value)

    def sub(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Difference from another operand."""
        return flex("sub", self, other, axis, level, fill_value)

    def rsub(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("rsub", self, other, axis, level, fill_value)

    def mul(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Product with another operand."""
        return flex("mul", self, other, axis, level, fill_value)

    def rmul(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("rmul", self, other, axis, level, fill_value)

    def truediv(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Quotient by another operand."""
        return flex("truediv", self, other, axis, level, fill_value)

    def rtruediv(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("rtruediv", self, other, axis, level, fill_value)

    def floordiv(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whole quotient by another operand."""
        return flex("floordiv", self, other, axis, level, fill_value)

    def rfloordiv(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("rfloordiv", self, other, axis, level, fill_value)

    def mod(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Remainder by another operand."""
        return flex("mod", self, other, axis, level, fill_value)

    def rmod(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("rmod", self, other, axis, level, fill_value)

    def pow(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Power of another operand."""
        return flex("pow", self, other, axis, level, fill_value)

    def rpow(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """The same with the operands exchanged."""
        return flex("rpow", self, other, axis, level, fill_value)

    def eq(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whether equal to another operand."""
        return flex("eq", self, other, axis, level, fill_value)

    def ne(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whether unequal to another operand."""
        return flex("ne", self, other, axis, level, fill_value)

    def lt(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whether less than another operand."""
        return flex("lt", self, other, axis, level, fill_value)

    def le(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whether at most another operand."""
        return flex("le", self, other, axis, level, fill_value)

    def gt(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whether greater than another operand."""
        return flex("gt", self, other, axis, level, fill_value)

    def ge(self, other: Any, axis: Any = "columns", level: Any = None, fill_value: Any = None) -> Any:
        """Whether at least another operand."""
        return flex("ge", self, other, axis, level, fill_value)

    div = truediv
    divide = truediv
    multiply = mul
    subtract = sub
    rdiv = rtruediv


class SeriesArithmeticMethods(ArithmeticMethods):
    """The same for series, whose methods take ``level`` and ``fill_value`` first, as pandas' do."""

    __slots__ = ()

    def add(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Sum with another operand."""
        return flex("add", self, other, axis, level, fill_value)

    def radd(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("radd", self, other, axis, level, fill_value)

    def sub(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Difference from another operand."""
        return flex("sub", self, other, axis, level, fill_value)

    def rsub(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("rsub", self, other, axis, level, fill_value)

    def mul(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Product with another operand."""
        return flex("mul", self, other, axis, level, fill_value)

    def rmul(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("rmul", self, other, axis, level, fill_value)

    def truediv(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Quotient by another operand."""
        return flex("truediv", self, other, axis, level, fill_value)

    def rtruediv(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("rtruediv", self, other, axis, level, fill_value)

    def floordiv(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whole quotient by another operand."""
        return flex("floordiv", self, other, axis, level, fill_value)

    def rfloordiv(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("rfloordiv", self, other, axis, level, fill_value)

    def mod(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Remainder by another operand."""
        return flex("mod", self, other, axis, level, fill_value)

    def rmod(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("rmod", self, other, axis, level, fill_value)

    def pow(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Power of another operand."""
        return flex("pow", self, other, axis, level, fill_value)

    def rpow(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """The same with the operands exchanged."""
        return flex("rpow", self, other, axis, level, fill_value)

    def eq(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whether equal to another operand."""
        return flex("eq", self, other, axis, level, fill_value)

    def ne(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whether unequal to another operand."""
        return flex("ne", self, other, axis, level, fill_value)

    def lt(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whether less than another operand."""
        return flex("lt", self, other, axis, level, fill_value)

    def le(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whether at most another operand."""
        return flex("le", self, other, axis, level, fill_value)

    def gt(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whether greater than another operand."""
        return flex("gt", self, other, axis, level, fill_value)

    def ge(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> Any:  # type: ignore[override]
        """Whether at least another operand."""
        return flex("ge", self, other, axis, level, fill_value)

    def divmod(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> tuple[Any, Any]:
        """Whole quotient and remainder."""
        options = (level, fill_value, axis)
        return self.floordiv(other, *options), self.mod(other, *options)

    def rdivmod(self, other: Any, level: Any = None, fill_value: Any = None, axis: Any = 0) -> tuple[Any, Any]:
        """Whole quotient and remainder of another operand by this."""
        options = (level, fill_value, axis)
        return self.rfloordiv(other, *options), self.rmod(other, *options)

    div = truediv  # type: ignore[assignment]
    divide = truediv  # type: ignore[assignment]
    multiply = mul  # type: ignore[assignment]
    subtract = sub  # type: ignore[assignment]
    rdiv = rtruediv  # type: ignore[assignment]
