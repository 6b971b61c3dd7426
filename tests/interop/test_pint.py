"""Quantities of pint that hold Weft's arrays compute, persist, and go through xarray, with their units."""

import numpy as np
import pytest
import xarray as xr

import weft
import weft.array as da
from weft.interop.xarray import register

pint = pytest.importorskip("pint")
register()

UNITS = pint.UnitRegistry(force_ndarray_like=True)
WHOLE = UNITS.Quantity(np.arange(12.0), "m")


@pytest.fixture
def lengths():
    return UNITS.Quantity(da.arange(12.0, chunks=4), "m")


def same(found, expected):
    assert found.units == expected.units
    np.testing.assert_allclose(found.magnitude, expected.magnitude)


PROGRAMS = {
    "arithmetic": lambda q: q * q + q * UNITS.Quantity(2, "cm"),
    "conversion": lambda q: q.to("km"),
    "mean": lambda q: q.mean(),
    "std": np.std,
    "where": lambda q: np.where(q > UNITS.Quantity(5, "m"), q, 0 * q),
    "joined": lambda q: np.concatenate([q, 2 * q]),
    "shape": lambda q: q.reshape(3, 4).T[1:],
    "root": lambda q: np.sqrt(q * q),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_those_in_memory(lengths, name):
    found = PROGRAMS[name](lengths)
    assert weft.is_dask_collection(found)
    same(found.compute(), PROGRAMS[name](WHOLE))


def test_they_are_collections(lengths):
    whole, total = weft.compute(lengths, lengths.sum())
    same(whole, WHOLE)
    same(total, WHOLE.sum())
    kept = lengths.persist()
    assert isinstance(kept.magnitude, da.Array)
    same(kept.compute(), WHOLE)
    same(weft.delayed(lambda quantity: 2 * quantity)(lengths).compute(), 2 * WHOLE)
    assert weft.base.tokenize(lengths) != weft.base.tokenize(lengths.to("km"))


def test_those_in_memory_are_none():
    assert not weft.is_dask_collection(WHOLE)
    with pytest.raises(AttributeError):
        WHOLE.compute()


LABELLED = {
    "sum": lambda a: a.sum("x"),
    "mean": lambda a: a.mean(),
    "where": lambda a: a.where(a.x > 5),
    "sel": lambda a: a.sel(x=slice(2, 7)),
    "shift": lambda a: a.shift(x=1),
    "cumsum": lambda a: a.cumsum("x"),
    "square": lambda a: a * a,
    "concat": lambda a: xr.concat([a, a], "x"),
    "rechunk": lambda a: a.chunk(x=5) if a.chunks else a,
}


@pytest.mark.parametrize("name", LABELLED)
def test_xarray_agrees_with_quantities_in_memory(lengths, name):
    lazy, whole = (xr.DataArray(each, dims="x", coords={"x": np.arange(12)}) for each in (lengths, WHOLE))
    found = LABELLED[name](lazy)
    assert found.chunks is not None
    same(found.compute().data, LABELLED[name](whole).data)


def test_datasets_of_quantities_compute(lengths):
    ds = xr.Dataset({"length": ("x", lengths), "number": ("x", np.arange(12))})
    same(weft.compute(ds)[0].length.data, WHOLE)
    assert isinstance(ds.persist().length.data.magnitude, da.Array)
    same(ds.copy().load().length.data, WHOLE)


def test_quantities_in_memory_are_indexed_as_before():
    a = xr.DataArray(UNITS.Quantity(np.arange(12.0).reshape(4, 3), "m"), dims=("x", "y"))
    assert not hasattr(a.data, "__array_namespace__")
    a[{"x": [0, 2], "y": [1]}] = UNITS.Quantity([[-1.0], [-2.0]], "m")
    np.testing.assert_array_equal(a.data.magnitude[[0, 2], 1], [-1, -2])


PLACES = {"x": xr.DataArray([0, 3, 1], dims="p"), "y": xr.DataArray([2, 0, 1], dims="p")}


@pytest.mark.parametrize("key", [{"x": [0, 2], "y": [1, 2]}, {"x": [3, 0]}, PLACES, {"x": PLACES["x"]}, {"y": 1}])
def test_places_of_quantities_are_read_and_written(key):
    whole = np.arange(12.0).reshape(4, 3)
    lazy, held = (
        xr.DataArray(UNITS.Quantity(each, "m"), dims=("x", "y"))
        for each in (da.from_array(whole, chunks=2), whole.copy())
    )
    same(lazy[key].compute().data, held[key].data)
    for each in (lazy, held):
        each[key] = UNITS.Quantity(np.full(held[key].shape, 7.0), "cm")
    same(lazy.compute().data, held.data)
