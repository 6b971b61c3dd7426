"""Masked arrays that are made of a shape alone."""

import numpy as np
import pytest

import weft.array as da

KINDS = ["f8", "f4", "c8", "i2", "?", "U3", "M8[s]", "O", ">i4", [("a", "i4"), ("b", "f8")]]


def assert_all_masked(ours, numpys):
    made = ours.compute(scheduler="sync")
    assert ours.dtype == made.dtype == numpys.dtype
    assert made.shape == ours.shape == numpys.shape
    np.testing.assert_array_equal(made.mask, numpys.mask)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("shape", [0, 3, (3, 4), (0, 2)])
def test_everything_is_masked(kind, shape):
    dtype = np.dtype(kind)
    assert_all_masked(da.ma.masked_all(shape, dtype, chunks=2), np.ma.masked_all(shape, dtype))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_everything_is_masked_in_the_shape_of_another_array(kind):
    whole = np.zeros((3, 4), kind)
    assert_all_masked(da.ma.masked_all_like(da.from_array(whole, chunks=2)), np.ma.masked_all_like(whole))
    masked = np.ma.masked_array(whole, np.eye(3, 4, dtype=bool)) if kind != KINDS[-1] else whole
    assert_all_masked(da.ma.masked_all_like(da.from_array(masked, chunks=2)), np.ma.masked_all_like(masked))


def test_objects_that_are_equal_are_masked():
    foods = np.array(["green_eggs", "ham", "ham"], dtype=object)
    ours = da.ma.masked_object(da.from_array(foods, chunks=2), "ham").compute()
    np.testing.assert_array_equal(ours.mask, np.ma.masked_object(foods, "ham").mask)
    assert ours.dtype == object
