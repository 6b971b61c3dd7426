"""All to all: every source splits its block once into runs, every target merges the runs that are meant for it.

A split is one task with several outputs, so n sources and m targets make n + m tasks and not n times m. Runs are merged in
the order of their sources: results do not depend on timing. Where n times m runs would be too many, `plan_rounds` makes
two exchanges of one: first whole ranges of targets go to blocks in the middle, then each of those is split finely.
"""

from __future__ import annotations

import itertools
from math import isqrt
from operator import itemgetter
from typing import Any, Protocol

from weft.expr import Expr, node
from weft.graph import Layer, Program, Step
from weft.physical.base import Names, Physical
from weft.records import record
from weft.typing import Function, Key

__all__ = ["MANY_RUNS", "Dense", "Exchange", "Regrouped", "Routes", "plan_rounds"]

#: Runs beyond which an exchange goes in two rounds.
MANY_RUNS = 20_000


class Routes(Protocol):
    """Who sends to whom, described by something small until a graph is written."""

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        """For each source its targets, one for each run, and what the split is told."""

    def receives(self) -> list[Any]:
        """For each target, what the merge is told."""


@node
class Exchange(Physical):
    """Blocks of ``source`` split into runs and merged anew.

    Parameters
    ----------
    source : Expr
    split : callable
        ``split(block, told)`` gives a sequence of runs, one for each target of the source.
    merge : callable
        ``merge(told, *runs)`` gives a block; runs come in the order of their sources.
    routes : Routes
    beside : Expr, optional
        A single block that every split is given as well: ``split(block, beside, told)``. What is found out about all blocks
        (bounds, say) comes to the splits by this way.
    extra : int
        Memory that a merge needs besides its runs and its block, in bytes.
    """

    source: Expr
    split: Function
    merge: Function
    routes: Routes
    beside: Expr | None = None
    extra: int = 0

    def layers(self, names: Names) -> list[Layer]:
        origin = self.outline.origin
        sends, receives = self.routes.sends(), self.routes.receives()
        inbox: list[list[Key]] = [[] for _ in receives]
        by_width: dict[int, list[int]] = {}
        for source, (targets, _) in enumerate(sends):
            by_width.setdefault(len(targets), []).append(source)
            for target in targets:
                inbox[target].append((f"{self.name}-run", source, target))
        blocks = self.source_keys(self.source, names)
        also = tuple(self.source_keys(self.beside, names)) if self.beside is not None else ()
        layers: list[Layer] = []
        for width, sources in by_width.items():
            if not width:
                continue
            runs = [tuple([(f"{self.name}-run", source, each) for each in sends[source][0]]) for source in sources]
            layers.append(
                Layer(
                    split_program(self.split, width, f"{self.label}-split", 2 + len(also)),
                    [each[0] for each in runs] if width == 1 else list(runs),
                    [(blocks[source], *also) for source in sources],
                    [(sends[source][1],) for source in sources],
                    nbytes=self.nbytes * len(receives) // max(1, len(sends) * width),
                    origin=origin,
                )
            )
        merge = Program.call(Merge(self.merge), name=f"{self.label}-merge")
        layers.append(
            Layer(
                merge,
                self.keys(names[self.name]),
                [tuple(runs) for runs in inbox],
                [(told,) for told in receives],
                nbytes=self.nbytes,
                workspace=self.extra,
                origin=origin,
            )
        )
        return layers


@record
class Merge:
    """``merge(told, *runs)`` as a function of the runs and then what it is told, which is the order of a task."""

    function: Function

    @property
    def func(self) -> Function:
        return self.function

    def __call__(self, *values: Any) -> Any:
        return self.function(values[-1], *values[:-1])


def split_program(split: Function, width: int, name: str, arity: int = 2) -> Program:
    """A split into ``width`` runs; a single one is the task's only output, not a sequence of one."""
    steps = [Step(split, tuple(range(arity)))]
    if width == 1:
        steps.append(Step(itemgetter(0), (arity,)))
    return Program(steps, arity, width, name)


@record
class Dense:
    """Every source sends to every target; a split is told the bounds of the targets' numbers: ``(0, 1, ..., n)``."""

    nsources: int
    ntargets: int

    def __weft_tokenize__(self) -> Any:
        return (self.nsources, self.ntargets)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        one = (tuple(range(self.ntargets)), tuple(range(self.ntargets + 1)))
        return [one] * self.nsources

    def receives(self) -> list[Any]:
        return [None] * self.ntargets


@record
class Regrouped:
    """One of the two rounds of a large exchange.

    Sources stand in ``groups`` of neighbours, targets in ``buckets`` of neighbours. In the first round the blocks in the
    middle, one for each group and bucket, get what their group has for their bucket; in the second every target gets
    what the blocks of its bucket have for it, in the order of groups.
    """

    nsources: int
    ntargets: int
    groups: int
    buckets: int
    round: int

    def __weft_tokenize__(self) -> Any:
        return (self.nsources, self.ntargets, self.groups, self.buckets, self.round)

    @property
    def bounds(self) -> list[int]:
        """First target of each bucket, and their number."""
        return [bucket * self.ntargets // self.buckets for bucket in range(self.buckets + 1)]

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        bounds = self.bounds
        if self.round == 1:
            told = tuple(bounds)
            firsts = [source * self.groups // self.nsources * self.buckets for source in range(self.nsources)]
            return [(tuple(range(first, first + self.buckets)), told) for first in firsts]
        fine = [(tuple(range(low, high)), tuple(range(low, high + 1))) for low, high in itertools.pairwise(bounds)]
        return fine * self.groups

    def receives(self) -> list[Any]:
        return [None] * (self.groups * self.buckets if self.round == 1 else self.ntargets)


def plan_rounds(nsources: int, ntargets: int, limit: int = MANY_RUNS) -> list[Dense | Regrouped]:
    """Routes of an exchange between all: one round, or two where one would make more than ``limit`` runs.

    >>> len(plan_rounds(10, 10)), len(plan_rounds(1000, 1000))
    (1, 2)
    """
    if nsources * ntargets <= limit or min(nsources, ntargets) < 4:
        return [Dense(nsources, ntargets)]
    groups, buckets = isqrt(nsources), isqrt(ntargets)
    return [Regrouped(nsources, ntargets, groups, buckets, each) for each in (1, 2)]
