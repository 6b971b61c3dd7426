"""Sorting, exactly, along axes in many chunks.

Where what lies along the axis fits a chunk, the array is cut anew along other axes, and each block is sorted. A longer line
is sorted by regular sampling (Shi and Schaeffer, "Parallel sorting by regular sampling", 1992):

1. each block is sorted;
2. regular samples of all blocks give pivots, close to where the chunks of the result begin;
3. each block counts what stands before every pivot; with all counts it is known where each sorted block has to be cut so that a
   chunk of the result, whose length was fixed before anything was known of the data, gets all of its elements and few besides.
   Equal elements are divided in the order of their blocks, so one value that is everywhere does not make one large bucket;
4. sorted blocks are cut, and every chunk merges its runs and leaves off what is its neighbours'.

No task sees more than a chunk and a bit, and what was written to disk for want of memory is read from there.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import ceil
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import limit_bytes
from weft.array.chunks import Cut, Grid, axis_chunks, axis_count, axis_largest, regular
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels import sorting as kernels
from weft.array.ops.along_axis import take_along_axis
from weft.array.ops.blocks import map_aligned
from weft.array.ops.joining import stack
from weft.array.ops.random import Random
from weft.array.ops.rechunking import laid_out, whole_along
from weft.array.ops.sizes import sized
from weft.array.ops.splitting import unstack
from weft.array.ops.transposing import normal_axis
from weft.expr import Cost, Expr, derived, node
from weft.graph import Layer, Program
from weft.physical.base import Names, Outline, Physical
from weft.physical.blockwise import Listed, Same, blockwise
from weft.physical.exchange import Exchange
from weft.records import record

__all__ = ["argpartition", "argsort", "lexsort", "partition", "sort", "sort_complex"]

#: Samples of each block for every block, at most and at least: the sixteenth part of a chunk goes to both neighbours at worst.
SAMPLES = 128, 16
#: Samples that are put in order, where that is not too few.
ALL_SAMPLES = 400_000
#: Blocks that are sorted against each other, at most: every one sends to every other.
MANY_BLOCKS = 140
#: Kinds of NumPy that sort with `numpy.searchsorted` finding what they sorted.
SORTABLE = "biufcmMSUO"


@node
class Together(Physical):
    """One block made of all blocks of ``source`` at once: ``function(blocks, *arguments)``."""

    source: Expr
    function: Any
    arguments: tuple[Any, ...]

    def layers(self, names: Names) -> list[Layer]:
        keys = tuple(self.source_keys(self.source, names))
        program = Program.call(AllBlocks(self.function, len(keys)), name=self.label)
        return [Layer(program, list(self.keys(names[self.name])), [keys], [self.arguments], origin=self.outline.origin)]


@record
class AllBlocks:
    """A function whose first argument is the first ``count`` values."""

    function: Any
    count: int

    @property
    def func(self) -> Any:
        return self.function

    def __call__(self, *values: Any) -> Any:
        return self.function(values[: self.count], *values[self.count :])


@node
class Sorted(ArrayExpr):
    """The elements of an array of one axis in order, or where they stood."""

    source: ArrayExpr
    positions: bool
    cut: Cut
    stable: bool = True

    @property
    def label(self) -> str:
        return "argsort" if self.positions else "sort"

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @derived
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.intp) if self.positions else self.source.dtype

    @derived
    def grid(self) -> Grid:
        return (self.cut,)

    def lower(self) -> Expr:
        source = self.source
        (sizes,) = source.chunks
        lengths = axis_chunks(self.shape[0], self.cut)
        ends = [0, *accumulate(lengths)]
        ranks = np.array(ends[1:-1], np.int64)
        count, buckets = len(sizes), len(lengths)
        most = max(source.outline.nbytes, self.outline.nbytes) * (2 if self.positions else 1)

        def step(label: str, blocks: int, nbytes: int = 0) -> Outline:
            return Outline(self.name, label, (blocks,), nbytes)

        if self.positions:
            firsts = Listed(tuple([0, *accumulate(sizes)][:-1]))
            runs = blockwise(
                step("sort", count, most), kernels.sorted_pairs, [(source, (0,))], [firsts], cost=Cost.HEAVY
            )
        else:
            runs = blockwise(
                step("sort", count, most),
                kernels.sorted_keys,
                [(source, (0,))],
                [Same(self.stable)],
                cost=Cost.HEAVY,
                extra=0 if isinstance(source, Random) and not self.stable else most,  # what is drawn is sorted in place
            )
        most_samples, least_samples = SAMPLES
        share = min(most_samples, max(least_samples, ALL_SAMPLES // (count * max(count, buckets))))
        samples = blockwise(step("sample", count), kernels.sampled, [(runs, (0,))], [Same(share * max(count, buckets))])
        pivots = Together(Outline(self.name, "pivots", ()), samples, kernels.pivots, (ranks,))
        counts = blockwise(step("count", count), kernels.counted, [(runs, (0,)), (pivots, ())])
        plan = Together(Outline(self.name, "plan", ()), counts, kernels.planned, (tuple(sizes), ranks))
        anew = not self.positions and not self.stable
        return Exchange(
            self.outline,
            runs,
            kernels.cut_up,
            kernels.merged_unstable if anew else kernels.merged,
            Ranked(count, tuple(ends)),
            beside=plan,
            extra=0 if anew else most,
        )


@record
class Ranked:
    """Every sorted block sends to every chunk; a split is told its number, a chunk its ranks."""

    nsources: int
    ends: tuple[int, ...]

    def __weft_tokenize__(self) -> Any:
        return (self.nsources, self.ends)

    def sends(self) -> list[tuple[tuple[int, ...], Any]]:
        targets = tuple(range(len(self.ends) - 1))
        return [(targets, source) for source in range(self.nsources)]

    def receives(self) -> list[Any]:
        return list(pairwise(self.ends))


def sort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: Any = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Any:
    """The elements in order along an axis.

    Parameters
    ----------
    a : array-like
    axis : int, optional
        The last by default; None sorts all elements, as an array of one axis.
    kind : str, optional
        Algorithm for a block, as `numpy.sort` has them.
    order : str or list of str, optional
        Fields of a structured dtype by which elements are compared.
    descending : bool
        Whether the largest comes first.
    stable : bool, optional
        Whether equal elements that can be told apart (0.0 and -0.0, objects) keep their order.

    Returns
    -------
    Array
        Along a long axis in several chunks the result has even chunks.

    Examples
    --------
    >>> import weft.array as da
    >>> da.sort(da.from_array([3, 1, 2, 5, 4], chunks=2)).compute()
    array([1, 2, 3, 4, 5])
    """
    x, place = along(a, axis)
    if x.ndim == 0:
        raise np.exceptions.AxisError(-1, 0)
    if not descending:
        return in_order(x, place, False, kind, order, stable)
    return reversed_along(in_order(reversed_along(x, place), place, False, kind, order, stable), place)


def argsort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: Any = None,
    *,
    descending: bool = False,
    stable: bool | None = None,
) -> Any:
    """Where the elements stand that come first, second and so on along an axis; see `sort` for the parameters.

    Equal elements are in the order in which they stood wherever the axis is in several chunks.

    Examples
    --------
    >>> import weft.array as da
    >>> da.argsort(da.from_array([3, 1, 2, 5, 4], chunks=2)).compute()
    array([1, 2, 0, 4, 3])
    """
    x, place = along(asarray(a).reshape(-1) if np.ndim(a) == 0 else a, axis)
    if not descending:
        return in_order(x, place, True, kind, order, stable)
    mirrored = in_order(reversed_along(x, place), place, True, kind, order, True)
    return x.shape[place] - 1 - reversed_along(mirrored, place)


def partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The elements so ordered that the ``kth`` stands where it would after sorting, with smaller ones before it.

    Along an axis in several chunks they are sorted, which is one such order.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.partition(da.from_array([3, 1, 2, 5, 4], chunks=2), 2)[2].compute())
    3
    """
    x, place = along(a, axis)
    check_kth(kth, x.shape, place)
    if x.numblocks[place] == 1:
        return map_aligned(np.partition, (x, kth, place, kind, order), {}, dtype=x.dtype, token="partition")
    return in_order(x, place, False, None, order, None)


def argpartition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    """Where the elements stand that `partition` gives.

    Examples
    --------
    >>> import weft.array as da
    >>> int(da.argpartition(da.from_array([3, 1, 2, 5, 4], chunks=2), 2)[2].compute())
    0
    """
    x, place = along(a, axis)
    check_kth(kth, x.shape, place)
    if x.numblocks[place] == 1:
        return map_aligned(np.argpartition, (x, kth, place, kind, order), {}, dtype=np.intp, token="argpartition")
    return in_order(x, place, True, None, order, None)


def lexsort(keys: Any, axis: int = -1) -> Any:
    """Where the elements stand that come first, second and so on by several keys, of which the last counts most.

    Parameters
    ----------
    keys : sequence of array-like of one shape
    axis : int

    Examples
    --------
    >>> import weft.array as da
    >>> da.lexsort([da.asarray([2, 1, 3]), da.asarray([1, 1, 0])]).compute()
    array([2, 1, 0])
    """
    arrays = [asarray(each) for each in (keys if not isinstance(keys, ArrayBase) else unstack(keys))]
    if not arrays:
        raise TypeError("need sequence of keys with len > 0 in lexsort")
    if any(each.shape != arrays[0].shape for each in arrays):
        raise ValueError(f"all keys need to be the same shape, and they are {[each.shape for each in arrays]}")
    order = argsort(arrays[0], axis, stable=True)
    for each in arrays[1:]:
        order = take_along_axis(order, argsort(take_along_axis(each, order, axis), axis, stable=True), axis)
    return order


def sort_complex(a: Any) -> Any:
    """The elements in order along the last axis, as complex numbers.

    Examples
    --------
    >>> import weft.array as da
    >>> da.sort_complex(da.asarray([2, 1])).compute()
    array([1.+0.j, 2.+0.j])
    """
    made = sort(a)
    if made.dtype.kind == "c":
        return made
    small = {"b": np.complex64, "h": np.complex64, "B": np.complex64, "H": np.complex64, "g": np.clongdouble}
    return made.astype(small.get(made.dtype.char, np.complex128))


def check_kth(kth: Any, shape: tuple[int, ...], axis: int) -> None:
    """Whether places along an axis exist; where there are no elements, NumPy takes any."""
    length = shape[axis]
    for each in np.ravel(kth).tolist():
        if not isinstance(each, int):
            raise TypeError("Partition index must be integer")
        if 0 not in shape and not -length <= each < length:
            raise ValueError(f"kth(={each}) out of bounds ({length})")


def along(a: Any, axis: int | None) -> tuple[Any, int]:
    """An array with known sizes, and the axis counted from the front; of one axis, if none was given."""
    x = asarray(a)
    if axis is None:
        x, axis = x.reshape(-1) if x.ndim != 1 else x, 0
    elif x.ndim == 0:
        return x, 0
    place = normal_axis(axis, x.ndim)
    return new(sized(x.expr)), place


def reversed_along(x: Any, axis: int) -> Any:
    """The array from its end."""
    return x[(*(slice(None),) * axis, slice(None, None, -1))]


def in_order(x: Any, axis: int, positions: bool, kind: Any, order: Any, stable: bool | None) -> Any:
    """Sorted elements, or where they stood, along an axis."""
    expr = x.expr
    line = expr.shape[axis] * expr.dtype.itemsize
    long = line > 4 * limit_bytes(None) or (expr.ndim == 1 and expr.numblocks[axis] > 1)
    keeps = bool(stable) or kind in ("stable", "mergesort")
    simple = order is None and expr.prototype is None and expr.dtype.kind in SORTABLE
    if expr.numblocks[axis] > 1 and long and simple:
        lines = expr.size // max(1, expr.shape[axis])
        if expr.ndim == 1:
            return new(Sorted(bundled(expr), positions, even_cut(expr), keeps))
        if lines <= MANY_BLOCKS:
            return line_by_line(x, axis, positions, keeps)
    whole = new(whole_along(expr, (axis,)))
    function = np.argsort if positions else np.sort
    options: dict[str, Any] = {"axis": axis}
    if order is not None:
        options["order"] = order
    if stable is not None:
        options["stable"] = stable
    elif kind or positions:
        options["kind"] = kind or "stable"
    dtype = np.dtype(np.intp) if positions else expr.dtype
    meta = None if positions else expr.prototype
    return map_aligned(function, (whole,), options, dtype=dtype, meta=meta, token=function.__name__)


def bundled(expr: ArrayExpr) -> ArrayExpr:
    """An array of one axis in at most so many chunks that each can send to each other."""
    length, cut = expr.shape[0], expr.grid[0]
    if axis_count(length, cut) <= MANY_BLOCKS and min(axis_chunks(length, cut)) > 0:
        return expr
    return laid_out(expr, (regular(length, max(1, ceil(length / min(MANY_BLOCKS, axis_count(length, cut))))),))


def even_cut(expr: ArrayExpr) -> Cut:
    """How the sorted array is cut: as coarsely as the source, evenly."""
    length, cut = expr.shape[0], bundled(expr).grid[0]
    return regular(length, max(1, axis_largest(length, cut)))


def line_by_line(x: Any, axis: int, positions: bool, stable: bool) -> Any:
    """Every line sorted by itself, and put together."""

    front = [each for each in range(x.ndim) if each != axis]
    shape = [x.shape[each] for each in front]
    lines = []
    for place in np.ndindex(*shape):
        index: list[Any] = [slice(None)] * x.ndim
        for each, number in zip(front, place, strict=True):
            index[each] = number
        expr = x[tuple(index)].expr
        lines.append(new(Sorted(bundled(expr), positions, even_cut(expr), stable)))
    return (
        stack(lines, axis=-1)
        .reshape((x.shape[axis], *shape))
        .transpose([0 if each == axis else 1 + front.index(each) for each in range(x.ndim)])
    )


class SortingMethods(ArrayBase):
    """Orders of the elements."""

    __slots__ = ()

    def argsort(self, axis: int | None = -1, kind: str | None = None, order: Any = None, *, stable: Any = None) -> Any:
        """Where the elements stand that come first, second and so on; see `weft.array.argsort`."""
        return argsort(self, axis, kind, order, stable=stable)

    def argpartition(self, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
        """Where the elements stand that come before and after the ``kth``; see `weft.array.argpartition`."""
        return argpartition(self, kth, axis, kind, order)

    def sort(self, axis: int = -1, kind: str | None = None, order: Any = None, *, stable: Any = None) -> None:
        """Put the elements in order, in place: the array becomes the sorted one, as NumPy's does."""
        self.expr = sort(self, axis, kind, order, stable=stable).expr

    def partition(self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
        """Put smaller elements before the ``kth`` and larger ones behind it, in place; see `weft.array.partition`."""
        self.expr = partition(self, kth, axis, kind, order).expr
