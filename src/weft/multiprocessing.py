"""``get`` by worker processes, under the name by which programs written for Dask import it."""

from weft.execution.get import get_processes as get

__all__ = ["get"]
