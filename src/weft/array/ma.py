"""Masked arrays: `numpy.ma` on chunked arrays."""

from weft.array.ops.masked import *  # noqa: F403
from weft.array.ops.masked import __all__ as _masked
from weft.array.ops.masked_creation import *  # noqa: F403
from weft.array.ops.masked_creation import __all__ as _created
from weft.array.ops.masked_fitting import polyfit as polyfit

__all__ = [*_masked, *_created, "polyfit"]
