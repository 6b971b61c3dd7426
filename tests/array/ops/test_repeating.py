"""Elements several times over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays, computed

import weft
import weft.array as da


@settings(max_examples=80, deadline=None)
@given(chunked_arrays(min_dims=0, max_dims=3, max_side=5), st.data())
def test_repeat_agrees_with_numpy(pair, data):
    whole, x = pair
    axis = data.draw(st.sampled_from([None, *range(-whole.ndim, whole.ndim)]))
    length = whole.size if axis is None else whole.shape[axis]
    one = st.integers(0, 4)
    repeats = data.draw(st.one_of(one, one.map(lambda each: [each]), st.lists(one, min_size=length, max_size=length)))
    repeats = np.array(repeats, int)
    assert_same(da.repeat(x, repeats, axis), np.repeat(whole, repeats, axis))


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(max_dims=3, max_side=4), st.one_of(st.integers(0, 4), st.lists(st.integers(0, 3), max_size=4)))
def test_tile_agrees_with_numpy(pair, reps):
    whole, x = pair
    assert_same(da.tile(x, reps), np.tile(whole, reps))


@settings(max_examples=30, deadline=None)
@given(chunked_arrays(max_dims=2, max_side=4), st.lists(st.integers(0, 5), max_size=3))
def test_resize_agrees_with_numpy(pair, shape):
    whole, x = pair
    assert_same(da.resize(x, tuple(shape)), np.resize(whole, tuple(shape)))


@pytest.mark.parametrize("times", [3, 7, 40])
@pytest.mark.parametrize("axis", [0, 1])
def test_chunks_stay_as_large_as_configured(times, axis):
    whole = np.arange(24.0).reshape(6, 4)
    with weft.config.set({"array.chunk-size": "128 B"}):
        x = da.from_array(whole, chunks=(4, 4))
        assert_same(da.repeat(x, times, axis), np.repeat(whole, times, axis))
        for made in (da.repeat(x, times, axis), da.tile(x, times)):
            assert np.prod(made.chunksize) * 8 <= 128
        assert_same(da.tile(x, (times, 2)), np.tile(whole, (times, 2)))


def test_a_small_array_is_tiled_into_few_chunks():
    x = da.tile(da.arange(10, chunks=5), 10**6)
    assert x.shape == (10**7,)
    assert x.npartitions <= 2 * 10**6
    small = da.tile(da.arange(10, chunks=10), 10**6)
    assert small.npartitions == 1
    assert computed(small.sum()) == 45 * 10**6


def test_repeats_may_be_a_chunked_array():
    whole, repeats = np.arange(12).reshape(4, 3), np.array([0, 2, 1, 3])
    x = da.repeat(da.from_array(whole, chunks=2), da.from_array(repeats, chunks=3), axis=0)
    assert np.isnan(x.shape[0])
    np.testing.assert_array_equal(computed(x), np.repeat(whole, repeats, axis=0))
    assert x.compute_chunk_sizes().shape == (6, 3)


def test_lengths_that_are_unknown_are_counted_only_along_the_axis():
    x = rows_of("repeated", BLOCKS, "repeated rows")
    made = da.repeat(x, 3, axis=1)
    assert np.isnan(made.shape[0])
    np.testing.assert_array_equal(made.compute(), np.repeat(WHOLE, 3, axis=1))
    np.testing.assert_array_equal(da.tile(x, (2, 2)).compute(), np.tile(WHOLE, (2, 2)))
    assert_same(x.repeat(2, axis=0), np.repeat(WHOLE, 2, axis=0))


@pytest.mark.parametrize(
    ("repeats", "error"), [(-1, ValueError), ([1, 2], ValueError), (1.5, TypeError), ([[1]] * 2, ValueError)]
)
def test_repeats_that_make_no_sense_are_refused(repeats, error):
    with pytest.raises(error):
        da.repeat(da.ones(3, chunks=2), repeats)
    with pytest.raises(ValueError, match="tiled"):
        da.tile(da.ones(3, chunks=2), -1)
