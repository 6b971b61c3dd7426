"""Windows: ``da.lib.stride_tricks``."""

from weft.array.ops.windows import sliding_window_view

__all__ = ["sliding_window_view"]
