from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of, computed

import weft.array as da
from weft.array.ops.elementwise import Elementwise
from weft.array.ops.rechunking import Stage
from weft.physical.exchange import Exchange


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
    assert last.source.grid == (14, 14)
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
