"""Reductions of one's own: from functions that make, combine and finish partial results."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Grid
from weft.array.expr import ArrayExpr, array_outline, joined_blocks
from weft.array.io.from_array import asarray
from weft.array.ops.elementwise import broadcast_shape
from weft.array.ops.rechunking import laid_out
from weft.array.ops.reducing import FAN_IN, axes_of, fan_in, into
from weft.array.ops.sizes import known
from weft.expr import Cost, Expr, derived, node
from weft.physical.blockwise import Column, Product, blockwise
from weft.physical.grid import Pick, identity_pick
from weft.physical.tree_reduce import TreeReduce
from weft.records import record

__all__ = ["reduction"]


@record
class ChunkOf:
    """A user's function of one block (and its weights)."""

    func: Callable[..., Any]
    axes: tuple[int, ...]
    keywords: tuple[tuple[str, Any], ...] = ()

    def __call__(self, block: Any, *weights: Any) -> Any:
        wide = [np.broadcast_to(each, block.shape) for each in weights]
        return self.func(block, *wide, axis=self.axes, keepdims=True, **dict(self.keywords))


@record
class PositionChunkOf:
    """A user's function of one block and where it starts."""

    func: Callable[..., Any]
    axes: tuple[int, ...]
    shape: tuple[int, ...] | None

    def __call__(self, block: Any, starts: tuple[int, ...]) -> Any:
        told = starts[self.axes[0]] if self.shape is None else (starts, self.shape)
        return self.func(block, axis=self.axes, offset_info=told)


@record
class JoinedOf:
    """A user's function of partial results, joined to an array (or in nested lists), then what follows from ``shape``."""

    func: Callable[..., Any]
    axes: tuple[int, ...]
    concatenate: bool
    keepdims: bool
    keywords: tuple[tuple[str, Any], ...] = ()

    def __call__(self, *values: Any) -> Any:
        *blocks, lengths = values
        return self.func(self.together(blocks, lengths), axis=self.axes, keepdims=self.keepdims, **dict(self.keywords))

    def together(self, blocks: list[Any], lengths: tuple[int, ...]) -> Any:
        """Blocks as the function wants them."""
        if not self.concatenate:
            return nested(blocks, [lengths[axis] for axis in range(len(lengths)) if axis in self.axes])
        if isinstance(blocks[0], Mapping):
            return {key: joined_blocks([each[key] for each in blocks], lengths) for key in blocks[0]}
        return joined_blocks(blocks, lengths)


def nested(values: list[Any], lengths: list[int]) -> Any:
    """Values in lists of lists."""
    if not lengths:
        return values[0]
    if len(lengths) == 1:
        return list(values)
    step = len(values) // lengths[0]
    return [nested(values[place * step : (place + 1) * step], lengths[1:]) for place in range(lengths[0])]


@node
class CustomReduction(ArrayExpr):
    """A reduction by functions of the user."""

    source: ArrayExpr
    weights: ArrayExpr | None
    axes: tuple[int, ...]
    chunk: Any
    combine: Any
    aggregate: Any
    keepdims: bool
    dtype: np.dtype[Any]
    given: str
    sizes: int = 1
    split_every: Any = FAN_IN
    prototype: Any = None
    starts: bool = False

    @property
    def label(self) -> str:
        return self.given

    @derived
    def shape(self) -> tuple[int, ...]:
        return self.reduced(self.source.shape)

    @derived
    def grid(self) -> Grid:
        return self.reduced(self.source.grid)

    def reduced(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Values by axis after the reduction."""
        return tuple(
            [
                self.sizes if axis in self.axes else each
                for axis, each in enumerate(values)
                if self.keepdims or axis not in self.axes
            ]
        )

    def lower(self) -> Expr:
        source = self.source
        reads: list[tuple[Expr, Pick]] = [(source, identity_pick(source.ndim))]
        if self.weights is not None:
            skip = source.ndim - self.weights.ndim
            whole = [length == 1 for length in self.weights.shape]
            grid = tuple([1 if one else source.grid[axis + skip] for axis, one in enumerate(whole)])
            pick = tuple([None if one else axis + skip for axis, one in enumerate(whole)])
            reads.append((laid_out(self.weights, grid), pick))
        columns: list[Column] = []
        if self.starts:
            columns.append(Product(tuple([tuple(accumulate(each, initial=0))[:-1] for each in source.chunks])))
        shape = tuple(
            [own if axis not in self.axes else source.numblocks[axis] for axis, own in enumerate(source.shape)]
        )
        grid = tuple([own if axis not in self.axes else 1 for axis, own in enumerate(source.grid)])
        outline = array_outline(self, grid, shape, f"{self.given}-chunk")
        parts = blockwise(outline, self.chunk, reads, columns, cost=Cost.HEAVY)
        return TreeReduce(
            self.outline,
            parts,
            self.axes,
            self.combine,
            self.aggregate,
            (),
            self.split_every,
            self.keepdims,
            shaped=True,
        )


def takes(func: Callable[..., Any], keyword: str) -> bool:
    """Whether a function has a parameter of this name."""
    try:
        return keyword in inspect.signature(func).parameters
    except (TypeError, ValueError):
        return False


def reduction(
    x: Any,
    chunk: Callable[..., Any],
    aggregate: Callable[..., Any],
    axis: Any = None,
    keepdims: bool = False,
    dtype: Any = None,
    split_every: Any = None,
    combine: Callable[..., Any] | None = None,
    name: str | None = None,
    out: Any = None,
    concatenate: bool = True,
    output_size: int = 1,
    meta: Any = None,
    weights: Any = None,
) -> Any:
    """A reduction of one's own, in a tree.

    Parameters
    ----------
    x : array_like
    chunk : callable
        ``chunk(block, axis, keepdims)`` makes the partial result of a block; with weights, ``chunk(block, weights, axis,
        keepdims)``. ``axis`` is a tuple, and ``keepdims`` true: partial results keep the reduced axes. If it has a parameter
        ``dtype``, it is given that, too.
    aggregate : callable
        ``aggregate(partial_results, axis, keepdims)`` makes the result.
    axis : int or tuple of int, optional
        All axes by default.
    keepdims : bool
        Whether the result keeps the reduced axes.
    dtype : dtype, optional
        Of the result; found by trying the functions on small arrays by default.
    split_every : int or dict, optional
        Partial results that one task combines.
    combine : callable, optional
        ``combine(partial_results, axis, keepdims)`` makes one partial result of several; ``aggregate`` by default.
    name : str, optional
        What the operation is called.
    out : Array, optional
        An array that will stand for the result.
    concatenate : bool
        Whether partial results come as one array, joined along the reduced axes; else in lists (of lists, for several
        axes), and may be anything.
    output_size : int
        Length of the reduced axes in the result, if they are kept.
    meta : array_like, optional
        An empty array of the type of the result.
    weights : array_like, optional
        Broadcast to the array, and given to ``chunk`` block by block.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> float(da.reduction(da.ones((4, 4), chunks=2), chunk=np.sum, aggregate=np.sum).compute())
    16.0
    """
    x = asarray(x)
    axes = axes_of(axis, x.ndim)
    keep = bool(keepdims)
    weight = None
    if weights is not None:
        x, weight = known(x), known(asarray(weights)).expr
        if broadcast_shape([weight.shape, x.shape], "reduction") != x.shape:
            raise ValueError(f"cannot weight an array of shape {x.shape} by weights of shape {weight.shape}")
    given = None if dtype is None else np.dtype(dtype)
    extra = {
        func: (("dtype", given),) if given is not None and takes(func, "dtype") else () for func in (chunk, aggregate)
    }
    made_chunk = ChunkOf(chunk, axes, extra[chunk])
    partly = combine or aggregate
    both = JoinedOf(partly, axes, concatenate, True, extra.get(partly, ()))
    last = JoinedOf(aggregate, axes, concatenate, keep, extra[aggregate])
    shown, problem = None, None
    if meta is not None:
        shown = meta if hasattr(meta, "dtype") else np.asarray(meta)
    elif given is None or x.expr.prototype is not None:
        shown, problem = tried(x.expr, made_chunk, last, weight is not None)
    if given is None:
        if shown is None:
            raise ValueError(
                "cannot find out the dtype of a reduction: its functions fail on small arrays"
                f"{f' ({problem!r})' if problem else ''}. Say it, e.g. dtype=float."
            ) from problem
        given = np.dtype(shown.dtype)
    prototype = None if shown is None or isinstance(shown, (np.generic, float)) or type(shown) is np.ndarray else shown
    expr = CustomReduction(
        x.expr,
        weight,
        axes,
        made_chunk,
        both,
        last,
        keep,
        given,
        name or getattr(chunk, "__name__", "reduction").strip("<>"),
        int(output_size) if keep else 1,
        fan_in(split_every, x.ndim),
        prototype,
    )
    return into(out, new(expr))


def tried(expr: ArrayExpr, chunk: ChunkOf, aggregate: JoinedOf, weighted: bool) -> tuple[Any, Exception | None]:
    """What the functions give for an array of one element, or for an empty one; None, and the error, where they fail."""
    problem: Exception | None = None
    one = np.ones((1,) * expr.ndim, expr.dtype) if expr.prototype is None else None
    for stand_in in (one, expr.meta):
        if stand_in is None:
            continue
        keywords = dict(chunk.keywords)
        if takes(chunk.func, "computing_meta"):
            keywords["computing_meta"] = True
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                more = (np.ones((1,) * expr.ndim),) if weighted else ()
                part = chunk.func(stand_in, *more, axis=chunk.axes, keepdims=True, **keywords)
                shown = aggregate(part, (1,) * expr.ndim)
        except Exception as wrong:  # whatever a user's function raises: it was not made for such arrays
            problem = wrong
            continue
        if shown is not None:
            return shown if hasattr(shown, "dtype") else np.asarray(shown), None
    return None, problem


def arg_reduction(
    x: Any,
    chunk: Callable[..., Any],
    combine: Callable[..., Any],
    agg: Callable[..., Any],
    axis: Any = None,
    keepdims: bool = False,
    split_every: Any = None,
    out: Any = None,
) -> Any:
    """A reduction to positions of one's own.

    Parameters
    ----------
    x : array_like
    chunk : callable
        ``chunk(block, axis, offset_info)`` gives a dict of arrays that keep the reduced axes. ``axis`` is a tuple;
        ``offset_info`` is where the block starts along the axis, or, where all axes are reduced, ``(starts, shape)``.
    combine : callable
        ``combine(partial_results, axis, keepdims)`` makes one dict of a dict of arrays that are joined along the axes.
    agg : callable
        ``agg(partial_results, axis, keepdims)`` makes the positions.
    axis : int, optional
    keepdims : bool
    split_every : int or dict, optional
    out : Array, optional
    """
    x = known(asarray(x))
    if axis is not None and not hasattr(axis, "__index__"):
        raise TypeError(f"axis must be either `None` or int, got {axis!r}")
    axes = axes_of(axis, x.ndim)
    shape = x.shape if axis is None and x.ndim > 1 else None
    keep = bool(keepdims)
    expr = CustomReduction(
        x.expr,
        None,
        axes,
        PositionChunkOf(chunk, axes, shape),
        JoinedOf(combine, axes, True, True),
        JoinedOf(agg, axes, True, keep),
        keep,
        np.dtype(np.intp),
        "arg-reduction",
        1,
        fan_in(split_every, x.ndim),
        None,
        True,
    )
    return into(out, new(expr))
