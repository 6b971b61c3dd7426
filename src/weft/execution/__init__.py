"""The meeting place: the only code that knows both who writes graphs and who runs them.

``graphs`` turns collections into a graph, ``pipeline`` that into a plan; ``current`` says which backend runs it and how;
``run`` does it. What only runs need is imported by the first of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from weft.execution.containers import Containers, is_weft_collection, unpack_collections
from weft.execution.graphs import graph_of
from weft.execution.run import compute, optimize, persist

if TYPE_CHECKING:
    from weft.execution.current import request_for, scheduler_for
    from weft.execution.pipeline import plan_of

__all__ = [
    "Containers",
    "compute",
    "graph_of",
    "is_weft_collection",
    "optimize",
    "persist",
    "plan_of",
    "request_for",
    "scheduler_for",
    "unpack_collections",
]

_LATER = {"plan_of": "pipeline", "request_for": "current", "scheduler_for": "current"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return found
