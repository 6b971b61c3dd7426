"""Grids of blocks, and how the blocks of one grid are picked for those of another.

Lists that belong to a grid have an entry for each block, the last axis running fastest. A *pick* tells for each axis of a
source grid which of its blocks a block of the target grid reads:

- a number: the block at the same place along that axis of the target;
- None: the first block, always (the source has only one along that axis);
- a number and a table: the block that the table gives for the place along that axis of the target.

Broadcasting, transposing, slicing and splitting are picks, and so is any succession of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias, TypeVar

__all__ = ["Pick", "compose", "identity_pick", "is_injective", "spread"]

T = TypeVar("T")

Pick: TypeAlias = "tuple[int | tuple[int, tuple[int, ...]] | None, ...]"


def identity_pick(ndim: int) -> Pick:
    """The pick that reads the block at the same place."""
    return tuple(range(ndim))


def spread(values: list[T], source: Sequence[int], pick: Pick, target: Sequence[int]) -> list[T]:
    """For each block of the target grid the value of the source block it reads.

    >>> spread(["a", "b"], (2,), (1,), (2, 2))
    ['a', 'b', 'a', 'b']
    """
    if pick == identity_pick(len(target)) and tuple(source) == tuple(target):
        return values
    along: list[list[int]] = [[0] * length for length in target]
    stride = 1
    for length, each in zip(reversed(source), reversed(pick), strict=True):
        if each is not None:
            axis, table = each if isinstance(each, tuple) else (each, range(target[each]))
            steps = along[axis]
            for place, block in enumerate(table):
                steps[place] += stride * block
        stride *= length
    offsets = [0]
    for steps in along:
        offsets = [offset + step for offset in offsets for step in steps]
    return list(map(values.__getitem__, offsets))


def compose(inner: Pick, outer: Pick) -> Pick:
    """One pick for two: ``inner`` picks from the source for the middle grid, ``outer`` from the middle for the target."""
    if outer == identity_pick(len(outer)):
        return inner
    made: list[Any] = []
    for each in inner:
        if each is None:
            made.append(None)
            continue
        axis, table = each if isinstance(each, tuple) else (each, None)
        out = outer[axis]
        if out is None:
            assert not table or table[0] == 0, "a source of one block has no other to read"
            made.append(None)
        elif isinstance(out, tuple):
            made.append(out if table is None else (out[0], tuple([table[block] for block in out[1]])))
        else:
            made.append(out if table is None else (out, table))
    return tuple(made)


def is_injective(pick: Pick, source: Sequence[int], target: Sequence[int]) -> bool:
    """Whether no source block is read for two blocks of the target."""
    axes = [each[0] if isinstance(each, tuple) else each for each in pick if each is not None]
    if len(set(axes)) != len(axes):
        return False
    if prod(target[axis] for axis in axes) != prod(target):
        return False
    return all(len(set(each[1])) == len(each[1]) for each in pick if isinstance(each, tuple))
