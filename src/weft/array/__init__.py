"""Arrays in chunks, with NumPy's names: ``import weft.array as da``."""

from weft.array import lib, overlap, random
from weft.array import rules as _rules
from weft.array.array import Array
from weft.array.chunks import normalize_chunks
from weft.array.io.from_array import asarray, from_array
from weft.array.ops import (
    arg_reductions,
    creation,
    cumulative,
    elementwise,
    groupby,
    histograms,
    nan_reductions,
    rechunking,
    statistics,
    transposing,
)
from weft.array.ops import blocks as _blocks
from weft.array.ops import gufunc as _gufunc
from weft.array.ops import overlapping as _overlapping
from weft.array.ops import reductions as _reductions
from weft.array.ops import topk as _topk
from weft.array.ops.arg_reductions import *  # noqa: F403
from weft.array.ops.blocks import *  # noqa: F403
from weft.array.ops.creation import *  # noqa: F403
from weft.array.ops.cumulative import *  # noqa: F403
from weft.array.ops.elementwise import *  # noqa: F403
from weft.array.ops.groupby import *  # noqa: F403
from weft.array.ops.gufunc import *  # noqa: F403
from weft.array.ops.histograms import *  # noqa: F403
from weft.array.ops.nan_reductions import *  # noqa: F403
from weft.array.ops.overlapping import *  # noqa: F403
from weft.array.ops.rechunking import *  # noqa: F403
from weft.array.ops.reductions import *  # noqa: F403
from weft.array.ops.statistics import *  # noqa: F403
from weft.array.ops.topk import *  # noqa: F403
from weft.array.ops.transposing import *  # noqa: F403

_rules.install()

__all__ = [
    "Array",
    "asarray",
    "from_array",
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
    *histograms.__all__,
    *statistics.__all__,
    *_topk.__all__,
    *nan_reductions.__all__,
    *rechunking.__all__,
    *_reductions.__all__,
    *transposing.__all__,
]
