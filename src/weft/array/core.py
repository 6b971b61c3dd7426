"""Names that users of Dask find in ``dask.array.core``."""

from weft.array.array import Array
from weft.array.chunks import normalize_chunks
from weft.array.io.delayed import from_delayed, from_func
from weft.array.io.from_array import from_array, getter, slices_from_chunks
from weft.array.io.hdf5 import to_hdf5
from weft.array.io.npy import from_npy_stack, to_npy_stack
from weft.array.io.store import store
from weft.array.io.zarr import from_zarr, to_zarr
from weft.array.ops.conversion import asarray

__all__ = [
    "Array",
    "asarray",
    "from_array",
    "from_delayed",
    "from_func",
    "from_npy_stack",
    "from_zarr",
    "getter",
    "normalize_chunks",
    "slices_from_chunks",
    "store",
    "to_hdf5",
    "to_npy_stack",
    "to_zarr",
]
