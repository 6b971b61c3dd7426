"""Blocks with some elements changed. Blocks are shared, so each of these changes a copy."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from weft.array.kernels.elementwise import spread
from weft.array.kernels.indexing import Points, Request, requests

__all__ = [
    "as_masked",
    "assign_where",
    "patch_points",
    "patch_region",
    "put_along",
    "requests_with_values",
    "set_arrays",
    "set_field",
    "set_masked",
    "set_points",
    "set_region",
    "set_requests",
    "set_values",
]

Block: TypeAlias = Any
Where: TypeAlias = "tuple[slice | None, ...]"


def as_masked(block: Block) -> Block:
    """The block as a masked array."""
    return np.ma.asanyarray(block)


def writable(block: Block) -> Block:
    """A copy; an array also of what NumPy's functions give for arrays without axes."""
    return np.array(block) if isinstance(block, np.generic) else block.copy()


def set_region(block: Block, where: Where, value: Any) -> Block:
    """A region of a block set; None for an axis along which the region does not touch the block."""
    if None in where:
        return block
    made = writable(block)
    made[where] = value
    return made


def patch_region(where: Where, block: Block, value: Block) -> Block:
    """The same with a block of values."""
    if type(block) is np.ndarray and all(covers(each, length) for each, length in zip(where, block.shape, strict=True)):
        made = np.empty_like(block)
        made[...] = value
        return made
    return set_region(block, where, value)


def covers(where: slice | None, length: int) -> bool:
    """Whether a slice is a whole axis, in its order."""
    return where is not None and where.indices(length) == (0, length, 1)


def set_field(block: Block, value: Any, field: Any) -> Block:
    """A field of a structured block set, or several."""
    made = writable(block)
    made[list(field) if isinstance(field, tuple) else field] = value
    return made


def set_arrays(block: Block, elements: Block, field: str) -> Block:
    """A field of a structured block set that is an array in each element, to that of others."""
    made = writable(block)
    made[field] = elements[field]
    return made


def assign_where(block: Block, mask: Block, value: Any) -> Block:
    """A block with a value where a mask holds; the three are broadcast, to the shape of the block."""
    made = writable(block)
    if isinstance(made, np.ma.MaskedArray) and np.ndim(value) == 0 and np.ma.is_masked(value):
        value = np.ma.masked  # which has come as an array of its own: that one would not pass a hard mask
    if keeps_masks(made, mask, value):
        np.copyto(made.data, value, where=mask.data, casting="unsafe")
    elif isinstance(made, np.ma.MaskedArray):
        mask = np.broadcast_to(mask, made.shape)
        made[mask] = value if value is np.ma.masked or np.ndim(value) == 0 else spread(value, made.shape)[mask]
    else:
        np.copyto(made, value, where=mask, casting="unsafe")
    return made


def set_masked(block: Block, mask: Block, value: Block, axis: int) -> Block:
    """A block with values, one for each place where a mask holds, which covers the axes from ``axis`` on."""
    made = writable(block)
    if keeps_masks(made, mask, value):
        made.data[(slice(None),) * axis + (mask.data,)] = value
    else:
        made[(slice(None),) * axis + (mask,)] = value
    return made


def keeps_masks(block: Block, mask: Block, value: Any) -> bool:
    """Whether masked elements stay masked: where a condition is masked itself, `numpy.ma` sets what is below the mask."""
    soft = isinstance(block, np.ma.MaskedArray) and not block.hardmask
    return soft and isinstance(mask, np.ma.MaskedArray) and not isinstance(value, np.ma.MaskedArray)


def at_points(block: Block, axes: tuple[int, ...], points: Points, value: Any, ufunc: Any = None) -> None:
    """Set points of a writable block, or have a ufunc work on them, as often as they come.

    The axis of the values for them stands at the first of the points' axes.
    """
    index: list[Any] = [slice(None)] * block.ndim
    if len(axes) == 1:
        index[axes[0]] = points[0]
    else:
        for axis, where in zip(axes, points, strict=True):
            index[axis] = np.arange(*where.indices(block.shape[axis])) if isinstance(where, slice) else where
        if axes[-1] - axes[0] != len(axes) - 1 and np.ndim(value):
            value = np.moveaxis(value, axes[0], 0)
    if ufunc is None:
        block[tuple(index)] = value
        return
    function = getattr(ufunc, "ufunc", ufunc)  # of Python, or NumPy's own
    function.at(block, tuple(index), *(() if function.nin == 1 else (value,)))


def set_points(block: Block, points: Points | None, axes: tuple[int, ...], value: Any, ufunc: Any = None) -> Block:
    """Points of a block set to a scalar, or changed by a ufunc and it; None for a block without any."""
    if points is None:
        return block
    made = writable(block)
    at_points(made, axes, points, value, ufunc)
    return made


def patch_points(told: tuple[tuple[int, ...], Points, Any], block: Block, value: Block) -> Block:
    """Points of a block set to values, or changed by a ufunc and them."""
    axes, points, ufunc = told
    made = writable(block)
    at_points(made, axes, points, value, ufunc)
    return made


def set_requests(block: Block, asked: list[Request], axes: tuple[int, ...], value: Any, ufunc: Any = None) -> Block:
    """All that is asked for set to a scalar, or changed by a ufunc and it."""
    made = writable(block)
    for points, _, _ in asked:
        at_points(made, axes, points, value, ufunc)
    return made


def requests_with_values(
    index: Block, value: Block, bounds: tuple[tuple[int, ...], ...], place: int
) -> list[tuple[Points, Block]]:
    """For each block of the source the points that a block of linear places has in it, with the values for them.

    The axes of the index stand at ``place`` in the values.
    """
    stop = place + index.ndim
    shape = value.shape[:place] + index.shape + value.shape[stop:]
    flat = spread(value, shape).reshape((*value.shape[:place], index.size, *value.shape[stop:]))
    return [(points, np.take(flat, at, axis=place)) for points, at, _ in requests(index, bounds)]


def set_values(block: Block, asked: list[tuple[Points, Block]], axes: tuple[int, ...], ufunc: Any = None) -> Block:
    """All that is asked for set to the values that came with it, or changed by a ufunc and them, in order."""
    made = writable(block)
    for points, value in asked:
        at_points(made, axes, points, value, ufunc)
    return made


def put_along(block: Block, index: Block, value: Any, axis: int) -> Block:
    """For each line along an axis values at that line's positions."""
    made = writable(block)
    np.put_along_axis(made, np.asarray(index), value, axis)
    return made
