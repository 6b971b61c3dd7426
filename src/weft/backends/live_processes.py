"""A live run whose workers are processes. HOT: ``_feed``, ``_finish``.

The workers are those of :mod:`weft.backends.live_worker`. As in :mod:`weft.backends.processes`, tasks travel in batches
that keep a worker busy for a few milliseconds, and small results come back in the message that says "finished". What
differs: a run has no end, so a thread of its own hears what the workers say; whoever submits something while workers are
*hungry* hands it out itself; and tasks speak with the run as clients do (``submit``, ``wait``, locks...), by messages.

A task that waits for another *steps aside*: its worker takes more, and the core does not count it as running.

The client of a worker process is a :class:`Guest` here: it has the tickets that stand for those over there.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import pickle
import selectors
import signal
import sys
import threading
import weakref
from _thread import allocate_lock
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from weft import config
from weft.backends.contract import Held, Request
from weft.backends.evaluate import as_task_error
from weft.backends.filed import FiledBlocks
from weft.backends.live import DONE, FINISHED, LOST, PENDING, Live, Ticket, empty_plan
from weft.backends.live_worker import Introduction, main
from weft.backends.local import is_ordinary
from weft.backends.packed import pack, unpack, unpack_own
from weft.backends.pool import WorkerProcess, oom_kills
from weft.backends.processes import BATCH_S, BATCH_TASKS, FALSE_STARTS, OVERHEAD_S, SAMPLE_S, ending
from weft.backends.processes import _shared_store as shared_store
from weft.backends.remote import ANY_SIZE, RemoteRun, discard, rebuilt
from weft.config.state import global_tree
from weft.config.tree import copied
from weft.errors import BackendError, BlockLostError, KilledWorkerError, Reschedule, TaskTimeoutError, WorkerMemoryError
from weft.graph import Plan, Program
from weft.scheduler.state import Phase
from weft.sizeof import sizeof
from weft.store.blockfile import read_block
from weft.store.files import FileRef
from weft.store.memory import readonly_view
from weft.system import memory_limit
from weft.typing import Key
from weft.units import format_bytes, parse_timedelta

__all__ = ["LiveProcesses"]

logger = logging.getLogger("weft.distributed")

RUNNING = Phase.RUNNING.value
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
#: Programs that are remembered, here and in the workers.
PROGRAMS = 2048
#: How long workers that were told to go may take, in seconds.
GRACE_S = 0.5
#: How much a worker that is killed before it has started counts as one that could not start.
KILLED_START = 0.05
#: A killed worker that had this share of the memory was killed for it.
NEAR_LIMIT = 0.8


class Guest:
    """The client of a worker process, seen from here."""

    def __init__(self, run: LiveProcesses, member: Member) -> None:
        self.run = run
        self.member = member
        self.tickets: dict[Key, Ticket] = {}

    def forget(self, ticket: Ticket) -> None:
        if self.tickets.get(ticket.key) is ticket:
            del self.tickets[ticket.key]

    def ticket(self, key: Key) -> Ticket:
        """A new ticket; its end is told to the process."""
        ticket = self.tickets[key] = Ticket(self, key)
        ticket.waiters = [self.tell]
        return ticket

    def tell(self, ticket: Ticket) -> None:
        """A task that the process asked for has come to its end."""
        self.run.post(self.member, ("done", [self.run.told(ticket)]))


class Member:
    """A worker's place: its process (replaced when it dies), and what it has to do."""

    __slots__ = (
        "aside", "calls", "doom", "full", "guest", "known", "load", "nthreads", "number", "orders", "process", "restarting",
        "retiring", "stuck",
    )  # fmt: skip

    def __init__(self, run: LiveProcesses, number: int, nthreads: int, process: WorkerProcess) -> None:
        self.number = number
        self.nthreads = nthreads
        self.process = process
        self.orders: dict[int, float] = {}  # tasks it was handed, in order, and what each is expected to take
        self.load = 0.0
        self.known: set[int] = set()  # programs it has
        self.stuck = False  # in tasks that take longer than expected
        self.aside: set[int] = set()  # tasks that wait for others
        self.doom: dict[int, BaseException] = {}  # tasks for which it is killed, and what to say
        self.full = False  # its socket took no more
        self.restarting = False
        self.retiring = False
        self.calls: dict[int, Any] = {}  # replies that it owes
        self.guest = Guest(run, self)


class LiveProcesses(Live, RemoteRun):
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
        self.lock = allocate_lock()
        RemoteRun.__init__(
            self,
            Plan([], [], [], [], [], []),
            request,
            "processes",
            len(nthreads),
            files=FiledBlocks(shared_store),
            inline_nbytes=config.value("processes.inline-size"),
            keep=True,
            resources=resources,
        )
        self.plan = empty_plan(self.core)
        self.values = self.refs
        self.written: dict[int, bytes] = {}  # type: ignore[assignment]
        self.programs: dict[int, Program] = {}  # by number: they must live as long as they are known by their id
        self.program_count = itertools.count()
        self.visiting: OrderedDict[bytes, Program] = OrderedDict()  # programs that came from workers
        self.request = request
        self.env = dict(env or {})
        self.counts = list(nthreads)
        self.members: dict[int, Member] = {}
        self.deaths: Counter[int] = Counter()
        self.deadlines: dict[int, float] = {}  # tasks with a timeout
        self.false_starts = 0.0
        self.failure: BackendError | None = None  # why there are no workers
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
        self.path: list[str] = []
        self.tree: Any = None
        self.configuration: dict[str, str] = {}
        self.live_init()

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

    def _hire(self, number: int, nthreads: int) -> Member:
        member = Member(self, number, nthreads, self._process(nthreads))
        self.members[number] = member
        self._introduce(member)
        return member

    def _process(self, nthreads: int) -> WorkerProcess:
        return WorkerProcess(
            self.files.directory, config.value("processes.start-method"), self.request.library_threads, main=main,
            nslots=nthreads, env=self.env,
        )  # fmt: skip

    def _introduce(self, member: Member) -> None:
        """Tell a new process what it must know."""
        process = member.process
        for each in (process.channel, process.sentinel):
            if each is not None:
                self.selector.register(each, READ, (member, process))
        tree = global_tree()
        if tree != self.tree:
            self.tree, self.configuration = copied(tree), config.child_environment()
        self.path = list(map(str, sys.path))
        self.post(
            member,
            (
                "begin",
                Introduction(
                    number=member.number,
                    nthreads=member.nthreads,
                    directory=os.getcwd(),
                    path=self.path,
                    configuration=self.configuration,
                    library_threads=self.request.library_threads,
                    shared=str(self.files.directory),
                    inline_nbytes=self.inline_nbytes,
                    address=self.home.scheduler_address,
                    uploads=self.home.local_directory(),
                    nworkers=len(self.counts),
                    offer=dict(self.core.have.get(member.number, {})),
                    home=self.home.guest_home,
                ),
            ),
        )
        first = self.home.first_calls()
        if first:
            self.post(member, ("prepare", pack(first, ANY_SIZE, "a worker plugin")))

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
            except BaseException:
                logger.exception("the cluster's thread failed")
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
            Live.nudge(self)

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
        if len(self.known_programs) > PROGRAMS:
            self._forget_programs()
        members = self.members.values()
        if not members and self.failure is not None:
            while core.ready:
                self.give_up(self.failure)
            return
        share = max(1, min(ready // (2 * max(1, len(members))), BATCH_TASKS))
        hungry = False
        for member in members:
            if self._wants(member):
                given = self._feed_one(member, share)
                hungry = hungry or (not given or self._wants(member))
        self.hungry = hungry

    def _wants(self, member: Member) -> bool:
        """Whether a worker has little to do."""
        if member.stuck or member.retiring:
            return False
        busy = len(member.orders) - len(member.aside)
        if busy < member.nthreads:
            return True
        return member.load < BATCH_S and self.mean_cost is not None

    @property
    def known_programs(self) -> dict[int, int]:
        """Programs by their id."""
        return self.numbers

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
                self.transition(self.plan.keys[order[0]], "waiting", "processing", worker=member.number)
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

    def _write(self, program: Program) -> int:
        before, self.written = self.written, []  # type: ignore[assignment]
        try:
            RemoteRun._write(self, program)
            (written,) = self.written
        finally:
            self.written = before
        number = next(self.program_count)
        self.numbers[id(program)] = number
        self.programs[number] = program
        self.written[number] = written  # type: ignore[assignment]
        return number

    def _forget_programs(self) -> None:
        """Let go of the programs that were written down first."""
        old = list(self.programs)[: PROGRAMS // 2]
        for number in old:
            del self.numbers[id(self.programs.pop(number))]
            del self.written[number]
            self.costs.pop(number, None)
        for member in self.members.values():
            mine = [number for number in old if number in member.known]
            if mine:
                member.known.difference_update(mine)
                self.post(member, ("forget", mine))

    # -- news come ------------------------------------------------------------------------------------------------------

    def _attend(self, member: Member, process: WorkerProcess, what: Any, mask: int) -> None:
        if process is not member.process or process.exit_code is not None:
            return
        channel = process.channel
        if what is not channel:
            self._bury(member)
            return
        if mask & WRITE and channel.flush():
            member.full = False
            self.selector.modify(channel, READ, (member, process))
        if mask & READ:
            try:
                for message in channel.arrived():
                    self._hear(member, message)
            except EOFError:
                self._bury(member)

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

    def _answer(self, member: Member | None, rid: Any, op: Any, packed: Any) -> None:
        """Without the lock: do what a worker asks, or pass on what it answers."""
        if member is None:
            reply, good = rid, op
            try:
                value = unpack_own(packed) if good else rebuilt(packed)
            except Exception as error:
                good, value = False, error
            if good:
                reply(value)
            else:
                reply.fail(value)
            return
        process = member.process
        answer = Answer(self, member, process, rid)
        try:
            args = unpack_own(packed)
            if op in GUEST_OPS:
                getattr(self, f"guest_{op}")(member, answer, *args)
            else:
                self.home.ask(op, args, answer, f"w{member.number}-{process.pid}")
        except Exception as error:
            answer.fail(error)

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
            self.finished(number, task, ref, nbytes)
        if not orders:
            member.load = 0.0

    def finished(self, worker: int, task: int, ref: Any, nbytes: Any) -> None:
        core, released = self.core, self.released
        if self.deadlines:
            self.deadlines.pop(task, None)
        if core.phase[task] != RUNNING:
            core.finished(worker, task, nbytes, released, perf_counter())
            discard(ref)
            self._recycle((task,))
            return
        if type(ref) is list:
            for block, each in zip(core.outputs[task], ref, strict=True):
                self.refs[block] = each
            self.filed = True
        else:
            self.refs[task] = ref
            if type(ref) is str:
                self.filed = True
        self.where[task] = worker
        core.finished(worker, task, nbytes, released, perf_counter())
        if core.phase[task] == DONE or (core.outputs and task in core.outputs):
            if core.large:
                self.touch(task)
            self.settle(task, FINISHED, None)
            for each in core.outputs.get(task, ())[1:] if core.outputs else ():
                self.settle(each, FINISHED, None)
            if self.observers:
                self.transition(self.plan.keys[task], "processing", "memory", worker=worker, nbytes=nbytes)
        if released:
            self._clear(released)

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

    def failed(self, worker: int, task: int, error: BaseException, *, retry: bool = True) -> None:
        core = self.core
        if self.deadlines:
            self.deadlines.pop(task, None)
        if isinstance(error, Reschedule):
            core.returned(worker, task, now=perf_counter())
            return
        unwanted = core.phase[task] > RUNNING
        decided = core.failed(worker, task, self.released, now=perf_counter(), retry=retry and is_ordinary(error))
        if not decided.retry and not unwanted:
            self.failed_tasks(decided.failed, as_task_error(error, self, task))
        self._clear(self.released)
        self._recycle((task,))

    def lost(self, worker: int, task: int, path: str) -> None:
        gone = [block for block in self.core.inputs[task] if self.refs[block] == path]
        for block in gone:
            self.refs[block] = self.copies.pop(block, None)
        gone = [block for block in gone if self.refs[block] is None]
        data = [block for block in gone if self.core.programs[block] is None and block not in self.core.stored]
        if data:
            error = BlockLostError(f"the data {self.plan.keys[data[0]]!r} is gone; it cannot be made again")
            self.settle(data[0], LOST, error)
            self.failed(worker, task, error, retry=False)
            return
        self.core.lost(gone, self.released, now=perf_counter())
        for block in gone:
            for ticket in self._tickets_of(block):
                ticket.status = PENDING
        self._clear(self.released)
        self.give_back(worker, task)

    def give_up(self, error: BaseException) -> None:
        """There is no room for the next task, and none can be made: it fails."""
        core, limit = self.core, self.core.limit
        core.limit = core.UNLIMITED
        task = core.take(0, perf_counter())
        core.limit = limit
        core.loads = []
        if task >= 0:
            self.failed(0, task, error, retry=False)

    # -- tasks that wait ------------------------------------------------------------------------------------------------

    def _step_aside(self, member: Member, task: int) -> None:
        if task in member.orders and task not in member.aside:
            member.aside.add(task)
            member.load -= member.orders[task]
            member.orders[task] = 0.0
            member.stuck = False
            self.core.nrunning -= 1

    def _come_back(self, member: Member, task: int) -> None:
        if task in member.aside:
            member.aside.discard(task)
            self.core.nrunning += 1

    # -- guests ---------------------------------------------------------------------------------------------------------

    def _submitted(self, member: Member, items: list[Any]) -> None:
        """A task submits tasks."""
        guest = member.guest
        for key, written, sources, constants, notes in items:
            try:
                self._submit_for(guest, key, written, sources, unpack(constants), notes)
            except Exception as error:
                self._end(guest.tickets.get(key) or guest.ticket(key), "error", error)

    def _submit_for(
        self, guest: Guest, key: Key, written: bytes, sources: tuple[Key, ...], constants: Any, notes: Any
    ) -> None:
        program = self.visiting.get(written)
        if program is None:
            program = self.visiting[written] = unpack(written)
            if len(self.visiting) > PROGRAMS:
                self.visiting.popitem(last=False)
        if notes:
            self.check_notes(notes)
        found = tuple([self._guests_ticket(guest, source) for source in sources])
        ticket = guest.tickets.get(key)
        if ticket is None:
            self._admit(guest.ticket(key), program, found, constants, notes)

    def _guests_ticket(self, guest: Guest, key: Key) -> Ticket:
        ticket = guest.tickets.get(key)
        return ticket if ticket is not None else self._joined(guest.member, key)

    def _joined(self, member: Member, key: Key) -> Ticket:
        known = member.guest.tickets.get(key)
        if known is not None:
            known.count += 1
            return known
        ticket = member.guest.ticket(key)
        number = self.known.get(key)
        if number is not None:
            self._join(ticket, number)
        else:
            self.expected.setdefault(key, []).append(ticket)
        return ticket

    def told(self, ticket: Ticket) -> tuple[Any, ...]:
        """What a guest is told of a task's end: key, status, small result or None, error."""
        from weft.backends.worker import packed_error

        ref = None
        if ticket.status == FINISHED and ticket.number >= 0:
            ref = self.refs[ticket.number]
            if type(ref) is not bytes:
                ref = None
        error = packed_error(ticket.error) if ticket.error is not None else None
        return ticket.key, ticket.status, ref, error

    def guest_ref(self, member: Member, reply: Any, key: Key) -> None:
        """Where the result of a key lies: packed, or a path."""
        with self.lock:
            ticket = member.guest.tickets.get(key)
            if ticket is None or ticket.number < 0:
                raise KeyError(key)
            ref = self.refs[ticket.number]
            if ref is None:
                ref = self._put(ticket.number)
        reply(ref)

    def guest_scatter(self, member: Member, reply: Any, key: Key, ref: Any, nbytes: int) -> None:
        """A task puts a value where all can read it."""
        with self:
            ticket = member.guest.tickets.get(key)
            if ticket is None:
                ticket = member.guest.ticket(key)
                ticket.waiters = None
            self._take_in(ticket, ref, nbytes)
        reply(None)

    def guest_cancel(self, member: Member, reply: Any, keys: Sequence[Key], force: bool, reason: str | None) -> None:
        self.cancel(
            [member.guest.tickets[key] for key in keys if key in member.guest.tickets], force=force, reason=reason
        )
        reply(None)

    def guest_retry(self, member: Member, reply: Any, keys: Sequence[Key]) -> None:
        tickets = [member.guest.tickets[key] for key in keys if key in member.guest.tickets]
        with self:
            for ticket in tickets:
                if ticket.status == "error":
                    ticket.waiters = [member.guest.tell]
        self.retry(tickets)
        reply(None)

    def guest_keep(self, member: Member, reply: Any, key: Key) -> None:
        ticket = member.guest.tickets.get(key)
        if ticket is not None:
            self.keep_until_done(ticket)
        reply(None)

    def guest_plan(
        self,
        member: Member,
        reply: Any,
        plan: Plan,
        foreign: dict[int, Key],
        wanted: list[int],
        retries: int,
        notes: Any,
    ) -> None:
        """A task has a whole graph run."""
        from weft.backends.live import HeldTicket

        guest = member.guest
        with self:
            for block, key in foreign.items():
                plan.data[block] = HeldTicket(self, self._guests_ticket(guest, key), None, lambda: None)
            tickets = {block: guest.tickets.get(plan.keys[block]) or guest.ticket(plan.keys[block]) for block in wanted}
        self.add_plan(plan, tickets, retries=retries, notes=notes)
        reply(None)

    def guest_notes(self, member: Member, reply: Any, notes: Any) -> None:
        with self.lock:
            self.check_notes(notes)
        reply(None)

    def guest_key(self, member: Member, reply: Any, task: int) -> None:
        reply(self.plan.keys[task])

    def guest_home(self, member: Member, reply: Any, op: str, args: tuple[Any, ...]) -> None:
        """What only the cluster knows: a method of its own."""
        reply(getattr(self.home, op)(*args))

    def guest_run(self, member: Member, reply: Any, function: Any, args: Any, kwargs: Any, workers: Any) -> None:
        """A task runs a function on all workers."""
        replies = self.home.call_everywhere(function, args, kwargs, workers)

        def wait() -> None:
            try:
                reply({address: each.get() for address, each in replies.items()})
            except BaseException as error:
                reply.fail(error)

        threading.Thread(target=wait, daemon=True).start()

    def guest_actor(self, member: Member, reply: Any, number: int, key: Key, op: str, args: Any) -> None:
        self.actor_call(number, key, op, args, reply)

    def guest_listen(self, member: Member, reply: Any, topic: str, name: str) -> None:
        process = member.process

        def call(event: Any) -> None:
            if member.process is process:
                self.post(member, ("event", name, event))

        self.home.ask("listen", (topic, name, call), reply, f"w{member.number}-{process.pid}")

    # -- values ---------------------------------------------------------------------------------------------------------

    def fetch(self, ticket: Ticket) -> Any:
        """The value of a task that has finished."""
        return self.fetch_all([ticket])[0]

    def fetch_all(self, tickets: Sequence[Ticket]) -> list[Any]:
        refs: list[Any] = []
        with self.lock:
            for ticket in tickets:
                number = ticket.number
                if number < 0:
                    raise ticket.error or KeyError(ticket.key)
                ref = self.refs[number]
                if type(ref) is not bytes and ref is not None:
                    self.touch(number)
                elif ref is None:
                    ref = Source(self.sources[number]) if number in self.sources else None
                refs.append(ref)
        return [self._value_of(ticket, ref) for ticket, ref in zip(tickets, refs)]

    def _value_of(self, ticket: Ticket, ref: Any) -> Any:
        if type(ref) is bytes:
            return unpack_own(ref)
        if type(ref) is Source:
            value = ref.value
            return value.get() if isinstance(value, Held) else readonly_view(value)
        for _ in range(3):
            try:
                return read_block(ref, verify=self._on_disk(ref), private=True)
            except (FileNotFoundError, BlockLostError):
                with self.lock:  # it may have moved
                    moved = self.refs[ticket.number] if ticket.number >= 0 else None
                if moved is None or moved == ref:
                    break
                ref = moved
        raise BlockLostError(f"the result of {ticket.key!r} is gone: {ref}")

    def spill_now(self, victims: list[int]) -> None:
        with self.lock:
            self._spill(victims)

    def packed(self, value: Any, key: Key) -> tuple[Any, int]:
        packed: Any = pack(value, self.inline_nbytes, f"data {key!r}")
        if not isinstance(packed, bytes):
            packed = self.files.shared.put_serialized(packed)
            return packed.path, packed.nbytes  # type: ignore[union-attr]
        return packed, len(packed)

    def unpacked(self, packed: Any) -> None:
        discard(packed)

    def _take_in(self, ticket: Ticket, ref: Any, nbytes: int) -> None:
        from weft.scheduler import growing

        if ticket.key in self.known:
            if ticket.number < 0:
                self._join(ticket, self.known[ticket.key])
            discard(ref)
            return
        number = growing.grow_data(self.core, nbytes)
        self._columns(number, ticket.key, ticket, ())
        self.put_in(number, ref)
        self.touch(number)
        self.settle(number, FINISHED, None)

    def put_in(self, number: int, packed: Any) -> None:
        self.refs[number] = packed
        if type(packed) is str:
            self.filed = True

    def cost_of(self, value: Any) -> int:
        return sizeof(value)

    def bring(self, number: int, value: Any) -> None:
        self.sources[number] = value

    def drop(self, numbers: list[int]) -> None:
        self._drop(numbers)

    def forgotten(self, numbers: Sequence[int]) -> None:
        if self.sources or self.deaths:
            for number in numbers:
                self.sources.pop(number, None)
                self.deaths.pop(number, None)

    # -- workers end ----------------------------------------------------------------------------------------------------

    def _check_deadlines(self, now: float) -> None:
        for member in list(self.members.values()):
            page = member.process.now
            for slot in range(0, len(page), 2):
                task = int(page[slot])
                limit = self.deadlines.get(task)
                if limit is None or task not in member.orders or now - page[slot + 1] <= limit:
                    continue
                member.doom[task] = TaskTimeoutError(
                    f"task {self.key(task)!r} ran longer than its timeout of {limit:g} s"
                )
            if member.doom:
                member.process.kill()
                self._bury(member)

    def _bury(self, member: Member) -> None:
        """Under the lock: a worker has ended; give back its tasks, and put another in its place."""
        process = member.process
        with contextlib.suppress(EOFError):
            while True:
                messages = process.channel.arrived()
                if not messages and process.has_ended():
                    break
                for message in messages:
                    self._hear(member, message)
        running = {int(task) for task in process.now[::2]}
        code = process.reap()
        for each in (process.channel, process.sentinel):
            if each is not None and each in self.selector.get_map():
                self.selector.unregister(each)
        if self.members.get(member.number) is not member:
            process.close()
            return
        for task in list(member.aside):
            self._come_back(member, task)
        tasks, member.orders, member.load = list(member.orders), {}, 0.0
        member.stuck = member.full = False
        restarting, member.restarting = member.restarting, False
        doom, member.doom = member.doom, {}
        calls, member.calls = member.calls, {}
        for reply in calls.values():
            self.fired.append(
                (reply.fail, KilledWorkerError(f"the worker process ended ({ending(code)}) before it answered"))
            )
        for task in tasks:
            if task in doom:
                self.failed(member.number, task, doom[task])
            elif task not in running or restarting or doom:
                self.give_back(member.number, task)
            else:
                self._blame(member, task, code)
        if not process.ready and not restarting:
            self.false_starts += 1 if code >= 0 else KILLED_START
        self._guest_gone(member)
        source = f"w{member.number}-{process.pid}"
        self.fired.append((self.home.arbiter.gone, source))
        known = [FileRef(ref, 0) for ref in self.refs if type(ref) is str]
        self.files.shared.reclaim(process.pid, known)
        process.close()
        member.known.clear()
        if self.closed or member.retiring:
            self.members.pop(member.number, None)
            return
        if self.false_starts >= FALSE_STARTS:
            self.members.pop(member.number)
            self._cannot_start(code)
            return
        member.process = self._process(member.nthreads)
        member.guest = Guest(self, member)
        self._introduce(member)
        self.hungry = True

    def _cannot_start(self, code: int) -> None:
        self.failure = BackendError(
            f"cannot start worker processes: several ended before they had started, the last one with {ending(code)}. "
            "What they wrote to stderr tells more."
        )
        logger.error("%s", self.failure)
        self._feed()

    def _guest_gone(self, member: Member) -> None:
        """Nobody holds what the tasks of a dead worker had submitted."""
        for ticket in list(member.guest.tickets.values()):
            ticket.waiters = None
            ticket.count = 1
            self._let_go(ticket)
        member.guest.tickets.clear()

    def _blame(self, member: Member, task: int, code: int) -> None:
        """A worker has died in a task."""
        process = member.process
        self.deaths[task] += 1
        deaths, allowed = self.deaths[task], max(1, self.request.allowed_failures)
        kills = oom_kills()
        for_memory = code == -signal.SIGKILL and (kills > self.kills or process.peak > NEAR_LIMIT * memory_limit())
        self.kills = kills
        if deaths < allowed:
            self.give_back(member.number, task)
            return
        kind = WorkerMemoryError if for_memory else KilledWorkerError
        why = (
            "The kernel killed it for lack of memory: make results smaller, or use fewer workers (n_workers=)."
            if for_memory
            else "The cause is in the task's own code or a library it calls, or somebody killed the process."
        )
        self.failed(
            member.number,
            task,
            kind(
                f"task {self.key(task)!r} ended its worker process {deaths} time{'s' * (deaths > 1)} "
                f"(allowed-failures={self.request.allowed_failures}), the last time with {ending(code)}; it last held "
                f"{format_bytes(process.rss)} of memory, {format_bytes(process.peak)} at most. {why}"
            ),
            retry=False,
        )

    # -- workers come and go --------------------------------------------------------------------------------------------

    def add_worker(self, nthreads: int, offer: Mapping[str, float] | None) -> int:
        """One worker more; gives its number."""
        with self:
            number = self.core.worker_added(dict(offer) if offer else None, now=perf_counter())
            self.counts.append(nthreads)
            self._hire(number, nthreads)
            self.hungry = True
        self._call()
        return number

    def remove_worker(self, number: int) -> None:
        """A worker takes no more tasks, and goes when it has finished those that it has."""
        with self:
            member = self.members.get(number)
            if member is None:
                return
            self.core.worker_left(number, now=perf_counter())
            member.retiring = True
            self.post(member, ("retire",))

    def restart_workers(self, numbers: Iterable[int] | None) -> list[int]:
        """Start workers anew; what they were doing is done again."""
        chosen = list(self.members) if numbers is None else list(numbers)
        with self:
            for number in chosen:
                member = self.members[number]
                member.restarting = True
                member.process.kill()
                self._bury(member)
        self._call()
        return chosen

    def nready(self) -> int:
        """Workers that have started."""
        with self:
            return sum(member.process.ready for member in self.members.values())

    def nworkers_ever(self) -> int:
        return len(self.counts)

    def call(self, number: int, function: Callable[..., Any], args: Any, kwargs: Any, reply: Any) -> None:
        """Run a function in a worker process, beside its tasks."""
        message = self.packed_call(function, args, kwargs)
        with self:
            self._owe(number, reply, "call", message)
        self._call()

    def packed_call(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        return pack((function, args, kwargs), ANY_SIZE, "the function and its arguments")

    def _owe(self, number: int, reply: Any, kind: str, *content: Any) -> None:
        member = self.members.get(number)
        if member is None:
            self.fired.append((reply.fail, KilledWorkerError(f"there is no worker {number} any more")))
            return
        rid = next(self.calls)
        member.calls[rid] = reply
        self.post(member, (kind, rid, *content))

    def call_stacks(self, keys: Iterable[Key] | None, reply: Any) -> None:
        """What running tasks do now: by key, tuples of text."""
        wanted = None if keys is None else set(keys)
        with self:
            tasks = {
                task: self.plan.keys[task]
                for task in self.core.flying
                if wanted is None or self.plan.keys[task] in wanted
            }
            gathered = Stacks(reply, tasks, len(self.members))
            for number in list(self.members):
                self._owe(number, gathered, "stacks", list(tasks))
        self._call()

    def executor(self, number: int) -> Any:
        return self

    def metrics(self) -> dict[int, dict[str, Any]]:
        """What is measured of each worker."""
        return {
            number: {"memory": member.process.rss, "pid": member.process.pid} for number, member in self.members.items()
        }

    def where_is(self, number: int) -> int:
        """The worker that made a block."""
        return self.where.get(number, number % max(1, len(self.counts)))

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        message = pack((key, op, args), ANY_SIZE, "an argument of the actor's method")
        with self:
            self._owe(number, reply, "actor", message)
        self._call()

    def drop_actor(self, key: Key) -> None:
        for member in list(self.members.values()):
            self.post(member, ("drop actor", key))

    def interrupt(self, tasks: Iterable[int]) -> None:
        """Under the lock: stop what workers do for tasks that nobody wants."""
        for task in tasks:
            member = self.members.get(self.core.flying.get(task, -1))
            if member is not None:
                self.post(member, ("interrupt", task))

    # -- the end --------------------------------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the run and its workers."""
        with self.lock:
            if self.closed:
                return
            self.close_tickets(reason)
            self.core.stop(now=perf_counter())
            members, self.members = list(self.members.values()), {}
            fired, self.fired = self.fired, []
            for member in members:
                for reply in member.calls.values():
                    fired.append((reply.fail, KilledWorkerError(reason)))
        for call, what in fired:
            call(what)
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


class Source:
    """A value that has not been packed yet."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Answer:
    """The reply to what a worker asked: a message."""

    def __init__(self, run: LiveProcesses, member: Member, process: WorkerProcess, rid: int) -> None:
        self.run = run
        self.member = member
        self.process = process
        self.rid = rid

    def __call__(self, value: Any = None) -> None:
        if self.member.process is self.process:
            try:
                self.run.post(self.member, ("answer", self.rid, True, value))
            except Exception as error:
                self.fail(error)

    def fail(self, error: BaseException) -> None:
        from weft.backends.worker import packed_error

        if self.member.process is self.process:
            self.run.post(self.member, ("answer", self.rid, False, packed_error(error)))


class Stacks:
    """Gathers what several workers answer."""

    def __init__(self, reply: Any, tasks: dict[int, Key], count: int) -> None:
        self.reply = reply
        self.tasks = tasks
        self.left = count
        self.found: dict[Key, Any] = {}
        self.guard = allocate_lock()
        if not count:
            reply({})

    def __call__(self, stacks: dict[int, Any]) -> None:
        self.found.update({self.tasks[task]: lines for task, lines in stacks.items() if task in self.tasks})
        self._one_less()

    def fail(self, error: BaseException) -> None:
        self._one_less()

    def _one_less(self) -> None:
        with self.guard:
            self.left -= 1
            done = not self.left
        if done:
            self.reply(self.found)


def traceback_of(frames: Sequence[tuple[str, str, int]]) -> Any:
    """A traceback like one in another process, made of file names, function names and lines."""
    import types

    made = None
    for filename, name, line in reversed(frames):
        code = compile("\n" * (max(line, 1) - 1) + "raise Exception", filename, "exec").replace(co_name=name)
        try:
            exec(code, {"__name__": name, "__file__": filename})
        except Exception as error:
            inner = error.__traceback__
            assert inner is not None
            assert inner.tb_next is not None
            made = types.TracebackType(made, inner.tb_next.tb_frame, inner.tb_next.tb_lasti, line)
    return made


#: What workers ask that is the run's to answer.
GUEST_OPS = frozenset(
    {"ref", "scatter", "cancel", "retry", "keep", "plan", "notes", "key", "home", "run", "actor", "listen"}
)
EXIT = pickle.dumps(("exit",), 5)
