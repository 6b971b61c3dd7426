"""Random arrays: the node that draws, and where its streams come from.

A `Stream` is what a seed becomes: it gives each call a key of its own, made of the seed and the number of the call. The
key, the shape and the place of an element decide its value (see `weft.array.kernels.random`): the chunks do not, so slices
and rechunks go right into the node.

Distributions are methods of `Distributions`, which NumPy's two interfaces, `Generator` and the older `RandomState`, have
in common. Parameters may be NumPy arrays, of which each block draws with its part, and chunked arrays: then blocks are
drawn on a grid of whole cells, and cut as asked for afterwards.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from math import isfinite, prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Grid, axis_chunks, compress
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import Region
from weft.array.kernels.random import Hole, Law, cell_box, draw
from weft.array.ops.creation import shape_of
from weft.array.ops.rechunking import laid_out
from weft.expr import Cost, Expr, Held, derived, node
from weft.physical.base import Outline
from weft.physical.blockwise import Column, Same, blockwise
from weft.physical.grid import Pick
from weft.physical.source import Whole

__all__ = ["Bounds", "Random", "RandomWith", "Stream", "drawn"]

#: NumPy arrays up to this many bytes are named by their content when they are parameters.
SMALL = 2**20
#: NumPy arrays up to this many bytes go along with each task when they are the same for all draws.
INLINE = 4096
#: Draws up to which parameters are tried out when a call is made, so that bad ones fail there.
TRIED = 2**18


@node
class Random(ArrayExpr):
    """A region of a random array.

    Parameters
    ----------
    law : Law
    key : (int, int)
        Names the stream.
    whole : tuple of int
        Shape of the array that was asked for.
    region : Region
        What of it this is.
    grid : Grid
    parameters : tuple of Held
        NumPy arrays for the holes in the law.
    """

    law: Law
    key: tuple[int, int]
    whole: tuple[int, ...]
    region: Region
    grid: Grid
    parameters: tuple[Held, ...] = ()

    holes = ("key",)

    @property
    def label(self) -> str:
        method = self.law.method
        return method if isinstance(method, str) else method.__name__

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.law.dtype

    def lower(self) -> Expr:
        outline = self.outline
        wholes = [
            (Whole(Outline(f"{self.name}-{i}", "parameter", ()), each), ()) for i, each in enumerate(self.parameters)
        ]
        columns: list[Column] = [Bounds(self.region, self.grid), Same(self.law), Same(self.key), Same(self.whole)]
        count = len(wholes)
        slots = [*range(count, count + 4), *range(count)]
        return blockwise(outline, draw, wholes, columns, slots=slots, cost=Cost.READ)


@node
class RandomWith(ArrayExpr):
    """A random array with parameters that are chunked arrays."""

    law: Law
    key: tuple[int, int]
    shape: tuple[int, ...]
    grid: Grid
    parameters: tuple[Any, ...]

    @property
    def label(self) -> str:
        return str(self.law.method)

    @derived
    def prototype(self) -> Any:
        return None  # NumPy draws, whatever the parameters are

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.law.dtype

    def lower(self) -> Expr:
        box = cell_box(self.shape, self.law.core)
        cells = tuple(
            [snapped(length, cut, side) for length, cut, side in zip(self.shape, self.grid, box, strict=True)]
        )
        if cells != self.grid:
            return laid_out(self.with_operands(grid=cells), self.grid)
        sources: list[tuple[Expr, Pick]] = []
        holes: dict[int, Hole] = {}
        for number, each in enumerate(self.parameters):
            if isinstance(each, ArrayExpr):
                skip = len(self.shape) - self.law.core - each.ndim
                wanted, pick = [], []
                for axis, length in enumerate(each.shape):
                    spread = length == 1 != self.shape[axis + skip]
                    wanted.append(1 if spread else self.grid[axis + skip])
                    pick.append(None if spread else axis + skip)
                sources.append((laid_out(each, tuple(wanted)), tuple(pick)))
            else:
                sources.append((Whole(Outline(f"{self.name}-{number}", "parameter", ()), each), ()))
            holes[number] = Hole(number, 0, isinstance(each, ArrayExpr))
        args = tuple(
            [holes[each.number]._replace(core=each.core) if isinstance(each, Hole) else each for each in self.law.args]
        )
        region = tuple([(0, 1, length) for length in self.shape])
        columns: list[Column] = [
            Bounds(region, self.grid),
            Same(replace(self.law, args=args)),
            Same(self.key),
            Same(self.shape),
        ]
        count = len(sources)
        slots = [*range(count, count + 4), *range(count)]
        return blockwise(self.outline, draw, sources, columns, slots=slots, cost=Cost.READ)


def snapped(length: int, cut: Any, side: int) -> Any:
    """The cut nearest to one whose chunks end where cells do."""
    if not isinstance(cut, tuple):
        return max(1, min(length, max(1, round(cut / side)) * side)) if side else 1
    ends, end = {0, length}, 0
    for each in cut:
        end += each
        ends.add(min(length, round(end / side) * side) if side else 0)
    edges = sorted(ends)
    return compress([high - low for low, high in pairwise(edges)] or [0])


@dataclass(frozen=True)
class Bounds:
    """Column: for each block ``(start, step, length)`` along each axis of the whole array."""

    region: Region
    grid: Grid

    def __weft_tokenize__(self) -> Any:
        return (self.region, self.grid)

    def values(self, numblocks: Any) -> list[Any]:
        made: list[tuple[Any, ...]] = [()]
        for (start, step, length), cut in zip(self.region, self.grid, strict=True):
            along, first = [], start
            for each in axis_chunks(length, cut):
                along.append((first, step, each))
                first += step * each
            made = [(*lead, last) for lead in made for last in along]
        return made


class Stream:
    """Keys for the calls of a generator, made of a seed and a count of the calls."""

    def __init__(self, seed: bytes, count: int = 0) -> None:
        self.seed = seed
        self.count = count
        self.lock = threading.Lock()

    @classmethod
    def of(cls, bits: Any) -> Stream:
        """A stream from 256 bits that a NumPy bit generator gives now; the operating system's without one."""
        return cls(os.urandom(32) if bits is None else np.random.Generator(bits).bytes(32))

    def next(self) -> tuple[int, int]:
        """The key for one more call."""
        with self.lock:
            self.count += 1
            count = self.count
        digest = blake2b(self.seed + count.to_bytes(16, "little"), digest_size=16, usedforsecurity=False).digest()
        return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")

    def __reduce__(self) -> Any:
        return Stream, (self.seed, self.count)


def drawn(
    key: tuple[int, int],
    method: Any,
    args: tuple[Any, ...],
    size: Any,
    chunks: Any,
    *,
    core: tuple[int, ...] = (),
    cores: tuple[int, ...] | None = None,
    dtype: Any = None,
    affine: tuple[float, float] = (1.0, 0.0),
    keywords: Mapping[str, Any] | None = None,
    tries: bool = True,
) -> Any:
    """An array drawn with a method of `numpy.random.Generator`.

    Parameters
    ----------
    key : (int, int)
    method : str or callable
    args : tuple
        Scalars and arrays, NumPy's or chunked, which are broadcast.
    size : int, tuple or None
        By default the shape that the arguments have together.
    chunks : int, tuple, str or dict
        For the axes of ``size``; may name those of ``core`` too.
    core : tuple of int
        Shape of what one draw gives.
    cores : tuple of int, optional
        For each argument the number of its last axes that are not broadcast.
    dtype : dtype
        Of the result.
    affine : (float, float)
        Factor and summand for what is drawn.
    keywords : mapping, optional
        Further arguments of the method.
    tries : bool
        Whether to try the arguments out.
    """
    words = dict(keywords or {})
    kept = cores or (0,) * len(args)
    made: list[Any] = []
    parameters: list[Any] = []
    shapes = []
    for each, own in zip(args, kept, strict=True):
        value = each.expr if isinstance(each, ArrayBase) else each
        if not isinstance(value, ArrayExpr):
            value = plain(value)
            if not isinstance(value, np.ndarray) or (value.ndim <= own and value.nbytes <= INLINE):
                made.append(value)
                continue
        shapes.append(outer_shape(value, own))
        made.append(Hole(len(parameters), own, False))
        parameters.append(value)
    label = method if isinstance(method, str) else method.__name__
    outer = lengths_of(size, shapes, label)
    if tries:
        tried(method, made, parameters, words)
    shape = outer + core
    kind = np.dtype(dtype)
    grid = grid_of(chunks, outer, core, kind)
    law = Law(method, tuple(made), tuple(sorted(words.items())), kind, len(core), affine)
    held: tuple[Any, ...] = tuple(
        [each if isinstance(each, ArrayExpr) else Held.of(each, each.nbytes <= SMALL or None) for each in parameters]
    )
    if any(isinstance(each, ArrayExpr) for each in parameters):
        return new(RandomWith(law, key, shape, grid, held))
    return new(Random(law, key, shape, tuple([(0, 1, length) for length in shape]), grid, held))


def outer_shape(value: Any, core: int) -> tuple[int, ...]:
    """The axes of a parameter that are broadcast."""
    return tuple(value.shape)[: value.ndim - core]


def plain(value: Any) -> Any:
    """A parameter as a Python number if it is one, as an array otherwise."""
    if isinstance(value, (bool, int, float, ArrayBase)):
        return value
    array = np.asarray(value)
    return array.item() if array.ndim == 0 and array.dtype.kind in "biuf" else array


def are_numbers(*values: Any) -> bool:
    """Whether all parameters are single numbers, and finite."""
    return all(isinstance(each, (bool, int, float)) and isfinite(each) for each in values)


def lengths_of(size: Any, shapes: list[tuple[int, ...]], label: str) -> tuple[int, ...]:
    """The shape asked for, which the parameters must fit."""
    try:
        together = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"cannot draw {label}: the parameters could not be broadcast together with shapes "
            f"{' '.join(map(str, shapes))}. Lengths along an axis must be equal, or 1."
        ) from None
    if size is None:
        return together
    outer = shape_of(size)
    if shapes and (len(together) > len(outer) or np.broadcast_shapes(together, outer) != outer):
        raise ValueError(
            f"cannot draw {label} with size={size!r}: the parameters have the shape {together} together, which does not "
            "broadcast to it. Give a size that ends in that shape, or size=None."
        )
    return outer


def grid_of(chunks: Any, outer: tuple[int, ...], core: tuple[int, ...], dtype: np.dtype[Any]) -> Grid:
    """The grid for chunks of the outer axes, or of all; what one draw gives stays together unless asked otherwise."""
    if not core:
        return grid_for(chunks, outer, dtype)
    shape = outer + core
    if isinstance(chunks, (list, tuple)) and len(chunks) == len(outer):
        chunks = (*chunks, *[-1] * len(core))
    elif isinstance(chunks, str) or hasattr(chunks, "__index__"):
        chunks = (*[chunks] * len(outer), *[-1] * len(core))
    return grid_for(chunks, shape, dtype)


def tried(method: str, args: list[Any], parameters: list[Any], keywords: dict[str, Any]) -> None:
    """Draw with these parameters once, if that is little work, so that NumPy refuses bad ones at the call."""
    if any(isinstance(each, ArrayExpr) for each in parameters):
        return
    values = [parameters[each.number] if isinstance(each, Hole) else each for each in args]
    size: Any = 1
    if parameters:
        holes = [each for each in args if isinstance(each, Hole)]
        size = np.broadcast_shapes(*[outer_shape(parameters[each.number], each.core) for each in holes])
        if prod(size) > TRIED:
            return
    getattr(np.random.default_rng(0), method)(*values, size=size, **keywords)
