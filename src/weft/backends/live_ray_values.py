"""The values of a live run on Ray: how they come to the client, and what the run has of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from weft.backends.contract import Held
from weft.backends.live import FINISHED, Ticket
from weft.backends.live_ray_guests import ANY_SIZE, RayGuests
from weft.backends.packed import pack, unpack, unpack_own
from weft.backends.ray import check_fits
from weft.backends.ray_crew import LOSSES
from weft.backends.ray_habits import PACKED_NBYTES
from weft.backends.ray_objects import Place
from weft.errors import BlockLostError, WeftError
from weft.sizeof import sizeof
from weft.typing import Key

__all__ = ["RayValues"]


class RayValues(RayGuests):
    """The part of a live run on Ray that brings results, and keeps the places of blocks."""

    failure: WeftError | None  #: why the connection is gone
    _is_cut_off: Callable[[], bool]
    cut_off: Callable[..., None]

    def fetch(self, ticket: Ticket) -> Any:
        """The value of a task that has finished."""
        return self.fetch_all([ticket])[0]

    def fetch_all(self, tickets: Sequence[Ticket]) -> list[Any]:
        known = self.ray.exceptions
        for attempt in range(LOSSES + 1):
            places: dict[int, Place] = {}
            given: dict[int, Any] = {}
            with self.lock:
                for ticket in tickets:
                    number = ticket.number
                    if number < 0:
                        raise ticket.error or KeyError(ticket.key)
                    place = self.places.get(number)
                    if place is not None:
                        places[number] = place
                        self.touch(number)
                    else:
                        given[number] = self.sources[number]
                nbytes = sum([self.core.size[number] for number in places])
            check_fits(nbytes)
            try:
                values = self.objects.fetch(places)
            except known.ObjectLostError as error:
                if attempt == LOSSES:
                    raise BlockLostError(f"a result was lost {LOSSES + 1} times in a row: {error}") from error
                with self:
                    self.lost(error)
                for ticket in tickets:
                    self._wait_for(ticket)
                continue
            except (known.RayError, ConnectionError) as error:
                if not self._is_cut_off():
                    raise
                self.cut_off(error)
                raise self.failure from error  # type: ignore[misc]
            self.objects.traffic.fetched += nbytes
            values.update({number: own(value) for number, value in given.items()})
            return [values[ticket.number] for ticket in tickets]
        raise AssertionError

    def _wait_for(self, ticket: Ticket) -> None:
        bell = threading.Event()
        self.watch(ticket, lambda _: bell.set())
        bell.wait()
        if ticket.status != FINISHED:
            raise ticket.error or KeyError(ticket.key)

    def spill_now(self, victims: list[int]) -> None:
        """Ray writes what it must; the books say that it has."""
        with self.lock:
            for block in victims:
                self.core.spilled(block, now=perf_counter())

    def packed(self, value: Any, key: Key) -> tuple[Any, int]:
        packed = pack(value, PACKED_NBYTES, f"data {key!r}")
        if isinstance(packed, bytes):
            return packed, len(packed)
        return Place(self.objects.put(value, f"data {key!r}")), packed.nbytes

    def put_in(self, number: int, packed: Any) -> None:
        if isinstance(packed, Place):
            self.places[number] = packed
        else:
            self.sources[number] = unpack(packed)

    def cost_of(self, value: Any) -> int:
        return sizeof(value)

    def bring(self, number: int, value: Any) -> None:
        self.sources[number] = value

    def drop(self, numbers: list[int]) -> None:
        for number in numbers:
            self.places.pop(number, None)

    def forgotten(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.places.pop(number, None)
            self.sources.pop(number, None)
            self.losses.pop(number, None)
            self.alone.discard(number)

    def guess(self, program: Any) -> int:
        return self.objects.habits_of(program).nbytes


def own(value: Any) -> Any:
    """A given value as the caller's own."""
    if isinstance(value, Held):
        return value.get()
    if sizeof(value) <= PACKED_NBYTES:
        packed = pack(value, ANY_SIZE)
        assert isinstance(packed, bytes)
        return unpack_own(packed)
    return value
