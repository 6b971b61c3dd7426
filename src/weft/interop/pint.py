"""Quantities of pint that hold Weft's arrays: collections, as those that hold Dask's are.

pint gives the methods that compute to quantities of Dask's arrays only. Once both libraries are imported, quantities of Weft's
arrays have them, too; ``weft.compute(quantity)``, ``weft.persist`` and ``weft.delayed(function)(quantity)`` look into them.

    lengths = pint.UnitRegistry().Quantity(da.arange(4, chunks=2), "m")
    (lengths**2).sum().compute()  # 14 meter ** 2
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

import weft
from weft.array import Array
from weft.extras import import_required

__all__ = ["teach_pint"]


class QuantityParts:
    """Methods for pint's quantities."""

    def __weft_exprs__(self: Any) -> list[Array]:
        return [self._magnitude] if isinstance(self._magnitude, Array) else []

    def __weft_rebuild_from_exprs__(self: Any, items: list[Any]) -> Any:
        return type(self)(items[0], self._units) if items else self

    def __weft_graph__(self: Any) -> Any:
        return self._magnitude.__weft_graph__() if isinstance(self._magnitude, Array) else None

    def __weft_keys__(self: Any) -> list[Any]:
        return self._magnitude.__weft_keys__() if isinstance(self._magnitude, Array) else []

    def __weft_layers__(self: Any) -> tuple[str, ...]:
        return self._magnitude.__weft_layers__() if isinstance(self._magnitude, Array) else ()

    def __weft_tokenize__(self: Any) -> Any:
        return "pint.Quantity", self._magnitude, str(self._units)


def namespace(*, api_version: str | None = None) -> Any:
    """NumPy, whose functions pint answers. Of the numbers alone it would be Weft's, and units would be lost."""
    return np


def namespace_of(self: Any) -> Any:
    """What gives the namespace of a quantity of Weft's arrays; for others pint says whether they have one."""
    if isinstance(self._magnitude, Array):
        return namespace
    raise AttributeError("__array_namespace__")


def computed(quantity: Any, **kwargs: Any) -> Any:
    """The quantity with its numbers in memory."""
    return weft.compute(quantity, **kwargs)[0]


def persisted(quantity: Any, **kwargs: Any) -> Any:
    """The quantity with its blocks computed."""
    return weft.persist(quantity, **kwargs)[0]


def of_ours(before: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """A method of quantities, but ``ours`` for those that hold Weft's arrays."""

    @wraps(before)
    def chosen(self: Any, *args: Any, **kwargs: Any) -> Any:
        return (ours if isinstance(self._magnitude, Array) else before)(self, *args, **kwargs)

    return chosen


def teach_pint() -> None:
    """Let pint's quantities of Weft's arrays be collections; once."""
    kind: Any = import_required("pint.facets.dask", "quantities need pint: pip install pint").DaskQuantity
    if hasattr(kind, "__weft_exprs__"):
        return
    for name, method in vars(QuantityParts).items():
        if name.startswith("__weft_"):
            setattr(kind, name, method)
    kind.__array_namespace__ = property(namespace_of)
    kind.compute = of_ours(kind.compute, computed)
    kind.persist = of_ours(kind.persist, persisted)
    kind.visualize = of_ours(kind.visualize, lambda self, **kwargs: weft.visualize(self, **kwargs))
