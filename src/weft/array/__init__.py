"""Arrays in chunks, with NumPy's names: ``import weft.array as da``."""

import sys as _sys

from weft.array import lib, overlap, random
from weft.array import protocols as _protocols
from weft.array import rules as _rules
from weft.array import standard as _standard
from weft.array.array import Array
from weft.array.chunks import normalize_chunks
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
from weft.array.ops.broadcasting import *  # noqa: F403
from weft.array.ops.casting import *  # noqa: F403
from weft.array.ops.choosing import *  # noqa: F403
from weft.array.ops.conversion import *  # noqa: F403
from weft.array.ops.creation import *  # noqa: F403
from weft.array.ops.diagonals import *  # noqa: F403
from weft.array.ops.gufunc import *  # noqa: F403
from weft.array.ops.numbers import *  # noqa: F403
from weft.array.ops.overlapping import *  # noqa: F403
from weft.array.ops.rechunking import *  # noqa: F403
from weft.array.ops.reductions import *  # noqa: F403
from weft.array.ops.transposing import *  # noqa: F403
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
    *transposing.__all__,
]
