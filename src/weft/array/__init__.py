"""Arrays in chunks, with NumPy's names: ``import weft.array as da``.

Whatever methods of arrays need is imported here. Families of functions that they do not need are imported when one of their
names is asked for, so that the import stays quick.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from weft.errors import MissingDependencyError as _MissingDependencyError
from weft.extras import when_imported as _when_imported

try:
    import numpy as _numpy  # noqa: F401
except ImportError as _error:
    raise _MissingDependencyError('arrays need NumPy. Install it with: pip install "weft[array]"') from _error

from weft.array import protocols as _protocols
from weft.array import standard as _standard
from weft.array.array import Array
from weft.array.chunk_forms import normalize_chunks
from weft.array.chunk_types import register_chunk_type
from weft.array.io.delayed import from_delayed
from weft.array.io.from_array import from_array
from weft.array.io.hdf5 import from_hdf5, to_hdf5
from weft.array.io.store import store
from weft.array.io.tiledb import from_tiledb, to_tiledb
from weft.array.io.zarr import from_zarr, to_zarr
from weft.array.ops.along_axis import *  # noqa: F403
from weft.array.ops.along_axis import __all__ as _along_axis
from weft.array.ops.arg_reductions import *  # noqa: F403
from weft.array.ops.arg_reductions import __all__ as _arg_reductions
from weft.array.ops.blocks import *  # noqa: F403
from weft.array.ops.blocks import __all__ as _blocks
from weft.array.ops.broadcasting import *  # noqa: F403
from weft.array.ops.broadcasting import __all__ as _broadcasting
from weft.array.ops.casting import *  # noqa: F403
from weft.array.ops.casting import __all__ as _casting
from weft.array.ops.choosing import *  # noqa: F403
from weft.array.ops.choosing import __all__ as _choosing
from weft.array.ops.conversion import *  # noqa: F403
from weft.array.ops.conversion import __all__ as _conversion
from weft.array.ops.creation import *  # noqa: F403
from weft.array.ops.creation import __all__ as _creation
from weft.array.ops.cumulative import *  # noqa: F403
from weft.array.ops.cumulative import __all__ as _cumulative
from weft.array.ops.dates import *  # noqa: F403
from weft.array.ops.dates import __all__ as _dates
from weft.array.ops.diagonals import *  # noqa: F403
from weft.array.ops.diagonals import __all__ as _diagonals
from weft.array.ops.index_grids import *  # noqa: F403
from weft.array.ops.index_grids import __all__ as _index_grids
from weft.array.ops.joining import *  # noqa: F403
from weft.array.ops.joining import __all__ as _joining
from weft.array.ops.matrix_products import *  # noqa: F403
from weft.array.ops.matrix_products import __all__ as _matrix_products
from weft.array.ops.numbers import *  # noqa: F403
from weft.array.ops.numbers import __all__ as _numbers
from weft.array.ops.overlapping import *  # noqa: F403
from weft.array.ops.overlapping import __all__ as _overlapping
from weft.array.ops.putting import *  # noqa: F403
from weft.array.ops.putting import __all__ as _putting
from weft.array.ops.ranges import *  # noqa: F403
from weft.array.ops.ranges import __all__ as _ranges
from weft.array.ops.rechunking import *  # noqa: F403
from weft.array.ops.rechunking import __all__ as _rechunking
from weft.array.ops.reductions import *  # noqa: F403
from weft.array.ops.reductions import __all__ as _reductions
from weft.array.ops.repeating import *  # noqa: F403
from weft.array.ops.repeating import __all__ as _repeating
from weft.array.ops.reshaping import *  # noqa: F403
from weft.array.ops.reshaping import __all__ as _reshaping
from weft.array.ops.searching import *  # noqa: F403
from weft.array.ops.searching import __all__ as _searching
from weft.array.ops.selecting import *  # noqa: F403
from weft.array.ops.selecting import __all__ as _selecting
from weft.array.ops.sorting import *  # noqa: F403
from weft.array.ops.sorting import __all__ as _sorting
from weft.array.ops.splitting import *  # noqa: F403
from weft.array.ops.splitting import __all__ as _splitting
from weft.array.ops.statistics import *  # noqa: F403
from weft.array.ops.statistics import __all__ as _statistics
from weft.array.ops.tensor import *  # noqa: F403
from weft.array.ops.tensor import __all__ as _tensor
from weft.array.ops.topk import *  # noqa: F403
from weft.array.ops.topk import __all__ as _topk
from weft.array.ops.transposing import *  # noqa: F403
from weft.array.ops.transposing import __all__ as _transposing
from weft.array.ops.ufuncs import *  # noqa: F403
from weft.array.ops.ufuncs import __all__ as _ufuncs
from weft.array.standard import *  # noqa: F403
from weft.errors import PerformanceWarning
from weft.execution import compute, optimize
from weft.expr import add_later as _add_later


def _install_rules() -> None:
    _import_module("weft.array.rules").install()


_add_later(_install_rules)
_protocols.install(
    {
        "numpy": __name__,
        "numpy.fft": f"{__name__}.fft",
        "numpy.lib.stride_tricks": f"{__name__}.lib.stride_tricks",
        "numpy.linalg": f"{__name__}.numpy_linalg",
        "numpy.strings": f"{__name__}.ops.texts",
        "numpy.char": f"{__name__}.ops.texts",
        "array_api": f"{__name__}.array_api",
    }
)

#: Modules that are imported when somebody asks for them.
_MODULES = (
    "chunk_types",
    "core",
    "fft",
    "image",
    "lib",
    "linalg",
    "ma",
    "overlap",
    "random",
    "reductions",
    "slicing",
    "stats",
    "svg",
    "utils",
)

#: Functions that are imported when somebody asks for them, by module; `tests/array/test_namespace.py` keeps the lists true.
_LATER = {
    "io.image": ("imread",),
    "io.npy": (
        "from_npy_stack",
        "to_npy_stack",
    ),
    "comparing": ("assert_eq",),
    "ops.aligning": ("unify_chunks",),
    "ops.bits": (
        "packbits",
        "unpackbits",
    ),
    "ops.coarsening": ("coarsen",),
    "ops.counting": (
        "bincount",
        "digitize",
    ),
    "ops.covariances": (
        "corrcoef",
        "cov",
    ),
    "ops.custom_reductions": ("reduction",),
    "ops.differences": (
        "diff",
        "ediff1d",
        "gradient",
        "trapezoid",
    ),
    "ops.editing": (
        "delete",
        "insert",
        "trim_zeros",
    ),
    "ops.filling": (
        "bfill",
        "ffill",
        "push",
    ),
    "ops.flipping": (
        "flip",
        "fliplr",
        "flipud",
        "roll",
        "rot90",
    ),
    "ops.group_plans": ("Aggregation",),
    "ops.groupby": ("groupby_reduce",),
    "ops.gufunc": (
        "apply_along_axis",
        "apply_gufunc",
        "apply_over_axes",
        "as_gufunc",
        "gufunc",
    ),
    "ops.histogram_edges": ("histogram_bin_edges",),
    "ops.histograms": (
        "histogram",
        "histogram2d",
        "histogramdd",
    ),
    "ops.nan_reductions": (
        "nanmax",
        "nanmean",
        "nanmin",
        "nanprod",
        "nanstd",
        "nansum",
        "nanvar",
    ),
    "ops.padding": ("pad",),
    "ops.phases": ("unwrap",),
    "ops.places": (
        "ix_",
        "ravel_multi_index",
        "unravel_index",
    ),
    "ops.polynomials": (
        "polyfit",
        "polyval",
    ),
    "ops.quantiles": (
        "median",
        "nanmedian",
        "nanpercentile",
        "nanquantile",
        "percentile",
        "quantile",
    ),
    "ops.sets": (
        "intersect1d",
        "isin",
        "setdiff1d",
        "setxor1d",
        "union1d",
        "unique",
        "unique_all",
        "unique_counts",
        "unique_inverse",
        "unique_values",
    ),
    "ops.tensor_einsum": (
        "einsum",
        "einsum_path",
    ),
    "ops.tensor_products": (
        "convolve",
        "correlate",
        "cross",
        "kron",
        "multi_dot",
    ),
    "utils": ("array_expr_enabled",),
}
_HOMES = {name: module for module, names in _LATER.items() for name in names}


def __getattr__(name: str) -> _Any:
    if name in _HOMES:
        found = globals()[name] = getattr(_import_module(f"weft.array.{_HOMES[name]}"), name)
        return found
    if name in _MODULES:
        return _import_module(f"weft.array.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_MODULES})


# groups of Weft's arrays are Weft's, quantities and datasets of them collections, as soon as there is flox, pint or xarray
_when_imported("flox", lambda: _import_module("weft.interop.flox").teach_flox())
_when_imported("xarray", lambda: _import_module("weft.interop.xarray_collections").teach_collections())
_when_imported("pint.facets.dask", lambda: _import_module("weft.interop.pint").teach_pint())

__all__ = [
    "Array",
    "PerformanceWarning",
    "compute",
    "optimize",
    "from_array",
    "from_delayed",
    "from_hdf5",
    "from_tiledb",
    "from_zarr",
    "normalize_chunks",
    "register_chunk_type",
    "store",
    "to_hdf5",
    "to_tiledb",
    "to_zarr",
    *_MODULES,
    *_HOMES,
    *_standard.__all__,
    *_along_axis,
    *_arg_reductions,
    *_blocks,
    *_broadcasting,
    *_casting,
    *_choosing,
    *_conversion,
    *_creation,
    *_cumulative,
    *_dates,
    *_diagonals,
    *_index_grids,
    *_joining,
    *_matrix_products,
    *_numbers,
    *_overlapping,
    *_putting,
    *_ranges,
    *_rechunking,
    *_reductions,
    *_repeating,
    *_reshaping,
    *_searching,
    *_selecting,
    *_sorting,
    *_splitting,
    *_statistics,
    *_tensor,
    *_topk,
    *_transposing,
    *_ufuncs,
]
