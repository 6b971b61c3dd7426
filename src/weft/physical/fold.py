"""Blocks that take several blocks of their source one after another: a state goes from step to step.

Where partial results are as large as what they are made of, holding many of them to combine them in a tree takes as much
memory as all the data. A fold holds one state for each of its blocks, however many blocks of the source go into it; each
is let go as soon as those that want it have taken their part.
"""

from __future__ import annotations

from typing import Any, Protocol

from weft.expr import Expr, node
from weft.graph import Layer, Program, Step
from weft.physical.base import Names, Physical
from weft.typing import Function, Key

__all__ = ["Fold", "Routes"]


class Routes(Protocol):
    """Who takes what, described by something small until a graph is written."""

    def reads(self) -> list[list[tuple[int, Any]]]:
        """For each block the numbers of the source blocks it takes, in order, and what each step is told; at least one."""


@node
class Fold(Physical):
    """Blocks made of several blocks of ``source``, one after another.

    Parameters
    ----------
    source : Expr
    step : callable
        ``step(state, block, told, *arguments)`` gives the next state; the first one is None.
    finish : callable
        ``finish(state, *arguments)`` makes the result of the last state.
    routes : Routes
    arguments : tuple
    """

    source: Expr
    step: Function
    finish: Function
    routes: Routes
    arguments: tuple[Any, ...] = ()

    def layers(self, names: Names) -> list[Layer]:
        blocks = self.source_keys(self.source, names)
        keys = self.keys(names[self.name])
        rows: dict[tuple[bool, bool], list[tuple[Key, tuple[Key, ...], tuple[Any, ...]]]] = {}
        for number, (key, reads) in enumerate(zip(keys, self.routes.reads(), strict=True)):
            before: Key | None = None
            for place, (source, told) in enumerate(reads):
                is_last = place == len(reads) - 1
                own = key if is_last else (f"{self.name}-state", number, place)
                inputs = (blocks[source],) if before is None else (before, blocks[source])
                rows.setdefault((before is None, is_last), []).append((own, inputs, (told, *self.arguments)))
                before = own
        return [
            Layer(
                self.program(is_first, is_last),
                [own for own, _, _ in each],
                [inputs for _, inputs, _ in each],
                [(None, *told) if is_first else told for _, _, told in each],
                nbytes=self.nbytes,
                origin=self.outline.origin,
            )
            for (is_first, is_last), each in rows.items()
        ]

    def program(self, is_first: bool, is_last: bool) -> Program:
        """One step, and the finish after the last."""
        bound = len(self.arguments)
        arity = 3 + bound
        given = tuple(range(3, arity))
        # a first step is given its block and then None for the state; the others state and block
        steps = [Step(self.step, ((1, 0) if is_first else (0, 1)) + (2, *given))]
        if is_last:
            steps.append(Step(self.finish, (arity, *given)))
        return Program(steps, arity, name=self.label)
