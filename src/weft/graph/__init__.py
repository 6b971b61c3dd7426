"""The contract between who writes graphs and who runs them.

A *program* is straight-line code; a *task* is a program with its inputs; a *layer* is the tasks of one program, as
columns; a *graph* is layers and data by key; a *plan* is a graph culled to what is wanted and compiled to lists of
integers. Nothing here knows an expression, an array, a thread or a process.
"""

from typing import TYPE_CHECKING, Any

from weft.graph.graph import Graph, Layer, MixedLayer, Task
from weft.graph.program import Program, Step

if TYPE_CHECKING:
    from weft.graph.plan import Plan, compile_plan

__all__ = ["Graph", "Layer", "MixedLayer", "Plan", "Program", "Step", "Task", "compile_plan"]


def __getattr__(name: str) -> Any:
    """Plans are imported by who makes one, so that ``import weft`` is quick."""
    if name in ("Plan", "compile_plan"):
        from weft.graph import plan

        return getattr(plan, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
