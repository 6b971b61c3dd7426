"""Parallel computing for Python: arrays, dataframes, bags, delayed functions and futures on one task scheduler."""

from weft import config
from weft.delayed import delayed
from weft.execution import compute, is_weft_collection, optimize, persist
from weft.graph.annotations import annotate, get_annotations

__version__ = "0.1.0"

__all__ = [
    "annotate",
    "compute",
    "config",
    "delayed",
    "get_annotations",
    "is_weft_collection",
    "optimize",
    "persist",
]
