"""Datasets, data arrays and variables of xarray as composites: objects that hold collections of Weft.

So ``weft.compute(ds)``, ``weft.persist(first, second)`` and ``weft.delayed(function)(ds)`` look into them, and what several of
them share is computed once. They have names, too: two that were made alike have one token.
"""

from __future__ import annotations

from typing import Any

from xarray import DataArray, Dataset, Variable

from weft.array import Array

__all__ = ["teach_collections"]


def arrays_of(variables: Any) -> list[Array]:
    """Weft's arrays among the data of variables, in order."""
    return [each._data for each in variables if isinstance(each._data, Array)]


def refilled(variables: dict[Any, Any], items: list[Any]) -> dict[Any, Any]:
    """The variables with other data in place of Weft's arrays."""
    left = iter(items)
    return {
        name: each._replace(data=next(left)) if isinstance(each._data, Array) else each
        for name, each in variables.items()
    }


class VariableParts:
    """Methods for `xarray.Variable`."""

    def __weft_exprs__(self: Any) -> list[Array]:
        return arrays_of([self])

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        return self._replace(data=items[0]) if items else self

    def __weft_tokenize__(self: Any) -> Any:
        return type(self), self._dims, self.data, self._attrs or None


class DatasetParts:
    """Methods for `xarray.Dataset`."""

    def __weft_exprs__(self: Any) -> list[Array]:
        return arrays_of(self._variables.values())

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        return self._replace(variables=refilled(self._variables, items))

    def __weft_tokenize__(self: Any) -> Any:
        return type(self), self._variables, self._coord_names, self._attrs or None


class DataArrayParts:
    """Methods for `xarray.DataArray`."""

    def __weft_exprs__(self: Any) -> list[Array]:
        return arrays_of([self._variable, *self._coords.values()])

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        own = int(isinstance(self._variable._data, Array))
        variable = self._variable._replace(data=items[0]) if own else self._variable
        return self._replace(variable, refilled(self._coords, items[own:]))

    def __weft_tokenize__(self: Any) -> Any:
        return type(self), self._variable, self._coords, self._name


def teach_collections() -> None:
    """Give xarray's classes the methods by which Weft looks into them."""
    kinds: list[tuple[Any, type]] = [(Variable, VariableParts), (Dataset, DatasetParts), (DataArray, DataArrayParts)]
    for kind, parts in kinds:
        kind.__weft_exprs__ = parts.__weft_exprs__  # type: ignore[attr-defined]
        kind.__weft_rebuild_from_exprs__ = parts.__weft_rebuild_from_exprs__  # type: ignore[attr-defined]
        kind.__weft_tokenize__ = parts.__weft_tokenize__  # type: ignore[attr-defined]
