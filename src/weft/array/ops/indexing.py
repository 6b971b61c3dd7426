"""Parts of arrays: slices of any step, integers, new axes and ellipsis."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, Piece, pieces
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import Region
from weft.array.kernels.numpy import cut_out
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import Axes
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, blockwise

__all__: list[str] = []


@node
class Slice(ArrayExpr):
    """Along each axis ``length`` elements from ``start``, ``step`` apart."""

    source: ArrayExpr
    region: Region

    @property
    def label(self) -> str:
        return "getitem"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def cuts(self) -> tuple[tuple[Cut, tuple[Piece, ...] | None], ...]:
        """For each axis how the result is cut, and the pieces of the source's chunks (None: all of them)."""
        return tuple(
            [
                (cut, None) if (start, step, length) == (0, 1, whole) else pieces(whole, cut, start, step, length)
                for (start, step, length), whole, cut in zip(
                    self.region, self.source.shape, self.source.grid, strict=True
                )
            ]
        )

    @derived
    def grid(self) -> Grid:
        return tuple([cut for cut, _ in self.cuts])

    def lower(self) -> Expr:
        pick: list[Any] = []
        wheres: list[tuple[slice, ...]] = []
        for axis, (_, found) in enumerate(self.cuts):
            if found is None:
                pick.append(axis)
                wheres.append((slice(None),) * self.source.numblocks[axis])
            else:
                pick.append((axis, tuple([piece.block for piece in found])))
                wheres.append(tuple([piece.where for piece in found]))
        return blockwise(self.outline, cut_out, [(self.source, tuple(pick))], [Product(tuple(wheres))])


def getitem(x: Any, index: Any) -> Any:
    """``x[index]`` for slices, integers, None and Ellipsis."""
    entries = complete(index if isinstance(index, tuple) else (index,), x.shape)
    region: list[tuple[int, int, int]] = []
    axes: list[int | None] = []
    for entry in entries:
        axis = len(region)
        if entry is None:
            axes.append(None)
        elif isinstance(entry, slice):
            start, stop, step = entry.indices(x.shape[axis])
            region.append((start, step, len(range(start, stop, step))))
            axes.append(axis)
        elif hasattr(entry, "__index__") and not isinstance(entry, (bool, np.bool_)):
            region.append((place_in(entry, axis, x.shape[axis]), 1, 1))
        elif isinstance(entry, (bool, np.bool_, list, np.ndarray, ArrayBase)):
            raise NotImplementedError(
                f"cannot index with {type(entry).__name__} along axis {axis}: "
                "slices, integers, None and ... are supported"
            )
        else:
            raise IndexError(
                f"cannot index with {entry!r} along axis {axis}: only integers, slices (`:`), ellipsis (`...`) "
                "and None are valid indices"
            )
    expr = x.expr
    if any((0, 1, whole) != each for each, whole in zip(region, x.shape, strict=True)):
        expr = Slice(expr, tuple(region))
    if axes != list(range(len(region))):
        expr = Axes(expr, tuple(axes))
    return x if expr is x.expr else new(expr)


def complete(entries: tuple[Any, ...], shape: tuple[int, ...]) -> list[Any]:
    """An index with an entry for each axis: what ``...`` stands for written out."""
    dots = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if used > len(shape):
        raise IndexError(f"too many indices for array: array is {len(shape)}-dimensional, but {used} were indexed")
    missing = [slice(None)] * (len(shape) - used)
    at = dots[0] if dots else len(entries)
    return [*entries[:at], *missing, *entries[at + 1 :]]


def place_in(entry: Any, axis: int, length: int) -> int:
    """An integer index counted from the front."""
    place = int(entry.__index__())
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of bounds for axis {axis} with size {length}")
    return place % length


class IndexingMethods(ArrayBase):
    """Parts of the array."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object: the array has no axes")
        return int(sized(self.expr, (0,)).shape[0])

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (getitem(self, place) for place in range(self.shape[0]))
