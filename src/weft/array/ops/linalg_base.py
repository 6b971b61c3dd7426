"""What linear algebra stands on: several arrays made at once, and functions of the last axes.

A factorisation makes several arrays. Its node is a `Several`: it draws the blocks of all of them in one graph (see
`weft.physical.drawn`), and each array that users see is a `Part` of it.

What NumPy does to stacks of matrices is done to blocks whose last axes are whole (`core_wise`): one call for each block.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from weft import config
from weft.array.base import new
from weft.array.chunks import Cut, Grid, axis_count, axis_largest, common_cut, finer, regular
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.layout_cost import chunk_limit
from weft.array.ops.elementwise import broadcast_shape
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.errors import PerformanceWarning
from weft.expr import Cost, Expr, derived, node
from weft.physical.base import BlockExpr, Outline
from weft.physical.blockwise import Same, blockwise
from weft.physical.drawn import Blocks, Drawn, Recipe, Selected, Sheet
from weft.records import record
from weft.typing import Function, Key
from weft.units import format_bytes

__all__ = [
    "Layout",
    "Part",
    "Several",
    "as_matrices",
    "as_square",
    "core_several",
    "core_wise",
    "float_kind",
    "is_single",
    "parts_of",
    "real_kind",
]


class Layout(NamedTuple):
    """What is known of an array that is made together with others."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid: Grid

    @property
    def numblocks(self) -> tuple[int, ...]:
        """Blocks along each axis."""
        return tuple(map(axis_count, self.shape, self.grid))

    @property
    def nbytes(self) -> int:
        """Bytes of the largest block."""
        return prod(map(axis_largest, self.shape, self.grid)) * self.dtype.itemsize


@node
class Several(BlockExpr):
    """Several arrays that are made at once; their blocks stand in a row, those of the first array first."""

    @derived
    def parts(self) -> tuple[Layout, ...]:
        """The arrays."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it makes")

    @property
    def recipe(self) -> Recipe:
        """How their blocks are drawn."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is drawn")

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        """What the recipe is given, cut as it wants it."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it reads")

    @derived
    def numblocks(self) -> tuple[int, ...]:
        return (sum([prod(part.numblocks) for part in self.parts]),)

    def lower(self) -> Expr:
        largest = max([part.nbytes for part in self.parts], default=0)
        outline = Outline(self.name, self.label, self.numblocks, largest, signature=self.signature)
        return Drawn(outline, self.sources, self.recipe)


@node
class Part(ArrayExpr):
    """One of several arrays."""

    source: Several
    number: int

    @property
    def label(self) -> str:
        return self.source.label

    @property
    def layout(self) -> Layout:
        """What is known of it."""
        return self.source.parts[self.number]

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.layout.shape

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.layout.dtype

    @derived
    def grid(self) -> Grid:
        return self.layout.grid

    @derived
    def prototype(self) -> Any:
        return None

    def lower(self) -> Expr:
        first = sum([prod(part.numblocks) for part in self.source.parts[: self.number]])
        return Selected(self.outline, self.source, first)


def parts_of(several: Several) -> list[Any]:
    """The arrays that are made at once."""
    return [new(Part(several, number)) for number in range(len(several.parts))]


def as_matrices(x: Any, name: str) -> Any:
    """An array with two axes at least, all lengths known."""
    a = asarray(x)
    if a.ndim < 2:
        raise np.linalg.LinAlgError(
            f"{a.ndim}-dimensional array given to {name}. Array must be at least two-dimensional"
        )
    return known(a)


def as_square(x: Any, name: str) -> Any:
    """A stack of square matrices."""
    a = as_matrices(x, name)
    if a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(
            f"Last 2 dimensions of the array given to {name} must be square, and they are {a.shape[-2:]}"
        )
    return a


def float_kind(*dtypes: Any) -> np.dtype[Any]:
    """The dtype in which LAPACK works on these: single or double, real or complex.

    >>> float_kind("int64"), float_kind("float32", "complex64")
    (dtype('float64'), dtype('complex64'))
    """
    kinds = [np.dtype(each) for each in dtypes]
    for kind in kinds:
        if kind.kind not in "biufc" or kind.itemsize > (16 if kind.kind == "c" else 8) or kind == np.float16:
            raise TypeError(f"array type {kind} is unsupported in linalg. Use astype(float) first.")
    return np.result_type(*[kind if kind.kind in "fc" else np.dtype(float) for kind in kinds])


def real_kind(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of absolute values."""
    return np.empty(0, dtype).real.dtype


def is_single(x: Any) -> bool:
    """Whether each matrix of a stack lies in one block, or there are many: both are NumPy's work, block by block."""
    return bool(x.ndim > 2 or (x.numblocks[-1] == 1 and x.numblocks[-2] == 1))


def batch_layout(inputs: Sequence[ArrayExpr], cores: Sequence[int], nbytes: int) -> tuple[tuple[int, ...], Grid]:
    """Shape and cuts of the axes that come before the core; cut so that blocks are not too large.

    ``nbytes`` is what the cores of one element of the batch take.
    """
    shapes = [each.shape[: each.ndim - core] for each, core in zip(inputs, cores, strict=True)]
    shape = broadcast_shape(shapes, "a function of matrices")
    cuts: list[Cut] = []
    for axis, length in enumerate(shape):
        offers = []
        for each, own in zip(inputs, shapes, strict=True):
            place = axis - len(shape) + len(own)
            if place >= 0 and own[place] == length:
                offers.append((each.grid[place], each.weight))
        cuts.append(common_cut(length, offers) if len({cut for cut, _ in offers}) > 1 else offers[0][0])
    limit = chunk_limit()
    while shape:
        long = [axis_largest(length, cut) for length, cut in zip(shape, cuts, strict=True)]
        if prod(long) * nbytes <= limit or max(long) <= 1:
            break
        axis = long.index(max(long))
        cuts[axis] = finer(shape[axis], cuts[axis], -(-long[axis] // 2))
    return shape, tuple(cuts)


def whole(lengths: Sequence[int]) -> Grid:
    """Axes that are not cut."""
    return tuple([regular(length, length) for length in lengths])


def core_bytes(inputs: Sequence[ArrayExpr], cores: Sequence[int]) -> int:
    """Bytes of the cores of all inputs."""
    return sum(
        [prod(each.shape[each.ndim - core :]) * each.dtype.itemsize for each, core in zip(inputs, cores, strict=True)]
    )


def aligned_cores(
    inputs: Sequence[ArrayExpr], cores: Sequence[int], shape: tuple[int, ...], grid: Grid
) -> list[ArrayExpr]:
    """The inputs with the batch's cuts and whole cores."""
    made = []
    for each, core in zip(inputs, cores, strict=True):
        skip = len(shape) - (each.ndim - core)
        cuts = [grid[axis + skip] if each.shape[axis] == shape[axis + skip] else 1 for axis in range(each.ndim - core)]
        made.append(laid_out(each, (*cuts, *whole(each.shape[each.ndim - core :]))))
    return made


@node
class CoreWise(ArrayExpr):
    """A function of the last axes of its inputs (``cores`` of each); axes before them are broadcast."""

    function: Function
    inputs: tuple[ArrayExpr, ...]
    cores: tuple[int, ...]
    core: tuple[int, ...]
    dtype: np.dtype[Any]
    keywords: tuple[tuple[str, Any], ...] = ()
    called: str = ""

    @property
    def label(self) -> str:
        return self.called or str(getattr(self.function, "__name__", "core_wise"))

    @derived
    def batch(self) -> tuple[tuple[int, ...], Grid]:
        """Shape and grid of the axes before the core."""
        nbytes = core_bytes(self.inputs, self.cores) + prod(self.core) * self.dtype.itemsize
        return batch_layout(self.inputs, self.cores, nbytes)

    @derived
    def shape(self) -> tuple[int, ...]:
        return (*self.batch[0], *self.core)

    @derived
    def grid(self) -> Grid:
        return (*self.batch[1], *whole(self.core))

    def lower(self) -> Expr:
        shape, grid = self.batch
        sources = []
        for each, core in zip(aligned_cores(self.inputs, self.cores, shape, grid), self.cores, strict=True):
            skip = len(shape) - (each.ndim - core)
            pick = [axis + skip if each.shape[axis] == shape[axis + skip] else None for axis in range(each.ndim - core)]
            sources.append((each, (*pick, *[None] * core)))
        values = [Same(value) for _, value in self.keywords]
        keywords = tuple([key for key, _ in self.keywords])
        return blockwise(self.outline, self.function, sources, values, keywords=keywords, cost=Cost.HEAVY)


@node
class CoreSeveral(Several):
    """The same, of a function that gives several arrays."""

    function: Function
    inputs: tuple[ArrayExpr, ...]
    cores: tuple[int, ...]
    outputs: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...]
    arguments: tuple[Any, ...]
    called: str

    @property
    def label(self) -> str:
        return self.called

    @derived
    def batch(self) -> tuple[tuple[int, ...], Grid]:
        """Shape and grid of the axes before the core."""
        nbytes = core_bytes(self.inputs, self.cores)
        nbytes += sum([prod(core) * dtype.itemsize for core, dtype in self.outputs])
        return batch_layout(self.inputs, self.cores, nbytes)

    @derived
    def parts(self) -> tuple[Layout, ...]:
        shape, grid = self.batch
        return tuple([Layout((*shape, *core), dtype, (*grid, *whole(core))) for core, dtype in self.outputs])

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        return tuple(aligned_cores(self.inputs, self.cores, *self.batch))

    @property
    def recipe(self) -> Recipe:
        counts = tuple(map(axis_count, *self.batch)) if self.batch[0] else ()
        largest = max([part.nbytes for part in self.parts])
        return CoreCalls(self.function, counts, self.cores, len(self.outputs), self.arguments, largest, self.called)


@record
class CoreCalls(Recipe):
    """One call for each block of the batch."""

    function: Function
    counts: tuple[int, ...]
    cores: tuple[int, ...]
    outputs: int
    arguments: tuple[Any, ...]
    nbytes: int
    label: str

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        made = []
        for place in product(*map(range, self.counts)):
            inputs = []
            for blocks, core in zip(sources, self.cores, strict=True):
                batch = blocks.numblocks[: len(blocks.numblocks) - core]
                own = place[len(place) - len(batch) :]
                at = [0 if length == 1 else where for where, length in zip(own, batch, strict=True)]
                inputs.append(blocks[(*at, *[0] * core)])
            made.append(
                sheet.call(
                    self.function, inputs, self.arguments, outputs=self.outputs, nbytes=self.nbytes, label=self.label
                )
            )
        return [keys[number] for number in range(self.outputs) for keys in made]


def core_wise(
    function: Function,
    inputs: Sequence[Any],
    cores: Sequence[int],
    core: Sequence[int],
    dtype: Any,
    name: str = "",
    **keywords: Any,
) -> Any:
    """Apply a function to the last axes of arrays; axes before them are broadcast.

    Parameters
    ----------
    function : callable
        Of stacks of matrices, as NumPy's are.
    inputs : sequence of Array
    cores : sequence of int
        How many of the last axes of each input the function works on.
    core : sequence of int
        What it makes of them: the lengths of the last axes of the result.
    dtype : dtype
    name : str, optional
    **keywords
        Further arguments of the function.
    """
    exprs = tuple([each.expr for each in inputs])
    warn_of_gathering(exprs, cores, name)
    return new(CoreWise(function, exprs, tuple(cores), tuple(core), np.dtype(dtype), tuple(keywords.items()), name))


def warn_of_gathering(exprs: Sequence[ArrayExpr], cores: Sequence[int], name: str) -> None:
    """Warn where a matrix in several chunks is to become a block that is larger than all the memory results may take."""
    budget = int(config.value("memory.budget"))
    for each, core in zip(exprs, cores, strict=True):
        nbytes = core_bytes([each], [core])
        if nbytes > budget and prod(each.numblocks[each.ndim - core :]) > 1:
            warnings.warn(
                f"{name}() gathers a matrix of {format_bytes(nbytes)} into one block, and the option memory.budget is "
                f"{format_bytes(budget)}: it may not fit. svd_compressed() gives leading singular vectors without that.",
                PerformanceWarning,
                stacklevel=4,
            )


def core_several(
    function: Function,
    inputs: Sequence[Any],
    cores: Sequence[int],
    outputs: Sequence[tuple[tuple[int, ...], Any]],
    arguments: tuple[Any, ...] = (),
    name: str = "",
) -> list[Any]:
    """The same for a function that gives several arrays: ``outputs`` has the lengths of the last axes and the dtype of each."""
    exprs = tuple([each.expr for each in inputs])
    warn_of_gathering(exprs, cores, name)
    made = tuple([(tuple(core), np.dtype(dtype)) for core, dtype in outputs])
    return parts_of(CoreSeveral(function, exprs, tuple(cores), made, arguments, name))
