"""`x.blocks`, `x.vindex` and `x.oindex`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.indexes import same_values
from tests.array.strategies import chunked_arrays

import weft.array as da


def blocks_of(whole, chunked, numbers):
    """The blocks with these numbers along each axis, joined."""
    for axis, each in enumerate(numbers):
        ends = np.cumsum((0, *chunked.chunks[axis]))
        places = [np.arange(ends[number], ends[number + 1]) for number in each]
        whole = np.take(whole, np.concatenate(places).astype(int), axis=axis)
    return whole


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=2), st.data())
def test_blocks_are_picked_by_number(pair, data):
    whole, chunked = pair
    numbers, index = [], []
    for count in chunked.numblocks:
        each = data.draw(st.slices(count).filter(lambda each, count=count: len(range(count)[each])))
        index.append(each)
        numbers.append(range(count)[each])
    same_values(chunked.blocks[tuple(index)], blocks_of(whole, chunked, numbers))
    axis = data.draw(st.integers(0, whole.ndim - 1))
    count = chunked.numblocks[axis]
    numbers[axis] = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4))
    index[axis] = numbers[axis]
    same_values(chunked.blocks[tuple(index)], blocks_of(whole, chunked, numbers))


def test_blocks_say_how_many_they_are():
    x = da.from_array(np.arange(12).reshape(4, 3), chunks=2)
    assert x.blocks.shape == (2, 2)
    assert x.blocks.size == 4
    assert [each.compute().tolist() for each in x.blocks.ravel()][3] == [[8], [11]]
    same_values(x.partitions[-1, ...], x[2:].compute())
    same_values(x.blocks[1, 1], [[8], [11]])
    assert len(list(x.blocks)) == 2


def test_blocks_of_unknown_length_can_be_picked():
    x = da.arange(12, chunks=3)
    selected = x[x % 2 == 0]
    picked = selected.blocks[[2, 0]]
    same_values(picked, [6, 8, 0, 2])
    assert picked.compute_chunk_sizes().chunks == ((2, 2),)


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (None, ValueError),
        (2, IndexError),
        ([5], IndexError),
        (([0], [0]), ValueError),
        ("a", IndexError),
        ((0, 0, 0), IndexError),
    ],
)
def test_what_is_no_block_is_an_error(index, error):
    with pytest.raises(error):
        da.ones((4, 4), chunks=2).blocks[index]


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=2, min_side=1), st.data())
def test_pointwise_indexing_brings_its_axes_to_the_front(pair, data):
    whole, chunked = pair
    count = data.draw(st.integers(2, whole.ndim))
    axes = sorted(data.draw(st.permutations(range(whole.ndim)))[:count])
    shape = data.draw(hnp.array_shapes(max_dims=2, max_side=4))
    index = [slice(None)] * whole.ndim
    for axis in axes:
        length = whole.shape[axis]
        index[axis] = data.draw(hnp.arrays("int64", shape, elements=st.integers(-length, length - 1)))
    expected = np.moveaxis(whole, axes, range(count))[tuple(index[axis] for axis in axes)]
    same_values(chunked.vindex[tuple(index)], expected)


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, min_side=1), st.data())
def test_outer_indexing_selects_axis_by_axis(pair, data):
    whole, chunked = pair
    index, expected = [], whole
    for axis, length in enumerate(whole.shape):
        each = data.draw(
            st.one_of(
                st.slices(length), st.lists(st.integers(-length, length - 1), max_size=4), hnp.arrays(bool, length)
            )
        )
        index.append(each)
        if isinstance(each, list):
            each = np.array(each, int)
        expected = expected[(slice(None),) * axis + (each,)]
    same_values(chunked.oindex[tuple(index)], expected)


def test_integers_and_computed_masks_in_outer_and_pointwise_indexes():
    whole = np.arange(24).reshape(2, 3, 4)
    x = da.from_array(whole, chunks=2)
    mask = da.from_array(np.array([True, False, True]), chunks=1)
    same_values(x.oindex[0, mask, [3, 0]], whole[0][[0, 2]][:, [3, 0]])
    same_values(x.vindex[0, [1, 2], [3, 0]], whole[0, [1, 2], [3, 0]])
    same_values(x.vindex[:, [1, 2]], whole[:, [1, 2]].swapaxes(0, 1))
    same_values(x.vindex[1], whole[1])


def test_outer_indexing_takes_a_single_place_that_is_to_be_computed():
    a = np.arange(24).reshape(4, 6)
    x, place = da.from_array(a, chunks=(2, 4)), da.asarray(np.array(2))
    assert x.oindex[place, [0, 5]].compute().tolist() == a[2, [0, 5]].tolist()
    assert x.oindex[[0, 1], place].compute().tolist() == a[[0, 1], 2].tolist()
    assert x.oindex[place, place].compute() == a[2, 2]
