"""What xarray knows how to do with Dask's arrays only, for Weft's.

A chunk manager answers most of what xarray asks, but some of xarray tells chunked arrays by their class. There are a few such
places that matter:

- arrays with an array namespace are never indexed by several arrays at once, since the standard has no such indexing
  (Weft's arrays have, as ``vindex``);
- a number that is still to be computed is not known for one when it indexes (``idxmax``);
- fields of dates, checks of weights, fits and masks are computed at once, unless the arrays are Dask's;
- filling forward goes through bottleneck, and looking for missing dates through pandas, which compute;
- arrays are compared by their values where datasets are merged, unless they are Dask's and have one name;
- differences of dates of other calendars become numbers element by element, which computes;
- groups are reduced by flox where it is installed, which divides work for Dask's arrays only (`weft.interop.flox`);
- rolling windows are reduced by bottleneck where users ask for it, but only those of NumPy's and Dask's arrays;
- arrays that are shifted or rolled keep their chunks if they are Dask's;
- of an array and a quantity the array's namespace is asked, which knows no units; Dask's arrays have none;
- ``chunk()`` without a word on the kind of array makes Dask's arrays, of Weft's, too.

All are replaced by functions that do what was done before for all arrays but Weft's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from xarray.compat import array_api_compat, dask_array_ops
from xarray.computation import fit, rolling, weighted
from xarray.core import accessor_dt, dataset, duck_array_ops, indexing, nputils, variable
from xarray.core.options import OPTIONS
from xarray.namedarray.utils import is_duck_dask_array
from xarray.structure import concat, merge

import weft.array as da
from weft.array import Array
from weft.array.chunk_types import is_upcast
from weft.interop.either import either
from weft.interop.xarray_collections import is_chunked

__all__ = ["teach"]

Standard: Any = indexing.ArrayApiIndexingAdapter
NumpyLike: Any = indexing.NdArrayLikeIndexingAdapter
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
        return self._as_numpy()._vindex_get(indexer)

    def _oindex_set(self, indexer: Any, value: Any) -> None:
        if isinstance(self.array, Array):
            self.array.oindex[indexer.tuple] = value
        else:
            self._as_numpy()._oindex_set(indexer, value)

    def _vindex_set(self, indexer: Any, value: Any) -> None:
        if isinstance(self.array, Array):
            self.array.vindex[indexer.tuple] = value
        else:
            self._as_numpy()._vindex_set(indexer, value)

    def _as_numpy(self) -> Any:
        """The same, indexed as NumPy's arrays are, for arrays that wrap Weft's (pint's do); else the standard's indexing."""
        return NumpyLike(self.array) if wraps_ours(self.array) else super()


def wraps_ours(array: Any) -> bool:
    """Whether an array of another class holds one of Weft's."""
    return is_upcast(array) and is_chunked(array)


def plain(key: tuple[Any, ...]) -> bool:
    """Whether an index has one array, or none: then NumPy's rules give what pointwise indexing gives, and new axes first."""
    return sum(hasattr(each, "ndim") for each in key) == 1 and len(key) == 1


def filled(array: Any, n: int | None = None, axis: int = -1) -> Any:
    """Values carried forward over missing ones, ``n`` times at most."""
    return da.push(array, n, axis)


def is_missing(array: Any) -> Any:
    """Whether values are missing, as pandas has it."""
    return array.map_blocks(pd.isnull, dtype=bool)


def is_same(first: Any, second: Any) -> bool | None:
    """Whether two arrays are equal, as far as that is known without computing them; None where it is not."""
    if first is second:
        return True
    if first.shape != second.shape:
        return False
    both = isinstance(first, Array) and isinstance(second, Array)
    return True if both and first.name == second.name else None


def time_as_number(array: Any, datetime_unit: str) -> Any:
    """Python's time differences as floats."""
    ops: Any = duck_array_ops
    seconds = array.map_blocks(ops._timedelta_to_seconds, dtype=float)
    unit: Any = datetime_unit
    return np.timedelta64(1, "us") / np.timedelta64(1, unit) * seconds


def windows(array: Any, window_shape: Any, axis: Any = None, **options: Any) -> Any:
    """All windows of a shape. Options say how NumPy's views are to be, too, which is not needed here."""
    cut = options.get("automatic_rechunk", True)
    return da.lib.stride_tricks.sliding_window_view(array, window_shape, axis, automatic_rechunk=cut)


def is_lazy(array: Any) -> bool:
    """Whether blocks are made later: where xarray asks whether an array is Dask's, and then does what any can do."""
    return isinstance(array, Array) or is_duck_dask_array(array)


def is_single_place(key: Any) -> bool:
    """Whether an index is a number that is still to be computed: its axis is not in the result."""
    return bool(key.ndim == 0 if isinstance(key, Array) else is_single_before(key))


def by_bottleneck(reduce: Callable[..., Any]) -> Callable[..., Any]:
    """The method that reduces rolling windows, which takes bottleneck's functions for Weft's arrays where it may."""

    plain = {"array_agg_func", "numbagg_move_func", "rolling_agg_func", "fillna", "sliding_window_view_kwargs"}

    @wraps(reduce)
    def chosen(self: Any, *, bottleneck_move_func: Any, keep_attrs: Any, **kwargs: Any) -> Any:
        may = OPTIONS["use_bottleneck"] and bottleneck_move_func is not None and self.ndim == 1
        if may and plain.issuperset(kwargs) and isinstance(self.obj.variable._data, Array):
            return self._bottleneck_reduce(bottleneck_move_func, keep_attrs=keep_attrs)
        return reduce(self, bottleneck_move_func=bottleneck_move_func, keep_attrs=keep_attrs, **kwargs)

    return chosen


def stays(chunk: Callable[..., Any], manager: Any) -> Callable[..., Any]:
    """The method ``chunk``, for which Weft's arrays stay what they are if no kind of array is asked for."""

    @wraps(chunk)
    def chunk_again(self: Any, *args: Any, chunked_array_type: Any = None, **kwargs: Any) -> Any:
        if chunked_array_type is None and any(isinstance(each, Array) for each in data_of(self)):
            chunked_array_type = manager
        return chunk(self, *args, chunked_array_type=chunked_array_type, **kwargs)

    return chunk_again


def numpy_for_wrapped(namespace: Callable[..., Any]) -> Callable[..., Any]:
    """The function that finds the namespace of arrays: NumPy where one wraps Weft's (pint's do), since NumPy's functions ask it."""

    @wraps(namespace)
    def found(*values: Any) -> Any:
        return np if any(map(wraps_ours, values)) else namespace(*values)

    return found


def in_chunks_as_before(move: Callable[..., Any]) -> Callable[..., Any]:
    """A method that moves values along an axis, after which Weft's arrays are cut as they were, as xarray promises of Dask's."""

    @wraps(move)
    def moved(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = move(self, *args, **kwargs)
        if isinstance(self._data, Array) and isinstance(result._data, Array) and result.shape == self.shape:
            return result._replace(data=result._data.rechunk(self._data.chunks))
        return result

    return moved


def data_of(holder: Any) -> list[Any]:
    """What a variable, or the variables of a dataset, hold."""
    variables = holder.variables.values() if isinstance(holder, dataset.Dataset) else [holder]
    return [each._data for each in variables]


def teach(manager: Any) -> None:
    """Let xarray index, fill, fit and cut Weft's arrays, and find what is missing in them; once."""
    if variable.is_0d_dask_array is is_single_place:  # type: ignore[attr-defined, unused-ignore]
        return
    indexing.ArrayApiIndexingAdapter = WeftIndexingAdapter  # type: ignore[misc]
    variable.is_0d_dask_array = is_single_place  # type: ignore[assignment, attr-defined, unused-ignore]
    ops: Any = duck_array_ops
    ops._push = either(ops._push, filled)
    ops.pandas_isnull = either(ops.pandas_isnull, is_missing)
    ops.masked_invalid = either(ops.masked_invalid, da.ma.masked_invalid)
    ops.getmaskarray = either(ops.getmaskarray, da.ma.getmaskarray)
    ops.sliding_window_view = either(ops.sliding_window_view, windows)
    ops.py_timedelta_to_float = either(ops.py_timedelta_to_float, time_as_number)
    comparing: Any
    for comparing in (ops, merge, concat):
        comparing.lazy_array_equiv = either(comparing.lazy_array_equiv, is_same)
    fits: Any = fit
    fits.least_squares = either(fits.least_squares, dask_array_ops.least_squares)
    for module in (accessor_dt, fit, rolling, weighted):
        module.is_duck_dask_array = is_lazy  # type: ignore[attr-defined]
    rolling.DataArrayRolling._array_reduce = by_bottleneck(rolling.DataArrayRolling._array_reduce)  # type: ignore[method-assign]
    naming: Any
    for naming in (array_api_compat, duck_array_ops, nputils):
        naming.get_array_namespace = numpy_for_wrapped(naming.get_array_namespace)
    moving: Any = variable.Variable
    moving._shift_one_dim = in_chunks_as_before(moving._shift_one_dim)
    moving._roll_one_dim = in_chunks_as_before(moving._roll_one_dim)
    for holder in (dataset.Dataset, variable.Variable):
        holder.chunk = stays(holder.chunk, manager)  # type: ignore[method-assign]
