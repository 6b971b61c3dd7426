from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=100, deadline=None)
@given(chunked_arrays(min_side=1, dtypes=st.just("int64")), st.data())
def test_basic_indexing_agrees_with_numpy(pair, data):
    whole, chunked = pair
    index = data.draw(hnp.basic_indices(whole.shape, allow_newaxis=True))
    assert_same(chunked[index], whole[index])
    assert_same((chunked * 2 + chunked)[index], (whole * 3)[index])


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=2, max_dims=2, min_side=1), st.data())
def test_slices_of_slices_transposes_and_rechunks_agree_with_numpy(pair, data):
    whole, chunked = pair
    first = data.draw(st.tuples(*map(st.slices, whole.T.shape)))
    once = whole.T[first]
    second = data.draw(st.tuples(*map(st.slices, once.shape)))
    assert_same(chunked.T[first].rechunk(2)[second], once[second])


def test_an_index_out_of_bounds_is_numpys_error_at_the_call():
    with pytest.raises(IndexError, match="out of bounds for axis 1 with size 3"):
        da.ones((2, 3), chunks=1)[0, 3]


def test_too_many_indices_are_an_error_at_the_call():
    with pytest.raises(IndexError, match="too many indices"):
        da.ones(3, chunks=1)[0, 0]


def test_what_is_not_supported_says_so():
    with pytest.raises(NotImplementedError, match="list"):
        da.ones(3, chunks=1)[[0, 1]]


def test_length_and_iteration_follow_the_first_axis():
    chunked = da.from_array(np.arange(6).reshape(3, 2), chunks=1)
    assert len(chunked) == 3
    assert [row.compute(scheduler="sync").tolist() for row in chunked] == [[0, 1], [2, 3], [4, 5]]
