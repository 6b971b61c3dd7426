"""Callbacks, under the name by which programs written for Dask import them."""

from weft.diagnostics.callbacks import Callback, add_callbacks

__all__ = ["Callback", "add_callbacks"]
