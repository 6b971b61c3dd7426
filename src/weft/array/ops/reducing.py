"""Reductions: each chunk to a partial result, partial results together in a tree.

A kind of reduction is three functions: ``chunk`` makes a partial result of a block (axes kept, with length 1), ``combine``
makes one of several, ``finish`` makes the result of the last. A new one is an entry of `KINDS` and a function.

`Reduction` takes all elements, `WhereReduction` those that a mask selects. Lengths need not be known: then means and
variances count what there is. ``reproducible=True`` takes the way of `weft.array.ops.reproducible` instead.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, is_unknown
from weft.array.expr import ArrayExpr, array_outline
from weft.array.io.from_array import asarray
from weft.array.kernels import nan_reductions as nans
from weft.array.kernels import reductions as kernels
from weft.array.ops.broadcasting import only
from weft.array.ops.elementwise import broadcast_shape, elementwise
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reduction_kinds import KINDS, MEAN_WHERE, MOMENTS_KINDS, Kind, foreign_kind
from weft.array.ops.reproducible import canonical
from weft.array.ops.sizes import known
from weft.array.ops.transposing import normal_axis
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Blockwise, Call, Placed, Same
from weft.physical.grid import Pick, identity_pick
from weft.physical.tree_reduce import TreeReduce
from weft.records import replaced
from weft.typing import Function

__all__ = [
    "FAN_IN",
    "FanIn",
    "NOT_GIVEN",
    "Reducing",
    "Reduction",
    "WhereReduction",
    "axes_of",
    "fan_in",
    "into",
    "reduce",
    "result_dtype",
    "same_columns",
    "spread",
]

#: What NumPy's functions have for arguments that were not given.
NOT_GIVEN: Any = np._NoValue
#: Means and spreads that leave out NaN: as the others of elements that cannot be NaN.
NAN_MOMENTS = ("nanmean", "nanvar", "nanstd")
#: Kinds whose numbers are added up, or multiplied, in the dtype of the array for the result, if that has them all.
ADDED = ("sum", "prod", "nansum", "nanprod", "mean", "nanmean")
#: Blocks that one task combines.
FAN_IN = 16
#: A number of blocks, or one for each axis.
FanIn: TypeAlias = int | tuple[tuple[int, int], ...]


#: Kinds whose partial results are of another sort where a mask selects elements.
WHERE_KINDS: dict[str, tuple[Function, Function]] = {
    "mean": MEAN_WHERE,
    "var": (nans.moments_combine, nans.where_var_finish),
    "std": (nans.moments_combine, nans.where_std_finish),
}


@node
class Reducing(ArrayExpr):
    """Base of the reductions: axes reduced to nothing, or to length 1."""

    source: ArrayExpr
    kind: str
    axes: tuple[int, ...]
    keepdims: bool = False
    given: np.dtype[Any] | None = None
    ddof: float = 0
    split_every: FanIn = FAN_IN

    @property
    def label(self) -> str:
        return self.kind

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.reduced(self.source.shape, 1)

    @derived
    def grid(self) -> Grid:
        return self.reduced(self.source.grid, 1)

    @derived
    def dtype(self) -> np.dtype[Any]:
        whole = not self.keepdims and len(self.axes) == self.source.ndim
        return result_dtype(self.kind, self.source.dtype, self.given, whole)

    @derived
    def prototype(self) -> Any:
        found = self.source.prototype
        if self.kind in ("var", "std", "nanvar", "nanstd") and not isinstance(found, np.ma.MaskedArray):
            return None
        if self.kind == "nanmean" and hasattr(found, "todense"):
            return None
        return found

    def reduced(self, values: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
        """Values by axis after the reduction."""
        if self.keepdims:
            return tuple([one if axis in self.axes else value for axis, value in enumerate(values)])
        return tuple([value for axis, value in enumerate(values) if axis not in self.axes])

    @property
    def functions(self) -> Kind:
        """What the blocks go through."""
        raise NotImplementedError

    @property
    def passes_as(self) -> tuple[str, str]:
        """Origin and label of the partial results; those of equal ones are made once."""
        return self.name, f"{self.kind}-chunk"

    @property
    def read(self) -> list[tuple[Expr, Pick]]:
        """What a partial result is made of: expressions, and the blocks that go with a block of the source."""
        return [(self.source, identity_pick(self.source.ndim))]

    @property
    def told(self) -> tuple[Any, ...]:
        """Further arguments of ``chunk``."""
        if self.given is not None and self.given.kind in "biu" and self.kind.endswith(("var", "std")):
            return self.axes, None  # means of integers are not integers
        half = self.source.dtype == np.float16 and self.kind.endswith(("sum", "prod")) and self.given is None
        return self.axes, np.dtype(np.float32) if half else self.given

    def lower(self) -> Expr:
        kind, source, axes = self.functions, self.source, self.axes
        count = prod(source.shape[axis] for axis in axes)
        arguments = (axes, self.keepdims, self.dtype, count, self.ddof)
        if prod(source.numblocks[axis] for axis in axes) == 1:
            return self.in_one_step(kind, arguments)
        width = source.numblocks
        shape = tuple([width[axis] if axis in axes else length for axis, length in enumerate(source.shape)])
        grid = tuple([1 if axis in axes else cut for axis, cut in enumerate(source.grid)])
        origin, label = self.passes_as
        outline = replaced(array_outline(self, grid, shape, label), origin=origin)
        told = self.told
        partial = Blockwise(
            outline,
            (Call(kind.chunk, tuple(range(len(self.read) + len(told))), (), outline),),
            tuple([each for each, _ in self.read]),
            tuple([pick for _, pick in self.read]),
            same_columns(outline.numblocks, *told),
        )
        return TreeReduce(
            self.outline, partial, axes, kind.combine, kind.finish, arguments, self.split_every, self.keepdims
        )

    def in_one_step(self, kind: Kind, arguments: tuple[Any, ...]) -> Expr:
        """Where one block has all of the axes there is nothing to combine, and the step can be fused on both sides."""
        outline = self.outline
        places = iter(range(self.ndim))
        place_of: dict[int, int] = {}
        for axis in range(self.source.ndim):
            if axis not in self.axes:
                place_of[axis] = next(places)
            elif self.keepdims:
                next(places)
        picks = [
            tuple([None if axis is None or isinstance(axis, tuple) else place_of.get(axis) for axis in pick])
            for _, pick in self.read
        ]
        told = self.told
        columns = same_columns(outline.numblocks, *told, *arguments)
        reads = len(self.read)
        last = reads + len(columns)
        calls = (
            Call(kind.chunk, tuple(range(reads + len(told))), (), outline),
            Call(kind.finish, (last, *range(last - len(arguments), last)), (), outline),
        )
        # axes and dtype stand first among the columns, whoever else is told: the finish has axes of its own
        return Blockwise(outline, calls, tuple([each for each, _ in self.read]), tuple(picks), columns, Cost.LIGHT)


@node
class Reduction(Reducing):
    """A reduction of all elements.

    ``beside`` is the name of the variance (or standard deviation) of the same elements whose pass over them serves this
    one as well; see `weft.array.rules.share_pass`.
    """

    beside: str | None = None

    holes = ()

    @property
    def passes_as(self) -> tuple[str, str]:
        return (self.name, f"{self.kind}-chunk") if self.beside is None else (self.beside, "moments-chunk")

    @property
    def functions(self) -> Kind:
        if self.beside is not None:
            return MOMENTS_KINDS[self.kind]
        if self.source.prototype is not None:
            return foreign_kind(self.kind, self.source.is_masked)
        if self.kind == "mean" and any(is_unknown(self.source.shape[axis]) for axis in self.axes):
            return KINDS["mean"]._replace(
                chunk=nans.counted_mean_chunk, combine=MEAN_WHERE[0], finish=nans.counted_mean_finish
            )
        return KINDS[self.kind]


@node
class WhereReduction(Reducing):
    """A reduction of the elements where ``where`` holds (all of them without it), and of an initial value."""

    where: ArrayExpr | None = None
    initial: Any = None

    @property
    def functions(self) -> Kind:
        kind = KINDS[self.kind]
        combine, finish = WHERE_KINDS.get(self.kind, (kind.combine, kind.finish))
        if self.kind in ("nanmin", "nanmax"):
            finish = kernels.plain_finish
        assert kind.where_chunk is not None
        return kind._replace(chunk=kind.where_chunk, combine=combine, finish=finish)

    @property
    def read(self) -> list[tuple[Expr, Pick]]:
        source, where = self.source, self.where
        reads: list[tuple[Expr, Pick]] = [(source, identity_pick(source.ndim))]
        if where is not None:
            skip = source.ndim - where.ndim
            whole = [length == 1 and source.shape[axis + skip] != 1 for axis, length in enumerate(where.shape)]
            grid = tuple([1 if one else source.grid[axis + skip] for axis, one in enumerate(whole)])
            reads.append(
                (laid_out(where, grid), tuple([None if one else axis + skip for axis, one in enumerate(whole)]))
            )
        return reads

    @property
    def told(self) -> tuple[Any, ...]:
        mask = () if self.where is not None else (True,)
        return (*mask, *super().told, self.initial)


@lru_cache(maxsize=1024)
def result_dtype(kind: str, dtype: np.dtype[Any], given: Any, whole: bool = False) -> np.dtype[Any]:
    """The dtype that NumPy's function gives; what it refuses is refused with its error.

    ``whole``: the result is one number, for which NumPy takes roots in any type.
    """
    functions = KINDS[kind]
    options = {"dtype": given} if functions.takes_dtype else {}
    if kind in NAN_MOMENTS and dtype.kind == "O" and given is not None and given.kind not in "fc":
        raise TypeError(f"If a is inexact, then dtype must be inexact: dtype={given} for {kind} of objects")
    if dtype.kind == "O":
        stand_in = np.empty((1, 1), object)
        stand_in[0, 0] = 1
        if kind in ("any", "all", "count_nonzero"):
            return np.asarray(functions.numpy(stand_in, axis=0)).dtype
        return np.dtype(given) if given is not None else dtype
    sample = np.ones(1 if whole and kind == "std" else (1, 1), dtype)
    return np.asarray(functions.numpy(sample, axis=0, **options)).dtype


def same_columns(numblocks: tuple[int, ...], *values: Any) -> tuple[Placed, ...]:
    """Columns of one value each."""
    pick = identity_pick(len(numblocks))
    return tuple([Placed(Same(value), numblocks, pick) for value in values])


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as NumPy's reductions take them: None for all, a number, or a tuple; counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, tuple):
        if ndim == 0 and operator.index(axis) in (0, -1):
            return ()
        axis = (axis,)
    axes = tuple(sorted([normal_axis(integer(each), ndim) for each in axis]))
    if len(set(axes)) != len(axes):
        raise ValueError("duplicate value in 'axis'")
    return axes


def check_unmasked(x: Any, name: str, instead: str) -> None:
    """Refuse masked arrays, of which a function would take what lies under their masks."""
    if x.expr.is_masked:
        raise TypeError(f"{name} does not look at masks, and got a masked array: {instead}")


def integer(axis: Any) -> int:
    """An axis as an integer, or NumPy's error."""
    if not hasattr(axis, "__index__"):
        raise TypeError(f"'{type(axis).__name__}' object cannot be interpreted as an integer, in axis={axis!r}")
    return operator.index(axis)


def fan_in(split_every: Any, ndim: int) -> FanIn:
    """How many blocks one task combines, checked: a number, one for each axis by a dict, or False for all at once."""
    if split_every is None:
        return FAN_IN
    if split_every is False:
        return 1 << 62
    if isinstance(split_every, Mapping):
        found = {normal_axis(integer(axis), ndim): each for axis, each in split_every.items()}
        if any(not hasattr(each, "__index__") or each < 2 for each in found.values()):
            raise ValueError(f"split_every is how many blocks one task combines, at least 2; it is {split_every}")
        return tuple(sorted((axis, int(each)) for axis, each in found.items()))
    if not hasattr(split_every, "__index__") or isinstance(split_every, bool) or split_every < 2:
        raise ValueError(f"split_every is how many blocks one task combines, at least 2; it is {split_every}")
    return int(split_every)


def into(out: Any, made: Any, casting: Any = "same_kind") -> Any:
    """A result given to the array ``out``, which stands for it from now on; the result itself without one."""
    if out is None:
        return made
    out = only(out)
    if not isinstance(out, ArrayBase):
        raise TypeError(
            f"return arrays must be of ArrayType: out= must be a weft array, which will stand for the result; "
            f"it is a {type(out).__name__}"
        )
    if out.shape != made.shape:
        raise ValueError(
            f"output parameter for reduction operation has the wrong shape: {out.shape} instead of {made.shape}"
        )
    if not np.can_cast(made.dtype, out.dtype, casting):
        raise np._core._exceptions._UFuncOutputCastingError(  # type: ignore[attr-defined]
            np.positive, casting, made.dtype, out.dtype, 0
        )
    out.expr = made.astype(out.dtype, copy=False).expr
    return out


def reduce(
    a: Any,
    kind: str,
    axis: Any,
    keepdims: Any,
    dtype: Any = None,
    ddof: float = 0,
    split_every: Any = None,
    out: Any = None,
    initial: Any = NOT_GIVEN,
    where: Any = NOT_GIVEN,
    reproducible: bool = False,
) -> Any:
    """The reduction of a kind, checked as NumPy checks it."""
    a = asarray(a)
    selects = where is not NOT_GIVEN and where is not True
    keep = bool(keepdims) if keepdims is not NOT_GIVEN else False
    given = None if dtype is None else np.dtype(dtype)
    target, casting = only(out), "same_kind" if kind.endswith("std") else "unsafe"
    if isinstance(target, ArrayBase):
        if kind in NAN_MOMENTS and a.dtype.kind in "fc" and target.dtype.kind not in "fc":
            raise TypeError("If a is inexact, then out must be inexact")
        if given is None and kind in ADDED and np.can_cast(a.dtype, target.dtype):
            given = target.dtype  # numbers are added up in the dtype of the result
    if kind in NAN_MOMENTS and not nans.can_be_nan(a.dtype):
        kind = kind.removeprefix("nan")
    if a.ndim == 0 and axis is not None and axis != () and not selects and kind in ("mean", "var", "std"):
        raise np.exceptions.AxisError(axis if isinstance(axis, int) else 0, 0)
    axes = axes_of(axis, a.ndim)
    width = fan_in(split_every, a.ndim)
    functions = KINDS[kind]
    has_initial = initial is not NOT_GIVEN and initial is not None
    if functions.needs_elements and not has_initial:
        ufunc = {"min": "minimum", "max": "maximum", "nanmin": "fmin", "nanmax": "fmax"}[kind]
        if selects:
            raise ValueError(
                f"reduction operation '{ufunc}' does not have an identity, so to use a where mask one has to specify "
                "'initial'"
            )
        if any(a.expr.shape[each] == 0 for each in axes):
            raise ValueError(f"zero-size array to reduction operation {ufunc} which has no identity")
    final = result_dtype(kind, a.dtype, given, len(axes) == a.ndim and not keep)
    if functions.needs_elements and not has_initial and 0 in a.expr.shape:
        a = known(a)
        lengths = [1 if each in axes else length for each, length in enumerate(a.shape) if keep or each not in axes]
        return into(out, asarray(np.empty(lengths, final)), casting)
    if reproducible and final.kind in "fc" and not functions.needs_elements:
        made = canonical(a, kind, axes, keep, given, final, ddof, where if selects else None)
    elif selects or (has_initial and functions.needs_elements):
        made = reduce_where(a, kind, axes, keep, given, ddof, width, where if selects else None, initial, has_initial)
    else:
        made = new(Reduction(a.expr, kind, axes, keep, given, ddof, width))
    if has_initial and not functions.needs_elements:
        start = np.asarray(initial, made.dtype)[()]
        total = elementwise(np.multiply if kind.endswith("prod") else np.add, made, start)
        if kind.endswith("sum") and made.dtype.kind == "f" and start == 0 and np.signbit(start):
            total = elementwise(np.where, negative_zero(a, axes, keep, where if selects else None), start, total)
        made = total
    return into(out, made, casting)


def negative_zero(a: Any, axes: tuple[int, ...], keepdims: bool, where: Any) -> Any:
    """Whether there is nothing but -0.0 to add up: the sum is 0.0 then, unless it starts from -0.0."""
    lost = elementwise(np.logical_not, elementwise(np.signbit, a) & (a == 0))
    return elementwise(np.logical_not, reduce(lost, "any", axes, keepdims, where=NOT_GIVEN if where is None else where))


def reduce_where(
    a: Any,
    kind: str,
    axes: tuple[int, ...],
    keepdims: bool,
    given: Any,
    ddof: float,
    width: Any,
    where: Any,
    initial: Any,
    has_initial: bool,
) -> Any:
    """A reduction of selected elements."""
    prototype = a.expr.prototype
    if prototype is not None and (not isinstance(prototype, np.ndarray) or isinstance(prototype, np.ma.MaskedArray)):
        raise NotImplementedError(
            f"cannot compute {kind} with where= or initial= of blocks that are {type(prototype).__name__}: "
            "give these elements another value with weft.array.where first"
        )
    mask = None
    if where is not None:
        a, mask = known(a), known(asarray(where)).astype(bool).expr
        if broadcast_shape([mask.shape, a.shape], "where") != a.shape:
            raise ValueError(
                f"cannot select elements: where= has the shape {mask.shape}, and the array {a.shape}. "
                "The mask must broadcast to the array."
            )
    start = np.asarray(initial, a.dtype)[()] if has_initial and KINDS[kind].needs_elements else None
    expr = WhereReduction(a.expr, kind, axes, keepdims, given, ddof, width, mask, start)
    return new(expr)


def spread(
    a: Any,
    kind: str,
    axis: Any,
    dtype: Any,
    out: Any,
    ddof: float,
    keepdims: Any,
    where: Any,
    mean: Any,
    correction: Any,
    split_every: Any,
    reproducible: bool,
) -> Any:
    """Variances and standard deviations of all kinds."""
    if correction is not NOT_GIVEN:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    if mean is NOT_GIVEN or mean is None:
        return reduce(a, kind, axis, keepdims, dtype, ddof, split_every, out, where=where, reproducible=reproducible)
    a = known(asarray(a))
    made = result_dtype(kind, a.dtype, None if dtype is None else np.dtype(dtype))
    away = a.astype(kernels.computed_in(a.dtype, dtype) or a.dtype, copy=False) - mean
    if away.ndim != a.ndim or away.shape != a.shape:
        raise ValueError(
            f"cannot compute {kind}: the mean has the shape {np.shape(mean)}, which does not broadcast to {a.shape}. "
            "Compute it with keepdims=True."
        )
    squares = elementwise(kernels.squared, away)
    squared = "nansum" if kind.startswith("nan") else "sum"
    total = reduce(squares, squared, axis, keepdims, None, 0, split_every, where=where, reproducible=reproducible)
    ones = elementwise(np.equal, a, a) if kind.startswith("nan") else elementwise(np.ones_like, a, dtype=bool)
    count = reduce(ones, "sum", axis, keepdims, np.intp, 0, split_every, where=where)
    result = total / elementwise(np.maximum, count - ddof, 0)
    if kind.endswith("std"):
        result = elementwise(np.sqrt, result)
    return into(out, result.astype(made, copy=False))
