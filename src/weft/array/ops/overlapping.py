"""Blocks with borders from their neighbours: for filters, stencils, and whatever looks around.

A block with borders reads its neighbours as they are and copies what borders on it, so nothing but the borders is moved.
The function that looks at it and the trimming afterwards go into the same task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, as_tuple, axis_chunks, compress, is_unknown
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels.numpy import cut_out
from weft.array.kernels.overlapping import Border, with_borders
from weft.array.ops.blocks import map_aligned
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import sized
from weft.array.ops.transposing import normal_axis
from weft.array.ops.unifying import unified
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, blockwise
from weft.physical.grid import Pick

__all__ = ["map_overlap"]

#: For each axis how far to look before and after.
Depths = tuple[tuple[int, int], ...]

#: What `weft.array.map_blocks` takes besides arguments of the function.
OPTIONS = ("name", "token", "dtype", "chunks", "drop_axis", "new_axis", "enforce_ndim", "meta")

BOUNDARIES = ("none", "reflect", "periodic", "nearest")


@node
class Overlap(ArrayExpr):
    """Chunks that go on into their neighbours."""

    source: ArrayExpr
    depths: Depths
    boundaries: tuple[Any, ...]

    @derived
    def borders(self) -> tuple[tuple[Border, ...] | None, ...]:
        """For each axis, for each chunk, where its borders come from; None for an axis without any."""
        made: list[tuple[Border, ...] | None] = []
        for (before, after), boundary, count in zip(self.depths, self.boundaries, self.source.numblocks, strict=True):
            if not before and not after:
                made.append(None)
                continue
            around, edge = boundary == "periodic", boundary not in ("none", "periodic")
            along = []
            for place in range(count):
                first, last = place == 0 and not around, place == count - 1 and not around
                along.append(
                    Border(
                        0 if first else before,
                        0 if last else after,
                        before if first and edge else 0,
                        after if last and edge else 0,
                        boundary,
                    )
                )
            made.append(tuple(along))
        return tuple(made)

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [
                length if borders is None else length + sum(map(added, borders))
                for length, borders in zip(self.source.shape, self.borders, strict=True)
            ]
        )

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return tuple(
            [
                cut
                if borders is None
                else compress(
                    [own + added(border) for own, border in zip(axis_chunks(length, cut), borders, strict=True)]
                )
                for length, cut, borders in zip(self.source.shape, self.source.grid, self.borders, strict=True)
            ]
        )

    def lower(self) -> Expr:
        offers: list[list[Any]] = []
        for axis, (borders, count) in enumerate(zip(self.borders, self.source.numblocks, strict=True)):
            if borders is None:
                offers.append([axis])
                continue
            around = self.boundaries[axis] == "periodic"
            ends = [count - 1, 0] if around else [0, count - 1]
            previous = (ends[0], *range(count - 1))
            following = (*range(1, count), ends[1])
            offers.append([(axis, previous), axis, (axis, following)])
        told = Product(
            tuple(
                [
                    (None,) * count if borders is None else borders
                    for borders, count in zip(self.borders, self.source.numblocks, strict=True)
                ]
            )
        )
        reads: list[tuple[Expr, Pick]] = [(self.source, tuple(pick)) for pick in product(*offers)]
        return blockwise(self.outline, with_borders, reads, [told])


@node
class Trim(ArrayExpr):
    """Chunks without their borders; those at the edges of the array keep theirs where the boundary is "none"."""

    source: ArrayExpr
    depths: Depths
    boundaries: tuple[Any, ...]

    @derived
    def cuts(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each axis, for each chunk, how much goes before and after."""
        made = []
        for (before, after), boundary, count in zip(self.depths, self.boundaries, self.source.numblocks, strict=True):
            keep = boundary == "none"
            made.append(
                tuple(
                    [
                        (0 if place == 0 and keep else before, 0 if place == count - 1 and keep else after)
                        for place in range(count)
                    ]
                )
            )
        return tuple(made)

    @derived
    def trimmed(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of the chunks that are left."""
        return tuple(
            [
                tuple([max(0, own - before - after) for own, (before, after) in zip(lengths, cuts, strict=True)])
                for lengths, cuts in zip(self.source.chunks, self.cuts, strict=True)
            ]
        )

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple(
            [
                length if is_unknown(length) else sum(left)
                for length, left in zip(self.source.shape, self.trimmed, strict=True)
            ]
        )

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return tuple(
            [
                cut if is_unknown(length) else compress(left)
                for length, cut, left in zip(self.source.shape, self.source.grid, self.trimmed, strict=True)
            ]
        )

    def lower(self) -> Expr:
        wheres = [tuple([slice(before, -after if after else None) for before, after in cuts]) for cuts in self.cuts]
        whole = tuple(range(self.ndim))
        return blockwise(self.outline, cut_out, [(self.source, whole)], [Product(tuple(wheres))])


def added(border: Border) -> int:
    """How much longer a chunk is with its border."""
    return border.before + border.after + border.made_before + border.made_after


def depths_of(depth: Any, ndim: int, what: str = "depth") -> Depths:
    """How far to look along each axis, from any of the forms in which users give it."""
    if isinstance(depth, Mapping):
        by_axis: dict[int, Any] = {normal_axis(axis, ndim): each for axis, each in depth.items()}
    elif isinstance(depth, (tuple, list)):
        if len(depth) != ndim:
            raise ValueError(f"{what}={depth!r} is for {len(depth)} axes, and the array has {ndim}")
        by_axis = dict(enumerate(depth))
    else:
        by_axis = dict.fromkeys(range(ndim), 0 if depth is None else depth)
    made = []
    for axis in range(ndim):
        each = by_axis.get(axis, 0)
        pair = tuple(each) if isinstance(each, (tuple, list)) else (each, each)
        if len(pair) != 2 or any(not hasattr(side, "__index__") or side < 0 for side in pair):
            raise ValueError(f"{what} along axis {axis} is a number from 0 on, or a pair of them, not {each!r}")
        made.append((int(pair[0]), int(pair[1])))
    return tuple(made)


def boundaries_of(boundary: Any, ndim: int) -> tuple[Any, ...]:
    """What lies beyond the edges along each axis."""
    if isinstance(boundary, Mapping):
        by_axis = {normal_axis(axis, ndim): each for axis, each in boundary.items()}
    elif isinstance(boundary, (tuple, list)):
        if len(boundary) != ndim:
            raise ValueError(f"boundary={boundary!r} is for {len(boundary)} axes, and the array has {ndim}")
        by_axis = dict(enumerate(boundary))
    else:
        by_axis = dict.fromkeys(range(ndim), boundary)
    made = [by_axis.get(axis) for axis in range(ndim)]
    for each in made:
        if isinstance(each, str) and each not in BOUNDARIES:
            raise ValueError(f"boundary={each!r} is none of {', '.join(BOUNDARIES)}; a number stands for itself")
    return tuple(["none" if each is None else each for each in made])


def long_enough(expr: ArrayExpr, depths: Depths, allow_rechunk: bool = True) -> ArrayExpr:
    """The array with chunks that are no shorter than the borders they give."""
    expr = sized(expr, tuple([axis for axis, depth in enumerate(depths) if max(depth)]))
    grid: list[Any] = list(expr.grid)
    for axis, (length, depth) in enumerate(zip(expr.shape, map(max, depths), strict=True)):
        if not depth:
            continue
        if depth > length:
            raise ValueError(
                f"the overlapping depth {depth} is larger than your array's length {length} along axis {axis}"
            )
        chunks = axis_chunks(length, grid[axis])
        if min(chunks) >= depth:
            continue
        if not allow_rechunk:
            raise ValueError(
                f"the overlapping depth {depth} along axis {axis} is larger than the smallest chunk, {min(chunks)}: "
                "rechunk the array, or say allow_rechunk=True"
            )
        grid[axis] = compress(merged_to(chunks, depth))
    return laid_out(expr, tuple(grid))


def merged_to(chunks: Sequence[int], least: int) -> list[int]:
    """Chunks of which too short ones are joined with what follows; the last one with what is before it."""
    made: list[int] = []
    pending = 0
    for length in chunks:
        pending += length
        if pending >= least:
            made.append(pending)
            pending = 0
    if pending:
        if made:
            made[-1] += pending
        else:
            made.append(pending)
    return made


def overlap(x: Any, depth: Any, boundary: Any = "none", *, allow_rechunk: bool = True) -> Any:
    """Chunks that share elements with their neighbours.

    Parameters
    ----------
    x : Array
    depth : int, tuple or dict
        Elements that each chunk takes over from its neighbours: for all axes, for each, or by axis; a pair where it
        differs before and after.
    boundary : str, number, tuple or dict
        What lies beyond the edges of the array: ``"none"`` (nothing), ``"reflect"`` (mirrored, with the edge itself),
        ``"periodic"``, ``"nearest"``, or a number.
    allow_rechunk : bool
        Whether chunks shorter than the depth are joined first; otherwise they are an error.

    Examples
    --------
    >>> import weft.array as da
    >>> da.overlap.overlap(da.arange(6, chunks=3), depth=1, boundary=0).compute()
    array([0, 0, 1, 2, 3, 2, 3, 4, 5, 0])
    """
    x = asarray(x)
    depths, boundaries = depths_of(depth, x.ndim), boundaries_of(boundary, x.ndim)
    return new(Overlap(long_enough(x.expr, depths, allow_rechunk), depths, boundaries))


def trim_overlap(x: Any, depth: Any, boundary: Any = None) -> Any:
    """The array that `overlap` was given, of what it gave; see there for the parameters."""
    return new(Trim(x.expr, depths_of(depth, x.ndim), boundaries_of(boundary, x.ndim)))


def trim_internal(x: Any, axes: Any, boundary: Any = None) -> Any:
    """Chunks without their borders; ``axes`` says how deep these are, as the depth of `overlap`."""
    return trim_overlap(x, axes, boundary)


def map_overlap(
    func: Callable[..., Any],
    *args: Any,
    depth: Any = None,
    boundary: Any = None,
    trim: bool = True,
    align_arrays: bool = True,
    allow_rechunk: bool = True,
    **kwargs: Any,
) -> Any:
    """Apply a function to chunks that go on into their neighbours, and cut off what they took over.

    Parameters
    ----------
    func : callable
        Takes a chunk with borders of each array; gives one as large, or with ``trim=False`` one without them.
    *args : arrays
    depth : int, tuple, dict, or list with one of these for each array
        How far each chunk looks into its neighbours.
    boundary : str, number, tuple, dict, or list with one of these for each array
        What lies beyond the edges of the array; see `weft.array.overlap.overlap`.
    trim : bool
        Whether the borders are cut off from what ``func`` gives; False if it does that itself. If it gives blocks of yet
        another size, say which by ``chunks=``.
    align_arrays : bool
        Whether arrays are cut alike first.
    allow_rechunk : bool
        Whether chunks shorter than the depth are joined.
    **kwargs
        What `weft.array.map_blocks` takes, and further arguments of ``func``.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.arange(6, chunks=3)
    >>> da.map_overlap(lambda block: block + (block[1:].sum() - block[0]) * 0, x, depth=1).compute()
    array([0, 1, 2, 3, 4, 5])
    """
    if not callable(func):
        if args and callable(args[0]):
            func, args = args[0], (func, *args[1:])
        else:
            raise TypeError(f"map_overlap() takes a function first, not {func!r} (a {type(func).__name__})")
    arrays = [asarray(each) for each in args]
    if not arrays:
        raise ValueError("map_overlap() needs at least one array")
    many_depths = depth if isinstance(depth, list) else [depth] * len(arrays)
    many_boundaries = boundary if isinstance(boundary, list) else [boundary] * len(arrays)
    if len(many_depths) != len(arrays) or len(many_boundaries) != len(arrays):
        raise ValueError("lists of depths and boundaries have an entry for each array")
    depths = [depths_of(each, x.ndim) for each, x in zip(many_depths, arrays, strict=True)]
    boundaries = [boundaries_of(each, x.ndim) for each, x in zip(many_boundaries, arrays, strict=True)]
    sources = [
        long_enough(x.expr, each, allow_rechunk) if each_dim else x.expr
        for x, each, each_dim in zip(arrays, depths, [x.ndim for x in arrays], strict=True)
    ]
    if align_arrays and len(sources) > 1:
        pairs, _, _ = unified([(expr, tuple(range(expr.ndim))[::-1]) for expr in sources])
        sources = [long_enough(expr, each, allow_rechunk) for (expr, _), each in zip(pairs, depths, strict=True)]
    overlapped = [
        new(Overlap(expr, deep, around)) for expr, deep, around in zip(sources, depths, boundaries, strict=True)
    ]
    options = {name: kwargs.pop(name) for name in OPTIONS if name in kwargs}
    main = max(range(len(arrays)), key=lambda place: arrays[place].ndim)
    is_as_before = all(options.get(name) in (None, [], ()) for name in ("chunks", "drop_axis", "new_axis"))
    if not trim and is_as_before and sources[main].is_known:
        options["chunks"] = sources[main].chunks  # the function cuts off what was taken over
    made = map_aligned(func, tuple(overlapped), kwargs, align_arrays=False, **options)
    if not trim:
        return made
    deep, around = surviving(depths[main], boundaries[main], options.get("drop_axis"), options.get("new_axis"))
    return new(Trim(made.expr, deep, around))


def surviving(depths: Depths, boundaries: tuple[Any, ...], drop: Any, fresh: Any) -> tuple[Depths, tuple[Any, ...]]:
    """Depths and boundaries of a result that has lost axes or has new ones."""
    pairs = list(zip(depths, boundaries, strict=True))
    if drop is not None:
        gone = {normal_axis(axis, len(pairs)) for axis in as_tuple(drop)}
        pairs = [pair for axis, pair in enumerate(pairs) if axis not in gone]
    if fresh is not None:
        for axis in sorted(as_tuple(fresh)):
            pairs.insert(axis, ((0, 0), "none"))
    return tuple([deep for deep, _ in pairs]), tuple([around for _, around in pairs])


class OverlapMethods(ArrayBase):
    """Functions of chunks that look around."""

    __slots__ = ()

    def map_overlap(
        self, func: Callable[..., Any], depth: Any = None, boundary: Any = None, trim: bool = True, **kwargs: Any
    ) -> Any:
        """Apply a function to chunks that go on into their neighbours; see `weft.array.map_overlap`."""
        return map_overlap(func, self, depth=depth, boundary=boundary, trim=trim, **kwargs)
