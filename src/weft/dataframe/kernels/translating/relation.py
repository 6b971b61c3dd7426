"""What rows and columns are to every engine; what they are made of is each engine's own."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from weft.dataframe.kernels.translating import Untranslatable, is_float, is_integer, is_text, plain_number
from weft.records import replaced

__all__ = ["TRUTH", "BaseColumn", "BaseRelation", "number_of", "text", "truth"]

C = TypeVar("C", bound="BaseColumn")
TRUTH = np.dtype(bool)


class BaseColumn:
    """An expression of pandas' type ``dtype``, which may hold nulls, or NaN.

    ``narrow`` is pandas' type in case that nothing turns out to be missing: that of a column that a join may leave gaps in.
    """

    dtype: Any
    null: bool
    nan: bool
    narrow: Any

    def settled(self) -> Self:
        """A truth value without null."""
        raise NotImplementedError(f"{type(self).__name__} does not say how null becomes False")

    def nulled(self) -> Self:
        """Missing values as null only."""
        raise NotImplementedError(f"{type(self).__name__} does not say how NaN becomes null")

    def cast(self, dtype: Any) -> Self:
        """The same values in another type, which must hold them."""
        raise NotImplementedError(f"{type(self).__name__} does not say how values are cast")


class BaseRelation(Generic[C]):
    """Rows, and the columns that a node has of them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    columns: tuple[tuple[Hashable, C], ...]

    def column(self, label: Hashable) -> C:
        """A column by label."""
        for name, each in self.columns:
            if name == label:
                return each
        raise Untranslatable(f"there is no column {label!r} here")

    @property
    def only(self) -> C:
        """The column of a series."""
        ((_, column),) = self.columns
        return column

    def with_columns(self, columns: Iterable[tuple[Hashable, C]]) -> Self:
        """The same rows with other columns."""
        return replaced(self, columns=tuple(columns))


def text(value: Any) -> Any:
    """A column of text."""
    if isinstance(value, BaseColumn) and is_text(value.dtype):
        return value
    raise Untranslatable("only pandas' own type of text is translated")


def truth(value: Any) -> Any:
    """A column of truth values."""
    if isinstance(value, BaseColumn) and value.dtype == TRUTH:
        return value
    raise Untranslatable("logic of anything but truth values stays in pandas")


def number_of(value: Any, dtype: Any) -> Any:
    """An operand of arithmetic: a column of numbers in a type, or a plain number that fits it."""
    if not isinstance(value, BaseColumn):
        return plain_number(value, dtype)
    column = value.settled()
    if column.dtype.kind not in "biuf":
        raise Untranslatable(f"arithmetic of {column.dtype} stays in pandas")
    if is_integer(dtype) and is_float(column.dtype):
        raise Untranslatable("a float among integers")
    return column.cast(dtype)
