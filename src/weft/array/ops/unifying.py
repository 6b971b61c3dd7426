"""Arrays that meet along index letters, cut alike."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from weft.array.chunks import Cut, axis_count, common_cut, is_unknown
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known_along

__all__ = ["Indices", "as_they_are", "is_by_block", "unified"]

#: A letter for each axis.
Indices = tuple[Hashable, ...]


def unified(
    pairs: list[tuple[Any, Indices | None]],
    *,
    uncounted: bool = False,
) -> tuple[list[tuple[Any, Indices | None]], dict[Hashable, Cut], dict[Hashable, int]]:
    """The arguments with arrays cut alike along each letter, how they are cut, and how long the letters are.

    Unknown lengths are counted where others are to match. With ``uncounted`` a block of unknown length that is the only one
    along a letter goes beside every block of arrays of a known length instead, for functions that see whole blocks.
    """
    lengths: dict[Hashable, Any] = {}
    for letter in dict.fromkeys(letter for _, indices in pairs for letter in indices or ()):
        along = [
            (value.shape[place], value.numblocks[place])
            for value, indices in pairs
            for place, own in enumerate(indices or ())
            if own == letter
        ]
        met = {length for length, _ in along}
        known = {length for length in met if not is_unknown(length)}
        if uncounted and known - {1} and all(count == 1 for length, count in along if is_unknown(length)):
            met = known
        if len(met - {1}) > 1:
            if any(map(is_unknown, met)):
                pairs = [
                    (known_along(value, indices.index(letter)), indices)
                    if indices and letter in indices
                    else (value, indices)
                    for value, indices in pairs
                ]
                met = {value.shape[indices.index(letter)] for value, indices in pairs if indices and letter in indices}
            if len(met - {1}) > 1:
                raise ValueError(
                    f"the arrays have different lengths along index {letter!r}: {sorted(met)}. They must be equal, or 1."
                )
        lengths[letter] = next(iter(met - {1}), 1)
    cuts: dict[Hashable, Cut] = {}
    for letter, length in lengths.items():
        offers = [
            (value.grid[place], value.weight)
            for value, indices in pairs
            for place, own in enumerate(indices or ())
            if own == letter and value.shape[place] == length
        ]
        cuts[letter] = offers[0][0] if len({cut for cut, _ in offers}) == 1 else common_cut(length, offers)
    made: list[tuple[Any, Indices | None]] = []
    for value, indices in pairs:
        if indices is not None:
            wanted = [
                cuts[letter] if length == lengths[letter] else cut
                for letter, length, cut in zip(indices, value.shape, value.grid, strict=True)
            ]
            value = laid_out(value, tuple(wanted))
        made.append((value, indices))
    return made, cuts, lengths


def is_by_block(pairs: list[tuple[Any, Indices | None]]) -> bool:
    """Whether arrays differ in length along a letter, and have equally many blocks there all the same."""
    differ = False
    for letter in {letter for _, indices in pairs for letter in indices or ()}:
        met = [(value, indices.index(letter)) for value, indices in pairs if indices and letter in indices]
        counts = {value.shape[place]: value.numblocks[place] for value, place in met if value.shape[place] != 1}
        if len(counts) > 1:
            differ = True
            if len(set(counts.values())) > 1:
                return False
    return differ


def as_they_are(
    pairs: list[tuple[Any, Indices | None]],
) -> tuple[list[tuple[Any, Indices | None]], dict[Hashable, Cut], dict[Hashable, int]]:
    """What `unified` gives, for arrays that are taken to match block by block."""
    cuts: dict[Hashable, Cut] = {}
    lengths: dict[Hashable, Any] = {}
    for value, indices in pairs:
        for place, letter in enumerate(indices or ()):
            count = value.numblocks[place]
            if letter not in cuts or axis_count(lengths[letter], cuts[letter]) == 1:
                cuts[letter], lengths[letter] = value.grid[place], value.shape[place]
            elif count not in (1, axis_count(lengths[letter], cuts[letter])):
                raise ValueError(
                    f"with align_arrays=False arrays need equally many blocks along index {letter!r}: "
                    f"{count} and {axis_count(lengths[letter], cuts[letter])}"
                )
    return pairs, cuts, lengths
