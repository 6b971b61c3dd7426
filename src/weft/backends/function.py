"""Get functions as backends: ``scheduler=`` may be any function that takes a graph and keys and gives results.

Such a function, ``get(dsk, keys, **kwargs)``, is how users hook into a computation: they look at the graph, change it,
or run it by their own means. It gets a dict of keys to task nodes (:mod:`weft.graph.spec`) and a list of keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.backends.contract import Held, Request
from weft.callables import has_keyword
from weft.errors import BackendError
from weft.graph import Plan
from weft.graph.node_graphs import RunProgram
from weft.graph.spec import DataNode, GraphNode, Task, TaskRef
from weft.sizeof import sizeof
from weft.typing import Key

__all__ = ["FunctionBackend", "graph_of_plan"]


class FunctionBackend:
    """The backend that hands graphs to a function.

    Parameters
    ----------
    get : callable
        ``get(dsk, keys, **kwargs)`` gives the results of the keys, in order. It gets ``num_workers`` and the options of
        the call if it takes them.
    """

    fuses_chains = False

    def __init__(self, get: Callable[..., Any]) -> None:
        self._get = get
        self.name = getattr(get, "__name__", type(get).__name__)

    def run(self, plan: Plan, request: Request) -> list[Any]:
        keys = [plan.keys[block] for block in plan.wanted]
        options = dict(request.options)
        if has_keyword(self._get, "num_workers"):
            options["num_workers"] = request.nworkers
        values = list(self._get(graph_of_plan(plan), keys, **options))
        if len(values) != len(keys):
            raise BackendError(
                f"the get function {self.name!r} was asked for {len(keys)} keys and gave {len(values)} results: "
                "it must give one for each key, in order."
            )
        return values

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        values = self.run(plan, request)
        return [in_memory(plan.keys[block], value) for block, value in zip(plan.wanted, values)]

    def close(self) -> None:
        """There is nothing to close."""


def in_memory(key: Key, value: Any) -> Held:
    """A reference to a block that is simply there."""
    return Held(key, sizeof(value), lambda: value, None, lambda: value)


def graph_of_plan(plan: Plan) -> dict[Key, GraphNode]:
    """The plan as a dict of keys to task nodes, in the order in which they are best run.

    A task with several outputs stands under a key of its own, and each output is a task that picks from it.
    """
    keys = plan.keys
    graph: dict[Key, GraphNode] = {
        keys[block]: DataNode(keys[block], value.get() if isinstance(value, Held) else value)
        for block, value in plan.data.items()
    }
    for task in sorted(range(plan.ntasks), key=plan.rank.__getitem__):
        program = plan.programs[task]
        inputs = [TaskRef(keys[block]) for block in plan.inputs[task]]
        function = program.direct or RunProgram(program)
        outputs = plan.outputs.get(task)
        if outputs is None:
            graph[keys[task]] = Task(keys[task], function, *inputs, *map(opaque, plan.constants[task]))
            continue
        whole = ("outputs", keys[task])
        graph[whole] = Task(whole, function, *inputs, *map(opaque, plan.constants[task]))
        for place, block in enumerate(outputs):
            graph[keys[block]] = Task(keys[block], pick, TaskRef(whole), place)
    return graph


def opaque(value: Any) -> Any:
    """A constant as an argument of a node: what looks like a reference is none."""
    return DataNode(None, value) if isinstance(value, (TaskRef, GraphNode, list, tuple, set, dict)) else value


def pick(values: Any, place: int) -> Any:
    """One of several outputs."""
    return values[place]
