"""Indexes read: what a user writes between brackets, entry by entry, checked against the array.

NumPy's rules: an index has an entry for each axis, ``...`` stands for those left out, None for new axes. Slices and integers
alone are *basic*. Lists, arrays of integers and masks are *chosen*; with one of those about, integers count as chosen,
too: all chosen entries are broadcast against each other, and the axes of what they choose stand where the first of them
stands if they are neighbours, and in front otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from weft.array.base import ArrayBase, new
from weft.array.chunks import is_unknown
from weft.array.ops.broadcasting import elementwise
from weft.array.ops.sizes import sized

__all__ = [
    "Chosen",
    "Entry",
    "Flag",
    "Gap",
    "Masked",
    "New",
    "Place",
    "Span",
    "is_field",
    "normal_positions",
    "read_index",
]


class New(NamedTuple):
    """A new axis."""


class Gap(NamedTuple):
    """``...`` that stands for nothing: it still parts its neighbours."""


class Span(NamedTuple):
    """A slice: ``length`` elements of an axis from ``start``, ``step`` apart."""

    axis: int
    start: int
    step: int
    length: Any


class Place(NamedTuple):
    """An integer."""

    axis: int
    place: int


class Chosen(NamedTuple):
    """Positions along an axis: a NumPy array, checked and counted from the front, or a chunked array."""

    axis: int
    positions: Any


class Masked(NamedTuple):
    """A chunked mask over the axes from ``axis`` on."""

    axis: int
    mask: Any


class Flag(NamedTuple):
    """True or False, which chooses all or nothing, without an axis."""

    value: bool


Entry: TypeAlias = "New | Gap | Span | Place | Chosen | Masked | Flag"

VALID = "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices"


def is_field(index: Any, dtype: np.dtype[Any]) -> bool:
    """Whether an index is the name of a field, or a list of such."""
    return isinstance(index, str) or (
        isinstance(index, list) and bool(index) and all(isinstance(each, str) for each in index)
    )


def read_index(x: Any, index: Any, keep_masks: bool = False) -> tuple[Any, list[Entry]]:
    """The array, with lengths counted where the index needs them, and the entries of an index.

    Parameters
    ----------
    x : Array
    index : object
        What stands between the brackets.
    keep_masks : bool
        Whether masks of NumPy stay masks, as chunked arrays, where they are not combined with other positions.
    """
    given = [normal_entry(each) for each in (index if isinstance(index, tuple) else (index,))]
    if not keep_masks:
        given = [unmasked(each) for each in given]
    given = written_out(given, x)
    unknown = tuple([axis for axis, each in axes_of(given) if needs_length(each) and is_unknown_axis(x, axis)])
    if unknown:
        x = new(sized(x.expr, unknown))
    alone = sum([isinstance(each, (np.ndarray, ArrayBase)) for each in given]) == 1
    entries: list[Entry] = []
    axis = 0
    for each in given:
        if each is Ellipsis:
            entries.append(Gap())
        elif each is None:
            entries.append(New())
        elif isinstance(each, (bool, np.bool_)):
            entries.append(Flag(bool(each)))
        else:
            entries.extend(read_entry(x, axis, each, keep_masks and alone))
            axis += axes_used(each)
    return x, entries


def normal_entry(each: Any) -> Any:
    """An entry as one of: None, Ellipsis, slice, int, bool, NumPy array, chunked array."""
    if each is None or each is Ellipsis or isinstance(each, (slice, bool, np.bool_)):
        return each
    if isinstance(each, ArrayBase):
        if each.dtype.kind not in "iub":
            raise IndexError(
                f"arrays used as indices must be of integer (or boolean) type, and this one is {each.dtype}"
            )
        return each
    if isinstance(each, (int, np.integer)):
        return int(each)
    if isinstance(each, (str, float, complex, bytes, np.inexact)):
        raise IndexError(f"cannot index with {each!r}: {VALID}")
    if isinstance(each, (list, tuple)) and any(isinstance(one, ArrayBase) for one in each):
        each = [np.asarray(one) if isinstance(one, ArrayBase) else one for one in each]
    if not isinstance(each, np.ndarray):
        if not isinstance(each, (list, tuple, range)) and not hasattr(each, "__array__"):
            if hasattr(each, "__index__"):
                return int(each.__index__())
            raise IndexError(f"cannot index with {each!r} (a {type(each).__name__}): {VALID}")
        found = np.asarray(each)
        if found.size == 0 and isinstance(each, (list, tuple)) and found.dtype.kind == "f":
            found = found.astype(np.intp)
        each = found
    if each.dtype.kind not in "iub":
        raise IndexError(f"arrays used as indices must be of integer (or boolean) type, and this one is {each.dtype}")
    if each.ndim == 0:
        return bool(each) if each.dtype.kind == "b" else int(each)
    return each


def unmasked(each: Any) -> Any:
    """An entry without a mask of its own: what lies under it chooses elements, as in NumPy."""
    if isinstance(each, ArrayBase) and each.expr.is_masked:
        return elementwise(np.ma.getdata, each)
    return np.asarray(each) if isinstance(each, np.ndarray) else each


def axes_used(each: Any) -> int:
    """How many axes of the array an entry is for."""
    if each is None or each is Ellipsis or isinstance(each, (bool, np.bool_)):
        return 0
    if isinstance(each, (np.ndarray, ArrayBase)) and each.dtype.kind == "b":
        return each.ndim
    return 1


def written_out(given: list[Any], x: Any) -> list[Any]:
    """The entries with slices for ``...`` and for axes left out at the end."""
    dots = [place for place, each in enumerate(given) if each is Ellipsis]
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    used = sum(map(axes_used, given))
    if used > x.ndim:
        raise IndexError(f"too many indices for array: array is {x.ndim}-dimensional, but {used} were indexed")
    missing: list[Any] = [slice(None)] * (x.ndim - used)
    if not dots:
        return [*given, *missing]
    return [*given[: dots[0]], *(missing or [Ellipsis]), *given[dots[0] + 1 :]]


def axes_of(given: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """The axes with the entries for them."""
    axis = 0
    for each in given:
        for place in range(axis, axis + axes_used(each)):
            yield place, each
        axis += axes_used(each)


def needs_length(each: Any) -> bool:
    """Whether an entry means something only where the axis' length is known."""
    if isinstance(each, slice):
        return not is_everything(each)
    return not (isinstance(each, ArrayBase) and each.dtype.kind == "b")


def is_everything(each: slice) -> bool:
    """Whether a slice takes a whole axis, however long it is."""
    return is_number(each.start, 0) and each.stop is None and is_number(each.step, 1)


def is_number(given: Any, wanted: int) -> bool:
    """Whether a part of a slice is left out or an integer of this value; 0.0 is none."""
    return given is None or (hasattr(given, "__index__") and given == wanted)


def is_unknown_axis(x: Any, axis: int) -> bool:
    """Whether the length of an axis has not been counted."""
    return is_unknown(x.expr.shape[axis])


def read_entry(x: Any, axis: int, each: Any, keep_mask: bool) -> list[Entry]:
    """An entry for one axis, or a mask over several."""
    if isinstance(each, slice):
        if is_everything(each):
            return [Span(axis, 0, 1, x.expr.shape[axis])]
        start, stop, step = each.indices(x.shape[axis])
        return [Span(axis, start, step, len(range(start, stop, step)))]
    if isinstance(each, int):
        return [Place(axis, place_in(each, axis, x.shape[axis]))]
    if each.dtype.kind == "b":
        if each.ndim == 0:
            return [Masked(axis, each)]
        if isinstance(each, ArrayBase):
            return [Masked(axis, each)]
        check_mask(each.shape, x.shape, axis)
        if keep_mask:
            return [Masked(axis, each)]
        return [Chosen(axis + place, found) for place, found in enumerate(np.nonzero(each))]
    if isinstance(each, ArrayBase):
        return [Chosen(axis, each)]
    return [Chosen(axis, normal_positions(each, x.shape[axis], axis))]


def check_mask(mask: tuple[int, ...], shape: tuple[Any, ...], axis: int) -> None:
    """A mask is as long as the axes that it covers."""
    for place, length in enumerate(mask):
        if length != shape[axis + place]:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis + place}; "
                f"size of axis is {shape[axis + place]} but size of corresponding boolean axis is {length}"
            )


def place_in(place: int, axis: int, length: int) -> int:
    """An integer index counted from the front."""
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of bounds for axis {axis} with size {length}")
    return place % length


def normal_positions(positions: Any, length: int, axis: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """A new array of positions along an axis, all counted from the front."""
    found = np.array(positions, dtype=np.intp)
    if found.size:
        low, high = int(found.min()), int(found.max())
        if low < -length or high >= length:
            wrong = high if high >= length else low
            raise IndexError(f"index {wrong} is out of bounds for axis {axis} with size {length}")
        if low < 0:
            found[found < 0] += length
    return found
