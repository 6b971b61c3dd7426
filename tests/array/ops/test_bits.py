"""Bits of bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunks_of

import weft.array as da

quick = settings(deadline=None, max_examples=40)


@quick
@given(st.data())
def test_bits_are_packed_and_unpacked_as_numpy_does(data):
    shape = data.draw(st.tuples(st.integers(0, 4), st.integers(0, 20)))
    whole = np.random.default_rng(len(shape)).integers(0, 2, shape)
    axis = data.draw(st.sampled_from([None, 0, 1, -1]))
    order = data.draw(st.sampled_from(["big", "little"]))
    chunked = da.from_array(whole, chunks=data.draw(chunks_of(shape)))
    expected = np.packbits(whole, axis, order)
    packed = np.packbits(chunked, axis=axis, bitorder=order)
    assert_same(packed, expected)
    count = data.draw(st.sampled_from([None, 0, 3, 50, -1]))
    if count is None or expected.shape[axis or 0] * 8 >= -count:
        assert_same(da.unpackbits(packed, axis, count, order), np.unpackbits(expected, axis, count, order))


def test_what_numpy_refuses_is_refused():
    with pytest.raises(TypeError, match="integer or boolean"):
        da.packbits(da.ones(3))
    with pytest.raises(TypeError, match="unsigned byte"):
        da.unpackbits(da.ones(3, dtype=int))
    with pytest.raises(ValueError, match="little"):
        da.packbits([1], bitorder="middle")
    with pytest.raises(ValueError, match="-count"):
        da.unpackbits(da.zeros(1, dtype="u1"), count=-9)
