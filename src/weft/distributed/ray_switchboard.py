"""The switchboard of a Ray cluster: an actor through which drivers and tasks share locks, queues and the like, and talk.

There is one for each Ray cluster, whoever of its drivers comes first starts it. It has an :class:`Arbiter`, the same that
clusters of one machine have, so locks and variables are shared by all drivers. And it has a *box* for each driver, and for
each process whose tasks speak with their driver: whoever has a box asks for what lies in it, and waits. What the driver of
a box had taken is given back when Ray says that the driver's job has ended, and what a task's process had taken when nobody
has asked for its box in a while.

Values of users pass through it sealed: it need not be able to import what they are made of.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from weft.backends.packed import pack, unpack_own
from weft.backends.packed_errors import packed_error, rebuilt
from weft.backends.ray_connection import CONNECTION, NAMESPACE, ended_jobs
from weft.backends.ray_worker import import_ray
from weft.distributed.arbiter import Arbiter, Marked
from weft.errors import BackendError

__all__ = ["Board", "Switchboard", "is_shared", "switchboard"]

#: How long a box's owner waits for messages before it asks again, in seconds.
POLL_S = 10.0
#: How often the actor looks who is gone, in seconds.
WATCH_S = 2.0
#: A box of a task's process that was not asked for during so many looks is nobody's any more. Looks are counted, not seconds:
#: where the whole machine stood still nobody could ask.
SILENT_LOOKS = 30
#: Waiting requests that the actor has at most.
CONCURRENCY = 10_000
ANY_SIZE = 1 << 62
#: Where coroutine methods of actors are waited for, and how many at a time; the coroutines themselves are in no one's way.
WAITING, AWAITED = "waiting", 16
#: Which argument of a request is a user's value.
SEALED = {"queue_put": 2, "variable_set": 1, "dataset_put": 1, "event_log": 1}
#: Requests whose futures whoever asks has taken hold of before.
HELD_BEFORE = frozenset({"queue_put", "variable_set", "dataset_put"})


@dataclass(frozen=True)
class Sealed:
    """A user's value, packed."""

    packed: bytes


@dataclass
class Box:
    """Messages for a process."""

    messages: list[tuple[str, Any]] = field(default_factory=list)
    job: str = ""  #: Ray's name for the driver, if the box is a driver's
    looks: int = 0  #: since somebody asked
    waiter: Any = None
    #: By sender: the number of the next message, and those that came before their turn.
    serials: dict[str, int] = field(default_factory=dict)
    early: dict[str, dict[int, Any]] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    players: dict[Any, Any] = field(default_factory=dict)


class Promise:
    """A reply that is awaited."""

    def __init__(self) -> None:
        self.future: Any = asyncio.get_running_loop().create_future()

    def __call__(self, value: Any = None) -> None:
        if not self.future.done():
            self.future.set_result((True, value))

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_result((False, packed_error(error)))


class Switchboard:
    """The actor. Keys of futures stand here as pairs: the box of the driver that has them, and the key."""

    def __init__(self) -> None:
        self.arbiter = Arbiter(self._hold, self._let_go)
        self.boxes: dict[str, Box] = {}
        self.op = ""
        self.watching: Any = None

    # -- requests -------------------------------------------------------------------------------------------------------

    async def ask(self, op: str, args: tuple[Any, ...], source: str, box: str) -> tuple[bool, Any]:
        """Do what is asked of the arbiter, now or when the turn comes."""
        promise = Promise()
        if box in self.boxes:
            self.boxes[box].sources.add(source)
        if op == "listen":
            topic, name, to = args
            args = topic, name, Passing(self, to, name)
        self.op = op
        try:
            self.arbiter.ask(op, args, promise, source)  # type: ignore[arg-type]
        finally:
            self.op = ""
        return await promise.future  # type: ignore[no-any-return]

    def _hold(self, key: tuple[str, Any]) -> None:
        if self.op not in HELD_BEFORE:
            self.post(key[0], "", ("hold", key[1]))

    def _let_go(self, key: tuple[str, Any]) -> None:
        self.post(key[0], "", ("let go", key[1]))

    # -- boxes ----------------------------------------------------------------------------------------------------------

    def post(self, box: str, sender: str, message: Any) -> None:
        """Put a message into a box."""
        there = self.boxes.get(box)
        if there is None:
            return
        there.messages.append((sender, message))
        if there.waiter is not None and not there.waiter.done():
            there.waiter.set_result(None)

    async def send(self, box: str, sender: str, serial: int, message: Any) -> None:
        """Put a message into a box, after those that its sender has sent there before."""
        there = self.boxes.get(box)
        if there is None:
            return
        early = there.early.setdefault(sender, {})
        early[serial] = message
        following = there.serials.get(sender, 0)
        while following in early:
            self.post(box, sender, early.pop(following))
            following += 1
        there.serials[sender] = following

    async def receive(self, box: str, seconds: float) -> list[tuple[str, Any]]:
        """What lies in a box; waits a while for the first message."""
        there = self.boxes.setdefault(box, Box())
        there.looks = 0
        if self.watching is None:
            self.watching = asyncio.ensure_future(self._watch())
        if not there.messages:
            there.waiter = asyncio.get_running_loop().create_future()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(there.waiter, seconds)
            there.waiter = None
        there.looks = 0
        found, there.messages = there.messages, []
        return found

    async def open(self, box: str, job: str = "") -> None:
        """Make a box; a driver says its job."""
        self.boxes.setdefault(box, Box()).job = job

    async def leave(self, box: str) -> None:
        """A process is done: its box goes, and those of the processes that work for it."""
        self._leave(box)

    def _leave(self, box: str) -> None:
        for name in [name for name in self.boxes if name == box or name.startswith(box + "/")]:
            self._close(name)

    def _close(self, name: str) -> None:
        box = self.boxes.pop(name)
        for player in box.players.values():
            import_ray().kill(player)
        for source in box.sources | {name}:
            self.arbiter.gone(source)
        home, _, rest = name.rpartition("/")
        if rest and home in self.boxes:
            self.post(home, "", ("gone", name))

    async def _watch(self) -> None:
        """Close boxes of drivers and processes that are gone."""
        while True:
            await asyncio.sleep(WATCH_S)
            ended = await asyncio.to_thread(ended_jobs)
            for name, box in list(self.boxes.items()):
                box.looks += 1
                gone = box.job in ended if box.job else box.waiter is None and box.looks > SILENT_LOOKS
                if gone:
                    self._leave(name)

    # -- actors ---------------------------------------------------------------------------------------------------------

    async def make_player(self, box: str, key: Any, extras: list[Any], packed: bytes) -> tuple[bool, Any]:
        """Make an object of a user's class that lives in a process of its own."""
        from weft.distributed.ray_guest import Player

        ray = import_ray()
        made = ray.remote(concurrency_groups={WAITING: AWAITED})(Player)
        made = made.options(num_cpus=0, name=player_name(box, key), namespace=NAMESPACE)
        handle = made.remote(extras, packed)
        try:
            good, value = await handle.ready.remote()
        except Exception as error:  # of Ray: the process of the object could not be started, or died
            return False, packed_error(error)
        there = self.boxes.get(box)
        if not good or there is None:
            ray.kill(handle)
            return good, value
        there.players[key] = handle
        return True, None

    async def drop_player(self, box: str, key: Any) -> None:
        """Let an object go."""
        there = self.boxes.get(box)
        handle = there.players.pop(key, None) if there is not None else None
        if handle is not None:
            import_ray().kill(handle)


class Passing:
    """Passes events on to the box of whoever listens."""

    def __init__(self, board: Switchboard, box: str, name: str) -> None:
        self.board = board
        self.box = box
        self.name = name

    def __call__(self, event: Any) -> None:
        self.board.post(self.box, "", ("event", self.name, event))


def player_name(box: str, key: Any) -> str:
    return f"weft-actor-{box}-{key!r}"


def is_shared(op: str) -> bool:
    """Whether a request is one that the arbiter answers."""
    return hasattr(Arbiter, f"op_{op}")


def switchboard(ray: Any) -> Any:
    """The handle of the cluster's switchboard, which is started if there is none. It lives as long as the cluster."""
    return (
        ray.remote(Switchboard)
        .options(
            name=f"weft-switchboard-{version('weft')}", namespace=NAMESPACE, get_if_exists=True, lifetime="detached",
            num_cpus=0, max_concurrency=CONCURRENCY, max_restarts=-1,
        )
        .remote()
    )  # fmt: skip


class Board:
    """The switchboard, as a driver or a task's process sees it.

    Parameters
    ----------
    handle
        The actor's.
    box : str
        This process's.
    home : str
        The box of the driver whose futures are meant.
    """

    def __init__(self, ray: Any, handle: Any, box: str, home: str) -> None:
        self.ray = ray
        self.handle = handle
        self.box = box
        self.home = home
        self.closed = False
        self.polled: Any = None  #: the reference of what will come next
        self._deliver: Callable[[list[tuple[str, Any]]], None] | None = None
        self._serials: dict[str, itertools.count[int]] = {}
        self._guard = threading.RLock()
        self._sender = 0
        self._players: dict[Any, Any] = {}

    # -- requests -------------------------------------------------------------------------------------------------------

    def ask(self, op: str, args: tuple[Any, ...], reply: Any, source: str) -> None:
        """Ask the arbiter; the reply is called when the answer comes."""
        ref = self.handle.ask.remote(op, self._sealed(op, args), source, self.box)
        CONNECTION.when_there(ref, Answering(self, reply))

    def _sealed(self, op: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if op == "let_go":
            return ([(self.home, key) for key in args[0]],)
        place = SEALED.get(op)
        if place is None:
            return args
        sealed = list(args)
        value = args[place]
        if isinstance(value, Marked):
            sealed[place] = Marked((self.home, value.key))
        else:
            written = pack(value, ANY_SIZE, "the value")
            assert isinstance(written, bytes)
            sealed[place] = Sealed(written)
        if op == "dataset_put":
            sealed[2] = [(self.home, key) for key in args[2]]
        return tuple(sealed)

    def opened(self, value: Any) -> Any:
        """An answer with the users' values in it, and keys as this process knows them."""
        kind = type(value)
        if kind is Sealed:
            return unpack_own(value.packed)
        if kind is Marked:
            home, key = value.key
            if home != self.home:
                raise BackendError(
                    f"the future {key!r} belongs to another driver of this Ray cluster, which has its result. Share values "
                    "instead: put them into a Variable, a Queue or publish_dataset()."
                )
            return Marked(key)
        if kind in (tuple, list):
            return kind([self.opened(each) for each in value])
        if kind is dict:
            return {key: self.opened(each) for key, each in value.items()}
        return value

    # -- messages -------------------------------------------------------------------------------------------------------

    def send(self, box: str, message: Any) -> None:
        """Send a message to a box; messages to one box arrive in order."""
        with self._guard:
            self._sender = threading.get_ident()
            try:
                serial = next(self._serials.setdefault(box, itertools.count()))
                self.handle.send.remote(box, self.box, serial, message)
            finally:
                self._sender = 0

    def is_sending(self) -> bool:
        """Whether this thread is at it: finalizers may run in the middle."""
        return self._sender == threading.get_ident()

    def listen(self, deliver: Callable[[list[tuple[str, Any]]], None]) -> None:
        """Have a function called with the messages that come, as pairs of sender and message; in a thread of Ray's."""
        self._deliver = deliver
        self._poll()

    def _poll(self) -> None:
        if not self.closed:
            self.polled = self.handle.receive.remote(self.box, POLL_S)
            CONNECTION.when_there(self.polled, self._came)

    def _came(self, future: Any) -> None:
        if self.closed:
            return
        try:
            messages = future.result()
        except Exception:  # of Ray or of its connection; which ones is not promised
            if not self.closed:  # the actor's node died: it starts anew, without what it knew
                timer = threading.Timer(1.0, self._poll)
                timer.daemon = True
                timer.start()
            return
        self._poll()
        if messages and self._deliver is not None:
            self._deliver(messages)

    def close(self) -> None:
        """This process is done."""
        if not self.closed:
            self.closed = True
            with contextlib.suppress(Exception):
                self.ray.get(self.handle.leave.remote(self.box), timeout=5)

    # -- actors ---------------------------------------------------------------------------------------------------------

    def make_actor(self, key: Any, extras: list[Any], packed: bytes) -> None:
        """Make an object that lives in a process of its own."""
        good, value = self.ray.get(self.handle.make_player.remote(self.home, key, extras, packed))
        if not good:
            raise rebuilt(value)

    def call_actor(self, key: Any, op: str, args: Any, reply: Any) -> None:
        """Call a method of an object, or read an attribute; the reply is called when it has returned."""
        handle = self._players.get(key)
        if handle is None:
            try:
                handle = self.ray.get_actor(player_name(self.home, key), namespace=NAMESPACE)
            except ValueError:
                reply.fail(ValueError(f"the actor {key!r} is gone: its future was released, or its process has ended"))
                return
            self._players[key] = handle
        packed = pack((op, args), ANY_SIZE, "an argument of the actor's method")
        ref = handle.perform.remote(packed)
        CONNECTION.when_there(ref, Answering(self, reply, player=handle))

    def drop_actor(self, key: Any) -> None:
        """Let an object go."""
        self._players.pop(key, None)
        self.handle.drop_player.remote(self.home, key)


class Answering:
    """Passes an answer on: a pair of whether it went well, and the value or the packed exception.

    That of an actor's method, whose ``player`` is given, is packed; or it is None and the number of a coroutine that is under way.
    """

    def __init__(self, board: Board, reply: Any, player: Any = None) -> None:
        self.board = board
        self.reply = reply
        self.player = player

    def __call__(self, future: Any) -> None:
        try:
            good, value = future.result()
            if good is None:
                ref = self.player.outcome.options(concurrency_group=WAITING).remote(value)
                CONNECTION.when_there(ref, self)
                return
            if not good:
                raise rebuilt(value)
            value = self.board.opened(value) if self.player is None else unpack_own(value)
        except Exception as error:  # the answer is an error, or cannot be read, or the actor is gone
            self.reply.fail(error)
        else:
            self.reply(value)
