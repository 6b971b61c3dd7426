"""What tasks in worker processes ask of their run: to submit, to wait, to read, to cancel...

The client of a worker process is a :class:`Guest` here: it has the tickets that stand for those over there. What is asked
comes as messages; what is told of a task's end goes as one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from weft.backends.live import FINISHED, PENDING, HeldTicket, Live, Ticket
from weft.backends.live_refs import PROGRAMS, LiveRefs
from weft.backends.packed import unpack, unpack_own
from weft.backends.packed_errors import packed_error, rebuilt
from weft.backends.pool import WorkerProcess
from weft.errors import SerializationError
from weft.graph import Plan, Program
from weft.typing import Key

__all__ = ["Guest", "LiveGuests", "RefGuests"]


class Guest:
    """The client of a worker process, seen from here."""

    def __init__(self, run: LiveGuests, member: Any) -> None:
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


class LiveGuests(Live):
    """A live run that tasks in other processes speak with.

    A crew adds ``post(member, message)``, ``actor_call``, and what says where blocks are: ``told``, ``guest_ref``,
    ``guest_scatter`` (:class:`RefGuests` for packed blocks and files).
    """

    visiting: OrderedDict[bytes, Program]  #: programs that came from workers

    def post(self, member: Any, message: Any) -> None:
        """Send something to a worker, soon; the lock may be held or not."""
        raise NotImplementedError

    def actor_call(self, number: int, key: Key, op: str, args: Any, reply: Any) -> None:
        """Call an actor's method where it lives."""
        raise NotImplementedError

    def _answer(self, member: Any, rid: Any, op: Any, packed: Any) -> None:
        """Without the lock: do what a worker asks, or pass on what it answers."""
        if member is None:
            reply, good = rid, op
            try:
                value = unpack_own(packed) if good else rebuilt(packed)
            except Exception as error:  # what users' classes raise when they arrive
                good, value = False, error
            if good:
                reply(value)
            else:
                reply.fail(value)
            return
        answer = Answer(self, member, member.process, rid)
        try:
            self.answer_guest(member, op, unpack_own(packed), answer)
        except Exception as error:  # it is the answer
            answer.fail(error)

    def answer_guest(self, member: Any, op: Any, args: Any, reply: Any) -> None:
        """Without the lock: do what a guest asks."""
        if op in GUEST_OPS:
            getattr(self, f"guest_{op}")(member, reply, *args)
        else:
            self.home.ask(op, args, reply, member.source)

    def _submitted(self, member: Any, items: list[Any]) -> None:
        """A task submits tasks."""
        guest = member.guest
        for key, written, sources, constants, notes in items:
            try:
                self._submit_for(guest, key, written, sources, unpack(constants), notes)
            except Exception as error:  # it is the task's
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
        if key in guest.tickets:
            self._joined(guest.member, key)
        else:
            self._admit(guest.ticket(key), program, found, constants, notes)

    def _guests_ticket(self, guest: Guest, key: Key) -> Ticket:
        ticket = guest.tickets.get(key)
        return ticket if ticket is not None else self._joined(guest.member, key)

    def _joined(self, member: Any, key: Key) -> Ticket:
        guest: Guest = member.guest
        known = guest.tickets.get(key)
        if known is not None:  # what it lets go of is still on its way
            known.count += 1
            if known.status != PENDING:  # which it was told when it had let go
                self.fired.append((guest.tell, known))
            return known
        ticket = guest.ticket(key)
        number = self.known.get(key)
        if number is not None:
            self._join(ticket, number)
        else:
            self.expected.setdefault(key, []).append(ticket)
        return ticket

    def told(self, ticket: Ticket) -> tuple[Any, ...]:
        """What a guest is told of a task's end: key, status, where the result is or None, error."""
        raise NotImplementedError

    def guest_cancel(self, member: Any, reply: Any, keys: Sequence[Key], force: bool, reason: str | None) -> None:
        self.cancel(
            [member.guest.tickets[key] for key in keys if key in member.guest.tickets], force=force, reason=reason
        )
        reply(None)

    def guest_retry(self, member: Any, reply: Any, keys: Sequence[Key]) -> None:
        tickets = [member.guest.tickets[key] for key in keys if key in member.guest.tickets]
        with self:
            for ticket in tickets:
                if ticket.status == "error":
                    ticket.waiters = [member.guest.tell]
        self.retry(tickets)
        reply(None)

    def guest_keep(self, member: Any, reply: Any, key: Key) -> None:
        ticket = member.guest.tickets.get(key)
        if ticket is not None:
            self.keep_until_done(ticket)
        reply(None)

    def guest_plan(
        self,
        member: Any,
        reply: Any,
        plan: Plan,
        foreign: dict[int, Key],
        wanted: list[int],
        retries: int,
        notes: Any,
    ) -> None:
        """A task has a whole graph run."""
        guest = member.guest
        with self:
            for block, key in foreign.items():
                plan.data[block] = HeldTicket(self, self._guests_ticket(guest, key), None, lambda: None)
            tickets = {block: guest.tickets.get(plan.keys[block]) or guest.ticket(plan.keys[block]) for block in wanted}
        self.add_plan(plan, tickets, retries=retries, notes=notes)
        reply(None)

    def guest_notes(self, member: Any, reply: Any, notes: Any) -> None:
        with self.lock:
            self.check_notes(notes)
        reply(None)

    def guest_key(self, member: Any, reply: Any, task: int) -> None:
        reply(self.plan.keys[task])

    def guest_home(self, member: Any, reply: Any, op: str, args: tuple[Any, ...]) -> None:
        """What only the cluster knows: a method of its own."""
        reply(getattr(self.home, op)(*args))

    def guest_run(self, member: Any, reply: Any, function: Any, args: Any, kwargs: Any, workers: Any) -> None:
        """A task runs a function on all workers."""
        replies = self.home.call_everywhere(function, args, kwargs, workers)

        def wait() -> None:
            try:
                reply({address: each.get() for address, each in replies.items()})
            except BaseException as error:  # what the function raised there
                reply.fail(error)

        threading.Thread(target=wait, daemon=True).start()

    def guest_actor(self, member: Any, reply: Any, number: int, key: Key, op: str, args: Any) -> None:
        self.actor_call(number, key, op, args, reply)

    def guest_listen(self, member: Any, reply: Any, topic: str, name: str) -> None:
        process = member.process

        def call(event: Any) -> None:
            if member.process is process:
                self.post(member, ("event", name, event))

        self.home.ask("listen", (topic, name, call), reply, member.source)


class RefGuests(LiveGuests, LiveRefs):
    """Guests of a run whose blocks are packed, or files."""

    def told(self, ticket: Ticket) -> tuple[Any, ...]:
        """What a guest is told of a task's end: key, status, small result or None, error."""
        ref = None
        if ticket.status == FINISHED and ticket.number >= 0:
            ref = self.refs[ticket.number]
            if type(ref) is not bytes:
                ref = None
        error = packed_error(ticket.error) if ticket.error is not None else None
        return ticket.key, ticket.status, ref, error

    def guest_ref(self, member: Any, reply: Any, key: Key) -> None:
        """Where the result of a key lies: packed, or a path."""
        with self.lock:
            ticket = member.guest.tickets.get(key)
            if ticket is None or ticket.number < 0:
                raise KeyError(key)
            ref = self.refs[ticket.number]
            if ref is None:
                ref = self._put(ticket.number)
        reply(ref)

    def guest_scatter(self, member: Any, reply: Any, key: Key, ref: Any, nbytes: int) -> None:
        """A task puts a value where all can read it."""
        with self:
            ticket = member.guest.tickets.get(key)
            if ticket is None:
                ticket = member.guest.ticket(key)
                ticket.waiters = None
            self._take_in(ticket, ref, nbytes)
        reply(None)


class Answer:
    """The reply to what a worker asked: a message."""

    def __init__(self, run: LiveGuests, member: Any, process: WorkerProcess, rid: int) -> None:
        self.run = run
        self.member = member
        self.process = process
        self.rid = rid

    def __call__(self, value: Any = None) -> None:
        if self.member.process is self.process:
            try:
                self.run.post(self.member, ("answer", self.rid, True, value))
            except SerializationError as error:
                self.fail(error)

    def fail(self, error: BaseException) -> None:
        if self.member.process is self.process:
            self.run.post(self.member, ("answer", self.rid, False, packed_error(error)))


#: What workers ask that is the run's to answer.
GUEST_OPS = frozenset(
    {"ref", "scatter", "cancel", "retry", "keep", "plan", "notes", "key", "home", "run", "actor", "listen"}
)
