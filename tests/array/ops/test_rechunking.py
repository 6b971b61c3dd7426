from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays, chunks_of, computed

import weft
import weft.array as da
from weft.array.ops.elementwise import Elementwise
from weft.array.ops.rechunking import Stage
from weft.physical.exchange import Exchange
from weft.physical.gather import Gather


@settings(max_examples=80, deadline=None)
@given(chunked_arrays(), st.data())
def test_rechunking_keeps_the_values_and_gives_the_chunks_asked_for(pair, data):
    whole, chunked = pair
    chunks = data.draw(chunks_of(whole.shape))
    result = (chunked + 1).rechunk(chunks)
    assert result.chunks == tuple((sum(axis),) if not sum(axis) else axis for axis in chunks) or 0 in whole.shape
    assert_same(result, whole + 1)


def test_rows_to_columns_goes_all_to_all_and_through_a_grid_half_way_where_it_is_large():
    whole = np.arange(200.0 * 200).reshape(200, 200)
    rows = da.from_array(whole, chunks=(1, 200)) + 0
    columns = rows.rechunk((200, 1))
    last = columns.expr.lower()
    assert isinstance(last, Stage)
    assert last.source.grid == (13, 13)
    assert isinstance(last.source.source, Elementwise)
    np.testing.assert_array_equal(computed(columns), whole)
    assert isinstance(rows.rechunk((200, 1), method="p2p").expr.lower(), Exchange)


def test_runs_of_a_split_do_not_keep_the_block_in_memory():
    from weft.array.kernels.joining import scattered

    block = np.ones((4, 4))
    assert all(run.base is None for run in scattered(block, [(slice(0, 2),), (slice(2, 4),)]))


@pytest.mark.parametrize(
    ("chunks", "error"),
    [(0, ValueError), ((3, 3, 3), ValueError), (((2, 2),), ValueError), (2.5, TypeError), ({5: 1}, ValueError)],
)
def test_chunks_that_make_no_sense_are_refused_at_the_call(chunks, error):
    with pytest.raises(error, match=r"cannot (cut|chunk|make chunks)"):
        da.ones((5,), chunks=1).rechunk(chunks)


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(max_dims=4, max_side=6),
    st.data(),
    st.sampled_from([None, "tasks", "p2p"]),
    st.sampled_from([None, 1, 100]),
)
def test_all_ways_lead_to_the_same_array(pair, data, method, threshold):
    whole, chunked = pair
    opaque = chunked.map_blocks(np.positive) if whole.dtype != bool else chunked.map_blocks(np.logical_not)
    chunks = data.draw(chunks_of(whole.shape))
    made = opaque.rechunk(chunks, method=method, threshold=threshold)
    assert_same(made, whole if whole.dtype != bool else ~whole)


def test_what_does_not_fit_into_memory_is_exchanged_and_what_fits_is_gathered():
    rows = da.ones((2000, 2000), chunks=(100, 2000)).map_blocks(np.sin)
    columns = rows.rechunk((2000, 100))
    with weft.config.set({"memory.budget": "1 GiB"}):
        assert isinstance(columns.expr.lower(), Gather)
    with weft.config.set({"memory.budget": "48 MB"}):
        assert isinstance(columns.expr.lower(), Exchange)
        np.testing.assert_allclose(computed(columns.sum()), 4_000_000 * np.sin(1))


def test_a_block_is_gathered_only_of_blocks_about_as_large_as_itself():
    rows = da.ones((40, 10**6), chunks=(1, 10**6)).map_blocks(np.sin)
    with weft.config.set({"memory.budget": "100 MB"}):
        assert isinstance(rows.rechunk((40, 250_000)).expr.lower(), Exchange)
        assert isinstance(rows.rechunk((8, 10**6)).expr.lower(), Gather)


@pytest.mark.parametrize(
    ("old", "chunks", "keywords", "expected"),
    [
        (5, 6, {"balance": True}, (7, 7, 6)),
        (5, 8, {"balance": True}, (10, 10)),
        (5, "auto", {"block_size_limit": 96}, (10, 10)),
        (5, "auto", {"block_size_limit": "32 B"}, (3, 3, 3, 3, 3, 3, 2)),
        (5, "80 B", {}, (10, 10)),
        (5, {0: None}, {}, (5, 5, 5, 5)),
        (5, {-1: -1}, {}, (20,)),
        (5, None, {}, (20,)),
        (5, ((3, 17),), {}, (3, 17)),
    ],
)
def test_chunks_come_in_all_forms(old, chunks, keywords, expected):
    assert da.ones(20, chunks=old).rechunk(chunks, **keywords).chunks == (expected,)


def test_automatic_chunks_follow_those_that_are_there():
    x = da.ones((100, 100), chunks=(7, 100))
    assert x.rechunk(("auto", -1), block_size_limit=8 * 1500).chunksize == (14, 100)
    assert x.rechunk({0: "auto"}, block_size_limit=8 * 300).chunksize == (3, 100)


def test_other_axes_of_an_array_of_unknown_length_are_cut_anew():
    x = rows_of("rechunked", BLOCKS, "rechunked rows")
    for chunks in ({1: 1}, (x.chunks[0], 1), {0: "auto", 1: 1}, {0: None, 1: (1, 1)}):
        made = x.rechunk(chunks)
        assert made.numblocks == (2, 2)
        np.testing.assert_array_equal(made.compute(), WHOLE)


@pytest.mark.parametrize(
    ("keywords", "error"), [({"method": "magic"}, NotImplementedError), ({"threshold": 0}, ValueError)]
)
def test_options_that_are_not_known_are_refused(keywords, error):
    with pytest.raises(error):
        da.ones(4, chunks=2).rechunk(1, **keywords)


@pytest.mark.parametrize("kind", ["O", "U3", "M8[s]", [("a", "i4"), ("b", "f8")]])
def test_any_dtype_and_processes_can_be_rechunked(kind):
    whole = np.arange(36).astype("i4").astype(kind).reshape(6, 6)
    x = da.from_array(whole, chunks=(1, 6)).map_blocks(np.copy).rechunk((6, 1))
    assert_same(x, whole)
    np.testing.assert_array_equal(x.compute(scheduler="processes", num_workers=2), whole)


def test_masked_blocks_keep_their_masks():
    whole = np.ma.masked_greater(np.arange(36.0).reshape(6, 6), 20)
    for method in ("tasks", "p2p"):
        x = da.from_array(whole, chunks=(1, 6)).map_blocks(np.negative).rechunk((6, 1), method=method)
        made = x.compute()
        np.testing.assert_array_equal(np.ma.getmaskarray(made), whole.mask)
        np.testing.assert_array_equal(made.filled(0), (-whole).filled(0))


def test_none_keeps_the_chunks_of_an_axis():
    x = da.ones((6, 8), chunks=(2, 3))
    assert x.rechunk((None, 4)).chunks == ((2, 2, 2), (4, 4))
    assert x.rechunk({0: None, 1: 4}).chunks == ((2, 2, 2), (4, 4))
    with pytest.raises(np.exceptions.AxisError):
        x.rechunk({5: 1})


def test_lengths_along_axes_that_are_cut_anew_are_counted():
    whole = np.arange(20).reshape(10, 2)
    x = da.from_array(whole, chunks=(3, 1))
    rows = x[x[:, 0] > 5]
    assert_same(rows.rechunk(2), whole[3:])
    assert rows.rechunk((4, 1)).chunks == ((4, 3), (1, 1))
    assert rows.rechunk(-1).numblocks == (1, 1)
    assert np.isnan(rows.rechunk({1: -1}).chunks[0]).all()


def test_a_result_is_not_cut_anew_before_it_is_put_together():
    whole = np.arange(24.0).reshape(4, 6)
    sums = da.from_array(whole, chunks=(2, 3)) + 1
    columns = sums.rechunk((4, 1)).rechunk((1, 6))
    assert columns.__weft_whole__().expr is sums.expr
    np.testing.assert_array_equal(columns.compute(), whole + 1)
    assert columns.persist().chunks == ((1,) * 4, (6,))
    drawn = da.random.default_rng(0).random((8, 8), chunks=1).rechunk(8)
    assert drawn.__weft_whole__() is drawn


def test_none_keeps_an_axis_as_it_is_and_what_follows_for_axes_that_are_not_there_is_left_out():
    x = da.ones(6, chunks=(2, 4))
    assert x.rechunk((None,)).chunks == ((2, 4),)
    assert x.rechunk((None, 6)).chunks == ((2, 4),)
    with pytest.raises(ValueError, match="it has 1 axes"):
        x.rechunk((3, 6))
