"""Get functions of this machine, under the name by which programs written for Dask import them."""

from weft.execution.get import get_async, get_sync

__all__ = ["get_async", "get_sync"]
