"""Ufuncs that work on some elements in place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.indexes import indexes, partly_chunked
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da

quick = settings(deadline=None, max_examples=80)


@quick
@given(st.data())
def test_any_index_agrees_with_numpy(data):
    whole, x = data.draw(chunked_arrays(dtypes=st.just("int64")))
    index = data.draw(indexes(whole))
    name = data.draw(st.sampled_from(["add", "subtract", "multiply", "maximum", "negative"]))
    shape = whole[index].shape
    shape = shape[data.draw(st.integers(0, len(shape))) :]
    value = np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape) % 5
    values = () if name == "negative" else (data.draw(st.sampled_from([value, 3])),)
    chunked = [da.from_array(each, chunks=2) if data.draw(st.booleans()) and np.ndim(each) else each for each in values]
    expected = whole.copy()
    getattr(np, name).at(expected, index, *values)
    getattr(da, name).at(x, data.draw(partly_chunked(index)), *chunked)
    assert_same(x, expected)


@pytest.mark.parametrize("places", [[0, 4, 4, 1, 0, 4], [[2, 2], [2, 3]], [-1, -1]])
@pytest.mark.parametrize("computed", [False, True])
def test_places_that_come_several_times_are_changed_several_times(places, computed):
    places = np.array(places)
    values = np.arange(1.0, places.size + 1).reshape(places.shape)
    expected = np.ones(5)
    np.add.at(expected, places, values)
    np.divide.at(expected, places, values)
    x = da.ones(5, chunks=2)
    index = da.from_array(places, chunks=1) if computed else places
    np.add.at(x, index, values)
    da.divide.at(x, index, da.from_array(values, chunks=2))
    assert_same(x, expected)


@pytest.mark.parametrize("index", [[0, 3, 3], slice(1, 3)])
@pytest.mark.parametrize("name", ["add", "divide"])
def test_results_are_cast_to_the_dtype_of_the_array(name, index):
    expected, x = np.arange(4), da.arange(4, chunks=2)
    getattr(np, name).at(expected, index, 1.5)
    getattr(da, name).at(x, index, 1.5)
    assert_same(x, expected)


def test_functions_of_python_work_in_place():
    x = da.from_array(np.array([1, 2, 3], object), chunks=2)
    da.frompyfunc(lambda a, b: a * 10 + b, 2, 1).at(x, [0, 2, 2], 7)
    assert x.compute().tolist() == [17, 2, 377]


def test_other_arrays_that_share_blocks_stay_as_they_are():
    x = da.zeros(4, chunks=2)
    y = x + 0
    da.add.at(x, [1, 1], 1)
    assert_same(y, np.zeros(4))
    assert_same(x, np.array([0.0, 2.0, 0.0, 0.0]))


def test_arrays_of_numpy_are_changed_at_once():
    whole = np.zeros(3)
    da.add.at(whole, da.from_array(np.array([0, 0, 2]), chunks=2), da.ones(3, chunks=2))
    np.testing.assert_array_equal(whole, [2, 0, 1])


@pytest.mark.parametrize(
    ("name", "index", "values"),
    [
        ("add", [9], (1,)),
        ("add", [0, 1], (np.ones(3, int),)),
        ("add", [0, 1], ()),
        ("negative", [0], (1,)),
        ("bitwise_and", [0], (0.5,)),
        ("add", 0.5, (1,)),
    ],
)
def test_what_numpy_refuses_is_refused(name, index, values):
    with pytest.raises((IndexError, TypeError, ValueError)) as theirs:
        getattr(np, name).at(np.arange(4), index, *values)
    with pytest.raises((IndexError, TypeError, ValueError)) as ours:
        getattr(da, name).at(da.arange(4, chunks=2), index, *values)
    assert issubclass(theirs.type, ours.type)
