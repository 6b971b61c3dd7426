"""Chains of elementwise functions over windows of a block with borders, without the block with borders. HOT: `benchmarks
array --only stencil`.

To copy a block into a larger array, for the sake of a border of one element, takes as long as to compute with it. All but
the outermost elements of the result only look at the block itself: these are computed from views of it, and what is left
at each end of each axis from slabs as thin as the windows are wide, which alone are written with their borders.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from weft.array.kernels.compressing import without_unread
from weft.array.kernels.numpy import cut_out
from weft.array.kernels.overlapping import Border, with_borders
from weft.array.kernels.tiled import Tiled
from weft.physical.blockwise import Call

__all__ = ["Bordered", "compute_in_place"]

#: Bytes of a block below which its copy, which lets other threads run, takes no longer than four slabs.
LARGE = 1 << 22
NONE = Border(0, 0, 0, 0, "none")

#: For each axis where something begins and ends.
Region = tuple[tuple[int, int], ...]


class Slab(NamedTuple):
    """A part of the result at one end of an axis: where it lies, and the borders that are needed for it."""

    axis: int
    is_end: bool
    region: Region
    borders: tuple[Border | None, ...]


class Bordered:
    """A chain whose first inputs are windows of a block with borders.

    Called with the ``nblocks`` arguments of `with_borders`, then the windows (a tuple of slices each), then further
    inputs of the chain, in the order of ``slots``: the number of a window, or of what comes after them.
    """

    __slots__ = ("chain", "nblocks", "nwindows", "slots")

    def __init__(self, chain: Tiled, slots: tuple[int, ...], nblocks: int, nwindows: int) -> None:
        self.chain = chain
        self.slots = slots
        self.nblocks = nblocks
        self.nwindows = nwindows

    @property
    def __name__(self) -> str:
        return f"bordered-{self.chain.__name__}"

    def __reduce__(self) -> tuple[Any, ...]:
        return Bordered, (self.chain, self.slots, self.nblocks, self.nwindows)

    def __weft_tokenize__(self) -> Any:
        return (self.chain, self.slots, self.nblocks, self.nwindows)

    def __call__(self, *values: Any) -> Any:
        *blocks, told = values[: self.nblocks]
        windows = values[self.nblocks : self.nblocks + self.nwindows]
        others = values[self.nblocks + self.nwindows :]
        own = blocks[len(blocks) // 2]
        result = None
        if is_simple(blocks, told, windows, others):
            result = self.inner(own, told, windows, others)
        if result is None:
            whole = with_borders(*blocks, told)
            return self.chain(*self.inputs([cut_out(whole, window) for window in windows], others))
        for slab in slabs(own.shape, told):
            thin = with_borders(*parts(blocks, told, slab), slab.borders)
            out = result[tuple([slice(start, stop) for start, stop in slab.region])]
            self.chain.write(out, *self.inputs([seen(thin, window, out.shape) for window in windows], others))
        return result

    def inputs(self, views: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        """The chain's inputs."""
        known = [*views, *others]
        return [known[slot] for slot in self.slots]

    def inner(self, own: Any, told: Sequence[Border | None], windows: Sequence[Any], others: Sequence[Any]) -> Any:
        """The result, of which only what depends on the block alone is there; None where it is no gain."""
        region = inner_region(own.shape, told)
        if own.nbytes < LARGE or any(
            2 * (stop - start) <= length for (start, stop), length in zip(region, own.shape, strict=True)
        ):
            return None
        shape = tuple([stop - start for start, stop in region])
        inputs = self.inputs([seen(own, window, shape) for window in windows], others)
        problem = self.chain.problem(tuple(inputs))
        if problem is None or problem.shape != shape:
            return None
        result = np.empty(own.shape, problem.dtypes[-1])
        self.chain.fill(problem, result[tuple([slice(start, stop) for start, stop in region])])
        return result


def is_simple(
    blocks: Sequence[Any], told: Sequence[Border | None], windows: Sequence[Any], others: Sequence[Any]
) -> bool:
    """Whether all blocks are NumPy's, all other inputs single elements, and each window as large as the block."""
    wide = [0 if border is None else sum(border[:4]) for border in told]
    return (
        any(wide)
        and all(type(block) is np.ndarray and not block.dtype.hasobject for block in blocks)
        and not any(np.ndim(each) for each in others)
        and all(
            (each.start or 0) - (each.stop or 0) == extra
            for window in windows
            for each, extra in zip(window, wide, strict=True)
        )
    )


def seen(block: Any, window: tuple[slice, ...], shape: tuple[int, ...]) -> Any:
    """What a window shows of a block, or of a part of it that begins where the window is to begin, for a result's shape."""
    return block[
        tuple([slice(each.start or 0, (each.start or 0) + length) for each, length in zip(window, shape, strict=True)])
    ]


def ends(border: Border | None) -> tuple[int, int]:
    """How many elements a border has before and after."""
    if border is None:
        return 0, 0
    return border.before + border.made_before, border.after + border.made_after


def inner_region(shape: tuple[int, ...], told: Sequence[Border | None]) -> Region:
    """The part of the result that only the block itself is looked at for."""
    return tuple([(ends(border)[0], length - ends(border)[1]) for length, border in zip(shape, told, strict=True)])


def slabs(shape: tuple[int, ...], told: Sequence[Border | None]) -> Iterator[Slab]:
    """The rest of it: along axes before that of a slab it goes as far as the inner region, along later ones all the way."""
    region = inner_region(shape, told)
    for axis, border in enumerate(told):
        if border is None:
            continue
        rest = [(0, length) for length in shape[axis + 1 :]]
        done = tuple([None if each is None else NONE for each in told[:axis]])
        start, stop = region[axis]
        if start:
            first = Border(border.before, 0, border.made_before, 0, border.boundary)
            yield Slab(axis, False, (*region[:axis], (0, start), *rest), (*done, first, *told[axis + 1 :]))
        if stop < shape[axis]:
            last = Border(0, border.after, 0, border.made_after, border.boundary)
            yield Slab(axis, True, (*region[:axis], (stop, shape[axis]), *rest), (*done, last, *told[axis + 1 :]))


def parts(blocks: Sequence[Any], told: Sequence[Border | None], slab: Slab) -> list[Any]:
    """Of a block and its neighbours what a slab is made of: those of them that lie beside it along its axis are cut."""
    axis = slab.axis
    below = 3 ** sum(border is not None for border in told[axis + 1 :])
    width = sum(ends(told[axis]))
    where = (slice(None),) * axis + ((slice(-width, None) if slab.is_end else slice(0, width)),)
    return [block[where] if number // below % 3 == 1 else block for number, block in enumerate(blocks)]


def compute_in_place(calls: Sequence[Call], arity: int) -> Sequence[Call]:
    """Compiler of fused programs: `with_borders`, windows of that, and the chain that alone reads these, as one call."""
    made = list(calls)
    for number, call in enumerate(calls):
        if call.function is with_borders and not call.keywords:
            merged = merge(made, arity, number)
            if merged is not None:
                made[merged[0]] = merged[1]
    return calls if made == list(calls) else without_unread(made, arity)


def merge(calls: Sequence[Call], arity: int, number: int) -> tuple[int, Call] | None:
    """The number of the chain and what takes its place; None where something else looks at the block with borders."""
    whole = arity + number
    windows = [place for place, call in enumerate(calls) if whole in call.slots]
    views = {arity + place for place in windows}
    readers = [place for place, call in enumerate(calls) if views.intersection(call.slots)]
    if len(readers) != 1 or arity + len(calls) - 1 in views or whole == arity + len(calls) - 1:
        return None
    if any(
        calls[place].function is not cut_out or calls[place].keywords or calls[place].slots[1] >= arity
        for place in windows
    ):
        return None
    place = readers[0]
    chain = calls[place].function
    if not isinstance(chain, Tiled) or chain.end is not None or chain.leaves or calls[place].keywords:
        return None
    known = [*[arity + each for each in windows], *dict.fromkeys(set(calls[place].slots) - views)]
    slots = tuple([known.index(slot) for slot in calls[place].slots])
    function = Bordered(chain, slots, len(calls[number].slots), len(windows))
    read = (*calls[number].slots, *[calls[each].slots[1] for each in windows], *known[len(windows) :])
    return place, calls[place]._replace(function=function, slots=read)
