"""Functions of elements at the same place, with NumPy's broadcasting: the node that all ufuncs and operators make.

`elementwise` applies any function that works on whole blocks and broadcasts as NumPy does. What it gives is found out by
calling it with empty arrays, so dtypes, block types and errors are those of the function itself.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, is_table, new
from weft.array.chunk_forms import grid_for
from weft.array.chunk_types import is_block_type
from weft.array.chunks import Grid, UnknownLength, as_number, as_tuple, common_cut, is_unknown
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import from_array
from weft.array.kernels.elementwise import Quiet, boxed, broadcasted, enforced
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known, known_along, sized
from weft.expr import Cost, Expr, Fact, derived, node
from weft.expr.holes import sample_of
from weft.physical.blockwise import Blockwise, Call, Placed, Product, Same, blockwise
from weft.physical.grid import Pick, identity_pick

__all__ = ["broadcast_arrays", "broadcast_shapes", "broadcast_to"]

#: Bytes of an array that is named by its content, and copied, when it is an operand.
SMALL = 1 << 12


#: Python's numbers: what type they have decides, and whether they fit.
SCALARS = frozenset({bool, int, float, complex})


@node
class Elementwise(ArrayExpr):
    """A function of elements at the same place; arrays among the inputs are broadcast, scalars are as Python has them.

    Keywords may be arrays, too: they are broadcast with the others.
    """

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...] = ()
    given: np.dtype[Any] | None = None

    facts = frozenset({Fact.ELEMENTWISE})
    holes = ("inputs",)

    @property
    def label(self) -> str:
        return str(getattr(self.function, "__name__", "elementwise"))

    @property
    def arrays(self) -> tuple[ArrayExpr, ...]:
        """The inputs that are arrays."""
        return self.children  # type: ignore[return-value]

    @derived
    def shape(self) -> tuple[int, ...]:
        shapes = [each.shape for each in self.arrays]
        return shapes[0] if len(set(shapes)) == 1 else broadcast_shape(shapes, self.label)

    @derived
    def dtype(self) -> np.dtype[Any]:
        if self.given is not None:
            return self.given
        if type(self.function) is np.ufunc and self.function.nout == 1 and not self.keywords:
            kinds = [each.dtype if isinstance(each, ArrayExpr) else like(each) for each in self.inputs]
            plain = all(isinstance(each, ArrayExpr) or type(sample_of(each)) in SCALARS for each in self.inputs)
            if plain and self.prototype is None:
                return ufunc_dtype(self.function, *kinds)
        found: np.dtype[Any] = np.dtype(self.result_of_stand_ins.dtype)
        return found

    @derived
    def prototype(self) -> Any:
        if all(each.prototype is None for each in self.arrays) and (
            isinstance(self.function, np.ufunc) or self.given is not None
        ):
            return None
        result = self.result_of_stand_ins
        return None if type(result) is np.ndarray or isinstance(result, np.generic) else result

    @derived
    def result_of_stand_ins(self) -> Any:
        """What the function gives for empty arrays."""
        keywords = {key: stand_in(value) for key, value in self.keywords}
        with np.errstate(all="ignore"):
            result = self.function(*map(stand_in, self.inputs), **keywords)
            if result is np.ma.masked:  # of zeros, as 0 / 0: a constant of its own dtype
                none = [
                    each.reshape(1)[:0] if isinstance(each, np.ndarray) else each for each in map(stand_in, self.inputs)
                ]
                result = np.ma.zeros((), self.function(*none, **keywords).dtype)
        return result if hasattr(result, "dtype") and hasattr(result, "shape") else np.asarray(result)

    @derived
    def grid(self) -> Grid:
        arrays, shape = self.arrays, self.shape
        first = arrays[0]
        if all(each.shape == shape and each.grid == first.grid for each in arrays):
            return first.grid
        cuts = []
        for axis, length in enumerate(shape):
            offers = []
            for each in arrays:
                own = axis - len(shape) + each.ndim
                if own >= 0 and each.shape[own] == length:
                    offers.append((each.grid[own], each.weight))
            cuts.append(common_cut(length, offers) if len({cut for cut, _ in offers}) > 1 else offers[0][0])
        return tuple(cuts)

    def lower(self) -> Expr:
        sources: list[Expr] = []
        picks: list[Pick] = []
        scalars: list[Any] = []
        places: list[tuple[bool, int]] = []
        for each in (*self.inputs, *[value for _, value in self.keywords]):
            if isinstance(each, ArrayExpr):
                places.append((True, len(sources)))
                aligned = self.aligned(each)
                sources.append(aligned)
                picks.append(self.pick(aligned))
            else:
                places.append((False, len(scalars)))
                scalars.append(each)
        slots = [place if is_array else len(sources) + place for is_array, place in places]
        outline = self.outline
        function = self.function
        if isinstance(function, np.ufunc) and self.is_masked:
            function = Quiet(function)  # nobody is told of what happens under a mask
        calls = [Call(function, tuple(slots), tuple([key for key, _ in self.keywords]), outline)]
        arity = len(sources) + len(scalars)
        if self.given is not None:
            scalars.append(self.given)
            calls.append(Call(enforced, (arity + 1, arity), (), outline))
        elif self.ndim == 0 and self.dtype.hasobject:
            calls.append(Call(boxed, (arity,), (), outline))
        grid, whole = outline.numblocks, identity_pick(self.ndim)
        columns = tuple([Placed(Same(value), grid, whole) for value in scalars])
        return Blockwise(outline, tuple(calls), tuple(sources), tuple(picks), columns, Cost.LIGHT)

    def aligned(self, source: ArrayExpr) -> ArrayExpr:
        """A source cut like this node; along axes that are broadcast, in one chunk."""
        skip = self.ndim - source.ndim
        wanted = tuple(
            [
                self.grid[axis + skip] if length == self.shape[axis + skip] else 1
                for axis, length in enumerate(source.shape)
            ]
        )
        return laid_out(source, wanted)

    def pick(self, source: ArrayExpr) -> Pick:
        """Which block of an aligned source goes with a block of this node."""
        skip = self.ndim - source.ndim
        return tuple(
            [axis + skip if length == self.shape[axis + skip] else None for axis, length in enumerate(source.shape)]
        )


def like(value: Any) -> Any:
    """A number that gives the same dtype as a Python number: of its type, and of its sign and size for large integers."""
    value = sample_of(value)
    kind = type(value)
    if kind is int:
        return (1 if value >= 0 else -1) if -128 <= value < 128 else value
    return kind(1) if kind in SCALARS else value


@lru_cache(maxsize=1024, typed=True)
def ufunc_dtype(function: np.ufunc, *kinds: Any) -> np.dtype[Any]:
    """What a ufunc gives for arrays of some dtypes and Python's numbers; the same few are asked for again and again."""
    inputs = [np.empty(0, each) if isinstance(each, np.dtype) else each for each in kinds]
    with np.errstate(all="ignore"):
        found: np.dtype[Any] = np.dtype(function(*inputs).dtype)
    return found


def stand_in(value: Any) -> Any:
    """An empty array of the kind of an expression's blocks, with as many axes, but one at least; anything else as it is."""
    if not isinstance(value, ArrayExpr):
        return sample_of(value)
    return np.empty((0,) * (value.ndim or 1), value.dtype) if value.prototype is None else value.meta


@node
class Broadcast(ArrayExpr):
    """An array repeated along new axes, and along axes of length 1. Its blocks are views: nothing is copied."""

    source: ArrayExpr
    shape: tuple[int, ...]
    grid: Grid

    @property
    def label(self) -> str:
        return "broadcast_to"

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        skip = self.ndim - self.source.ndim
        kept = [self.source.shape[axis] == self.shape[axis + skip] for axis in range(self.source.ndim)]
        pick = tuple([axis + skip if same else None for axis, same in enumerate(kept)])
        grid = tuple([self.grid[axis + skip] if same else 1 for axis, same in enumerate(kept)])
        lengths = tuple(
            [
                (None,) * count if axis >= skip and kept[axis - skip] else lengths
                for axis, (count, lengths) in enumerate(zip(self.numblocks, self.chunks, strict=True))
            ]
        )
        return blockwise(
            self.outline, broadcasted, [(laid_out(self.source, grid), pick)], [Product(lengths)], cost=Cost.LIGHT
        )


def broadcast_shape(shapes: list[tuple[int, ...]], label: str) -> tuple[int, ...]:
    """The shape that arrays have together."""
    made: list[Any] = [1] * max(map(len, shapes))
    for shape in shapes:
        for axis, length in enumerate(reversed(shape), 1):
            if length != 1 and made[-axis] != length:
                if made[-axis] != 1:
                    raise ValueError(
                        f"cannot compute {label}: operands could not be broadcast together with shapes "
                        f"{' '.join(map(str, shapes))}. Lengths along an axis must be equal, or 1."
                    )
                made[-axis] = length
    return tuple(made)


def elementwise(function: Callable[..., Any], *inputs: Any, **keywords: Any) -> Any:
    """Apply a function that works element by element, and broadcasts as NumPy does.

    Shape and dtype are known at once, and what NumPy refuses is refused here, not when it is computed.
    """
    operands = [operand(each) for each in inputs]
    if not any(isinstance(each, ArrayExpr) for each in operands) and not any(map(is_array, keywords.values())):
        operands[0] = held_array(np.asarray(inputs[0])).expr
    if keywords:
        named = [operand(each) if is_array(each) else each for each in keywords.values()]
        both = comparable([*operands, *named])
        expr = Elementwise(function, both[: len(operands)], tuple(zip(keywords, both[len(operands) :], strict=True)))
    else:
        expr = Elementwise(function, comparable(operands))
    _ = expr.shape, expr.dtype
    return new(expr)


def elemwise(
    op: Callable[..., Any],
    *args: Any,
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Apply a function element by element, with broadcasting.

    Parameters
    ----------
    op : callable
        Works on blocks: arrays that can be broadcast, and scalars.
    *args : array-like or scalar
    out : Array, optional
        Stands for the result from now on.
    where : array-like of bool, optional
        Where the function is applied; elsewhere the elements are those of ``out``, or 0.
    dtype : dtype, optional
        Of the result. Found out by calling the function with empty arrays if it is not given.
    name : str, optional
        What the blocks are called.
    **kwargs
        Further keywords of the function; those that are arrays are cut into blocks as well.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.core.elemwise(np.hypot, da.arange(3, 6, chunks=2), 4).compute()
    array([5.        , 5.65685425, 6.40312424])
    """
    operands = [operand(each) for each in args]
    named = [operand(each) if is_array(each) else each for each in kwargs.values()]
    if not any(isinstance(each, ArrayExpr) for each in (*operands, *named)):
        if not operands:
            raise TypeError("elemwise() was given no arrays: give at least one after the function")
        operands[0] = held_array(np.asarray(args[0])).expr
    both = comparable([*operands, *named])
    keywords = tuple(zip(kwargs, both[len(operands) :], strict=True))
    given = None if dtype is None else np.dtype(dtype)
    expr: ArrayExpr = Elementwise(op, both[: len(operands)], keywords, given)
    _ = expr.shape, expr.dtype
    result = new(expr)
    if where is not True:
        if out is not None:
            result = castable(result, out, "same_kind")
        result = elementwise(np.where, where, result, np.zeros((), expr.dtype)[()] if out is None else out)
    if out is not None:
        result = bind(out, result, "same_kind")
    return result if name is None else result.named(name)


def comparable(operands: list[Any]) -> tuple[Any, ...]:
    """The operands as they are; with sizes counted where axes meet of which it is not known that they are equally long."""
    arrays = [each for each in operands if isinstance(each, ArrayExpr)]
    if not all(each.is_known for each in arrays):
        for axis in range(1, max(each.ndim for each in arrays) + 1):
            if len({each.shape[-axis] for each in arrays if each.ndim >= axis} - {1}) > 1:
                operands = [known_along(each, -axis) if isinstance(each, ArrayExpr) else each for each in operands]
    return tuple(operands)


def operand(value: Any) -> Any:
    """An input of an elementwise function: an expression, or a scalar as it is."""
    if isinstance(value, ArrayBase):
        return value.expr
    if type(value) is np.ndarray:
        return held_array(value).expr if value.ndim else value[()]
    if is_table(value):
        return value.to_dask_array().expr
    if np.ndim(value) == 0 and not isinstance(value, np.ndarray):
        return as_number(value)
    return held_array(value if is_array(value) else np.asarray(value)).expr


def is_array(value: Any) -> bool:
    """Whether a value is an array of some class."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and is_block_type(type(value))


def held_array(value: Any) -> Any:
    """An array in memory in one chunk: a small one is copied and named by its content."""
    if type(value) is np.ndarray and value.nbytes <= SMALL and not value.dtype.hasobject:
        return from_array(value.copy(), chunks=-1, name=True)
    return from_array(value, chunks=-1)


def bind(out: Any, result: Any, casting: str) -> Any:
    """Let ``out`` stand for a result, cast to its dtype and broadcast to its shape; gives ``out``."""
    if not isinstance(out, ArrayBase):
        raise TypeError(
            f"out= is a {type(out).__name__}, and the result is chunked: nothing is written before it is computed. "
            "Leave out= away, or give a chunked array, which then stands for the result."
        )
    result = castable(result, out, casting)
    if result.expr.shape != out.expr.shape and not (result.expr.is_known and out.expr.is_known):
        result, out.expr = known(result), known(out).expr
    if result.shape != out.shape:
        if broadcast_shape([result.shape, out.shape], "the result into out=") != out.shape:
            raise ValueError(
                f"non-broadcastable output operand with shape {out.shape} doesn't match the broadcast shape "
                f"{result.shape}: give out= the shape of the result"
            )
        result = broadcast_to(result, out.shape)
    out.expr = result.expr
    return out


def bound(result: Any, out: Any, casting: str = "same_kind") -> Any:
    """A result, for which ``out`` stands from now on if it is given, by itself or in a tuple."""
    return result if out is None else bind(only(out), result, casting)


def only(out: Any) -> Any:
    """The array that ``out`` is, by itself or in a tuple."""
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def castable(result: Any, out: Any, casting: str) -> Any:
    """A result in the dtype of ``out``, if the casting rule has it."""
    if result.dtype == out.dtype:
        return result
    check_cast(result.expr.label, result.dtype, out.dtype, casting)
    return elementwise(enforced, result, dtype=out.dtype)


def check_cast(label: str, kind: np.dtype[Any], wanted: np.dtype[Any], casting: Any) -> None:
    """Refuse a cast that the rule does not have, as NumPy does for ``out=``."""
    if not np.can_cast(kind, wanted, casting):
        raise TypeError(
            f"cannot cast the output of {label} from {kind!r} to {wanted!r} with casting rule {casting!r}. "
            "Give casting='unsafe', or out= of another dtype."
        )


def broadcast_shapes(*args: Any) -> tuple[int, ...]:
    """The shape that arrays of these shapes have together; lengths that are not known are equal to themselves only.

    >>> broadcast_shapes((3, 1), (4,), 1)
    (3, 4)
    """
    shapes = [tuple(each) if np.iterable(each) else (each,) for each in args]
    return broadcast_shape(shapes, "broadcast_shapes") if shapes else ()


def broadcast_to(x: Any, shape: Any, chunks: Any = None, meta: Any = None, *, subok: bool = False) -> Any:
    """An array repeated along new axes, and along axes of length 1.

    Nothing is copied: blocks are views of the blocks that there are.

    Parameters
    ----------
    x : array-like
    shape : int or tuple of int
    chunks : int, tuple, str or dict, optional
        How the result is cut, as `normalize_chunks` takes it. Axes that are repeated are cut automatically by default;
        the others must stay as they are.
    meta : array, optional
        Taken for compatibility with the type of the blocks; None finds it out.
    subok : bool
        Blocks keep their class in any case.

    Examples
    --------
    >>> import weft.array as da
    >>> da.broadcast_to(da.arange(3, chunks=2), (4, 3), chunks={0: 2}).chunks
    ((2, 2), (2, 1))
    """
    source = x.expr if isinstance(x, ArrayBase) else held_array(x if is_array(x) else np.asarray(x)).expr
    if meta is not None and type(meta) is not type(source.meta):
        raise TypeError(
            f"broadcast_to() was told that blocks are {type(meta).__name__}, but they are "
            f"{type(source.meta).__name__}: leave meta= away"
        )
    wanted = as_tuple(shape)
    own_lengths = {each.symbol: each for each in source.shape if isinstance(each, UnknownLength)}
    wanted = tuple([own_lengths.get(getattr(each, "symbol", ""), each) for each in wanted])
    wanted = tuple([operator.index(each) if hasattr(each, "__index__") else each for each in wanted])
    if any(length < 0 for length in wanted):
        raise ValueError(f"all elements of broadcast shape must be non-negative, and it is {wanted}")
    if source.shape == wanted and chunks is None:
        return new(source)
    skip = len(wanted) - source.ndim
    if skip >= 0:
        counted = [
            axis
            for axis, length in enumerate(source.shape)
            if is_unknown(length) and length != wanted[axis + skip] and not is_unknown(wanted[axis + skip])
        ]
        source = sized(source, tuple(counted)) if counted else source
    if skip < 0 or any(length != wanted[axis + skip] and length != 1 for axis, length in enumerate(source.shape)):
        raise ValueError(
            f"cannot broadcast an array of shape {source.shape} to shape {wanted}: "
            "axes are repeated only if they are new, or have length 1"
        )
    own = [axis >= skip and source.shape[axis - skip] == length for axis, length in enumerate(wanted)]
    previous = [source.grid[axis - skip] if same else "auto" for axis, same in enumerate(own)]
    grid = grid_for(tuple(previous), wanted, source.dtype)
    if chunks is not None:
        grid = grid_for(chunks, wanted, source.dtype, previous=grid)
        for axis, same in enumerate(own):
            if same and grid[axis] != source.grid[axis - skip]:
                raise ValueError(
                    f"cannot broadcast to chunks {chunks!r}: along axis {axis} the array is cut otherwise, into "
                    f"{source.chunks[axis - skip]}. Rechunk it first, or leave that axis out of chunks=."
                )
    return new(Broadcast(source, wanted, grid))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """Arrays broadcast to the shape they have together; see `broadcast_to`.

    Where they are cut differently, they are cut alike first.

    Examples
    --------
    >>> import weft.array as da
    >>> x, y = da.broadcast_arrays(da.ones(3, chunks=1), da.ones((2, 1), chunks=1))
    >>> x.shape, y.chunks
    ((2, 3), ((1, 1), (1, 1, 1)))
    """
    if not args:
        return ()
    operands = [
        x.expr if isinstance(x, ArrayBase) else held_array(x if is_array(x) else np.asarray(x)).expr for x in args
    ]
    operands = list(comparable(operands))
    common = Elementwise(first_of, tuple(operands), (), np.dtype(np.int8))
    made = []
    for each in operands:
        aligned = common.aligned(each)
        made.append(new(aligned if aligned.shape == common.shape else Broadcast(aligned, common.shape, common.grid)))
    return tuple(made)


def first_of(block: Any, *others: Any) -> Any:
    """The first of several blocks."""
    return block
