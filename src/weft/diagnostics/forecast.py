"""What running a plan will take, found by going through it without running anything.

All tasks are taken to last equally long. Workers take ready tasks in the plan's static order, results go when their last
reader is done; what lies in memory at the fullest moment is the forecast. The scheduler does the same, except that real
tasks take different times, and that it writes blocks to disk when the budget is reached. Linear in the plan's size but
for the heap of ready tasks.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from weft.graph import Plan

__all__ = ["Forecast", "depths", "forecast"]


@dataclass
class Forecast:
    """The fullest moment, and what was there when each task ran."""

    nbytes: int = 0  #: most bytes at a time
    nblocks: int = 0  #: most blocks at a time
    place: list[int] = field(default_factory=list)  #: by task: how many started before it
    pressure: list[int] = field(default_factory=list)  #: by task: bytes (or blocks, if no size is known) when it ran


def forecast(plan: Plan, nworkers: int = 1) -> Forecast:
    """Go through a plan with so many workers."""
    ntasks, inputs, dependents, size = plan.ntasks, plan.inputs, plan.dependents, plan.nbytes
    outputs, workspace, rank = plan.outputs, plan.workspace, plan.ranks(nworkers)
    missing = list(map(len, inputs))
    users = list(map(len, dependents))
    for block in plan.wanted:
        users[block] += 1
    for block in plan.data:
        users[block] += 1  # it is the caller's: it does not come, and it does not go
        for task in dependents[block]:
            missing[task] -= 1
    ready = [(rank[task], task) for task in range(ntasks) if not missing[task]]
    heapify(ready)
    running: deque[int] = deque()
    sized = any(size)
    result = Forecast(place=[0] * ntasks, pressure=[0] * ntasks)
    held = live = most = fullest = started = 0
    while ready or running:
        while ready and len(running) < nworkers:
            task = heappop(ready)[1]
            running.append(task)
            if task in outputs:
                for block in outputs[task]:
                    held += size[block]
                live += len(outputs[task])
            else:
                held += size[task]
                live += 1
            if workspace:
                held += workspace.get(task, 0)
            if held > most:
                most = held
            if live > fullest:
                fullest = live
            result.place[task] = started
            result.pressure[task] = held if sized else live
            started += 1
        task = running.popleft()
        if workspace:
            held -= workspace.get(task, 0)
        for block in outputs.get(task, (task,)):
            for reader in dependents[block]:
                missing[reader] -= 1
                if not missing[reader]:
                    heappush(ready, (rank[reader], reader))
            if not users[block]:
                held -= size[block]
                live -= 1
        for block in inputs[task]:
            users[block] -= 1
            if not users[block]:
                held -= size[block]
                live -= 1
    result.nbytes, result.nblocks = most, fullest
    return result


def depths(plan: Plan) -> list[int]:
    """By task: how many tasks the longest chain has that ends with it."""
    depth = [0] * plan.nblocks
    outputs, inputs = plan.outputs, plan.inputs
    for task in sorted(range(plan.ntasks), key=plan.rank.__getitem__):
        longest = 1
        for block in inputs[task]:
            if depth[block] >= longest:
                longest = depth[block] + 1
        depth[task] = longest
        if task in outputs:
            for block in outputs[task]:
                depth[block] = longest
    return depth[: plan.ntasks]
