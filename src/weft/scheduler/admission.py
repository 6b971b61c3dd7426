"""What may start within the byte budget, and for which worker.

Candidates are taken in the order of their priority. One that fits below the limit starts. When the first does not
fit, a few that come after it are looked at: one that fits, or one that frees more than it takes, is better than moving
blocks to disk. If there is none, blocks whose next use lies far away are written to disk first. Who writes does it for a task of
its own, so that another worker who finds no room meanwhile writes, too, instead of waiting. If nothing can be
written and others are running, the worker waits for them; if nothing runs, the first candidate starts all the same.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING

from weft.scheduler import eviction, placement
from weft.scheduler.state import MASK, Phase

if TYPE_CHECKING:
    from weft.scheduler.core import Scheduler

__all__ = ["choose"]

#: Ready tasks that are looked at when the first does not fit.
LOOKAHEAD = 24
#: A task that frees memory may go over the limit by this part of it while it runs.
OVERSHOOT = 16

NOTHING, SPILL = -1, -2
READY = Phase.READY.value
SPILLED = Phase.SPILLED.value


def choose(s: Scheduler, worker: int, ahead: bool = False) -> int:
    """The task for a worker that asks, with its bytes booked; or NOTHING, or SPILL with ``s.victims`` set."""
    aside: list[tuple[list[int], int]] = []
    first: tuple[int, int] | None = None
    answer = NOTHING
    if s.awaited:
        s.awaited.pop(worker, None)
    while len(aside) < LOOKAHEAD:
        found = placement.best(s, worker, ahead)
        if found is None:
            break
        queue, entry = found
        task = entry & MASK
        if s.phase[task] != READY:
            continue
        need = bytes_needed(s, task)
        if s.held + need <= s.limit or (aside and frees(s, task, need)):
            answer = start(s, worker, task, need)
            break
        if first is None:
            first = task, need
        aside.append((queue, entry))
    if answer == NOTHING and first is not None:
        task, need = first
        if frees(s, task, need):
            answer = start(s, worker, task, need)
        else:
            s.victims = eviction.choose(s, need, spare=task)
            if s.victims:
                s.spilling.update(s.victims)
                s.awaited[worker] = need
                answer = SPILL
            elif s.nrunning <= 1 and not s.spilling:  # the one who asks counts as running
                answer = start(s, worker, task, need)
    for queue, entry in aside:
        if entry & MASK != answer:
            heappush(queue, entry)
    return answer


def bytes_needed(s: Scheduler, task: int) -> int:
    """Bytes that memory grows by when a task starts: its output, its workspace, and inputs read back from disk."""
    size = s.size
    need = sum([size[b] for b in s.outputs[task]]) if task in s.outputs else size[task]
    if s.workspace:
        need += s.workspace.get(task, 0)
    if s.nspilled:
        phase = s.phase
        need += sum(size[b] for b in set(s.inputs[task]) if phase[b] == SPILLED and b not in s.loading)
    return need


def frees(s: Scheduler, task: int, need: int) -> bool:
    """Whether memory is lower after a task than before, and not far over the limit while it runs."""
    freed = sum(s.size[b] for b in set(s.inputs[task]) if s.users[b] == 1 and b not in s.external)
    return need < freed and s.held + need <= s.limit + s.limit // OVERSHOOT


def start(s: Scheduler, worker: int, task: int, need: int) -> int:
    """Book a task's bytes, and note which of its inputs must be read back."""
    s.held += need
    if s.nspilled or s.loading:
        for block in dict.fromkeys(s.inputs[task]):
            if s.phase[block] == SPILLED:
                s.phase[block] = Phase.DONE
                s.nspilled -= 1
                s.large.add(block)
                s.loading.add(block)
            if block in s.loading:
                s.loads.append(block)
    if s.queue_of and (rule := s.queue_of.get(task)) is not None:
        placement.take(s, worker, rule)
    return task
