"""Computations on a client, as callbacks, profilers and progress bars see them.

The tasks of a computation are some of many that a live run has. A *mirror* is a run of their plan alone: a core whose
columns and log are written as the live run tells that tasks began and ended. It is there while somebody listens. If
nobody does but the memory of the last run (``summary()``, ``why()``), nothing is told meanwhile: that is written from the
cluster's records when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic, perf_counter, sleep
from typing import Any

from weft.backends.contract import Request, Run
from weft.backends.live_here import HERE
from weft.backends.tickets import FINISHED
from weft.execution.last import LAST
from weft.graph import Plan
from weft.scheduler import Scheduler
from weft.scheduler.core import EVENT
from weft.scheduler.state import SHIFT, Phase
from weft.typing import Key

__all__ = ["Mirror", "mirror_for"]

RUNNING, DONE, FAILED = Phase.RUNNING.value, Phase.DONE.value, Phase.FAILED.value
#: How long the end of a computation waits for the last news of its tasks, in seconds.
LAST_NEWS_S = 0.5


class MirrorCore(Scheduler):
    """The core of a mirror; it is told what happened, and decides nothing."""

    __slots__ = ("records",)

    def __init__(self, nworkers: int, log_length: int) -> None:
        super().__init__(nworkers, log_length=log_length)
        self.grown = True  # the log tells what happened, not what this core would have decided
        self.records: Callable[[], None] | None = None  # what fills it, once somebody looks

    def settle(self) -> None:
        fill, self.records = self.records, None
        if fill is not None:
            fill()

    def began_task(self, task: int) -> None:
        """A worker has a task."""
        self.phase[task] = RUNNING

    def ended_task(self, task: int, worker: int, began: float, ended: float, nbytes: Any) -> None:
        """A task has finished."""
        blocks = self.outputs.get(task, (task,))
        for block, size in zip(blocks, nbytes if isinstance(nbytes, list) else [nbytes], strict=False):
            self.phase[block] = DONE
            self.size[block] = size
        self.left -= 1
        self.log += (EVENT["take"] | worker << SHIFT, task | worker << SHIFT)
        self.clock += (began, ended)

    def failed_task(self, task: int) -> None:
        """A task has failed for good, or needs one that has."""
        self.phase[task] = FAILED
        self.left -= 1


class Mirror(Run):
    """See the module.

    Parameters
    ----------
    plan : Plan
    request : Request
    listeners : sequence
        Who hears of the start and the end.
    live : Live
        What runs the tasks.
    nworkers : int
    """

    __slots__ = ("base", "heard", "listeners", "live", "problem", "stop", "tasks_to", "told")

    core: MirrorCore

    def __init__(self, plan: Plan, request: Request, listeners: Sequence[Any], live: Any, nworkers: int) -> None:
        super().__init__(plan, MirrorCore(nworkers, request.log_length), "client", nworkers, perf_counter())
        self.listeners = listeners
        self.tasks_to = [each for each in listeners if each is not LAST]
        self.live = live
        self.base = -1
        self.heard = 0  # tasks of whose end it was told
        self.problem: BaseException | None = None  # what a listener raised
        self.stop: Callable[[], None] | None = None  # called then
        self.told: list[Any] = []

    @property
    def shares_memory(self) -> bool:
        return bool(self.live.shares_memory)

    def begin(self) -> None:
        """Tell listeners of the start."""
        if any(each is not LAST for each in self.listeners):
            self.core.added(self.plan, keep=True, now=self.began)
        for listener in self.listeners:
            listener.started(self)
            self.told.append(listener)

    def listens(self) -> bool:
        """Whether somebody wants to know of each task as it comes."""
        return any(each is not LAST for each in self.listeners)

    def attach(self, base: int) -> None:
        """Under the run's lock: the plan's task ``t`` is the run's ``base + t``."""
        self.base = base
        self.live.observers.append(self)

    def end(self, error: BaseException | None) -> None:
        """Tell listeners of the end."""
        if self.base >= 0:
            if error is None:
                until = monotonic() + LAST_NEWS_S
                while self.heard < self.plan.ntasks and monotonic() < until:
                    sleep(0.0005)  # the thread that knows is about to tell
            with self.live:
                self.live.observers[:] = [each for each in self.live.observers if each is not self]
        elif not self.listens():
            self._fill_later()
        self.ended, self.error = perf_counter(), error
        while self.told:
            self.told.pop().ended(self)

    def __call__(self, key: Key, start: str, finish: str, **more: Any) -> None:
        """A task of the run is somewhere else now."""
        task = more.get("number", -1) - self.base
        if not 0 <= task < self.plan.ntasks or self.problem is not None or self.plan.keys[task] != key:
            return
        try:
            if finish == "processing":
                self.core.began_task(task)
                for listener in self.tasks_to:
                    listener.before(self, task, more["worker"])
            elif finish == "memory":
                worker, began, ended = more["worker"], more["began"], more["ended"]
                self.core.ended_task(task, worker, began, ended, more["nbytes"])
                for listener in self.tasks_to:
                    listener.after(self, task, worker, more["value"], began, ended)
                self.heard += 1
            elif finish == "erred":
                self.core.failed_task(task)
        except BaseException as error:  # whatever it is, it is the computation's: this thread is a worker's
            self.problem = error
            if self.stop is not None:
                self.stop()

    def _fill_later(self) -> None:
        """Have the core written from the run's records when somebody looks."""
        recent = []
        for record in reversed(self.live.records):
            if record[3] and record[3] < self.began:
                break
            recent.append(record)
        plan, core, began = self.plan.bare(), self.core, self.began

        def fill() -> None:
            core.added(plan, keep=True, now=began)
            numbers = {key: task for task, key in enumerate(plan.keys[: plan.ntasks])}
            for key, worker, start, end, nbytes, _, status in reversed(recent):
                task = numbers.get(key)
                if task is None or core.phase[task] == DONE:
                    continue
                if status == FINISHED:
                    core.ended_task(task, worker, start, end, nbytes)
                else:
                    core.failed_task(task)

        core.records = fill


def mirror_for(client: Any, plan: Plan, request: Request) -> Mirror | None:
    """The mirror of a computation, if there is somebody who would look at it."""
    if HERE.task >= 0 or not request.listeners:  # what a task computes is part of that task
        return None
    return Mirror(plan, request, request.listeners, client._run, max(1, len(client.cluster.workers)))
