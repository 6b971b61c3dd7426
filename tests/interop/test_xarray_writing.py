"""xarray writes Weft's arrays when it is asked to, wherever tasks run, and without Dask."""

import pickle

import numpy as np
import pytest
import xarray as xr
from xarray.backends import locks
from xarray.coding.common import SerializationWarning

import weft
from weft import config
from weft.delayed import Delayed
from weft.execution.locks import FileLock
from weft.interop.xarray import register

register()


@pytest.fixture(scope="module")
def whole():
    values = np.random.default_rng(0).random((40, 6))
    return xr.Dataset({"a": (("x", "y"), values), "b": ("x", values[:, 0])}, coords={"x": np.arange(40)})


@pytest.fixture(scope="module")
def chunked(whole):
    return whole.chunk({"x": 7, "y": 4}, chunked_array_type="weft")


def test_zarr_is_written_later(whole, chunked, tmp_path):
    later = chunked.to_zarr(tmp_path / "data.zarr", compute=False, zarr_format=2)
    assert isinstance(later, Delayed)
    with xr.open_zarr(tmp_path / "data.zarr", chunks=None) as before:
        assert bool(before.a.isnull().all())
    assert weft.compute(later) == (None,)
    with xr.open_zarr(tmp_path / "data.zarr", chunks=None) as after:
        xr.testing.assert_identical(after.load(), whole)


def test_one_array_is_written_later(whole, chunked, tmp_path):
    chunked.b.to_zarr(tmp_path / "data.zarr", compute=False, zarr_format=2).compute()
    with xr.open_dataarray(tmp_path / "data.zarr", engine="zarr", chunks=None) as after:
        xr.testing.assert_identical(after.load(), whole.b)


def test_netcdf_is_written_later(whole, chunked, tmp_path):
    later = chunked.to_netcdf(tmp_path / "data.nc", engine="scipy", compute=False)
    assert isinstance(later, Delayed)
    later.compute()
    with xr.open_dataset(tmp_path / "data.nc", engine="scipy") as after:
        xr.testing.assert_identical(after.load(), whole)


def test_several_files_are_written_later(whole, chunked, tmp_path):
    paths = [tmp_path / "first.nc", tmp_path / "second.nc"]
    later = xr.save_mfdataset([chunked, chunked + 1], paths, engine="scipy", compute=False)
    assert isinstance(later, Delayed)
    later.compute()
    for path, expected in zip(paths, [whole, whole + 1], strict=True):
        with xr.open_dataset(path, engine="scipy") as after:
            xr.testing.assert_allclose(after.load(), expected)


@pytest.mark.parametrize(
    ("options", "message"), [({"paths": ["one", "one"]}, "multiple datasets"), ({"groups": ["one"]}, "as many paths")]
)
def test_files_that_do_not_fit_are_refused(chunked, options, message):
    with pytest.raises(ValueError, match=message):
        xr.save_mfdataset([chunked, chunked], **{"paths": ["one", "two"], **options}, compute=False)


def test_other_arrays_are_written_as_before(whole, tmp_path):
    xr.save_mfdataset([whole], [tmp_path / "data.nc"], engine="scipy")
    with xr.open_dataset(tmp_path / "data.nc", engine="scipy") as after:
        xr.testing.assert_identical(after.load(), whole)


def test_processes_write_to_zarr(whole, chunked, tmp_path):
    with config.set(scheduler="processes"):
        chunked.to_zarr(tmp_path / "data.zarr", zarr_format=2)
    with xr.open_zarr(tmp_path / "data.zarr", chunks=None) as after:
        xr.testing.assert_identical(after.load(), whole)


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_processes_take_turns_with_one_file(whole, chunked, tmp_path, engine):
    pytest.importorskip({"netcdf4": "netCDF4"}.get(engine, engine))
    with config.set(scheduler="processes"):
        chunked.to_netcdf(tmp_path / "data.nc", engine=engine)
    with xr.open_dataset(tmp_path / "data.nc", engine=engine) as after:
        xr.testing.assert_identical(after.load(), whole)


def test_locks_on_files_fit_where_tasks_run():
    assert locks.get_dask_scheduler() in (None, "threaded")
    with config.set(scheduler="processes"):
        assert locks.get_dask_scheduler() == "multiprocessing"
        lock = locks.get_write_lock("data.nc")
        assert isinstance(lock, FileLock)
        with pickle.loads(pickle.dumps(lock)):
            assert lock.locked()
    assert not isinstance(locks.get_write_lock("data.nc"), FileLock)


def test_objects_are_written_after_a_warning(tmp_path):
    words = xr.Dataset({"word": ("x", np.array(["a", "bc", "d"], object))}).chunk(x=2, chunked_array_type="weft")
    with pytest.warns(SerializationWarning, match="dtype=object"):
        words.to_netcdf(tmp_path / "data.nc", engine="scipy")
    with xr.open_dataset(tmp_path / "data.nc", engine="scipy") as after:
        assert after.word.values.tolist() == ["a", "bc", "d"]
