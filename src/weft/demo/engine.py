"""The names of Weft that the job uses, in one place."""

from __future__ import annotations

from dask import compute, delayed
from dask.diagnostics import Callback, ProgressBar

__all__ = ["Callback", "ProgressBar", "compute", "delayed"]
