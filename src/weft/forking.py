"""A lock that outlives a fork."""

from __future__ import annotations

import os
from _thread import RLock  # `threading` takes more than 1 ms of an import
from typing import Any
from weakref import WeakSet

__all__ = ["ForkLock"]


class ForkLock:
    """A reentrant lock that a forked child finds free, whichever thread of its parent held it.

    That thread is not there in the child, so a common lock would never be given back. What the lock guards must be right
    however far that thread came: filled in by one assignment at the end, say.

    Examples
    --------
    >>> lock = ForkLock()
    >>> with lock, lock:
    ...     pass
    """

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self._lock = RLock()
        _locks.add(self)

    def renew(self) -> None:
        """Be free, unless the thread that forked has the lock."""
        if not self._lock._is_owned():  # type: ignore[attr-defined]
            self._lock = RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: Any) -> None:
        self._lock.release()


_locks: WeakSet[ForkLock] = WeakSet()


def _after_fork() -> None:
    for lock in _locks:
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
