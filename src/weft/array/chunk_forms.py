"""Chunks in the forms in which users give them: lengths, ``-1``, ``"auto"``, sizes in bytes, for each axis or for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, prod
from typing import Any

import numpy as np

from weft import config
from weft.array.chunks import (
    Chunks,
    Cut,
    Grid,
    UnknownCut,
    axis_chunks,
    axis_largest,
    compress,
    is_unknown,
    regular,
)
from weft.units import parse_bytes

__all__ = ["grid_for", "limit_bytes", "normalize_chunks", "per_axis", "whole_units"]


def normalize_chunks(
    chunks: Any,
    shape: Sequence[int] | int | None = None,
    limit: int | str | None = None,
    dtype: Any = None,
    previous_chunks: Any = None,
) -> Chunks:
    """Chunk lengths for every axis, from any of the forms in which users give them.

    Parameters
    ----------
    chunks : int, str, tuple, dict or None
        A length for all axes; ``-1`` or None for a whole axis; ``"auto"``; a size in bytes such as ``"64 MiB"``; a tuple
        with one of these, or a tuple of lengths, for each axis; a dict from axes to these.
    shape : tuple of int
    limit : int or str, optional
        Bytes of a chunk where ``"auto"`` is asked for; the option ``array.chunk-size`` by default.
    dtype : dtype, optional
        Needed for ``"auto"`` and sizes in bytes.
    previous_chunks : tuple, optional
        What axes keep that a dict does not name; and of which automatic chunks take whole ones, if one fits.

    Examples
    --------
    >>> normalize_chunks(3, (7, 2))
    ((3, 3, 1), (2,))
    >>> normalize_chunks({0: 2}, (4, 2))
    ((2, 2), (2,))
    >>> normalize_chunks("auto", (40, 6), limit=80, dtype="i1", previous_chunks=(8, 6))
    ((8, 8, 8, 8, 8), (6,))
    """
    if shape is None:
        if not isinstance(chunks, (tuple, list)) or not all(isinstance(each, (tuple, list)) for each in chunks):
            raise ValueError(f"cannot make chunks of {chunks!r} without a shape: give shape=")
        shape = tuple(map(sum, chunks))
    lengths = (shape,) if isinstance(shape, int) else tuple(shape)
    if isinstance(chunks, (tuple, list)) and len(chunks) == len(lengths):
        unknown = {axis: tuple(each) for axis, each in enumerate(chunks) if has_nan(each)}
        if unknown:
            rest = [axis for axis in range(len(lengths)) if axis not in unknown]
            made = normalize_chunks(
                tuple([chunks[axis] for axis in rest]), [lengths[axis] for axis in rest], limit, dtype
            )
            known = dict(zip(rest, made, strict=True))
            return tuple([known.get(axis) or unknown[axis] for axis in range(len(lengths))])
    grid = grid_for(chunks, lengths, dtype, limit=limit, previous=previous_chunks)
    return tuple(axis_chunks(length, cut) for length, cut in zip(lengths, grid, strict=True))


def has_nan(lengths: Any) -> bool:
    """Whether some of an axis's lengths are unknown."""
    return isinstance(lengths, (tuple, list)) and any(length != length for length in lengths)


def grid_for(
    chunks: Any,
    shape: tuple[int, ...],
    dtype: Any = None,
    *,
    limit: int | str | None = None,
    previous: Any = None,
) -> Grid:
    """The grid for chunks in any form; see `normalize_chunks`."""
    asked = per_axis(chunks, shape, previous)
    cuts: list[Cut | None] = []
    bounds: list[int] = []
    for axis, (each, length) in enumerate(zip(asked, shape, strict=True)):
        if isinstance(each, str):
            cuts.append(None)
            if each != "auto":
                bounds.append(parse_bytes(each))
        else:
            cuts.append(axis_cut(each, length, axis))
    if any(cut is None for cut in cuts):
        bound = min(bounds) if bounds else limit_bytes(limit)
        cuts = list(fill_auto(cuts, shape, dtype, bound, previous))
    return tuple([cut for cut in cuts if cut is not None])


def per_axis(chunks: Any, shape: tuple[int, ...], previous: Any) -> list[Any]:
    """One item for each axis."""
    ndim = len(shape)
    if isinstance(chunks, Mapping):
        found: list[Any] = list(previous) if previous is not None else [-1] * ndim
        for axis, each in chunks.items():
            if not is_integer(axis):
                raise TypeError(f"cannot chunk axis {axis!r}: axes are numbered, as in chunks={{0: 100, 1: -1}}")
            if not -ndim <= axis < ndim:
                raise np.exceptions.AxisError(
                    f"cannot chunk axis {axis} of an array with {ndim} axes, as in chunks={chunks!r}"
                )
            found[axis % ndim] = found[axis % ndim] if each is None else each
        return found
    if chunks is None or isinstance(chunks, (str, float)) or is_integer(chunks):
        return [chunks] * ndim
    if not isinstance(chunks, Iterable):
        raise TypeError(
            f"cannot make chunks of {chunks!r} (a {type(chunks).__name__}): give a length, 'auto', a size such as "
            "'64 MiB', a tuple with one of these for each axis, or a dict"
        )
    found = list(chunks)
    if ndim == 1 and len(found) != 1 and all(map(is_integer, found)) and sum(found) == shape[0]:
        return [tuple(found)]
    if not found and not any(shape):
        return [0] * ndim
    if len(found) != ndim:
        raise ValueError(
            f"cannot cut an array of shape {shape} with chunks={chunks!r}: it has {ndim} axes, "
            f"and the chunks are for {len(found)}. Give one entry for each axis."
        )
    return found


def axis_cut(asked: Any, length: int, axis: int) -> Cut:
    """The cut of one axis as asked for."""
    if isinstance(asked, UnknownCut):
        return asked
    if is_unknown(length):
        raise ValueError(
            f"cannot cut axis {axis} anew: its length is not known. Call compute_chunk_sizes() on the array first."
        )
    if asked is None:
        return regular(length, length)
    asked = whole(asked)
    if is_integer(asked):
        size = int(asked)
        if size == -1:
            return regular(length, length)
        if size < -1 or (size == 0 and length):
            raise ValueError(f"cannot cut axis {axis} into chunks of length {size}: give a positive length, or -1")
        return regular(length, size or 1)
    if isinstance(asked, Iterable):
        lengths = tuple(map(whole, asked))
        if not all(map(is_integer, lengths)) or any(each < 0 for each in lengths):
            raise ValueError(f"cannot cut axis {axis} with chunks {lengths!r}: lengths are whole numbers, not below 0")
        if not lengths and length == 0:
            lengths = (0,)
        if sum(lengths) != length:
            raise ValueError(
                f"cannot cut axis {axis}, which is {length} long, with chunks {lengths!r}: they are {sum(lengths)} together"
            )
        return compress(tuple(map(int, lengths)))
    raise TypeError(
        f"cannot cut axis {axis} with {asked!r} (a {type(asked).__name__}): give a length, -1 for the whole axis, the "
        f"lengths of all chunks, 'auto', or a size such as '64 MiB'"
    )


def whole(value: Any) -> Any:
    """A float that is a whole number as an integer, so that chunks may be quotients; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_integer(value: Any) -> bool:
    """Whether a value is a whole number, of Python or NumPy."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def limit_bytes(limit: int | str | None) -> int:
    """Bytes that an automatic chunk may take."""
    if limit is None:
        return int(config.value("array.chunk-size"))
    return parse_bytes(limit)


def fill_auto(cuts: list[Cut | None], shape: tuple[int, ...], dtype: Any, limit: int, previous: Any = None) -> Grid:
    """Cuts for the axes left open, so that a chunk has about ``limit`` bytes.

    Their chunks are of whole previous ones if one of these fits, and about equally long.
    """
    if dtype is None:
        raise TypeError("chunks='auto' and sizes in bytes need the dtype: give dtype=, or lengths for all axes")
    itemsize = np.dtype(dtype).itemsize
    fixed = prod(axis_largest(length, cut) for length, cut in zip(shape, cuts, strict=True) if cut is not None)
    room = max(1.0, limit / max(1, itemsize) / max(1, fixed))
    open_axes = sorted((axis for axis, cut in enumerate(cuts) if cut is None), key=shape.__getitem__)
    filled: list[Cut] = [1 if cut is None else cut for cut in cuts]
    if previous is not None:
        units = [unit_of(previous[axis], shape[axis]) for axis in open_axes]
        if prod(units) <= room:
            sides = whole_units([shape[axis] for axis in open_axes], units, int(room))
            for axis, side in zip(open_axes, sides, strict=True):
                filled[axis] = regular(shape[axis], side)
            return tuple(filled)
    while open_axes:
        size = max(1, int(room ** (1 / len(open_axes)) + 1e-9))
        axis = open_axes.pop(0)
        length = shape[axis]
        if length > size:
            length = ceil(length / ceil(length / size))
        filled[axis] = regular(shape[axis], length)
        room = max(1.0, room / max(1, length))
    return tuple(filled)


def unit_of(chunks: Any, length: int) -> int:
    """The longest of an axis's previous chunks, which are a cut or lengths."""
    return max(1, min(length, axis_largest(length, chunks) if isinstance(chunks, (int, UnknownCut)) else max(chunks)))


def whole_units(shape: Sequence[int], units: Sequence[int], most: int) -> list[int]:
    """Lengths of chunks of whole units along each axis: of at most ``most`` elements, and about equally long.

    >>> whole_units((10000, 10000), (100, 300), 10**6)
    [800, 1200]
    >>> whole_units((1000, 1000), (1000, 10), 25_000)
    [1000, 20]
    """
    sides = [max(1, min(unit, length)) for unit, length in zip(units, shape, strict=True)]
    growing = {axis for axis, length in enumerate(shape) if sides[axis] < length}
    while growing:
        axis = min(growing, key=lambda each: sides[each])
        wider = min(sides[axis] * 2, shape[axis])
        if prod(sides) // sides[axis] * wider <= most:
            sides[axis] = wider
        else:  # as many more as there is room for
            times = most // prod(sides)
            sides[axis] *= max(1, times)
            more = (most // (prod(sides) // sides[axis]) - sides[axis]) // units[axis]
            sides[axis] += max(0, more) * units[axis]
            growing.discard(axis)
        if sides[axis] >= shape[axis]:
            sides[axis] = shape[axis]
            growing.discard(axis)
    return sides
