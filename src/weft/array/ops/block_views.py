"""Other ways to index: by block (`x.blocks`), pointwise (`x.vindex`) and axis by axis (`x.oindex`)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, compress
from weft.array.expr import ArrayExpr
from weft.array.kernels.numpy import cut_out
from weft.array.ops.broadcasting import broadcast_to
from weft.array.ops.entries import Chosen, Flag, Masked, New, Place, Span, read_index
from weft.array.ops.fancy import points
from weft.array.ops.indexing import arranged, base_region, getitem, positions_of, sliced, taken
from weft.array.ops.transposing import moveaxis
from weft.expr import Expr, derived, node
from weft.expr.naming import token_of
from weft.physical.blockwise import Same, blockwise

__all__ = ["BlockView", "OuterIndex", "PointIndex"]


@node
class Blocks(ArrayExpr):
    """Some blocks of the source: along each axis those with these numbers, or all of them (None)."""

    source: ArrayExpr
    numbers: tuple[tuple[int, ...] | None, ...]

    @derived
    def cuts(self) -> tuple[tuple[Any, Cut], ...]:
        """Length and cut of each axis."""
        made: list[tuple[Any, Cut]] = []
        for length, cut, numbers in zip(self.source.shape, self.source.grid, self.numbers, strict=True):
            if numbers is None:
                made.append((length, cut))
            elif isinstance(cut, UnknownCut):
                counts = None
                if cut.counts is not None:
                    counts = points(cut.counts, (0,), [np.array(numbers, np.intp)], (1,))
                symbol = f"blocks-{token_of('blocks', cut.symbol, numbers)}"
                chosen = UnknownCut(symbol, len(numbers), cut.bound, counts)
                made.append((chosen.length, chosen))
            else:
                lengths = axis_chunks(length, cut)
                kept = [lengths[number] for number in numbers]
                made.append((sum(kept), compress(kept)))
        return tuple(made)

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for length, _ in self.cuts])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return tuple([cut for _, cut in self.cuts])

    def lower(self) -> Expr:
        pick = tuple([axis if numbers is None else (axis, numbers) for axis, numbers in enumerate(self.numbers)])
        everything = (slice(None),) * self.ndim
        return blockwise(self.outline, cut_out, [(self.source, pick)], [Same(everything)])


class BlockView:
    """The blocks of an array, indexed by number: ``x.blocks[0, :2]`` is the array of these blocks."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """Blocks along each axis."""
        return self._array.numblocks  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """All blocks."""
        return self._array.npartitions  # type: ignore[no-any-return]

    def ravel(self) -> list[Any]:
        """Each block as an array, the last axis running fastest."""
        return [self[place] for place in np.ndindex(self.shape)]

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of the blocks of an array without axes")
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        entries = list(index) if isinstance(index, tuple) else [index]
        if any(each is None for each in entries):
            raise ValueError("cannot put new axes between blocks: index with None afterwards, on the array itself")
        if sum(isinstance(each, (list, np.ndarray)) for each in entries) > 1:
            raise ValueError(
                "cannot pick blocks by lists along several axes at once: index one axis after the other, "
                "e.g. x.blocks[[0, 2]].blocks[:, [1, 3]]"
            )
        for at in [place for place, each in enumerate(entries) if each is Ellipsis][:1]:
            entries[at : at + 1] = [slice(None)] * (len(self.shape) - len(entries) + 1)
        if len(entries) > len(self.shape):
            raise IndexError(
                f"too many indices: there are {len(self.shape)} axes of blocks, and {len(entries)} indices"
            )
        entries += [slice(None)] * (len(self.shape) - len(entries))
        expr = self._array.expr
        numbers = tuple([chosen_blocks(each, count) for each, count in zip(entries, self.shape, strict=True)])
        if expr.is_known and all(each is None or is_run(each) for each in numbers):
            return new(sliced(expr, run_region(expr, numbers)))
        return new(Blocks(expr, numbers))


def chosen_blocks(each: Any, count: int) -> tuple[int, ...] | None:
    """Numbers of the blocks that an index of one axis means; None for all."""
    if isinstance(each, slice):
        found = range(*each.indices(count))
        if not found:
            raise IndexError(f"no block is left of {count} by {each!r}")
        return None if found == range(count) else tuple(found)
    places = np.asarray(each)
    if places.dtype.kind == "b" and places.shape == (count,):
        places = np.flatnonzero(places)
    if places.dtype.kind not in "iu" or places.ndim > 1 or places.size == 0:
        raise IndexError(f"cannot pick blocks by {each!r}: give a number, a slice, or a list of numbers")
    numbers = np.atleast_1d(places).tolist()
    for number in numbers:
        if not -count <= number < count:
            raise IndexError(f"block {number} is out of bounds: there are {count} blocks along this axis")
    return tuple([number % count for number in numbers])


def is_run(numbers: tuple[int, ...]) -> bool:
    """Whether blocks follow each other."""
    return all(b == a + 1 for a, b in pairwise(numbers))


def run_region(expr: ArrayExpr, numbers: tuple[tuple[int, ...] | None, ...]) -> tuple[tuple[int, int, int], ...]:
    """The region that neighbouring blocks make."""
    region = []
    for length, cut, run in zip(expr.shape, expr.grid, numbers, strict=True):
        if run is None:
            region.append((0, 1, length))
        elif isinstance(cut, int):
            start = run[0] * cut
            region.append((start, 1, min(length, (run[-1] + 1) * cut) - start))
        else:
            lengths = axis_chunks(length, cut)
            region.append((sum(lengths[: run[0]]), 1, sum(lengths[run[0] : run[-1] + 1])))
    return tuple(region)


class PointIndex:
    """Pointwise indexing: all lists and arrays are broadcast together, and their axes come first.

    That is NumPy's own way, but for the place of the axes.
    """

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    def __getitem__(self, index: Any) -> Any:
        x, entries = read_index(self._array, index)
        if any(isinstance(each, (New, Flag)) for each in entries):
            raise IndexError("vindex takes slices, integers, and arrays of integers or booleans; no new axes")
        base, positions = positions_of(sliced(x.expr, base_region(x, entries)), entries)
        if not positions:
            return getitem(self._array, index)
        axes = tuple(positions)
        made, ndim = taken(base, axes, list(positions.values()))
        ints = {each.axis for each in entries if isinstance(each, Place)}
        rest = [axis for axis in range(x.ndim) if axis not in axes]
        place = axes[0]
        kept = [at if at < place else at + ndim for at, axis in enumerate(rest) if axis not in ints]
        return new(arranged(made, [*range(place, place + ndim), *kept]))

    def __setitem__(self, index: Any, value: Any) -> None:
        key = index if isinstance(index, tuple) else (index,)
        lists = [place for place, each in enumerate(key) if not isinstance(each, slice)]
        if any(each is None or each is Ellipsis for each in key):
            raise IndexError("vindex takes slices, integers, and arrays of integers or booleans; no new axes")
        if lists and lists == list(range(lists[0], lists[-1] + 1)) and lists[0] and np.ndim(value):
            # NumPy leaves the axes of neighbouring lists in their place; here they come first.
            ndim = np.broadcast(*[np.empty(np.shape(key[place])) for place in lists]).ndim
            made = (
                np.broadcast_to(value, self[index].shape)
                if isinstance(value, np.ndarray)
                else broadcast_to(value, self[index].shape)
            )
            value = moveaxis(made, list(range(ndim)), list(range(lists[0], lists[0] + ndim)))
        self._array[index] = value


class OuterIndex:
    """Indexing axis by axis: each list or mask selects along its own axis."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = array

    def __getitem__(self, index: Any) -> Any:
        x, entries = read_index(self._array, index, keep_masks=True)
        made = new(sliced(x.expr, base_region(x, entries)))
        axes: list[int | None] = []
        for each in entries:
            if isinstance(each, (Chosen, Masked)):
                chosen = each.positions if isinstance(each, Chosen) else each.mask
                if (
                    chosen.ndim == 0
                ):  # one place, to be computed: an axis of length 1, which is not among those that stay
                    made = getitem(made, (*[slice(None)] * each.axis, chosen.reshape(1)))
                    continue
                if chosen.ndim != 1:
                    raise IndexError(f"oindex takes arrays with one axis for axis {each.axis}; this has {chosen.ndim}")
                made = getitem(made, (*[slice(None)] * each.axis, chosen))
                axes.append(each.axis)
            elif isinstance(each, Span):
                axes.append(each.axis)
            elif isinstance(each, New):
                axes.append(None)
            elif isinstance(each, Flag):
                raise IndexError("oindex takes slices, integers, and arrays with one axis; not True or False")
        return new(arranged(made.expr, axes))

    def __setitem__(self, index: Any, value: Any) -> None:
        key = list(index if isinstance(index, tuple) else (index,))
        lists = [place for place, each in enumerate(key) if np.ndim(each) == 1 and not isinstance(each, slice)]
        if len(lists) < 2:
            self._array[tuple(key)] = value
            return
        if any(each is None or each is Ellipsis for each in key):
            raise IndexError("assigning by oindex takes slices, integers, and arrays with one axis")
        kept = [place for place, each in enumerate(key) if isinstance(each, slice) or place in lists]
        for place, each in enumerate(key):
            flat = np.arange(self._array.shape[place])[each] if isinstance(each, slice) else np.asarray(each)
            if flat.dtype == bool:
                flat = np.flatnonzero(flat)
            if place in kept:
                at = kept.index(place)
                flat = flat[(slice(None), *[None] * (len(kept) - 1 - at))]
            key[place] = flat
        self._array[tuple(key)] = value


class BlockViewMethods(ArrayBase):
    """Other ways to index."""

    __slots__ = ()

    @property
    def blocks(self) -> BlockView:
        """The array's blocks, indexed by number; the result is an array of those blocks.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.arange(8, chunks=2)
        >>> x.blocks[1:3].compute()
        array([2, 3, 4, 5])
        >>> x.blocks[[3, 0]].compute()
        array([6, 7, 0, 1])
        """
        return BlockView(self)

    @property
    def partitions(self) -> BlockView:
        """The same as `blocks`."""
        return BlockView(self)

    @property
    def vindex(self) -> PointIndex:
        """Pointwise indexing: arrays are broadcast together, and their axes come first in the result.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.from_array([[0, 1, 2], [3, 4, 5]], chunks=2)
        >>> x.vindex[[0, 1], [2, 0]].compute()
        array([2, 3])
        """
        return PointIndex(self)

    @property
    def oindex(self) -> OuterIndex:
        """Indexing axis by axis: each list or mask selects along its own axis, as `numpy.ix_` does.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.from_array([[0, 1, 2], [3, 4, 5]], chunks=2)
        >>> x.oindex[[0, 1], [2, 0]].compute()
        array([[2, 0],
               [5, 3]])
        """
        return OuterIndex(self)
