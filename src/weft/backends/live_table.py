"""What stands for whom in a live run: tickets and keys by the numbers that tasks have in the core. HOT: ``settle``.

Numbers of forgotten tasks are used again. Whoever is to hear of a task's end is called after the lock was given up, by
the thread that noticed.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any

from weft.backends.tickets import CANCELLED, ERROR, FINISHED, PENDING, Ticket
from weft.errors import CancelledError, WeftError
from weft.graph import Plan
from weft.scheduler import Scheduler, growing
from weft.scheduler.state import LARGE, Phase
from weft.typing import Key

__all__ = ["DONE", "FAILED", "LiveTable", "RUNNING", "SPILLED", "empty_plan", "tell"]

logger = logging.getLogger("weft.distributed")
#: How far back the record of finished tasks goes.
RECORDS = 50_000
DONE, SPILLED, RELEASED = Phase.DONE.value, Phase.SPILLED.value, Phase.RELEASED.value
RUNNING, FAILED, GIVEN_UP = Phase.RUNNING.value, Phase.FAILED.value, Phase.CANCELLED.value
IN_STORE = (DONE, SPILLED)


def empty_plan(core: Scheduler) -> Plan:
    """A plan whose columns are the core's own, so that they grow together."""
    plan = Plan([], core.programs, core.inputs, [], core.size, [], core.outputs, core.maker)
    plan.dependents = core.dependents
    return plan


class LiveTable:
    """The tickets of a live run, and what its tasks leave: blocks, errors, records.

    A crew (threads, processes) adds: ``lock``, ``core``, ``plan``; ``values`` (by number), ``wake()`` (under the lock:
    there may be more to do), ``put_in(number, value)``, ``fetch(ticket)``, ``drop(numbers)`` and ``stop()``.
    """

    core: Scheduler
    plan: Plan
    lock: Any
    values: list[Any]
    shares_memory = False  #: whether tasks run in this process

    def absorb(self) -> None:
        """Empty the inbox into the core."""
        raise NotImplementedError

    def revive(self, number: int) -> None:
        """Have a task run again that failed, was cancelled, or whose block is gone."""
        raise NotImplementedError

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
            if self.observers:
                self.transition(self.plan.keys[each], "processing", "erred", number=each)
            self.settle(each, ERROR, error)

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

    def where_is(self, number: int) -> int:
        """The worker that made a block."""
        return self.where.get(number, number % max(1, len(self.core.on)))

    def mean_duration(self) -> float | None:
        """How long a task takes, in seconds, if that is known."""
        return None

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


def tell(fired: list[tuple[Callable[[Any], None], Any]]) -> None:
    """Call whoever is to hear of something; one who fails does not keep it from the others."""
    for call, what in fired:
        try:
            call(what)
        except Exception:  # of whoever listens: it has nowhere else to go
            logger.exception("%r failed when it was told of %r", call, what)
    fired.clear()  # a thread that sleeps next must not keep what waited for it


class Telling:
    """Tells an observer of a transition when it is called."""

    def __init__(self, observer: Any) -> None:
        self.observer = observer

    def __call__(self, told: Any) -> None:
        key, start, finish, more = told
        self.observer(key, start, finish, **more)
