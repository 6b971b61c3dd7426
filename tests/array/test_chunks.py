from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.array.strategies import axis_chunks as some_chunks

from weft.array.chunks import axis_chunks, axis_count, axis_largest, common_cut, compress, normalize_chunks, pieces


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


@pytest.mark.parametrize(
    ("chunks", "shape", "expected"),
    [
        (3, (7, 2), ((3, 3, 1), (2,))),
        (-1, (7, 2), ((7,), (2,))),
        ((None, 1), (7, 2), ((7,), (1, 1))),
        ({0: 4}, (7, 2), ((4, 3), (2,))),
        ((2, 5), (7,), ((2, 5),)),
        (((2, 5), 1), (7, 2), ((2, 5), (1, 1))),
        ("16 B", (4,), ((2, 2),)),
        ("auto", (4, 4), ((4,), (4,))),
        (5, (0,), ((0,),)),
        ((), (), ()),
    ],
)
def test_all_forms_of_chunks_are_understood(chunks, shape, expected):
    assert normalize_chunks(chunks, shape, dtype=np.dtype("int64")) == expected


def test_automatic_chunks_stay_within_the_limit_and_are_about_square():
    chunks = normalize_chunks("auto", (10**6, 10**6), limit="1 MiB", dtype=np.dtype("float64"))
    longest = [max(axis) for axis in chunks]
    assert longest[0] * longest[1] * 8 <= 2**20
    assert longest[0] == longest[1]


def test_among_equals_the_finer_cut_wins_and_shattering_is_avoided():
    assert common_cut(12, [(12, 100), (4, 100)]) == 4
    assert common_cut(12, [(12, 100), (1, 3)]) == 12
    assert common_cut(12, [((5, 7), 100), ((6, 6), 100)]) in ((5, 1, 6), (5, 7))


def test_the_dtype_may_be_a_name():
    assert normalize_chunks("128B", (40,), dtype="f8") == normalize_chunks("128B", (40,), dtype=np.dtype("f8"))


@pytest.mark.parametrize(
    ("chunks", "shape", "expected"),
    [
        ([[2, 2], [3, 3]], None, ((2, 2), (3, 3))),
        ((1, (np.nan,)), (1, np.nan), ((1,), (np.nan,))),
        ((2, (2, np.nan), "auto"), (4, np.nan, 3), ((2, 2), (2, np.nan), (3,))),
        ((), (0, 0), ((0,), (0,))),
    ],
)
def test_chunks_may_be_lists_unknown_or_none_at_all(chunks, shape, expected):
    np.testing.assert_equal(normalize_chunks(chunks, shape, dtype="f8"), expected)
