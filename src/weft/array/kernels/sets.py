"""Distinct elements of blocks, and of several blocks together."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from weft.array.expr import concatenated

__all__ = [
    "Found",
    "distinct",
    "distinct_texts",
    "inverse",
    "is_among",
    "merged",
    "merged_equal",
    "merged_texts",
    "part_of",
]

Block = np.ndarray[Any, Any]


class Found(NamedTuple):
    """Distinct elements or rows in order, where each stood first, and how often it is there."""

    values: Block
    firsts: Block
    counts: Block


def axis_of(block: Block) -> int | None:
    """Whether elements or rows are compared, for `numpy.unique`."""
    return 0 if block.ndim > 1 else None


def distinct(block: Block, first: int, equal_nan: bool) -> Found:
    """Distinct elements of a block that ``first`` elements stand before."""
    tallied = tally(block)
    if tallied is not None:
        return tallied._replace(firsts=tallied.firsts + first)
    values, firsts, where = unique(block, equal_nan)
    return Found(values, firsts + first, np.bincount(where, minlength=len(values)))


#: Places and counts that nobody asks for.
NOWHERE = np.empty(0, np.intp)


def distinct_texts(block: Block, first: int, equal_nan: bool) -> Found:
    """Distinct texts alone, which NumPy finds by a hash; where they stand and how often is not looked for."""
    values = np.unique(block) if type(block) is np.ndarray else distinct(block, first, equal_nan).values
    return Found(values, NOWHERE, NOWHERE)


def merged_texts(*parts: Found) -> Found:
    """Distinct texts of several blocks."""
    return distinct_texts(joined([part.values for part in parts], parts[0].values.dtype), 0, True)


def tally(block: Block) -> Found | None:
    """Distinct integers that lie no further apart than there are elements: counted, which takes less than to sort them."""
    if type(block) is not np.ndarray or block.ndim != 1 or block.dtype.kind not in "iu" or not block.size:
        return None
    low = int(block.min())
    span = int(block.max()) - low + 1
    if span > block.size:
        return None
    whole = np.uint64 if block.dtype.kind == "u" else np.int64
    places = (block.astype(whole) - whole(low)).astype(np.intp)
    counts = np.bincount(places, minlength=span)
    firsts = np.empty(span, np.intp)
    firsts[places[::-1]] = np.arange(block.size - 1, -1, -1)  # of equal places the last that is written stays
    there = np.flatnonzero(counts)
    return Found((there.astype(whole) + whole(low)).astype(block.dtype), firsts[there], counts[there])


def together(parts: tuple[Found, ...], equal_nan: bool) -> Found:
    """Distinct elements of several blocks, in the order of the blocks."""
    if len(parts) == 1:
        return parts[0]
    everything = joined([part.values for part in parts], parts[0].values.dtype)
    firsts = np.concatenate([part.firsts for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    values, chosen, where = unique(everything, equal_nan)
    total = np.zeros(len(values), np.intp)
    np.add.at(total, where, counts)
    return Found(values, firsts[chosen], total)


def unique(block: Block, equal_nan: bool) -> tuple[Block, Block, Block]:
    """Distinct elements, where each stands first, and which of them each element is.

    Missing texts are put last here: NumPy takes each for equal to the text that it comes after. Masked elements are one, the last.
    """
    is_masked = isinstance(block, np.ma.MaskedArray) and block.ndim == 1
    if is_masked:
        missing = np.flatnonzero(np.ma.getmaskarray(block))
    else:
        missing = np.flatnonzero(np.isnan(block)) if block.dtype.kind == "T" else np.empty(0, np.intp)
    if not len(missing):
        values, firsts, where = np.unique(
            block, return_index=True, return_inverse=True, axis=axis_of(block), equal_nan=equal_nan
        )
        return values, firsts, where.reshape(-1)
    there = np.delete(np.arange(block.size), missing)
    values, firsts, found = np.unique(
        np.ma.getdata(block)[there], return_index=True, return_inverse=True, equal_nan=equal_nan
    )
    are_one = is_masked or equal_nan
    where = np.empty(block.size, np.intp)
    where[there] = found
    where[missing] = len(values) + (0 if are_one else np.arange(len(missing)))
    last = missing[:1] if are_one else missing
    return joined([values, block[last]], block.dtype), np.concatenate([there[firsts], last]), where


def joined(values: list[Block], dtype: np.dtype[Any]) -> Block:
    """Values one after another."""
    if any(isinstance(each, np.ma.MaskedArray) for each in values):
        return concatenated(values, 0)  # type: ignore[no-any-return]
    return np.concatenate(values, dtype=dtype)


def merged(*parts: Found) -> Found:
    """Distinct elements of several blocks, each NaN by itself."""
    return together(parts, False)


def merged_equal(*parts: Found) -> Found:
    """Distinct elements of several blocks, all NaNs one."""
    return together(parts, True)


def part_of(found: Found, part: int) -> Block:
    """Values, places or counts."""
    return found[part]


def inverse(block: Block, found: Found, first: int, equal_nan: bool) -> Block:
    """Where the elements, or rows, of a block that ``first`` elements stand before are among the distinct ones."""
    if block.ndim > 1:
        return inverse_of_rows(block, found, first)
    if isinstance(block, np.ma.MaskedArray):
        among = Found(*[np.asarray(each[: np.ma.count(found.values)]) for each in found])
        places = inverse(np.ma.getdata(block), among, first, equal_nan)
        places[np.ma.getmaskarray(block)] = len(among.values)
        return places
    places = np.searchsorted(found.values, block).astype(np.intp, copy=False)
    if block.dtype.kind == "c" and equal_nan:
        # All are one, the last; by order, complex numbers with one NaN for a part stand beyond it or before it.
        places[np.isnan(block)] = len(found.values) - 1
    if block.dtype.kind == "T" and equal_nan and len(found.values):
        places[np.isnan(block)] = len(found.values) - 1
    if block.dtype.kind in "fcmMT" and not equal_nan and (missing := is_missing(block)).any():
        places[missing] = by_place(found, np.flatnonzero(is_missing(found.values)), np.flatnonzero(missing) + first)
    return places


def inverse_of_rows(block: Block, found: Found, first: int) -> Block:
    """The same for rows; rows with NaN are all distinct, and known by where they stand."""
    axes = tuple(range(1, block.ndim))
    can_miss = block.dtype.kind in "fcmM"
    whole = ~is_missing(block).any(axes) if can_miss else np.ones(len(block), bool)
    kept = np.flatnonzero(~is_missing(found.values).any(axes)) if can_miss else np.arange(len(found.values))
    _, where = np.unique(np.concatenate([found.values[kept], block[whole]]), return_inverse=True, axis=0)
    places = np.empty(len(block), np.intp)
    places[whole] = kept[where.reshape(-1)[len(kept) :]]
    if not whole.all():
        left = np.setdiff1d(np.arange(len(found.values)), kept)
        places[~whole] = by_place(found, left, np.flatnonzero(~whole) + first)
    return places


def by_place(found: Found, among: Block, places: Block) -> Block:
    """Which of some distinct elements stand first at these places."""
    firsts = found.firsts[among]
    order = np.argsort(firsts)
    chosen: Block = among[order[np.searchsorted(firsts, places, sorter=order)]]
    return chosen


def is_missing(block: Block) -> Block:
    """Where NaN or NaT is."""
    missing: Block = np.isnan(block) if block.dtype.kind in "fcT" else np.isnat(block)
    return missing


def is_among(block: Block, test: Block, assume_unique: bool, invert: bool, kind: str | None) -> Block:
    """Whether the elements of a block are among others."""
    chosen: Any = kind
    return np.isin(block, test, assume_unique=assume_unique, invert=invert, kind=chosen)
