"""``x[index] = value``: a new expression in which some elements are others.

Nothing is written into blocks: they are shared. What users see is NumPy's assignment all the same, because the array they
hold goes on with the new expression (other arrays made of it before keep the old one, also slices, which are views in
NumPy and copies here).

An index is taken apart: basic entries give a region, the region is changed by what masks and positions choose in it, and
put back. This file decides; the nodes are here for regions, in `scattering` for positions and in `masked_assignment` for
masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Cut, Grid, Piece, as_number, pieces
from weft.array.expr import ArrayExpr, SameLayout
from weft.array.io.from_array import Region, from_array
from weft.array.kernels import assignment as kernels
from weft.array.ops.elementwise import broadcast_to, cast, elementwise
from weft.array.ops.entries import Chosen, Entry, Flag, Masked, Place, is_field, read_index
from weft.array.ops.indexing import (
    arranged,
    base_region,
    basic_parts,
    broadcast_positions,
    flag_axes,
    positions_of,
    result_axes,
    sliced,
    with_flags,
)
from weft.array.ops.masked_assignment import set_where
from weft.array.ops.rechunking import laid_out
from weft.array.ops.scattering import set_at_index, set_at_points
from weft.array.ops.sizes import sized
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, Same, blockwise
from weft.physical.patching import Patched
from weft.records import record

__all__: list[str] = []


@node
class SetRegion(SameLayout):
    """A region set to a value: a scalar, or an array with as many axes, each as long as the region's or 1.

    Steps of the region are positive.
    """

    region: Region
    value: Any

    @property
    def label(self) -> str:
        return "setitem"

    @derived
    def prototype(self) -> Any:
        return self.source.prototype

    @derived
    def cuts(self) -> tuple[tuple[Cut, tuple[Piece, ...]], ...]:
        """For each axis how the region is cut by the source's chunks, and its pieces in those."""
        made: list[tuple[Cut, tuple[Piece, ...]]] = []
        for (start, step, count), length, cut in zip(self.region, self.source.shape, self.source.grid, strict=True):
            if (start, step, count) == (0, 1, length):
                blocks = self.source.numblocks[len(made)]
                made.append((cut, tuple([Piece(block, slice(None)) for block in range(blocks)])))
            else:
                made.append(pieces(length, cut, start, step, count))
        return tuple(made)

    def lower(self) -> Expr:
        if not isinstance(self.value, ArrayExpr):
            wheres = []
            for count, (_, found) in zip(self.source.numblocks, self.cuts, strict=True):
                along: list[slice | None] = [None] * count
                for piece in found:
                    along[piece.block] = piece.where
                wheres.append(tuple(along))
            source = (self.source, tuple(range(self.ndim)))
            return blockwise(self.outline, kernels.set_region, [source], [Product(tuple(wheres)), Same(self.value)])
        grid: Grid = tuple(
            [
                cut if own == count else 1
                for (cut, _), own, (_, _, count) in zip(self.cuts, self.value.shape, self.region, strict=True)
            ]
        )
        value = laid_out(self.value, grid)
        routes = RegionPatches(self.source.numblocks, value.numblocks, tuple([found for _, found in self.cuts]))
        return Patched(self.outline, self.source, value, kernels.patch_region, routes)


@record
class RegionPatches:
    """Which blocks a region touches, and with which blocks of values."""

    grid: tuple[int, ...]
    values: tuple[int, ...]
    found: tuple[tuple[Piece, ...], ...]

    def __weft_tokenize__(self) -> Any:
        return (self.grid, self.values, self.found)

    def patches(self) -> dict[int, tuple[tuple[int, ...], Any]]:
        made: dict[int, tuple[tuple[int, ...], Any]] = {}
        for each in product(*[enumerate(along) for along in self.found]):
            number = value = 0
            for axis, (place, piece) in enumerate(each):
                number = number * self.grid[axis] + piece.block
                value = value * self.values[axis] + (place if self.values[axis] > 1 else 0)
            made[number] = ((value,), tuple([piece.where for _, piece in each]))
        return made


@node
class AsMasked(SameLayout):
    """The same elements in blocks that are masked arrays."""

    @derived
    def prototype(self) -> Any:
        found = self.source.prototype
        return found if isinstance(found, np.ma.MaskedArray) else np.ma.empty(0, self.dtype)

    def lower(self) -> Expr:
        return blockwise(self.outline, kernels.as_masked, [(self.source, tuple(range(self.ndim)))])


def assigned(x: Any, index: Any, value: Any, ufunc: Any = None) -> ArrayExpr:
    """The expression of an array after ``x[index] = value``, or after a ufunc has worked on integer positions in place."""
    if isinstance(value, np.ma.MaskedArray) and value.shape == () and value.dtype.names is None and value.mask:
        value = np.ma.masked
    if is_field(index, x.dtype):
        return with_field(x, index, value)
    x, entries = read_index(x, index, keep_masks=True)
    if (
        not isinstance(value, ArrayBase)
        and value is not np.ma.masked
        and all(isinstance(each, Place) for each in entries)
    ):
        value = element_of(x.dtype, value)
    value, masked = read_value(x.dtype, value)
    expr: ArrayExpr = AsMasked(x.expr) if masked else x.expr
    if not any(isinstance(each, (Chosen, Masked, Flag)) for each in entries):
        region, axes = basic_parts(entries)
        return set_region(expr, region, tuple(axes), value)
    region = base_region(x, entries)
    base = sliced(expr, region)
    changed = set_chosen(base, entries, value, ufunc)
    if changed is base:
        return expr
    if base is expr:
        return changed
    return set_region(expr, region, tuple(range(expr.ndim)), changed)


def with_field(x: Any, index: Any, value: Any) -> ArrayExpr:
    """A structured array with a field set, or several."""
    names = x.dtype.names or ()
    for name in [index] if isinstance(index, str) else index:
        if name not in names:
            kind = ValueError if names else IndexError
            raise kind(f"no field of name {name}: the array is of {x.dtype}")
    name = index if isinstance(index, str) else tuple(index)
    own = x.dtype[name] if isinstance(name, str) else x[index].dtype
    if own.shape:
        return with_arrays(x, name, own, value)
    value, _ = read_value(own, value)
    if isinstance(value, ArrayExpr):
        value = new(fitted(value, x.shape, "could not broadcast input array from shape {} into shape {}"))
    return elementwise(kernels.set_field, x, value, field=name).expr  # type: ignore[no-any-return]


def with_arrays(x: Any, name: Any, own: np.dtype[Any], value: Any) -> ArrayExpr:
    """A structured array with a field set that is an array in each element; these travel as elements of that one field."""
    base, lengths = own.base, own.shape
    if base.hasobject:
        raise NotImplementedError(f"cannot set the field {name!r}, which is an array of objects: assign whole elements")
    value, _ = read_value(base, value)
    if not prod(lengths):
        return x.expr  # type: ignore[no-any-return]
    whole = new(value) if isinstance(value, ArrayExpr) else from_array(np.asarray(value, base))
    lines = broadcast_to(whole, (*x.shape, *lengths)).astype(base).reshape(*x.shape, prod(lengths))
    elements = lines.view([(name, own)])[..., 0]
    return elementwise(kernels.set_arrays, x, elements, field=name).expr  # type: ignore[no-any-return]


def element_of(dtype: np.dtype[Any], value: Any) -> Any:
    """A value as an element of an array, in an array of its own where it may be a sequence; NumPy's error if it cannot be one."""
    only = np.empty(1, dtype)
    only[0] = as_number(value)
    return only if dtype.hasobject else only[0]


def read_value(dtype: np.dtype[Any], value: Any) -> tuple[Any, bool]:
    """A value as a scalar or an expression, and whether it is masked. What cannot be an element is refused."""
    if isinstance(value, ArrayBase):
        return value.expr, value.expr.is_masked
    if value is np.ma.masked:
        return value, True
    value = as_number(value)
    if dtype.names is not None and isinstance(value, (tuple, list)):
        value = np.array(value, dtype)
    if not isinstance(value, np.ndarray) and not np.isscalar(value) and value is not None:
        if hasattr(value, "__array__"):
            value = np.asanyarray(value)
        else:
            value = np.array(value, dtype if dtype.kind == "O" else None)
    if isinstance(value, np.ndarray):
        if value.ndim:
            return from_array(value.copy(), chunks=-1).expr, isinstance(value, np.ma.MaskedArray)
        value = value[()]
    np.empty(1, dtype)[...] = value
    return value, False


def fitted(value: ArrayExpr, shape: Sequence[Any], message: str) -> ArrayExpr:
    """A value with as many axes as what it is assigned to, each as long as there or 1; NumPy's error otherwise."""
    extra = value.ndim - len(shape)
    if extra > 0 and all(length == 1 for length in value.shape[:extra]):
        value = arranged(value, range(extra, value.ndim))
    elif extra < 0:
        value = arranged(value, [*[None] * -extra, *range(value.ndim)])
    if len(shape) != value.ndim or any(own not in (1, length) for own, length in zip(value.shape, shape, strict=True)):
        raise ValueError(message.format(value.shape, tuple(shape)))
    return value


def set_region(expr: ArrayExpr, region: Region, axes: Sequence[int | None], value: Any) -> ArrayExpr:
    """An expression with a region set; ``axes`` says which of its axes, and which new ones, the value is for."""
    if isinstance(value, ArrayExpr):
        shape = [1 if axis is None else region[axis][2] for axis in axes]
        if not value.is_known or not expr.is_known:
            expr, region, value = comparable(expr, region, axes, value)
            shape = [1 if axis is None else region[axis][2] for axis in axes]
        value = fitted(value, shape, "could not broadcast input array from shape {} into shape {}")
        value = arranged(value, [axes.index(axis) if axis in axes else None for axis in range(expr.ndim)])
    if any(length == 0 for _, _, length in region):
        return expr
    forward = tuple([each if each[1] > 0 else backwards(each) for each in region])
    if isinstance(value, ArrayExpr) and forward != region:
        turned = [
            (own - 1, -1, own) if step < 0 and own > 1 else (0, 1, own)
            for own, (_, step, _) in zip(value.shape, region, strict=True)
        ]
        value = sliced(value, tuple(turned))
    is_whole = all((0, 1, length) == each for each, length in zip(forward, expr.shape, strict=True))
    if is_whole and isinstance(value, ArrayExpr) and value.shape == expr.shape and value.prototype is expr.prototype:
        made: ArrayExpr = value if value.dtype == expr.dtype else elementwise(cast, new(value), dtype=expr.dtype).expr
        return laid_out(made, expr.grid)
    return SetRegion(expr, forward, value)


def comparable(
    expr: ArrayExpr, region: Region, axes: Sequence[int | None], value: ArrayExpr
) -> tuple[ArrayExpr, Region, ArrayExpr]:
    """The operands of an assignment with lengths counted where it is not known that they are equal."""
    for place, axis in enumerate(reversed(axes), 1):
        if axis is None or place > value.ndim:
            continue
        own = value.shape[-place]
        if own != region[axis][2] and own != 1:
            value = sized(value, (value.ndim - place,))
            expr = sized(expr, (axis,))
            if region[axis][2] != region[axis][2] or isinstance(region[axis][2], float):
                region = (*region[:axis], (0, 1, expr.shape[axis]), *region[axis + 1 :])
    return expr, region, value


def backwards(each: tuple[int, int, int]) -> tuple[int, int, int]:
    """The same elements from the other end."""
    start, step, length = each
    return start + step * (length - 1), -step, length


def set_chosen(base: ArrayExpr, entries: list[Entry], value: Any, ufunc: Any = None) -> ArrayExpr:
    """An expression with what masks, positions and flags choose set to a value, or changed by a ufunc and it."""
    masks = [each for each in entries if isinstance(each, Masked)]
    others = [each for each in entries if isinstance(each, (Chosen, Flag))]
    if len(masks) == 1 and not others:
        mask = masks[0].mask
        expr = (from_array(mask.copy(), chunks=-1) if isinstance(mask, np.ndarray) else mask).expr
        if not expr.ndim:
            return set_flagged(base, expr, flag_axes(entries), value)
        covered = list(range(masks[0].axis, masks[0].axis + expr.ndim))
        return set_where(base, expr, masks[0].axis, result_axes(entries, covered, 1), value)
    if any(not each.mask.ndim for each in masks):
        return set_chosen(base, with_flags(entries), value, ufunc)
    base, positions = positions_of(base, [as_chunked(each) for each in entries])
    if not positions:
        if not all(each.value for each in others if isinstance(each, Flag)):
            return base
        region = tuple([(0, 1, length) for length in base.shape])
        return set_region(base, region, tuple(flag_axes(entries)), value)
    axes = tuple(positions)
    found = [positions[axis] for axis in axes]
    if any(isinstance(each, ArrayBase) for each in found):
        return set_at_index(base, axes, found, lambda ndim: result_axes(entries, axes, ndim), value, ufunc)
    together = broadcast_positions(found)
    return set_at_points(base, axes, together, result_axes(entries, axes, together[0].ndim), value, ufunc)


def set_flagged(base: ArrayExpr, flag: ArrayExpr, axes: Sequence[int | None], value: Any) -> ArrayExpr:
    """An expression that is a value throughout, if a computed boolean is true."""
    if isinstance(value, ArrayExpr):
        value = sized(value)
        if 0 in value.shape:
            return base  # NumPy has room for such a value only if the boolean is false
        shape = [1 if axis is None else base.shape[axis] for axis in axes]
        value = fitted(value, shape, "shape mismatch: value array of shape {} could not be broadcast to shape {}")
        value = new(arranged(value, [axes.index(axis) if axis in axes else None for axis in range(base.ndim)]))
    return laid_out(elementwise(kernels.assign_where, new(base), new(flag), value).expr, base.grid)


def as_chunked(each: Entry) -> Entry:
    """A mask of NumPy as a chunked one; anything else as it is."""
    if isinstance(each, Masked) and isinstance(each.mask, np.ndarray):
        return Masked(each.axis, from_array(each.mask.copy(), chunks=-1))
    return each


class AssignmentMethods(ArrayBase):
    """Elements set."""

    __slots__ = ()

    def __setitem__(self, index: Any, value: Any) -> None:
        self.expr = assigned(self, index, value)

    def fill(self, value: Any) -> None:
        """Set all elements to a scalar.

        Examples
        --------
        >>> import weft.array as da
        >>> x = da.zeros(3, chunks=2)
        >>> x.fill(7)
        >>> x.compute()
        array([7., 7., 7.])
        """
        if np.ndim(value):
            raise ValueError(f"fill() takes a scalar, not an array of shape {np.shape(value)}: use x[...] = values")
        self.expr = assigned(self, Ellipsis, value)
