"""A live run whose workers are processes. HOT: ``_feed``, ``_finish``.

The workers are those of :mod:`weft.backends.live_worker`. As in :mod:`weft.backends.processes`, tasks travel in batches
that keep a worker busy for a few milliseconds, and small results come back in the message that says "finished". What
differs: a run has no end, so a thread of its own hears what the workers say; whoever submits something while workers are
*hungry* hands it out itself; and tasks speak with the run as clients do (``submit``, ``wait``, locks...), by messages.

A task that waits for another *steps aside*: its worker takes more, and the core does not count it as running.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import pickle
import selectors
import sys
import threading
import weakref
from _thread import allocate_lock
from collections import OrderedDict, deque
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from weft.backends.contract import Request
from weft.backends.filed import FiledBlocks
from weft.backends.live import FINISHED
from weft.backends.live_members import LiveMembers, Member
from weft.backends.live_refs import PROGRAMS, LiveRefs
from weft.backends.live_table import tell
from weft.backends.packed import pack
from weft.backends.packed_errors import rebuilt, traceback_of
from weft.backends.pool import WorkerProcess, oom_kills
from weft.backends.processes import shared_store
from weft.backends.remote import ANY_SIZE, discard
from weft.backends.team import BATCH_S, BATCH_TASKS, OVERHEAD_S, READ, SAMPLE_S, WRITE
from weft.errors import KilledWorkerError
from weft.units import parse_timedelta

__all__ = ["LiveProcesses"]

logger = logging.getLogger("weft.distributed")

#: How long workers that were told to go may take, in seconds.
GRACE_S = 0.5


class LiveProcesses(LiveMembers):
    """See the module.

    Parameters
    ----------
    request : Request
        The budget, the spill directory, the retries.
    nthreads : list of int
        Threads of each worker.
    resources : mapping of int to mapping, optional
    env : mapping, optional
        Environment variables of the worker processes.
    """

    kind = "processes"

    def __init__(
        self,
        request: Request,
        nthreads: list[int],
        *,
        resources: dict[int, dict[str, float]] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        LiveRefs.__init__(self, request, "processes", len(nthreads), FiledBlocks(shared_store), resources)
        self.visiting = OrderedDict()
        self.env = dict(env or {})
        self.counts = list(nthreads)
        self.members = {}
        self.false_starts = 0.0
        self.failure = None
        self.hungry = True
        self.selector = selectors.DefaultSelector()
        self.hear_end, self.wake_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.called = False  # whether the pipe has a byte in it
        self.outbox: deque[tuple[Member, WorkerProcess, bytes]] = deque()  # messages that wait to be sent
        self.asks: deque[Any] = deque()  # what workers ask, to be answered without the lock
        self.calls = itertools.count()
        self.thread: threading.Thread | None = None
        self.ident = 0
        self.kills = 0
        self.path = []
        self.tree = None
        self.configuration = {}

    # -- its life -------------------------------------------------------------------------------------------------------

    def start(self, home: Any) -> None:
        """Start the workers."""
        self.kills = oom_kills()
        self.selector.register(self.hear_end, READ, None)
        with self.lock:
            for number, count in enumerate(self.counts):
                self._hire(number, count)
        self.thread = threading.Thread(target=self._main, name="weft-cluster", daemon=True)
        self.thread.start()
        forget_in_child(self)

    def forget_in_child(self) -> None:
        """In a forked child: the workers are the parent's."""
        self.closed = True
        self.lock = allocate_lock()
        for member in self.members.values():
            member.process.forget()

    def _main(self) -> None:
        """The thread that hears what workers say."""
        self.ident = threading.get_ident()
        selector = self.selector
        last_sample = perf_counter()
        while not self.closed:
            try:
                events = selector.select(self._patience())
            except OSError:
                if self.closed:
                    return
                raise
            self.lock.acquire()
            try:
                if self.closed:
                    return
                self.called = False
                self.absorb()
                for key, mask in events:
                    if key.data is None:
                        with contextlib.suppress(BlockingIOError):
                            os.read(self.hear_end, 64)
                        continue
                    member, process = key.data
                    self._attend(member, process, key.fileobj, mask)
                now = perf_counter()
                if self.deadlines:
                    self._check_deadlines(now)
                if now - last_sample > SAMPLE_S:
                    last_sample = now
                    for member in self.members.values():
                        member.process.sample()
                self._feed()
                self._send_all()
            except Exception as error:  # a defect of this module: nobody shall wait for what cannot come
                logger.exception("the cluster's thread failed")
                self.close_tickets(f"the cluster's thread failed: {type(error).__name__}: {error}. Please report this.")
            finally:
                self.give_up_lock()
            while self.asks:
                self._answer(*self.asks.popleft())
            if self.outbox:
                with self.lock:
                    self._send_all()

    def _patience(self) -> float:
        return 0.02 if self.deadlines else SAMPLE_S

    def wake(self) -> None:
        """Under the lock: hand out what there is, as far as workers want it."""
        if self.hungry:
            self._feed()
        if self.outbox:
            self._send_all()

    def nudge(self) -> None:
        if self.hungry:
            super().nudge()

    def _call(self) -> None:
        """Have the thread look."""
        if not self.called and threading.get_ident() != self.ident:
            self.called = True
            with contextlib.suppress(BlockingIOError, OSError):
                os.write(self.wake_end, b"x")

    # -- messages go ----------------------------------------------------------------------------------------------------

    def post(self, member: Member, message: Any) -> None:
        """Send something to a worker, soon; the lock may be held or not."""
        packed = pack(message, ANY_SIZE)
        assert isinstance(packed, bytes)
        self.outbox.append((member, member.process, packed))
        self._call()

    def _send_all(self) -> None:
        """Under the lock."""
        addressed: dict[int, Member] = {}
        while self.outbox:
            member, process, packed = self.outbox.popleft()
            if member.process is process and process.exit_code is None:
                process.channel.hold_back(packed)
                addressed[member.number] = member
        for member in addressed.values():
            if not member.process.channel.flush() and not member.full:
                member.full = True
                self._listen_for_room(member)

    def _listen_for_room(self, member: Member) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.selector.modify(member.process.channel, READ | WRITE, (member, member.process))
            self._call()

    def _feed(self) -> None:
        """Under the lock: give each worker that has little to do some more. HOT."""
        core = self.core
        ready = len(core.ready)
        if core.constrained:
            ready += sum(map(len, core.constrained.values()))
        if not ready or self.closed:
            self.hungry = True
            return
        if len(self.numbers) > PROGRAMS:
            self._forget_programs()
        members = self.members.values()
        if not members and self.failure is not None:
            while core.ready:
                self.give_up(self.failure)
            return
        share = max(1, min(ready // (2 * max(1, len(members))), BATCH_TASKS))
        hungry = False
        for member in members:
            if not member.process.ready:
                hungry = True  # once it has started
            elif self._wants(member):
                given = self._feed_one(member, share)
                hungry = hungry or (not given or self._wants(member))
        self.hungry = hungry

    def _wants(self, member: Member) -> bool:
        """Whether a worker has little to do. One that is starting gets nothing: it may be long in coming, or never come."""
        if member.stuck or member.retiring or not member.process.ready:
            return False
        busy = len(member.orders) - len(member.aside)
        if busy < member.nthreads:
            return True
        return member.load < BATCH_S and self.mean_cost is not None

    def _feed_one(self, member: Member, share: int) -> bool:
        orders, costs = self.gather(member.number, share, BATCH_S)
        if not orders:
            return False
        known = member.known
        new = {order[1] for order in orders} - known
        message = self.message(member.number, [(number, self.written[number]) for number in new], orders)
        if message is None:
            return False
        known |= new
        for order, cost in zip(orders, costs, strict=True):
            member.orders[order[0]] = cost
            if self.observers:
                self.transition(
                    self.plan.keys[order[0]], "waiting", "processing", worker=member.number, number=order[0]
                )
            timeout = self.core.annotations.get(order[0], {}).get("timeout") if self.core.annotations else None
            if timeout is not None:
                self.deadlines[order[0]] = parse_timedelta(timeout, "s")
                self._call()
        member.load += sum(costs)
        channel = member.process.channel
        if sys.path != self.path:
            self.path = list(map(str, sys.path))
            for each in self.members.values():
                self.post(each, ("path", self.path))
        if self.outbox:
            self._send_all()
        if not channel.post(message) and not member.full:
            member.full = True
            self._listen_for_room(member)
        return True

    def _forget_programs(self) -> None:
        """Let go of the programs that were written down first."""
        old = self.forget_programs()
        for member in self.members.values():
            mine = [number for number in old if number in member.known]
            if mine:
                member.known.difference_update(mine)
                self.post(member, ("forget", mine))

    # -- news come ------------------------------------------------------------------------------------------------------

    def _has_room(self, member: Member) -> None:
        member.full = False

    def _hear(self, member: Member, message: bytes) -> None:
        acks, news = pickle.loads(message)
        if acks:
            self._finish(member, acks)
        for kind, *content in news:
            match kind:
                case "hello":
                    member.process.hello()
                    self.false_starts = 0.0
                case "back":
                    member.stuck = True
                    for task in content[0]:
                        if task in member.orders:
                            member.load -= member.orders.pop(task)
                            self.give_back(member.number, task)
                case "failed":
                    self._fail(member, content[0], content[1])
                case "lost":
                    if content[0] in member.orders:
                        member.load -= member.orders.pop(content[0])
                        self.lost(member.number, content[0], content[1])
                case "aside":
                    self._step_aside(member, content[0])
                case "again":
                    self._come_back(member, content[0])
                case "submit":
                    self._submitted(member, content[0])
                case "release":
                    for key in content[0]:
                        ticket = member.guest.tickets.get(key)
                        if ticket is not None:
                            self._let_go(ticket)
                case "join":
                    for key in content[0]:
                        self._joined(member, key)
                case "answer":
                    reply = member.calls.pop(content[0], None)
                    if reply is not None:
                        self.asks.append((None, reply, content[1], content[2]))
                case "unreadable":
                    logger.error("a worker could not read a message", exc_info=rebuilt(content[0]))
                case "ask":
                    self.asks.append((member, content[0], content[1], content[2]))

    def _finish(self, member: Member, acks: list[Any]) -> None:
        """HOT: tasks were done."""
        orders, number = member.orders, member.number
        member.stuck = False
        for task, ref, nbytes, began, ended in acks:
            expected = orders.pop(task, None)
            if expected is None or self.closed:
                discard(ref)
                continue
            member.load -= expected
            if member.aside:
                self._come_back(member, task)
            self.learn(task, ended - began + OVERHEAD_S)
            self.records.append((self.plan.keys[task], number, began, ended, nbytes, "", FINISHED))
            self.finished(number, task, ref, nbytes, began=began, ended=ended)
        if not orders:
            member.load = 0.0

    def _fail(self, member: Member, task: int, packed: Any) -> None:
        member.stuck = False
        expected = member.orders.pop(task, None)
        if expected is None or self.closed:
            return
        member.load -= expected
        if member.aside:
            self._come_back(member, task)
        self.records.append((self.plan.keys[task], member.number, 0.0, 0.0, 0, "", "error"))
        error = rebuilt(packed)
        packed_frames = getattr(packed, "frames", None)
        if packed_frames:
            error.__traceback__ = traceback_of(packed_frames)
        self.failed(member.number, task, error)

    # -- the end --------------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the run and its workers."""
        with self.lock:
            if self.ended is not None:
                return
            self.ended = perf_counter()
            self.close_tickets(reason)
            self.core.stop(now=perf_counter())
            members, self.members = list(self.members.values()), {}
            fired, self.fired = self.fired, []
            for member in members:
                for reply in member.calls.values():
                    fired.append((reply.fail, KilledWorkerError(reason)))
        tell(fired)
        self.called = False
        self._call()
        if self.thread is not None and threading.get_ident() != self.ident:
            self.thread.join()
        busy = [member for member in members if member.orders]
        for member in members:
            if member not in busy:
                member.process.channel.hold_back(EXIT)
                member.process.channel.flush()
        left = GRACE_S
        for member in members:
            if member in busy or not member.process.has_left(left):
                left = 0.0 if member not in busy else left
            member.process.close()
        self.selector.close()
        os.close(self.hear_end)
        os.close(self.wake_end)
        self.wake_end = -1
        self.files.close()
        self.refs[:] = [None] * len(self.refs)


def forget_in_child(run: LiveProcesses) -> None:
    """A forked child must not end, or talk to, its parent's workers."""
    known = weakref.ref(run)

    def forget() -> None:
        if (mine := known()) is not None and not mine.closed:
            mine.forget_in_child()

    os.register_at_fork(after_in_child=forget)


EXIT = pickle.dumps(("exit",), 5)
