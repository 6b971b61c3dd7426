"""Other shapes, in both orders, from any chunks to any shape."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays, graph_size

import weft.array as da


@st.composite
def shapes_of_size(draw, size, max_dims=4):
    """A shape with as many elements."""
    shape, left = [], size
    while left > 1 and len(shape) < max_dims - 1:
        factor = draw(st.sampled_from([each for each in range(1, left + 1) if not left % each]))
        shape.append(factor)
        left //= factor
    shape.insert(draw(st.integers(0, len(shape))), left)
    return tuple(shape)


@settings(max_examples=150, deadline=None)
@given(
    chunked_arrays(max_dims=4, max_side=6, min_side=1),
    st.data(),
    st.sampled_from("CF"),
    st.booleans(),
    st.sampled_from([None, 1, 24, 200]),
)
def test_any_shape_becomes_any_other(pair, data, order, merge, limit):
    whole, chunked = pair
    shape = data.draw(shapes_of_size(whole.size))
    made = chunked.reshape(shape, order=order, merge_chunks=merge, limit=limit)
    assert_same(made, whole.reshape(shape, order=order))


@settings(max_examples=50, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=3, min_side=1, max_side=12), st.data())
def test_chunks_do_not_grow(pair, data):
    whole, chunked = pair
    shape = data.draw(shapes_of_size(whole.size))
    made = chunked.reshape(shape)
    assert prod(made.chunksize) <= prod(chunked.chunksize)


@pytest.mark.parametrize(
    ("shape", "chunks", "wanted", "expected"),
    [
        ((4, 6), (2, 3), (24,), ((6, 6, 6, 6),)),
        ((4, 6), (2, 3), (4, 2, 3), ((2, 2), (1, 1), (3,))),
        ((24,), (6,), (4, 6), ((1, 1, 1, 1), (6,))),
        ((24,), (12,), (4, 6), ((2, 2), (6,))),
        ((24,), (4,), (2, 3, 4), ((1, 1), (1, 1, 1), (4,))),
        ((3, 4), (3, 4), (6, 2), ((6,), (2,))),
        ((1000, 1000), (100, 1000), (10**6,), ((10**5,) * 10,)),
        ((10, 10, 10), (5, 5, 5), (10, 100), ((5, 5), (20, 20, 20, 20, 20))),
    ],
)
def test_chunks_of_the_result_are_of_the_size_that_is_there(shape, chunks, wanted, expected):
    assert da.ones(shape, chunks=chunks).reshape(wanted).chunks == expected


def test_where_blocks_become_blocks_there_is_one_task_for_each():
    x = da.ones((40, 30), chunks=(4, 30))
    assert graph_size(x.reshape(1200) + 1) == 10
    assert graph_size((x + 1).reshape(40, 5, 6) + 1) == 10


def test_without_merging_chunks_are_only_split():
    x = da.ones((4, 6), chunks=(2, 3)).reshape(24, merge_chunks=False)
    assert x.chunks == ((3,) * 8,)


def test_a_million_chunks_are_reshaped_without_looking_at_them():
    x = da.ones((10**6, 10**6), chunks=(1000, 1000)).reshape(1000, 1000, 10**6)
    assert x.shape == (1000, 1000, 10**6)
    assert x.expr.grid == (1, 1000, 1000)


@pytest.mark.parametrize(
    ("old", "wanted"), [((0,), (0, 3)), ((3, 0), (0,)), ((2, 0, 3), (-1, 3)), ((), (1, 1)), ((1, 1), ()), ((), (-1,))]
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_empty_arrays_and_scalars_have_shapes_too(old, wanted, order):
    whole = np.ones(old)
    assert_same(da.from_array(whole, chunks=-1).reshape(wanted, order=order), whole.reshape(wanted, order=order))


@pytest.mark.parametrize(
    ("shape", "error"),
    [((5,), ValueError), ((-1, -1), ValueError), ((4, -1), ValueError), ((-2, 3), ValueError), ((2.5, 2), TypeError)],
)
def test_shapes_that_do_not_fit_are_refused_at_the_call(shape, error):
    with pytest.raises(error):
        da.ones(6, chunks=2).reshape(shape)


def test_ravel_and_flatten_take_orders():
    whole = np.arange(12).reshape(3, 4)
    x = da.from_array(whole, chunks=2)
    assert_same(x.ravel(), whole.ravel())
    assert_same(x.flatten("F"), whole.flatten("F"))
    assert_same(da.ravel([[1, 2], [3, 4]]), np.array([1, 2, 3, 4]))


def test_unknown_lengths_stay_unknown_where_that_is_possible():
    x = rows_of("reshaped", BLOCKS, "reshaped rows")
    flat = x.reshape(-1)
    assert np.isnan(flat.shape[0])
    np.testing.assert_array_equal(flat.compute(), WHOLE.ravel())
    assert flat.reshape(-1).name == flat.name
    assert x.reshape(-1, 2).name == x.name
    assert x.reshape(x.shape[0], 2, 1).shape == (x.shape[0], 2, 1)
    np.testing.assert_array_equal(x.reshape(-1, 1, 2).compute(), WHOLE.reshape(-1, 1, 2))
    assert flat.compute_chunk_sizes().chunks == ((6, 2),)


def test_sizes_are_counted_where_the_shape_needs_them():
    x = rows_of("counted", BLOCKS, "counted rows")
    assert_same(x.reshape(2, 4), WHOLE.reshape(2, 4))


def test_blocks_can_be_reshaped_one_by_one():
    whole = np.arange(24).reshape(4, 6)
    x = da.from_array(whole, chunks=(2, 3))
    flat = da.reshape_blockwise(x, 24)
    assert flat.chunks == ((6, 6, 6, 6),)
    assert_same(flat, np.concatenate([whole[a : a + 2, b : b + 3].ravel() for a in (0, 2) for b in (0, 3)]))
    assert_same(da.reshape_blockwise(flat, (4, 6), chunks=((2, 2), (3, 3))), whole)
    with pytest.raises(TypeError, match="chunks="):
        da.reshape_blockwise(flat, (4, 6))
    with pytest.raises(ValueError, match="as many blocks"):
        da.reshape_blockwise(flat, (4, 6), chunks=((4,), (3, 3)))


def test_copies_cannot_be_excluded():
    x = da.ones(6, chunks=2)
    assert x.reshape(6, copy=False) is x
    with pytest.raises(ValueError, match="copy"):
        x.reshape(2, 3, copy=False)


def test_masked_blocks_keep_their_masks():
    whole = np.ma.masked_greater(np.arange(12).reshape(3, 4), 8)
    made = da.from_array(whole, chunks=(2, 2)).reshape(4, 3).compute()
    np.testing.assert_array_equal(np.ma.getmaskarray(made), np.ma.getmaskarray(whole).reshape(4, 3))


@pytest.mark.parametrize("kind", ["O", "U3", "M8[s]", [("a", "i4"), ("b", "f8")]])
def test_any_dtype_can_be_reshaped(kind):
    whole = np.arange(12).astype(kind if not isinstance(kind, list) else "i4").astype(kind).reshape(3, 4)
    x = da.from_array(whole, chunks=2)
    assert_same(x.reshape(2, 6), whole.reshape(2, 6))
    assert_same(x.reshape(12, order="F"), whole.reshape(12, order="F"))
