"""One thread of a worker of a live run, from its start to what it leaves behind."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from typing import TYPE_CHECKING

from weft.backends.interrupting import start_thread
from weft.backends.live_here import HERE

if TYPE_CHECKING:
    from weft.backends.live_threads import LiveThreads

__all__ = ["LiveThread", "forget_thread"]


class LiveThread:
    """A thread of a worker."""

    __slots__ = ("aside", "ident", "once", "run", "task", "wake", "worker")

    def __init__(self, run: LiveThreads, worker: int, *, once: bool = False) -> None:
        self.run = run
        self.worker = worker
        self.wake = allocate_lock()
        self.wake.acquire()
        self.ident = 0
        self.task = -1
        self.aside = False
        self.once = once  # it is the thread of whoever submits, and goes back there
        if once:
            self.ident = threading.get_ident()
            return
        # not threading.Thread: a finalizer may be here, that has interrupted what holds that module's lock
        start_thread(self._main)

    def _main(self) -> None:
        threading.current_thread().name = f"weft-worker-{self.worker}"
        self.ident = threading.get_ident()
        HERE.run, HERE.worker = self.run, self.worker
        try:
            self.run.perform(self)
        finally:
            HERE.run = None
            forget_thread()


def forget_thread() -> None:
    """At the end of a thread: before Python 3.13, what stands for one that is not threading's own would be there for ever."""
    threading._active.pop(threading.get_ident(), None)  # type: ignore[attr-defined]
