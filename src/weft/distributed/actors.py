"""Actors: objects that live in one worker, and whose methods are called from anywhere.

``client.submit(Counter, actor=True)`` makes an instance in a worker; its result is an :class:`Actor`, a handle. A method
of the handle calls the object's method there, one call after the other in the order in which they were made, and gives an
:class:`ActorFuture`. Attributes are read at once. Coroutine methods begin in that order, too, but in an event loop beside
it: one that waits keeps no other from running.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from weft.backends.live_here import HERE
from weft.distributed.current import current_client
from weft.distributed.future import Future
from weft.distributed.pausing import Bell, Reply, awaited, seconds
from weft.errors import BackendError

__all__ = ["Actor", "ActorFuture", "BaseActorFuture", "Stage", "submit_actor"]

_count = itertools.count(1)


class BaseActorFuture:
    """What a call of an actor's method gives."""

    def result(self, timeout: float | str | None = None) -> Any:
        """Wait for what the method returns."""
        raise NotImplementedError

    def done(self) -> bool:
        """Whether it has returned."""
        raise NotImplementedError

    def __await__(self) -> Generator[Any, Any, Any]:
        raise NotImplementedError


class ActorFuture(BaseActorFuture):
    """What a call of an actor's method gives: wait for it with ``result()``, or await it."""

    def __init__(self, io_loop: Any = None) -> None:
        self._reply = Reply()
        self._actor: Any = None  # it lives as long as somebody waits for its answer

    def result(self, timeout: float | str | None = None) -> Any:
        """Wait for what the method returns.

        Raises
        ------
        TimeoutError
            It has not returned in time.
        Exception
            What the method raised.
        """
        return self._reply.get(seconds(timeout))

    def done(self) -> bool:
        return self._reply.comes(0)

    async def _get(self) -> Any:
        await self._reply._bell.wait_async()
        return self._reply.get()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._get().__await__()

    def __repr__(self) -> str:
        return f"<ActorFuture: {'done' if self.done() else 'pending'}>"


class Actor:
    """The handle of an object that lives in one worker.

    Examples
    --------
    >>> from weft.distributed import Client
    >>> class Counter:
    ...     n = 0
    ...     def increment(self):
    ...         self.n += 1
    ...         return self.n
    >>> with Client(processes=False) as client:
    ...     counter = client.submit(Counter, actor=True).result()
    ...     counter.increment().result(), counter.n
    (1, 1)
    """

    def __init__(self, cls: Any, address: Any, key: Any, worker: Any = None) -> None:
        self._cls = cls
        self._address = address
        self._key = key
        self._worker_number = worker
        self._client: Any = None
        self._future: Future | None = None

    def __weft_bound__(self, client: Any) -> Actor:
        """A handle for a client, which keeps the object alive."""
        bound = Actor(self._cls, self._address, self._key, self._worker_number)
        bound._client = client
        bound._future = Future(self._key, client)
        return bound

    def _ask(self, op: str, *args: Any) -> Any:
        client = self._client or current_client()
        if client is None:
            raise BackendError("an actor can be called only while there is a client of its cluster")
        future = ActorFuture()
        future._actor = self
        client.cluster.actor_call(self._worker_number, self._key, op, args, future._reply)
        return future

    @property
    def key(self) -> Any:
        """The key of the task that made it."""
        return self._key

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        cls = self.__dict__["_cls"]
        found = inspect.getattr_static(cls, name, None)
        if found is not None and callable(getattr(cls, name, None)):

            def method(*args: Any, **kwargs: Any) -> ActorFuture:
                return self._ask("call", name, args, kwargs)  # type: ignore[no-any-return]

            method.__name__ = name
            method.__doc__ = getattr(getattr(cls, name), "__doc__", None)
            return method
        got = self._ask("get", name)
        client = self._client or current_client()
        return got if client is not None and client.asynchronous else got.result()

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(self._cls) if not name.startswith("_"))})

    def __reduce__(self) -> Any:
        return _actor_again, (self._cls, self._address, self._key, self._worker_number)

    def __repr__(self) -> str:
        return f"<Actor: {self._cls.__name__}, key={self._key}>"


def _actor_again(cls: Any, address: Any, key: Any, worker: Any) -> Actor:
    actor = Actor(cls, address, key, worker)
    client = current_client()
    return actor if client is None else actor.__weft_bound__(client)


class Stage:
    """The actors of one process; each has a thread of its own, made for its first call."""

    def __init__(self, home: Any) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._actors: dict[Any, Player] = {}

    def make(self, key: Any, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Make an object and keep it."""
        made = cls(*args, **kwargs)
        with self._lock:
            self._actors[key] = Player(made, self._home, HERE.worker)

    def ask(self, key: Any, op: str, args: tuple[Any, ...], reply: Reply) -> None:
        """Call a method, or read an attribute."""
        with self._lock:
            player = self._actors.get(key)
        if player is None:
            reply.fail(ValueError(f"the actor {key!r} is gone: its future was released, or its worker has ended"))
        elif op == "get":
            player.put(lambda: getattr(player.object, args[0]), reply)
        else:
            name, positional, keywords = args
            player.put(lambda: getattr(player.object, name)(*positional, **keywords), reply)

    def clear(self) -> None:
        """Let all objects go."""
        for key in list(self._actors):
            self.drop(key)

    close = clear

    def drop(self, key: Any) -> None:
        """Let an object go."""
        with self._lock:
            player = self._actors.pop(key, None)
        if player is not None:
            player.put(None, None)


class Player:
    """An object, and the thread in which its methods run one after the other."""

    def __init__(self, object: Any, home: Any, worker: int) -> None:
        self.object = object
        self._home = home
        self._worker = worker
        self._calls: deque[tuple[Callable[[], Any] | None, Reply | None]] = deque()
        self._bell = Bell()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def put(self, call: Callable[[], Any] | None, reply: Reply | None) -> None:
        with self._lock:
            self._calls.append((call, reply))
            if self._thread is None:
                if call is None:
                    return
                self._thread = threading.Thread(target=self._main, name="weft-actor", daemon=True)
                self._thread.start()
        self._bell.ring()

    def _main(self) -> None:
        HERE.run, HERE.worker = self._home.run, self._worker
        while True:
            self._bell.clear()
            while self._calls:
                call, reply = self._calls.popleft()
                if call is None:
                    if self._loop is not None:
                        self._loop.call_soon_threadsafe(self._loop.stop)
                    return
                assert reply is not None
                try:
                    value = call()
                except BaseException as error:  # it is the answer
                    reply.fail(error)
                else:
                    if inspect.isawaitable(value):
                        asyncio.run_coroutine_threadsafe(self._answer(value, reply), self._running_loop())
                    else:
                        reply(value)
            self._bell.wait()

    async def _answer(self, value: Any, reply: Reply) -> None:
        try:
            found = await awaited(value)
        except asyncio.CancelledError:
            reply.fail(ValueError("the actor is gone: its future was released before the method had returned"))
        except BaseException as error:  # it is the answer
            reply.fail(error)
        else:
            reply(found)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the coroutine methods, made for the first one."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._turn, args=(self._loop,), name="weft-actor-loop", daemon=True).start()
        return self._loop

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        HERE.run, HERE.worker = self._home.run, self._worker
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.run_until_complete(asyncio.sleep(0))  # what came last begins, so that it can tell of its end
        if waiting := asyncio.all_tasks(loop):
            for task in waiting:
                task.cancel()
            loop.run_until_complete(asyncio.wait(waiting))
        loop.close()


class MakeActor:
    """The task that makes an actor."""

    def __init__(self, cls: Any, key: Any) -> None:
        self.cls = cls
        self.key = key
        self.__name__ = getattr(cls, "__name__", "actor")

    def __call__(self, *args: Any, **kwargs: Any) -> Actor:
        home = HERE.run.home
        home.stage.make(self.key, self.cls, args, kwargs)
        return Actor(self.cls, home.scheduler_address, self.key, HERE.worker)


def submit_actor(
    client: Any,
    cls: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    key: Any = None,
    workers: Any = None,
    resources: Any = None,
) -> Future:
    """Have an actor made."""
    if not isinstance(cls, type):
        raise TypeError(f"actor=True makes an instance of a class in a worker; {cls!r} is none")
    if not client.cluster.offers_actors:
        raise BackendError(
            "actor=True needs workers that keep what they are given, and an executor's do not. Use Client(processes=True)."
        )
    name = key if key is not None else f"{cls.__name__}-{os.urandom(8).hex()}-{next(_count)}"
    future: Future = client.submit(
        MakeActor(cls, name), *args, key=name, workers=workers, resources=resources, **kwargs
    )
    client.cluster.watch_actor(name)
    return future
