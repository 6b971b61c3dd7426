"""Masked arrays: `numpy.ma` on chunked arrays."""

from weft.array.ops.masked import *  # noqa: F403
from weft.array.ops.masked import __all__ as __all__
