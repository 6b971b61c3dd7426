"""Medians and quantiles, exact in any chunks."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of

import weft.array as da
from weft import selection
from weft.selection import METHODS

KINDS = st.sampled_from(["int64", "int8", "uint8", "float64", "float32", "float16", "bool"])


def agree(ours, expected):
    """Like `assert_same`, with the rounding of another order of operations."""
    expected = np.asarray(expected)
    assert ours.shape == expected.shape
    assert ours.dtype == expected.dtype
    for optimize in (True, False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            result = np.asarray(ours.compute(scheduler="sync", optimize_graph=optimize))
        assert result.dtype == expected.dtype
        tolerance = {2: 1e-2, 4: 1e-5}.get(expected.dtype.itemsize, 1e-12)
        np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@settings(max_examples=60)
@given(chunked_arrays(dtypes=KINDS, min_dims=1, min_side=1, max_side=9), st.data())
def test_medians_are_those_of_numpy(pair, data):
    whole, chunked = pair
    axes = st.lists(st.integers(0, whole.ndim - 1), min_size=1, max_size=whole.ndim, unique=True).map(tuple)
    axis = data.draw(st.one_of(st.none(), st.integers(-whole.ndim, whole.ndim - 1), axes))
    keep = data.draw(st.booleans())
    agree(da.median(chunked, axis, keepdims=keep), np.median(whole, axis, keepdims=keep))


@settings(max_examples=60)
@given(chunked_arrays(dtypes=KINDS, min_dims=1, min_side=1, max_side=9), st.data())
def test_quantiles_are_those_of_numpy_by_every_method(pair, data):
    whole, chunked = pair
    method = data.draw(st.sampled_from(METHODS))
    q = data.draw(st.one_of(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=1, max_size=3)))
    axis = data.draw(st.one_of(st.none(), st.integers(-whole.ndim, whole.ndim - 1)))
    keep = data.draw(st.booleans())
    try:
        expected = np.quantile(whole, q, axis, method=method, keepdims=keep)
    except TypeError:  # NumPy does not interpolate truth values
        return
    agree(da.quantile(chunked, q, axis, method=method, keepdims=keep), expected)
    with np.errstate(all="ignore"):
        agree(
            da.percentile(chunked, np.multiply(q, 100), axis, method=method),
            np.percentile(whole, np.multiply(q, 100), axis, method=method),
        )


@settings(max_examples=40)
@given(st.data())
def test_nans_are_passed_on_or_left_out(data):
    whole = data.draw(st.lists(st.sampled_from([1.0, 2.5, -3.0, 0.0, np.nan]), min_size=1, max_size=20))
    whole = np.array(whole)
    chunked = da.from_array(whole, chunks=data.draw(chunks_of(whole.shape)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        agree(da.median(chunked), np.median(whole))
        agree(da.nanmedian(chunked), np.nanmedian(whole))
        agree(da.nanquantile(chunked, [0.2, 0.7]), np.nanquantile(whole, [0.2, 0.7]))
        agree(da.nanpercentile(chunked, 30), np.nanpercentile(whole, 30))


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "int32"])
def test_elements_that_begin_with_the_same_bits_are_told_apart(dtype, monkeypatch):
    monkeypatch.setattr(selection, "FEW", 5)
    rng = np.random.default_rng(0)
    whole = (rng.integers(-1000, 1000, 4000) if "int" in dtype else 1e-6 * rng.normal(size=4000) - 1e-7).astype(dtype)
    whole[:900] = whole[0]
    chunked = da.from_array(whole, chunks=700)
    wanted = [0.0, 0.01, 0.25, 0.5, 0.77, 1.0]
    np.testing.assert_allclose(
        da.quantile(chunked, wanted).compute(scheduler="sync"), np.quantile(whole, wanted), rtol=1e-6
    )


def test_infinities_are_elements_like_others():
    whole = np.array([np.inf, 1, 2, -np.inf, np.inf])
    chunked = da.from_array(whole, chunks=2)
    assert float(da.median(chunked).compute()) == 2
    assert da.quantile(chunked, [0, 1], method="lower").compute().tolist() == [-np.inf, np.inf]


def test_weights_are_refused_at_the_call_where_the_method_has_none():
    for name in ("quantile", "nanpercentile"):
        with pytest.raises(ValueError, match="inverted_cdf"):
            getattr(da, name)(da.ones(3, chunks=2), 0.5, weights=da.ones(3, chunks=1))


def test_weights_are_those_of_numpy():
    whole, weights = np.array([1.0, 5, 2, 4]), np.array([1, 3, 1, 1])
    ours = da.quantile(da.from_array(whole, chunks=2), 0.5, weights=weights, method="inverted_cdf", axis=0)
    agree(ours, np.quantile(whole, 0.5, weights=weights, method="inverted_cdf", axis=0))


def test_what_is_wrong_is_said_at_the_call():
    x = da.arange(4, chunks=2)
    with pytest.raises(ValueError, match=r"range \[0, 1\]"):
        da.quantile(x, 1.5)
    with pytest.raises(ValueError, match=r"range \[0, 100\]"):
        da.percentile(x, 101)
    with pytest.raises(ValueError, match="is none of"):
        da.quantile(x, 0.5, method="guess")
    with pytest.raises(np.exceptions.AxisError):
        da.median(x, axis=2)
    with pytest.raises(TypeError, match="real"):
        da.quantile(x * 1j, 0.5)
    with pytest.raises(ValueError, match="exact"):
        da.percentile(x, 5, internal_method="tdigest")


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_every_backend_gives_the_same(scheduler):
    whole = np.random.default_rng(0).normal(size=1000)
    assert da.median(da.from_array(whole, chunks=130)).compute(scheduler=scheduler) == np.median(whole)


def test_quantiles_may_be_chunked_fractions_or_of_objects():
    x = da.arange(10, chunks=3)
    q = np.array([0.1, 0.5])
    assert_same(da.quantile(x, da.from_array(q, chunks=1)), np.quantile(np.arange(10), q), exact=False)
    assert_same(da.percentile(x, Fraction(50)), np.percentile(np.arange(10), Fraction(50)))
    fractions = np.array([Fraction(1), Fraction(2), Fraction(4)])
    assert da.quantile(da.from_array(fractions, chunks=2), [Fraction(1, 2)]).compute().tolist() == [Fraction(2)]
    assert da.median(da.from_array(np.arange(10, dtype=object), chunks=3)).compute() == 4.5


def test_axes_of_quantiles_may_be_a_list():
    whole = np.arange(24.0).reshape(2, 3, 4)
    chunked = da.from_array(whole, chunks=(1, 2, 3))
    assert_same(da.nanquantile(chunked, 0.3, axis=[2, 0]), np.nanquantile(whole, 0.3, axis=[2, 0]), exact=False)


def test_quantiles_of_no_elements_are_those_of_numpy():
    x = da.ones((3, 0), chunks=2)
    with pytest.raises(IndexError, match="no elements"):
        da.quantile(x, 0.5, axis=1)
    with pytest.warns(RuntimeWarning, match="empty"):
        expected = np.nanquantile(np.ones((3, 0)), 0.5, axis=1)
    np.testing.assert_array_equal(da.nanquantile(x, 0.5, axis=1).compute(), expected)


@pytest.mark.parametrize("method", ["linear", "lower", "nearest"])
@pytest.mark.parametrize("axis", [None, 0, ()])
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles_of_objects_are_objects(name, axis, method):
    whole = np.array([[3, 1.5, 2], [5, 7, 6.25]], object)
    made = getattr(da, name)(da.from_array(whole, chunks=2), [0.5, 1], axis=axis, method=method)
    assert made.dtype == object
    assert made.compute().tolist() == getattr(np, name)(whole, [0.5, 1], axis=axis, method=method).tolist()


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("name", ["percentile", "nanpercentile"])
def test_along_no_axis_each_element_is_its_own_weighted_quantile(name, keepdims):
    whole, weights = np.arange(12.0).reshape(3, 4), np.arange(1, 13.0).reshape(3, 4)
    options = {"axis": (), "method": "inverted_cdf", "keepdims": keepdims}
    made = getattr(da, name)(da.from_array(whole, chunks=2), [20, 70], weights=weights, **options)
    assert_same(made, getattr(np, name)(whole, [20, 70], weights=weights, **options))


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("axis", [0, (0, 2), ()])
def test_axes_of_the_quantiles_come_first_also_where_nans_are_left_out(axis, keepdims):
    whole = np.arange(24.0).reshape(2, 3, 4)
    q = [[0.2, 0.5, 0.6], [0.7, 1.0, 0.1]]
    made = da.nanquantile(da.from_array(whole, chunks=2), q, axis=axis, keepdims=keepdims)
    assert_same(made, np.quantile(whole, q, axis=axis, keepdims=keepdims), exact=False)


def test_no_quantiles_of_anything_are_no_numbers():
    assert da.quantile(da.ones((0, 2), chunks=1), []).compute().shape == (0,)
    weights = np.ones(3)
    x = da.ones((3, 2), chunks=2)
    made = da.nanquantile(x, [], axis=0, weights=weights, method="inverted_cdf")
    assert made.compute().shape == made.shape == (0, 2)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
@pytest.mark.parametrize("chunks", [2, 5])
def test_masked_elements_do_not_count(axis, dtype, chunks):
    whole = np.ma.masked_array(np.arange(30).reshape(5, 6) * 7 % 11, np.arange(30).reshape(5, 6) % 4 == 1).astype(dtype)
    whole[2] = np.ma.masked
    x = da.from_array(whole, chunks=chunks)
    expected = np.ma.median(whole, axis=axis)
    made = da.median(x, axis=axis).compute()
    np.testing.assert_array_equal(np.ma.getmaskarray(made), np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(np.ma.filled(made, -1), np.ma.filled(expected, -1))
    assert made.dtype == expected.dtype
    np.testing.assert_array_equal(
        np.ma.filled(da.quantile(x, 0.5, axis=axis).compute(), -1), np.ma.filled(expected, -1)
    )


def test_nan_that_is_not_masked_is_found():
    whole = np.ma.masked_array([[1.0, np.nan, 3.0], [np.nan, 5.0, 6.0]], [[0, 0, 0], [1, 0, 0]])
    x = da.from_array(whole, chunks=2)
    np.testing.assert_array_equal(da.median(x, axis=1).compute(), [np.nan, 5.5])
    np.testing.assert_array_equal(da.nanmedian(x, axis=1).compute(), [2.0, 5.5])
    np.testing.assert_array_equal(np.ma.getmaskarray(da.nanmedian(x, axis=0).compute()), [False, False, False])
    np.testing.assert_array_equal(da.nanmedian(x[:, :1] * np.nan, axis=0).compute(), [np.nan])


@pytest.mark.parametrize("name", ["percentile", "nanpercentile", "quantile"])
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1)])
def test_a_single_quantile_fills_out(name, shape):
    whole, out = np.arange(10.0).reshape(5, 2), da.zeros(shape, chunks=1)
    made = getattr(da, name)(da.from_array(whole, chunks=2), 0.5, out=out)
    assert made is out
    assert_same(out, getattr(np, name)(whole, 0.5, out=np.zeros(shape)))
    with pytest.raises(ValueError, match="shape"):
        getattr(da, name)(da.from_array(whole, chunks=2), 0.5, axis=0, out=da.zeros(1))
