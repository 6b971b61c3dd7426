"""Live runs: a graph that grows while it runs. What the crews of threads and of processes share. HOT: ``absorb``, ``settle``.

Clients put what they want into an *inbox*, which takes no lock: tasks to run, and tickets that nobody holds any more.
Whoever holds the run's lock next empties it into the core, many entries at a time: a worker that has just finished a task,
or the client itself if all workers sleep. So a submitted task costs its client a few microseconds, however busy the
workers are.

A *ticket* is what a client has of a task: its key, how it stands, and who waits for it. Several futures with one key
share a ticket; a second client that wants the same key has a ticket of its own. While there is a ticket, the block is
held. Whoever is to hear of a task's end (``watch``) is called after the lock was given up, by the thread that noticed.

Finalizers run anywhere, also while the very same thread holds the lock. They only append to the inbox, and empty it if
the lock happens to be free; whoever gives the lock up looks into the inbox once more.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter, time
from typing import Any

from weft.backends.contract import Held
from weft.errors import BackendError, CancelledError, WeftError
from weft.graph import Plan
from weft.scheduler import Scheduler, eviction, growing
from weft.scheduler.placement import rule_of
from weft.scheduler.state import LARGE, Phase
from weft.typing import Key

__all__ = [
    "BAD",
    "CANCELLED",
    "ERROR",
    "FINISHED",
    "LOST",
    "PENDING",
    "HeldTicket",
    "Live",
    "Submission",
    "Ticket",
    "empty_plan",
]

logger = logging.getLogger("weft.distributed")

PENDING, FINISHED, ERROR, CANCELLED, LOST = "pending", "finished", "error", "cancelled", "lost"
BAD = frozenset({ERROR, CANCELLED, LOST})
#: How far back the record of finished tasks goes.
RECORDS = 50_000
IN_STORE = (Phase.DONE.value, Phase.SPILLED.value)
DONE, SPILLED, RELEASED = Phase.DONE.value, Phase.SPILLED.value, Phase.RELEASED.value
RUNNING, FAILED, GIVEN_UP = Phase.RUNNING.value, Phase.FAILED.value, Phase.CANCELLED.value


class Ticket:
    """What one client has of one task."""

    __slots__ = ("__weakref__", "client", "count", "error", "key", "number", "status", "traceback", "type", "waiters")

    def __init__(self, client: Any, key: Key) -> None:
        self.client = client
        self.key = key
        self.count = 1  # futures (and others) that share it; changed under the run's lock
        self.number = -1  # in the core, once it is there
        self.status = PENDING
        self.error: BaseException | None = None
        self.traceback: Any = None
        self.type: type | None = None
        self.waiters: list[Callable[[Ticket], None]] | None = None

    def __repr__(self) -> str:
        return f"<Ticket {self.key!r}: {self.status}>"


#: A ticket, its program, the tickets of its inputs, its constants, and its annotations.
Submission = tuple[Ticket, Any, tuple[Ticket, ...], tuple[Any, ...], "dict[str, Any] | None"]


class HeldTicket(Held):
    """A block that a live run holds, as data of other graphs; waits for it when it is asked for."""

    __slots__ = ("future", "run", "ticket")

    def __init__(self, run: Live, ticket: Ticket, future: Any, wait: Callable[[], Any]) -> None:
        super().__init__(ticket.key, 0, wait)
        self.run = run
        self.ticket = ticket
        self.future = future

    def __reduce__(self) -> Any:
        return _waited, (self.future,)


def _waited(future: Any) -> Any:
    return future.__weft_held__()


def empty_plan(core: Scheduler) -> Plan:
    """A plan whose columns are the core's own, so that they grow together."""
    plan = Plan([], core.programs, core.inputs, [], core.size, [], core.outputs, core.maker)
    plan.dependents = core.dependents
    return plan


class Live:
    """The part of a live run that knows nothing of who performs the tasks.

    A crew (threads, processes) adds: ``lock``, ``core``, ``plan``; ``values`` (by number), ``wake()`` (under the lock:
    there may be more to do), ``put(number, value)``, ``fetch(ticket)``, ``drop(numbers)`` and ``stop()``.
    """

    core: Scheduler
    plan: Plan
    lock: Any

    def live_init(self) -> None:
        """Get ready; the crew has made the core, the plan and the lock."""
        self.inbox: deque[Any] = deque()
        self.tickets: list[Any] = []  # by number: None, a ticket, or a list of them
        self.known: dict[Key, int] = {}
        self.fired: list[tuple[Callable[[Any], None], Any]] = []
        self.released_now: list[int] = []
        self.records: deque[tuple[Any, ...]] = deque(maxlen=RECORDS)
        self.observers: list[Any] = []
        self.kept: dict[Key, Ticket] = {}  # fire and forget
        self.expected: dict[Key, list[Ticket]] = {}  # keys that clients wait for, and that nobody has submitted
        self.closed = False
        self.errors: dict[int, BaseException] = {}  # what failed tasks, and those that need them, raised
        self.where: dict[int, int] = {}  # which worker made a block
        self.actors: set[Key] = set()
        self.home: Any = None  # the cluster

    # -- the lock -----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Any:
        """Hold the lock, with the inbox empty."""
        self.lock.acquire()
        try:
            self.absorb()
        except BaseException:
            self.lock.release()
            raise
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.wake()
        self.give_up_lock()

    def give_up_lock(self) -> None:
        """Release the lock, then tell who is to be told; nothing that came meanwhile stays in the inbox."""
        while True:
            fired = self.fired
            if fired:
                self.fired = []
            self.lock.release()
            for call, what in fired:
                call(what)
            if not self.inbox or not self.lock.acquire(False):
                return
            self.absorb()
            self.wake()

    # -- from clients, without the lock ---------------------------------------------------------------------------------

    def submit(self, item: Submission) -> None:
        """Have a task run."""
        self.inbox.append(item)
        self.nudge()

    def submit_all(self, items: Iterable[Submission]) -> None:
        """Have several tasks run."""
        self.inbox.extend(items)
        self.nudge()

    def release(self, ticket: Ticket) -> None:
        """One holder less; may be called by finalizers."""
        self.inbox.append(ticket)
        if not self.attended() and self.lock.acquire(False):
            self.absorb()
            if self.core.ready:
                self.wake()
            self.give_up_lock()

    def attended(self) -> bool:
        """Whether somebody looks into the inbox soon."""
        return False

    def nudge(self) -> None:
        """Something is in the inbox: see to it that somebody looks."""
        if self.lock.acquire(False):
            self.absorb()
            self.wake()
            self.give_up_lock()

    def check_open(self) -> None:
        if self.closed:
            raise BackendError("the cluster is closed: make a new Client() or LocalCluster()")

    # -- from clients, with the lock ------------------------------------------------------------------------------------

    def join(self, ticket: Ticket) -> None:
        """A client wants a key that another has submitted, or will."""
        with self:
            number = self.known.get(ticket.key)
            if number is not None:
                self._join(ticket, number)
            elif not self.closed:
                self.expected.setdefault(ticket.key, []).append(ticket)

    def leave(self, client: Any, tickets: Iterable[Ticket]) -> None:
        """A client is closed: it needs none of its tickets any more."""
        with self:
            for ticket in tickets:
                if ticket.count > 0 and ticket.key not in self.kept:
                    ticket.count = 1
                    self._let_go(ticket)
                if ticket.status in (PENDING, FINISHED) and ticket.key not in self.kept:
                    self._end(ticket, CANCELLED, CancelledError(f"{ticket.key!r} was cancelled: its client was closed"))

    def fetch_all(self, tickets: Sequence[Ticket]) -> list[Any]:
        """The values of tasks that have finished."""
        return [self.fetch(ticket) for ticket in tickets]

    def hold(self, ticket: Ticket) -> bool:
        """One holder more; False if it is gone already."""
        with self:
            if ticket.count <= 0:
                return False
            ticket.count += 1
            return True

    def watch(self, ticket: Ticket, call: Callable[[Ticket], None]) -> None:
        """Call when a task has come to its end, at once if it has."""
        self.lock.acquire()
        if ticket.status == PENDING:
            if ticket.waiters is None:
                ticket.waiters = [call]
            else:
                ticket.waiters.append(call)
            self.give_up_lock()
        else:
            self.give_up_lock()
            call(ticket)

    def watch_all(self, tickets: Sequence[Ticket], call: Callable[[Ticket], None]) -> list[Ticket]:
        """Like ``watch`` for many, but those that have come to their end are returned."""
        ended: list[Ticket] = []
        self.lock.acquire()
        for ticket in tickets:
            if ticket.status == PENDING:
                if ticket.waiters is None:
                    ticket.waiters = [call]
                else:
                    ticket.waiters.append(call)
            else:
                ended.append(ticket)
        self.give_up_lock()
        return ended

    def unwatch(self, tickets: Iterable[Ticket], call: Callable[[Ticket], None]) -> None:
        """Do not call any more."""
        self.lock.acquire()
        for ticket in tickets:
            if ticket.waiters:
                ticket.waiters = [each for each in ticket.waiters if each is not call] or None
        self.give_up_lock()

    def admit_now(self, item: Submission) -> None:
        """Have a task with annotations run, or raise what is wrong with these.

        Raises
        ------
        BackendError
            No worker can ever run it.
        """
        notes = item[4]
        with self:
            if notes:
                self.check_notes(notes)
            self.inbox.append(item)
            self.absorb()

    def check_notes(self, notes: Mapping[str, Any]) -> None:
        """Raise if no worker can ever run a task with these annotations."""
        rule_of(notes, self.core.have, len(self.core.on))

    def scatter(self, ticket: Ticket, value: Any) -> None:
        """Take in a value."""
        packed, nbytes = self.packed(value, ticket.key)
        if self.core.held + nbytes > self.core.limit:
            with self.lock:
                victims = eviction.choose(self.core, nbytes)
                self.core.spilling.update(victims)
            if victims:
                self.spill_now(victims)
        with self:
            if ticket.key in self.known:
                self._join(ticket, self.known[ticket.key])
                self.unpacked(packed)
                return
            number = growing.grow_data(self.core, nbytes)
            self._columns(number, ticket.key, ticket, ())
            self.put_in(number, packed)
            self.touch(number)
            self.settle(number, FINISHED, None)
            ticket.type = type(value)
            if self.observers:
                self.transition(ticket.key, "released", "memory")

    def add_plan(
        self, plan: Plan, tickets: Mapping[int, Ticket], *, retries: int = 0, notes: Mapping[str, Any] | None = None
    ) -> None:
        """Take in a plan; ``tickets`` are for its wanted blocks."""
        annotations = plan.annotations
        if retries or notes:
            more: dict[str, Any] = {**({"retries": retries} if retries else {}), **(notes or {})}
            annotations = {t: {**more, **plan.annotations.get(t, {})} for t in range(plan.ntasks)}
        if annotations is not plan.annotations:
            plan = replace(plan, annotations=annotations)
        external: dict[int, int] = {}
        stored: dict[int, int] = {}
        foreign: dict[int, Ticket] = {}
        with self:
            core = self.core
            for each in plan.annotations.values():
                self.check_notes(each)
            for block, value in plan.data.items():
                if isinstance(value, HeldTicket) and value.run is self:
                    if value.ticket.status in BAD:
                        self._fail_all(tickets.values(), value.ticket)
                        return
                    external[block] = value.ticket.number
                    foreign[block] = value.ticket
                else:
                    stored[block] = value.nbytes if isinstance(value, Held) else self.cost_of(value)
            base = core.added(plan, keep=True, external=external, stored=stored, now=perf_counter())
            core.grown = True
            for block in dict.fromkeys(plan.wanted):  # each wanted block is held once, by its ticket
                theirs = external.get(block)
                if theirs is not None and block not in tickets:
                    core.users[theirs] -= 1
            for block, key in enumerate(plan.keys):
                self._columns(base + block, key, None, plan.constants[block] if block < plan.ntasks else ())
                if block in stored:
                    self.bring(base + block, plan.data[block])
            for block, ticket in tickets.items():
                number = external.get(block, base + block)
                ticket.number = number
                self._attach(number, ticket)
                self.known.setdefault(ticket.key, number)
                self._tell_how_it_stands(ticket)
            for block in external:
                core.dependents[base + block] = ()  # type: ignore[call-overload]
            growing.forget(core, [base + block for block in external])
            self._settle_data(stored, base)

    def _settle_data(self, stored: Mapping[int, int], base: int) -> None:
        for block in stored:
            if self.tickets[base + block] is not None:
                self.settle(base + block, FINISHED, None)

    def _fail_all(self, tickets: Iterable[Ticket], cause: Ticket) -> None:
        for ticket in tickets:
            self._end(ticket, cause.status, cause.error)

    def cancel(self, tickets: Iterable[Ticket], *, force: bool = False, reason: str | None = None) -> None:
        """Nobody wants these tasks any more; with ``force`` other clients lose theirs, too."""
        with self:
            for ticket in tickets:
                self._cancel(ticket, force, reason)

    def _cancel(self, ticket: Ticket, force: bool, reason: str | None) -> None:
        number = ticket.number
        text = f"{ticket.key!r} was cancelled" + (f": {reason}" if reason else "")
        if number < 0:
            self._end(ticket, CANCELLED, CancelledError(text))
            return
        mine = self.tickets[number]
        others = [each for each in (mine if type(mine) is list else [mine]) if each is not None and each is not ticket]
        leaving = [ticket, *others] if force else [ticket]
        if len(leaving) > len(others) or not others:
            released: list[int] = []
            if self.core.phase[number] <= RUNNING:
                gone = self._readers(number)
                interrupted = self.core.cancelled([number], released, now=perf_counter()).interrupt
                for each in gone:
                    for other in self._tickets_of(each):
                        if other.status == PENDING and each != number:
                            self._end(
                                other,
                                CANCELLED,
                                CancelledError(f"{other.key!r} was cancelled: it needs {ticket.key!r}"),
                            )
                self.interrupt(interrupted)
            else:
                for each in self._readers(number):
                    if each != number and self.core.phase[each] <= RUNNING:
                        interrupted = self.core.cancelled([each], released, now=perf_counter()).interrupt
                        for other in self._tickets_of(each):
                            self._end(
                                other,
                                CANCELLED,
                                CancelledError(f"{other.key!r} was cancelled: it needs {ticket.key!r}"),
                            )
                        self.interrupt(interrupted)
            self._clear(released)
        for left in leaving:
            self._detach(number, left)
            if left.status != CANCELLED:
                left.status = CANCELLED
                left.error = CancelledError(text)
                self._fire(left)
            if left.client is not None:
                left.client.forget(left)
            left.number = -1
            let_go: list[int] = []
            self.core.unhold(number, let_go, now=perf_counter())
            self._clear(let_go)
        if not self._tickets_of(number):
            if self.known.get(ticket.key) == number:
                del self.known[ticket.key]
            self._recycle((number,))

    def _readers(self, number: int) -> list[int]:
        """A task and all that need it and have not finished."""
        core = self.core
        found = {number}
        stack = [number]
        while stack:
            for reader in core.dependents[stack.pop()]:
                if reader not in found and core.phase[reader] <= RUNNING:
                    found.add(reader)
                    stack.append(reader)
        return list(found)

    def retry(self, tickets: Iterable[Ticket]) -> None:
        """Have failed tasks run again, and what failed with them."""
        with self:
            for ticket in tickets:
                if ticket.status != ERROR or ticket.number < 0:
                    continue
                self.revive(ticket.number)

    def revive(self, number: int) -> None:
        """Have a task run again that failed, was cancelled, or whose block is gone."""
        released: list[int] = []
        for each in growing.revive(self.core, number, released):
            self.errors.pop(each, None)
            for ticket in self._tickets_of(each):
                ticket.status, ticket.error, ticket.traceback = PENDING, None, None
            if self.observers:
                self.transition(self.plan.keys[each], "erred", "waiting")
        self._clear(released)

    def keep_until_done(self, ticket: Ticket) -> None:
        """Hold a task until it has run, whoever else does."""
        with self:
            if ticket.status != PENDING or ticket.key in self.kept or ticket.count <= 0:
                return
            ticket.count += 1
            self.kept[ticket.key] = ticket
            if ticket.waiters is None:
                ticket.waiters = []
            ticket.waiters.append(self._let_go_kept)

    def _let_go_kept(self, ticket: Ticket) -> None:
        if self.kept.pop(ticket.key, None) is not None:
            self.release(ticket)

    # -- under the lock -------------------------------------------------------------------------------------------------

    def absorb(self) -> None:
        """Empty the inbox into the core. HOT."""
        inbox = self.inbox
        while inbox:
            item = inbox.popleft()
            if type(item) is Ticket:
                self._let_go(item)
            else:
                self._admit(*item)

    def _admit(
        self,
        ticket: Ticket,
        program: Any,
        sources: tuple[Ticket, ...],
        constants: tuple[Any, ...],
        notes: dict[str, Any] | None,
    ) -> None:
        if ticket.status != PENDING:
            return  # cancelled before it came here
        key = ticket.key
        number = self.known.get(key)
        if number is not None:
            self._join(ticket, number)
            return
        if self.closed:
            self._end(ticket, CANCELLED, CancelledError(f"{key!r} was cancelled: the cluster was closed"))
            return
        if sources:
            inputs = tuple([each.number for each in sources])
            for each in sources:
                if each.number < 0:
                    status = each.status if each.status in BAD else CANCELLED
                    error = each.error or CancelledError(f"{key!r} was cancelled: it needs {each.key!r}, which is gone")
                    self._end(ticket, status, error)
                    return
        else:
            inputs = ()
        number = growing.grow(self.core, program, inputs, notes, self.guess(program))
        ticket.number = number
        if number == len(self.tickets):
            self.tickets.append(ticket)
            self.plan.keys.append(key)
            self.plan.constants.append(constants)
            self.values.append(None)  # type: ignore[attr-defined]
        else:
            self._columns(number, key, ticket, constants)
        self.known[key] = number
        if self.expected and key in self.expected:
            for other in self.expected.pop(key):
                if other.count > 0:
                    self._join(other, number)
        if self.core.phase[number] >= FAILED:
            bad = next((each for each in sources if each.status in BAD), None)
            raised = next((self.errors[block] for block in inputs if block in self.errors), None)
            if raised is not None:
                self.errors[number] = raised
                self._end(ticket, ERROR, raised)
            elif bad is not None:
                self._end(ticket, bad.status, bad.error)
            else:
                self._end(ticket, CANCELLED, CancelledError(f"{key!r} was cancelled: it needs what was cancelled"))
        if self.observers:
            self.transition(key, "released", "waiting")

    def guess(self, program: Any) -> int:
        """What a program's blocks are expected to take."""
        return 0

    def _columns(self, number: int, key: Key, ticket: Ticket | None, constants: tuple[Any, ...]) -> None:
        """Fill the columns of a number that are not the core's."""
        missing = number + 1 - len(self.tickets)
        if missing > 0:
            self.tickets.extend([None] * missing)
            self.plan.keys.extend([""] * missing)
            self.plan.constants.extend([()] * missing)
            self.values.extend([None] * missing)  # type: ignore[attr-defined]
        self.tickets[number] = ticket
        self.plan.keys[number] = key
        self.plan.constants[number] = constants
        if ticket is not None:
            ticket.number = number
            self.known[key] = number

    def _join(self, ticket: Ticket, number: int) -> None:
        """Another client wants a key that is there, or one comes back to what nobody wanted for a while."""
        core = self.core
        core.hold(number, now=perf_counter())
        ticket.number = number
        self._attach(number, ticket)
        if core.phase[number] in (RELEASED, GIVEN_UP):
            self.revive(number)
        self._tell_how_it_stands(ticket)

    def _attach(self, number: int, ticket: Ticket) -> None:
        there = self.tickets[number]
        if there is None:
            self.tickets[number] = ticket
        elif type(there) is list:
            there.append(ticket)
        else:
            self.tickets[number] = [there, ticket]

    def _detach(self, number: int, ticket: Ticket) -> None:
        there = self.tickets[number]
        if there is ticket:
            self.tickets[number] = None
        elif type(there) is list:
            there = [each for each in there if each is not ticket]
            self.tickets[number] = there[0] if len(there) == 1 else there or None

    def _tickets_of(self, number: int) -> list[Ticket]:
        there = self.tickets[number]
        return [] if there is None else list(there) if type(there) is list else [there]

    def _tell_how_it_stands(self, ticket: Ticket) -> None:
        phase = self.core.phase[ticket.number]
        if phase in IN_STORE:
            self._end(ticket, FINISHED, None)
        elif phase == FAILED:
            error = self.errors.get(ticket.number)
            self._end(ticket, ERROR, error if error is not None else WeftError(f"{ticket.key!r} failed before"))

    def _let_go(self, ticket: Ticket) -> None:
        """A holder less. HOT."""
        ticket.count -= 1
        if ticket.count > 0:
            return
        if ticket.client is not None:
            ticket.client.forget(ticket)
        number = ticket.number
        if number < 0:
            return
        ticket.number = -1
        if self.tickets[number] is ticket:
            self.tickets[number] = None
        else:
            self._detach(number, ticket)
        if not self.actors and growing.let_go_at_once(self.core, number):
            self.drop([number])
            self._forget_numbers((number,))
            if self.observers:
                self.transition(ticket.key, "memory", "released")
            return
        released = self.released_now
        self.core.unhold(number, released)
        if self.observers:
            self.transition(ticket.key, "memory" if ticket.status == FINISHED else "processing", "released")
        if released:
            self._clear(released)
        self._recycle((number,))

    def _clear(self, released: list[int]) -> None:
        """Let blocks go."""
        if released:
            numbers = list(released)
            released.clear()
            self.drop(numbers)
            self._recycle(numbers)

    def _recycle(self, numbers: Iterable[int]) -> None:
        """Forget what nothing needs any more."""
        gone = growing.forget(self.core, numbers)
        if gone:
            self._forget_numbers(gone)

    def _forget_numbers(self, gone: Sequence[int]) -> None:
        """Empty the columns of numbers that are free."""
        keys, constants, known, where = self.plan.keys, self.plan.constants, self.known, self.where
        for number in gone:
            key = keys[number]
            where.pop(number, None)
            if self.errors:
                self.errors.pop(number, None)
            if self.actors and key in self.actors:
                self.actors.discard(key)
                self.fired.append((self.home.actor_gone, key))
            if known.get(key) == number:
                del known[key]
            keys[number] = ""
            constants[number] = ()
        self.forgotten(gone)

    def forgotten(self, numbers: Sequence[int]) -> None:
        """Numbers are free: the crew lets go of what it has of them."""

    def settle(self, number: int, status: str, error: BaseException | None) -> None:
        """A task has come to its end: tell all who have tickets. HOT."""
        there = self.tickets[number]
        if type(there) is Ticket:
            there.status = status
            there.error = error
            if there.waiters is not None:
                self._fire(there)
        elif there is not None:
            for each in there:
                each.status = status
                each.error = error
                self._fire(each)

    def touch(self, number: int) -> None:
        """Somebody made or read a block: of those that only clients hold, others go to disk before it."""
        if self.core.size[number] >= LARGE:
            self.core.serial += 1
            self.core.touched[number] = self.core.serial

    def _end(self, ticket: Ticket, status: str, error: BaseException | None) -> None:
        ticket.status = status
        ticket.error = error
        self._fire(ticket)

    def _fire(self, ticket: Ticket) -> None:
        waiters, ticket.waiters = ticket.waiters, None
        if waiters:
            self.fired += [(call, ticket) for call in waiters]

    def failed_tasks(self, tasks: Iterable[int], error: BaseException) -> None:
        """Tasks will never be done."""
        for each in tasks:
            self.errors[each] = error
            self.settle(each, ERROR, error)
            if self.observers:
                self.transition(self.plan.keys[each], "processing", "erred")

    def transition(self, key: Key, start: str, finish: str, **more: Any) -> None:
        """Tell observers, after the lock was given up."""
        for observer in self.observers:
            self.fired.append((Telling(observer), (key, start, finish, more)))

    def close_tickets(self, reason: str) -> None:
        """Under the lock, at the end: whoever still waits hears that there is nothing to come."""
        self.absorb()
        self.closed = True
        for there in self.tickets:
            for ticket in there if type(there) is list else [there]:
                if ticket is not None:
                    ticket.number = -1
                    if ticket.status in (PENDING, FINISHED):
                        self._end(ticket, CANCELLED, CancelledError(f"{ticket.key!r} was cancelled: {reason}"))
        self.tickets = [None] * len(self.tickets)

    def task_again(self, ticket: Ticket) -> tuple[Any, list[Any]]:
        """The program of a task, and the values that it is to run on; what is gone of its inputs is made again."""
        with self:
            number = ticket.number
            if number < 0 or self.core.programs[number] is None:
                raise BackendError(f"{ticket.key!r} is no task that could be run again")
            inputs = list(self.core.inputs[number])
            held = []
            for block in inputs:
                mine = Ticket(None, self.plan.keys[block])
                self._join(mine, block)
                held.append(mine)
            program, constants = self.core.programs[number], self.plan.constants[number]
        values = []
        for mine in held:
            bell = threading.Event()
            self.watch(mine, Setting(bell))
            bell.wait()
            if mine.status != FINISHED:
                raise mine.error or KeyError(mine.key)
            values.append(self.fetch(mine))
            self.release(mine)
        return program, [*values, *constants]

    def budget(self) -> int:
        """Bytes that results may take."""
        return self.core.limit

    # -- what a crew adds -----------------------------------------------------------------------------------------------

    def wake(self) -> None:
        raise NotImplementedError

    def drop(self, numbers: list[int]) -> None:
        raise NotImplementedError

    def spill_now(self, victims: list[int]) -> None:
        raise NotImplementedError

    def packed(self, value: Any, key: Key) -> tuple[Any, int]:
        raise NotImplementedError

    def unpacked(self, packed: Any) -> None:
        """A value that was packed is not needed after all."""

    def put_in(self, number: int, packed: Any) -> None:
        raise NotImplementedError

    def cost_of(self, value: Any) -> int:
        raise NotImplementedError

    def bring(self, number: int, value: Any) -> None:
        raise NotImplementedError

    def interrupt(self, tasks: Iterable[int]) -> None:
        raise NotImplementedError

    def fetch(self, ticket: Ticket) -> Any:
        raise NotImplementedError

    # -- the record -----------------------------------------------------------------------------------------------------

    def record(self, key: Key, worker: int, began: float, ended: float, nbytes: Any, kind: str, status: str) -> None:
        """Keep what a task took; times are those of ``perf_counter``."""
        self.records.append((key, worker, began, ended, nbytes, kind, status))


class Setting:
    """Sets an event when it is called."""

    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def __call__(self, _: Any) -> None:
        self.event.set()


class Telling:
    """Tells an observer of a transition when it is called."""

    def __init__(self, observer: Any) -> None:
        self.observer = observer

    def __call__(self, told: Any) -> None:
        key, start, finish, more = told
        self.observer(key, start, finish, **more)


def wall_offset() -> float:
    """What turns a time of ``perf_counter`` into one of the wall clock."""
    return time() - perf_counter()
