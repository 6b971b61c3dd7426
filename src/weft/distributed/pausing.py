"""Waiting: in threads, inside tasks, and in event loops.

A task that waits steps aside, so that another may run in its place (:mod:`weft.backends.live_threads`): whatever waits
here may be called in tasks, however deep.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from _thread import allocate_lock
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from weft.backends.live_here import HERE
from weft.units import parse_timedelta

__all__ = [
    "Bell",
    "Reply",
    "as_asynchronous",
    "awaited",
    "awaited_here",
    "finished",
    "in_thread",
    "is_awaiting",
    "pause",
    "seconds",
]

#: A signal that arrives just before a thread sleeps does not wake it: look again this often, in seconds.
LOOK_S = 0.25
#: A lock's timeout cannot be longer than this, in seconds.
LONG_S = 1e6


async def awaited(value: Any) -> Any:
    """What an awaitable gives, as a coroutine."""
    return await value


#: The client whose methods are awaited, for the time of a coroutine that :meth:`Client.sync` runs.
AWAITING: contextvars.ContextVar[Any] = contextvars.ContextVar("weft-awaiting", default=None)


async def as_asynchronous(client: Any, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """What a coroutine function gives, for which the client is asynchronous."""
    AWAITING.set(client)
    return await func(*args, **kwargs)


def is_awaiting(client: Any) -> bool:
    """Whether a coroutine that :meth:`Client.sync` runs is asking; not a thread that it has started."""
    return AWAITING.get() is client and has_loop()


def has_loop() -> bool:
    """Whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def awaited_here(value: Any, timeout: float | None) -> Any:
    """What an awaitable gives. An event loop runs for it: in this thread, or in another one if this one has a loop."""

    def run() -> Any:
        return asyncio.run(within(value, timeout))

    if not has_loop():
        return run()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, run).result()


async def within(value: Any, timeout: float | None) -> Any:
    """What an awaitable gives, if it takes no longer."""
    return await asyncio.wait_for(value, timeout)


def finished(value: Any) -> Any:
    """The value, or what it gives if it is to be awaited: an event loop runs for it, in this thread."""
    return asyncio.run(awaited(value)) if inspect.isawaitable(value) else value


def seconds(timeout: float | str | None) -> float | None:
    """A timeout in seconds: a number, or text such as "10s"."""
    return None if timeout is None else float(parse_timedelta(timeout, "s"))


def pause(lock: Any, timeout: float | None = None) -> bool:
    """Wait until a lock can be taken, as a task if this is one; False if that takes longer than the timeout."""
    if lock.acquire(False):
        return True
    if timeout is not None and timeout <= 0:
        return False
    run = HERE.run
    aside = run is not None and HERE.task >= 0 and not HERE.seceded and run.step_aside()
    take = getattr(run, "take", acquire)  # a run may have a way of its own to sleep
    try:
        if timeout is None:
            while not take(lock, LOOK_S):
                pass
            return True
        end = monotonic() + min(timeout, LONG_S)
        while True:
            left = end - monotonic()
            if left <= 0:
                return bool(lock.acquire(False))
            if take(lock, min(left, LOOK_S)):
                return True
    finally:
        if aside:
            run.come_back()


def acquire(lock: Any, timeout: float) -> bool:
    """Take a lock, in so many seconds; whether it could be taken."""
    return bool(lock.acquire(True, timeout))


class Bell:
    """Rings for whoever waits, in threads and in event loops; one who waits after it has rung does not wait."""

    __slots__ = ("_guard", "_loops", "_rung", "_sleepers")

    def __init__(self) -> None:
        self._guard = allocate_lock()
        self._rung = False
        self._sleepers: list[Any] = []
        self._loops: list[tuple[Any, Any]] = []

    def ring(self) -> None:
        with self._guard:
            self._rung = True
            sleepers, self._sleepers = self._sleepers, []
            loops, self._loops = self._loops, []
        for lock in sleepers:
            lock.release()
        for loop, waiter in loops:
            try:
                loop.call_soon_threadsafe(_wake, waiter)
            except RuntimeError:  # the loop is closed: nobody waits there any more
                continue

    def clear(self) -> None:
        """The next one waits for the next ring."""
        with self._guard:
            self._rung = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a ring; whether it came in time."""
        with self._guard:
            if self._rung:
                return True
            lock = allocate_lock()
            lock.acquire()
            self._sleepers.append(lock)
        if pause(lock, timeout):
            return True
        with self._guard:
            if lock in self._sleepers:
                self._sleepers.remove(lock)
                return False
        return True

    async def wait_async(self, timeout: float | None = None) -> bool:
        """The same in an event loop."""
        loop = asyncio.get_running_loop()
        with self._guard:
            if self._rung:
                return True
            waiter = loop.create_future()
            self._loops.append((loop, waiter))
        try:
            await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            return False
        return True


def _wake(waiter: Any) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Reply:
    """The answer to something that was asked; called with it, once."""

    __slots__ = ("_bell", "error", "value")

    def __init__(self) -> None:
        self._bell = Bell()
        self.value: Any = None
        self.error: BaseException | None = None

    def __call__(self, value: Any = None) -> None:
        self.value = value
        self._bell.ring()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self._bell.ring()

    def comes(self, timeout: float | None = None) -> bool:
        """Wait for it; whether it came in time."""
        return self._bell.wait(timeout)

    def get(self, timeout: float | None = None) -> Any:
        """Wait for it; raises what went wrong, and TimeoutError."""
        if not self._bell.wait(timeout):
            raise TimeoutError(f"there was no answer within {timeout:g} s")
        if self.error is not None:
            raise self.error
        return self.value


def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaited:
    """What a function gives, to be awaited: it runs in a thread of its own, so it may wait as long as it likes."""
    return Awaited(function, args, kwargs)


class Awaited:
    """Starts when it is made; may be awaited, once or several times."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._bell = Bell()
        self._value: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._main, args=(function, args, kwargs), name="weft-client", daemon=True).start()

    def _main(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            self._value = function(*args, **kwargs)
        except BaseException as error:  # it is the answer: whoever awaits gets it
            self._error = error
        self._bell.ring()

    async def _get(self) -> Any:
        await self._bell.wait_async()
        if self._error is not None:
            raise self._error
        return self._value

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._get().__await__()
