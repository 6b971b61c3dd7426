"""Programs on xarray give with Weft's arrays what they give with NumPy's."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from xarray.core import duck_array_ops

import weft
import weft.array as da
from weft import config
from weft.core import flatten
from weft.interop.xarray import WeftManager, register
from weft.tokenize import tokenize

register()


@pytest.fixture(scope="module")
def whole():
    rng = np.random.default_rng(0)
    times = pd.date_range("2019-01-01", periods=731)
    values = 10 + rng.normal(size=(731, 4, 6))
    values[rng.random(values.shape) < 0.05] = np.nan
    return xr.Dataset(
        {
            "temperature": (("time", "lat", "lon"), values, {"units": "K"}),
            "count": (("lat", "lon"), rng.integers(0, 9, (4, 6))),
        },
        coords={"time": times, "lat": np.linspace(-30, 30, 4), "lon": np.arange(6) * 60.0},
    )


@pytest.fixture(scope="module")
def chunked(whole):
    return whole.chunk({"time": 100, "lat": 3, "lon": 4}, chunked_array_type="weft")


def shifted(a):
    return a - a.mean()


PROGRAMS = {
    "mean": lambda ds: ds.mean("time"),
    "mean of everything": lambda ds: ds.mean(),
    "std": lambda ds: ds.std("time"),
    "var of two axes": lambda ds: ds.temperature.var(("lat", "lon")),
    "sum without skipping": lambda ds: ds.temperature.sum("time", skipna=False),
    "sum of at least so many": lambda ds: ds.temperature.sum("time", min_count=700),
    "min and max": lambda ds: ds.temperature.max("time") - ds.temperature.min("time"),
    "prod": lambda ds: (ds.temperature / 10).prod("time"),
    "any and all": lambda ds: (ds > 12).any("time") & ~(ds > 5).all("time"),
    "count": lambda ds: ds.temperature.count("lon"),
    "median": lambda ds: ds.temperature.chunk(time=-1).median("time") if ds.chunks else ds.temperature.median("time"),
    "quantile": lambda ds: (
        ds.temperature.chunk(time=-1).quantile([0.1, 0.9], "time")
        if ds.chunks
        else ds.temperature.quantile([0.1, 0.9], "time")
    ),
    "argmax": lambda ds: ds.temperature.fillna(0).argmax("time"),
    "idxmax": lambda ds: ds.temperature.fillna(0).idxmax("time"),
    "cumsum": lambda ds: ds.temperature.cumsum("time"),
    "cumprod": lambda ds: (ds.temperature / 10).isel(time=slice(50)).cumprod("time"),
    "arithmetic and broadcasting": lambda ds: (ds.temperature - 273.15) * ds["count"] / (1 + ds.lat**2),
    "comparison and where": lambda ds: ds.temperature.where(ds["count"] > 3),
    "where with other": lambda ds: xr.where(ds.temperature > 10, ds.temperature, 0),
    "fillna": lambda ds: ds.fillna(-1),
    "isnull": lambda ds: ds.temperature.isnull().sum(),
    "dropna": lambda ds: ds.temperature.dropna("time"),
    "clip and round": lambda ds: ds.temperature.clip(9, 11).round(1),
    "astype": lambda ds: ds.temperature.astype("float32"),
    "isel with slices": lambda ds: ds.isel(time=slice(3, 400, 7), lat=slice(None, None, -1)),
    "isel with an array": lambda ds: ds.isel(time=[5, 3, 700, 3], lon=2),
    "isel pointwise": lambda ds: ds.isel(
        time=xr.DataArray([1, 9, 300], dims="p"), lat=xr.DataArray([0, 3, 1], dims="p")
    ),
    "sel of labels": lambda ds: ds.sel(time=slice("2019-03-01", "2019-04-01"), lat=30),
    "sel of the nearest": lambda ds: ds.sel(lat=[-29, 11], method="nearest"),
    "climatology": lambda ds: ds.temperature.groupby("time.dayofyear").mean(),
    "monthly anomaly": lambda ds: (
        ds.temperature.groupby("time.month") - ds.temperature.groupby("time.month").mean("time")
    ),
    "groups by season": lambda ds: ds.groupby("time.season").std("time"),
    "groups by bins": lambda ds: ds.temperature.groupby_bins("lat", [-40, 0, 40]).sum(),
    "groups with a function": lambda ds: ds.temperature.groupby("time.month").map(shifted),
    "resample": lambda ds: ds.resample(time="MS").mean(),
    "resample and fill": lambda ds: ds.temperature.isel(time=slice(0, 20)).resample(time="12h").nearest(),
    "rolling mean": lambda ds: ds.temperature.rolling(time=7, center=True).mean(),
    "rolling construct": lambda ds: ds.temperature.rolling(lat=3).construct("window").sum("window"),
    "rolling of two axes": lambda ds: ds.temperature.rolling(lat=2, lon=3, min_periods=2).max(),
    "coarsen": lambda ds: ds.temperature.coarsen(time=7, lat=2, boundary="trim").mean(),
    "shift and diff": lambda ds: ds.temperature.shift(time=2) + ds.temperature.diff("time"),
    "roll": lambda ds: ds.temperature.roll(lon=2, roll_coords=True),
    "differentiate": lambda ds: ds.temperature.differentiate("lon"),
    "integrate": lambda ds: ds.temperature.integrate("lon"),
    "pad": lambda ds: ds.temperature.pad(lon=2, mode="wrap"),
    "sortby": lambda ds: ds.sortby("lat", ascending=False),
    "transpose and stack": lambda ds: ds.temperature.transpose("lon", ...).stack(point=("lat", "lon")),
    "unstack": lambda ds: ds.temperature.isel(time=slice(5)).stack(point=("lat", "lon")).unstack("point"),
    "concat": lambda ds: xr.concat([ds.isel(time=slice(0, 9)), ds.isel(time=slice(9, 20))], "time"),
    "concat of a new axis": lambda ds: xr.concat([ds.temperature, ds.temperature + 1], "run"),
    "merge and align": lambda ds: xr.merge(
        [ds, (ds.temperature * 2).rename("twice").isel(time=slice(3, None))], join="inner"
    ),
    "combine_first": lambda ds: ds.temperature.where(ds.temperature > 10).combine_first(ds.temperature * 0),
    "reindex": lambda ds: ds.reindex(lat=[-30, 0, 30]),
    "expand_dims": lambda ds: ds.temperature.expand_dims(run=2),
    "dot": lambda ds: ds.temperature.fillna(0).dot(ds["count"], dim=("lat", "lon")),
    "weighted mean": lambda ds: ds.temperature.weighted(np.cos(np.deg2rad(ds.lat))).mean(("lat", "lon")),
    "cov and corr": lambda ds: xr.corr(ds.temperature, ds.temperature.shift(time=1), dim="time"),
    "polyval": lambda ds: (
        xr.polyval(ds.lat, xr.DataArray([1.0, 2], dims="degree", coords={"degree": [0, 1]})) + ds.temperature
    ),
    "apply_ufunc": lambda ds: xr.apply_ufunc(
        np.sqrt, ds.temperature.clip(0), dask="parallelized", output_dtypes=[float]
    ),
    "apply_ufunc of core axes": lambda ds: xr.apply_ufunc(
        lambda block: block.mean(-1),
        ds.temperature,
        input_core_dims=[["lon"]],
        dask="parallelized",
        output_dtypes=[float],
        dask_gufunc_kwargs={"allow_rechunk": True},
    ),
    "apply_ufunc of single vectors": lambda ds: xr.apply_ufunc(
        lambda vector: np.nanmax(vector) - np.nanmin(vector),
        ds.temperature.isel(time=slice(0, 5)),
        input_core_dims=[["lon"]],
        dask="parallelized",
        vectorize=True,
        output_dtypes=[float],
        dask_gufunc_kwargs={"allow_rechunk": True},
    ),
    "interpolate": lambda ds: ds.temperature.fillna(10).interp(lat=[-10.0, 5.0]),
    "interpolate two axes": lambda ds: ds.temperature.fillna(10).interp(lat=[-10.0, 5.0], lon=[30.0, 90.0]),
    "forward fill": lambda ds: ds.temperature.ffill("time"),
    "mean of a rolling construct": lambda ds: (
        ds.temperature.rolling(time=5).construct("window", stride=2).mean("window")
    ),
    "backward fill with a limit": lambda ds: ds.temperature.bfill("time", limit=2),
    "numpy functions": lambda ds: np.exp(ds.temperature / 10) + np.maximum(ds["count"], 3),
    "isin": lambda ds: ds["count"].isin([1, 2]),
    "searching": lambda ds: ds["count"].where(ds["count"].isin([2, 5]).compute(), drop=True),
    "rank of attributes": lambda ds: ds.temperature.assign_attrs(x=1).rename("t"),
    "assign by index": lambda ds: assigned(ds.temperature),
    "cumulative": lambda ds: ds.temperature.cumulative("time").sum(),
    "complex": lambda ds: (ds.temperature * 1j).real + (ds.temperature * 1j).imag,
    "fields of dates": lambda ds: dates(ds).dt.dayofyear + dates(ds).dt.year,
    "rounded dates": lambda ds: dates(ds).dt.floor("7D"),
    "weighted by data": lambda ds: ds.temperature.weighted(ds["count"]).std("lat"),
    "fitted lines": lambda ds: ds.temperature.isel(time=slice(40)).polyfit("time", 1).polyfit_coefficients,
    "fitted curves": lambda ds: ds.temperature.fillna(10).polyfit("time", 2, skipna=False).polyfit_coefficients,
    "interpolated over gaps": lambda ds: ds.temperature.chunk(time=-1).interpolate_na("time"),
    "quantile of everything": lambda ds: ds.temperature.isel(time=slice(40)).chunk(-1).quantile(0.3),
    "to dataframe": lambda ds: ds.isel(time=slice(3)).to_dataframe().to_xarray(),
}


def dates(ds):
    """Dates as data, cut like the temperature."""
    return ds.time + 0 * ds["count"].astype("m8[ns]")


def assigned(array):
    """An array with some elements replaced."""
    made = array.copy()
    made[{"time": slice(0, 3), "lat": 1}] = 7.0
    return made


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_programs_give_the_same(whole, chunked, program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, ours = program(whole), program(chunked)
        xr.testing.assert_allclose(ours.compute(), expected.compute())
    for name, variable in (ours.variables if isinstance(ours, xr.Dataset) else {"": ours}).items():
        reference = expected.variables[name] if name else expected
        assert variable.dtype == reference.dtype, name


LAZY = set(PROGRAMS) - {"dropna", "searching", "to dataframe"}


def refuse(graph, keys, **options):
    raise AssertionError("nothing is to be computed here")


@pytest.mark.parametrize("name", sorted(LAZY))
def test_programs_stay_lazy(chunked, name):
    with warnings.catch_warnings(), config.set(scheduler=refuse):
        warnings.simplefilter("ignore")
        ours = PROGRAMS[name](chunked)
    variables = list(ours.data_vars.values()) if isinstance(ours, xr.Dataset) else [ours]
    assert all(isinstance(each.data, da.Array) for each in variables)


def test_shifted_and_rolled_arrays_keep_their_chunks(chunked):
    for moved in (chunked.shift(time=7), chunked.roll(time=-3), chunked.temperature.shift(lat=1, lon=-2)):
        assert moved.chunks == (chunked if isinstance(moved, xr.Dataset) else chunked.temperature).chunks


def test_graphs_of_what_holds_arrays(chunked):
    array = chunked.temperature
    for each, parts in (
        (array.variable, [array.data]),
        (array, [array.data]),
        (chunked, [array.data, chunked["count"].data]),
    ):
        assert set(each.__weft_graph__()) == {key for part in parts for key in part.__weft_graph__()}
        assert each.__weft_layers__() == tuple(layer for part in parts for layer in part.__weft_layers__())
        assert list(flatten(each.__weft_keys__())) == [key for part in parts for key in flatten(part.__weft_keys__())]
    assert chunked.compute().__weft_graph__() is None


def test_missing_dates_are_looked_for_later():
    dates = np.array(["2020-01-01", "NaT", "2020-01-05"], "M8[ns]")
    with config.set(scheduler=refuse):
        made = duck_array_ops.datetime_to_numeric(da.from_array(dates, chunks=2), datetime_unit="h")
    np.testing.assert_array_equal(made.compute(), duck_array_ops.datetime_to_numeric(dates, datetime_unit="h"))


def test_datasets_go_to_zarr_and_come_back(whole, chunked, tmp_path):
    chunked.to_zarr(tmp_path / "data.zarr", zarr_format=2)
    back = xr.open_zarr(tmp_path / "data.zarr", chunked_array_type="weft")
    assert isinstance(back.temperature.data, da.Array)
    xr.testing.assert_identical(back.compute(), whole)


def test_regions_of_a_zarr_store_are_written(whole, chunked, tmp_path):
    encoding = {"temperature": {"chunks": (200, 3, 4)}}
    # Written at once: without computing, xarray asks for Dask.
    xr.zeros_like(whole).to_zarr(tmp_path / "data.zarr", zarr_format=2, encoding=encoding)
    for start in range(0, 731, 200):
        part = chunked.isel(time=slice(start, start + 200)).drop_vars(["lat", "lon", "count"])
        part.chunk(time=200, chunked_array_type="weft").to_zarr(
            tmp_path / "data.zarr", region={"time": slice(start, start + part.sizes["time"])}
        )
    back = xr.open_zarr(tmp_path / "data.zarr", chunked_array_type="weft")
    xr.testing.assert_allclose(back.temperature.compute(), whole.temperature)


def test_persisted_datasets_keep_their_blocks(whole, chunked):
    kept = (chunked * 2).persist()
    assert isinstance(kept.temperature.data, da.Array)
    xr.testing.assert_allclose(kept.compute(), whole * 2)


def test_chunks_are_unified(chunked):
    other = chunked.rename(temperature="again").chunk(time=70, chunked_array_type="weft")[["again"]]
    left, right = xr.unify_chunks(chunked, other)
    assert left.chunks["time"] == right.chunks["time"]
    xr.testing.assert_identical(left.compute(), chunked.compute())


def test_an_axis_is_shuffled_by_groups(whole, chunked):
    shuffled = chunked.temperature.groupby("time.month").shuffle_to_chunks()
    xr.testing.assert_identical(shuffled.sortby("time").drop_vars("month").compute(), whole.temperature)


def test_the_manager_answers_what_xarray_asks():
    manager = WeftManager()
    x = manager.from_array(np.arange(6.0), 2)
    assert manager.is_chunked_array(x)
    assert not manager.is_chunked_array(np.ones(2))
    assert manager.chunks(x) == ((2, 2, 2),)
    assert manager.normalize_chunks({0: 4}, (6,)) == ((4, 2),)
    assert manager.rechunk(x, (3,)).chunks == ((3, 3),)
    np.testing.assert_array_equal(manager.compute(x)[0], np.arange(6.0))
    assert manager.get_auto_chunk_size() > 0
    total = manager.reduction(x, np.sum, np.sum, np.sum, axis=0, dtype=float)
    assert float(total.compute()) == 15
    running = manager.scan(np.cumsum, np.add, 0, x, axis=0, dtype=float)
    np.testing.assert_array_equal(running.compute(), np.cumsum(np.arange(6.0)))


def test_other_chunked_data_stay_what_they_were():
    from xarray.namedarray.parallelcompat import list_chunkmanagers

    assert "weft" in list_chunkmanagers()
    assert xr.get_options()["chunk_manager"] == "dask"


def test_where_the_greatest_is_may_index_without_being_computed():
    plain = xr.DataArray(np.arange(12.0).reshape(3, 4) % 7, dims=("u", "v"), coords={"u": [10, 20, 30]})
    chunked = plain.chunk(u=2, chunked_array_type="weft")
    xr.testing.assert_equal(chunked.isel(v=0).idxmax().compute(), plain.isel(v=0).idxmax())
    xr.testing.assert_equal(chunked.idxmin("u").compute(), plain.idxmin("u"))


def test_datasets_are_collections_that_hold_arrays(whole, chunked):
    assert weft.is_weft_collection(chunked)
    assert not weft.is_weft_collection(whole)
    dataset, (array, variable), number = weft.compute(chunked, [chunked.temperature, chunked.temperature.variable], 1)
    xr.testing.assert_identical(dataset, whole)
    xr.testing.assert_identical(array, whole.temperature)
    xr.testing.assert_identical(variable, whole.temperature.variable)
    assert number == 1
    (kept,) = weft.persist(chunked * 2)
    assert isinstance(kept.temperature.data, da.Array)
    xr.testing.assert_allclose(kept.compute(), whole * 2)
    assert weft.delayed(lambda ds: float(ds["count"].sum()))(chunked).compute() == float(whole["count"].sum())


def test_lazy_coordinates_come_back_computed(whole):
    lazy = whole.assign_coords(height=(("lat", "lon"), da.ones((4, 6), chunks=2)))["count"].chunk(
        lat=3, chunked_array_type="weft"
    )
    (made,) = weft.compute(lazy)
    assert isinstance(made.height.data, np.ndarray)
    xr.testing.assert_identical(made, lazy.compute())


def test_equal_datasets_have_one_token(whole, chunked):
    assert tokenize(chunked) == tokenize(chunked.copy(deep=False))
    assert tokenize(chunked) != tokenize(chunked + 1)
    assert tokenize(whole.temperature) == tokenize(whole.temperature.copy())
    assert tokenize(whole.temperature) != tokenize(whole["count"])


def test_datasets_with_equal_lazy_coordinates_are_merged_without_computing():
    def refuse(graph, keys, **options):
        raise AssertionError("nothing should be computed")

    height = da.ones((4, 6), chunks=2)
    first = xr.Dataset({"a": (("u", "v"), height * 2)}, coords={"height": (("u", "v"), height)})
    second = xr.Dataset({"b": (("u", "v"), height * 3)}, coords={"height": (("u", "v"), da.ones((4, 6), chunks=2))})
    with config.set(scheduler=refuse):
        merged = xr.merge([first, second], compat="no_conflicts", join="outer")
        joined = xr.concat([first, first], "w", data_vars="all", coords="minimal", compat="equals", join="outer")
    assert isinstance(merged.height.data, da.Array)
    assert joined.sizes == {"w": 2, "u": 4, "v": 6}


def test_groups_are_reduced_by_weft_where_flox_is_installed(whole, monkeypatch):
    from xarray.core import _aggregations, groupby

    monkeypatch.setattr(_aggregations, "flox_available", True)
    monkeypatch.setattr(groupby, "module_available", lambda *args, **kwargs: True)
    values = whole.temperature.drop_vars("count", errors="ignore")
    chunked = values.chunk(time=100, chunked_array_type="weft")
    found = chunked.groupby("time.month").mean()
    assert isinstance(found.data, da.Array)
    with xr.set_options(use_flox=False):
        xr.testing.assert_allclose(found.compute(), values.groupby("time.month").mean())


@pytest.mark.parametrize("order", [None, ["lon", "time", "lat"]])
def test_datasets_become_frames(whole, order):
    some = whole.isel(time=slice(0, 20)).assign_coords(place=("lat", list("abcd")))
    some = some.drop_vars([each for each in some.data_vars if each not in ("temperature", "count")])
    chunked = some.chunk({"time": 6, "lat": 3}, chunked_array_type="weft")
    found = chunked.to_dask_dataframe(dim_order=order)
    wanted = some.to_dataframe(dim_order=order or list(some.dims)).reset_index()
    assert type(found).__module__.startswith("weft")
    assert list(found.columns)[:3] == (order or list(some.dims))
    pd.testing.assert_frame_equal(found.compute(), wanted[list(found.columns)], check_dtype=False)


def test_a_series_of_values_is_labelled_by_its_dimension():
    values = xr.DataArray(np.arange(6.0), dims="n", name="v", coords={"n": [5, 4, 3, 2, 1, 0]})
    found = values.chunk(n=2, chunked_array_type="weft").to_dask_dataframe(set_index=True)
    assert found.v.compute().to_dict() == {label: 5.0 - label for label in range(6)}
    square = xr.Dataset({"v": (("a", "b"), np.ones((2, 2)))}).chunk(chunked_array_type="weft")
    with pytest.raises(NotImplementedError, match="one level"):
        square.to_dask_dataframe(set_index=True)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
@pytest.mark.parametrize("name", ["mean", "std", "max", "median", "argmin"])
def test_rolling_windows_are_reduced_by_bottleneck_where_it_is_asked_for(name, dtype):
    values = xr.DataArray((np.arange(200) % 7).reshape(50, 4).astype(dtype), dims=("t", "x"))
    with xr.set_options(use_bottleneck=True):
        for center in (False, True):
            expected = getattr(values.rolling(t=12, min_periods=12, center=center), name)()
            windows = values.chunk(t=9, chunked_array_type="weft").rolling(t=12, min_periods=12, center=center)
            ours = getattr(windows, name)()
            assert isinstance(ours.data, da.Array)
            assert ours.dtype == ours.compute().dtype == expected.dtype
            xr.testing.assert_allclose(ours, expected)
        expected = values.astype(float).rolling(t=3).reduce(np.std, ddof=1)
        ours = values.astype(float).chunk(t=9, chunked_array_type="weft").rolling(t=3).std(ddof=1)
        xr.testing.assert_allclose(ours, expected)


@pytest.mark.parametrize("order", ["import xarray as xr, weft.array as da", "import weft.array as da, xarray as xr"])
def test_arrays_put_into_xarray_by_hand_are_collections_in_a_program_that_says_nothing_else(order):
    program = f"""
{order}
import numpy as np, weft
held = xr.DataArray(da.ones((4, 4), chunks=2), dims=["a", "b"])
assert weft.is_dask_collection(held) and weft.is_dask_collection(held.to_dataset(name="v"))
assert not weft.is_dask_collection(xr.DataArray(np.ones(3)))
array, table = weft.compute(held, held.to_dataset(name="v"))
assert type(array.data) is np.ndarray and type(table.v.data) is np.ndarray
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
