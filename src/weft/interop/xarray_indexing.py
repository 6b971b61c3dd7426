"""What xarray knows how to do with Dask's arrays only, for Weft's.

A chunk manager answers most of what xarray asks, but some of xarray tells chunked arrays by their class. There are three such
places that matter: arrays with an array namespace are never indexed by several arrays at once, since the standard has no such
indexing (Weft's arrays have, as ``vindex``); a number that is still to be computed is not known for one when it indexes
(``idxmax``); and filling forward goes through bottleneck, which computes. All are replaced by
functions that do what was done before for all arrays but Weft's.
"""

from __future__ import annotations

from typing import Any

from xarray.core import duck_array_ops, indexing, variable

import weft.array as da
from weft.array import Array

__all__ = ["teach"]

Standard: Any = indexing.ArrayApiIndexingAdapter
filled_before = duck_array_ops._push
is_single_before: Any = variable.is_0d_dask_array  # type: ignore[attr-defined, unused-ignore]


class WeftIndexingAdapter(Standard):  # type: ignore[misc]
    """Indexing of arrays with an array namespace, and all that Weft's arrays can do beyond the standard."""

    __slots__ = ("array",)

    def _oindex_get(self, indexer: Any) -> Any:
        if isinstance(self.array, Array):
            return self.array.oindex[indexer.tuple]
        return super()._oindex_get(indexer)

    def _vindex_get(self, indexer: Any) -> Any:
        if isinstance(self.array, Array):
            return self.array[indexer.tuple] if plain(indexer.tuple) else self.array.vindex[indexer.tuple]
        return super()._vindex_get(indexer)

    def _oindex_set(self, indexer: Any, value: Any) -> None:
        if isinstance(self.array, Array):
            self.array.oindex[indexer.tuple] = value
        else:
            super()._oindex_set(indexer, value)

    def _vindex_set(self, indexer: Any, value: Any) -> None:
        if isinstance(self.array, Array):
            self.array.vindex[indexer.tuple] = value
        else:
            super()._vindex_set(indexer, value)


def plain(key: tuple[Any, ...]) -> bool:
    """Whether an index has one array, or none: then NumPy's rules give what pointwise indexing gives, and new axes first."""
    return sum(hasattr(each, "ndim") for each in key) == 1 and len(key) == 1


def filled(array: Any, n: int | None = None, axis: int = -1) -> Any:
    """Values carried forward over missing ones, ``n`` times at most."""
    if isinstance(array, Array):
        return da.push(array, n, axis)
    return filled_before(array, n, axis)


def is_single_place(key: Any) -> bool:
    """Whether an index is a number that is still to be computed: its axis is not in the result."""
    return bool(key.ndim == 0 if isinstance(key, Array) else is_single_before(key))


def teach() -> None:
    """Let xarray index and fill Weft's arrays."""
    indexing.ArrayApiIndexingAdapter = WeftIndexingAdapter  # type: ignore[misc]
    duck_array_ops._push = filled
    variable.is_0d_dask_array = is_single_place  # type: ignore[assignment, attr-defined, unused-ignore]
