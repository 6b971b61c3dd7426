"""The most memory that this process and its children held at one time, looked at many times a second."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

from weft.system import memory_used, pss

__all__ = ["PeakMemory"]


class PeakMemory:
    """Watch memory for as long as the context lasts; ``nbytes`` is the largest reading.

    A page that several processes share counts once, so blocks in mapped files do not count once for each reader.

    Examples
    --------
    >>> with PeakMemory() as peak:
    ...     text = "x" * 1000
    >>> peak.nbytes > 1_000_000
    True
    """

    def __init__(self, interval_s: float = 0.05) -> None:
        self.interval_s = interval_s
        self.nbytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="weft-demo-memory", daemon=True)

    def __enter__(self) -> PeakMemory:
        self._look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(self.interval_s):
            self._look()

    def _look(self) -> None:
        children = psutil.Process().children(recursive=True)
        # Alone, a process has its pages for itself, and the resident size is far cheaper to ask for.
        now = pss() + sum(share_of(child.pid) for child in children) if children else memory_used()
        self.nbytes = max(self.nbytes, now)


def share_of(pid: int) -> int:
    """Bytes of a child process; 0 once it has ended."""
    try:
        return pss(pid)
    except ProcessLookupError:
        return 0
