"""Records of two bags as sets: those with equal keys have been brought to one target (`weft.bag.kernels.groups`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from weft.bag.kernels.groups import groups_of
from weft.bag.kernels.keyed import first_of_each
from weft.bag.kernels.pipeline import Stage

__all__ = ["SetOf", "Unique"]


@dataclass(frozen=True, repr=False)
class Unique(Stage):
    """The records of a partition, without those whose keys have been met."""

    label: ClassVar[str] = "unique"

    key: Callable[[Any], Any]

    def run(self, *values: Any) -> Iterator[Any]:
        return first_of_each(self.key, values[0])


@dataclass(frozen=True, repr=False)
class SetOf(Stage):
    """What is in either of two sets, in both, or in the first alone: one record for each key, of the first set if it has one."""

    label: ClassVar[str] = "set"
    streams: ClassVar[bool] = False

    kind: str

    @property
    def title(self) -> str:
        return self.kind

    def run(self, *values: Any) -> Iterator[Any]:
        mine, theirs = map(groups_of, values)
        if self.kind == "union":
            return (records[0] for records in {**theirs, **mine}.values())
        is_wanted = self.kind == "intersection"
        return (records[0] for key, records in mine.items() if (key in theirs) is is_wanted)
