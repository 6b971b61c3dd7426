"""What was measured of tasks: how long those of a program take, and how large their blocks are."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

__all__ = ["PACKED_NBYTES", "Habits", "Lesson", "Lessons"]

#: Blocks up to this size share the pack of their bundle.
PACKED_NBYTES = 8 << 10
#: Lessons that are remembered.
LESSONS = 4096
#: How much the last measurement counts.
NEWS = 0.3


class Habits:
    """What was measured of the tasks that run the same functions."""

    __slots__ = ("_by_size", "known", "nbytes", "seconds")

    def __init__(self) -> None:
        self.known = False
        self.seconds = 0.0
        self.nbytes = 0  # of the largest block
        self._by_size: dict[int, float] = {}

    def seen(self, seconds: float, nbytes: int, projected: int) -> None:
        """A task took so long; its largest block has so many bytes, where so many were projected for all of them."""
        self.seconds = mixed(self.seconds, seconds) if self.known else seconds
        self.nbytes = max(nbytes, self.nbytes)
        self.known = True
        size = projected.bit_length()
        self._by_size[size] = mixed(self._by_size.get(size, seconds), seconds)

    def seconds_for(self, projected: int) -> float | None:
        """How long a task may take whose blocks are projected to have so many bytes: None if none of about that size was seen."""
        return self._by_size.get(projected.bit_length())


class Lesson(NamedTuple):
    """What earlier runs have shown of a kind of tasks."""

    seconds: float  #: that one takes
    nbytes: int  #: of the largest block


class Lessons:
    """What was measured of tasks in earlier runs, by the name of what they run and their projected size.

    A name may stand for something else the next time: this is a first guess, until a run has seen for itself.

    Examples
    --------
    >>> lessons = Lessons()
    >>> lessons.learn("add", 1000, 0.25, 800)
    >>> lessons.recall("add", 1001), lessons.recall("add", 10**9)
    (Lesson(seconds=0.25, nbytes=800), None)
    """

    def __init__(self) -> None:
        self._lessons: OrderedDict[tuple[str, int], Lesson] = OrderedDict()

    def learn(self, name: str, projected: int, seconds: float, nbytes: int) -> None:
        """A task of this name took so long; its largest block has so many bytes."""
        key = name, projected.bit_length()
        known = self._lessons.get(key)
        self._lessons[key] = (
            Lesson(seconds, nbytes)
            if known is None
            else Lesson(mixed(known.seconds, seconds), max(known.nbytes, nbytes))
        )
        self._lessons.move_to_end(key)
        if len(self._lessons) > LESSONS:
            self._lessons.popitem(last=False)

    def recall(self, name: str, projected: int) -> Lesson | None:
        """What such tasks were like; None if there was none."""
        return self._lessons.get((name, projected.bit_length()))


def mixed(before: float, seconds: float) -> float:
    """What to expect after another measurement."""
    return (1 - NEWS) * before + NEWS * seconds
