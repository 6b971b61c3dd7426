from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da


@settings(max_examples=60, deadline=None)
@given(st.data(), chunked_arrays(max_side=4))
def test_broadcasting_to_a_shape_agrees_with_numpy(data, pair):
    whole, ours = pair
    shape = tuple(data.draw(st.integers(0, 3)) if length == 1 else length for length in whole.shape)
    shape = tuple(data.draw(st.lists(st.integers(0, 3), max_size=2))) + shape
    made = da.broadcast_to(ours, shape)
    assert_same(made, np.broadcast_to(whole, shape))
    assert_same(
        np.broadcast_to(ours, shape)[..., ::-1] if shape else made,
        np.broadcast_to(whole, shape)[..., ::-1] if shape else whole,
    )
    assert_same(made + made, np.broadcast_to(whole, shape) + np.broadcast_to(whole, shape))


@settings(max_examples=40, deadline=None)
@given(st.data(), chunked_arrays(max_side=4))
def test_arrays_are_broadcast_together_as_in_numpy(data, pair):
    whole, ours = pair
    shape = tuple(1 if data.draw(st.booleans()) else length for length in whole.shape)[data.draw(st.integers(0, 3)) :]
    other, theirs = data.draw(chunked_arrays(shape=shape))
    for mine, expected in zip(da.broadcast_arrays(ours, theirs, 1), np.broadcast_arrays(whole, other, 1), strict=True):
        assert_same(mine, expected)
    assert da.broadcast_shapes(ours.shape, theirs.shape) == np.broadcast_shapes(whole.shape, other.shape)


def test_repeating_is_no_work_and_repeated_axes_can_be_cut():
    x = da.broadcast_to(da.arange(3, chunks=2), (10**6, 3), chunks={0: 10**5})
    assert x.chunks == ((10**5,) * 10, (2, 1))
    block = x[:5].compute()
    assert block.strides[0] == 0 or block.shape == (5, 3)
    assert da.broadcast_to(da.ones(3), (10**9, 3)).numblocks[0] > 1
    assert_same(da.broadcast_to(5, (2,)), np.full(2, 5))
    assert da.broadcast_to(x, x.shape).name == x.name
    assert da.broadcast_arrays() == ()
    assert da.broadcast_shapes() == ()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: da.broadcast_to(x, (3, 4)), ValueError),
        (lambda x: da.broadcast_to(x, ()), ValueError),
        (lambda x: da.broadcast_to(x, (2, -3)), ValueError),
        (lambda x: da.broadcast_to(x, (2, 3), chunks=((2,), (3,))), ValueError),
        (lambda x: da.broadcast_to(x, (2, 3), meta=np.ma.ones(1)), TypeError),
        (lambda x: da.broadcast_arrays(x, da.ones(2)), ValueError),
        (lambda x: da.broadcast_shapes((2,), (3,)), ValueError),
    ],
)
def test_what_cannot_be_broadcast_is_refused_at_the_call(call, error):
    with pytest.raises(error):
        call(da.arange(3, chunks=2))


def test_any_function_of_elements_can_be_applied():
    x = da.arange(6, chunks=4)
    whole = np.arange(6)
    assert_same(da.core.elemwise(np.hypot, x, 3), np.hypot(whole, 3))
    assert_same(da.core.elemwise(np.add, 1, 2), np.add(1, 2))
    assert_same(da.core.elemwise(np.add, x, 1, dtype="f4"), np.add(whole, 1).astype("f4"))
    assert da.core.elemwise(np.add, x, 1, name="sum").name == "sum"
    out = da.zeros(6, chunks=3)
    assert da.core.elemwise(np.add, x, 1, where=x > 2, out=out) is out
    assert_same(out, np.where(whole > 2, whole + 1.0, 0))
    assert_same(da.core.elemwise(np.add, x, 1, where=x > 2), np.where(whole > 2, whole + 1, 0))
    assert_same(da.core.elemwise(keyword, x, by=x), whole * whole)
    with pytest.raises(TypeError, match="no arrays"):
        da.core.elemwise(np.add)


def keyword(block, *, by):
    return block * by


def test_lengths_that_are_unknown_are_equal_to_themselves():
    x = da.arange(6, chunks=3)
    y = x[x > 1]
    assert_same_values(y + y, np.arange(2, 6) * 2)
    assert_same_values(y + x[x < 4], np.arange(2, 6) + np.arange(4))
    assert_same_values(y * 2.0 + 1, np.arange(2, 6) * 2.0 + 1)
    assert_same_values(da.ones_like(y), np.ones(4, int))
    assert_same_values(da.where(y > 3, y, 0), np.where(np.arange(2, 6) > 3, np.arange(2, 6), 0))
    with pytest.raises(ValueError, match="broadcast"):
        y + x[x > 2]


def assert_same_values(ours, expected):
    np.testing.assert_array_equal(ours.compute(scheduler="sync"), expected)
