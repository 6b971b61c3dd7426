"""Reductions of groups within a block, as tasks call them.

A block comes with a code for each place along the reduced axes: the number of its group, or -1 for none. Inside, it is
looked at as ``(outer, n, inner)``, with the codes along the middle; `groupings` has what is made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.kernels.groupings import Block, Grouping, State
from weft.records import record


@record
class Look:
    """How a block is looked at: which of its axes are reduced, and what the result has in their place."""

    axes: tuple[int, ...]
    groups: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.axes, self.groups)

    @property
    def ngroups(self) -> int:
        count = 1
        for each in self.groups:
            count *= each
        return count

    def inside(self, block: Block) -> Block:
        """The block as ``(outer, n, inner)``."""
        first = self.axes[0]
        block = np.moveaxis(np.asarray(block), self.axes, range(first, first + len(self.axes)))
        outer, rest = block.shape[:first], block.shape[first + len(self.axes) :]
        return block.reshape(
            size_of(outer), -1 if block.size else size_of(block.shape[first : first + len(self.axes)]), size_of(rest)
        )

    def outside(self, made: Block, shape: tuple[int, ...], lead: tuple[int, ...] = ()) -> Block:
        """A result ``(*lead, outer, groups, inner)`` with its axes as they are to be; ``shape`` is a block's."""
        first = self.axes[0]
        kept = [length for axis, length in enumerate(shape) if axis not in self.axes]
        return made.reshape(*lead, *kept[:first], *self.groups, *kept[first:])


def size_of(lengths: Sequence[int]) -> int:
    total = 1
    for length in lengths:
        total *= length
    return total


def places_of(look: Look, shape: tuple[int, ...], starts: tuple[int, ...], whole: tuple[int, ...]) -> Any:
    """Positions of a block's elements along the reduced axes of the whole array, those axes in a row."""
    grids = np.ix_(*[np.arange(shape[axis]) + starts[axis] for axis in look.axes])
    return np.ravel_multi_index(np.broadcast_arrays(*grids), [whole[axis] for axis in look.axes]).reshape(-1)


def group_chunk(
    block: Block, codes: Block, starts: tuple[int, ...], how: Grouping, look: Look, whole: tuple[int, ...]
) -> tuple[State, tuple[int, ...]]:
    """State of one block, and the block's shape."""
    shape = block.shape
    state = how.chunk(
        look.inside(block),
        np.asarray(codes).reshape(-1),
        look.ngroups,
        lambda: places_of(look, shape, starts, whole),
    )
    return state, shape


def group_combine(how: Grouping, *parts: tuple[State, tuple[int, ...]]) -> tuple[State, tuple[int, ...]]:
    """States of blocks together."""
    state, shape = parts[0]
    for other, _ in parts[1:]:
        state = how.combine(state, other)
    return state, shape


def group_finish(
    part: tuple[State, tuple[int, ...]], how: Grouping, look: Look, dtype: np.dtype[Any], fill: Any, least: int
) -> Block:
    """The result of a state; groups with fewer than ``least`` elements get the fill value."""
    state, shape = part
    made = np.asarray(how.finish(state))
    few = np.asarray(state[0]) < least
    made = made.astype(dtype, copy=False)
    if few.any() and fill is not None:
        made = np.where(few, np.asarray(fill, dtype), made).astype(dtype, copy=False)
    return look.outside(made, shape, made.shape[:-3])


def fold_step(
    part: Any,
    block: Block,
    told: tuple[Block, int, int, int],
    how: Grouping,
    look: Look,
    whole: tuple[int, ...],
    *rest: Any,
) -> Any:
    """A state with one more block, of which the groups from ``low`` to ``high`` are taken."""
    codes, first, low, high = told
    codes = np.where((codes >= low) & (codes < high), codes - low, -1)
    (axis,) = look.axes
    shape = block.shape
    state = how_after(how, part and part[0], block, codes, Look(look.axes, (high - low,)), first, axis, whole)
    return state, shape if part is None else part[1]


def how_after(
    how: Grouping, state: Any, block: Block, codes: Block, look: Look, first: int, axis: int, whole: tuple[int, ...]
) -> State:
    """The state after one more block; of places along one axis only those with a code are looked at."""
    taken = np.flatnonzero(codes >= 0)
    if taken.size < codes.size:
        low, high = (int(taken[0]), int(taken[-1]) + 1) if taken.size else (0, 0)
        block = block[(slice(None),) * axis + (slice(low, high),)]
        codes, first = codes[low:high], first + low
    starts = tuple([first if each == axis else 0 for each in range(block.ndim)])
    shape = block.shape

    def places() -> Any:
        return places_of(look, shape, starts, whole)

    values = look.inside(block)
    if state is None:
        return how.chunk(values, codes, look.ngroups, places)
    return how.after(state, values, codes, look.ngroups, places)


def fold_finish(
    part: Any, how: Grouping, look: Look, whole: tuple[int, ...], dtype: np.dtype[Any], fill: Any, least: int
) -> Block:
    """The result of the last state; groups as many as it has."""
    return group_finish(part, how, Look(look.axes, (np.asarray(part[0][0]).shape[1],)), dtype, fill, least)


def group_alone(
    block: Block,
    told: tuple[Any, ...],
    axis: int,
    how: Grouping,
    look: Look,
    whole: tuple[int, ...],
    dtype: np.dtype[Any],
    fill: Any,
    least: int,
) -> Block:
    """The result of the groups that only this block has."""
    part = fold_step(None, block, told[axis], how, look, whole)
    return fold_finish(part, how, look, whole, dtype, fill, least)


def group_whole(
    block: Block,
    codes: Block,
    starts: tuple[int, ...],
    how: Grouping,
    look: Look,
    whole: tuple[int, ...],
    dtype: np.dtype[Any],
    fill: Any,
    least: int,
) -> Block:
    """The result of a single block that has all of the groups."""
    return group_finish(group_chunk(block, codes, starts, how, look, whole), how, look, dtype, fill, least)
