"""What accessors (``series.str``, ``series.dt``, ...) stand on, and users' own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from weft.dataframe.base import FrameBase
from weft.dataframe.ops.elementwise import elementwise

__all__ = ["Accessor", "UserAccessor", "register"]

A = TypeVar("A", bound="Accessor")


class Accessor:
    """Methods of a column's values, of one type."""

    __slots__ = ("_column", "_name")

    def __init__(self, column: Any, name: str) -> None:
        self._column = column
        self._name = name

    @classmethod
    def of(cls: type[A], column: Any, name: str) -> A:
        """The accessor of a column; AttributeError where pandas has none for its type."""
        getattr(column.expr.meta, name)
        return cls(column, name)

    def _call(self, operation: str, *args: Any, **keywords: Any) -> Any:
        return elementwise(f"{self._name}.{operation}", self._column, *args, **keywords)


class UserAccessor:
    """Descriptor of an accessor that a user has registered: made once for each collection."""

    def __init__(self, name: str, accessor: Callable[[Any], Any]) -> None:
        self.name = name
        self.accessor = accessor

    def __get__(self, instance: Any, owner: type) -> Any:
        return self.accessor if instance is None else self.accessor(instance)


def register(kind: type[FrameBase], name: str) -> Callable[[Any], Any]:
    """Decorator: a class becomes the accessor of that name, made with the collection.

    A name that the collection has already is replaced with a warning, as pandas does.
    """

    def decorate(accessor: Any) -> Any:
        if hasattr(kind, name):
            import warnings

            warnings.warn(
                f"registration of accessor {accessor!r} under name {name!r} for type {kind!r} is overriding a preexisting "
                "attribute with the same name.",
                UserWarning,
                stacklevel=2,
            )
        setattr(kind, name, UserAccessor(name, accessor))
        return accessor

    return decorate
