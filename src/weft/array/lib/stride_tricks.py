"""Windows: ``da.lib.stride_tricks``."""

from weft.array.ops.overlapping import sliding_window_view

__all__ = ["sliding_window_view"]
