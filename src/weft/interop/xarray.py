"""xarray on Weft's arrays: a chunk manager.

xarray finds it by its entry point, and takes it where it is asked for by name (``ds.chunk(chunked_array_type="weft")``,
``xr.set_options(chunk_manager="weft")``) or where a dataset holds Weft's arrays already. Installing Weft changes nothing
for others.

>>> import xarray as xr
>>> from weft.interop.xarray import register
>>> register()
>>> temperatures = xr.DataArray(range(6), dims="time").chunk(time=3, chunked_array_type="weft")
>>> type(temperatures.data).__name__, int(temperatures.mean())
('Array', 2)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import weft
import weft.array as da
from weft.array import Array
from weft.array.chunk_forms import limit_bytes
from weft.extras import import_required

parallelcompat = import_required(
    "xarray.namedarray.parallelcompat", 'weft.interop.xarray needs xarray: pip install "weft[xarray]"'
)

from weft.interop.xarray_blocks import teach_blocks  # noqa: E402 (likewise)
from weft.interop.xarray_collections import is_chunked  # noqa: E402 (asks for xarray, says nothing if it is missing)
from weft.interop.xarray_frames import teach_frames  # noqa: E402 (likewise)
from weft.interop.xarray_indexing import teach  # noqa: E402 (likewise)
from weft.interop.xarray_writing import teach_writing  # noqa: E402 (likewise)

__all__ = ["WeftManager", "register"]


class WeftManager(parallelcompat.ChunkManagerEntrypoint):  # type: ignore[misc,name-defined]
    """What xarray asks of chunked arrays, answered with `weft.array`."""

    available = True

    def __init__(self) -> None:
        self.array_cls = Array
        teach(self)
        teach_frames()
        teach_blocks()
        teach_writing()

    def is_chunked_array(self, data: Any) -> bool:
        """Whether an object is one of Weft's arrays, or holds one (a quantity of pint)."""
        return is_chunked(data)

    @property
    def array_api(self) -> Any:
        """Functions of arrays."""
        return da

    def chunks(self, data: Any) -> Any:
        """Lengths of the chunks along each axis."""
        return data.chunks

    def normalize_chunks(
        self, chunks: Any, shape: Any = None, limit: int | None = None, dtype: Any = None, previous_chunks: Any = None
    ) -> Any:
        """Chunk lengths for every axis, from any of the forms in which users give them."""
        return da.normalize_chunks(chunks, shape=shape, limit=limit, dtype=dtype, previous_chunks=previous_chunks)

    def from_array(self, data: Any, chunks: Any, **kwargs: Any) -> Any:
        """A chunked array of what xarray holds: in memory, or in a file that it reads lazily."""
        options = {name: value for name, value in kwargs.items() if value is not None}
        return da.from_array(data, chunks, **options)

    def rechunk(self, data: Any, chunks: Any, **kwargs: Any) -> Any:
        """The array in other chunks; what holds one (a quantity of pint) holds that then."""
        if isinstance(data, Array):
            return data.rechunk(chunks, **kwargs)
        (held,) = data.__weft_exprs__()
        return data.__weft_rebuild_from_exprs__([held.rechunk(chunks, **kwargs)])

    def compute(self, *data: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Computed arrays."""
        return tuple(weft.compute(*data, **kwargs))

    def persist(self, *data: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Arrays whose blocks have been computed."""
        return tuple(weft.persist(*data, **kwargs))

    def shuffle(self, x: Any, indexer: list[list[int]], axis: int, chunks: Any) -> Any:
        """The array with an axis in another order, by groups of positions."""
        return da.shuffle(x, indexer, axis, chunks)

    def reduction(
        self,
        arr: Any,
        func: Callable[..., Any],
        combine_func: Callable[..., Any] | None = None,
        aggregate_func: Callable[..., Any] | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: Any = None,
        keepdims: bool = False,
    ) -> Any:
        """The array reduced by xarray's functions of blocks."""
        return da.reduction(
            arr,
            chunk=func,
            combine=combine_func,
            aggregate=aggregate_func or combine_func or func,
            axis=axis,
            dtype=dtype,
            keepdims=keepdims,
        )

    def scan(
        self,
        func: Callable[..., Any],
        binop: Callable[..., Any],
        ident: float,
        arr: Any,
        axis: int | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Running totals by xarray's functions of blocks."""
        return da.reductions.cumreduction(func, binop, ident, arr, axis=axis, dtype=dtype, **kwargs)

    def apply_gufunc(
        self,
        func: Callable[..., Any],
        signature: str,
        *args: Any,
        axes: Any = None,
        axis: Any = None,
        keepdims: bool = False,
        output_dtypes: Any = None,
        output_sizes: dict[str, int] | None = None,
        vectorize: bool | None = None,
        allow_rechunk: bool = False,
        meta: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A function with a signature, applied to arrays."""
        return da.apply_gufunc(
            func,
            signature,
            *args,
            axes=axes,
            axis=axis,
            keepdims=keepdims,
            output_dtypes=output_dtypes,
            output_sizes=output_sizes,
            vectorize=vectorize,
            allow_rechunk=allow_rechunk,
            meta=meta,
            **kwargs,
        )

    def map_blocks(
        self,
        func: Callable[..., Any],
        *args: Any,
        dtype: Any = None,
        chunks: Any = None,
        drop_axis: Any = None,
        new_axis: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A function of blocks, applied to arrays."""
        return da.map_blocks(func, *args, dtype=dtype, chunks=chunks, drop_axis=drop_axis, new_axis=new_axis, **kwargs)

    def blockwise(
        self,
        func: Callable[..., Any],
        out_ind: Any,
        *args: Any,
        name: str | None = None,
        token: str | None = None,
        dtype: Any = None,
        adjust_chunks: Any = None,
        new_axes: Any = None,
        align_arrays: bool = True,
        concatenate: bool | None = None,
        meta: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A function of the blocks that index letters bring together."""
        return da.blockwise(
            func,
            out_ind,
            *args,
            name=name,
            token=token,
            dtype=dtype,
            adjust_chunks=adjust_chunks,
            new_axes=new_axes,
            align_arrays=align_arrays,
            concatenate=concatenate,
            meta=meta,
            **kwargs,
        )

    def unify_chunks(self, *args: Any, **kwargs: Any) -> Any:
        """Arrays that share letters, cut alike."""
        return da.unify_chunks(*args, **kwargs)

    def store(self, sources: Any, targets: Any, *, flush: bool = True, **kwargs: Any) -> Any:
        """Arrays written into targets; all that is written is there when this has been computed, as ``flush`` asks."""
        return da.store(sources=sources, targets=targets, **kwargs)

    def get_auto_chunk_size(self) -> int:
        """Bytes of a chunk where its size is left to Weft."""
        return limit_bytes(None)


def register() -> None:
    """Make xarray know the manager without its entry point: where Weft is on the path, but not installed.

    Chunked data that are made without a word on the kind of array stay what they were.
    """
    parallelcompat.list_chunkmanagers().setdefault("weft", WeftManager())
