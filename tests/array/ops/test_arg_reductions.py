"""Positions of the least and greatest elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of

import weft.array as da
from weft.array.kernels import arg_reductions


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=0, min_side=1), st.sampled_from(["argmin", "argmax"]), st.booleans(), st.data())
def test_positions_agree_with_numpy(pair, name, keepdims, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(-whole.ndim, whole.ndim - 1)) if whole.ndim else None
    ours = getattr(da, name)(chunked, axis=axis, keepdims=keepdims, split_every=2)
    assert_same(ours, getattr(np, name)(whole, axis=axis, keepdims=keepdims))


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(st.just("float64"), min_dims=1, min_side=2),
    st.sampled_from(["argmin", "nanargmin", "nanargmax"]),
    st.data(),
)
def test_nan_is_found_first_or_left_out(pair, name, data):
    whole, _ = pair
    whole = np.where(np.abs(whole) < 5, np.nan, whole)
    whole[(-1,) * whole.ndim] = 1.0
    chunked = da.from_array(whole, chunks=data.draw(chunks_of(whole.shape)))
    assert_same(getattr(da, name)(chunked, split_every=2), getattr(np, name)(whole))


def test_among_equal_elements_the_first_in_the_whole_array_is_found():
    whole = np.ones((4, 4))
    assert da.from_array(whole, chunks=2).argmax().compute() == 0


def test_nothing_but_nan_is_numpys_error():
    whole = da.from_array(np.array([[np.nan, 1.0], [np.nan, 2.0]]), chunks=1)
    with pytest.raises(ValueError, match="All-NaN slice"):
        da.nanargmax(whole, axis=0).compute(scheduler="sync")


def test_the_position_in_nothing_is_numpys_error_at_the_call():
    with pytest.raises(ValueError, match="argmax of an empty sequence"):
        da.zeros((0, 3), chunks=1).argmax(axis=0)


def test_times_strings_and_objects_have_positions():
    for whole in (np.array([2, 3, 1], "M8[s]"), np.array(["b", "c", "a"]), np.array([2, 3, 1], object)):
        assert da.argmax(da.from_array(whole, chunks=2)).compute() == 1


def test_lengths_need_not_be_known_along_one_axis():
    whole = np.array([5.0, 9.0, 1.0, 7.0])
    chunked = da.from_array(whole, chunks=2)
    assert chunked[chunked > 4].argmin().compute() == 0
    assert chunked[chunked > 6].argmin().compute() == 1


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([(7, 5), (3, 11), (9, 2, 4), (4, 8, 3), (2, 3, 2, 5)]),
    st.integers(0, 1),
    st.sampled_from(["f8", "f4", "i2", "u1"]),
    st.data(),
)
def test_tiles_find_what_numpy_finds(shape, axis, dtype, data):
    values = data.draw(st.lists(st.integers(0, 4), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    block = np.array(values, dtype).reshape(shape)
    if dtype[0] == "f":
        block[block == 4] = np.nan
    for kind in ("argmin", "argmax"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(arg_reductions, "WIDE", 2)
            patch.setattr(arg_reductions, "SIDE", 3)
            places, found = arg_reductions.positions(block, kind, axis)
        expected = getattr(np, kind)(block, axis=axis, keepdims=True)
        np.testing.assert_array_equal(places, expected)
        np.testing.assert_array_equal(found, np.take_along_axis(block, expected, axis))


def test_blocks_without_elements_beside_the_axis_have_no_places():
    places, found = arg_reductions.positions(np.empty((0, 3, arg_reductions.WIDE)), "argmin", 1)
    assert places.shape == found.shape == (0, 1, arg_reductions.WIDE)
