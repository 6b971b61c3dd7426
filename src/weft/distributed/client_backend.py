"""What runs computations while a client is current: the plans of ``compute()`` and ``persist()`` become its tasks."""

from __future__ import annotations

from typing import Any

from weft.backends.contract import Held, Request
from weft.backends.tickets import BAD, PENDING, HeldTicket, Ticket
from weft.distributed.future import value_of
from weft.distributed.hearing import Mirror, mirror_for
from weft.distributed.pausing import in_thread
from weft.distributed.waiting import await_all
from weft.graph import Plan

__all__ = ["ClientBackend"]


class ClientBackend:
    """What runs computations while a client is current."""

    name = "client"

    def __init__(self, client: Any) -> None:
        self.client = client

    @property
    def fuses_chains(self) -> bool:
        return not self.client._run.shares_memory

    def run(self, plan: Plan, request: Request) -> list[Any]:
        mirror = mirror_for(self.client, plan, request)
        if mirror is None:
            return self._run(plan, request, None)
        try:
            mirror.begin()
            values = self._run(plan, request, mirror)
        except BaseException as error:  # also an interrupt: the listeners hear of the end, whatever it is
            mirror.end(error)
            raise
        mirror.end(None)
        return values

    def _run(self, plan: Plan, request: Request, mirror: Mirror | None) -> list[Any]:
        client = self.client
        listening = mirror if mirror is not None and mirror.listens() else None
        futures = client._add_plan(
            plan, plan.wanted, retries=request.retries, options=request.options, mirror=listening
        )
        tickets = [future._bound() for future in futures]
        countdown = await_all(client._run, tickets, on_error=True)
        if countdown is not None:
            if listening is not None:
                listening.stop = countdown.bell.ring
            if listening is None or listening.problem is None:
                countdown.bell.wait()
        if listening is not None and listening.problem is not None:
            client._run.cancel(tickets)
            raise listening.problem
        for ticket in tickets:
            if ticket.status not in (PENDING, "finished"):
                value_of(client, ticket)
        return [value_of(client, ticket) for ticket in tickets]

    def hold(self, plan: Plan, request: Request) -> list[Held]:
        mirror = mirror_for(self.client, plan, request)
        if mirror is None or not mirror.listens():
            return self._hold(plan, request, None)
        mirror.begin()
        try:
            held = self._hold(plan, request, mirror)
        except BaseException as error:  # also an interrupt: the listeners hear of the end, whatever it is
            mirror.end(error)
            raise
        run = self.client._run
        tickets = list({id(each.ticket): each.ticket for each in held if isinstance(each, HeldTicket)}.values())
        countdown = await_all(run, tickets, on_error=True)  # the call does not wait, but the listeners hear it all
        if countdown is None:
            mirror.end(None)
        else:
            in_thread(_end_later, mirror, countdown.bell, tickets)
        return held

    def _hold(self, plan: Plan, request: Request, mirror: Mirror | None) -> list[Held]:
        futures = self.client._add_plan(
            plan, plan.wanted, retries=request.retries, options=request.options, mirror=mirror
        )
        return [future.__weft_held__() for future in futures]

    def wait(self, x: Any, timeout: float | None = None, return_when: str = "ALL_COMPLETED") -> Any:
        """Wait for persisted collections."""
        from weft.distributed.waiting import wait

        return wait(x, timeout=timeout, return_when=return_when)

    def close(self) -> None:
        """The client is closed by whoever made it."""


def _end_later(mirror: Mirror, bell: Any, tickets: list[Ticket]) -> None:
    """Tell of the end of a computation that nobody waits for."""
    mirror.stop = bell.ring
    bell.wait()
    mirror.end(next((ticket.error for ticket in tickets if ticket.status in BAD), mirror.problem))
