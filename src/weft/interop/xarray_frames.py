"""Frames of xarray's datasets that hold Weft's arrays: ``ds.to_dask_dataframe()`` makes a frame of Weft's.

Each variable becomes a column, spread over all dimensions and laid out row by row; all are cut alike, so that partitions fit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from xarray import Dataset

import weft.array as da
from weft.array import Array
from weft.collection.convert import CONVERSIONS

__all__ = ["teach_frames"]

before: Callable[..., Any] = Dataset.to_dask_dataframe


def column_of(ds: Dataset, name: Any, sizes: dict[Any, int], chunks: dict[Any, Any]) -> Any:
    """A variable's values for all places, the last dimension running fastest; numbers for a dimension without labels."""
    if name in ds.variables:
        found = ds.variables[name]
        dims, values = found.dims, found._data if isinstance(found._data, Array) else found.values
    else:
        dims, values = (name,), np.arange(sizes[name])
    array = da.asarray(values).transpose([dims.index(each) for each in sizes if each in dims])
    array = array[tuple([slice(None) if each in dims else None for each in sizes])]
    cut = {place: chunks[each] for place, each in enumerate(sizes) if each in chunks}
    return da.broadcast_to(array, tuple(sizes.values())).rechunk(cut).ravel()


def frame_of(ds: Dataset, dim_order: Any = None, set_index: bool = False) -> Any:
    """A frame with a column for each dimension, coordinate and variable, and a row for each place."""
    dims = list(ds._normalize_dim_order(dim_order=dim_order))
    sizes = {each: ds.sizes[each] for each in dims}
    names = [*dims, *[each for each in ds.coords if each not in ds.dims], *ds.data_vars]
    chunks = dict(ds.chunks)
    first, *others = [(name, column_of(ds, name, sizes, chunks)) for name in names]
    frame = CONVERSIONS["frame-of-array"](first[1], columns=first[0]).to_frame()
    for name, values in others:
        frame[name] = values
    if not set_index:
        return frame
    if len(dims) > 1:
        raise NotImplementedError("a frame has an index of one level: give set_index=False, or choose one dimension")
    return frame.set_index(dims[0])


@wraps(before)
def to_dask_dataframe(self: Dataset, dim_order: Any = None, set_index: bool = False) -> Any:
    ours = any(isinstance(each._data, Array) for each in self.variables.values())
    return (frame_of if ours else before)(self, dim_order, set_index)


def teach_frames() -> None:
    """Let datasets that hold Weft's arrays become frames of Weft's."""
    Dataset.to_dask_dataframe = to_dask_dataframe  # type: ignore[method-assign]
