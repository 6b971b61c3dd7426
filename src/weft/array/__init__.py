"""Arrays in chunks, with NumPy's names: ``import weft.array as da``."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from weft.array import chunk_types, core, lib, overlap, random, reductions, slicing, svg, utils
from weft.array import protocols as _protocols
from weft.array import rules as _rules
from weft.array import standard as _standard
from weft.array.array import Array
from weft.array.chunk_types import register_chunk_type
from weft.array.chunks import normalize_chunks
from weft.array.comparing import assert_eq
from weft.array.io.delayed import from_delayed
from weft.array.io.from_array import from_array
from weft.array.io.hdf5 import from_hdf5, to_hdf5
from weft.array.io.image import imread
from weft.array.io.npy import from_npy_stack, to_npy_stack
from weft.array.io.store import store
from weft.array.io.tiledb import from_tiledb, to_tiledb
from weft.array.io.zarr import from_zarr, to_zarr
from weft.array.ops.aligning import *  # noqa: F403
from weft.array.ops.aligning import __all__ as _aligning
from weft.array.ops.along_axis import *  # noqa: F403
from weft.array.ops.along_axis import __all__ as _along_axis
from weft.array.ops.arg_reductions import *  # noqa: F403
from weft.array.ops.arg_reductions import __all__ as _arg_reductions
from weft.array.ops.bits import *  # noqa: F403
from weft.array.ops.bits import __all__ as _bits
from weft.array.ops.blocks import *  # noqa: F403
from weft.array.ops.blocks import __all__ as _blocks
from weft.array.ops.broadcasting import *  # noqa: F403
from weft.array.ops.broadcasting import __all__ as _broadcasting
from weft.array.ops.casting import *  # noqa: F403
from weft.array.ops.casting import __all__ as _casting
from weft.array.ops.choosing import *  # noqa: F403
from weft.array.ops.choosing import __all__ as _choosing
from weft.array.ops.coarsening import *  # noqa: F403
from weft.array.ops.coarsening import __all__ as _coarsening
from weft.array.ops.conversion import *  # noqa: F403
from weft.array.ops.conversion import __all__ as _conversion
from weft.array.ops.creation import *  # noqa: F403
from weft.array.ops.creation import __all__ as _creation
from weft.array.ops.cumulative import *  # noqa: F403
from weft.array.ops.cumulative import __all__ as _cumulative
from weft.array.ops.custom_reductions import *  # noqa: F403
from weft.array.ops.custom_reductions import __all__ as _custom_reductions
from weft.array.ops.diagonals import *  # noqa: F403
from weft.array.ops.diagonals import __all__ as _diagonals
from weft.array.ops.differences import *  # noqa: F403
from weft.array.ops.differences import __all__ as _differences
from weft.array.ops.editing import *  # noqa: F403
from weft.array.ops.editing import __all__ as _editing
from weft.array.ops.flipping import *  # noqa: F403
from weft.array.ops.flipping import __all__ as _flipping
from weft.array.ops.groupby import *  # noqa: F403
from weft.array.ops.groupby import __all__ as _groupby
from weft.array.ops.gufunc import *  # noqa: F403
from weft.array.ops.gufunc import __all__ as _gufunc
from weft.array.ops.histograms import *  # noqa: F403
from weft.array.ops.histograms import __all__ as _histograms
from weft.array.ops.index_grids import *  # noqa: F403
from weft.array.ops.index_grids import __all__ as _index_grids
from weft.array.ops.joining import *  # noqa: F403
from weft.array.ops.joining import __all__ as _joining
from weft.array.ops.nan_reductions import *  # noqa: F403
from weft.array.ops.nan_reductions import __all__ as _nan_reductions
from weft.array.ops.numbers import *  # noqa: F403
from weft.array.ops.numbers import __all__ as _numbers
from weft.array.ops.overlapping import *  # noqa: F403
from weft.array.ops.overlapping import __all__ as _overlapping
from weft.array.ops.padding import *  # noqa: F403
from weft.array.ops.padding import __all__ as _padding
from weft.array.ops.phases import *  # noqa: F403
from weft.array.ops.phases import __all__ as _phases
from weft.array.ops.places import *  # noqa: F403
from weft.array.ops.places import __all__ as _places
from weft.array.ops.polynomials import *  # noqa: F403
from weft.array.ops.polynomials import __all__ as _polynomials
from weft.array.ops.putting import *  # noqa: F403
from weft.array.ops.putting import __all__ as _putting
from weft.array.ops.quantiles import *  # noqa: F403
from weft.array.ops.quantiles import __all__ as _quantiles
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
from weft.array.ops.sets import *  # noqa: F403
from weft.array.ops.sets import __all__ as _sets
from weft.array.ops.sorting import *  # noqa: F403
from weft.array.ops.sorting import __all__ as _sorting
from weft.array.ops.splitting import *  # noqa: F403
from weft.array.ops.splitting import __all__ as _splitting
from weft.array.ops.statistics import *  # noqa: F403
from weft.array.ops.statistics import __all__ as _statistics
from weft.array.ops.tensor import *  # noqa: F403
from weft.array.ops.tensor import __all__ as _tensor
from weft.array.ops.tensor_einsum import *  # noqa: F403
from weft.array.ops.tensor_einsum import __all__ as _tensor_einsum
from weft.array.ops.tensor_products import *  # noqa: F403
from weft.array.ops.tensor_products import __all__ as _tensor_products
from weft.array.ops.topk import *  # noqa: F403
from weft.array.ops.topk import __all__ as _topk
from weft.array.ops.transposing import *  # noqa: F403
from weft.array.ops.transposing import __all__ as _transposing
from weft.array.ops.ufuncs import *  # noqa: F403
from weft.array.ops.ufuncs import __all__ as _ufuncs
from weft.array.standard import *  # noqa: F403
from weft.array.utils import array_expr_enabled
from weft.execution import compute, optimize

_rules.install()
_protocols.install(
    {
        "numpy": __name__,
        "numpy.fft": f"{__name__}.fft",
        "numpy.linalg": f"{__name__}.numpy_linalg",
        "numpy.strings": f"{__name__}.ops.texts",
        "numpy.char": f"{__name__}.ops.texts",
        "array_api": f"{__name__}.array_api",
    }
)

if _TYPE_CHECKING:
    from weft.array import fft, image, linalg, ma, stats

#: Modules that are imported when somebody asks for them: most programs use none of them.
_LATER = ("fft", "image", "linalg", "ma", "stats")


def __getattr__(name: str) -> object:
    if name in _LATER:
        from importlib import import_module

        return import_module(f"weft.array.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Array",
    "array_expr_enabled",
    "assert_eq",
    "compute",
    "optimize",
    "chunk_types",
    "core",
    "fft",
    "image",
    "from_array",
    "from_delayed",
    "from_hdf5",
    "from_npy_stack",
    "from_tiledb",
    "from_zarr",
    "imread",
    "lib",
    "linalg",
    "ma",
    "normalize_chunks",
    "overlap",
    "random",
    "reductions",
    "register_chunk_type",
    "slicing",
    "stats",
    "store",
    "svg",
    "to_hdf5",
    "to_npy_stack",
    "to_tiledb",
    "to_zarr",
    "utils",
    *_standard.__all__,
    *_aligning,
    *_along_axis,
    *_arg_reductions,
    *_bits,
    *_blocks,
    *_broadcasting,
    *_casting,
    *_choosing,
    *_coarsening,
    *_conversion,
    *_creation,
    *_index_grids,
    *_ranges,
    *_cumulative,
    *_custom_reductions,
    *_diagonals,
    *_differences,
    *_editing,
    *_flipping,
    *_groupby,
    *_gufunc,
    *_histograms,
    *_joining,
    *_nan_reductions,
    *_numbers,
    *_overlapping,
    *_padding,
    *_phases,
    *_places,
    *_polynomials,
    *_putting,
    *_quantiles,
    *_rechunking,
    *_reductions,
    *_repeating,
    *_reshaping,
    *_searching,
    *_selecting,
    *_sets,
    *_sorting,
    *_splitting,
    *_statistics,
    *_tensor,
    *_tensor_einsum,
    *_tensor_products,
    *_topk,
    *_transposing,
    *_ufuncs,
]
