"""The contract between who writes graphs and who runs them.

A *program* is straight-line code; a *task* is a program with its inputs; a *layer* is the tasks of one program, as
columns; a *graph* is layers and data by key; a *plan* is a graph culled to what is wanted and compiled to lists of
integers. Nothing here knows an expression, an array, a thread or a process.
"""

from weft.graph.graph import Graph, Layer, MixedLayer, Task
from weft.graph.plan import Plan, compile_plan
from weft.graph.program import Program, Step

__all__ = ["Graph", "Layer", "MixedLayer", "Plan", "Program", "Step", "Task", "compile_plan"]
