"""What collections have in common, under the name by which programs written for Dask import it."""

from weft.collection.base import WeftMethodsMixin, get_collection_names
from weft.collection.base import WeftMethodsMixin as DaskMethodsMixin
from weft.collection.waiting import wait
from weft.diagnostics.draw import visualize, visualize_dsk
from weft.execution import compute, is_weft_collection, optimize, persist, unpack_collections
from weft.execution import is_weft_collection as is_dask_collection
from weft.execution.get import (
    compute_as_if_collection,
    dont_optimize,
    get_scheduler,
    named_schedulers,
    optimization_function,
)
from weft.graph.annotations import annotate, get_annotations
from weft.graph.renaming import clone_key, get_name_from_key, replace_name_in_key
from weft.graph.tuples import flatten
from weft.tokenize import TokenizationError, normalize_token, tokenize

__all__ = [
    "DaskMethodsMixin",
    "TokenizationError",
    "WeftMethodsMixin",
    "annotate",
    "clone_key",
    "compute",
    "compute_as_if_collection",
    "dont_optimize",
    "flatten",
    "get_annotations",
    "get_collection_names",
    "get_name_from_key",
    "get_scheduler",
    "is_dask_collection",
    "is_weft_collection",
    "named_schedulers",
    "normalize_token",
    "optimization_function",
    "optimize",
    "persist",
    "replace_name_in_key",
    "tokenize",
    "unpack_collections",
    "visualize",
    "visualize_dsk",
    "wait",
]
