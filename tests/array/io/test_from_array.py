from __future__ import annotations

import pickle

import numpy as np
import pytest
from tests.array.strategies import assert_same, graph_size

import weft.array as da


class Slices:
    """Something that is not an array but can be sliced, and notes what is read."""

    def __init__(self, whole):
        self.whole = whole
        self.shape, self.dtype = whole.shape, whole.dtype
        self.read = []

    def __getitem__(self, where):
        self.read.append(where)
        return self.whole[where].tolist()


def test_the_same_object_has_the_same_name_and_its_bytes_are_not_looked_at():
    whole = np.ones(3)
    assert da.from_array(whole, chunks=1).name == da.from_array(whole, chunks=1).name
    assert da.from_array(whole.copy(), chunks=1).name != da.from_array(whole, chunks=1).name
    assert da.from_array(whole.copy(), name=True).name == da.from_array(whole, name=True).name
    assert da.from_array(whole.copy(), name="mine").name == da.from_array(whole, name="mine").name


def test_blocks_of_an_array_in_memory_are_read_only_views():
    whole = np.ones((4, 4))
    x = da.from_array(whole, chunks=2)
    assert graph_size(x) == 0
    (block,) = x[:2, :2].persist(scheduler="sync").expr.foreign.graph.data.values() or [None]
    assert block is not None
    assert whole.flags.writeable


def test_only_the_slices_that_are_wanted_are_read():
    source = Slices(np.arange(24).reshape(4, 6))
    x = da.from_array(source, chunks=(2, 3))
    assert_same(x[1:3, 4], source.whole[1:3, 4])
    source.read.clear()
    assert x[0, 5].compute(scheduler="sync") == 5
    assert source.read == [(slice(0, 1, 1), slice(5, 6, 1))]
    assert_same(x[::-1, ::2], source.whole[::-1, ::2])


def test_arrays_can_be_sent_elsewhere():
    x = da.from_array(np.arange(4), chunks=2) + 1
    again = pickle.loads(pickle.dumps(x.expr))
    assert again.name == x.name
    assert_same(da.Array(again), np.arange(4) + 1)


def test_persisted_arrays_keep_their_name_and_go_on():
    x = da.from_array(np.arange(6), chunks=2) * 2
    kept = x.persist(scheduler="sync")
    assert kept.name == x.name
    assert graph_size(kept) == 0
    assert_same(kept + 1, np.arange(6) * 2 + 1)


def test_a_chunked_array_is_not_wrapped_again():
    with pytest.raises(ValueError, match="rechunk"):
        da.from_array(da.ones(3, chunks=1))
    x = da.ones(3, chunks=1)
    assert da.asarray(x) is x
    np.testing.assert_array_equal(np.asarray(x), np.ones(3))
