"""The most memory that this process and its children held at one time, looked at many times a second."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

__all__ = ["PeakMemory"]


class PeakMemory:
    """Watch memory for as long as the context lasts; ``nbytes`` is the largest reading.

    A page that several processes share is counted once where the system tells (Linux: proportional set size), so blocks
    in mapped files do not count once for each reader.

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
        this = psutil.Process()
        family = [this, *this.children(recursive=True)]
        # Alone, a process has all its pages for itself, and the resident size is far cheaper to ask for.
        now = this.memory_info().rss if len(family) == 1 else sum(map(proportional_nbytes, family))
        self.nbytes = max(self.nbytes, now)


def proportional_nbytes(process: psutil.Process) -> int:
    """The proportional set size where the system has it, else the resident size; 0 for a process that has ended."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
