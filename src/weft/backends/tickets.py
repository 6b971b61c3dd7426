"""Tickets: what clients have of the tasks of a live run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.backends.contract import Held
from weft.typing import Key

__all__ = ["BAD", "CANCELLED", "ERROR", "FINISHED", "LOST", "PENDING", "HeldTicket", "Submission", "Ticket"]

PENDING, FINISHED, ERROR, CANCELLED, LOST = "pending", "finished", "error", "cancelled", "lost"
BAD = frozenset({ERROR, CANCELLED, LOST})


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

    def __init__(self, run: Any, ticket: Ticket, future: Any, wait: Callable[[], Any]) -> None:
        super().__init__(ticket.key, 0, wait)
        self.run = run
        self.ticket = ticket
        self.future = future

    def __reduce__(self) -> Any:
        return _waited, (self.future,)


def _waited(future: Any) -> Any:
    return future.__weft_held__()
