from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from tests.array.strategies import assert_same, chunked_arrays

import weft
import weft.array as da


@settings(max_examples=25, deadline=None)
@given(pair=chunked_arrays())
def test_arrays_come_back_as_they_were_written(tmp_path_factory, pair):
    whole, chunked = pair
    path = tmp_path_factory.mktemp("hdf5") / "x.h5"
    chunked.to_hdf5(path, "/group/x")
    assert_same(da.from_hdf5(path, "/group/x"), whole)
    assert [each.name for each in path.parent.iterdir()] == ["x.h5"]


def test_several_arrays_go_to_one_file_and_what_it_has_already_stays(tmp_path):
    x = da.arange(10, chunks=4)
    da.to_hdf5(tmp_path / "x.h5", {"/a": x, "/b": x + 1}, compression="gzip")
    da.to_hdf5(tmp_path / "x.h5", "/c", x + 2, chunks=(2,))
    da.to_hdf5(tmp_path / "x.h5", {"/a": x * 0}, chunks=None)
    with h5py.File(tmp_path / "x.h5") as file:
        assert sorted(file) == ["a", "b", "c"]
        assert (file["b"].chunks, file["b"].compression, file["c"].chunks, file["a"].chunks) == (
            (4,),
            "gzip",
            (2,),
            None,
        )
        assert file["a"][:].tolist() == [0] * 10
        assert file["c"][:].tolist() == list(range(2, 12))


@pytest.mark.parametrize("there", [True, False])
def test_a_failure_leaves_what_was_there(tmp_path, there):
    def fail(block):
        raise RuntimeError("no")

    path = tmp_path / "x.h5"
    if there:
        da.arange(6).to_hdf5(path, "/x")
    broken = da.arange(8, chunks=4).map_blocks(fail, dtype=int, meta=np.empty(0, int))
    with pytest.raises(RuntimeError, match="no"):
        broken.to_hdf5(path, "/x")
    assert [each.name for each in tmp_path.iterdir()] == ["x.h5"] * there
    if there:
        with h5py.File(path) as file:
            assert list(file) == ["x"]
            assert file["x"][:].tolist() == list(range(6))


def test_other_processes_write_and_read(tmp_path):
    with weft.config.set(scheduler="processes", num_workers=2):
        da.arange(20, chunks=4).to_hdf5(tmp_path / "x.h5", "/x")
        assert da.from_hdf5(tmp_path / "x.h5", "/x").compute().tolist() == list(range(20))


def test_what_does_not_fit_is_refused_at_the_call(tmp_path):
    x = da.arange(3)
    for args in [("/x",), (x,), ({"/x": 3},), ("/x", np.arange(3))]:
        with pytest.raises(ValueError, match=r"chunked array|dict"):
            da.to_hdf5(tmp_path / "x.h5", *args)
    assert not list(tmp_path.iterdir())
    x.to_hdf5(tmp_path / "x.h5", "/x")
    with pytest.raises(KeyError, match="it has"):
        da.from_hdf5(tmp_path / "x.h5", "/y")
