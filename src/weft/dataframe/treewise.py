"""Results made of partial results: each partition gives one, neighbours' are combined in a tree, the last one is finished.

The kernel of such a node is a class of three functions: ``chunk(*partitions, plan)``, ``combine(plan, *partials)`` and
``finish(partial, plan, meta)``. The plan is what all of them are told: plain values. It may have ``whole(*partitions, plan, meta)``,
which gives the result of a single partition, where pandas has a method for that: there is nothing to be combined then.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from weft.dataframe.expr import VALUES, FrameExpr, place_pick
from weft.dataframe.kernels.table import KERNELS
from weft.expr import Cost, Expr, Need, Needs, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.tree_reduce import TreeReduce

__all__ = ["EVERYTHING", "SPLIT_EVERY", "Treewise", "check_split_every"]

#: Partial results that one task combines, unless something else is asked for.
SPLIT_EVERY = 8


@node
class Treewise(FrameExpr):
    """Base of nodes that reduce all rows: one partition, or a value, comes of it."""

    @property
    def frames(self) -> tuple[FrameExpr, ...]:
        """The children, in the order in which the kernel takes their partitions."""
        return self.children  # type: ignore[return-value]

    @property
    def plan(self) -> Any:
        """What all steps are told."""
        return ()

    @property
    def width(self) -> int:
        """Partial results that one task combines."""
        return SPLIT_EVERY

    @property
    def cost(self) -> Cost:
        """What the partial result of one partition takes."""
        return Cost.LIGHT

    @derived
    def npartitions(self) -> int:
        return 1

    def asks(self, child: Expr, asked: Needs) -> Needs:
        return VALUES

    @property
    def steps(self) -> Any:
        """The functions of the kernel."""
        return KERNELS["pandas"][type(self)]

    def lower(self) -> Expr:
        steps = self.steps
        count = max([each.npartitions for each in self.frames])
        sources = [(each, place_pick(each, count)) for each in self.frames]
        if count == 1 and (whole := getattr(steps, "whole", None)) is not None:
            return blockwise(self.outline, whole, sources, [Same(self.plan), Same(self.meta)], cost=self.cost)
        outline = Outline(self.name, f"{self.label}-chunk", (count,))
        chunk = blockwise(outline, steps.chunk, sources, [Same(self.plan)], cost=self.cost)
        combine = partial(steps.combine, self.plan)
        arguments = (self.plan, self.meta)
        return TreeReduce(self.outline, chunk, (0,), combine, steps.finish, arguments, self.width, True)


#: What nodes ask of children when they look at rows' labels and order as well.
EVERYTHING: Needs = frozenset(Need)


def check_split_every(split_every: Any) -> int:
    """How many partial results one task combines; None and False leave it to us."""
    if split_every is None or split_every is False:
        return SPLIT_EVERY
    if split_every is True or int(split_every) < 2:
        raise ValueError(f"split_every is how many partitions one task combines, at least 2; it is {split_every}")
    return int(split_every)
