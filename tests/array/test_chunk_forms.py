from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.array.chunk_forms import normalize_chunks, whole_units


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
        (3.0, (7, 2), ((3, 3, 1), (2,))),
        ((7 / 1, 10 / 5), (7, 2), ((7,), (2,))),
        (((2.0, 5.0), 1), (7, 2), ((2, 5), (1, 1))),
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


@given(st.tuples(st.integers(0, 500), st.integers(0, 500)), st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_automatic_chunks_are_whole_units_below_the_limit(shape, units):
    sides = whole_units(shape, units, 10_000)
    for side, unit, length in zip(sides, units, shape, strict=True):
        assert side % unit == 0 or side >= length
    assert np.prod(sides) <= max(10_000, np.prod(units))


@given(st.tuples(st.integers(1, 300), st.integers(1, 300)), st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_automatic_chunks_are_whole_previous_ones_where_one_fits(shape, sizes):
    previous = normalize_chunks(sizes, shape)
    made = normalize_chunks("auto", shape, limit=1600, dtype="i1", previous_chunks=previous)
    for lengths, before in zip(made, previous, strict=True):
        assert all(length % before[0] == 0 for length in lengths[:-1])
    assert max(made[0]) * max(made[1]) <= 1600


@pytest.mark.parametrize(
    ("chunks", "says"), [({"x": 1}, "axes are numbered"), (2.5, "give a length, -1 for the whole axis")]
)
def test_chunks_of_another_kind_are_refused_with_what_there_is(chunks, says):
    with pytest.raises(TypeError, match=says):
        normalize_chunks(chunks, (4, 4))
