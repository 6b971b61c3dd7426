"""When each task ran, read from a run's event log.

A worker's entries follow one another: it asks, it finishes and is given the next, it finishes. So a task began at the
entry of its worker before the one that says it is finished. That includes what the worker did for it besides: reading
blocks back from disk, letting go of those released before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from weft.scheduler import Phase, Scheduler
from weft.scheduler.core import EVENT
from weft.scheduler.state import MASK, SHIFT
from weft.scheduler.straight import settled

__all__ = ["FINISHED", "Span", "count_finished", "is_whole", "keep_whole", "spans"]

#: Phases of a task that has run to its end.
FINISHED = (Phase.DONE, Phase.SPILLED, Phase.RELEASED)
#: The bits of an entry that say which worker, once shifted; those above are flags.
WORKER = (1 << 30) - 1


class Span(NamedTuple):
    """One task, from when its worker could begin to when it was done; in seconds of ``time.perf_counter``."""

    task: int
    worker: int
    start: float
    end: float


def spans(core: Scheduler, ntasks: int) -> Iterator[Span]:
    """The tasks that finished, in the order in which they did. A task that was made again is there again."""
    core = settled(core)
    asks = {EVENT["next"], EVENT["take"]}
    free: dict[int, float] = {}
    for entry, now in zip(core.log, core.clock, strict=True):
        what = entry & MASK
        worker = entry >> SHIFT & WORKER
        if what < ntasks:
            yield Span(what, worker, free.get(worker, core.clock[0]), now)
        elif what not in asks:
            continue
        free[worker] = now


def count_finished(core: Scheduler, ntasks: int) -> int:
    """How many tasks have run to their end. (``core.left`` falls for tasks that failed, too.)"""
    if core.straight is not None:
        return core.straight.finished
    now = core.phase[:ntasks]
    return sum(map(now.count, FINISHED))


def is_whole(core: Scheduler) -> bool:
    """Whether the log still has its beginning."""
    return len(settled(core).log) != core.log.maxlen


def keep_whole(core: Scheduler) -> None:
    """Have a run that is about to start keep all its events, whatever the configuration's ``log.length`` says."""
    core.log = deque(core.log)
    core.clock = deque(core.clock)
