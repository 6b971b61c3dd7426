"""The get function that runs graphs in worker threads."""

from weft.execution.get import get_threads as get

__all__ = ["get"]
