"""Arrays in chunks, with NumPy's names: ``import weft.array as da``."""

import sys as _sys

from weft.array import lib, overlap, random
from weft.array import protocols as _protocols
from weft.array import rules as _rules
from weft.array import standard as _standard
from weft.array.array import Array
from weft.array.chunks import normalize_chunks
from weft.array.io.from_array import asarray, from_array
from weft.array.ops import (
    arg_reductions,
    creation,
    cumulative,
    elementwise,
    groupby,
    nan_reductions,
    rechunking,
    transposing,
)
from weft.array.ops import blocks as _blocks
from weft.array.ops import creation, elementwise, rechunking, reductions, transposing
from weft.array.ops import along_axis, editing, places, putting, selecting
from weft.array.ops import gufunc as _gufunc
from weft.array.ops import overlapping as _overlapping
from weft.array.ops import reductions as _reductions
from weft.array.ops.arg_reductions import *  # noqa: F403
from weft.array.ops.blocks import *  # noqa: F403
from weft.array.ops import creation, elementwise, rechunking, reductions, tensor, transposing
from weft.array.ops import (
    coarsening,
    creation,
    differences,
    elementwise,
    flipping,
    joining,
    padding,
    rechunking,
    reductions,
    repeating,
    reshaping,
    splitting,
    transposing,
)
from weft.array.chunk_types import register_chunk_type
from weft.array.io.from_array import from_array
from weft.array.ops import blocks as _blocks
from weft.array.ops import broadcasting as _broadcasting
from weft.array.ops import casting as _casting
from weft.array.ops import choosing as _choosing
from weft.array.ops import conversion as _conversion
from weft.array.ops import creation as _creation
from weft.array.ops import diagonals as _diagonals
from weft.array.ops import gufunc as _gufunc
from weft.array.ops import numbers as _numbers
from weft.array.ops import overlapping as _overlapping
from weft.array.ops import rechunking, reductions, transposing
from weft.array.ops import ufuncs as _ufuncs
from weft.array.ops.blocks import *  # noqa: F403
from weft.array.ops.coarsening import *  # noqa: F403
from weft.array.ops.creation import *  # noqa: F403
from weft.array.ops.differences import *  # noqa: F403
from weft.array.ops.elementwise import *  # noqa: F403
from weft.array.ops.flipping import *  # noqa: F403
from weft.array.ops.gufunc import *  # noqa: F403
from weft.array.ops.joining import *  # noqa: F403
from weft.array.ops.cumulative import *  # noqa: F403
from weft.array.ops.elementwise import *  # noqa: F403
from weft.array.ops.groupby import *  # noqa: F403
from weft.array.ops.gufunc import *  # noqa: F403
from weft.array.ops.nan_reductions import *  # noqa: F403
from weft.array.ops.broadcasting import *  # noqa: F403
from weft.array.ops.casting import *  # noqa: F403
from weft.array.ops.choosing import *  # noqa: F403
from weft.array.ops.conversion import *  # noqa: F403
from weft.array.ops.creation import *  # noqa: F403
from weft.array.ops.diagonals import *  # noqa: F403
from weft.array.ops.gufunc import *  # noqa: F403
from weft.array.ops.numbers import *  # noqa: F403
from weft.array.ops.overlapping import *  # noqa: F403
from weft.array.ops.padding import *  # noqa: F403
from weft.array.ops.rechunking import *  # noqa: F403
from weft.array.ops.reductions import *  # noqa: F403
from weft.array.ops.tensor import *  # noqa: F403
from weft.array.ops.repeating import *  # noqa: F403
from weft.array.ops.reshaping import *  # noqa: F403
from weft.array.ops.splitting import *  # noqa: F403
from weft.array.ops.transposing import *  # noqa: F403
from weft.array.ops.along_axis import *  # noqa: F403
from weft.array.ops.editing import *  # noqa: F403
from weft.array.ops.places import *  # noqa: F403
from weft.array.ops.putting import *  # noqa: F403
from weft.array.ops.selecting import *  # noqa: F403
from weft.array.ops.ufuncs import *  # noqa: F403
from weft.array.standard import *  # noqa: F403

_rules.install()
_protocols.install({"numpy": _sys.modules[__name__]})

__all__ = [
    "Array",
    "from_array",
    "register_chunk_type",
    "normalize_chunks",
    *_blocks.__all__,
    "random",
    *_gufunc.__all__,
    "lib",
    *_overlapping.__all__,
    "overlap",
    *arg_reductions.__all__,
    *cumulative.__all__,
    *creation.__all__,
    *elementwise.__all__,
    *groupby.__all__,
    *nan_reductions.__all__,
    *_broadcasting.__all__,
    *_casting.__all__,
    *_choosing.__all__,
    *_conversion.__all__,
    *_creation.__all__,
    *_diagonals.__all__,
    *_numbers.__all__,
    *_standard.__all__,
    *_ufuncs.__all__,
    *rechunking.__all__,
    *reductions.__all__,
    *tensor.__all__,
    *coarsening.__all__,
    *differences.__all__,
    *flipping.__all__,
    *joining.__all__,
    *padding.__all__,
    *repeating.__all__,
    *reshaping.__all__,
    *splitting.__all__,
    *_reductions.__all__,
    *transposing.__all__,
    *along_axis.__all__,
    *editing.__all__,
    *places.__all__,
    *putting.__all__,
    *selecting.__all__,
]
