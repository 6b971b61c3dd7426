"""The cluster's side of locks, semaphores, events, queues, variables, topics, data sets and metadata.

There is one arbiter for each cluster. Clients ask it: those of this process by a call, those in worker processes by a
message. What cannot be had at once waits in line; the answer comes when its turn comes, or the one who waits withdraws.
What a worker process had taken is given back when it dies.

Futures are held while they lie in a queue, a variable or a data set. They travel as :class:`Marked` keys.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any

from weft.distributed.pausing import Reply

__all__ = ["Arbiter", "Marked"]

#: Events that a topic keeps.
EVENTS = 100_000
_MISSING = object()


@dataclass(frozen=True)
class Marked:
    """A future on its way: its key."""

    key: Any


@dataclass
class Waiting:
    """Somebody in line."""

    token: Any
    reply: Reply
    serve: Callable[[], bool]


@dataclass
class LockState:
    owner: str | None = None
    depth: int = 0


@dataclass
class SemaphoreState:
    most: int
    leases: dict[str, float] = field(default_factory=dict)
    closed: bool = False


@dataclass
class QueueState:
    most: int = 0
    items: deque[Any] = field(default_factory=deque)
    users: int = 0


class Arbiter:
    """The state, and one method for each thing that may be asked: ``op_*``.

    Parameters
    ----------
    hold, release : callables
        Keep the result of a key, and let it go.
    """

    def __init__(self, hold: Callable[[Any], None], release: Callable[[Any], None]) -> None:
        self._mutex = threading.RLock()
        self._hold = hold
        self._release = release
        self._line: list[Waiting] = []
        self._locks: dict[str, LockState] = defaultdict(LockState)
        self._semaphores: dict[str, SemaphoreState] = {}
        self._events: dict[str, bool] = defaultdict(bool)
        self._queues: dict[str, QueueState] = {}
        self._variables: dict[str, Any] = {}
        self._datasets: dict[Any, Any] = {}
        self._metadata: dict[Any, Any] = {}
        self._manages_memory = True  #: as `client.amm` was told
        self._log: dict[str, deque[tuple[float, Any]]] = defaultdict(lambda: deque(maxlen=EVENTS))
        self._listeners: dict[str, dict[Any, Callable[[Any], None]]] = defaultdict(dict)
        self.on_event: list[Callable[[str, Any], None]] = []

    def ask(self, op: str, args: tuple[Any, ...], reply: Reply, source: str) -> bool:
        """Do what is asked, if it is something of the arbiter's."""
        method = getattr(self, f"op_{op}", None)
        if method is None:
            return False
        with self._mutex:
            try:
                method(reply, source, *args)
            except Exception as error:  # whatever it is, whoever asked must not wait for ever
                reply.fail(error)
        return True

    # -- the line -------------------------------------------------------------------------------------------------------

    def _attempt(self, token: Any, reply: Reply, serve: Callable[[], bool], wait: bool = True) -> None:
        """Serve now, or when the turn comes; without ``wait`` say that it cannot be."""
        if serve():
            self._go_on()
        elif wait:
            self._line.append(Waiting(token, reply, serve))
        else:
            reply(False)

    def _go_on(self) -> None:
        """Something was given back: serve whoever can be served, in turn."""
        again = True
        while again:
            again = False
            for each in list(self._line):
                if each in self._line and each.serve():
                    if each in self._line:
                        self._line.remove(each)
                    again = True

    def op_withdraw(self, reply: Reply, source: str, token: Any) -> None:
        """Do not wait any more; True if the answer had not been given."""
        before = len(self._line)
        self._line = [each for each in self._line if each.token != token]
        reply(len(self._line) < before)

    def gone(self, source: str) -> None:
        """A worker process died: what it had taken is free, and what it waited for not asked any more."""
        with self._mutex:
            self._line = [each for each in self._line if not str(each.token).startswith(source)]
            for lock in self._locks.values():
                if lock.owner is not None and lock.owner.startswith(source):
                    lock.owner, lock.depth = None, 0
            for semaphore in self._semaphores.values():
                for lease in [lease for lease in semaphore.leases if lease.startswith(source)]:
                    del semaphore.leases[lease]
            for topic in self._listeners.values():
                for name in [name for name in topic if str(name).startswith(source)]:
                    del topic[name]
            self._go_on()

    # -- locks ----------------------------------------------------------------------------------------------------------

    def op_lock_acquire(
        self, reply: Reply, source: str, token: Any, name: str, owner: str, wait: bool, again: bool
    ) -> None:
        lock = self._locks[name]

        def serve() -> bool:
            if lock.owner is not None and not (again and lock.owner == owner):
                return False
            lock.owner = owner
            lock.depth += 1
            reply(True)
            return True

        self._attempt(token, reply, serve, wait)

    def op_lock_release(self, reply: Reply, source: str, name: str, owner: str | None) -> None:
        lock = self._locks[name]
        if lock.owner is None:
            raise RuntimeError(f"cannot release the lock {name!r}: it is not taken")
        if owner is not None and lock.owner != owner:
            raise RuntimeError(f"cannot release the lock {name!r}: it is somebody else's")
        lock.depth -= 1
        if not lock.depth:
            lock.owner = None
        reply(None)
        self._go_on()

    def op_lock_locked(self, reply: Reply, source: str, name: str) -> None:
        reply(self._locks[name].owner is not None)

    def op_locks_acquire(
        self, reply: Reply, source: str, token: Any, names: list[str], owner: str, most: int, wait: bool
    ) -> None:
        def serve() -> bool:
            free = [name for name in names if self._locks[name].owner is None]
            if len(free) < most:
                return False
            for name in free[:most]:
                self._locks[name].owner = owner
                self._locks[name].depth = 1
            reply(free[:most])
            return True

        self._attempt(token, reply, serve, wait)

    # -- semaphores -----------------------------------------------------------------------------------------------------

    def op_semaphore(self, reply: Reply, source: str, name: str, most: int) -> None:
        known = self._semaphores.get(name)
        if known is None or known.closed:
            self._semaphores[name] = SemaphoreState(most)
        elif known.most != most:
            raise ValueError(f"the semaphore {name!r} has max_leases={known.most}; it cannot be {most} as well")
        reply(None)

    def _semaphore(self, name: str) -> SemaphoreState:
        known = self._semaphores.get(name)
        if known is None or known.closed:
            raise RuntimeError(f"the semaphore {name!r} is closed, or was never made")
        return known

    def op_semaphore_acquire(self, reply: Reply, source: str, token: Any, name: str, lease: str, wait: bool) -> None:
        self._semaphore(name)

        def serve() -> bool:
            semaphore = self._semaphores.get(name)
            if semaphore is None or semaphore.closed:
                reply.fail(RuntimeError(f"the semaphore {name!r} was closed"))
                return True
            if len(semaphore.leases) >= semaphore.most:
                return False
            semaphore.leases[lease] = monotonic()
            reply(True)
            return True

        self._attempt(token, reply, serve, wait)

    def op_semaphore_release(self, reply: Reply, source: str, name: str, lease: str) -> None:
        semaphore = self._semaphores.get(name)
        reply(semaphore is not None and semaphore.leases.pop(lease, None) is not None)
        self._go_on()

    def op_semaphore_value(self, reply: Reply, source: str, name: str) -> None:
        reply(len(self._semaphore(name).leases))

    def op_semaphore_close(self, reply: Reply, source: str, name: str) -> None:
        semaphore = self._semaphores.get(name)
        if semaphore is not None:
            semaphore.closed = True
        reply(None)
        self._go_on()

    # -- events ---------------------------------------------------------------------------------------------------------

    def op_event_set(self, reply: Reply, source: str, name: str, value: bool) -> None:
        self._events[name] = value
        reply(None)
        self._go_on()

    def op_event_is_set(self, reply: Reply, source: str, name: str) -> None:
        reply(self._events[name])

    def op_event_wait(self, reply: Reply, source: str, token: Any, name: str, wait: bool) -> None:
        def serve() -> bool:
            if not self._events[name]:
                return False
            reply(True)
            return True

        self._attempt(token, reply, serve, wait)

    # -- queues ---------------------------------------------------------------------------------------------------------

    def op_queue(self, reply: Reply, source: str, name: str, most: int) -> None:
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = QueueState(most)
        queue.users += 1
        reply(None)

    def _queue(self, name: str) -> QueueState:
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = QueueState()
        return queue

    def op_queue_put(self, reply: Reply, source: str, token: Any, name: str, value: Any, wait: bool) -> None:
        queue = self._queue(name)
        if isinstance(value, Marked):
            self._hold(value.key)

        def serve() -> bool:
            if queue.most > 0 and len(queue.items) >= queue.most:
                return False
            queue.items.append(value)
            reply(True)
            return True

        self._attempt(token, reply, serve, wait)

    def op_queue_get(self, reply: Reply, source: str, token: Any, name: str, batch: Any, wait: bool) -> None:
        queue = self._queue(name)

        def serve() -> bool:
            items = queue.items
            if batch is True:
                taken = list(items)
                items.clear()
            elif batch is False:
                if not items:
                    return False
                taken = [items.popleft()]
            else:
                if len(items) < batch:
                    return False
                taken = [items.popleft() for _ in range(batch)]
            reply((True, taken if batch is not False else taken[0]))
            return True

        self._attempt(token, reply, serve, wait)

    def op_let_go(self, reply: Reply, source: str, keys: list[Any]) -> None:
        """Keys that came out of a queue have a holder now."""
        for key in keys:
            self._release(key)
        reply(None)

    def op_queue_size(self, reply: Reply, source: str, name: str) -> None:
        reply(len(self._queue(name).items))

    def op_queue_close(self, reply: Reply, source: str, name: str) -> None:
        queue = self._queues.get(name)
        if queue is not None:
            queue.users -= 1
            if queue.users <= 0:
                for value in queue.items:
                    if isinstance(value, Marked):
                        self._release(value.key)
                del self._queues[name]
        reply(None)

    # -- variables ------------------------------------------------------------------------------------------------------

    def op_variable_set(self, reply: Reply, source: str, name: str, value: Any) -> None:
        if isinstance(value, Marked):
            self._hold(value.key)
        old = self._variables.get(name)
        self._variables[name] = value
        if isinstance(old, Marked):
            self._release(old.key)
        reply(None)
        self._go_on()

    def op_variable_get(self, reply: Reply, source: str, token: Any, name: str, wait: bool) -> None:
        def serve() -> bool:
            value = self._variables.get(name, _MISSING)
            if value is _MISSING:
                return False
            if isinstance(value, Marked):
                self._hold(value.key)  # until the reader says that it has it
            reply((True, value))
            return True

        self._attempt(token, reply, serve, wait)

    def op_variable_delete(self, reply: Reply, source: str, name: str) -> None:
        old = self._variables.pop(name, None)
        if isinstance(old, Marked):
            self._release(old.key)
        reply(None)

    # -- data sets and metadata -----------------------------------------------------------------------------------------

    def op_dataset_put(self, reply: Reply, source: str, name: Any, value: Any, keys: list[Any], override: bool) -> None:
        if name in self._datasets and not override:
            raise KeyError(f"there is a data set {name!r} already: unpublish it first, or pass override=True")
        for key in keys:
            self._hold(key)
        old = self._datasets.get(name)
        self._datasets[name] = value, keys
        if old is not None:
            for key in old[1]:
                self._release(key)
        reply(None)

    def op_dataset_get(self, reply: Reply, source: str, name: Any) -> None:
        found = self._datasets.get(name)
        reply((False, None) if found is None else (True, found[0]))

    def op_dataset_list(self, reply: Reply, source: str) -> None:
        reply(tuple(sorted(self._datasets, key=str)))

    def op_dataset_delete(self, reply: Reply, source: str, name: Any) -> None:
        if name not in self._datasets:
            raise KeyError(f"there is no data set {name!r}; there are {sorted(map(str, self._datasets))}")
        for key in self._datasets.pop(name)[1]:
            self._release(key)
        reply(None)

    def op_metadata_set(self, reply: Reply, source: str, keys: list[Any], value: Any) -> None:
        place = self._metadata
        for key in keys[:-1]:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise TypeError(f"cannot set metadata at {keys!r}: {key!r} has the value {place!r}")
        place[keys[-1]] = value
        reply(None)

    def op_memory_manager(self, reply: Reply, source: str, running: bool | None) -> None:
        if running is not None:
            self._manages_memory = running
        reply(self._manages_memory)

    def op_metadata_get(self, reply: Reply, source: str, keys: list[Any]) -> None:
        place: Any = self._metadata
        for key in keys:
            if not isinstance(place, dict) or key not in place:
                reply((False, None))
                return
            place = place[key]
        reply((True, place))

    # -- topics ---------------------------------------------------------------------------------------------------------

    def op_event_log(self, reply: Reply, source: str, topics: list[str], message: Any) -> None:
        self.log_event(topics, message)
        reply(None)

    def log_event(self, topics: list[str], message: Any) -> None:
        """Keep an event under topics, and tell who listens."""
        with self._mutex:
            event = time(), message
            calls: list[Callable[[Any], None]] = []
            for topic in topics:
                self._log[topic].append(event)
                calls += self._listeners[topic].values()
        for call in calls:
            call(event)
        for topic in topics:
            for hook in self.on_event:
                hook(topic, message)

    def op_events(self, reply: Reply, source: str, topic: str | None) -> None:
        if topic is None:
            reply({name: tuple(events) for name, events in self._log.items() if events})
        else:
            reply(tuple(self._log.get(topic, ())))

    def op_listen(self, reply: Reply, source: str, topic: str, name: Any, call: Callable[[Any], None]) -> None:
        self._listeners[topic][name] = call
        reply(None)

    def op_unlisten(self, reply: Reply, source: str, topic: str, name: Any) -> None:
        if self._listeners[topic].pop(name, None) is None:
            raise ValueError(f"nothing listens to the topic {topic!r} for this client")
        reply(None)
