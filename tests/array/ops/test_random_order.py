"""Permutations, shuffles and samples: each element once, in any order alike, however arrays are cut."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.array.strategies import chunked_arrays, chunks_of, graph_size

import weft.array as da
from weft.array.kernels.random_order import EXACT, forward, inverse


def rng(seed=7):
    return da.random.default_rng(seed)


def run(x, **keywords):
    return np.asarray(x.compute(scheduler="sync", **keywords))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3 * EXACT), st.integers(0, 2**64 - 1))
def test_a_keyed_order_has_each_element_once_and_an_inverse(n, key):
    places = np.arange(n)
    order = forward(places, n, (key, 5))
    assert (np.bincount(order, minlength=n) == 1).all()
    assert (inverse(order, n, (key, 5)) == places).all()


def test_small_permutations_are_equally_likely():
    g = rng()
    found = Counter(tuple(run(g.permutation(4)).tolist()) for _ in range(1200))
    assert len(found) == 24
    assert stats.chisquare(list(found.values())).pvalue > 1e-4


def test_large_permutations_look_random():
    n = 2 * EXACT + 11
    places, fixed = np.arange(n), []
    for seed in range(60):
        order = forward(places, n, (seed, 1))
        fixed.append((order == places).sum())
        assert abs(np.corrcoef(places, order)[0, 1]) * n**0.5 < 5
        ascents = (np.diff(order) > 0).sum()
        assert abs(ascents - n / 2) < 5 * (n / 12) ** 0.5
        assert stats.kstest((order[1:] - order[:-1]) % n / n, "uniform").pvalue > 1e-5
        counts = np.bincount(order[: n // 8] * 64 // n, minlength=64)
        assert stats.chisquare(counts).pvalue > 1e-5
    assert 0.5 < np.mean(fixed) < 1.6


@settings(max_examples=30, deadline=None)
@given(chunked_arrays(min_dims=1), st.data())
def test_permuting_an_array_moves_whole_slices_and_does_not_depend_on_chunks(pair, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    found = rng().permutation(chunked, axis=axis)
    assert found.chunks == chunked.chunks
    expected = np.take(whole, run(rng().permutation(whole.shape[axis])), axis=axis)
    np.testing.assert_array_equal(run(found), expected)
    np.testing.assert_array_equal(run(rng().permutation(whole, axis=axis)), expected)


@pytest.mark.parametrize("n", [5000, EXACT + 9])
def test_long_arrays_are_permuted_as_indices_are(n):
    order = run(rng().permutation(n, chunks=n // 3))
    x = da.from_array(np.arange(2 * n).reshape(2, n), chunks=(1, n // 7))
    np.testing.assert_array_equal(run(rng().permutation(x, axis=1)), np.arange(2 * n).reshape(2, n)[:, order])


def test_many_chunks_go_in_two_rounds_and_come_out_the_same():
    x = da.from_array(np.arange(2000).reshape(1000, 2), chunks=(2, 1))
    found = rng().permutation(x)
    assert graph_size(found) < 10_000
    np.testing.assert_array_equal(run(found), np.arange(2000).reshape(1000, 2)[run(rng().permutation(1000))])


def test_shuffling_rebinds_the_array():
    x = da.arange(1000, chunks=77)
    y = x
    rng().shuffle(x)
    assert y is x
    assert run(x).tolist() != list(range(1000))
    assert sorted(run(y)) == list(range(1000))


@settings(max_examples=20, deadline=None)
@given(chunked_arrays(min_dims=1, max_dims=2), st.data())
def test_permuted_lines_keep_their_elements(pair, data):
    whole, chunked = pair
    axis = data.draw(st.integers(-whole.ndim, whole.ndim - 1))
    found = run(rng().permuted(chunked, axis=axis))
    np.testing.assert_array_equal(np.sort(found, axis=axis), np.sort(whole, axis=axis))
    np.testing.assert_array_equal(run(rng().permuted(whole, axis=axis)), found)


def test_lines_are_permuted_independently():
    x = da.from_array(np.tile(np.arange(50), (40, 1)), chunks=(7, 20))
    found = run(rng().permuted(x, axis=1))
    assert len({tuple(line) for line in found.tolist()}) == 40
    assert sorted(run(rng().permuted(da.arange(20, chunks=3)))) == list(range(20))
    mixed = run(rng().permuted(da.from_array(np.arange(24).reshape(4, 6), chunks=3)))
    assert mixed.shape == (4, 6)
    assert sorted(mixed.ravel()) == list(range(24))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_samples_without_replacement_have_no_element_twice(data):
    n = data.draw(st.sampled_from([7, 1000, EXACT + 1, 10**12]))
    shape = data.draw(st.sampled_from([(), (0,), (7,), (2, 3)]))
    whole = run(rng().choice(n, shape, replace=False))
    assert whole.shape == shape
    assert len(np.unique(whole)) == whole.size
    assert whole.size == 0 or 0 <= whole.min() <= whole.max() < n
    cut = rng().choice(n, shape, replace=False, chunks=data.draw(chunks_of(shape)))
    np.testing.assert_array_equal(run(cut), whole)


def test_samples_of_all_elements_are_permutations():
    assert sorted(run(rng().choice(100_000, 100_000, replace=False, chunks=9999))) == list(range(100_000))


def test_samples_of_a_large_range_are_uniform():
    x = run(rng().choice(10**9, 200_000, replace=False, chunks=30_000))
    assert stats.kstest(x / 10**9, "uniform").pvalue > 1e-4


def test_chances_are_kept_with_and_without_replacement():
    p = np.array([0.1, 0.2, 0.3, 0.4])
    counts = np.bincount(run(rng().choice(4, 40_000, p=p, chunks=7000)), minlength=4)
    assert stats.chisquare(counts, p * 40_000).pvalue > 1e-4
    x = rng().choice(4, (2, 2), p=p, replace=False, chunks=1)
    assert x.chunks == ((1, 1), (1, 1))
    assert sorted(run(x).ravel()) == [0, 1, 2, 3]
    assert (run(rng().choice([5, 6], 100, p=[0, 1])) == 6).all()


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("replace", [True, False])
def test_elements_are_chosen_along_an_axis_of_any_array(axis, replace):
    items = np.arange(60).reshape(6, 10)
    chosen = run(rng().choice(items, (2, 3), axis=axis, replace=replace, chunks=1))
    place = axis % 2
    index = run(rng().choice(items.shape[axis], (2, 3), replace=replace))
    np.testing.assert_array_equal(chosen, np.take(items, index, axis=place))
    for chunks in (-1, 4):
        found = rng().choice(da.from_array(items, chunks=chunks), (2, 3), axis=axis, replace=replace, chunks=1)
        np.testing.assert_array_equal(run(found), chosen)


def test_wrong_axes_and_scalars_are_refused():
    with pytest.raises(np.exceptions.AxisError):
        rng().permutation(da.arange(3), axis=1)
    with pytest.raises(np.exceptions.AxisError):
        rng().choice(np.arange(3), 2, axis=2)
    with pytest.raises(IndexError, match="without axes"):
        rng().permutation(da.from_array(np.array(3.5)))
    with pytest.raises(ValueError, match="sequence or an integer"):
        rng().choice(2.5, 2)
