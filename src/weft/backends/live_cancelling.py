"""Tasks of a live run that nobody wants any more, that are to run again, or to run whoever wants them."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from weft.backends.live_table import RUNNING, LiveTable
from weft.backends.tickets import CANCELLED, ERROR, PENDING, Ticket
from weft.errors import CancelledError
from weft.scheduler import growing

__all__ = ["LiveCancelling"]


class LiveCancelling(LiveTable):
    """How a live run cancels, tries again, and keeps."""

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        raise NotImplementedError

    def release(self, ticket: Ticket) -> None:
        raise NotImplementedError

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
