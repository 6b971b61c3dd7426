"""Stages that bring records of two sides together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

from weft.bag.kernels.pipeline import Place, Stage

__all__ = ["JoinSmall", "Pairs", "joined"]


@dataclass(frozen=True, repr=False)
class JoinSmall(Stage):
    """Pairs ``(other, record)`` with equal keys, where the other side is one block, or known."""

    label: ClassVar[str] = "join"

    on_self: Callable[[Any], Any]
    on_other: Callable[[Any], Any]
    other: Any = None

    def run(self, *values: Any) -> Iterator[Any]:
        others = values[1] if len(values) > 1 else self.other.value
        return joined(values[0], others, self.on_self, self.on_other)


def joined(
    stream: Iterable[Any], others: Iterable[Any], on_self: Callable[[Any], Any], on_other: Callable[[Any], Any]
) -> Iterator[Any]:
    """Pairs of records of two sides with equal keys, in the order of the stream."""
    known: dict[Any, list[Any]] = {}
    for number, other in enumerate(others):
        try:
            found = on_other(other)
        except Exception as error:
            error.add_note(f"{Place(other, number)}, on the other side of the join")
            error.weft_placed = True  # type: ignore[attr-defined]
            raise
        known.setdefault(found, []).append(other)
    for record in stream:
        for other in known.get(on_self(record), ()):
            yield other, record


class Pairs(Stage):
    """All pairs of the records of two partitions."""

    label: ClassVar[str] = "product"
    streams: ClassVar[bool] = False

    def run(self, *values: Any) -> Iterator[Any]:
        return product(*values)
