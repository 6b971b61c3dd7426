"""Results that depend on the rows before, or behind, a partition: what must be known of them is carried from one to the next.

The kernel of such a node is a class of functions. ``total(partition, plan)`` gives what a partition leaves behind (its
last rows, its sums), ``combine(plan, earlier, later)`` makes one of two such, and ``apply(partition, before, after, plan)``
makes the result of a partition, where ``before`` and ``after`` are the totals of all partitions on that side, or None.
A node that looks behind has ``total_after`` and ``combine_after`` as well. Totals are small, so windows may be longer than
partitions, and no partition waits for more than its neighbour's total.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from weft.dataframe.expr import Partitionwise, place_pick
from weft.dataframe.kernels.table import KERNELS
from weft.dataframe.treewise import EVERYTHING
from weft.expr import Expr, Needs, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.scan import Scan

__all__ = ["Carried"]


@node
class Carried(Partitionwise):
    """Base of nodes that compute each partition from its rows and what is carried to it."""

    @property
    def plan(self) -> Any:
        """What all steps are told."""
        return ()

    @property
    def stands_alone(self) -> bool:
        return False

    @property
    def looks_before(self) -> bool:
        """Whether earlier rows matter."""
        return True

    @property
    def looks_after(self) -> bool:
        """Whether later rows matter."""
        return False

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return EVERYTHING

    def lower(self) -> Expr:
        steps: Any = KERNELS["pandas"][type(self)]
        count, plan = self.npartitions, Same(self.plan)
        frames = [(each, place_pick(each, count)) for each in self.frames]
        sources: list[Any] = list(frames)
        sides = []
        if count > 1 and self.looks_before:
            sources.append((self.carry("before", frames, steps.total, steps.combine, False), (0,)))
            sides.append("before")
        if count > 1 and self.looks_after:
            sources.append((self.carry("after", frames, steps.total_after, steps.combine_after, True), (0,)))
            sides.append("after")
        function = Applied(steps.apply, len(frames), "before" in sides, "after" in sides)
        return blockwise(self.outline, function, sources, [plan], cost=self.cost)

    def carry(self, side: str, frames: Any, total: Any, combine: Any, reverse: bool) -> Scan:
        """Totals of everything on one side of each partition."""
        outline = Outline(self.name, f"{self.label}-{side}", self.numblocks)
        totals = blockwise(outline, total, frames, [Same(self.plan)])
        return Scan(outline, totals, 0, itself, partial(combine, self.plan), reverse=reverse)


def itself(value: Any) -> Any:
    """The value as it is."""
    return value


class Applied:
    """``apply`` with None for the sides that are not looked at."""

    def __init__(self, function: Any, frames: int, before: bool, after: bool) -> None:
        self.func = function
        self.frames = frames
        self.before = before
        self.after = after

    def __weft_tokenize__(self) -> Any:
        return (self.func, self.frames, self.before, self.after)

    def __call__(self, *values: Any) -> Any:
        frames, rest = values[: self.frames], list(values[self.frames :])
        before = rest.pop(0) if self.before else None
        after = rest.pop(0) if self.after else None
        return self.func(*frames, before, after, *rest)
