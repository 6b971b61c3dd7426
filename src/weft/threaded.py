"""``get`` by worker threads, under the name by which programs written for Dask import it."""

from weft.execution.get import get_threads as get

__all__ = ["get"]
