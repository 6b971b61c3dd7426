"""A live run on the threads of a ``ThreadPoolExecutor``, which others may use, too.

A thread is lent for as long as there is work, and goes back to the executor then. Tasks that wait for other tasks hold
their thread: those that take their places run in threads of the run's own, so that an executor of one thread will do.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from weft.backends.contract import Request
from weft.backends.interrupting import start_thread
from weft.backends.live import Live
from weft.backends.live_here import HERE
from weft.backends.live_thread import LiveThread, forget_thread
from weft.backends.live_threads import LiveThreads
from weft.errors import BackendError

__all__ = ["LiveLent"]


class LiveLent(LiveThreads):
    """See the module.

    Parameters
    ----------
    executor : ThreadPoolExecutor
        It stays the caller's.
    request : Request
        The budget, the spill directory, the retries.
    nthreads : list of int
        One number: how many threads to take.
    resources : mapping of int to mapping, optional
    """

    def __init__(
        self,
        executor: ThreadPoolExecutor,
        request: Request,
        nthreads: list[int],
        *,
        resources: dict[int, dict[str, float]] | None = None,
    ) -> None:
        super().__init__(request, nthreads, resources=resources)
        self.pool = executor
        self.nlent = 0

    def _start_thread(self, worker: int) -> None:
        me = LiveThread(self, worker, once=True)
        if self.nlent >= self.nthreads_total:
            start_thread(self._be_own, me)
            return
        try:
            future = self.pool.submit(self._be_lent, me)
        except RuntimeError as error:
            self._is_gone(worker, error)
            return
        self.nlent += 1
        future.add_done_callback(Returned(self, worker).ended)

    def _be_lent(self, me: LiveThread) -> None:
        before: Any = HERE.run, HERE.worker, HERE.task, HERE.key
        HERE.run, HERE.worker = self, me.worker
        me.ident = threading.get_ident()
        try:
            self.perform(me)
        finally:
            HERE.run, HERE.worker, HERE.task, HERE.key = before

    def _be_own(self, me: LiveThread) -> None:
        try:
            self._be_lent(me)
        finally:
            forget_thread()

    def came_back(self, worker: int, cancelled: bool) -> None:
        """Under the lock: a thread is the executor's again; or there never was one, since that was shut down."""
        self.nlent -= 1
        if cancelled:
            self._is_gone(worker, RuntimeError("it was shut down"))

    def _is_gone(self, worker: int, error: BaseException) -> None:
        """Under the lock: there will be no thread."""
        self.active[worker] -= 1
        self.nactive -= 1
        problem = BackendError(f"cannot submit tasks to {self.pool!r}: {error}. It must be open as long as the client.")
        problem.__cause__ = error
        before = -1
        while self.core.ready and len(self.core.ready) != before:
            before = len(self.core.ready)
            self._fail_ready(worker, problem)


class Returned:
    """The news that a thread is the executor's again: the run finds it in its inbox."""

    __slots__ = ("cancelled", "run", "worker")

    def __init__(self, run: LiveLent, worker: int) -> None:
        self.run = run
        self.worker = worker
        self.cancelled = False

    def ended(self, future: Future[None]) -> None:
        """Called by the executor, in any thread, with or without the lock."""
        self.cancelled = future.cancelled()
        self.run.inbox.append(self)
        Live.nudge(self.run)

    def arrive(self) -> None:
        """Under the lock."""
        self.run.came_back(self.worker, self.cancelled)
