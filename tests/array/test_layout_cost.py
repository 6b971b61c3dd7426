"""Chunks stay in the band around the configured size."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.array.strategies import axis_chunks as some_chunks

import weft
from weft.array.chunks import axis_chunks, axis_count, axis_largest, compress
from weft.array.layout_cost import bounded_cut, chunk_elements, merged_cut, moved_bytes, within_band


@given(st.integers(1, 40).flatmap(some_chunks), st.integers(1, 12))
def test_bounded_cuts_only_split_and_merged_cuts_only_merge(chunks, longest):
    length, cut = sum(chunks), compress(chunks)
    ends = {sum(chunks[:place]) for place in range(len(chunks) + 1)}
    for made, splits in ((bounded_cut(length, cut, longest), True), (merged_cut(length, cut, longest), False)):
        lengths = axis_chunks(length, made)
        assert sum(lengths) == length
        new_ends = {sum(lengths[:place]) for place in range(len(lengths) + 1)}
        if splits:
            assert axis_largest(length, made) <= longest
        else:
            assert new_ends <= ends
            assert axis_largest(length, made) <= max(longest, *chunks)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=1, max_size=3))
def test_within_the_band_chunks_are_neither_too_large_nor_many_and_tiny(axes):
    shape = tuple(length for length, _ in axes)
    grid = tuple(min(each) for each in axes)
    with weft.config.set({"array.chunk-size": "1 MiB"}):
        made = within_band(shape, grid, 8)
    assert chunk_elements(shape, made) * 8 <= max(2**20, 8)
    if chunk_elements(shape, grid) * 8 <= 2**20:
        count = prod(axis_count(length, cut) for length, cut in zip(shape, made, strict=True))
        assert count <= 256 or prod(shape) * 8 // count >= 2**10 or made == grid or count * 2**9 < prod(shape) * 8


def test_what_users_have_cut_stays():
    assert within_band((10**6,), (10**4,), 8) == (10**4,)
    assert within_band((10**9,), (10**9,), 8, given=8 * 10**9) == (10**9,)
    assert within_band((100,), (1,), 8) == (1,)


@pytest.mark.parametrize(
    ("old", "new", "expected"), [((4, 6), (2, 3), 0), ((4, 3), (4, 6), 192), ((4, 6), (4, 6), 0), ((3, 6), (2, 6), 192)]
)
def test_splitting_is_free_and_merging_moves_everything(old, new, expected):
    assert moved_bytes((4, 6), old, new, 8) == expected
