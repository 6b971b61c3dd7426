"""Locks and semaphores that all tasks and clients of a cluster share, by name."""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from weft.backends.live_here import current_key
from weft.distributed.pausing import in_thread, seconds
from weft.distributed.shared import Shared

__all__ = ["Lock", "MultiLock", "RLock", "Semaphore"]

_count = itertools.count()


class Lock(Shared):
    """A lock that one task or client of the cluster can have at a time.

    Parameters
    ----------
    name : str, optional
        Locks with one name are one lock; a fresh name by default.
    scheduler_rpc, loop : None
        Not used: the client is the current one.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False), Lock("printer") as lock:
    ...     lock.locked()
    True
    """

    _again = False

    def __init__(
        self, name: str | None = None, scheduler_rpc: Any = None, loop: Any = None, client: Any = None
    ) -> None:
        super().__init__(name, client or scheduler_rpc)
        self.id = f"{os.getpid()}-{os.urandom(6).hex()}"

    def _owner(self) -> str:
        return f"{self.client.id}/{self.id}"

    def acquire(self, blocking: bool = True, timeout: float | str | None = None) -> Any:
        """Take the lock.

        Parameters
        ----------
        blocking : bool
            Wait for it.
        timeout : float or str, optional
            Wait so long at most.

        Returns
        -------
        bool
            Whether it was taken.
        """
        limit = seconds(timeout)
        if not blocking and limit is not None:
            raise ValueError("a timeout makes no sense for a call that does not wait (blocking=False)")
        return self._do(self._acquire, blocking, limit)

    def _acquire(self, blocking: bool, limit: float | None) -> bool:
        client = self.client
        token = f"{client.id}/{next(_count)}"
        wait = blocking and (limit is None or limit > 0)
        reply = client._ask("lock_acquire", token, self.name, self._owner(), wait, self._again)
        if not reply.comes(limit if wait else None) and client._ask("withdraw", token).get():
            return False
        return bool(reply.get())

    def release(self) -> Any:
        """Give the lock back."""
        return self._do(self._ask, "lock_release", self.name, self._owner() if self._again else None)

    def locked(self) -> Any:
        """Whether somebody has the lock."""
        return self._do(self._ask, "lock_locked", self.name)

    def __enter__(self) -> Any:
        self._acquire(True, None)
        return self

    def __exit__(self, *exc: Any) -> None:
        self._ask("lock_release", self.name, self._owner() if self._again else None)

    async def __aenter__(self) -> Any:
        await in_thread(self._acquire, True, None)
        return self

    async def __aexit__(self, *exc: Any) -> None:
        await in_thread(self.__exit__)


class RLock(Lock):
    """A lock that its owner may take several times; the owner is a task, or else a thread of a client.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False), RLock("printer") as lock:
    ...     with lock:
    ...         lock.locked()
    True
    """

    _again = True

    def _owner(self) -> str:
        task = current_key()
        return f"{self.client.id}/{threading.get_ident() if task is None else task!r}"


class MultiLock(Shared):
    """Several locks, taken together, so that two who want the same ones in different orders do not block each other.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False), MultiLock(["a", "b"]) as locks:
    ...     Lock("a").locked()
    True
    """

    def __init__(self, names: Sequence[str] | None = None, client: Any = None) -> None:
        super().__init__("multilock", client)
        self.names = list(dict.fromkeys(names or []))
        self._id = f"{os.getpid()}-{os.urandom(6).hex()}"
        self._taken: list[str] = []

    def acquire(self, blocking: bool = True, timeout: float | str | None = None, num_locks: int | None = None) -> Any:
        """Take ``num_locks`` of the locks, all by default; whether they were taken."""
        return self._do(self._acquire, blocking, seconds(timeout), num_locks)

    def _acquire(self, blocking: bool, limit: float | None, num_locks: int | None) -> bool:
        most = len(self.names) if num_locks is None else num_locks
        if not 0 < most <= len(self.names):
            raise ValueError(f"num_locks must be between 1 and {len(self.names)}, not {most}")
        owner = f"{self.client.id}/{self._id}"
        taken = self._wait("locks_acquire", self.names, owner, most, timeout=limit, wait=blocking)
        if taken is False:
            return False
        self._taken = list(taken)
        return True

    def release(self) -> Any:
        """Give the locks back."""
        return self._do(self._release)

    def _release(self) -> None:
        if not self._taken:
            raise RuntimeError("cannot release locks that are not taken")
        taken, self._taken = self._taken, []
        for name in taken:
            self._ask("lock_release", name, None)

    def locked(self) -> bool:
        """Whether this object has its locks."""
        return bool(self._taken)

    def __enter__(self) -> MultiLock:
        self._acquire(True, None, None)
        return self

    def __exit__(self, *exc: Any) -> None:
        self._release()

    async def __aenter__(self) -> MultiLock:
        await in_thread(self._acquire, True, None, None)
        return self

    async def __aexit__(self, *exc: Any) -> None:
        await in_thread(self._release)

    def __reduce__(self) -> Any:
        return MultiLock, (self.names,)


class Semaphore(Shared):
    """A number of leases that tasks and clients of the cluster share.

    What a worker process had leased is free again when it dies.

    Parameters
    ----------
    max_leases : int
    name : str, optional
    scheduler_rpc, loop : None
        Not used: the client is the current one.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False), Semaphore(2, "database") as semaphore:
    ...     semaphore.get_value()
    1
    """

    def __init__(
        self,
        max_leases: int = 1,
        name: str | None = None,
        scheduler_rpc: Any = None,
        loop: Any = None,
        client: Any = None,
    ) -> None:
        super().__init__(name, client or scheduler_rpc)
        if not isinstance(max_leases, int) or max_leases < 1:
            raise ValueError(f"max_leases must be a whole number, 1 or more, not {max_leases!r}")
        self.max_leases = max_leases
        self._leases: deque[str] = deque()
        self._ask("semaphore", self.name, self.max_leases)

    def acquire(self, timeout: float | str | None = None) -> Any:
        """Take a lease; whether it was had in time."""
        return self._do(self._acquire, seconds(timeout))

    def _acquire(self, limit: float | None) -> bool:
        lease = f"{self.client.id}/{os.urandom(6).hex()}"
        if not self._wait("semaphore_acquire", self.name, lease, timeout=limit):
            return False
        self._leases.append(lease)
        return True

    def release(self) -> Any:
        """Give a lease back."""
        return self._do(self._release)

    def _release(self) -> bool:
        if not self._leases:
            raise RuntimeError(f"cannot release the semaphore {self.name!r}: this object has no lease of it")
        return bool(self._ask("semaphore_release", self.name, self._leases.popleft()))

    def get_value(self) -> Any:
        """Leases that are taken."""
        return self._do(self._ask, "semaphore_value", self.name)

    def close(self) -> Any:
        """Close it for all; whoever waits gets an error."""
        return self._do(self._ask, "semaphore_close", self.name)

    def __enter__(self) -> Semaphore:
        self._acquire(None)
        return self

    def __exit__(self, *exc: Any) -> None:
        self._release()

    async def __aenter__(self) -> Semaphore:
        await in_thread(self._acquire, None)
        return self

    async def __aexit__(self, *exc: Any) -> None:
        await in_thread(self._release)

    def __reduce__(self) -> Any:
        return _semaphore_again, (self.max_leases, self.name)


def _semaphore_again(max_leases: int, name: str) -> Semaphore:
    semaphore = Semaphore.__new__(Semaphore)
    Shared.__init__(semaphore, name, None)
    semaphore.max_leases = max_leases
    semaphore._leases = deque()
    return semaphore
