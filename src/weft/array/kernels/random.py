"""Random numbers in canonical cells: what a seed gives does not depend on how an array is cut. HOT: big blocks of `draw`.

An array's index space is cut into *cells*, boxes of about `CELL` elements that follow from its shape alone. A cell has a
generator of its own: NumPy's `Generator` over an SFC64 whose 256 bits of state are what Philox gives for the array's key and
the cell's number as counter. A cell is drawn from its start, in C order, with NumPy's own methods, and sliced; a block
draws the cells that it touches. Elements of a cell that follow the last one wanted need not be drawn.

SFC64 is NumPy's fastest generator: 16,384 uniform doubles take 30 µs, and 40 µs from the default PCG64, which pays for the
cells that lie partly in other blocks. Philox itself would take 72 µs. Setting a state takes 0.7 µs, NumPy's own preparation of
a call 1 to 7 µs, and the rest of the work for a cell 2 µs. Cells of a quarter the size cost more for that (and threads wait
more often for the interpreter's lock), larger ones for what is drawn in vain.

A cell that reaches into the next block is kept for it (`Shared`): chunks of 1,000 x 1,000 would otherwise draw one cell in
eight twice.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise, product
from math import isqrt, prod
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "CELL",
    "NARROW",
    "Hole",
    "Law",
    "Touch",
    "cell_box",
    "chosen",
    "draw",
    "factored_normal",
    "integers",
    "touched",
]

#: Elements of a cell, about.
CELL = 2**14
#: Most different integers that are drawn a cell at a time: bits are then drawn again for one element in 65,536 at most.
NARROW = 2**16
#: Methods that can write where the result is wanted.
WRITES = frozenset({"random", "standard_normal", "standard_exponential"})

#: Most cells that are kept for neighbouring blocks, and the largest of them in bytes: 8 MiB in all.
MOST_SHARED, LARGEST_SHARED = 64, 2**17

#: Elements of cells of integers that are scaled together (1 MiB: they stay in the cache).
TOGETHER = 2**17

WORD = 2**64 - 1
#: Which of the 32-bit halves of a 64-bit number is the lower one in memory.
LOWER_HALF = 0 if np.little_endian else 1

Key = tuple[int, int]
Where = tuple[tuple[int, int, int], ...]


class Hole(NamedTuple):
    """An argument that is an array: its number, and whether it is there for the block only, or whole."""

    number: int
    core: int
    local: bool


@dataclass(frozen=True)
class Law:
    """What to draw: a method of `numpy.random.Generator`, or a function of ours, with arguments.

    ``core`` is the number of last axes that one draw fills (those of vectors). ``affine`` is a factor and a summand for what
    is drawn.
    """

    method: str | Callable[..., Any]
    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    dtype: np.dtype[Any]
    core: int = 0
    affine: tuple[float, float] = (1.0, 0.0)

    def __weft_tokenize__(self) -> Any:
        return (self.method, self.args, self.keywords, self.dtype, self.core, self.affine)


def cell_box(shape: tuple[int, ...], core: int = 0) -> tuple[int, ...]:
    """Lengths of a cell along each axis.

    The last two axes that are longer than 1 are cut into squares; where one of them is short,
    the other is cut less often, and where both are, cells reach along the axes before. Boxes flat along the leading axes
    suit arrays that are cut there (images, time steps).

    >>> cell_box((10**6,)), cell_box((10**5, 10**5)), cell_box((10**6, 20)), cell_box((100, 3, 5))
    ((16384,), (128, 128), (819, 20), (100, 3, 5))
    """
    outer = len(shape) - core
    budget = CELL
    for length in shape[outer:]:
        budget = max(1, budget // max(1, length))
    box = [1] * outer + list(shape[outer:])
    long = [axis for axis in range(outer) if shape[axis] > 1]
    if not long:
        return tuple(box)
    last = long.pop()
    side = isqrt(budget)
    if not long:
        box[last] = min(shape[last], budget)
        return tuple(box)
    before = long.pop()
    if shape[last] < 2 * side:
        box[last] = shape[last]
        box[before] = min(shape[before], budget // box[last])
    else:
        box[before] = min(shape[before], side)
        box[last] = min(shape[last], budget // box[before])
    left = budget // (box[before] * box[last])
    while long and left > 1 and box[before] == shape[before]:
        before = long.pop()
        box[before] = min(shape[before], left)
        left //= box[before]
    return tuple(box)


class Touch(NamedTuple):
    """What a block wants of a cell along one axis: elements ``source`` of it, at ``target`` in the block."""

    cell: int
    extent: int
    needed: int
    source: slice
    target: slice


def touched(start: int, step: int, length: int, side: int, whole: int) -> list[Touch]:
    """The cells along an axis that ``length`` places from ``start`` in steps lie in.

    >>> [touch.cell for touch in touched(3, 4, 3, 5, 20)]
    [0, 1, 2]
    """
    backwards = step < 0
    if backwards:
        start, step = start + step * (length - 1), -step
    found = []
    first, last = start // side, (start + step * (length - 1)) // side
    cells: Iterable[int] = range(first, last + 1)
    if step > side:
        cells = [(start + step * place) // side for place in range(length)]
    for cell in cells:
        low = cell * side
        extent = min(side, whole - low)
        begin = max(0, -(-(low - start) // step))
        end = min(length, -(-(low + extent - start) // step))
        if end <= begin:
            continue
        head = start + begin * step - low
        needed = start + (end - 1) * step - low + 1
        target = slice(begin, end)
        if backwards:
            stop = length - 1 - end
            target = slice(length - 1 - begin, stop if stop >= 0 else None, -1)
        found.append(Touch(cell, extent, needed, slice(head, needed, step), target))
    return found


class Scratch(threading.local):
    """Generators whose state is set before each use: making one takes as long as drawing a cell."""

    def __init__(self) -> None:
        self.philox = np.random.Philox(0)
        self.bits = np.random.SFC64(0)
        self.generator = np.random.Generator(self.bits)


class Generators:
    """The scratch generators of each thread, made when a first block is drawn."""

    def __init__(self) -> None:
        self.made: Scratch | None = None

    def get(self) -> Scratch:
        if self.made is None:
            self.made = Scratch()
        return self.made


SCRATCH = Generators()


class Shared:
    """The cells drawn last that reach into other blocks; who takes one has it alone, and the oldest make room."""

    def __init__(self) -> None:
        self.kept: dict[Any, tuple[weakref.ref[Law], Any]] = {}
        self.lock = threading.Lock()

    def take(self, law: Law, name: Any, axis: int, needed: int) -> Any:
        """A cell that was drawn by a law, at least as far along an axis as is needed; None if there is none."""
        with self.lock:
            found = self.kept.pop(name, None)
        if found is None or found[0]() is not law or found[1].shape[axis] < needed:
            return None
        return found[1]

    def put(self, law: Law, name: Any, drawn: Any) -> None:
        """Keep a cell for whoever comes next."""
        with self.lock:
            self.kept.pop(name, None)
            while len(self.kept) >= MOST_SHARED:
                del self.kept[next(iter(self.kept))]
            self.kept[name] = weakref.ref(law), drawn


SHARED = Shared()


def cell_states(philox: Any, key: Key, first: int, count: int) -> Any:
    """States for the generators of ``count`` cells from a number on, a row of four words for each."""
    philox.state = {
        "bit_generator": "Philox",
        "state": {"counter": [first >> shift & WORD for shift in (0, 64, 128, 192)], "key": list(key)},
        "buffer": [0, 0, 0, 0],
        "buffer_pos": 4,
        "has_uint32": 0,
        "uinteger": 0,
    }
    return philox.random_raw(4 * count).reshape(count, 4)


def draw(where: Where, law: Law, key: Key, whole: tuple[int, ...], *arrays: Any) -> np.ndarray[Any, Any]:
    """A block of random numbers.

    Parameters
    ----------
    where : tuple of (start, step, length)
        The places of the block along each axis of the whole array.
    law : Law
    key : (int, int)
        Names the stream, with 128 bits.
    whole : tuple of int
        Shape of the whole array.
    *arrays : array
        The arguments that have holes in the law.
    """
    if not where:
        return draw(((0, 1, 1),), law, key, (1,), *arrays).reshape(())
    made = np.empty([length for _, _, length in where], law.dtype)
    if not made.size:
        return made
    box = cell_box(whole, law.core)
    counts = [-(-length // side) if side else 1 for length, side in zip(whole, box, strict=True)]
    axes = [touched(*each, side, length) if side else [] for each, side, length in zip(where, box, whole, strict=True)]
    outer = len(whole) - law.core
    shortened = -1 if law.core else next((axis for axis in range(outer) if box[axis] > 1), -1)
    origin = [start for start, _, _ in where]
    scratch = SCRATCH.get()
    bits, generator = scratch.bits, scratch.generator
    method = getattr(generator, law.method) if isinstance(law.method, str) else None
    direct = law.method in WRITES and not law.args
    (scale, shift), moved = law.affine, law.affine != (1.0, 0.0)
    keywords = dict(law.keywords)
    words: dict[str, Any] = {"state": None}
    state: Any = {"bit_generator": "SFC64", "state": words, "has_uint32": 0, "uinteger": 0}
    *across, along = axes
    shares = not arrays and shortened >= 0 and prod(box) * law.dtype.itemsize <= LARGEST_SHARED
    bounded = Bounded(law, *law.args[:2]) if law.method is integers and not moved else None
    consecutive = along[-1].cell - along[0].cell + 1 == len(along)
    for lead in product(*across):
        base = 0
        for touch, count in zip(lead, counts, strict=False):
            base = base * count + touch.cell
        base *= counts[-1]
        if consecutive:
            states = cell_states(scratch.philox, key, base + along[0].cell, len(along))
        else:
            states = [cell_states(scratch.philox, key, base + each.cell, 1)[0] for each in along]
        for last, words["state"] in zip(along, states, strict=True):
            bits.state = state
            touches = (*lead, last)
            size = [touch.extent for touch in touches[:outer]]
            if shortened >= 0:
                size[shortened] = touches[shortened].needed
            target = made[tuple([touch.target for touch in touches])]
            if direct and target.flags.c_contiguous and list(target.shape) == size:
                method(out=target, **keywords)  # type: ignore[misc]
                if moved:
                    target *= scale
                    target += shift
                continue
            name = None
            if shares and any(
                axis != shortened and touch.source != slice(0, touch.extent, 1) for axis, touch in enumerate(touches)
            ):
                name = (key, whole, *[touch.cell for touch in touches])
                drawn = SHARED.take(law, name, shortened, size[shortened])
                if drawn is not None:
                    target[...] = drawn[tuple([touch.source for touch in touches])]
                    continue
            if bounded is not None:
                bounded.add(generator, size, target, tuple([touch.source for touch in touches]), name)
                continue
            args = law.args
            if arrays:
                args = tuple([part(each, arrays, touches, size, box, origin) for each in args])
            if method is not None:
                drawn = method(*args, size=size, **keywords)
            else:
                drawn = law.method(generator, *args, size=size, **keywords)  # type: ignore[operator]
            if moved:
                drawn = drawn * scale
                drawn += shift
            if name is not None:
                SHARED.put(law, name, drawn)
            target[...] = drawn[tuple([touch.source for touch in touches])]
    if bounded is not None:
        bounded.settle()
    return made


def part(
    argument: Any,
    arrays: tuple[Any, ...],
    touches: tuple[Touch, ...],
    size: list[int],
    box: tuple[int, ...],
    origin: list[int],
) -> Any:
    """An argument for one cell: of an array, the part that is broadcast over the cell."""
    if not isinstance(argument, Hole):
        return argument
    array = arrays[argument.number]
    ndim = array.ndim - argument.core
    skip = len(size) - ndim
    index = []
    for axis in range(ndim):
        if array.shape[axis] == 1:
            index.append(slice(None))
            continue
        place = axis + skip
        first = touches[place].cell * box[place] - (origin[place] if argument.local else 0)
        index.append(slice(first, first + size[place]))
    return array[tuple(index)]


def factored_normal(generator: Any, mean: Any, factor: Any, *, size: list[int]) -> Any:
    """Correlated normal numbers: ``mean + z @ factor`` for a vector ``z`` of independent ones."""
    drawn = generator.standard_normal([*size, factor.shape[0]]) @ factor
    drawn += mean
    return drawn


def chosen(generator: Any, bounds: Any, *, size: list[int]) -> Any:
    """Places with given chances, of which ``bounds`` are the running totals."""
    return bounds.searchsorted(generator.random(size), side="right")


def integers(generator: Any, low: int, span: int, dtype: np.dtype[Any], *, size: list[int]) -> Any:
    """Integers of one cell from ``low`` to before ``low + span``, all equally likely; ``span`` is at most `NARROW`."""
    count = prod(size)
    (made,) = scaled([generator.bit_generator.random_raw((count + 1) // 2)], low, span)
    return made[:count].astype(dtype, copy=False).reshape(size)


def scaled(drawn: list[Any], low: int, span: int) -> list[Any]:
    """Integers from ``low`` to before ``low + span`` of the random words of some cells, two of each word.

    Lemire's multiplication (2019) for whole cells at a time: 32 random bits times the span, of which the upper half is the
    result. Where the lower half falls below a threshold, so that some numbers would come more often, bits are drawn again,
    from a generator that depends on the element alone. NumPy does it number by number: 54 µs for 16,384 of them,
    which are 33 here.
    """
    words = np.concatenate(drawn) if len(drawn) > 1 else drawn[0]
    ends = np.cumsum([2 * len(each) for each in drawn]).tolist()
    halves = words.astype("<u8", copy=False).view("<u4")
    wide = halves.astype(np.uint64)
    wide *= np.uint64(span)
    threshold = 2**32 % span
    lower = halves * np.uint32(span) if threshold else halves
    if threshold and lower.min() < threshold:
        for place in np.flatnonzero(lower < threshold).tolist():
            start = max([end for end in ends if end <= place], default=0)
            own = np.random.Generator(np.random.Philox(key=[int(wide[start]), place - start]))
            number = int(wide[place])
            while number & 0xFFFFFFFF < threshold:
                number = int(own.integers(0, 2**32, dtype=np.uint32)) * span
            wide[place] = number
    wide >>= np.uint64(32)
    made = wide.view(np.int64)
    if low:
        made += low
    return [made[start:end] for start, end in pairwise([0, *ends])]


class Bounded:
    """The cells of a block of integers. Their arithmetic is done for some of them together.

    Each call of NumPy gives the interpreter's lock away and waits for it: cell by cell two threads were no faster than one.
    """

    def __init__(self, law: Law, low: int, span: int) -> None:
        self.law, self.low, self.span = law, low, span
        self.drawn: list[Any] = []
        self.places: list[tuple[list[int], Any, tuple[slice, ...], Any]] = []
        self.elements = 0

    def add(self, generator: Any, size: list[int], target: Any, source: tuple[slice, ...], name: Any) -> None:
        """Draw a cell, of which ``source`` goes to ``target``; one with a name is kept for other blocks."""
        self.drawn.append(generator.bit_generator.random_raw((prod(size) + 1) // 2))
        self.places.append((size, target, source, name))
        self.elements += prod(size)
        if self.elements >= TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Write the cells drawn so far."""
        if not self.drawn:
            return
        for made, (size, target, source, name) in zip(
            scaled(self.drawn, self.low, self.span), self.places, strict=True
        ):
            cell = made[: prod(size)].reshape(size)
            if name is not None:
                cell = cell.astype(self.law.dtype)  # a copy, which does not keep the others
                SHARED.put(self.law, name, cell)
            target[...] = cell[source]
        self.drawn, self.places, self.elements = [], [], 0
