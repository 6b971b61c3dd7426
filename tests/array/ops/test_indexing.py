from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.indexes import indexes, partly_chunked, same_values
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da
from weft import config


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_side=1, dtypes=st.just("int64")), st.data())
def test_basic_indexing_agrees_with_numpy(pair, data):
    whole, chunked = pair
    index = data.draw(hnp.basic_indices(whole.shape, allow_newaxis=True))
    assert_same(chunked[index], whole[index])
    assert_same((chunked * 2 + chunked)[index], (whole * 3)[index])


@settings(max_examples=30, deadline=None)
@given(chunked_arrays(min_dims=2, max_dims=2, min_side=1), st.data())
def test_slices_of_slices_transposes_and_rechunks_agree_with_numpy(pair, data):
    whole, chunked = pair
    first = data.draw(st.tuples(*map(st.slices, whole.T.shape)))
    once = whole.T[first]
    second = data.draw(st.tuples(*map(st.slices, once.shape)))
    assert_same(chunked.T[first].rechunk(2)[second], once[second])


@settings(max_examples=150, deadline=None)
@given(chunked_arrays(min_dims=1), st.data(), st.sampled_from(["128 MiB", "1 B"]))
def test_any_index_agrees_with_numpy(pair, data, chunk_size):
    whole, chunked = pair
    index = data.draw(indexes(whole))
    with config.set({"array.chunk-size": chunk_size}):
        same_values(chunked[data.draw(partly_chunked(index))], whole[index])


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_side=1, min_dims=1, dtypes=st.sampled_from(["int64", "float32"])), st.data())
def test_arrays_of_positions_alone_agree_with_numpy(pair, data):
    whole, chunked = pair
    index = data.draw(hnp.integer_array_indices(whole.shape, result_shape=hnp.array_shapes(max_dims=3, max_side=4)))
    same_values(chunked[index], whole[index])
    same_values((chunked + 1)[index] * 2, (whole + 1)[index] * 2)


@pytest.mark.parametrize(
    "index",
    [
        True, False, np.True_, (slice(None), True, [0, 1]), (False, slice(None), [0]), ([0], Ellipsis, [1, 0], 2),
        (None, [1], None), ((0, 1),), [], (slice(None), []), range(2), np.array(1), (np.array(1), np.array(True)),
        (0, slice(None), [0, 1]), ([0, 1], slice(None), 0), (0, [0, 1]), (Ellipsis, [0]), ([[True, False, True]],),
    ],
)  # fmt: skip
def test_rare_indexes_agree_with_numpy(index):
    whole = np.arange(24).reshape(2, 3, 4)
    chunked = da.from_array(whole, chunks=(1, 2, 3))
    try:
        expected = whole[index]
    except IndexError as error:
        with pytest.raises(type(error)):
            chunked[index]
        return
    same_values(chunked[index], expected)


@pytest.mark.parametrize("flag", [True, False])
def test_a_computed_boolean_is_an_index(flag):
    whole = np.arange(6).reshape(2, 3)
    mask = da.from_array(np.array(flag))
    same_values(da.from_array(whole, chunks=2)[mask], whole[flag])
    same_values(da.from_array(whole, chunks=2)[:, mask], whole[:, flag])
    same_values(da.from_array(np.array(3))[mask], np.array(3)[flag])


def test_a_computed_integer_is_an_index():
    whole = np.arange(6).reshape(2, 3)
    chunked = da.from_array(whole, chunks=2)
    place = da.from_array(np.array([4, 1]), chunks=1).min()
    same_values(chunked[place], whole[1])
    same_values(chunked[0, place], whole[0, 1])
    same_values(chunked[1:, place], whole[1:, 1])


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ((0, 3), "index 3 is out of bounds for axis 1 with size 3"),
        ((0, 0, 0), "too many indices"),
        ((Ellipsis, Ellipsis), "single ellipsis"),
        ([0, 2], "index 2 is out of bounds for axis 0 with size 2"),
        ((slice(None), [-4]), "index -4 is out of bounds for axis 1 with size 3"),
        (np.ones(3, bool), "boolean index did not match"),
        (np.ones((2, 2), bool), "boolean index did not match"),
        (np.array([0.5]), "integer"),
        (np.array([], float), "integer"),
        (0.5, "valid indices"),
        ("name", "valid indices"),
        (([0, 1], [0, 1, 2]), "shape mismatch"),
        ({}, "valid indices"),
    ],
)
def test_a_wrong_index_is_numpys_error_at_the_call(index, message):
    with pytest.raises(IndexError, match=message):
        np.ones((2, 3))[index]
    with pytest.raises(IndexError, match=message):
        da.ones((2, 3), chunks=1)[index]


def test_a_computed_position_out_of_bounds_is_an_error_when_it_is_computed():
    chosen = da.ones(3, chunks=1)[da.from_array(np.array([0, 5]), chunks=1)]
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 3"):
        chosen.compute(scheduler="sync")


def test_a_chunked_mask_of_another_length_is_an_error_at_the_call():
    with pytest.raises(IndexError, match="boolean index did not match indexed array along axis 0"):
        da.ones(3, chunks=1)[da.ones(4, chunks=2) > 0]


def test_fields_are_numpys():
    whole = np.array([(1, 2.0, (3, 4)), (5, 6.0, (7, 8))], [("a", "i4"), ("b", "f8"), ("c", "i2", (2,))])
    chunked = da.from_array(whole, chunks=1)
    same_values(chunked["a"], whole["a"])
    same_values(chunked["c"], whole["c"])
    same_values(chunked["c"][1:, 0], whole["c"][1:, 0])
    same_values(chunked[["a", "b"]]["b"], whole["b"])
    same_values(chunked[1:]["b"], whole[1:]["b"])
    with pytest.raises(ValueError, match="no field of name d"):
        chunked["d"]


def test_length_and_iteration_follow_the_first_axis():
    chunked = da.from_array(np.arange(6).reshape(3, 2), chunks=1)
    assert len(chunked) == 3
    assert [row.compute(scheduler="sync").tolist() for row in chunked] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(TypeError):
        len(da.ones((), chunks=()))
    with pytest.raises(TypeError):
        iter(da.ones((), chunks=()))


def test_indexing_a_million_chunks_makes_nothing_for_each_of_them():
    x = da.ones((10**12,), chunks=10**6)
    assert x[5:].shape == (10**12 - 5,)
    assert x[::-7][[3, 1, 10**9]].shape == (3,)
    assert x[10 : 10**12 : 10**9].numblocks == (1000,)


def test_computed_booleans_stand_beside_other_positions():
    whole = np.arange(12).reshape(3, 4)
    chunked, yes = da.from_array(whole, chunks=2), da.ones(2, chunks=1).sum() > 1
    assert_same(chunked[yes, 1], whole[True, 1])
    assert_same(chunked[yes, [0, 1]], whole[True, [0, 1]])
    assert_same(chunked[[0, 1], yes], whole[[0, 1], True])
    chunked[yes, [0, 2]] = 9
    whole[True, [0, 2]] = 9
    assert_same(chunked, whole)
