"""The runs that go on, and the one that ended last: for whoever asks afterwards what happened, and why.

A run that is over is remembered without the values it worked on: no data, no constants, no results, no functions, which
hold what they were made of, and its error in words only, since a traceback keeps the frames of the failed task alive. What
stays is the plan's shape, the names of its programs, the core's columns and the event log.
"""

from __future__ import annotations

import contextvars
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from weft.backends import Run
from weft.errors import WeftError
from weft.graph.program import bare_programs

__all__ = ["KEPT_TASKS", "LAST", "LastRun", "inside"]

#: How many computations the current code is inside of: tasks see those that they are part of.
DEPTH: contextvars.ContextVar[int] = contextvars.ContextVar("weft-depth", default=0)

#: Larger runs are not remembered: their columns and log would take hundreds of megabytes.
KEPT_TASKS = 250_000


@contextmanager
def inside() -> Iterator[None]:
    """Around the run of a computation, in the context that its tasks take over."""
    token = DEPTH.set(DEPTH.get() + 1)
    try:
        yield
    finally:
        DEPTH.reset(token)


class LastRun:
    """Hears of all runs of the process; a run that a task starts is *nested*, and not remembered."""

    reads_log = True

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._going: dict[int, Run] = {}
        self._past: Run | None = None
        self.too_large = 0  #: tasks of the last run, if it was too large to be remembered

    def get(self) -> Run | None:
        """The outermost run that goes on, or else the one that ended last."""
        if self._past is not None:
            self._past.core.settle()
        return next(iter(list(self._going.values())), self._past)

    def is_nested(self, run: Run) -> bool:
        """Whether a run was started by a task of another one."""
        return id(run) not in self._going

    def started(self, run: Run) -> None:
        if DEPTH.get() <= 1:
            self._going[id(run)] = run
            self._past = None

    def before(self, run: Run, task: int, worker: int) -> None:
        """Tasks are none of its business."""

    def after(self, run: Run, task: int, worker: int, value: Any, started: float, ended: float) -> None:
        """Tasks are none of its business."""

    def ended(self, run: Run) -> None:
        if self._going.pop(id(run), None) is None:
            return
        keep = run.plan.ntasks <= KEPT_TASKS
        self._past = without_values(run) if keep else None
        self.too_large = 0 if keep else run.plan.ntasks


def without_values(run: Run) -> Run:
    """A copy of a run's record that keeps no data alive."""
    run.core.programs[:] = bare_programs(run.core.programs)
    past = Run(run.plan.bare(), run.core, run.backend, run.nworkers, run.began)
    past.ended = run.ended
    if run.error is not None:
        past.error = WeftError("".join(traceback.format_exception_only(run.error)).rstrip())
    return past


#: The one record of this process.
LAST = LastRun()
