"""Reading from things that are sliced: locks, types of blocks, functions that read, stored chunks."""

from __future__ import annotations

import threading

import h5py
import numpy as np
import pytest
import sparse
import xarray as xr
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of, graph_size

import weft.array as da
from weft.array.core import getter, slices_from_chunks


class Slices:
    """Something that can be sliced, and notes what is read."""

    def __init__(self, whole, chunks=None):
        self.whole, self.shape, self.dtype = whole, whole.shape, whole.dtype
        self.read = []
        if chunks:
            self.chunks = chunks

    def __getitem__(self, where):
        self.read.append(where)
        return self.whole[where]

    @property
    def nread(self):
        return sum(self.whole[where].size for where in self.read)


class CountingLock:
    def __init__(self):
        self.lock, self.taken = threading.Lock(), 0

    def __enter__(self):
        self.lock.acquire()
        self.taken += 1

    def __exit__(self, *_):
        self.lock.release()


def test_a_lock_is_held_for_each_read():
    lock = CountingLock()
    x = da.from_array(Slices(np.arange(10)), chunks=3, lock=lock)
    assert x.compute(scheduler="threads").tolist() == list(range(10))
    assert lock.taken == 4
    assert da.from_array(Slices(np.arange(10)), chunks=3, lock=True).sum().compute() == 45


def test_a_function_reads_in_place_of_slicing():
    source = Slices(np.arange(10))
    x = da.from_array(source, chunks=4, getitem=lambda found, where: found.whole[where] * 2)
    assert_same(x, np.arange(10) * 2)
    assert_same(da.from_array(np.arange(5), chunks=2, getitem=getter), np.arange(5))
    assert not source.read


def test_every_task_may_carry_what_it_reads():
    source = Slices(np.arange(10))
    assert graph_size(da.from_array(source, chunks=5, inline_array=True)) == 2
    assert_same(da.from_array(source, chunks=5, inline_array=True), np.arange(10))


def test_masked_arrays_stay_masked_and_sparse_ones_sparse():
    whole = np.ma.masked_greater(np.arange(10), 6)
    x = da.from_array(whole, chunks=4)
    found = (x + 1).compute()
    assert isinstance(found, np.ma.MaskedArray)
    assert found.mask.tolist() == whole.mask.tolist()
    assert not isinstance(da.from_array(whole, chunks=4, asarray=True).compute(), np.ma.MaskedArray)
    dots = sparse.COO.from_numpy(np.eye(6))
    y = da.from_array(dots, chunks=4)
    assert isinstance((y * 2).compute(), sparse.COO)
    assert type(y.expr.meta).__name__ == "COO"


def test_meta_says_what_a_source_gives():
    class Dots(Slices):
        def __getitem__(self, where):
            return sparse.COO.from_numpy(self.whole[where])

    x = da.from_array(Dots(np.eye(4)), chunks=2, asarray=False, meta=sparse.COO.from_numpy(np.zeros((0, 0))))
    assert isinstance(x.compute(), sparse.COO)


@pytest.mark.parametrize("value", [[1, 2, 3], 5, (1.5, 2), [[1], [2]], np.float32(3)])
def test_what_is_no_array_becomes_one(value):
    assert_same(da.from_array(value), np.asarray(value))


def test_arrays_of_other_libraries_are_read_in_slices():
    whole = np.arange(24).reshape(4, 6)
    assert_same(da.from_array(xr.DataArray(whole), chunks=3), whole)
    assert_same(da.from_array(xr.Variable(("a", "b"), whole), chunks=(2, 5)), whole)


def test_memory_maps_are_cut_into_views(tmp_path):
    whole = np.memmap(tmp_path / "map", mode="w+", shape=(10, 4), dtype="f4")
    whole[:] = np.arange(40).reshape(10, 4)
    x = da.from_array(whole, chunks=3)
    assert graph_size(x) == 0
    assert type(x.compute(scheduler="sync")) is np.ndarray
    assert_same(x[::2, 1:], np.asarray(whole)[::2, 1:])


def test_only_what_is_wanted_is_read():
    source = Slices(np.arange(10_000).reshape(100, 100), chunks=(10, 10))
    x = da.from_array(source, chunks=(10, 10))
    found = (x + 1)[5:8, 20:25].compute(scheduler="sync")
    assert (found == source.whole[5:8, 20:25] + 1).all()
    assert source.nread == 15


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_slices_with_steps_read_what_lies_between_their_ends(data):
    source = Slices(np.arange(600).reshape(30, 20))
    x = da.from_array(source, chunks=data.draw(chunks_of((30, 20))))
    index = tuple(
        slice(data.draw(st.integers(0, n)), data.draw(st.integers(0, n)), data.draw(st.sampled_from([1, 3, -2])))
        for n in (30, 20)
    )
    part = x[index]
    assert part.compute(scheduler="sync").tolist() == source.whole[index].tolist()
    limit = 1
    for entry, n in zip(index, (30, 20), strict=True):
        places = range(n)[entry]
        limit *= max(places) - min(places) + 1 if places else 0
    assert source.nread <= limit


def test_overlapping_slices_read_once():
    source = Slices(np.arange(1000))
    x = da.from_array(source, chunks=100)
    assert (x[1:] - x[:-1]).compute(scheduler="sync").tolist() == [1] * 999
    assert source.nread == 1000


def test_a_rechunk_goes_into_the_reader_unless_stored_chunks_would_be_read_over_and_over():
    whole = np.arange(10_000).reshape(100, 100)
    near, far = Slices(whole, chunks=(10, 100)), Slices(whole, chunks=(1, 100))
    x = da.from_array(near, chunks=(10, 100)).rechunk((20, 100))
    assert graph_size(x) == 5
    y = da.from_array(far, chunks=(1, 100)).rechunk((100, 1))
    assert_same(y, whole)
    assert all(where[1] == slice(0, 100, 1) for where in far.read)


def test_automatic_chunks_follow_stored_ones(tmp_path):
    stored = zarr.create_array(tmp_path / "x.zarr", shape=(1000, 1000), chunks=(100, 30), dtype="f8")
    x = da.from_array(stored)
    assert all(side % part == 0 or side == 1000 for side, part in zip(x.chunksize, (100, 30), strict=True))
    sharded = zarr.create_array(tmp_path / "y.zarr", shape=(100, 100), chunks=(10, 10), shards=(50, 20), dtype="f8")
    assert da.from_zarr(sharded).chunksize == (50, 20)


def test_hdf5_is_read_by_path_where_its_file_is_not_open(tmp_path):
    whole = np.arange(60).reshape(12, 5)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = whole
    file = h5py.File(tmp_path / "x.h5", "r")
    x = da.from_array(file["x"], chunks=(5, 5))
    assert_same(x, whole)
    assert (x.compute(scheduler="processes", num_workers=2) == whole).all()
    file.close()
    assert_same(x, whole)


def test_a_source_that_gives_another_shape_than_it_says_is_named():
    class Wrong(Slices):
        def __getitem__(self, where):
            return self.whole[:1]

    with pytest.raises(ValueError, match=r"Wrong\[3:6\] gave: an array of shape \(1,\)"):
        da.from_array(Wrong(np.arange(9)), chunks=3)[3:].compute(scheduler="sync")


@settings(max_examples=30, deadline=None)
@given(chunked_arrays())
def test_places_of_chunks_cover_the_array(pair):
    whole, chunked = pair
    made = np.full(whole.shape, -1)
    for number, where in enumerate(slices_from_chunks(chunked.chunks)):
        assert (made[where] == -1).all()
        made[where] = number
    assert (made >= 0).all()


def test_chunked_arrays_are_refused():
    with pytest.raises(ValueError, match="rechunk"):
        da.from_array(da.ones(3))
