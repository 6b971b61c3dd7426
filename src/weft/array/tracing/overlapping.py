"""Functions of blocks with borders as operations of arrays: each window that the function reads is an array by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import axis_chunks, is_unknown
from weft.array.expr import ArrayExpr
from weft.array.ops.block_nodes import Mapped
from weft.array.ops.overlapping import Overlap, Trim
from weft.array.tracing.plain_code import is_plain
from weft.array.tracing.stand_ins import Input, StandIn, Untraceable, Window, resolve

__all__ = ["traced"]

#: Operations that may be computed for one that the function has called: the same value in several windows.
MOST_AGAIN = 3


def traced(node: Trim) -> ArrayExpr | None:
    """What a function of overlapping blocks gives, trimmed, as elementwise operations; None where that is not known.

    Its blocks must all have the same borders and be longer than what the function tells apart, and the function's code
    must be plain.
    """
    mapped = node.source
    if not isinstance(mapped, Mapped) or not is_whole(mapped):
        return None
    sources = [value for value, indices in mapped.arguments if indices is not None]
    if not is_plain(mapped.function) or not all(
        isinstance(each, Overlap) and has_same_borders(each, node) for each in sources
    ):
        return None
    reach = [0] * node.ndim
    try:
        made = call(mapped, sources, reach)
    except (Untraceable, Exception):  # what a function does with stand-ins says nothing of what it does with blocks
        return None
    if made is None or not all(is_long(each, reach) for each in sources):
        return None
    return made if made.signature == node.signature else None


def is_whole(mapped: Mapped) -> bool:
    """Whether a function gets blocks of one layout, and gives such blocks, and is told nothing else."""
    if mapped.columns or mapped.prototype is not None:
        return False
    numbers = (bool, int, float, complex, np.generic)
    return all(
        isinstance(value, numbers)
        if indices is None
        else indices == mapped.out and value.grid == mapped.grid and value.shape == mapped.shape
        for value, indices in mapped.arguments
    )


def has_same_borders(source: Overlap, node: Trim) -> bool:
    """Whether all blocks have the borders that are trimmed, at the edges of the array, too."""
    return (
        source.prototype is None
        and source.depths == node.depths
        and all(
            each != "none" or not max(depth)
            for around in (source.boundaries, node.boundaries)
            for each, depth in zip(around, source.depths, strict=True)
        )
    )


def call(mapped: Mapped, sources: list[Overlap], reach: list[int]) -> ArrayExpr | None:
    """The function's result for stand-ins, made of windows of the arrays."""
    lost = (0,) * mapped.ndim
    arguments: list[Any] = []
    for value, indices in mapped.arguments:
        if indices is None:
            arguments.append(value)
        else:
            number = sum(isinstance(each, StandIn) for each in arguments)
            arguments.append(StandIn(Input(number), value.dtype, lost, reach, is_own=False))
    given = mapped.function(*arguments)
    if not isinstance(given, StandIn) or given.lost != lost or given.dtype != mapped.dtype:
        return None

    def read(number: int, window: Window) -> Any:
        source = sources[number]
        if any(min(each) < 0 for each in window):
            raise Untraceable("elements beyond the borders are read")
        return new(Trim(source, window, ("periodic",) * source.ndim))

    known: dict[tuple[int, Window], Any] = {}
    made = resolve(given.now(), sources[0].depths, read, known)
    if not isinstance(made, ArrayBase) or len(known) > MOST_AGAIN * (len({value for value, _ in known}) + 1):
        return None
    return made.expr


def is_long(source: Overlap, reach: list[int]) -> bool:
    """Whether the start and the end of blocks are apart as the stand-ins took them to be."""
    return not any(
        (far or max(depth)) and (is_unknown(length) or min(axis_chunks(length, cut)) < 4 * far + 2 * sum(depth))
        for length, cut, depth, far in zip(source.shape, source.grid, source.depths, reach, strict=True)
    )
