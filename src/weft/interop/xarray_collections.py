"""Datasets, data arrays and variables of xarray as composites: objects that hold collections of Weft.

So ``weft.compute(ds)``, ``weft.persist(first, second)`` and ``weft.delayed(function)(ds)`` look into them, and what several of
them share is computed once. They have names, too: two that were made alike have one token.
"""

from __future__ import annotations

from typing import Any

from xarray import DataArray, Dataset, Variable

from weft.array import Array
from weft.execution import graph_of, is_weft_collection

__all__ = ["is_chunked", "teach_collections"]


def is_chunked(data: Any) -> bool:
    """Whether data are one of Weft's arrays, or hold one as pint's quantities do."""
    return isinstance(data, Array) or (hasattr(type(data), "__weft_exprs__") and is_weft_collection(data))


def arrays_of(variables: Any) -> list[Any]:
    """Weft's arrays among the data of variables, in order."""
    return [each._data for each in variables if is_chunked(each._data)]


def refilled(variables: dict[Any, Any], items: list[Any]) -> dict[Any, Any]:
    """The variables with other data in place of Weft's arrays."""
    left = iter(items)
    return {
        name: each._replace(data=next(left)) if is_chunked(each._data) else each for name, each in variables.items()
    }


class Parts:
    """Methods that all have: graphs of what they hold, as programs that look into graphs ask for them."""

    def __weft_graph__(self: Any) -> Any:
        parts = self.__weft_exprs__()
        return graph_of(parts, optimize_graph=False) if parts else None

    def __weft_keys__(self: Any) -> list[Any]:
        return [each.__weft_keys__() for each in self.__weft_exprs__()]

    def __weft_layers__(self: Any) -> tuple[str, ...]:
        return tuple([layer for each in self.__weft_exprs__() for layer in each.__weft_layers__()])


class VariableParts(Parts):
    """Methods for `xarray.Variable`."""

    def __weft_keys__(self: Any) -> list[Any]:
        return self._data.__weft_keys__() if is_chunked(self._data) else []

    def __weft_exprs__(self: Any) -> list[Array]:
        return arrays_of([self])

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        return self._replace(data=items[0]) if items else self

    def __weft_tokenize__(self: Any) -> Any:
        return type(self), self._dims, self.data, self._attrs or None


class DatasetParts(Parts):
    """Methods for `xarray.Dataset`."""

    def __weft_exprs__(self: Any) -> list[Array]:
        return arrays_of(self._variables.values())

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        return self._replace(variables=refilled(self._variables, items))

    def __weft_tokenize__(self: Any) -> Any:
        return type(self), self._variables, self._coord_names, self._attrs or None


class DataArrayParts(Parts):
    """Methods for `xarray.DataArray`."""

    def __weft_exprs__(self: Any) -> list[Array]:
        return arrays_of([self._variable, *self._coords.values()])

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        own = int(is_chunked(self._variable._data))
        variable = self._variable._replace(data=items[0]) if own else self._variable
        return self._replace(variable, refilled(self._coords, items[own:]))

    def __weft_tokenize__(self: Any) -> Any:
        return type(self), self._variable, self._coords, self._name


METHODS = (
    "__weft_exprs__",
    "__weft_rebuild_from_exprs__",
    "__weft_tokenize__",
    "__weft_graph__",
    "__weft_keys__",
    "__weft_layers__",
)


def teach_collections() -> None:
    """Give xarray's classes the methods by which Weft looks into them."""
    kinds: list[tuple[Any, type]] = [(Variable, VariableParts), (Dataset, DatasetParts), (DataArray, DataArrayParts)]
    for kind, parts in kinds:
        for method in METHODS:
            setattr(kind, method, getattr(parts, method))
