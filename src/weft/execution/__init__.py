"""The meeting place: the only code that knows both who writes graphs and who runs them.

``pipeline`` turns collections into a plan; ``current`` says which backend runs it and how; ``run`` does it.
"""

from weft.execution.containers import Containers, is_weft_collection, unpack_collections
from weft.execution.current import request_for, scheduler_for
from weft.execution.pipeline import graph_of, plan_of
from weft.execution.run import compute, optimize, persist

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
