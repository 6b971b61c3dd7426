"""Arrays in other shapes: `reshape` in C and Fortran order from any shape to any, `ravel`, and shapes block by block.

What is cut anew for it, and how, is planned in `weft.array.reshape_plan`; where blocks become blocks nothing is moved at all.
"""

from __future__ import annotations

import operator
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunk_forms import grid_for
from weft.array.chunks import Grid, UnknownCut, as_tuple, axis_count, is_unknown, regular
from weft.array.expr import ArrayExpr, ArrayOutline, BlockShapes
from weft.array.io.from_array import asarray
from weft.array.kernels.reshaping import reshaped
from weft.array.ops.elementwise import elementwise
from weft.array.ops.rechunking import Rechunk, laid_out
from weft.array.ops.sizes import BlockLengths, known
from weft.array.ops.transposing import transpose
from weft.array.reshape_plan import Road, axis_groups, plan_reshape
from weft.callables import also_called
from weft.expr import Expr, derived, node
from weft.physical.blockwise import blockwise
from weft.physical.grid import Pick, identity_pick
from weft.physical.mosaic import Mosaic
from weft.records import replaced
from weft.units import parse_bytes

__all__ = ["ravel", "reshape", "reshape_blockwise"]


@node
class BlockReshape(ArrayExpr):
    """Each block in another shape; blocks are counted in C order on both sides."""

    source: ArrayExpr
    shape: tuple[int, ...]
    grid: Grid

    @property
    def label(self) -> str:
        return "reshape"

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def lower(self) -> Expr:
        outline, shapes = self.outline, BlockShapes(self.shape, self.grid)
        old, new_blocks = self.source.numblocks, self.numblocks
        pick = pick_between(old, new_blocks)
        if pick is not None:
            return blockwise(outline, reshaped, [(self.source, pick)], [shapes])
        # which block is read depends on several axes together: reshape them on the grid that is there, and count anew
        assert isinstance(outline, ArrayOutline)
        inner = replaced(outline, numblocks=old, signature={})
        return Mosaic(outline, (blockwise(inner, reshaped, [(self.source, identity_pick(len(old)))], [shapes]),))


def pick_between(old: tuple[int, ...], new_blocks: tuple[int, ...]) -> Pick | None:
    """The pick by which a grid with as many blocks reads them in the same order, if each depends on one axis only.

    >>> pick_between((4, 3), (12,)), pick_between((1, 3), (3, 1)), pick_between((12,), (4, 3))
    (((0, (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)), (0, (0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2))), (None, 0), None)
    """
    pick: list[Any] = []
    for group in axis_groups(old, new_blocks):
        widths = old[slice(*group.old)]
        long = [axis for axis in range(*group.new) if new_blocks[axis] > 1]
        if len(long) > 1:
            return None
        behind = prod(widths)
        for width in widths:
            behind //= width
            if width == 1 or not long:
                pick.append(None)
            elif width == new_blocks[long[0]]:
                pick.append(long[0])
            else:
                pick.append((long[0], tuple([block // behind % width for block in range(new_blocks[long[0]])])))
    return tuple(pick)


@node
class Reshape(ArrayExpr):
    """The elements, in C order, in another shape. No axis is empty, and all lengths are known."""

    source: ArrayExpr
    shape: tuple[int, ...]
    merge: bool = True
    most: int | None = None

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def road(self) -> Road:
        source = self.source
        return plan_reshape(source.shape, source.grid, self.shape, merge=self.merge, most=self.most)

    @derived
    def grid(self) -> Grid:
        return self.road.grid

    def lower(self) -> Expr:
        road = self.road
        source = laid_out(self.source, road.source)
        if road.before != road.after:
            source = Rechunk(BlockReshape(source, road.lengths, road.before), road.after)
        return BlockReshape(source, self.shape, self.grid)


def reshape(
    a: Any,
    /,
    shape: Any,
    order: str = "C",
    *,
    merge_chunks: bool = True,
    limit: int | str | None = None,
    copy: bool | None = None,
) -> Any:
    """The elements in another shape.

    Chunks are cut anew only where blocks could not be reshaped one by one, and do not grow by it.

    Parameters
    ----------
    a : array-like
    shape : int or tuple of int
        One length may be -1: it is what is left. Where the length of an axis is unknown, the axes before it stay as they
        are, and -1 (or the unknown length) stands in its place; for anything else the sizes are counted first.
    order : {"C", "F", "A"}
        Which axis runs fastest: the last, or (``"F"``) the first. ``"A"`` is ``"C"``: a chunked array has no order in memory.
    merge_chunks : bool
        Whether chunks along the last of the axes that become one may be merged; they are then split along the first of
        them, so that they keep their size. With False chunks are only split, into as many as that takes.
    limit : int or str, optional
        Bytes of a chunk, where chunks are cut anew; by default they stay as large as they are.
    copy : bool, optional
        False is refused unless the array has the shape already: whether a block is copied is not known before.

    Examples
    --------
    >>> import weft.array as da
    >>> da.arange(12, chunks=4).reshape(3, 4).chunks
    ((1, 1, 1), (4,))
    >>> da.arange(6, chunks=3).reshape((2, -1), order="F").compute()
    array([[0, 2, 4],
           [1, 3, 5]])
    """
    x = asarray(a)
    if order not in ("C", "F", "A"):
        raise ValueError(f"order must be one of 'C', 'F' or 'A', not {order!r}")
    wanted = (shape,) if is_unknown_length(shape) else as_tuple(shape)
    if order == "F":
        backwards = reshape(
            transpose(x), wanted[::-1], merge_chunks=merge_chunks, limit=limit, copy=None if copy is False else copy
        )
        made = transpose(backwards)
    else:
        made = in_c_order(x, wanted, merge_chunks, None if limit is None else parse_bytes(limit))
    if copy is False and (made.expr.shape != x.expr.shape or order == "F"):
        raise ValueError("cannot reshape without copying: blocks may have to be copied. Give copy=None or True.")
    return x if copy is False else made


def is_unknown_length(value: Any) -> bool:
    """Whether a value is a length that nobody has counted."""
    return isinstance(value, float) and is_unknown(value)


def in_c_order(x: Any, wanted: tuple[Any, ...], merge: bool, limit: int | None) -> Any:
    """The reshaped array."""
    if not x.expr.is_known:
        made = beside_unknown(x, wanted)
        if made is not None:
            return made
        x = known(x)
        wanted = tuple(
            [-1 if is_unknown_length(length) and not hasattr(length, "__index__") else length for length in wanted]
        )
    lengths = full_shape(x.shape, wanted)
    if lengths == x.shape:
        return new(x.expr)
    if 0 in lengths:
        whole = laid_out(x.expr, tuple([regular(length, length) for length in x.shape]))
        return new(BlockReshape(whole, lengths, tuple([regular(length, length) for length in lengths])))
    most = None if limit is None else max(1, limit // max(1, x.dtype.itemsize))
    return new(Reshape(x.expr, lengths, merge, most))


def full_shape(old: tuple[int, ...], wanted: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that is asked for, with what -1 stands for; checked."""
    lengths = [length_of(length) for length in wanted]
    size = prod(old)
    open_axes = [axis for axis, length in enumerate(lengths) if length == -1]
    if len(open_axes) > 1:
        raise ValueError("can only specify one unknown dimension")
    if any(length < -1 for length in lengths):
        raise ValueError(f"cannot reshape array of size {size} into shape {wanted}: lengths are not below 0")
    if open_axes:
        rest = prod([length for length in lengths if length != -1])
        if not rest or size % rest:
            raise ValueError(f"cannot reshape array of size {size} into shape {tuple(lengths)}")
        lengths[open_axes[0]] = size // rest
    if prod(lengths) != size:
        raise ValueError(f"cannot reshape array of size {size} into shape {tuple(lengths)}")
    return tuple(lengths)


def length_of(length: Any) -> int:
    """A length as a Python integer."""
    if isinstance(length, (bool, np.bool_)):
        raise TypeError(f"an integer is required as a length, not {length!r}")
    try:
        return operator.index(length)
    except TypeError:
        raise TypeError(f"'{type(length).__name__}' object cannot be interpreted as an integer: {length!r}") from None


def beside_unknown(x: Any, wanted: tuple[Any, ...]) -> Any:
    """The reshaped array, if a single unknown axis stays, or takes in or gives off axes behind it; else None."""
    unknown = [axis for axis, length in enumerate(x.expr.shape) if is_unknown(length)]
    if len(unknown) != 1:
        return x if wanted == x.expr.shape else None
    at = unknown[0]
    lengths = [-1 if is_unknown_length(each) and each == x.expr.shape[at] else each for each in wanted]
    if any(not hasattr(each, "__index__") for each in lengths) or lengths.count(-1) != 1 or lengths.index(-1) != at:
        return None
    if tuple(lengths[:at]) != x.expr.shape[:at]:
        return None
    behind, asked = prod(x.expr.shape[at + 1 :]), prod(lengths[at + 1 :])
    if not behind or not asked or behind % asked:
        return None
    factor = behind // asked
    cut = x.expr.grid[at]
    assert isinstance(cut, UnknownCut)
    if factor > 1:
        counts = BlockLengths(x.expr, at) if cut.counts is None else cut.counts
        more = elementwise(np.multiply, new(counts), factor).expr
        cut = UnknownCut(f"{cut.symbol}*{factor}", cut.count, None if cut.bound is None else cut.bound * factor, more)
    before = x.expr.grid[:at]
    source = laid_out(x.expr, (*before, x.expr.grid[at], *[regular(each, each) for each in x.expr.shape[at + 1 :]]))
    shape = (*x.expr.shape[:at], cut.length, *lengths[at + 1 :])
    if shape == x.expr.shape:
        return x
    return new(BlockReshape(source, shape, (*before, cut, *[regular(each, each) for each in lengths[at + 1 :]])))


@also_called(array_like="a")
def ravel(a: Any, order: str = "C") -> Any:
    """All elements along one axis.

    Parameters
    ----------
    a : array-like
    order : {"C", "F", "A", "K"}
        Which axis runs fastest: the last, or (``"F"``) the first. ``"A"`` and ``"K"`` are ``"C"``.

    Examples
    --------
    >>> import weft.array as da
    >>> da.ravel(da.ones((2, 3), chunks=1)).shape
    (6,)
    """
    return reshape(a, -1, "C" if order == "K" else order)


def reshape_blockwise(x: Any, shape: Any, chunks: Any = None) -> Any:
    """Each block in another shape: nothing is moved between blocks, so elements are not in the order of `reshape`.

    Parameters
    ----------
    x : Array
    shape : int or tuple of int
        Shape of the result.
    chunks : tuple of tuple of int, optional
        How the result is cut: as many blocks as there are, each with as many elements. Needed where axes are added.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.from_array([[1, 2, 3, 4], [5, 6, 7, 8]], chunks=(2, 2))
    >>> flat = da.reshape_blockwise(x, 8)
    >>> flat.compute()
    array([1, 2, 5, 6, 3, 4, 7, 8])
    >>> da.reshape_blockwise(flat, (2, 4), chunks=((2,), (2, 2))).compute()
    array([[1, 2, 3, 4],
           [5, 6, 7, 8]])
    """
    x = known(asarray(x))
    lengths = full_shape(x.shape, as_tuple(shape))
    if lengths == x.shape or 0 in lengths:
        return reshape(x, lengths)
    if chunks is not None:
        grid = grid_for(chunks, lengths, x.dtype)
    elif len(lengths) > x.ndim:
        raise TypeError(
            "reshape_blockwise() needs chunks= where it adds axes: how the result is cut is not known otherwise"
        )
    else:
        grid = blockwise_grid(x, lengths)
    expr = BlockReshape(x.expr, lengths, grid)
    old, made = (list(map(prod, BlockShapes(*each).values(()))) for each in ((x.shape, x.expr.grid), (lengths, grid)))
    if old != made:
        raise ValueError(
            f"cannot reshape blocks of an array with chunks {x.chunks} to shape {lengths} with chunks {expr.chunks}: "
            "there must be as many blocks, each with as many elements"
        )
    return new(expr)


def blockwise_grid(x: Any, lengths: tuple[int, ...]) -> Grid:
    """How the result is cut where blocks are merged along whole groups of axes."""
    cuts: list[Any] = []
    for group in axis_groups(x.shape, lengths):
        old, cut = range(*group.old), x.expr.grid
        if group.new[1] - group.new[0] == 1:
            shapes = BlockShapes(tuple([x.shape[axis] for axis in old]), tuple([cut[axis] for axis in old])).values(())
            cuts.append(tuple(map(prod, shapes)))
        elif all(axis_count(x.shape[axis], cut[axis]) == 1 for axis in old):
            cuts.extend([-1] * (group.new[1] - group.new[0]))
        else:
            raise ValueError(
                f"cannot tell how the result of shape {lengths} is cut: axes {list(old)} of {x.shape} become several. "
                "Give chunks=."
            )
    return grid_for(tuple(cuts), lengths)


class ReshapingMethods(ArrayBase):
    """Other shapes."""

    __slots__ = ()

    def reshape(
        self,
        *shape: Any,
        order: str = "C",
        merge_chunks: bool = True,
        limit: int | str | None = None,
        copy: bool | None = None,
    ) -> Any:
        """The elements in another shape, given as one tuple or as numbers; see `weft.array.reshape`."""
        if len(shape) == 1 and not is_unknown_length(shape[0]):
            shape = as_tuple(shape[0])
        return reshape(self, shape, order, merge_chunks=merge_chunks, limit=limit, copy=copy)

    def ravel(self, order: str = "C") -> Any:
        """All elements along one axis."""
        return ravel(self, order)

    def flatten(self, order: str = "C") -> Any:
        """All elements along one axis."""
        return ravel(self, order)
