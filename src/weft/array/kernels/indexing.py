"""Choosing elements of blocks: by positions, by masks, and runs of chosen elements put together.

*Points* are positions along one axis of a block, or pointwise along several: a tuple with a slice or an array of integers
for each axis. What they choose stands along one axis, at the place of the first of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from weft.array.expr import concatenated
from weft.array.kernels.numpy import cut_out

__all__ = [
    "all_requests",
    "along",
    "answers",
    "chosen",
    "chosen_by_index",
    "chosen_of_whole",
    "compressed",
    "gathered",
    "get_field",
    "linear_positions",
    "listed_true",
    "merged_answers",
    "merged_runs",
    "requests",
    "runs_of",
    "small",
    "split_answers",
    "take_along",
    "true_count",
]

Block: TypeAlias = Any
#: Positions along one axis: a slice where they are evenly spaced, which makes a view.
Positions: TypeAlias = "slice | np.ndarray[Any, Any]"
Points: TypeAlias = "tuple[Positions, ...]"


def points_of(block: Block, axes: tuple[int, ...], points: Points) -> Block:
    """The elements of a block at points."""
    if len(axes) == 1:
        (axis,), (where,) = axes, points
        if isinstance(where, slice):
            return cut_out(block, (slice(None),) * axis + (where,))
        return along(block, where, axis)
    index: list[Any] = [slice(None)] * block.ndim
    for axis, where in zip(axes, points, strict=True):
        index[axis] = np.arange(*where.indices(block.shape[axis])) if isinstance(where, slice) else where
    made = block[tuple(index)]
    return made if axes[-1] - axes[0] == len(axes) - 1 else np.moveaxis(made, 0, axes[0])


def along(block: Block, where: np.ndarray[Any, Any], axis: int) -> Block:
    """Elements at positions along an axis. `numpy.take` is the faster way, but copies blocks that are not contiguous.

    It also forgets the masks of structured blocks, and knows no sparse matrices.
    """
    is_plain = type(block) is np.ndarray
    is_other = not is_plain and (block.dtype.names or not hasattr(block, "__array_function__"))
    if is_other or (is_plain and not block.flags.c_contiguous):
        return block[(slice(None),) * axis + (where,)]
    return np.take(block, where, axis=axis)


def chosen_of_whole(
    whole: Block, told: tuple[Points, tuple[int, ...] | None], region: tuple[slice, ...], axes: tuple[int, ...]
) -> Block:
    """The elements at points of an array in memory, from a region along the other axes."""
    points, shape = told
    part = whole[region]
    made = points_of(part, axes, points)
    if getattr(made, "base", None) is not None:
        made = made.view()
        made.flags.writeable = False
    return unfolded(made, axes[0], shape)


def unfolded(block: Block, axis: int, shape: tuple[int, ...] | None) -> Block:
    """One axis reshaped to several; None leaves it as it is."""
    if shape is None:
        return block
    return block.reshape(block.shape[:axis] + shape + block.shape[axis + 1 :])


def chosen(block: Block, told: tuple[Points, tuple[int, ...] | None], axes: tuple[int, ...]) -> Block:
    """The elements at points, their axis in the shape that is told."""
    points, shape = told
    return unfolded(points_of(block, axes, points), axes[0], shape)


def gathered(told: tuple[Any, ...], *blocks: Block) -> Block:
    """Elements of several blocks together: ``told`` has the axes, the length and shape of the result along them, and for
    each block its points and where they go."""
    axes, length, shape, parts = told
    runs = [points_of(block, axes, points) for block, (points, _) in zip(blocks, parts, strict=True)]
    return unfolded(put_together(runs, [at for _, at in parts], axes[0], length), axes[0], shape)


def runs_of(block: Block, told: tuple[tuple[int, ...], tuple[Points, ...]]) -> list[Block]:
    """A run for each of several points; none of them keeps the block in memory."""
    axes, each = told
    return [owned(points_of(block, axes, points), block) for points in each]


def owned(part: Block, block: Block) -> Block:
    """A part that does not keep the block it was cut from."""
    return part.copy() if part is block or getattr(part, "base", None) is not None else part


def merged_runs(told: tuple[Any, ...], *runs: Block) -> Block:
    """A block of runs; ``told`` has axis, length and shape of what they make, and where each goes."""
    axis, length, shape, places = told
    return unfolded(put_together(list(runs), places, axis, length), axis, shape)


def put_together(runs: Sequence[Block], places: Sequence[Positions], axis: int, length: int) -> Block:
    """Runs at their places along an axis."""
    first = runs[0]
    if len(runs) == 1 and isinstance(places[0], slice):
        return first
    plain = all(type(run) is np.ndarray for run in runs)
    if plain and (axis == 0 or all(isinstance(at, slice) for at in places)):
        made = np.empty((*first.shape[:axis], length, *first.shape[axis + 1 :]), first.dtype)
        for run, at in zip(runs, places, strict=True):
            made[(slice(None),) * axis + (at,)] = run
        return made
    whole = concatenated(runs, axis)
    order = np.empty(length, np.intp)
    done = 0
    for run, at in zip(runs, places, strict=True):
        order[at] = np.arange(done, done + run.shape[axis])
        done += run.shape[axis]
    return along(whole, order, axis)


def get_field(block: Block, field: Any) -> Block:
    """A field of a structured block, or several."""
    return block[list(field)] if isinstance(field, tuple) else block[field]


def compressed(block: Block, mask: Block, axis: int) -> Block:
    """The elements where a mask holds, which covers axes from ``axis`` on."""
    if hasattr(mask, "todense"):
        mask = mask.todense()  # sparse arrays do not take sparse masks
    if mask.ndim == 1 and type(mask) is np.ndarray:
        return along(block, np.flatnonzero(mask), axis)
    if axis == 0 and mask.ndim == block.ndim and type(block) is np.ndarray and type(mask) is np.ndarray:
        return np.compress(mask.reshape(-1), block.reshape(-1))
    return block[(slice(None),) * axis + (mask,)]


def true_count(mask: Block) -> Block:
    """How many elements of a block are true, as an array of one number."""
    mask = mask.todense() if hasattr(mask, "todense") else mask
    return np.array([np.count_nonzero(mask)], np.int64)


def listed_true(mask: Block, firsts: tuple[int, ...]) -> Block:
    """Where a block is true: a row of coordinates for each place, counted from the whole array's corner."""
    if type(mask) is np.ndarray and mask.ndim > 1 and mask.size:
        places = listed_by_lines(mask)
    else:
        places = np.stack(np.nonzero(mask), axis=1).astype(np.intp, copy=False)
    if any(firsts):
        places += np.asarray(firsts, np.intp)
    return places


def listed_by_lines(mask: Block) -> Block:
    """Where a block of several axes is true: a line at a time, which takes a third of `numpy.nonzero`'s time."""
    lines = mask.reshape(-1, mask.shape[-1])
    counts = np.count_nonzero(lines, axis=1)
    last = np.flatnonzero(mask)
    places = np.empty((last.size, mask.ndim), np.intp)
    numbers = np.arange(len(lines))
    np.subtract(last, np.repeat(numbers * lines.shape[1], counts), out=places[:, -1])
    for axis, coordinates in enumerate(np.unravel_index(numbers, mask.shape[:-1])):
        places[:, axis] = np.repeat(coordinates, counts)
    return places


def linear_positions(
    *coordinates: Block, lengths: tuple[int, ...], axes: tuple[int, ...], mode: str = "raise"
) -> Block:
    """Places in the axes' elements taken together, in C order, of indices along each; negative ones count from the end."""
    total: Any = 0
    for index, length, axis in zip(coordinates, lengths, axes, strict=True):
        place = np.asarray(index, dtype=np.intp)
        if mode == "wrap":
            place = place % length if length else place
        elif mode == "clip":
            place = np.clip(place, 0, max(0, length - 1))
        outside = (place < -length) | (place >= length)
        if np.any(outside):
            wrong = place[outside].flat[0]
            raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {length}")
        total = total * length + np.where(place < 0, place + length, place)
    return np.asarray(total, dtype=np.intp)


def chosen_by_index(block: Block, index: Block, axes: tuple[int, ...]) -> Block:
    """The elements of a block that has all of the axes, at linear places."""
    flat = index.reshape(-1)
    if len(axes) == 1:
        points: Points = (flat,)
    else:
        points = np.unravel_index(flat, tuple([block.shape[axis] for axis in axes]))
    return unfolded(points_of(block, axes, points), axes[0], index.shape)


#: Of a block of an index: which places it asks a block for, where the answers go, and the shape of the index' block.
Request: TypeAlias = "tuple[Points, np.ndarray[Any, Any], tuple[int, ...]]"


def requests(index: Block, bounds: tuple[tuple[int, ...], ...]) -> list[Request]:
    """What a block of linear places asks of each block of the source; ``bounds`` are the ends of its chunks."""
    flat = np.asarray(index).reshape(-1)
    coordinates = np.unravel_index(flat, tuple([ends[-1] for ends in bounds])) if flat.size else (flat,) * len(bounds)
    number: Any = 0
    local = []
    for place, ends in zip(coordinates, bounds, strict=True):
        edges = np.asarray(ends)
        block = np.searchsorted(edges, place, side="right") - 1
        local.append(place - edges[block])
        number = number * (len(ends) - 1) + block
    total = 1
    for ends in bounds:
        total *= len(ends) - 1
    order = np.argsort(small(np.asarray(number), total), kind="stable")
    edges = np.searchsorted(np.asarray(number)[order], np.arange(total + 1))
    return [
        (tuple([each[order[a:b]] for each in local]), order[a:b], index.shape)
        for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    ]


def small(numbers: np.ndarray[Any, Any], total: int) -> np.ndarray[Any, Any]:
    """Numbers in a type in which they are sorted by radix where that is possible."""
    return numbers.astype(np.int16 if total <= 2**15 else np.int64, copy=False)


def all_requests(told: None, *asked: Request) -> list[Request]:
    """All that is asked of one block."""
    return list(asked)


Answer: TypeAlias = "tuple[Block, np.ndarray[Any, Any], tuple[int, ...]]"


def answers(block: Block, asked: list[Request], axes: tuple[int, ...]) -> list[Answer]:
    """What a block has for each of those who ask."""
    return [(owned(points_of(block, axes, points), block), at, shape) for points, at, shape in asked]


def split_answers(given: list[Answer], told: None) -> list[Answer]:
    """The answers, each for itself."""
    return given


def merged_answers(axis: int, *given: Answer) -> Block:
    """A block of the answers to one who asked."""
    shape = given[0][2]
    length = 1
    for each in shape:
        length *= each
    return unfolded(put_together([run for run, _, _ in given], [at for _, at, _ in given], axis, length), axis, shape)


def take_along(block: Block, index: Block, axis: int) -> Block:
    """For each line along an axis the elements at that line's positions; lines are broadcast."""
    places = np.asarray(index)
    length = block.shape[axis]
    outside = (places < -length) | (places >= length)
    if outside.any():
        raise IndexError(f"index {places[outside].flat[0]} is out of bounds for axis {axis} with size {length}")
    return np.take_along_axis(block, places, axis)
