"""Lists and structs of Arrow: ``series.list`` and ``series.struct``."""

from __future__ import annotations

from typing import Any

from weft.dataframe.kernels.pandas.elementwise import function_named
from weft.dataframe.ops.accessors import Accessor
from weft.dataframe.ops.elementwise import elementwise
from weft.dataframe.ops.map_partitions import map_partitions

__all__ = ["ListAccessor", "StructAccessor"]


class ListAccessor(Accessor):
    """Methods of lists."""

    __slots__ = ()

    def len(self) -> Any:
        """Length of each list."""
        return self._call("len")

    def flatten(self) -> Any:
        """All elements, a row each; labels are repeated."""

        return map_partitions(flatten_lists, self._column)

    def __getitem__(self, key: int | slice) -> Any:
        return elementwise("list_item", self._column, key)


class StructAccessor(Accessor):
    """Methods of structs."""

    __slots__ = ()

    @property
    def dtypes(self) -> Any:
        """Types of the fields."""
        return self._column.expr.meta.struct.dtypes

    def field(self, name_or_index: Any) -> Any:
        """One field."""
        return self._call("field", name_or_index)

    def explode(self) -> Any:
        """A frame with a column for each field."""
        return self._call("explode")


def flatten_lists(column: Any) -> Any:
    """All elements of lists."""
    return column.list.flatten()


@function_named("list_item")
def list_item(column: Any, key: Any) -> Any:
    """An element, or a part, of each list."""
    return column.list[key]
