"""Histograms, occurrences, bins."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.strategies import assert_same, chunked_arrays, chunks_of

import weft.array as da
from weft.array.kernels import histograms as kernels

NUMBERS = st.sampled_from(["int64", "float64", "float32", "uint8", "bool"])
ESTIMATORS = ["auto", "fd", "sturges", "sqrt", "rice", "scott", "doane", "stone"]


def computed(value):
    return value.compute(scheduler="sync") if isinstance(value, da.Array) else value


def assert_all_close(ours, expected):
    for mine, theirs in zip(ours, expected, strict=True):
        found = computed(mine)
        assert mine.shape == theirs.shape
        assert found.dtype == theirs.dtype == mine.dtype
        np.testing.assert_allclose(found, theirs, rtol=1e-6, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    chunked_arrays(NUMBERS, min_side=1),
    st.sampled_from([1, 7, [-5, 0, 2, 30], np.array([0.0, 1.5, 1.5, 7])]),
    st.sampled_from([None, (0, 7), (-2.5, 9), (3, 3)]),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_counts_agree_with_numpy(pair, bins, span, density, weighted, data):
    whole, chunked = pair
    weights = np.arange(1.0, whole.size + 1).reshape(whole.shape) if weighted else None
    own = None if weights is None else da.from_array(weights, chunks=data.draw(chunks_of(whole.shape)))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.histogram(whole, bins, span, density, weights)
        assert_all_close(da.histogram(chunked, bins, span, density, own), expected)


@pytest.mark.filterwarnings("ignore:The number of bins estimated")
@pytest.mark.parametrize("bins", ESTIMATORS)
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_estimators_choose_as_many_bins_as_numpys(bins, dtype):
    whole = (np.random.default_rng(0).gamma(2.0, 20.0, (40, 9))).astype(dtype)
    chunked = da.from_array(whole, chunks=(13, 4))
    assert_all_close(da.histogram(chunked, bins), np.histogram(whole, bins))
    edges = da.histogram_bin_edges(chunked, bins, range=(5, 50))
    assert_all_close([edges], [np.histogram_bin_edges(whole, bins, range=(5, 50))])


def test_edges_may_be_a_chunked_array():
    whole = np.arange(10.0)
    edges = np.array([0.0, 2.5, 9.0])
    ours = da.histogram(da.from_array(whole, chunks=3), da.from_array(edges, chunks=2))
    assert_all_close(ours, np.histogram(whole, edges))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([3, (2, 4), [np.array([0, 3, 9.0]), 5], [np.array([0, 3, 9.0]), np.array([0, 0.5, 1])]]),
    st.sampled_from([None, [(0, 5), (0, 1)]]),
    st.booleans(),
    st.booleans(),
)
def test_points_are_counted_in_any_number_of_dimensions(bins, span, density, weighted):
    points = np.random.default_rng(0).random((20, 2)) * [9, 1]
    weights = np.arange(20.0) if weighted else None
    chunked = da.from_array(points, chunks=(7, 1))
    expected, edges = np.histogramdd(points, bins, span, density, weights)
    for sample in (chunked, (chunked[:, 0], chunked[:, 1])):
        counts, own = da.histogramdd(sample, bins, span, density, weights)
        assert_all_close([counts, *own], [expected, *edges])
    expected = np.histogram2d(points[:, 0], points[:, 1], bins, span, density, weights)
    assert_all_close(da.histogram2d(chunked[:, 0], chunked[:, 1], bins, span, density, weights), expected)


@settings(max_examples=60)
@given(st.integers(1, 3), st.integers(0, 300), st.data())
def test_points_in_equal_bins_are_counted_as_numpy_counts_them(ndim, count, data):
    draws = np.random.default_rng(data.draw(st.integers(0, 99)))
    points = draws.integers(-12, 13, (count, ndim)) / data.draw(st.sampled_from([1, 3, 10]))
    points[draws.random(points.shape) < 0.02] = np.nan
    spans = data.draw(st.sampled_from([(-1.0, 1.0), (-0.3, 0.7), (0.0, 4.0), (1e9, 1e9 + 1)]))
    edges = [np.linspace(*spans, data.draw(st.integers(1, 30)) + 1) for _ in range(ndim)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "SLAB", 64)
        for sample in (points, list(points.T)):
            counts = da.histogramdd(
                da.from_array(sample, chunks=(100, ndim))
                if sample is points
                else tuple([da.from_array(each, chunks=100) for each in sample]),
                bins=edges,
            )[0]
            np.testing.assert_array_equal(counts.compute(scheduler="sync"), np.histogramdd(points, bins=edges)[0])


@settings(max_examples=40, deadline=None)
@given(
    chunked_arrays(st.sampled_from(["uint8", "bool"]), min_dims=1, max_dims=1, min_side=1),
    st.sampled_from([0, 3, 50]),
    st.booleans(),
)
def test_occurrences_agree_with_numpy(pair, minlength, weighted):
    whole, chunked = pair
    weights = np.arange(len(whole)) / 2 if weighted else None
    ours = da.bincount(chunked, weights, minlength, split_every=2)
    expected = np.bincount(whole, weights, minlength)
    assert ours.dtype == expected.dtype
    np.testing.assert_array_equal(ours.compute(scheduler="sync"), expected)
    assert len(ours) == len(expected)


@settings(max_examples=40, deadline=None)
@given(chunked_arrays(NUMBERS), st.sampled_from([[0, 2.5, 7], [7, 3, 1]]), st.booleans())
def test_bins_of_elements_agree_with_numpy(pair, bins, right):
    whole, chunked = pair
    assert_same(da.digitize(chunked, bins, right), np.digitize(whole, bins, right))


def test_bad_calls_are_refused_at_once():
    x = da.arange(5, chunks=2)
    with pytest.raises(ValueError, match="monotonically"):
        da.histogram(x, [3, 1])
    with pytest.raises(ValueError, match="positive"):
        da.histogram(x, 0)
    with pytest.raises(ValueError, match="valid estimator"):
        da.histogram(x, "best")
    with pytest.raises(ValueError, match="same shape"):
        da.histogram(x, 2, weights=np.ones(3))
    with pytest.raises(TypeError, match="according to the rule 'safe'"):
        da.bincount(x * 1.0)
    with pytest.raises(ValueError, match="too deep"):
        da.bincount(da.ones((2, 2), dtype=int, chunks=1))
    with pytest.raises(ValueError, match="monotonically"):
        da.digitize(x, [1, 3, 2])


@pytest.mark.parametrize("bins", ["auto", "rice", "sqrt", 7])
def test_the_extent_of_small_integers_may_not_fit_their_dtype(bins):
    whole = np.array([-100, 0, 127, 90, 3, 2], np.int8)
    assert_all_close(da.histogram(da.from_array(whole, chunks=4), bins=bins), np.histogram(whole, bins=bins))


def test_occurrences_of_an_empty_list_and_of_large_integers():
    assert da.bincount([], minlength=3).compute().tolist() == [0, 0, 0]
    assert da.bincount(da.from_array(np.array([0, 1, 1], np.uint64), chunks=2)).compute().tolist() == [1, 2]


def test_there_is_at_least_one_bin_for_each_coordinate():
    with pytest.raises(ValueError, match="positive"):
        da.histogramdd(da.ones((3, 2), chunks=(2, 2)), bins=[1, 0.99])


def test_edges_of_several_axes_are_chunked_arrays_whether_they_are_known_or_not():
    points = np.arange(12.0).reshape(6, 2)
    chunked = da.from_array(points, chunks=(2, 2))
    for bins, span in [(3, None), (3, [(0, 6), (0, 9)]), ([np.array([0.0, 3, 6]), np.array([0, 5, 9])], None)]:
        expected = np.histogramdd(points, bins, span)[1]
        for made in (da.histogramdd(chunked, bins, span)[1], da.histogram2d(*chunked.T, bins, span)[1:]):
            assert_all_close([each.compute() for each in made], expected)
