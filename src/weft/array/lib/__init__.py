"""NumPy's ``lib`` for chunked arrays."""

from weft.array.lib import stride_tricks

__all__ = ["stride_tricks"]
