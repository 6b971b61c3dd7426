"""A lock that can be sent to tasks: all that carry the same token are one lock within each process."""

from __future__ import annotations

import os
from _thread import allocate_lock  # `threading` takes more than 1 ms of an import
from collections.abc import Hashable
from types import TracebackType
from weakref import WeakValueDictionary

__all__ = ["SerializableLock"]


class _Lock:
    """A lock that can be referred to weakly, so that the last user of a token takes it along."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = allocate_lock()


#: The locks in use in this process, by token.
_LOCKS: WeakValueDictionary[Hashable, _Lock] = WeakValueDictionary()
_GUARD = allocate_lock()


class SerializableLock:
    """A lock shared by all who have the same token in one process; it pickles as its token.

    It guards what lives in the process, such as a library that is not thread-safe. Processes do not lock each other
    out.

    Parameters
    ----------
    token : hashable, optional
        Names the lock. Without it the lock is new, and shared with its own copies only.

    Examples
    --------
    >>> import pickle
    >>> lock = SerializableLock()
    >>> copy = pickle.loads(pickle.dumps(lock))
    >>> with lock:
    ...     copy.locked()
    True
    """

    def __init__(self, token: Hashable | None = None) -> None:
        self.token: Hashable = os.urandom(16).hex() if token is None else token
        with _GUARD:
            shared = _LOCKS.get(self.token)
            if shared is None:
                shared = _LOCKS[self.token] = _Lock()
        self._shared = shared

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; False if it could not be had in time."""
        return self._shared.lock.acquire(blocking, timeout)

    def release(self) -> None:
        """Give the lock back."""
        self._shared.lock.release()

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return self._shared.lock.locked()

    def __enter__(self) -> None:
        self._shared.lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._shared.lock.release()

    def __reduce__(self) -> tuple[type[SerializableLock], tuple[Hashable]]:
        return type(self), (self.token,)

    def __weft_tokenize__(self) -> Hashable:
        return self.token

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.token}>"
