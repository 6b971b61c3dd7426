"""The get function that runs graphs in worker processes."""

from weft.execution.get import get_processes as get

__all__ = ["get"]
