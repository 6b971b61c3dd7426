"""Reductions of one's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_near, assert_same, chunked_arrays

import weft.array as da

WHOLE = np.arange(24.0).reshape(4, 6)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(st.just("float64"), min_dims=1), st.booleans(), st.sampled_from([2, 3, None, {0: 2}]), st.data())
def test_functions_of_blocks_make_a_reduction(pair, keepdims, split_every, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(0, whole.ndim - 1))
    ours = da.reduction(chunked, np.sum, np.sum, axis=axis, keepdims=keepdims, split_every=split_every)
    assert_near(ours, whole.sum(axis=axis, keepdims=keepdims), "f8")


def greatest_two(block, axis, keepdims):
    return np.sort(block, axis=axis[0])[:, -2:]


def test_results_may_keep_several_elements():
    chunked = da.from_array(WHOLE, chunks=2)
    ours = da.reduction(chunked, greatest_two, greatest_two, axis=1, keepdims=True, output_size=2)
    assert ours.chunks == ((2, 2), (2,))
    assert_same(ours, WHOLE[:, -2:])


def count_and_sum(block, axis, keepdims):
    return {"n": np.ones_like(block).sum(axis=axis, keepdims=keepdims), "sum": block.sum(axis=axis, keepdims=keepdims)}


def added(parts, axis, keepdims):
    return {name: value.sum(axis=axis, keepdims=keepdims) for name, value in parts.items()}


def divided(parts, axis, keepdims):
    sums = added(parts, axis, keepdims)
    return sums["sum"] / sums["n"]


def test_partial_results_may_be_dicts_of_arrays():
    chunked = da.from_array(WHOLE, chunks=2)
    ours = da.reduction(chunked, count_and_sum, divided, combine=added, axis=0, dtype=float, split_every=2)
    assert_same(ours, WHOLE.mean(axis=0))


def lists_added(parts, axis, keepdims):
    total = 0
    for row in parts:
        for each in row:
            total = total + each
    return total.sum(axis=axis, keepdims=keepdims)


def test_partial_results_may_come_in_lists():
    chunked = da.from_array(WHOLE, chunks=2)
    ours = da.reduction(chunked, np.sum, lists_added, dtype=float, concatenate=False, split_every=4)
    assert_same(ours, WHOLE.sum())


def weighted(block, weights, axis, keepdims):
    return (block * weights).sum(axis=axis, keepdims=keepdims)


def test_weights_come_block_by_block():
    chunked = da.from_array(WHOLE, chunks=(3, 4))
    assert_same(
        da.reduction(chunked, weighted, np.sum, axis=0, weights=np.arange(6)), (WHOLE * np.arange(6)).sum(axis=0)
    )
    with pytest.raises(ValueError, match="broadcast"):
        da.reduction(chunked, weighted, np.sum, axis=0, weights=np.arange(5))


def typed(block, axis, keepdims, dtype=None):
    return block.sum(axis=axis, keepdims=keepdims, dtype=dtype)


def test_functions_that_want_the_dtype_get_it():
    ours = da.reduction(da.from_array(WHOLE, chunks=3), typed, typed, axis=1, dtype="float32")
    assert_same(ours, WHOLE.sum(axis=1, dtype="float32"))


def positions(block, axis, offset_info):
    values = block.max(axis=axis[0], keepdims=True)
    return {"vals": values, "arg": block.argmax(axis=axis[0], keepdims=True) + offset_info}


def best(parts, axis, keepdims):
    where = parts["vals"].argmax(axis=axis[0], keepdims=True)
    return {name: np.take_along_axis(value, where, axis[0]) for name, value in parts.items()}


def best_place(parts, axis, keepdims):
    found = best(parts, axis, True)["arg"]
    return found if keepdims else found.squeeze(axis)


def test_positions_can_be_reduced_by_functions_of_ones_own():
    chunked = da.from_array(WHOLE[::-1], chunks=2)
    ours = da.reductions.arg_reduction(chunked, positions, best, best_place, axis=0, split_every=2)
    assert_same(ours, WHOLE[::-1].argmax(axis=0))


def failing(block, axis, keepdims):
    raise RuntimeError("never")


def test_a_dtype_that_cannot_be_found_out_must_be_said():
    with pytest.raises(ValueError, match="Say it"):
        da.reduction(da.ones(3, chunks=2), failing, failing)
