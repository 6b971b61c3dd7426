"""The greatest few elements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(st.sampled_from(["int64", "float64", "uint8"]), min_dims=1, min_side=1),
    st.integers(1, 9),
    st.booleans(),
    st.data(),
)
def test_the_greatest_and_the_least_come_in_order(pair, k, least, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    ordered = np.sort(whole, axis=axis)
    ordered = ordered if least else np.flip(ordered, axis)
    expected = np.take(ordered, range(min(k, whole.shape[axis])), axis=axis)
    k = -k if least else k
    assert_same(da.topk(chunked, k, axis, split_every=2), expected)
    places = chunked.argtopk(k, axis, split_every=2).compute(scheduler="sync")
    np.testing.assert_array_equal(np.take_along_axis(whole, places, axis), expected)


def test_none_at_all_is_refused():
    with pytest.raises(ValueError, match="greatest elements"):
        da.ones(3, chunks=2).topk(1.5)


def test_none_of_the_elements_may_be_asked_for():
    x = da.ones((4, 3), chunks=2)
    assert_same(x.topk(0), np.ones((4, 0)))
    assert_same(x.argtopk(0, axis=0), np.ones((0, 3), np.intp))
