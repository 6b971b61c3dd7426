"""What tasks on a Ray cluster ask of their live run, and how they wait for others.

Each process that runs tasks has a box at the switchboard (:mod:`weft.distributed.ray_switchboard`): its messages come in one by one,
and are answered there.
"""

from __future__ import annotations

import logging
from collections import deque
from time import perf_counter
from typing import Any

from weft.backends.contract import Held
from weft.backends.live import FINISHED, Ticket
from weft.backends.live_guests import Guest, LiveGuests
from weft.backends.packed import pack, unpack_own
from weft.backends.packed_errors import traced_error
from weft.backends.ray_bundles import Flight
from weft.backends.ray_crew import Crew
from weft.backends.ray_objects import Place
from weft.scheduler import growing
from weft.typing import Key

__all__ = ["ANY_SIZE", "Answer", "Caller", "RayGuests"]

logger = logging.getLogger("weft.distributed")

ANY_SIZE = 1 << 62


class RayGuests(LiveGuests, Crew):
    """The part of a live run on Ray that speaks with its tasks."""

    sources: dict[int, Any]  #: data that was given, by number
    callers: dict[str, Caller]  #: by box
    asks: deque[Any]  #: what guests ask, to be answered without the lock
    room: bool  #: whether there may be something to hand out
    board: Any  #: the switchboard's face, once the cluster has given it

    def caller(self, sender: str) -> Caller:
        """The process that has a box."""
        caller = self.callers.get(sender)
        if caller is None:
            caller = self.callers[sender] = Caller(self, sender)
        return caller

    def _guest_says(self, sender: str, message: tuple[Any, ...]) -> None:
        """Under the lock: a message from a process in which tasks run, or from the switchboard."""
        kind, *content = message
        match kind:
            case "submit":
                self._submitted(self.caller(sender), content[0])
            case "join":
                for key in content[0]:
                    self._joined(self.caller(sender), key)
            case "release":
                tickets = self.caller(sender).guest.tickets
                for key in content[0]:
                    if key in tickets:
                        self._let_go(tickets[key])
            case "aside":
                self._step_aside(*content)
            case "again":
                self._come_back(content[0])
            case "ask":
                rid, op, packed = content
                self._put_off(self.caller(sender), rid, op, packed)
            case "scatter":
                rid, *args = content
                caller = self.caller(sender)
                self.asks.append((caller, "scatter", args, Answer(self, sender, rid)))
            case "event":
                self.fired.append((self.home.heard, content))
            case "hold":
                self.fired.append((self.home.hold_key, content[0]))
            case "let go":
                self.fired.append((self.home.let_key_go, content[0]))
            case "gone":
                gone = self.callers.pop(content[0], None)
                if gone is not None:
                    self._guest_gone(gone.guest)
            case _:
                logger.error("a message that makes no sense came from %s: %r", sender, kind)

    def _guest_gone(self, guest: Guest) -> None:
        """Nobody holds what the tasks of a dead process had submitted."""
        for ticket in list(guest.tickets.values()):
            ticket.waiters = None
            ticket.count = 1
            self._let_go(ticket)
        guest.tickets.clear()

    def _put_off(self, caller: Caller, rid: int, op: str, packed: bytes) -> None:
        """What a guest asks is answered without the lock."""
        answer = Answer(self, caller.box, rid)
        try:
            self.asks.append((caller, op, unpack_own(packed), answer))
        except Exception as error:  # what users' classes raise when they arrive: it is the answer
            self.fired.append((answer.fail, error))

    def _flight_of(self, task: int) -> Flight | None:
        for flight in self.flying.values():
            if any(flight.tasks[place] == task for place in flight.left):
                return flight
        return None

    def _step_aside(
        self, task: int, done: list[Any], pack_ref: Any, refs: list[Any], left: list[int], node: str
    ) -> None:
        """A task waits: what its bundle has finished is taken over, what it has not begun goes elsewhere."""
        flight = self._flight_of(task)
        if flight is None:
            return
        number = self.numbers.get(node, flight.node)
        self.deliver(flight, [each for each in done if each[0] in flight.left], number, pack_ref, refs)
        for place in left:
            if place in flight.left:
                flight.left.discard(place)
                self.core.returned(flight.node, flight.tasks[place], now=perf_counter())
        if not flight.is_aside:
            flight.is_aside = True
            self.load[flight.node] -= 1
            self.core.nrunning -= 1
        self.room = True

    def _come_back(self, task: int) -> None:
        flight = self._flight_of(task)
        if flight is not None and flight.is_aside:
            flight.is_aside = False
            self.load[flight.node] += 1
            self.core.nrunning += 1

    def post(self, member: Any, message: Any) -> None:
        """Send something to a guest's box."""
        self.board.send(member.box, message)

    def told(self, ticket: Ticket) -> tuple[Any, ...]:
        place = self.places.get(ticket.number) if ticket.status == FINISHED and ticket.number >= 0 else None
        error = traced_error(ticket.error) if ticket.error is not None else None
        return ticket.key, ticket.status, place, error

    def guest_ref(self, member: Any, reply: Any, key: Key) -> None:
        """Where the result of a key lies."""
        with self.lock:
            ticket = member.guest.tickets.get(key)
            if ticket is None or ticket.number < 0:
                raise KeyError(key)
            place = self.places.get(ticket.number)
            if place is None:
                value = self.sources[ticket.number]
                place = Place(self.objects.put(value.get() if isinstance(value, Held) else value))
                self.places[ticket.number] = place
        reply(place)

    def guest_scatter(self, member: Any, reply: Any, key: Key, place: Place, nbytes: int) -> None:
        """A task puts a value where all can read it."""
        with self:
            ticket = member.guest.tickets.get(key)
            if ticket is None:
                ticket = member.guest.ticket(key)
                ticket.waiters = None
            if key in self.known:
                if ticket.number < 0:
                    self._join(ticket, self.known[key])
            else:
                number = growing.grow_data(self.core, nbytes)
                self._columns(number, key, ticket, ())
                self.put_in(number, place)
                self.settle(number, FINISHED, None)
        reply(None)


class Caller:
    """A process in which tasks run, as those that answer its guest see it."""

    def __init__(self, run: RayGuests, box: str) -> None:
        self.box = self.source = box
        self.process = self  # a box is never used again
        self.guest = Guest(run, self)


class Answer:
    """The reply to what a guest asked: a message."""

    def __init__(self, run: RayGuests, sender: str, rid: int) -> None:
        self.run = run
        self.sender = sender
        self.rid = rid

    def __call__(self, value: Any = None) -> None:
        try:
            written = value if isinstance(value, Place) else pack(value, ANY_SIZE)
            self.run.board.send(self.sender, ("answer", self.rid, True, written))
        except Exception as error:  # of users' classes that are written down: it is the answer
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        self.run.board.send(self.sender, ("answer", self.rid, False, traced_error(error)))
