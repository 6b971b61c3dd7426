"""What a layout costs: bytes that move when an array is cut anew, and the band in which chunks should stay.

Splitting a chunk is nearly free (parts are views, or small copies), merging chunks moves every byte that is merged. That
is `moved_bytes`.

Chunks that are far too small cost more in tasks than in work; chunks that are far too large do not fit. Operations that
make chunks grow (repeating, padding, outer products) or put many small arrays side by side bring their results back into
the *band* around the option ``array.chunk-size``: `within_band`. What the user has cut is left as it is, as long as it is
not shattered: chunks are merged only where there are more than `MANY_CHUNKS` of them and they are more than `TINY` times
smaller than configured, and split only where they are larger than configured *and* larger than what they were made of.
"""

from __future__ import annotations

from math import lcm, prod

from weft import config
from weft.array.chunks import Cut, Grid, UnknownCut, axis_chunks, axis_count, axis_largest, compress, overlaps, regular

__all__ = [
    "boundaries_in_common",
    "bounded_cut",
    "chunk_elements",
    "chunk_limit",
    "merged_cut",
    "moved_bytes",
    "within_band",
]

#: Chunks of an array up to which their number is no reason to merge them.
MANY_CHUNKS = 256
#: A chunk this many times smaller than configured is tiny.
TINY = 1024
#: Merged chunks are this many times smaller than configured: large enough, and still many.
MERGED = 64


def chunk_limit() -> int:
    """The configured size of a chunk, in bytes."""
    return int(config.value("array.chunk-size"))


def chunk_elements(shape: tuple[int, ...], grid: Grid) -> int:
    """Elements of the largest chunk of a grid."""
    return prod([axis_largest(length, cut) for length, cut in zip(shape, grid, strict=True)])


def bounded_cut(length: int, cut: Cut, longest: int) -> Cut:
    """A cut in which no chunk is longer than ``longest``: longer ones are split into equal parts.

    >>> bounded_cut(20, (12, 8), 5), bounded_cut(20, 10, 5)
    (4, 5)
    """
    longest = max(1, longest)
    if isinstance(cut, UnknownCut) or axis_largest(length, cut) <= longest:
        return cut
    if not isinstance(cut, tuple):
        parts = -(-cut // longest)
        if cut % parts == 0 or cut >= length:
            return regular(length, -(-cut // parts))
    return compress([each for size in axis_chunks(length, cut) for each in even_parts(size, -(-size // longest))])


def even_parts(length: int, count: int) -> list[int]:
    """A length in ``count`` parts that differ by 1 at most.

    >>> even_parts(11, 3)
    [4, 4, 3]
    """
    if count < 2:
        return [length]
    small, larger = divmod(length, count)
    return [small + 1] * larger + [small] * (count - larger)


def merged_cut(length: int, cut: Cut, longest: int) -> Cut:
    """A cut in which neighbouring chunks are merged, as long as they are no longer than ``longest`` together.

    >>> merged_cut(20, 2, 6), merged_cut(9, (1, 1, 5, 2), 4)
    (6, (2, 5, 2))
    """
    if isinstance(cut, UnknownCut) or axis_count(length, cut) == 1:
        return cut
    if not isinstance(cut, tuple):
        return regular(length, max(cut, longest // cut * cut))
    made: list[int] = []
    for size in cut:
        if made and made[-1] + size <= longest:
            made[-1] += size
        else:
            made.append(size)
    return compress(made)


def within_band(
    shape: tuple[int, ...], grid: Grid, itemsize: int, *, given: int = 0, axes: tuple[int, ...] | None = None
) -> Grid:
    """The grid with chunks brought back into the band around the configured size.

    Parameters
    ----------
    shape, grid : tuple
        Of the result of an operation.
    itemsize : int
        Bytes of an element.
    given : int
        Bytes of the largest chunk that the operation was given: chunks no larger than that stay.
    axes : tuple of int, optional
        Axes along which chunks may be split or merged; all by default.

    Examples
    --------
    >>> within_band((10**9,), (10**9,), 8)
    (16666667,)
    >>> within_band((1000,), (1,), 8)
    (1000,)
    """
    limit = chunk_limit()
    longest = [axis_largest(length, cut) for length, cut in zip(shape, grid, strict=True)]
    size = prod(longest) * itemsize
    if size > max(limit, given):
        return split_to(shape, grid, longest, max(limit, given) // max(1, itemsize), axes)
    count = prod(axis_count(length, cut) for length, cut in zip(shape, grid, strict=True))
    if count > MANY_CHUNKS and all(not isinstance(cut, UnknownCut) for cut in grid):
        mean = prod(shape) * itemsize // count
        if mean * TINY < limit:
            return merge_to(shape, grid, longest, limit // MERGED // max(1, itemsize), axes)
    return grid


def split_to(
    shape: tuple[int, ...], grid: Grid, longest: list[int], elements: int, axes: tuple[int, ...] | None
) -> Grid:
    """Chunks split along the longest of the axes first, until they have no more than ``elements``."""
    cuts, sizes = list(grid), list(longest)
    allowed = [axis for axis in (range(len(shape)) if axes is None else axes) if not isinstance(grid[axis], UnknownCut)]
    for axis in sorted(allowed, key=sizes.__getitem__, reverse=True):
        if prod(sizes) <= elements:
            break
        others = prod(sizes) // max(1, sizes[axis])
        cuts[axis] = bounded_cut(shape[axis], cuts[axis], elements // max(1, others))
        sizes[axis] = axis_largest(shape[axis], cuts[axis])
    return tuple(cuts)


def merge_to(
    shape: tuple[int, ...], grid: Grid, longest: list[int], elements: int, axes: tuple[int, ...] | None
) -> Grid:
    """Chunks merged along the axes with most of them first, until they have about ``elements``."""
    cuts, sizes = list(grid), list(longest)
    counts = [axis_count(length, cut) for length, cut in zip(shape, grid, strict=True)]
    for axis in sorted(range(len(shape)) if axes is None else axes, key=counts.__getitem__, reverse=True):
        others = prod(sizes) // max(1, sizes[axis])
        cuts[axis] = merged_cut(shape[axis], cuts[axis], elements // max(1, others))
        sizes[axis] = axis_largest(shape[axis], cuts[axis])
    return tuple(cuts)


def boundaries_in_common(length: int, first: Cut, second: Cut) -> int:
    """Places, other than the ends, at which two cuts both have a boundary.

    >>> boundaries_in_common(12, 2, 3), boundaries_in_common(12, (5, 7), 5)
    (1, 1)
    """
    return axis_count(length, first) + axis_count(length, second) - runs_along(length, first, second) - 1


def runs_along(length: int, old: Cut, new: Cut) -> int:
    """Pieces into which the boundaries of two cuts together cut an axis."""
    if isinstance(old, UnknownCut) or old == new:
        return axis_count(length, old)
    if isinstance(old, int) and isinstance(new, int) and length:
        together = -(-length // old) + -(-length // new) - 1
        return together - (length - 1) // lcm(old, new)
    return sum(map(len, overlaps(axis_chunks(length, old), axis_chunks(length, new))))


def is_split(length: int, old: Cut, new: Cut) -> bool:
    """Whether every new chunk lies within an old one."""
    return old == new or runs_along(length, old, new) == axis_count(length, new)


def moved_bytes(shape: tuple[int, ...], old: Grid, new: Grid, itemsize: int) -> int:
    """Bytes that move when an array is cut anew: none if chunks are only split, all if any are merged."""
    if all(is_split(length, before, after) for length, before, after in zip(shape, old, new, strict=True)):
        return 0
    return prod(shape) * itemsize
