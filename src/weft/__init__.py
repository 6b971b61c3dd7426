"""Parallel computing for Python: arrays, dataframes, bags, delayed functions and futures on one task scheduler."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from weft import config
from weft.delayed import delayed
from weft.execution import compute, is_weft_collection, optimize, persist
from weft.graph.annotations import annotate, get_annotations

if TYPE_CHECKING:
    from weft.diagnostics import explain
    from weft.diagnostics.draw import visualize
    from weft.execution import is_weft_collection as is_dask_collection
    from weft.execution.get import get_sync as get
    from weft.graph.tuples import is_task as istask

__version__ = "0.1.0"

__all__ = [
    "annotate",
    "compute",
    "config",
    "delayed",
    "explain",
    "get",
    "get_annotations",
    "is_dask_collection",
    "is_weft_collection",
    "istask",
    "optimize",
    "persist",
    "visualize",
]

#: Names that are looked up when they are first used, so that ``import weft`` stays quick.
_LATER = {
    "explain": "weft.diagnostics:explain",
    "get": "weft.execution.get:get_sync",
    "is_dask_collection": "weft.execution:is_weft_collection",
    "istask": "weft.graph.tuples:is_task",
    "visualize": "weft.diagnostics.draw:visualize",
}
#: Modules that programs use as ``weft.base`` after ``import weft`` alone.
_MODULES = frozenset(
    [
        "array",
        "backends",
        "bag",
        "base",
        "blockwise",
        "bytes",
        "cache",
        "callbacks",
        "core",
        "dataframe",
        "datasets",
        "diagnostics",
        "distributed",
        "graph_manipulation",
        "highlevelgraph",
        "local",
        "multiprocessing",
        "optimization",
        "order",
        "sizeof",
        "system",
        "task_spec",
        "threaded",
        "tokenize",
        "typing",
        "utils",
    ]
)


def __getattr__(name: str) -> Any:
    if name in _LATER:
        module, _, attribute = _LATER[name].partition(":")
        found = globals()[name] = getattr(import_module(module), attribute)
        return found
    if name in _MODULES:
        try:
            return import_module(f"weft.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"weft.{name}":
                raise
    raise AttributeError(f"module 'weft' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER, *_MODULES})
