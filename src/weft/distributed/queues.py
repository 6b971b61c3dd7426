"""Events, queues, variables and topics that all tasks and clients of a cluster share, by name."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any

from weft.distributed.arbiter import Marked
from weft.distributed.future import Future
from weft.distributed.pausing import Bell, seconds
from weft.distributed.shared import Shared

__all__ = ["Event", "Pub", "Queue", "Sub", "Variable"]


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

    def put(self, value: Any, timeout: float | str | None = None) -> Any:
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

    def get(self, timeout: float | str | None = None, batch: bool | int = False) -> Any:
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

    def qsize(self) -> Any:
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

    def set(self, value: Any, timeout: float | str | None = "30 s") -> Any:
        """Set it."""
        return self._do(self._set, value)

    def _set(self, value: Any) -> None:
        self._ask("variable_set", self.name, marked(value))  # a future is held until the variable holds it

    def get(self, timeout: float | str | None = None) -> Any:
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
