"""Elements in another order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(max_side=5), st.data())
def test_flip_agrees_with_numpy(pair, data):
    whole, x = pair
    axes = st.lists(st.integers(0, max(0, whole.ndim - 1)), unique=True, max_size=whole.ndim).map(tuple)
    axis = data.draw(st.one_of(st.none(), axes)) if whole.ndim else None
    assert_same(da.flip(x, axis), np.flip(whole, axis))


@settings(max_examples=80, deadline=None)
@given(chunked_arrays(max_side=6), st.data())
def test_roll_agrees_with_numpy_and_keeps_the_chunks(pair, data):
    whole, x = pair
    shift = st.integers(-9, 9)
    if whole.ndim and data.draw(st.booleans()):
        axis = data.draw(st.lists(st.integers(-whole.ndim, whole.ndim - 1), min_size=1, max_size=3).map(tuple))
        by = data.draw(st.one_of(shift, st.lists(shift, min_size=len(axis), max_size=len(axis)).map(tuple)))
    else:
        axis, by = None, data.draw(shift)
    made = da.roll(x, by, axis)
    assert made.chunks == x.chunks
    assert_same(made, np.roll(whole, by, axis))


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=2, max_side=4), st.integers(-5, 5), st.data())
def test_rot90_agrees_with_numpy(pair, k, data):
    whole, x = pair
    axes = tuple(data.draw(st.permutations(range(whole.ndim)))[:2])
    assert_same(da.rot90(x, k, axes), np.rot90(whole, k, axes))
    assert_same(da.fliplr(x), np.fliplr(whole))
    assert_same(da.flipud(x), np.flipud(whole))


def test_an_array_of_unknown_length_is_rolled_along_the_others():
    x = rows_of("rolled", BLOCKS, "rolled rows")
    assert_same(da.roll(x, 1), np.roll(WHOLE, 1))
    assert_same(da.roll(x, 1, axis=0), np.roll(WHOLE, 1, axis=0))


@pytest.mark.parametrize("call", [lambda x: da.fliplr(x), lambda x: da.rot90(x), lambda x: da.flip(x, 3)])
def test_axes_that_are_not_there_are_refused(call):
    with pytest.raises(ValueError, match=r"2-d|axis|axes"):
        call(da.ones(3, chunks=1))
