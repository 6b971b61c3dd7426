"""Axes in another order, new ones, and such as are taken away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(max_dims=4, max_side=4), st.data())
def test_orders_of_axes_agree_with_numpy(pair, data):
    whole, x = pair
    order = data.draw(st.permutations(range(whole.ndim)))
    assert_same(da.transpose(x, order), np.transpose(whole, order))
    assert_same(x.transpose(*order), whole.transpose(*order))
    assert_same(x.T, whole.T)
    if whole.ndim:
        axis = st.integers(-whole.ndim, whole.ndim - 1)
        a, b = data.draw(axis), data.draw(axis)
        assert_same(da.swapaxes(x, a, b), np.swapaxes(whole, a, b))
        assert_same(da.moveaxis(x, a, b), np.moveaxis(whole, a, b))
        start = data.draw(st.integers(-whole.ndim, whole.ndim))
        assert_same(da.rollaxis(x, a, start), np.rollaxis(whole, a, start))
        count = data.draw(st.integers(0, whole.ndim))
        places = data.draw(st.permutations(range(whole.ndim)))[:count]
        assert_same(da.moveaxis(x, order[:count], places), np.moveaxis(whole, order[:count], places))
    if whole.ndim > 1:
        assert_same(da.matrix_transpose(x), np.matrix_transpose(whole))
        assert_same(x.mT, whole.mT)


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(max_dims=3, max_side=2), st.data())
def test_axes_of_length_one_come_and_go_as_in_numpy(pair, data):
    whole, x = pair
    assert_same(da.squeeze(x), np.squeeze(whole))
    ones = [axis for axis, length in enumerate(whole.shape) if length == 1]
    some = tuple(data.draw(st.lists(st.sampled_from(ones), unique=True))) if ones else ()
    assert_same(x.squeeze(some), whole.squeeze(some))
    count = data.draw(st.integers(1, 3))
    places = tuple(data.draw(st.permutations(range(-count - whole.ndim, 0)))[:count])
    assert_same(da.expand_dims(x, places), np.expand_dims(whole, places))
    for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
        assert_same(getattr(da, name)(x), getattr(np, name)(whole))


def test_sizes_and_shapes_of_anything():
    x = da.ones((2, 3), chunks=1)
    assert (da.ndim(x), da.shape(x), da.size(x), da.size(x, 1)) == (2, (2, 3), 6, 3)
    assert (da.ndim([1, 2]), da.shape(5), da.size([[1, 2]])) == (1, (), 2)
    assert isinstance(da.atleast_1d(1, [2]), tuple)


def test_unknown_lengths_are_carried_along():
    x = rows_of("transposed", BLOCKS, "transposed rows")
    np.testing.assert_array_equal(da.atleast_3d(x.T).compute(), np.atleast_3d(WHOLE.T))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: da.transpose(x, (0, 0)), ValueError),
        (lambda x: da.transpose(x, (0,)), ValueError),
        (lambda x: da.transpose(x, (0, 2)), np.exceptions.AxisError),
        (lambda x: da.moveaxis(x, [0, 1], 0), ValueError),
        (lambda x: da.moveaxis(x, [0, 0], [0, 1]), ValueError),
        (lambda x: da.squeeze(x, 0), ValueError),
        (lambda x: da.expand_dims(x, (0, 0)), ValueError),
        (lambda x: da.expand_dims(x, 3), np.exceptions.AxisError),
        (lambda x: da.swapaxes(x, 0, "a"), TypeError),
        (lambda x: da.rollaxis(x, 0, 5), np.exceptions.AxisError),
        (lambda x: da.matrix_transpose(x[0]), ValueError),
    ],
)
def test_axes_that_make_no_sense_are_refused(call, error):
    with pytest.raises(error):
        call(da.ones((2, 3), chunks=1))
