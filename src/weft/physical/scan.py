"""Running totals: what stands before each block along an axis.

A running sum takes three steps: every block makes its own (*local*), what all blocks before it amount to goes from one to
the next (*carry*), and every block adds it (*apply*). The first and the last are blockwise; the carry is here. It handles one
small value for each block, which is why it may go through them one by one (``sequential``) or in a tree with two sweeps,
whose depth is logarithmic (``blelloch``; Blelloch 1990, "Prefix sums and their applications").

`Chain` is for steps that cannot be split so: each block is made of its source and of the block before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from weft.expr import Expr, node
from weft.graph import Layer, Program, Step
from weft.physical.base import Names, Physical
from weft.physical.blockwise import grid_of
from weft.typing import Function, Key

__all__ = ["Chain", "Scan"]


@node
class Scan(Physical):
    """For each block of ``source`` the total of all blocks before it along an axis; None for the first.

    Parameters
    ----------
    source : Expr
    axis : int
        Of the grid.
    total : callable
        ``total(block, *arguments)``: what a block amounts to.
    combine : callable
        ``combine(earlier, later)``: two totals together; it must be associative.
    arguments : tuple
    method : {"sequential", "blelloch"}
    reverse : bool
        Whether what stands *after* each block is wanted. ``combine`` then takes the later total first.
    """

    source: Expr
    axis: int
    total: Function
    combine: Function
    arguments: tuple[Any, ...] = ()
    method: str = "sequential"
    reverse: bool = False

    def data(self, names: Names) -> dict[Key, Any]:
        keys = self.keys(names[self.name])
        return {keys[line[0]]: None for line in self.lines()}

    def lines(self) -> list[list[int]]:
        """Numbers of the blocks of each line along the axis, in the order in which they are added up."""
        found = lines_of(grid_of(self.source), self.axis)
        return [line[::-1] for line in found] if self.reverse else found

    def layers(self, names: Names) -> list[Layer]:
        blocks = self.source_keys(self.source, names)
        keys = self.keys(names[self.name])
        writer = Writer(self, blocks)
        for line in self.lines():
            if self.method == "sequential":
                writer.sequential(line, [keys[number] for number in line])
            else:
                writer.tree(line, [keys[number] for number in line])
        return writer.layers()


class Writer:
    """The tasks of a scan."""

    def __init__(self, scan: Scan, blocks: list[Key]) -> None:
        self.scan = scan
        self.blocks = blocks
        self.totals: tuple[list[Key], list[tuple[Key, ...]]] = ([], [])
        self.added: tuple[list[Key], list[tuple[Key, ...]]] = ([], [])  #: carry and block to the next carry
        self.combined: tuple[list[Key], list[tuple[Key, ...]]] = ([], [])

    def sequential(self, line: list[int], keys: list[Key]) -> None:
        """Each carry from the one before and the block between."""
        for place in range(1, len(line)):
            block = self.blocks[line[place - 1]]
            if place == 1:
                self.put(self.totals, keys[1], block)
            else:
                self.put(self.added, keys[place], keys[place - 1], block)

    def tree(self, line: list[int], keys: list[Key]) -> None:
        """Totals of pairs, of pairs of pairs, ..., and back down."""
        name = self.scan.name
        if len(line) < 2:
            return
        level: list[Key] = []
        for number in line[:-1]:
            if len(line) == 2:
                self.put(self.totals, keys[1], self.blocks[number])
                return
            key: Key = (f"{name}-total", number)
            self.put(self.totals, key, self.blocks[number])
            level.append(key)
        self.exclusive(level, keys[1:], 0, line[0])

    def exclusive(self, totals: list[Key], wanted: list[Key], depth: int, line: int) -> None:
        """Running totals, each with its own element in, under the wanted keys (the last one may be the total of all)."""
        name = self.scan.name
        if len(totals) == 1:
            self.put(self.combined, wanted[0], totals[0])
            return
        pairs: list[Key] = []
        for place in range(0, len(totals) - 1, 2):
            key: Key = (f"{name}-up", line, depth, place)
            self.put(self.combined, key, totals[place], totals[place + 1])
            pairs.append(key)
        self.exclusive(pairs, [wanted[2 * place + 1] for place in range(len(pairs))], depth + 1, line)
        for place in range(0, len(totals), 2):
            if place == 0:
                self.put(self.combined, wanted[0], totals[0])
            else:
                self.put(self.combined, wanted[place], wanted[place - 1], totals[place])

    @staticmethod
    def put(where: tuple[list[Key], list[tuple[Key, ...]]], key: Key, *inputs: Key) -> None:
        where[0].append(key)
        where[1].append(inputs)

    def layers(self) -> list[Layer]:
        scan = self.scan
        bound = len(scan.arguments)
        total = tuple(range(1, 2 + bound))
        programs = [
            (self.totals, Program((Step(scan.total, tuple(range(1 + bound))),), 1 + bound, name=scan.label), True),
            (
                self.added,
                Program((Step(scan.total, total), Step(scan.combine, (0, 2 + bound))), 2 + bound, name=scan.label),
                True,
            ),
            (self.combined, Program.call(Combine(scan.combine), name=scan.label), False),
        ]
        return [
            Layer(
                program,
                list(keys),
                list(inputs),
                [scan.arguments] * len(keys) if told and bound else None,
                nbytes=scan.nbytes,
                origin=scan.outline.origin,
            )
            for (keys, inputs), program, told in programs
            if keys
        ]


class Combine:
    """``combine`` for two totals; a single one is itself."""

    def __init__(self, function: Function) -> None:
        self.func = function

    def __call__(self, *totals: Any) -> Any:
        return totals[0] if len(totals) == 1 else self.func(*totals)


@node
class Chain(Physical):
    """Each block is ``step(before, block, *arguments)``, where ``before`` is the block made before it along the axis, or None."""

    source: Expr
    axis: int
    step: Function
    arguments: tuple[Any, ...] = ()

    def layers(self, names: Names) -> list[Layer]:
        blocks = self.source_keys(self.source, names)
        keys = self.keys(names[self.name])
        firsts: list[int] = []
        others: list[int] = []
        for line in lines_of(grid_of(self.source), self.axis):
            firsts.append(line[0])
            others.extend(line[1:])
        before = {
            number: line[place]
            for line in lines_of(grid_of(self.source), self.axis)
            for place, number in enumerate(line[1:])
        }
        bound = len(self.arguments)
        rest = tuple(range(2, 2 + bound))
        first = Program((Step(self.step, (1, 0, *rest)),), 2 + bound, name=self.label)
        later = Program((Step(self.step, (0, 1, *rest)),), 2 + bound, name=self.label)
        origin = self.outline.origin
        layers = [
            Layer(
                first,
                [keys[number] for number in firsts],
                [(blocks[number],) for number in firsts],
                [(None, *self.arguments)] * len(firsts),
                nbytes=self.nbytes,
                origin=origin,
            )
        ]
        if others:
            layers.append(
                Layer(
                    later,
                    [keys[number] for number in others],
                    [(keys[before[number]], blocks[number]) for number in others],
                    [self.arguments] * len(others) if bound else None,
                    nbytes=self.nbytes,
                    origin=origin,
                )
            )
        return layers


def lines_of(grid: Sequence[int], axis: int) -> list[list[int]]:
    """Numbers of the blocks that stand in a line along an axis, for each line.

    >>> lines_of((2, 2), 0)
    [[0, 2], [1, 3]]
    """
    stride = prod(grid[axis + 1 :])
    outer = prod(grid[:axis])
    return [
        [first * grid[axis] * stride + place * stride + inner for place in range(grid[axis])]
        for first in range(outer)
        for inner in range(stride)
    ]
