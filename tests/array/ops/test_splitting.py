"""One array as several."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays, graph_size

import weft.array as da


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(min_dims=1, max_side=6), st.data())
def test_array_split_and_unstack_agree_with_numpy(pair, data):
    whole, x = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    where = data.draw(st.one_of(st.integers(1, 5), st.lists(st.integers(-7, 7), max_size=3)))
    parts, expected = da.array_split(x, where, axis), np.array_split(whole, where, axis)
    assert len(parts) == len(expected)
    for made, part in zip(parts, expected, strict=True):
        assert_same(made, part)
    for made, part in zip(da.unstack(x, axis=axis), np.unstack(whole, axis=axis), strict=True):
        assert_same(made, part)


def test_splits_by_direction_agree_with_numpy():
    whole = np.arange(24).reshape(2, 4, 3)
    x = da.from_array(whole, chunks=2)
    for name, where in [("split", 2), ("vsplit", 2), ("hsplit", [1, 3]), ("dsplit", 3)]:
        for made, part in zip(getattr(da, name)(x, where), getattr(np, name)(whole, where), strict=True):
            assert_same(made, part)


def test_a_part_makes_only_what_it_needs():
    x = da.ones((8, 8), chunks=2) + 1
    assert graph_size(da.split(x, 4)[1]) == 4


def test_unknown_lengths_are_counted():
    parts = da.split(rows_of("split", BLOCKS, "split rows"), 2)
    assert_same(parts[1], np.split(WHOLE, 2)[1])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: da.split(x, 3),
        lambda x: da.array_split(x, 0),
        lambda x: da.vsplit(x, 2),
        lambda x: da.dsplit(x, 2),
        lambda x: da.unstack(x[0]),
        lambda x: da.split(x, 2, axis=1),
    ],
)
def test_what_cannot_be_split_is_refused(call):
    with pytest.raises(ValueError, match=r"equal division|larger than 0|dimensions|at least 1-d|out of bounds"):
        call(da.ones(4, chunks=2))
