"""Users' functions of blocks."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of

import weft
import weft.array as da


@settings(max_examples=30)
@given(chunked_arrays(min_dims=1))
def test_a_function_of_elements_gives_what_it_gives_for_the_whole(pair):
    whole, chunked = pair
    assert_same(chunked.map_blocks(lambda block: block * 2), whole * 2)


@settings(max_examples=30)
@given(chunked_arrays(min_dims=2, max_dims=2), st.data())
def test_arrays_are_cut_alike_and_aligned_at_their_last_axes(pair, data):
    whole, chunked = pair
    row = np.arange(float(whole.shape[1]))
    other = da.from_array(row, chunks=data.draw(chunks_of(row.shape)))
    assert_same(da.map_blocks(np.multiply, chunked, other), whole * row)


def test_a_block_is_told_where_it_stands():
    x = da.zeros((4, 6), chunks=(2, 3))
    ids = x.map_blocks(lambda block, block_id: block + 10 * block_id[0] + block_id[1], dtype=float).compute()
    np.testing.assert_array_equal(ids[::2, ::3], [[0, 1], [10, 11]])

    def first(block, block_info):
        (start, _), (left, _) = block_info[0]["array-location"]
        assert block_info[None]["chunk-shape"] == block.shape or block.size == 0
        return block + 100 * start + left

    np.testing.assert_array_equal(x.map_blocks(first, dtype=float).compute()[::2, ::3], [[0, 3], [200, 203]])


def test_a_function_that_can_do_without_is_tried_without_being_told_where_it_stands():
    seen = []

    def placed(block, block_info=None, block_id=None):
        if block_info is None:
            seen.append((block.shape, block_id))
            return np.empty(block.shape, "f4")
        return (block + block_info[0]["chunk-location"][0]).astype("f4")

    x = da.zeros(4, chunks=2)
    assert_same(x.map_blocks(placed), np.array([0, 0, 1, 1], "f4"))
    assert_same(x.map_blocks(placed, dtype="f4"), np.array([0, 0, 1, 1], "f4"))
    assert seen == [((0,), None)] * 2


def test_a_default_that_a_function_cannot_do_with_is_no_hindrance():
    x = da.zeros(4, chunks=2)
    assert_same(x.map_blocks(lambda block, block_id=None: block + block_id[0]), np.array([0.0, 0, 1, 1]))


def test_a_block_is_told_the_dtype_that_was_found_out():
    x = da.zeros(4, chunks=2)
    kinds = []
    x.map_blocks(lambda block, block_info: kinds.append(block_info[None]["dtype"]) or block.astype("f4")).compute()
    assert kinds[-1] == np.float32


def test_axes_are_taken_away_and_made():
    x = da.arange(24, chunks=6)
    column = x.map_blocks(lambda block: block[:, None] * np.arange(3), chunks=(6, 3), new_axis=1)
    assert column.chunks == ((6,) * 4, (3,))
    assert_same(column, np.arange(24)[:, None] * np.arange(3))
    assert_same(column.map_blocks(lambda block: block.sum(0), drop_axis=0), np.arange(3) * np.arange(24).sum())
    assert_same(x.map_blocks(lambda block: block.max(keepdims=True), chunks=(1,)), np.array([5, 11, 17, 23]))


def test_blocks_can_be_made_of_their_places_alone():
    made = da.map_blocks(lambda block_id: np.full((2, 1), block_id[0]), chunks=((2, 2), (1,)), dtype=int)
    np.testing.assert_array_equal(made.compute(), [[0], [0], [1], [1]])


def test_collections_among_the_arguments_come_computed():
    x = da.arange(6, chunks=2)
    assert_same(x.map_blocks(lambda block, whole: block + whole.sum(), whole=x), np.arange(6) + 15)
    shifted = x.map_blocks(
        lambda block, some, by=0: block + some[0] + by, [weft.delayed(3)], by=weft.delayed(7), dtype=int
    )
    assert_same(shifted, np.arange(6) + 10)


@settings(max_examples=20)
@given(st.data())
def test_letters_that_the_result_has_not_are_joined_or_listed(data):
    left, right = np.arange(12.0).reshape(3, 4), np.arange(20.0).reshape(4, 5)
    a = da.from_array(left, chunks=data.draw(chunks_of(left.shape)))
    b = da.from_array(right, chunks=data.draw(chunks_of(right.shape)))
    assert_same(da.blockwise(np.matmul, "ik", a, "ij", b, "jk", concatenate=True), left @ right)

    def products(lefts, rights):
        return sum(x @ y for x, y in zip(lefts, rights, strict=True))

    assert_same(da.blockwise(products, "ik", a, "ij", b, "jk", dtype=float), left @ right)


def test_letters_can_be_new_and_chunks_can_change():
    x = da.arange(6, chunks=2)
    doubled = da.blockwise(np.repeat, "i", x, "i", 2, None, adjust_chunks={"i": lambda length: 2 * length}, dtype=int)
    assert doubled.chunks == ((4, 4, 4),)
    assert_same(doubled, np.repeat(np.arange(6), 2))
    wide = da.blockwise(lambda block: block[:, None] + np.arange(2), "ij", x, "i", new_axes={"j": 2}, dtype=int)
    assert_same(wide, np.arange(6)[:, None] + np.arange(2))


def test_lengths_that_only_the_function_knows_can_be_counted():
    big = da.arange(6, chunks=2).map_blocks(lambda block: block[block > 2], chunks=((np.nan,) * 3,), dtype=int)
    assert big.compute_chunk_sizes().chunks == ((0, 1, 2),)
    np.testing.assert_array_equal(big.compute(), [3, 4, 5])


def test_what_is_wrong_is_said_at_the_call():
    x = da.arange(6, chunks=2)
    with pytest.raises(ValueError, match="dtype=float"):
        x.map_blocks(lambda block: 1 / 0)
    with pytest.raises(TypeError, match="function"):
        da.map_blocks(x)
    with pytest.raises(ValueError, match="different lengths"):
        da.map_blocks(np.add, x, da.arange(5, chunks=5))
    with pytest.raises(ValueError, match="in no array"):
        da.blockwise(np.add, "ij", x, "i", x, "i")
    with pytest.raises(ValueError, match="Dimension mismatch"):
        x.map_blocks(lambda block: block[None], enforce_ndim=True, dtype=int).compute(scheduler="sync")


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_every_backend_gives_the_same(scheduler):
    x = da.arange(12, chunks=5)
    result = x.map_blocks(np.add, x, dtype=int).compute(scheduler=scheduler)
    np.testing.assert_array_equal(result, np.arange(12) * 2)


def both_maxima(one, other):
    return np.array([one.max(), other.max()])


def test_arrays_of_different_lengths_match_block_by_block():
    x, y = da.arange(20, chunks=5), da.arange(8, chunks=2)
    assert_same(da.map_blocks(both_maxima, x, y, chunks=(2,), dtype="i8"), np.array([4, 1, 9, 3, 14, 5, 19, 7]))
    some = da.map_blocks(both_maxima, x[x > 2], y[y != 3], chunks=(2,), dtype="i8")
    assert_same(some, np.array([4, 1, 9, 2, 14, 5, 19, 7]))
    with pytest.raises(ValueError, match="different lengths"):
        da.map_blocks(both_maxima, x, da.arange(9, chunks=3))


def test_a_block_of_unknown_length_goes_beside_all_blocks_without_being_counted():
    table = np.arange(10) * 3
    asked = []

    def looked_up():
        asked.append(1)
        return table

    names = da.from_delayed(weft.delayed(looked_up, pure=False)(), shape=(np.nan,), dtype=table.dtype)
    places = np.arange(24).reshape(4, 6) % 10
    made = da.map_blocks(operator.getitem, names, da.from_array(places, chunks=2), dtype=table.dtype)
    assert asked == []
    np.testing.assert_array_equal(made.compute(), table[places])
    assert asked == [1]


def test_blockwise_leaves_out_a_value_without_letters():
    x = da.ones(4, chunks=2)
    with pytest.warns(UserWarning, match="pairs"):
        made = da.blockwise(np.add, "i", x, "i", 1, None, "i", dtype=float)
    assert_same(made, np.full(4, 2.0))
