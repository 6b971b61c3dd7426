"""Locks, semaphores, events, queues, variables and topics that all tasks and clients of a cluster share, by name.

All may be used in tasks, pickled, used as context managers where the standard library's can be, and awaited where their
client is asynchronous.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from weft.backends.live_here import current_key
from weft.distributed.arbiter import Marked
from weft.distributed.current import current_client
from weft.distributed.future import Future
from weft.distributed.pausing import Bell, Reply, in_thread, seconds

__all__ = ["Event", "Lock", "MultiLock", "Pub", "Queue", "RLock", "Semaphore", "Sub", "Variable"]

_count = itertools.count()


def fresh(kind: str) -> str:
    return f"{kind}-{os.urandom(6).hex()}-{next(_count)}"


class Shared:
    """What shared objects have in common: a name, and a client that is found when it is needed."""

    def __init__(self, name: str | None, client: Any) -> None:
        self.name = name if name is not None else fresh(type(self).__name__.lower())
        self._client = client if client is not None and hasattr(client, "_ask") else None

    @property
    def client(self) -> Any:
        """The client through which this is shared."""
        client = self._client or current_client()
        if client is None:
            raise ValueError(
                f"a {type(self).__name__} needs a client: make one first, e.g. `client = Client()`, or pass client="
            )
        return client

    def _do(self, function: Callable[..., Any], *args: Any) -> Any:
        if self.client.asynchronous:
            return in_thread(function, *args)
        return function(*args)

    def _ask(self, op: str, *args: Any) -> Any:
        return self.client._ask(op, *args).get()

    def _wait(self, op: str, *args: Any, timeout: float | None = None, wait: bool = True) -> Any:
        """Ask for something that may have to wait; gives False if it did not come in time.

        ``args`` follow a token that says who waits.
        """
        client = self.client
        token = f"{client.id}/{next(_count)}"
        reply: Reply = client._ask(op, token, *args, wait and (timeout is None or timeout > 0))
        comes = reply.comes(timeout if timeout is None or timeout > 0 else None)
        if not comes and client._ask("withdraw", token).get():
            return False
        return reply.get()

    def __reduce__(self) -> Any:
        return type(self), (self.name,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name}>"


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


class Event(Shared):
    """A flag that tasks and clients of the cluster can wait for.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False):
    ...     event = Event("ready")
    ...     event.set()
    ...     event.wait(), event.is_set()
    (True, True)
    """

    def __init__(self, name: str | None = None, client: Any = None) -> None:
        super().__init__(name, client)

    def set(self) -> Any:
        """Raise the flag."""
        return self._do(self._ask, "event_set", self.name, True)

    def clear(self) -> Any:
        """Lower the flag."""
        return self._do(self._ask, "event_set", self.name, False)

    def is_set(self) -> Any:
        """Whether the flag is up."""
        return self._do(self._ask, "event_is_set", self.name)

    def wait(self, timeout: float | str | None = None) -> Any:
        """Wait for the flag; whether it came up in time."""
        limit = seconds(timeout)
        return self._do(lambda: bool(self._wait("event_wait", self.name, timeout=limit)))


def marked(value: Any) -> Any:
    """A value as it travels: a future as its key."""
    return Marked(value.key) if isinstance(value, Future) else value


def arrived(client: Any, value: Any) -> Any:
    """A value that has travelled; a key as a future of this client."""
    if not isinstance(value, Marked):
        return value
    future = Future._of(client, client._ticket_for(value.key))
    client._ask("let_go", [value.key]).get()
    return future


class Queue(Shared):
    """A queue of values and futures, shared by the tasks and clients of a cluster; first in, first out.

    Parameters
    ----------
    name : str, optional
    client : Client, optional
    maxsize : int
        Items that it takes before ``put`` waits; 0 for no end.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False):
    ...     queue = Queue("work")
    ...     queue.put(1)
    ...     queue.qsize(), queue.get()
    (1, 1)
    """

    def __init__(self, name: str | None = None, client: Any = None, maxsize: int = 0) -> None:
        super().__init__(name, client)
        self.maxsize = maxsize
        self._ask("queue", self.name, maxsize)

    def put(self, value: Any, timeout: float | str | None = None, **kwargs: Any) -> Any:
        """Put a value or a future.

        Raises
        ------
        TimeoutError
            There was no room in time.
        """
        return self._do(self._put, value, seconds(timeout))

    def _put(self, value: Any, limit: float | None) -> None:
        if not self._wait("queue_put", self.name, marked(value), timeout=limit):
            if isinstance(value, Future):
                self.client._ask("let_go", [value.key]).get()
            raise TimeoutError(f"the queue {self.name!r} had no room within {limit} s")

    def get(self, timeout: float | str | None = None, batch: bool | int = False, **kwargs: Any) -> Any:
        """Get the first item, or several.

        Parameters
        ----------
        timeout : float or str, optional
        batch : bool or int
            True: a list of all that is there; a number: a list of so many, which are waited for.

        Raises
        ------
        TimeoutError
            Nothing came in time.
        """
        return self._do(self._get, seconds(timeout), batch)

    def _get(self, limit: float | None, batch: bool | int) -> Any:
        found = self._wait("queue_get", self.name, batch, timeout=limit)
        if found is False:
            raise TimeoutError(f"the queue {self.name!r} had nothing to give within {limit} s")
        value = found[1]
        client = self.client
        return arrived(client, value) if batch is False else [arrived(client, each) for each in value]

    def qsize(self, **kwargs: Any) -> Any:
        """Items in it."""
        return self._do(self._ask, "queue_size", self.name)

    def close(self) -> Any:
        """Let go of it; what is in it goes with its last user."""
        return self._do(self._ask, "queue_close", self.name)

    def __reduce__(self) -> Any:
        return _queue_again, (self.name, self.maxsize)


def _queue_again(name: str, maxsize: int) -> Queue:
    queue = Queue.__new__(Queue)
    Shared.__init__(queue, name, None)
    queue.maxsize = maxsize
    return queue


class Variable(Shared):
    """A value or a future, shared by the tasks and clients of a cluster.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False):
    ...     x = Variable("x")
    ...     x.set(1)
    ...     x.get()
    1
    """

    def __init__(self, name: str | None = None, client: Any = None) -> None:
        super().__init__(name, client)

    def set(self, value: Any, timeout: float | str | None = "30 s", **kwargs: Any) -> Any:
        """Set it."""
        return self._do(self._set, value)

    def _set(self, value: Any) -> None:
        self._ask("variable_set", self.name, marked(value))  # a future is held until the variable holds it

    def get(self, timeout: float | str | None = None, **kwargs: Any) -> Any:
        """The value; waits until there is one.

        Raises
        ------
        TimeoutError
            There was none in time.
        """
        return self._do(self._get, seconds(timeout))

    def _get(self, limit: float | None) -> Any:
        found = self._wait("variable_get", self.name, timeout=limit)
        if found is False:
            raise TimeoutError(f"the variable {self.name!r} had no value within {limit} s")
        return arrived(self.client, found[1])

    def delete(self) -> Any:
        """Let go of its value."""
        return self._do(self._ask, "variable_delete", self.name)


class Pub(Shared):
    """Publishes messages under a topic, to all that have a :class:`Sub` of its name.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> with Client(processes=False):
    ...     sub = Sub("news")
    ...     Pub("news").put("hello")
    ...     sub.get()
    'hello'
    """

    def __init__(self, name: str, worker: Any = None, client: Any = None) -> None:
        super().__init__(name, client)

    def put(self, msg: Any) -> None:
        """Publish a message."""
        self._ask("event_log", [f"pubsub-{self.name}"], msg)


class Sub(Shared):
    """The messages of a topic, from now on."""

    def __init__(self, name: str, worker: Any = None, client: Any = None) -> None:
        super().__init__(name, client)
        self._messages: deque[Any] = deque()
        self._bell = Bell()
        self._handle = self.client._listen(f"pubsub-{self.name}", self._heard)

    def _heard(self, event: Any) -> None:
        self._messages.append(event[1])
        self._bell.ring()

    def get(self, timeout: float | str | None = None) -> Any:
        """The next message; waits for it.

        Raises
        ------
        TimeoutError
            There was none in time.
        """
        return self._do(self._get, seconds(timeout))

    def _get(self, limit: float | None) -> Any:
        end = None if limit is None else monotonic() + limit
        while True:
            self._bell.clear()
            if self._messages:
                return self._messages.popleft()
            left = None if end is None else end - monotonic()
            if (left is not None and left <= 0) or not self._bell.wait(left):
                raise TimeoutError(f"nothing was published under {self.name!r} within {limit} s")

    next = __next__ = get

    def __iter__(self) -> Sub:
        return self
