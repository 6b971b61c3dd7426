from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.array.strategies import axis_chunks as some_chunks

from weft.array.chunks import axis_chunks, axis_count, axis_largest, common_cut, compress, pieces


@given(st.integers(0, 20).flatmap(some_chunks))
def test_a_cut_says_all_that_the_chunks_say(chunks):
    length = sum(chunks)
    cut = compress(chunks)
    if length or chunks == (0,):
        assert axis_chunks(length, cut) == chunks
    assert axis_count(length, cut) == len(axis_chunks(length, cut))
    assert axis_largest(length, cut) == max(axis_chunks(length, cut))


@given(st.integers(0, 20).flatmap(some_chunks), st.data())
def test_pieces_of_a_slice_are_what_the_slice_takes(chunks, data):
    whole = np.arange(sum(chunks))
    cut = compress(chunks)
    start, stop, step = data.draw(st.slices(len(whole))).indices(len(whole))
    count = len(range(start, stop, step))
    blocks = np.split(whole, np.cumsum(axis_chunks(len(whole), cut))[:-1])
    made, parts = pieces(len(whole), cut, start, step, count)
    found = [blocks[part.block][part.where] for part in parts]
    assert tuple(map(len, found)) == axis_chunks(count, made)
    np.testing.assert_array_equal(np.concatenate(found), [whole[start + step * place] for place in range(count)])


def test_among_equals_the_finer_cut_wins_and_shattering_is_avoided():
    assert common_cut(12, [(12, 100), (4, 100)]) == 4
    assert common_cut(12, [(12, 100), (1, 3)]) == 12
    assert common_cut(12, [((5, 7), 100), ((6, 6), 100)]) in ((5, 1, 6), (5, 7))
