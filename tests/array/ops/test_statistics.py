"""Averages, moments, covariances, traces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_near, chunked_arrays

import weft.array as da


@settings(max_examples=50, deadline=None)
@given(chunked_arrays(min_side=1), st.booleans(), st.booleans(), st.data())
def test_weighted_means_agree_with_numpy(pair, keepdims, along, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1)) if whole.ndim and along else None
    shape = whole.shape if axis is None else (whole.shape[axis],)
    weights = np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)
    expected = np.average(whole, axis, weights, True, keepdims=keepdims)
    for ours, theirs in zip(da.average(chunked, axis, weights, True, keepdims=keepdims), expected, strict=True):
        assert_near(ours, theirs, whole.dtype)


def test_weights_that_add_up_to_nothing_are_numpys_error():
    with pytest.raises(ZeroDivisionError, match="Weights sum to zero"):
        da.average(da.ones(3, chunks=2), weights=[0, 1, -1]).compute(scheduler="sync")
    with pytest.raises(TypeError, match="Axis must be specified"):
        da.average(da.ones((3, 2), chunks=2), weights=[1, 1, 1])


@settings(max_examples=50, deadline=None)
@given(chunked_arrays(st.sampled_from(["float64", "int64"]), min_dims=1, min_side=1), st.integers(0, 6), st.data())
def test_central_moments_are_means_of_powers(pair, order, data):
    whole, chunked = pair
    axis = data.draw(st.none() | st.integers(0, whole.ndim - 1))
    expected = ((whole - whole.mean(axis=axis, keepdims=True)) ** order).mean(axis=axis)
    ours = da.moment(chunked, order, axis, split_every=2)
    np.testing.assert_allclose(ours.compute(scheduler="sync"), expected, rtol=1e-8, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    chunked_arrays(st.sampled_from(["float64", "int64", "complex128", "float32"]), min_dims=1, max_dims=2, min_side=2),
    st.data(),
)
def test_covariances_agree_with_numpy(pair, data):
    whole, chunked = pair
    rowvar = data.draw(st.booleans())
    count = whole.shape[0] if whole.ndim == 2 and not rowvar else whole.shape[-1]
    options = {
        "rowvar": rowvar,
        "bias": data.draw(st.booleans()),
        "ddof": data.draw(st.sampled_from([None, 0, 1])),
        "fweights": data.draw(st.sampled_from([None, np.arange(1, count + 1)])),
        "aweights": data.draw(st.sampled_from([None, np.arange(1.0, count + 1) / 3])),
    }
    expected = np.cov(whole, **options)
    assert_near(da.cov(chunked, **options), expected, whole.dtype)
    if whole.ndim == 2 and rowvar:
        more = np.arange(float(count))
        assert_near(da.cov(chunked, more), np.cov(whole, more), whole.dtype)


def test_correlations_agree_with_numpy_and_are_at_most_one():
    whole = np.random.default_rng(0).random((5, 40))
    whole[4] = whole[0] * 2
    ours = da.corrcoef(da.from_array(whole, chunks=(2, 7))).compute()
    np.testing.assert_allclose(ours, np.corrcoef(whole), rtol=1e-12)
    assert np.abs(ours).max() <= 1
    assert da.corrcoef(da.from_array(whole, chunks=(2, 7))).chunks == ((2, 2, 1), (2, 2, 1))


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(min_dims=2, max_dims=3), st.integers(-3, 3), st.data())
def test_traces_agree_with_numpy(pair, offset, data):
    whole, chunked = pair
    first, second = data.draw(st.permutations(range(whole.ndim)))[:2]
    assert_near(da.trace(chunked, offset, first, second), np.trace(whole, offset, first, second), whole.dtype)


def test_moments_keep_their_digits_where_the_mean_is_large():
    whole = np.random.default_rng(0).random(1000)
    chunked = da.from_array(whole + 1e6, chunks=77)
    expected = ((whole - whole.mean()) ** 3).mean()
    np.testing.assert_allclose(da.moment(chunked, 3).compute(), expected, rtol=1e-4)


def test_bad_calls_are_refused_at_once():
    x = da.ones((3, 3), chunks=2)
    with pytest.raises(ValueError, match="two dimensions"):
        da.trace(da.ones(3, chunks=2))
    with pytest.raises(ValueError, match="ddof must be integer"):
        da.cov(x, ddof=0.5)
    with pytest.raises(TypeError, match="fweights must be integer"):
        da.cov(x, fweights=[1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match="numbers of samples"):
        da.cov(x, aweights=[1.0, 2.0])
    with pytest.raises(ValueError, match="Order"):
        da.moment(x, -1)


@pytest.mark.parametrize("weights", ["f4", "f2", "u1"])
@pytest.mark.parametrize("kind", ["i1", "u8", "f4", "bool"])
def test_products_with_weights_are_as_wide_as_the_result(kind, weights):
    whole = np.arange(1, 8).astype(kind)
    shares = (np.arange(7) / 3 + 0.2).astype(weights)
    expected = np.average(whole, weights=shares)
    made = da.average(da.from_array(whole, chunks=3), weights=shares)
    assert made.dtype == expected.dtype
    np.testing.assert_allclose(made.compute(), expected, rtol=1e-6 if expected.dtype == "f4" else 1e-15)
