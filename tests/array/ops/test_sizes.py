"""Lengths that are not known before they are counted."""

import math
import pickle

import numpy as np
import pytest

import weft.array as da
from weft.array.base import new
from weft.array.chunks import UnknownCut, UnknownLength
from weft.array.io.from_blocks import FromBlocks
from weft.array.ops.sizes import has_unknown, known
from weft.graph.mapping import graph_from_mapping
from weft.physical.opaque import Foreign


def rows_of(name, blocks, symbol):
    """An array whose blocks exist, and of which nobody has said how many rows they have."""
    keys = [(name, place, 0) for place in range(len(blocks))]
    cut = UnknownCut(symbol, len(blocks), bound=max(map(len, blocks)))
    graph = graph_from_mapping(dict(zip(keys, blocks, strict=True)))
    width = blocks[0].shape[1]
    return new(FromBlocks(name, (cut.length, width), blocks[0].dtype, (cut, width), Foreign(graph, tuple(keys))))


BLOCKS = [np.arange(6.0).reshape(3, 2), np.arange(2.0).reshape(1, 2)]
WHOLE = np.concatenate(BLOCKS)


def test_an_unknown_length_is_nan_and_equal_to_itself_alone():
    length = UnknownLength("a")
    assert math.isnan(length)
    assert (length, 2) == (UnknownLength("a"), 2)
    assert length != UnknownLength("b")
    assert pickle.loads(pickle.dumps(length)) == length


def test_an_array_of_unknown_length_computes():
    x = rows_of("x", BLOCKS, "rows")
    assert math.isnan(x.shape[0])
    assert x.shape[1] == 2
    assert all(map(math.isnan, x.chunks[0]))
    np.testing.assert_array_equal((x * 2 + x).compute(), WHOLE * 3)
    np.testing.assert_array_equal((x + np.array([1.0, 2.0])).compute(), WHOLE + np.array([1, 2]))


def test_axes_with_one_symbol_are_aligned_without_counting():
    x, y = rows_of("x", BLOCKS, "same"), rows_of("y", BLOCKS, "same")
    total = x + y
    assert has_unknown(total)
    np.testing.assert_array_equal(total.compute(), WHOLE * 2)


def test_axes_of_other_symbols_are_counted():
    x, y = rows_of("x", BLOCKS, "one"), rows_of("y", BLOCKS[::-1], "other")
    total = x + y
    assert not has_unknown(total)
    np.testing.assert_array_equal(total.compute(), WHOLE + np.concatenate(BLOCKS[::-1]))
    with pytest.raises(ValueError, match="broadcast"):
        rows_of("z", BLOCKS[:1], "short") + rows_of("y", BLOCKS, "long")


def test_lengths_are_counted_once_for_all_that_share_them():
    x, y = rows_of("x", BLOCKS, "shared"), rows_of("y", BLOCKS, "shared")
    assert known(x).chunks == ((3, 1), (2,))
    assert y.expr.grid[0].lengths == (3, 1)
    assert len(y) == 4


def test_compute_chunk_sizes_changes_the_array_in_place():
    x = rows_of("x", BLOCKS, "place")
    assert x.compute_chunk_sizes() is x
    assert x.shape == (4, 2)
    np.testing.assert_array_equal(x.rechunk((2, 1)).compute(), WHOLE)


def test_a_length_that_is_needed_to_cut_anew_is_counted():
    cut = rows_of("x", BLOCKS, "cut").rechunk({0: 2})
    assert cut.chunks[0] == (2, 2)
    np.testing.assert_array_equal(cut.compute(), WHOLE)


COUNTING = {
    "squeeze": lambda xp, x, rest: xp.squeeze(x),
    "squeeze an axis": lambda xp, x, rest: xp.squeeze(x, 0),
    "average": lambda xp, x, rest: xp.average(x, weights=rest),
    "bincount": lambda xp, x, rest: xp.bincount(x[:, 0], weights=rest[:, 0]),
    "broadcast_to": lambda xp, x, rest: xp.broadcast_to(x, (2, 1, 3)),
    "inverse of unique": lambda xp, x, rest: xp.unique(x, return_inverse=True)[1],
    "argmax of no elements": lambda xp, x, rest: xp.nanargmax(x[:, None, :0].swapaxes(1, 2), axis=2),
}


@pytest.mark.parametrize("name", COUNTING)
def test_functions_that_need_lengths_count_them(name):
    whole = np.array([[2, 0, 1]])
    rest = np.array([[1.0, 2.0, 4.0]])
    x = da.from_array(np.repeat(whole, 3, axis=0), chunks=1)
    x = x[da.from_array(np.array([False, True, False]), chunks=1)]
    ours = COUNTING[name](da, x, da.from_array(rest, chunks=2)).compute()
    expected = COUNTING[name](np, whole, rest)
    np.testing.assert_array_equal(ours, expected)
    assert ours.dtype == expected.dtype


@pytest.mark.parametrize("name", ["min", "nanmax"])
def test_no_elements_at_all_are_an_error_whatever_is_not_counted(name):
    x = da.from_array(np.ones((3, 2)), chunks=2)
    with pytest.raises(ValueError, match="zero-size array"):
        getattr(da, name)(x[x[:, 0] > 0][:, :0])


def test_an_unknown_result_stands_in_out():
    x = da.from_array(np.arange(6.0), chunks=4)
    out = da.zeros(3, chunks=2)
    da.sqrt(x[x > 2], out=out)
    np.testing.assert_array_equal(out.compute(), np.sqrt([3.0, 4.0, 5.0]))
