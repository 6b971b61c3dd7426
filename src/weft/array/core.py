"""Names that users of Dask find in ``dask.array.core``."""

from weft.array.array import Array
from weft.array.chunk_forms import normalize_chunks
from weft.array.chunk_forms import normalize_chunks as normalize_chunks_cached
from weft.array.io.delayed import from_delayed, from_func
from weft.array.io.from_array import from_array, getter, slices_from_chunks
from weft.array.io.hdf5 import to_hdf5
from weft.array.io.npy import from_npy_stack, to_npy_stack
from weft.array.io.store import store
from weft.array.io.zarr import from_zarr, to_zarr
from weft.array.kernels.joining import concatenate3, deepfirst
from weft.array.layouts import broadcast_chunks, common_blockdim
from weft.array.ops.aligning import unify_chunks
from weft.array.ops.block_views import BlockView
from weft.array.ops.blocks import blockwise, map_blocks
from weft.array.ops.broadcasting import broadcast_shapes, broadcast_to, elemwise
from weft.array.ops.conversion import asanyarray, asarray
from weft.array.ops.joining import concatenate, stack
from weft.errors import PerformanceWarning

__all__ = [
    "Array",
    "BlockView",
    "PerformanceWarning",
    "asanyarray",
    "asarray",
    "blockwise",
    "broadcast_chunks",
    "broadcast_shapes",
    "broadcast_to",
    "common_blockdim",
    "concatenate",
    "concatenate3",
    "deepfirst",
    "elemwise",
    "from_array",
    "from_delayed",
    "from_func",
    "from_npy_stack",
    "from_zarr",
    "getter",
    "map_blocks",
    "normalize_chunks",
    "normalize_chunks_cached",
    "slices_from_chunks",
    "stack",
    "store",
    "to_hdf5",
    "to_npy_stack",
    "to_zarr",
    "unify_chunks",
]
