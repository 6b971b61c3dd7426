"""What all worker processes do with their results: acknowledge them in batches, and not sit on what others could do.

*Behind a long task.* A batch is what was expected to take a few milliseconds. If a task takes much longer, a helper
thread (which sleeps unless tasks are queued) sends its predecessors' results and gives back what waits behind it, so
that others can take it. HOT: :meth:`Desk.flush`.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections import deque
from typing import Any

from weft.backends.bench import Ack, Bench, Order
from weft.backends.channel import Channel
from weft.store.serialize import PROTOCOL

__all__ = ["FLUSH_S", "Desk"]

#: Acknowledgements wait at most this long for company while tasks run, in seconds.
FLUSH_S = 0.001
#: A task that takes longer than this gives back what waits behind it, in seconds.
SITTING_S = 0.02


class Desk:
    """The messages of a worker process, and its queue of tasks."""

    def __init__(self, channel: Channel, page: memoryview[float], bench: Bench) -> None:
        self.channel = channel
        self.page = page  # for each place the task that runs there (-1: none), and when it began
        self.bench = bench
        self.queue: deque[Order] = deque()
        self.done: deque[Ack] = deque()
        self.serial = 0  # grows with each task that begins
        self.configuration: dict[str, str] = {}
        self.library_threads = 0
        self._sending = threading.Lock()
        self._sitter: threading.Thread | None = None
        self._sit = threading.Lock()
        self._sit.acquire()

    def flush(self, *news: tuple[Any, ...]) -> None:
        """Send what was finished, and other news."""
        with self._sending:
            self._send(list(news))

    def is_sending(self) -> bool:
        """Whether a message is under way: a finalizer must not wait for that."""
        return self._sending.locked()

    def _send(self, news: list[tuple[Any, ...]]) -> None:
        acks = []
        try:
            while True:
                acks.append(self.done.popleft())
        except IndexError:
            pass
        if acks or news:
            self.channel.send(pickle.dumps((acks, news), PROTOCOL))

    def look_after(self) -> None:
        """Tasks are queued: see to it that nothing waits behind one that takes long."""
        if self._sitter is None:
            self._sitter = threading.Thread(target=self._sitting, name="weft-sitter", daemon=True)
            self._sitter.start()
        if self._sit.locked():
            self._sit.release()

    def _sitting(self) -> None:
        """Send what was finished before a task that takes long, and give back what waits behind it."""
        while True:
            self._sit.acquire()
            while self.queue or self.done:
                seen = self.serial
                time.sleep(SITTING_S)
                if self.serial != seen:
                    continue
                with self._sending:
                    back = self.left_behind()
                    self._send([("back", back)] if back else [])

    def left_behind(self) -> list[int]:
        """Take the tasks that wait for a place off the queue."""
        raise NotImplementedError
