"""Get functions of this machine: in the calling thread, and by any ``submit`` function."""

from weft.execution.get import get_async, get_sync

__all__ = ["get_async", "get_sync"]
