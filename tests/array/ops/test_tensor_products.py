from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays

import weft
import weft.array as da

quick = settings(deadline=None, max_examples=40)
NUMBERS = st.sampled_from(["int64", "float64", "float32", "complex128"])
vectors = st.integers(1, 12).flatmap(lambda n: chunked_arrays(dtypes=NUMBERS, shape=(n,)))
MODES = st.sampled_from(["full", "same", "valid"])


@quick
@given(vectors, vectors, MODES)
def test_convolve_and_correlate_agree_with_numpy(first, second, mode):
    (a, x), (b, y) = first, second
    assert_same(da.convolve(x, y, mode), np.convolve(a, b, mode))
    assert_same(da.correlate(x, y, mode), np.correlate(a, b, mode))
    assert_same(da.convolve(x, b), np.convolve(a, b))
    assert_same(da.correlate(x, b), np.correlate(a, b))


def test_convolutions_refuse_what_numpy_refuses():
    for function in (da.convolve, da.correlate):
        with pytest.raises(ValueError, match="empty"):
            function(da.ones(0), da.ones(2))
        with pytest.raises(ValueError, match="deep"):
            function(da.ones((2, 2)), da.ones(2))
        with pytest.raises(ValueError, match="mode"):
            function(da.ones(2), da.ones(2), "most")


@quick
@given(st.data())
def test_kron_agrees_with_numpy(data):
    a, x = data.draw(chunked_arrays(max_dims=2, max_side=4))
    b, y = data.draw(chunked_arrays(max_dims=2, max_side=4))
    assert_same(da.kron(x, y), np.kron(a, b))
    with weft.config.set({"array.chunk-size": "128 B"}):
        assert_same(da.kron(x, y), np.kron(a, b))


@quick
@given(st.data())
def test_cross_agrees_with_numpy(data):
    a, x = data.draw(chunked_arrays(dtypes=NUMBERS, shape=(2, 3)))
    b, y = data.draw(chunked_arrays(dtypes=NUMBERS, shape=(4, 2, 3)))
    assert_same(da.cross(x, y), np.cross(a, b))
    assert_same(da.cross(x.T, y, axisa=0), np.cross(a.T, b, axisa=0))
    assert_same(da.cross(x, y, axisc=0), np.cross(a, b, axisc=0))
    assert_same(da.cross(y.T, y.T, axis=0), np.cross(b.T, b.T, axis=0))
    assert_same(da.linalg.cross(x, y), np.linalg.cross(a, b))


def test_cross_is_for_three_components():
    with pytest.raises(ValueError, match="three components"):
        da.cross(da.ones((4, 2)), da.ones((4, 2)))


@quick
@given(st.data())
def test_multi_dot_agrees_with_numpy(data):
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=3, max_size=6))
    pairs = [
        data.draw(chunked_arrays(dtypes=st.sampled_from(["float64", "int64"]), shape=shape))
        for shape in pairwise(sizes)
    ]
    if data.draw(st.booleans()):
        pairs[0] = (pairs[0][0][0], pairs[0][1][0])
    if data.draw(st.booleans()):
        pairs[-1] = (pairs[-1][0][:, 0], pairs[-1][1][:, 0])
    made = da.linalg.multi_dot([chunked for _, chunked in pairs])
    assert_same(made, np.linalg.multi_dot([whole for whole, _ in pairs]), exact=False)


def test_multi_dot_multiplies_in_the_cheapest_order():
    x, y, z = da.ones((2, 1000), chunks=500), da.ones((1000, 3), chunks=500), da.ones((3, 1000), chunks=500)
    made = da.linalg.multi_dot([x, y, z])
    assert [each.shape for each in made.expr.children] == [(2, 3), (3, 1000)]
    with pytest.raises(ValueError, match="two"):
        da.linalg.multi_dot([x])
    with pytest.raises(np.linalg.LinAlgError, match="two-dimensional"):
        da.linalg.multi_dot([x, da.ones((1000, 2, 2)), z])


def test_products_of_objects_give_a_single_object():
    x = da.from_array(np.array([5, -2], dtype=object), chunks=2)
    assert da.dot(x, da.from_array(np.array([1.5, -1.75]), chunks=1)).compute() == 11.0


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_what_is_missing_spreads_no_farther_than_the_kernel(mode):
    whole, kernel = np.array([5.0, -3, np.inf, 7, 2, 1, 4]), np.array([1, np.nan, 2])
    for chunk in (2, 7):
        x = da.from_array(whole, chunks=chunk)
        np.testing.assert_array_equal(da.convolve(x, kernel, mode).compute(), np.convolve(whole, kernel, mode))
        np.testing.assert_array_equal(da.correlate(x, kernel, mode).compute(), np.correlate(whole, kernel, mode))
