"""Many blocks to one, in rounds: what makes a sum of a million blocks shallow.

Blocks that lie side by side along the reduced axes are combined, ``split_every`` at a time, until one is left; the last
round also finishes the result. Groups keep the order of the blocks, so a combination needs to be associative only.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

from weft.expr import Expr, node
from weft.graph import Layer, Program, Step
from weft.physical.base import Names, Physical, block_keys
from weft.physical.blockwise import grid_of
from weft.typing import Function, Key

__all__ = ["TreeReduce"]


@node
class TreeReduce(Physical):
    """Blocks of ``source`` combined along some axes of its grid.

    Parameters
    ----------
    source : Expr
        Partial results.
    axes : tuple of int
        Axes of the grid that are reduced.
    combine : callable
        ``combine(*blocks)`` gives a partial result for several.
    finish : callable
        ``finish(partial, *arguments)`` makes the result of the last partial.
    arguments : tuple
        Further arguments of ``finish``.
    split_every : int or tuple
        Blocks that one task combines, at most; or ``(axis, blocks)`` for each axis.
    keepdims : bool
        Whether the reduced axes stay in the grid, with one block each.
    shaped : bool
        Whether the functions are also told how the blocks of a group lie: ``combine(*blocks, lengths)`` and
        ``finish(*blocks, lengths, *arguments)``, where ``lengths`` are those of the group along all axes of the grid. The
        last round then only finishes.
    """

    child_fields = ("source",)

    source: Expr
    axes: tuple[int, ...]
    combine: Function
    finish: Function
    arguments: tuple[Any, ...] = ()
    split_every: int | tuple[tuple[int, int], ...] = 16
    keepdims: bool = False
    shaped: bool = False

    def layers(self, names: Names) -> list[Layer]:
        origin = self.outline.origin
        keys = self.source_keys(self.source, names)
        grid = grid_of(self.source)
        width = group_widths(grid, self.axes, self.split_every)
        combine = Program.call(self.combine, name=f"{self.label}-combine")
        layers: list[Layer] = []
        level = 0
        while True:
            before = grid
            groups, grid = grouped(keys, grid, width)
            if all(grid[axis] == 1 for axis in self.axes):
                break
            told = [(lengths,) for lengths in group_shapes(before, width)] if self.shaped else None
            keys = block_keys(f"{self.name}-{level}", grid)
            layers.append(Layer(combine, list(keys), groups, told, nbytes=self.nbytes, origin=origin))
            level += 1
        layers.extend(self.last_shaped(groups, names, before, width) if self.shaped else self.last(groups, names))
        return layers

    def last_shaped(
        self, groups: list[tuple[Key, ...]], names: Names, grid: Sequence[int], width: dict[int, int]
    ) -> list[Layer]:
        """The round that finishes, told how the blocks of each group lie."""
        told = [(lengths, *self.arguments) for lengths in group_shapes(grid, width)]
        finish = Program.call(self.finish, name=self.label)
        keys = self.keys(self.called(names))
        return [Layer(finish, keys, groups, told, nbytes=self.nbytes, origin=self.outline.origin)]

    def last(self, groups: list[tuple[Key, ...]], names: Names) -> list[Layer]:
        """The round that finishes: a program for each width of group (they differ in arity)."""
        keys = self.keys(self.called(names))
        layers = []
        for width in dict.fromkeys(map(len, groups)):
            chosen = [place for place, group in enumerate(groups) if len(group) == width]
            bound = len(self.arguments)
            arity = width + bound
            steps = (
                Step(self.combine, tuple(range(width))),
                Step(self.finish, (arity, *range(width, arity))),
            )
            layers.append(
                Layer(
                    Program(steps, arity, name=self.label),
                    [keys[place] for place in chosen],
                    [groups[place] for place in chosen],
                    [self.arguments] * len(chosen) if bound else None,
                    nbytes=self.nbytes,
                    origin=self.outline.origin,
                )
            )
        return layers


def group_widths(
    grid: Sequence[int], axes: Sequence[int], split_every: int | tuple[tuple[int, int], ...]
) -> dict[int, int]:
    """How many blocks are combined along each reduced axis, so that a group has about ``split_every``."""
    if isinstance(split_every, tuple):
        asked = dict(split_every)
        return {axis: max(2, asked.get(axis, 4)) for axis in axes}
    long = [axis for axis in axes if grid[axis] > 1]
    if not long:
        return dict.fromkeys(axes, 1)
    width = max(2, int(split_every ** (1 / len(long)) + 1e-9))
    return {axis: width if axis in long else 1 for axis in axes}


def group_shapes(grid: Sequence[int], width: dict[int, int]) -> list[tuple[int, ...]]:
    """For each group how many blocks it has along each axis.

    >>> group_shapes((3,), {0: 2})
    [(2,), (1,)]
    """
    along = []
    for axis, length in enumerate(grid):
        step = width.get(axis, 1)
        along.append([min(step, length - start) for start in range(0, length, step)])
    return list(product(*along))


def grouped(
    keys: list[Key], grid: Sequence[int], width: dict[int, int]
) -> tuple[list[tuple[Key, ...]], tuple[int, ...]]:
    """Keys of neighbouring blocks together, and the grid of the groups."""
    target = tuple([-(-length // width.get(axis, 1)) for axis, length in enumerate(grid)])
    if len(grid) == 1:
        step = width.get(0, 1)
        return [tuple(keys[start : start + step]) for start in range(0, len(keys), step)], target
    strides = [prod(grid[axis + 1 :]) for axis in range(len(grid))]
    ranges = [
        [
            [stride * block for block in range(start, min(start + width.get(axis, 1), length))]
            for start in range(0, length, width.get(axis, 1))
        ]
        for axis, (length, stride) in enumerate(zip(grid, strides, strict=True))
    ]
    groups = []
    for members in product(*ranges):
        offsets = [0]
        for steps in members:
            offsets = [offset + step for offset in offsets for step in steps]
        groups.append(tuple([keys[offset] for offset in offsets]))
    return groups, target
