"""Functions of your own that hear of each run and each task."""

from weft.diagnostics.callbacks import Callback, add_callbacks

__all__ = ["Callback", "add_callbacks"]
