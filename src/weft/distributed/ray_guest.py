"""A run on Ray, and its cluster, as its tasks see them: by messages through the switchboard."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from weft.backends.live import FINISHED, Ticket
from weft.backends.live_here import HERE
from weft.backends.packed import pack, unpack_own
from weft.backends.packed_errors import packed_error, rebuilt
from weft.backends.ray_objects import Place, taken, value_at
from weft.backends.ray_worker import Bundle, Station, import_ray, station_of
from weft.distributed.guest import Home, Remote
from weft.distributed.pausing import awaited
from weft.distributed.ray_switchboard import Board, is_shared
from weft.errors import BlockLostError
from weft.sizeof import sizeof
from weft.typing import Key

__all__ = ["Player", "RayGuest", "Told"]

ANY_SIZE = 1 << 62
#: How long after a message whoever waits for a lock looks whether it was for him, in seconds.
MOMENT_S = 0.02


@dataclass(frozen=True)
class Told:
    """What tasks must know of their cluster."""

    handle: Any  #: of the switchboard
    box: str  #: of the driver
    address: str
    nthreads: dict[int, int] = field(default_factory=dict)  #: of each node
    offers: dict[int, dict[str, float]] = field(default_factory=dict)
    uploads: str = ""
    plugins: bytes = b""  #: functions and arguments, packed: what to do before tasks run; by name of the plugin


class RayGuest:
    """A run as its tasks in this process see it: what stands in ``HERE.run``."""

    #: Whether a task keeps its CPU while it waits for something that is not Ray's.
    keeps_slot = True

    def __init__(self, station: Station) -> None:
        self.station = station
        self.told: Told = station.introduction.told
        self.observers: list[Any] = []
        self.events: dict[str, Callable[[Any], None]] = {}
        self.remote: Any = None  # the clients' face of the run, once there is one
        self.bundle: Bundle | None = None
        self.worker_thread = 0
        self.is_aside = False
        self._asked: dict[int, Any] = {}
        self._rids = itertools.count()
        self._guard = threading.RLock()
        self._home: Any = None
        self._board: Board | None = None
        self._done: set[str] = set()
        self._prepare()

    @property
    def introduction(self) -> Any:
        """What the home wants to know of its worker."""
        number = self.station.number
        told = self.told
        return SimpleNamespace(
            number=number, nthreads=told.nthreads.get(number, 1), address=told.address, offer=told.offers.get(number, {}),
            uploads=told.uploads,
        )  # fmt: skip

    def told_again(self, introduction: Any) -> None:
        """The driver has something new to say: plugins, nodes."""
        self.told = introduction.told
        self._prepare()

    def _prepare(self) -> None:
        if not self.told.plugins:
            return
        with self.visiting():
            for name, function, args in unpack_own(self.told.plugins):
                if name not in self._done:
                    self._done.add(name)
                    self.home.call_here(self.station.number, function, args, {})

    # -- the current task -----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def at_work(self, bundle: Bundle) -> Iterator[None]:
        """This thread runs the tasks of a bundle."""
        self.bundle, self.worker_thread = bundle, threading.get_ident()
        try:
            with self.visiting():
                yield
        finally:
            self.bundle, self.is_aside = None, False

    @contextlib.contextmanager
    def visiting(self) -> Iterator[None]:
        """This thread runs something of the run's that is no task."""
        HERE.run, HERE.worker = self, self.station.number
        try:
            yield
        finally:
            HERE.run, HERE.worker, HERE.task, HERE.key, HERE.seceded = None, -1, -1, None, False

    def key_of(self, task: int) -> Any:
        return self.home.key_of(task)

    def step_aside(self) -> bool:
        """The current task is going to wait: what its bundle has finished goes out, and what it has not begun."""
        bundle = self.bundle
        if bundle is None or self.is_aside or threading.get_ident() != self.worker_thread:
            return False
        ray = import_ray()
        tasks = bundle.letter.tasks
        done, pack_of, results, left = bundle.cut()
        packed = ray.put(pack_of) if any(bundle.letter.orders[each.place][3] >= 0 for each in done) else None
        refs = [None if value is None else ray.put(value) for value in results]
        for each in done:  # a result may be None, too
            start, count = bundle.letter.orders[each.place][3], bundle.letter.orders[each.place][2]
            if start < 0:
                for place in range(-1 - start, count - 1 - start):
                    refs[place] = refs[place] or ray.put(None)
        self.is_aside = True
        self.flush(
            ("aside", tasks[bundle.place], [tuple(each) for each in done], packed, refs, left, self.station.node)
        )
        return True

    def come_back(self) -> None:
        """The current task goes on."""
        bundle = self.bundle
        if bundle is not None and self.is_aside and threading.get_ident() == self.worker_thread:
            self.is_aside = False
            self.flush(("again", bundle.letter.tasks[bundle.place]))

    def take(self, lock: Any, timeout: float) -> bool:
        """Take a lock, asleep in Ray, so that the task's CPU is free meanwhile; whether it could be taken."""
        if not self.is_aside or threading.get_ident() != self.worker_thread:
            return bool(lock.acquire(True, timeout))
        if lock.acquire(False):
            return True
        import_ray().wait([self.board.polled], timeout=timeout)
        return bool(lock.acquire(True, MOMENT_S))

    # -- messages -------------------------------------------------------------------------------------------------------

    @property
    def board(self) -> Board:
        """The switchboard; a box is made when a task first wants it."""
        if self._board is None:
            with self._guard:
                if self._board is None:
                    ray, told = import_ray(), self.told
                    box = f"{told.box}/w{self.station.number}-{os.getpid()}-{os.urandom(4).hex()}"
                    ray.get(told.handle.open.remote(box))
                    board = Board(ray, told.handle, box, told.box)
                    board.listen(self._hear)
                    self._board = board
        return self._board

    def is_sending(self) -> bool:
        """Whether this thread is sending something: finalizers may run in the middle."""
        return self.board.is_sending()

    def flush(self, *news: Any) -> None:
        """Send messages to the driver."""
        for message in news:
            self.board.send(self.told.box, message)

    def ask(self, op: str, args: tuple[Any, ...], reply: Any, source: str = "") -> None:
        """Ask the arbiter, the run, or its cluster; the reply is called when the answer comes."""
        if is_shared(op):
            self.board.ask(op, args, reply, source or self.board.box)
            return
        rid = next(self._rids)
        self._asked[rid] = reply
        if op == "scatter":
            self.flush(("scatter", rid, *args))
        else:
            self.flush(("ask", rid, op, pack(args, ANY_SIZE, f"what is asked ({op})")))

    def _hear(self, messages: list[tuple[str, Any]]) -> None:
        """In a thread of Ray's: messages have come."""
        for _, (kind, *content) in messages:
            if kind == "done" and self.remote is not None:
                self.remote.ended(content[0])
            elif kind == "answer":
                self._answered(*content)
            elif kind == "event":
                name, event = content
                call = self.events.get(name)
                if call is not None:
                    call(self.board.opened(event))

    def _answered(self, rid: int, good: bool, value: Any) -> None:
        reply = self._asked.pop(rid, None)
        if reply is None:
            return
        if not good:
            reply.fail(rebuilt(value))
            return
        try:
            found = value if isinstance(value, Place) else unpack_own(value)
        except Exception as error:  # what users' classes raise when they arrive
            reply.fail(error)
        else:
            reply(found)

    # -- the cluster ----------------------------------------------------------------------------------------------------

    @property
    def home(self) -> RayHome:
        """The cluster, as tasks see it."""
        with self._guard:
            if self._home is None:
                self._home = RayHome(self)
            return self._home  # type: ignore[no-any-return]


class RayRemote(Remote):
    """The run, as a client in a task sees it; results are places."""

    def fetch(self, ticket: Ticket) -> Any:
        ray = import_ray()
        place = self.refs.get(ticket.key)
        for attempt in range(3):
            if place is None or attempt:
                place = self._ask("ref", ticket.key)
            try:
                return taken(value_at(place, ray.get(place.ref)))
            except ray.exceptions.ObjectLostError as error:
                problem = error
        raise BlockLostError(f"the result of {ticket.key!r} is gone: {problem}") from problem

    def scatter(self, ticket: Ticket, value: Any) -> None:
        place = Place(import_ray().put(value))
        with self.guard:
            self.tickets[ticket.key] = ticket
            self.refs[ticket.key] = place
        self._ask("scatter", ticket.key, place, sizeof(value))
        ticket.type = type(value)
        ticket.status = FINISHED


class RayHome(Home):
    """The cluster, as tasks on Ray see it."""

    def __init__(self, guest: RayGuest) -> None:
        super().__init__(guest)  # type: ignore[arg-type]
        self.guest = guest
        self.stage: Any = RayStage(guest)
        self.run: Any = RayRemote(guest)  # type: ignore[arg-type]
        self.run.home = self

    @property
    def client_prefix(self) -> str:
        return f"{self.guest.board.box}/"

    @client_prefix.setter
    def client_prefix(self, _: str) -> None:
        """A box's name says where its clients are."""

    def ask(self, op: str, args: tuple[Any, ...], reply: Any, source: str) -> None:
        self.guest.ask(op, args, reply, source)

    def listen(self, client: Any, topic: str, call: Callable[[Any], None]) -> str:
        from weft.distributed.pausing import Reply

        name = f"{client.id}-{os.urandom(4).hex()}"
        self.guest.events[name] = call
        reply = Reply()
        self.guest.ask("listen", (topic, name, self.guest.board.box), reply, client.id)
        reply.get()
        return name

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        self.guest.board.call_actor(key, op, args, reply)


class RayStage:
    """Makes actors: each is an actor of Ray's."""

    def __init__(self, guest: RayGuest) -> None:
        self.guest = guest

    def make(self, key: Any, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Make an object and keep it, in a process of its own."""
        packed = pack((cls, args, kwargs), ANY_SIZE, "the actor's class and arguments")
        assert isinstance(packed, bytes)
        self.guest.board.make_actor(key, [self.guest.station.reference], packed)


class Player:
    """An object of a user's class that lives in a process of its own; the class of Ray's actor."""

    def __init__(self, extras: list[Any], packed: bytes) -> None:
        self.object: Any = None
        self.problem: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.waiting: dict[int, Future[Any]] = {}
        self.numbers = itertools.count()
        try:
            self.guest = station_of(extras[0]).guest
            with self.guest.visiting():
                cls, args, kwargs = unpack_own(packed)
                self.object = cls(*args, **kwargs)
        except BaseException as error:  # of a user's class: `ready` tells of it
            self.problem = error

    def ready(self) -> tuple[bool, Any]:
        """Whether it was made, or what went wrong."""
        return (True, None) if self.problem is None else (False, packed_error(self.problem))

    def perform(self, packed: bytes) -> tuple[bool | None, Any]:
        """Call a method, or read an attribute: whether it went well, and the value or the packed exception.

        A coroutine goes on while further methods are called: then None, and a number to ask `outcome` for.
        """
        try:
            with self.guest.visiting():
                op, args = unpack_own(packed)
                if op == "get":
                    value = getattr(self.object, args[0])
                else:
                    name, positional, keywords = args
                    value = getattr(self.object, name)(*positional, **keywords)
                if inspect.isawaitable(value):
                    number = next(self.numbers)
                    self.waiting[number] = asyncio.run_coroutine_threadsafe(awaited(value), self.running_loop())
                    return None, number
                return True, pack(value, ANY_SIZE)
        except BaseException as error:  # it is the answer
            return False, packed_error(error)

    def outcome(self, number: int) -> tuple[bool, Any]:
        """What a coroutine gives, when it has ended."""
        try:
            return True, pack(self.waiting.pop(number).result(), ANY_SIZE)
        except BaseException as error:  # it is the answer
            return False, packed_error(error)

    def running_loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the coroutine methods, made for the first one."""
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.turn, args=(self.loop,), name="weft-actor-loop", daemon=True).start()
        return self.loop

    def turn(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        with self.guest.visiting():
            loop.run_forever()
