"""Random numbers in canonical cells: what a seed gives does not depend on how an array is cut. HOT: big blocks of `draw`.

An array's index space is cut into *cells*, boxes of about `CELL` elements that follow from its shape alone. A cell has a
generator of its own: NumPy's `Generator` over an SFC64 whose 256 bits of state are what Philox gives for the array's key and
the cell's number as counter. A cell is drawn from its start, in C order, with NumPy's own methods, and sliced; a block
draws the cells that it touches. Elements of a cell that follow the last one wanted need not be drawn.

SFC64 is NumPy's fastest generator: 62,500 uniform doubles take 95 µs, and 120 µs from the default PCG64, which pays for the
cells that lie partly in other blocks. Philox itself would take 270 µs. Setting a state takes 0.7 µs, NumPy's own preparation of
a call 1 to 7 µs, and the rest of the work for a cell 3 µs. Cells of a quarter the size cost more for that, and threads wait
more often for the interpreter's lock (8,000 x 5,000 doubles on two threads: 93 ms, 62 with these); larger ones cost more for what
is drawn in vain. Chunks of round lengths, 250 or 1,000 or 10**6, have no parts of cells.

A cell that reaches into the next block is kept for it (`Shared`): chunks of 1,024 x 1,024 would otherwise draw half as much again.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
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
CELL = 62_500
#: Most different integers that are drawn a cell at a time: bits are then drawn again for one element in 65,536 at most.
NARROW = 2**16
#: Methods that can write where the result is wanted.
WRITES = frozenset({"random", "standard_normal", "standard_exponential"})

#: Most cells that are kept for neighbouring blocks, and the largest of them in bytes: 16 MiB in all.
MOST_SHARED, LARGEST_SHARED = 32, 2**19

WORD = 2**64 - 1

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
    ((62500,), (250, 250), (3125, 20), (100, 3, 5))
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
    """The cells that reach into several blocks; those that nobody has read for the longest time make room."""

    def __init__(self) -> None:
        self.kept: dict[Any, tuple[weakref.ref[Law], Any]] = {}
        self.lock = threading.Lock()

    def get(self, law: Law, name: Any, axis: int, needed: int) -> Any:
        """A cell that was drawn by a law, at least as far along an axis as is needed; None if there is none."""
        with self.lock:
            found = self.kept.pop(name, None)
            if found is None or found[0]() is not law or found[1].shape[axis] < needed:
                return None
            self.kept[name] = found
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
    spans = [[Span(touch, axis == shortened) for touch in touches] for axis, touches in enumerate(axes)]
    origin = [start for start, _, _ in where]
    scratch = SCRATCH.get()
    bits = scratch.bits
    drawing = Drawing(law, scratch.generator, made, prod(box[:outer]))
    shares = not arrays and shortened >= 0 and prod(box) * law.dtype.itemsize <= LARGEST_SHARED
    words: dict[str, Any] = {"state": None}
    state: Any = {"bit_generator": "SFC64", "state": words, "has_uint32": 0, "uinteger": 0}
    *across, along = spans
    first = along[0].cell
    consecutive = along[-1].cell - first + 1 == len(along)
    for lead in product(*across):
        base = 0
        for span, count in zip(lead, counts, strict=False):
            base = base * count + span.cell
        base *= counts[-1]
        if consecutive:
            states = cell_states(scratch.philox, key, base + first, len(along))
        else:
            states = [cell_states(scratch.philox, key, base + each.cell, 1)[0] for each in along]
        strip = made[tuple([span.target for span in lead])]
        ahead = tuple([span.size for span in lead[:outer]])
        fits, is_part = all(span.fits for span in lead), any(span.is_part for span in lead)
        for last, words["state"] in zip(along, states, strict=True):
            bits.state = state
            target = strip[..., last.target]
            size = ahead if law.core else (*ahead, last.size)
            name: Any = None
            drawn = None
            if shares and (is_part or last.is_part):
                name = (key, whole, *[span.cell for span in lead], last.cell)
                drawn = SHARED.get(law, name, shortened, size[shortened])
            source = None if fits and last.fits else (*[span.source for span in lead], last.source)
            if drawn is not None:
                target[...] = drawn[source]
            elif arrays:
                args = [part(each, arrays, (*lead, last), size, box, origin) for each in law.args]
                drawing.draw(size, target, source, None, args)
            else:
                drawing.draw(size, target, source, name, law.args)
    return made


class Span:
    """What a block wants of a cell along one axis, and how much of the cell is drawn for it.

    ``fits`` says that all of that is wanted, ``is_part`` that a neighbouring block may want the rest of the cell.
    """

    __slots__ = ("cell", "fits", "is_part", "size", "source", "target")

    def __init__(self, touch: Touch, is_shortened: bool) -> None:
        self.cell, self.source, self.target = touch.cell, touch.source, touch.target
        self.size = touch.needed if is_shortened else touch.extent
        self.fits = touch.source == slice(0, self.size, 1)
        self.is_part = not (self.fits or is_shortened)


class Drawing:
    """Cells of one block that are drawn one after the other, after the generator's state has been set for each."""

    def __init__(self, law: Law, generator: Any, made: np.ndarray[Any, Any], elements: int) -> None:
        self.law = law
        self.generator = generator
        self.method = getattr(generator, law.method) if isinstance(law.method, str) else None
        self.keywords = dict(law.keywords)
        self.is_direct = law.method in WRITES and not law.args
        self.is_integers = law.method is integers
        self.is_moved = law.affine != (1.0, 0.0)
        self.spare = np.empty(elements if self.is_direct else 0, made.dtype)

    def draw(
        self, size: tuple[int, ...], target: Any, source: tuple[slice, ...] | None, name: Any, args: Sequence[Any]
    ) -> None:
        """Draw a cell, of which ``source`` (None: all) goes to ``target``; one with a name is kept for other blocks."""
        if self.is_direct and name is None:
            self.write(size, target, source)
            return
        if self.is_integers and name is None and source is None and not self.is_moved:
            integers(self.generator, *args, size=size, out=target, **self.keywords)
            return
        if self.method is not None:
            drawn = self.method(*args, size=size, **self.keywords)
        else:
            drawn = self.law.method(self.generator, *args, size=size, **self.keywords)  # type: ignore[operator]
        if self.is_moved:
            scale, shift = self.law.affine
            drawn = drawn * scale
            drawn += shift
        if name is not None:
            SHARED.put(self.law, name, drawn)
        target[...] = drawn if source is None else drawn[source]

    def write(self, size: tuple[int, ...], target: Any, source: tuple[slice, ...] | None) -> None:
        """Draw a cell where it is wanted, or into memory that stays in the cache."""
        drawn = target
        if source is not None or not target.flags.c_contiguous:
            drawn = self.spare[: prod(size)].reshape(size)
        self.method(out=drawn, **self.keywords)  # type: ignore[misc]
        wanted = drawn if source is None else drawn[source]
        if self.is_moved:
            scale, shift = self.law.affine
            np.multiply(wanted, scale, out=wanted)
            np.add(wanted, shift, out=target)
        elif drawn is not target:
            target[...] = wanted


def part(
    argument: Any,
    arrays: tuple[Any, ...],
    touches: tuple[Span, ...],
    size: tuple[int, ...],
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


def integers(generator: Any, low: int, span: int, dtype: np.dtype[Any], *, size: Sequence[int], out: Any = None) -> Any:
    """Integers of one cell from ``low`` to before ``low + span``, all equally likely; ``span`` is at most `NARROW`.

    Lemire's multiplication (2019) for a whole cell: 32 random bits times the span, of which the upper half is the
    result. Where the lower half falls below a threshold, so that some numbers would come more often, bits are drawn again,
    from a generator that depends on the element alone. NumPy does it number by number: 2.4 ns each, which are 1.6 here.

    In few steps: each gives the interpreter's lock away, and waits for it.
    """
    count = prod(size)
    words = generator.bit_generator.random_raw((count + 1) // 2).astype("<u8", copy=False)
    wide = np.multiply(words.view("<u4"), np.uint64(span), dtype=np.uint64)
    halves = wide.astype("<u8", copy=False).view("<u4")
    threshold = 2**32 % span
    if threshold and halves[::2].min() < threshold:
        for place in np.flatnonzero(halves[::2] < threshold).tolist():
            own = np.random.Generator(np.random.Philox(key=[int(wide[0]), place]))
            number = int(wide[place])
            while number & 0xFFFFFFFF < threshold:
                number = int(own.integers(0, 2**32, dtype=np.uint32)) * span
            halves[2 * place : 2 * place + 2] = number & 0xFFFFFFFF, number >> 32
    made = np.empty(size, dtype) if out is None else out
    made[...] = halves[1 : 2 * count : 2].reshape(size)
    if low:
        np.add(made, low, out=made)
    return made
