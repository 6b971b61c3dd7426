"""Windows of neighbouring records, over the borders of partitions: a partition has the windows that end in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, tee
from typing import Any, ClassVar, NamedTuple

from weft.bag.kernels.pipeline import Stage

__all__ = ["CarryOn", "Passed", "PassedBy", "Windows"]


class Passed(NamedTuple):
    """What lies before a partition: its last records, and how many records there are in all."""

    last: list[Any]
    total: int


@dataclass(frozen=True, repr=False)
class PassedBy:
    """What a partition is to those behind it, which look at ``most`` records before their own."""

    most: int

    def __call__(self, block: Any) -> Passed:
        records = block if isinstance(block, list) else list(block)
        return Passed(records[max(0, len(records) - self.most) :], len(records))

    def __weft_tokenize__(self) -> int:
        return self.most


@dataclass(frozen=True, repr=False)
class CarryOn:
    """What two neighbours are to those behind them."""

    most: int

    def __call__(self, earlier: Passed, later: Passed) -> Passed:
        last = [*earlier.last, *later.last]
        return Passed(last[max(0, len(last) - self.most) :], earlier.total + later.total)

    def __weft_tokenize__(self) -> int:
        return self.most


@dataclass(frozen=True, repr=False)
class Windows(Stage):
    """Tuples of ``size`` records in a row, of which every ``step``-th is given."""

    label: ClassVar[str] = "windows"

    size: int
    step: int

    def run(self, *values: Any) -> Iterator[tuple[Any, ...]]:
        stream, passed = values
        before, count = passed or Passed([], 0)
        first = count - len(before)  # number of the record with which the first window begins
        ways = tee(chain(before, stream), self.size)
        windows = zip(*[islice(way, start, None) for start, way in enumerate(ways)], strict=False)
        return islice(windows, -first % self.step, None, self.step)
