"""Slices and rechunks below joined and reshaped arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, graph_size

import weft.array as da
from weft.array.ops.indexing import Slice
from weft.array.ops.joining import Concatenate
from weft.array.ops.rechunking import Rechunk
from weft.array.ops.reshaping import Reshape
from weft.array.rules.slice_before_concatenate import part_of
from weft.expr import find, optimize

WHOLE = np.arange(48.0).reshape(6, 8)


@pytest.fixture
def x():
    return da.from_array(WHOLE, chunks=(2, 3)).map_blocks(np.positive)


def count(kind, *arrays):
    return len(find(optimize([each.expr for each in arrays], phases=["simplify"]), kind))


@given(st.integers(0, 30), st.integers(-7, 7).filter(bool), st.integers(1, 8), st.integers(0, 20), st.integers(0, 20))
def test_what_a_range_takes_of_a_part_is_what_lies_in_it(start, step, number, first, length):
    places = [start + step * each for each in range(number)]
    inside = [place - first for place in places if first <= place < first + length]
    taken = part_of((start, step, number), first, length)
    made = [] if taken is None else [taken[0] + taken[1] * each for each in range(taken[2])]
    assert made == inside


def test_a_slice_takes_from_the_parts_that_matter(x):
    joined = da.concatenate([x, x + 1, x * 2])
    assert count(Concatenate, joined[7:11, :2]) == 0
    assert count(Concatenate, joined[4:8]) == 1
    assert_same(joined[4:8, ::-2], np.concatenate([WHOLE, WHOLE + 1, WHOLE * 2])[4:8, ::-2])
    assert count(Slice, joined[4:8], joined.sum()) == 1


def test_a_rechunk_goes_to_the_parts_if_they_end_with_chunks(x):
    joined = da.concatenate([da.ones((4, 4), chunks=1), da.zeros((2, 4), chunks=1)])
    assert count(Rechunk, joined.rechunk(2)) == 0
    assert count(Rechunk, joined.rechunk(3)) == 1
    assert_same(joined.rechunk(2), np.concatenate([np.ones((4, 4)), np.zeros((2, 4))]))


def test_reshapes_of_reshapes_become_one(x):
    assert count(Reshape, x.reshape(3, 2, 8).reshape(48)) == 1
    assert count(Reshape, x.reshape(48).reshape(6, 8)) == 0
    assert_same(x.reshape(48).reshape(6, 8), WHOLE)
    assert_same(x.reshape(3, 2, 8).reshape(48), WHOLE.ravel())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(48,), (3, 2, 8), (2, 3, 2, 4), (6, 2, 4), (1, 6, 8), (12, 4)]), st.data())
def test_slices_of_reshaped_arrays_agree_with_numpy(shape, data):
    x = da.from_array(WHOLE, chunks=data.draw(st.sampled_from([(2, 3), (6, 8), (1, 4), (3, 8)]))).map_blocks(
        np.positive
    )
    index = tuple(data.draw(st.slices(length)) for length in shape)
    assert_same(x.reshape(shape)[index], WHOLE.reshape(shape)[index])


def test_whole_runs_are_taken_before_they_are_reshaped():
    x = da.ones((100, 8), chunks=(10, 8)).map_blocks(np.sin)
    assert graph_size(x.reshape(10, 10, 8)[3]) == 1
    assert graph_size(x.reshape(10, 10, 2, 4)[2:4].sum()) <= 2 + 2 + 1


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["diff", "repeat", "gradient", "tile"]), st.integers(0, 1), st.integers(1, 3), st.data())
def test_slices_of_operations_along_an_axis_agree_with_numpy(name, axis, number, data):
    x = da.from_array(WHOLE, chunks=data.draw(st.sampled_from([(2, 3), (6, 8), (1, 4)]))).map_blocks(np.positive)

    def made(module, array):
        if name == "diff":
            return module.diff(array, number, axis)
        if name == "repeat":
            return module.repeat(array, number, axis)
        if name == "tile":
            return module.tile(array, (number, 2))
        return module.gradient(array, float(number), axis=axis, edge_order=min(2, number))

    expected = made(np, WHOLE)
    index = tuple(data.draw(st.slices(length)) for length in expected.shape)
    assert_same(made(da, x)[index], expected[index])


def test_only_what_a_slice_wants_is_read_along_an_axis():
    x = da.ones((1000, 1000), chunks=(10, 10)).map_blocks(np.sin)
    assert graph_size(da.diff(x, axis=0)[5:8, :10]) <= 2
    assert graph_size(da.repeat(x, 3, axis=0)[5:8, :10]) <= 2
    assert graph_size(da.gradient(x, axis=0)[20:30, :10]) <= 5
    assert graph_size(da.tile(x, (3, 3))[1005:1008, :10]) <= 2


def test_numbers_that_are_drawn_quickly_are_drawn_for_each_reader_rather_than_moved():
    x = da.random.default_rng(1).random((40, 40), chunks=(10, 40))
    y = (x + x.T).rechunk((40, 10))
    assert count(Rechunk, y) == 0
    assert graph_size(y) <= 8
    whole = x.compute()
    assert_same(y, whole + whole.T)
