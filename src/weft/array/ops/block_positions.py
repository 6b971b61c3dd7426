"""Where a block stands: what functions of blocks are told that have a parameter ``block_id`` or ``block_info``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import accumulate, pairwise, product
from typing import Any, Protocol

from weft.array.chunks import Grid, axis_chunks, axis_count
from weft.physical.blockwise import Column
from weft.records import record

__all__ = ["Position", "positions"]


def positions(
    func: Callable[..., Any],
    pairs: list[tuple[Any, tuple[Hashable, ...] | None]],
    out: tuple[Hashable, ...],
    shape: tuple[Any, ...],
    grid: Grid,
    dtype: Any,
) -> list[tuple[str, Position]]:
    """Columns for ``block_id`` and ``block_info``, if the function takes them."""
    counts = tuple([axis_count(length, cut) for length, cut in zip(shape, grid, strict=True)])
    columns: list[tuple[str, Position]] = []
    if takes(func, "block_id"):
        columns.append(("block_id", BlockIds(counts)))
    if takes(func, "block_info"):
        inputs = []
        for number, (value, indices) in enumerate(pairs):
            if indices is not None:
                where = tuple([out.index(letter) if letter in out else None for letter in indices])
                inputs.append((number, value.shape, value.grid, where))
        columns.append(("block_info", BlockInfos(tuple(inputs), shape, grid, counts, dtype)))
    return columns


def takes(func: Callable[..., Any], keyword: str) -> bool:
    """Whether a function has a parameter of this name."""
    try:
        return keyword in inspect.signature(func).parameters
    except (TypeError, ValueError):
        return False


class Position(Column, Protocol):
    """A column whose first value can be had without the others."""

    def first(self) -> Any:
        """The value of the first block."""


@record
class BlockIds:
    """Column: the place of each block in the grid."""

    counts: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return self.counts

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return list(product(*map(range, self.counts)))

    def first(self) -> tuple[int, ...]:
        return (0,) * len(self.counts)


@record
class BlockInfos:
    """Column: shapes and places of a block, and of the blocks it is made of."""

    inputs: tuple[tuple[int, tuple[Any, ...], Grid, tuple[int | None, ...]], ...]
    shape: tuple[Any, ...]
    grid: Grid
    counts: tuple[int, ...]
    dtype: Any

    def __weft_tokenize__(self) -> Any:
        return (self.inputs, self.shape, self.grid, self.counts, self.dtype)

    def values(self, numblocks: Sequence[int]) -> list[Any]:
        return self.told(product(*map(range, self.counts)))

    def first(self) -> Any:
        return self.told([(0,) * len(self.counts)])[0]

    def told(self, places: Iterable[tuple[int, ...]]) -> list[Any]:
        """The dict for each of some blocks."""
        edges = bounds_of(self.shape, self.grid)
        sources = [(number, shape, bounds_of(shape, grid), where) for number, shape, grid, where in self.inputs]
        made = []
        for place in places:
            info: dict[int | None, Any] = {}
            for number, shape, ends, where in sources:
                own = tuple(
                    [
                        0 if axis is None or len(bounds) == 1 else place[axis]
                        for axis, bounds in zip(where, ends, strict=True)
                    ]
                )
                location = [
                    (bounds[0][0], bounds[-1][1]) if axis is None else bounds[block]
                    for axis, bounds, block in zip(where, ends, own, strict=True)
                ]
                info[number] = {
                    "shape": shape,
                    "num-chunks": tuple(map(len, ends)),
                    "array-location": location,
                    "chunk-location": own,
                }
            location = [bounds[block] for bounds, block in zip(edges, place, strict=True)]
            info[None] = {
                "shape": self.shape,
                "num-chunks": self.counts,
                "array-location": location,
                "chunk-location": place,
                "chunk-shape": tuple([end - start for start, end in location]),
                "dtype": self.dtype,
            }
            made.append(info)
        return made


def bounds_of(shape: tuple[Any, ...], grid: Grid) -> list[list[tuple[Any, Any]]]:
    """For each axis where its chunks begin and end."""
    return [
        list(pairwise(accumulate(axis_chunks(length, cut), initial=0))) for length, cut in zip(shape, grid, strict=True)
    ]
