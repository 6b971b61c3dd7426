"""Grids of blocks, and how the blocks of one grid are picked for those of another.

Lists that belong to a grid have an entry for each block, the last axis running fastest. A *pick* tells for each axis of a
source grid which of its blocks a block of the target grid reads:

- a number: the block at the same place along that axis of the target;
- None: the first block, always;
- a number and a table: the block that the table gives for the place along that axis of the target;
- None and a table: the block that stands first in the table, always.

Broadcasting, transposing, slicing and splitting are picks, and so is any succession of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias, TypeVar

__all__ = ["Pick", "compose", "identity_pick", "is_injective", "spread"]

T = TypeVar("T")

Pick: TypeAlias = "tuple[int | tuple[int | None, tuple[int, ...]] | None, ...]"


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
    stride, first = 1, 0
    for length, each in zip(reversed(source), reversed(pick), strict=True):
        if each is not None:
            axis, table = each if isinstance(each, tuple) else (each, range(target[each]))
            if axis is None:
                first += stride * table[0]
            else:
                steps = along[axis]
                for place, block in enumerate(table):
                    steps[place] += stride * block
        stride *= length
    offsets = [first]
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
        out = None if axis is None else outer[axis]
        if out is None:
            made.append(None if table is None or table[0] == 0 else (None, table[:1]))
        elif isinstance(out, tuple):
            blocks = out[1] if table is None else tuple([table[block] for block in out[1]])
            made.append((out[0], blocks))
        else:
            made.append(out if table is None else (out, table))
    return tuple(made)


def is_injective(pick: Pick, source: Sequence[int], target: Sequence[int]) -> bool:
    """Whether no source block is read for two blocks of the target."""
    axes = [each[0] if isinstance(each, tuple) else each for each in pick if each is not None]
    read = [axis for axis in axes if axis is not None]
    if len(set(read)) != len(read) or prod([target[axis] for axis in read]) != prod(target):
        return False
    return all(len(set(each[1])) == len(each[1]) for each in pick if isinstance(each, tuple) and each[0] is not None)
