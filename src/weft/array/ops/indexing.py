"""Parts of arrays, as NumPy's brackets give them: slices, integers, new axes, positions, masks, fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import Grid, pieces, sliced_cut
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import Region
from weft.array.kernels.indexing import get_field
from weft.array.kernels.numpy import cut_out
from weft.array.ops.entries import Chosen, Entry, Flag, Masked, New, Place, Span, is_field, read_index
from weft.array.ops.fancy import points
from weft.array.ops.masking import compress_by, true_places
from weft.array.ops.positions import at_index
from weft.array.ops.sizes import known, sized
from weft.array.ops.transposing import Axes
from weft.expr import Expr, derived, node
from weft.physical.blockwise import Product, Same, blockwise

__all__: list[str] = []


@node
class Slice(ArrayExpr):
    """Along each axis ``length`` elements from ``start``, ``step`` apart."""

    source: ArrayExpr
    region: Region

    holes = ()

    @property
    def label(self) -> str:
        return "getitem"

    @derived
    def shape(self) -> tuple[int, ...]:
        return tuple([length for _, _, length in self.region])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    @derived
    def grid(self) -> Grid:
        return tuple(
            [
                cut if (start, step, length) == (0, 1, whole) else sliced_cut(whole, cut, start, step, length)
                for (start, step, length), whole, cut in zip(
                    self.region, self.source.shape, self.source.grid, strict=True
                )
            ]
        )

    def lower(self) -> Expr:
        pick: list[Any] = []
        wheres: list[tuple[slice, ...]] = []
        source = self.source
        for axis, (own, whole, cut) in enumerate(zip(self.region, source.shape, source.grid, strict=True)):
            if own == (0, 1, whole):
                pick.append(axis)
                wheres.append((slice(None),) * source.numblocks[axis])
            else:
                _, found = pieces(whole, cut, *own)
                pick.append((axis, tuple([piece.block for piece in found])))
                wheres.append(tuple([piece.where for piece in found]))
        return blockwise(self.outline, cut_out, [(source, tuple(pick))], [Product(tuple(wheres))])


@node
class Field(ArrayExpr):
    """A field of a structured array, or several; a field's own axes come last."""

    source: ArrayExpr
    field: Any

    @property
    def label(self) -> str:
        return "field"

    @derived
    def meta_of_one(self) -> Any:
        """What the field of an array of one element is."""
        return get_field(np.empty(1, self.source.dtype), self.field)

    @derived
    def shape(self) -> tuple[int, ...]:
        return (*self.source.shape, *self.meta_of_one.shape[1:])

    @derived
    def dtype(self) -> np.dtype[Any]:
        return self.meta_of_one.dtype  # type: ignore[no-any-return]

    @derived
    def grid(self) -> Grid:
        return (*self.source.grid, *[max(1, length) for length in self.meta_of_one.shape[1:]])

    def lower(self) -> Expr:
        return blockwise(self.outline, get_field, [(self.source, tuple(range(self.source.ndim)))], [Same(self.field)])


def getitem(x: Any, index: Any) -> Any:
    """``x[index]``, as NumPy has it."""
    if is_field(index, x.dtype):
        return field(x, index)
    x, entries = read_index(x, index)
    if any(isinstance(each, (Chosen, Masked, Flag)) for each in entries):
        return mixed(x, entries)
    expr = x.expr
    region, axes = basic_parts(entries)
    return new(arranged(sliced(expr, region), axes))


def basic_parts(entries: Sequence[Entry]) -> tuple[Region, list[int | None]]:
    """The region of basic entries (whole axes for others), and the axes of the result as basic entries give them."""
    region: list[tuple[int, int, Any]] = []
    axes: list[int | None] = []
    for each in entries:
        if isinstance(each, Span):
            axes.append(each.axis)
            region.append((each.start, each.step, each.length))
        elif isinstance(each, Place):
            region.append((each.place, 1, 1))
        elif isinstance(each, New):
            axes.append(None)
    return tuple(region), axes


def sliced(expr: ArrayExpr, region: Region) -> ArrayExpr:
    """A region of an expression: itself, if it is all of it."""
    if all((0, 1, whole) == each for each, whole in zip(region, expr.shape, strict=True)):
        return expr
    return Slice(expr, region)


def arranged(expr: ArrayExpr, axes: Sequence[int | None]) -> ArrayExpr:
    """An expression's axes in an order, None for new ones: itself, if that is its own."""
    return expr if list(axes) == list(range(expr.ndim)) else Axes(expr, tuple(axes))


def field(x: Any, index: Any) -> Any:
    """A field of a structured array, or several."""
    names = x.dtype.names or ()
    wanted = [index] if isinstance(index, str) else index
    if not names:
        raise IndexError(
            f"cannot take the field {index!r} of an array of {x.dtype}: only integers, slices (`:`), ellipsis (`...`), "
            "numpy.newaxis (`None`) and integer or boolean arrays are valid indices"
        )
    if missing := [name for name in wanted if name not in names]:
        raise ValueError(f"no field of name {missing[0]}: the fields are {', '.join(names)}")
    return new(Field(x.expr, index if isinstance(index, str) else tuple(index)))


def mixed(x: Any, entries: list[Entry]) -> Any:
    """Masks, positions and flags, alone or together with basic entries."""
    base = sliced(x.expr, base_region(x, entries))
    masks = [each for each in entries if isinstance(each, Masked)]
    others = [each for each in entries if isinstance(each, (Chosen, Flag))]
    if len(masks) == 1 and not others and masks[0].mask.ndim:
        (masked,) = masks
        made = compress_by(base, masked.mask.expr, masked.axis)
        covered = list(range(masked.axis, masked.axis + masked.mask.ndim))
        return new(arranged(made, result_axes(entries, covered, 1)))
    if any(not each.mask.ndim for each in masks):
        alone = len([each for each in entries if isinstance(each, (Chosen, Masked, Flag, Place))]) == 1
        return by_flag(x, entries) if alone else mixed(x, with_flags(entries))
    base, positions = positions_of(base, entries)
    if not positions:
        value = all(each.value for each in others if isinstance(each, Flag))
        made = arranged(base, flag_axes(entries))
        place = first_chosen(entries)
        if value:
            return new(made)
        region = tuple([(0, 1, 0 if axis == place else length) for axis, length in enumerate(made.shape)])
        return new(sliced(made, region))
    axes = tuple(positions)
    made, ndim = taken(base, axes, [positions[axis] for axis in axes])
    return new(arranged(made, result_axes(entries, list(axes), ndim)))


def taken(base: ArrayExpr, axes: tuple[int, ...], found: Sequence[Any]) -> tuple[ArrayExpr, int]:
    """The elements at positions along axes, and the number of axes of the positions."""
    if any(isinstance(each, ArrayBase) for each in found):
        expr = at_index(base, axes, found).expr
        return expr, expr.ndim - base.ndim + len(axes)
    together = broadcast_positions(found)
    return points(base, axes, together), together[0].ndim


def broadcast_positions(found: Sequence[Any]) -> list[np.ndarray[Any, np.dtype[np.intp]]]:
    """Positions along several axes, of one shape."""
    try:
        return [np.array(each, np.intp) for each in np.broadcast_arrays(*found)] if len(found) > 1 else list(found)
    except ValueError:
        shapes = " ".join(str(each.shape) for each in found)
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes {shapes}"
        ) from None


def base_region(x: Any, entries: Sequence[Entry]) -> Region:
    """What basic entries take, whole axes for others; integers leave an axis of length 1."""
    region: list[tuple[int, int, Any]] = [(0, 1, length) for length in x.expr.shape]
    for each in entries:
        if isinstance(each, Span):
            region[each.axis] = (each.start, each.step, each.length)
        elif isinstance(each, Place):
            region[each.axis] = (each.place, 1, 1)
    return tuple(region)


def positions_of(base: ArrayExpr, entries: Sequence[Entry]) -> tuple[ArrayExpr, dict[int, Any]]:
    """Positions by axis: masks as the places where they are true, flags joined to the first of the others."""
    found: dict[int, Any] = {}
    for each in entries:
        if isinstance(each, Chosen):
            found[each.axis] = each.positions
        elif isinstance(each, Masked):
            axes = tuple(range(each.axis, each.axis + each.mask.ndim))
            base = sized(base, axes)
            mask = known(each.mask)
            for axis in axes:
                if base.shape[axis] != mask.shape[axis - each.axis]:
                    raise IndexError(
                        f"boolean index did not match indexed array along axis {axis}; size of axis is "
                        f"{base.shape[axis]} but size of corresponding boolean axis is {mask.shape[axis - each.axis]}"
                    )
            places = known(true_places(mask.expr))
            for axis in axes:
                found[axis] = places[:, axis - each.axis]
    flags = [each.value for each in entries if isinstance(each, Flag)]
    if flags and found:
        first = next(iter(found))
        found[first] = broadcast_flag(found[first], all(flags))
    return base, dict(sorted(found.items()))


def broadcast_flag(positions: Any, value: bool) -> Any:
    """Positions broadcast against what True or False chooses: a place without an axis, or none."""
    if not value and any(length != 1 for length in positions.shape[-1:]) and positions.shape[-1] != 0:
        raise IndexError(
            f"shape mismatch: indexing arrays could not be broadcast together with shapes (0,) {positions.shape}"
        )
    return positions + np.zeros(1 if value else 0, np.intp)


def is_chosen(each: Entry) -> bool:
    """Whether an entry counts as chosen, where some are."""
    return isinstance(each, (Chosen, Masked, Flag, Place))


def first_chosen(entries: Sequence[Entry]) -> int:
    """At which axis of the result what is chosen stands."""
    if parted(entries):
        return 0
    place = 0
    for each in entries:
        if is_chosen(each):
            break
        place += isinstance(each, (Span, New))
    return place


def parted(entries: Sequence[Entry]) -> bool:
    """Whether something stands between chosen entries."""
    marks = [is_chosen(each) for each in entries]
    first, last = marks.index(True), len(marks) - marks[::-1].index(True)
    return not all(marks[first:last])


def result_axes(entries: Sequence[Entry], chosen: Sequence[int], ndim: int) -> list[int | None]:
    """The axes of the result: of an array in which the ``ndim`` axes of what is chosen stand at the first chosen axis."""
    at = chosen[0]
    axes: list[int | None] = []
    for each in entries:
        if isinstance(each, New):
            axes.append(None)
        elif isinstance(each, Span):
            before = sum([axis < each.axis for axis in chosen])
            axes.append(each.axis if each.axis < at else each.axis - before + ndim)
    place = first_chosen(entries)
    return [*axes[:place], *range(at, at + ndim), *axes[place:]]


def flag_axes(entries: Sequence[Entry]) -> list[int | None]:
    """The axes of the result where True and False alone are chosen: one new axis."""
    _, axes = basic_parts([each for each in entries if isinstance(each, (Span, New))])
    place = first_chosen(entries)
    return [*axes[:place], None, *axes[place:]]


def with_flags(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with computed booleans without axes as True or False: together with positions they are known first."""
    return [
        Flag(bool(each.mask.compute())) if isinstance(each, Masked) and not each.mask.ndim else each for each in entries
    ]


def by_flag(x: Any, entries: list[Entry]) -> Any:
    """A computed True or False as an index: as a mask over a new axis of length 1."""
    flags = [each for each in entries if isinstance(each, Masked) and not each.mask.ndim]
    mask = Axes(flags[0].mask.expr, (None,))
    base = arranged(sliced(x.expr, base_region(x, entries)), flag_axes(entries))
    return new(compress_by(base, mask, first_chosen(entries)))


class IndexingMethods(ArrayBase):
    """Parts of the array."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object: the array has no axes")
        return int(sized(self.expr, (0,)).shape[0])

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (getitem(self, place) for place in range(len(self)))
