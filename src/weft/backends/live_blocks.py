"""Live runs that hold values: their tasks run in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.backends.contract import Held
from weft.backends.live import DONE, Live, Ticket
from weft.backends.local import LocalRun
from weft.sizeof import sizeof
from weft.store.memory import readonly_view
from weft.typing import Key

__all__ = ["LiveBlocks"]


class LiveBlocks(Live, LocalRun):
    """A live run over a list of blocks."""

    shares_memory = True

    def fetch(self, ticket: Ticket) -> Any:
        """The value of a task that has finished."""
        while True:
            with self.lock:
                number = ticket.number
                if number < 0:
                    raise ticket.error or KeyError(ticket.key)
                self.touch(number)
                if self.core.phase[number] == DONE:
                    value = self.blocks[number]
                    break
                copy = self.copies.get(number)
                source = self.sources.get(number)
            try:
                value = self.store.get(copy) if copy is not None else source.get() if source is not None else None
                break
            except KeyError:
                continue
        return readonly_view(value)

    def spill_now(self, victims: list[int]) -> None:
        self._spill(victims)

    def packed(self, value: Any, key: Key) -> tuple[Any, int]:
        return readonly_view(value), sizeof(value)

    def put_in(self, number: int, packed: Any) -> None:
        self.blocks[number] = packed

    def cost_of(self, value: Any) -> int:
        return 0  # it is the caller's

    def bring(self, number: int, value: Any) -> None:
        self.sources[number] = value if isinstance(value, Held) else Held("", 0, lambda: readonly_view(value))

    def drop(self, numbers: list[int]) -> None:
        self._drop(numbers)

    def forgotten(self, numbers: Sequence[int]) -> None:
        if self.sources:
            for number in numbers:
                self.sources.pop(number, None)
