"""A live run without workers: each task runs where it is submitted, so that a debugger steps from there into it."""

from __future__ import annotations

import threading
from typing import Any

from weft.backends.contract import Request
from weft.backends.live_here import HERE
from weft.backends.live_thread import LiveThread
from weft.backends.live_threads import LiveThreads

__all__ = ["LiveInline"]


class LiveInline(LiveThreads):
    """See the module."""

    kind = "inline"

    def __init__(
        self, request: Request, nthreads: list[int], *, resources: dict[int, dict[str, float]] | None = None
    ) -> None:
        super().__init__(request, [1 << 30] * len(nthreads), resources=resources)
        self.local = threading.local()

    def wake(self) -> None:
        """Whoever gives the lock up does the work."""

    def give_up_lock(self) -> None:
        super().give_up_lock()
        core = self.core
        if (core.ready or core.constrained) and not self.closed and not getattr(self.local, "asking", False):
            self._work_here()

    def _work_here(self) -> None:
        before: Any = HERE.run, HERE.worker, HERE.task, HERE.key
        HERE.run, HERE.worker = self, 0
        me = LiveThread(self, 0, once=True)
        with self.lock:
            self.active[0] += 1
            self.nactive += 1
        self.local.asking = True
        try:
            self.perform(me)
        finally:
            self.local.asking = False
            HERE.run, HERE.worker, HERE.task, HERE.key = before

    def attended(self) -> bool:
        return False

    def nudge(self) -> None:
        asking, self.local.asking = getattr(self.local, "asking", False), False
        try:
            with self:
                pass
        finally:
            self.local.asking = asking
