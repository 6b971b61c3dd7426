"""Slices below positions and masks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.indexes import same_values
from tests.array.strategies import chunks_of, graph_size

import weft.array as da


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_slices_of_what_is_taken_or_masked_agree_with_numpy(data):
    whole = np.arange(35).reshape(7, 5)
    x = da.from_array(whole, chunks=data.draw(chunks_of(whole.shape))) + 0
    index = np.array(data.draw(st.lists(st.integers(0, 6), max_size=9)), int)
    taken = whole[index]
    where = data.draw(st.tuples(*map(st.slices, taken.shape)))
    same_values(x[index][where], taken[where])
    grid = index[: len(index) // 2 * 2].reshape(-1, 2)
    where = data.draw(st.tuples(*map(st.slices, whole[grid].shape)))
    same_values(x[grid][where], whole[grid][where])
    columns = data.draw(st.slices(5))
    same_values(x[x[:, 0] > 12][:, columns], whole[whole[:, 0] > 12][:, columns])


def test_only_what_is_wanted_is_taken():
    x = da.from_array(np.arange(1000), chunks=10) + 0
    assert graph_size(x[np.random.default_rng(0).permutation(1000)][:3]) < 10


def test_a_slice_stays_above_what_others_want_whole():
    x = da.from_array(np.arange(100), chunks=10) + 0
    taken = x[np.arange(100)[::-1]]
    assert graph_size(taken[:3], taken) >= 10
