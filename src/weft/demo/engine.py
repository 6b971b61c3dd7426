"""The names of Weft that the job uses, in one place."""

from __future__ import annotations

from typing import Any

import dask
from dask import delayed
from dask.callbacks import Callback
from dask.diagnostics.progress import ProgressBar

__all__ = ["Callback", "ProgressBar", "compute", "delayed"]


def compute(*values: Any, scheduler: str, **options: Any) -> Any:
    """Dask calls Weft's inline scheduler by another name."""
    return dask.compute(*values, scheduler={"inline": "sync"}.get(scheduler, scheduler), **options)
