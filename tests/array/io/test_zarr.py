"""Zarr: what is written is read, chunks of files are written once, and failures leave what was there."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, computed

import weft
import weft.array as da
from weft.array.io.from_array import storage_chunks
from weft.array.io.zarr import aligned_grid
from weft.errors import ReadError


def values(path, **keywords):
    return zarr.open_array(path, mode="r", **keywords)[...]


@settings(max_examples=30, deadline=None)
@given(pair=chunked_arrays(), zarr_format=st.sampled_from([2, 3]))
def test_arrays_come_back_as_they_were_written(tmp_path_factory, pair, zarr_format):
    whole, chunked = pair
    path = tmp_path_factory.mktemp("zarr") / "x.zarr"
    assert chunked.to_zarr(path, zarr_format=zarr_format) is None
    found = da.from_zarr(path)
    assert found.dtype == whole.dtype
    assert_same(found, whole)
    assert [each.name for each in path.parent.iterdir()] == ["x.zarr"]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_no_two_tasks_write_to_one_stored_chunk(data):
    shape = data.draw(st.tuples(st.integers(0, 40), st.integers(1, 40)))
    whole, chunked = data.draw(chunked_arrays(shape=shape, dtypes=st.just("int64")))
    starts = data.draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
    storage = data.draw(st.tuples(st.integers(3, 20), st.integers(3, 20)))
    region = tuple((start, 1, length) for start, length in zip(starts, shape, strict=True))
    grid = aligned_grid(chunked.expr, region, storage)
    target = zarr.create_array({}, shape=(49, 49), chunks=storage, dtype="i8", fill_value=-1)
    place = tuple(slice(start, start + length) for start, length in zip(starts, shape, strict=True))
    for axis, lengths in enumerate(da.from_array(whole).rechunk(dict(enumerate(map(cut_of, grid)))).chunks):
        if storage_chunks(target) == storage:
            ends = starts[axis] + np.cumsum(lengths)[:-1]
            inner = [end for end, length in zip(ends, lengths[1:], strict=True) if length]
            assert all(end % storage[axis] == 0 for end in inner if starts[axis] < end < starts[axis] + shape[axis])
    chunked.to_zarr(target, region=place)
    expected = np.full((49, 49), -1)
    expected[place] = whole
    np.testing.assert_array_equal(target[...], expected)


def cut_of(cut):
    return cut if isinstance(cut, tuple) else int(cut)


def test_options_of_the_stored_array_are_passed_on(tmp_path):
    x = da.from_array(np.arange(600).reshape(30, 20), chunks=(10, 7))
    x.to_zarr(
        tmp_path / "x", chunks=(5, 4), shards=(10, 8), attributes={"unit": "m"}, dimension_names=["time", "place"]
    )
    stored = zarr.open_array(tmp_path / "x", mode="r")
    assert (stored.chunks, stored.shards, dict(stored.attrs)) == ((5, 4), (10, 8), {"unit": "m"})
    assert stored.metadata.dimension_names == ("time", "place")
    y = da.from_zarr(tmp_path / "x")
    assert y.chunks == ((10, 10, 10), (8, 8, 4))
    assert_same(y, np.arange(600).reshape(30, 20))
    assert da.from_zarr(tmp_path / "x", chunks=(15, -1)).chunks == ((15, 15), (20,))


def test_modes_say_what_happens_to_an_array_that_is_there(tmp_path):
    path, x = tmp_path / "x", da.arange(6, chunks=4)
    x.to_zarr(path)
    for mode in ("a", "w-", "x"):
        with pytest.raises(zarr.errors.ContainsArrayError, match="mode='w'"):
            (x + 1).to_zarr(path, mode=mode)
    (x + 2).to_zarr(path, mode="w")
    assert values(path).tolist() == list(range(2, 8))
    (x + 3).to_zarr(path, overwrite=True, chunks=(2,))
    assert zarr.open_array(path).chunks == (2,)
    (x + 4).to_zarr(path, mode="r+")
    assert values(path).tolist() == list(range(4, 10))
    (x[:2] * 0).to_zarr(path, region=slice(1, 3))
    assert values(path).tolist() == [4, 0, 0, 7, 8, 9]
    assert [each.name for each in tmp_path.iterdir()] == ["x"]


def test_components_are_parts_of_a_group(tmp_path):
    x = da.arange(6, chunks=4)
    for zarr_format in (2, 3):
        path = tmp_path / str(zarr_format)
        x.to_zarr(path, component="a/b", zarr_format=zarr_format)
        (x + 1).to_zarr(path, component="a/c", zarr_format=zarr_format)
        assert sorted(zarr.open_group(path, mode="r")["a"].array_keys()) == ["b", "c"]
        assert_same(da.from_zarr(path, component="a/c"), np.arange(1, 7))
        with pytest.raises(zarr.errors.ContainsGroupError):
            x.to_zarr(path, zarr_format=zarr_format)


@pytest.mark.parametrize("there", [True, False])
def test_a_failure_leaves_what_was_there(tmp_path, there):
    def fail(block):
        raise RuntimeError("no")

    path = tmp_path / "x"
    if there:
        da.arange(6).to_zarr(path)
    broken = da.arange(8, chunks=4).map_blocks(fail, dtype=int, meta=np.empty(0, int))
    with pytest.raises(RuntimeError, match="no"):
        broken.to_zarr(path, mode="w")
    assert [each.name for each in tmp_path.iterdir()] == ["x"] * there
    assert not there or values(path).tolist() == list(range(6))


def test_writing_may_wait(tmp_path):
    x = da.from_array(np.arange(20).reshape(4, 5), chunks=2)
    later = x.to_zarr(tmp_path / "x", compute=False)
    assert not (tmp_path / "x").exists()
    assert later.compute()
    assert_same(da.from_zarr(tmp_path / "x"), np.arange(20).reshape(4, 5))
    read = x.to_zarr(tmp_path / "y", compute=False, return_stored=True)
    assert computed(read.sum()) == 190
    assert_same(x.to_zarr(tmp_path / "z", return_stored=True), np.arange(20).reshape(4, 5))


def test_stores_of_other_kinds_are_written_in_place():
    x = da.arange(6, chunks=4)
    x.to_zarr("memory://weft-test/x.zarr", overwrite=True)
    assert_same(da.from_zarr("memory://weft-test/x.zarr"), np.arange(6))
    store = zarr.storage.MemoryStore()
    x.to_zarr(store, component="x")
    assert_same(da.from_zarr(store, component="x"), np.arange(6))


def test_other_processes_write_and_read(tmp_path):
    x = da.from_array(np.arange(60).reshape(6, 10), chunks=4)
    with weft.config.set(scheduler="processes", num_workers=2):
        x.to_zarr(tmp_path / "x", chunks=(3, 3))
        assert (da.from_zarr(tmp_path / "x").compute() == np.arange(60).reshape(6, 10)).all()


def test_a_damaged_chunk_is_named(tmp_path):
    da.arange(20, chunks=5).to_zarr(tmp_path / "x")
    (tmp_path / "x" / "c" / "2").write_bytes(b"junk")
    x = da.from_zarr(tmp_path / "x", chunks=20)
    with pytest.raises(ReadError, match=r"x: the chunk c/2 is damaged"):
        x.compute(scheduler="sync")
    assert x[:10].compute(scheduler="sync").tolist() == list(range(10))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (TypeError, lambda x, z: x.astype("f8").to_zarr(z)),
        (ValueError, lambda x, z: x[:3].to_zarr(z)),
        (ValueError, lambda x, z: x[:3].to_zarr(z, region=slice(0, 4))),
        (TypeError, lambda x, z: x.to_zarr(z, chunks=(2,))),
        (TypeError, lambda x, z: x.to_zarr(z, component="a")),
        (ValueError, lambda x, z: x.to_zarr({}, mode="r")),
        (ValueError, lambda x, z: x.to_zarr({}, storage_options={"a": 1})),
        (TypeError, lambda x, z: da.to_zarr(np.arange(3), {})),
        (FileNotFoundError, lambda x, z: da.from_zarr("/nothing/here")),
        (FileNotFoundError, lambda x, z: x.to_zarr("/nothing/here", mode="r+")),
    ],
)
def test_what_does_not_fit_is_refused_at_the_call(error, call):
    target = zarr.create_array({}, shape=(6,), chunks=(4,), dtype="i8")
    with pytest.raises(error, match=r"."):
        call(da.arange(6, chunks=3), target)
