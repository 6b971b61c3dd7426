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

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter, time
from typing import Any

from weft.backends.contract import Held
from weft.backends.live_cancelling import LiveCancelling
from weft.backends.live_table import DONE, FAILED, SPILLED, empty_plan, tell
from weft.backends.tickets import BAD, CANCELLED, ERROR, FINISHED, LOST, PENDING, HeldTicket, Submission, Ticket
from weft.errors import BackendError, CancelledError
from weft.graph import Plan
from weft.scheduler import eviction, growing
from weft.scheduler.placement import rule_of

__all__ = [
    "BAD",
    "CANCELLED",
    "DONE",
    "ERROR",
    "FINISHED",
    "LOST",
    "PENDING",
    "SPILLED",
    "HeldTicket",
    "Live",
    "Submission",
    "Ticket",
    "empty_plan",
    "wall_offset",
]


class Live(LiveCancelling):
    """The part of a live run that knows nothing of who performs the tasks."""

    # -- the lock -----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Any:
        """Hold the lock, with the inbox empty."""
        self.lock.acquire()
        try:
            self.absorb()
        except BaseException:  # also an interrupt: `with` calls __exit__ only of what was entered
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
            if fired:
                tell(fired)
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

    def is_busy(self) -> bool:
        """Whether somebody holds the lock: it may be the thread that asks."""
        return bool(self.lock.locked())

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
                with self.lock:
                    self._recycle(victims)
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
        self,
        plan: Plan,
        tickets: Mapping[int, Ticket],
        *,
        retries: int = 0,
        notes: Mapping[str, Any] | None = None,
        attach: Callable[[int], None] | None = None,
    ) -> None:
        """Take in a plan; ``tickets`` are for its wanted blocks, ``attach`` is told the number of its first one."""
        annotations = plan.annotations
        if retries or notes:
            more: dict[str, Any] = {**({"retries": retries} if retries else {}), **(notes or {})}
            annotations = {t: {**more, **plan.annotations.get(t, {})} for t in range(plan.ntasks)}
        if annotations is not plan.annotations:
            plan = plan.changed(annotations=annotations)
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
            if attach is not None:
                attach(base)
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

    # -- under the lock -------------------------------------------------------------------------------------------------

    def absorb(self) -> None:
        """Empty the inbox into the core. HOT."""
        inbox = self.inbox
        while inbox:
            item = inbox.popleft()
            if type(item) is Ticket:
                self._let_go(item)
            elif type(item) is tuple:
                self._admit(*item)
            else:
                item.arrive()

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


class Setting:
    """Sets an event when it is called."""

    def __init__(self, event: threading.Event) -> None:
        self.event = event

    def __call__(self, _: Any) -> None:
        self.event.set()


def wall_offset() -> float:
    """What turns a time of ``perf_counter`` into one of the wall clock."""
    return time() - perf_counter()
