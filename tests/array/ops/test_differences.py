"""Differences of neighbours, and slopes."""

from __future__ import annotations

import numpy as np
import pytest
import sparse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.array.ops.test_sizes import BLOCKS, WHOLE, rows_of
from tests.array.strategies import assert_same, chunked_arrays, graph_size

import weft.array as da

NUMBERS = st.sampled_from(["int64", "int32", "float64", "float32", "complex128"])


@settings(max_examples=100, deadline=None)
@given(chunked_arrays(min_dims=1, max_side=7), st.data())
def test_diff_agrees_with_numpy(pair, data):
    whole, x = pair
    axis, n = data.draw(st.integers(-whole.ndim, whole.ndim - 1)), data.draw(st.integers(0, 4))
    keywords = {}
    for name in ("prepend", "append"):
        if data.draw(st.booleans()):
            keywords[name] = data.draw(st.sampled_from([1, 2.5, None])) or whole
    assume(not (whole.dtype == bool and keywords))
    expected = np.diff(whole, n, axis, **keywords)
    ours = {name: x if value is whole else value for name, value in keywords.items()}
    assert_same(da.diff(x, n, axis, **ours), expected)


def test_diff_reads_one_neighbour_and_keeps_the_chunks():
    x = da.diff(da.from_array(np.arange(20.0) ** 2, chunks=5))
    assert x.chunks == ((5, 5, 5, 4),)
    assert graph_size(x) == 4


@settings(max_examples=60, deadline=None)
@given(chunked_arrays(NUMBERS, min_dims=1, max_dims=3, min_side=3, max_side=7), st.data())
def test_gradient_agrees_with_numpy(pair, data):
    whole, x = pair
    edge_order = data.draw(st.sampled_from([1, 2]))
    axis = data.draw(st.sampled_from([None, 0, -1]))
    axes = range(whole.ndim) if axis is None else [axis]
    spacing = data.draw(st.sampled_from(["none", "one", "each", "arrays"]))
    given_spacing = {
        "none": [],
        "one": [0.5],
        "each": [2.0 + place for place in range(len(axes))],
        "arrays": [np.cumsum(np.arange(1.0, whole.shape[each] + 1) % 3 + 1) for each in axes],
    }[spacing]
    expected = np.gradient(whole, *given_spacing, axis=axis, edge_order=edge_order)
    made = da.gradient(x, *given_spacing, axis=axis, edge_order=edge_order)
    for ours, theirs in zip(
        made if isinstance(made, tuple) else [made],
        expected if isinstance(expected, tuple) else [expected],
        strict=True,
    ):
        assert ours.chunks == tuple((sum(c),) if not sum(c) else c for c in x.chunks)
        assert_same(ours, theirs, exact=False)


def test_times_have_differences_and_slopes():
    whole = np.array([0, 2, 6, 7], "M8[s]")
    x = da.from_array(whole, chunks=2)
    assert_same(da.diff(x), np.diff(whole))
    assert_same(da.gradient(x), np.gradient(whole))


@settings(max_examples=30, deadline=None)
@given(chunked_arrays(NUMBERS, max_side=5))
def test_ediff1d_agrees_with_numpy(pair):
    whole, x = pair
    assert_same(da.ediff1d(x), np.ediff1d(whole))
    ends = np.array([1, 2], whole.dtype)
    assert_same(da.ediff1d(x, ends, [7]), np.ediff1d(whole, ends, [7]))


def test_unknown_lengths_are_counted():
    x = rows_of("differences", BLOCKS, "differences rows")
    assert_same(da.diff(x, axis=0), np.diff(WHOLE, axis=0))
    assert np.isnan(da.diff(x, axis=1).shape[0])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: da.diff(x, -1), ValueError),
        (lambda x: da.diff(x.sum()), ValueError),
        (lambda x: da.gradient(x, edge_order=3), ValueError),
        (lambda x: da.gradient(x[:1]), ValueError),
        (lambda x: da.gradient(x, 1, 2), TypeError),
        (lambda x: da.gradient(x, [1, 2]), ValueError),
        (lambda x: da.ediff1d(da.arange(3, chunks=1), to_end=[1.5]), TypeError),
    ],
)
def test_what_makes_no_sense_is_refused(call, error):
    with pytest.raises(error):
        call(da.ones(4, chunks=2))


def test_differences_of_dates_are_times_however_few_there_are():
    whole = np.arange("1066-10-13", "1066-10-16", dtype="M8[D]")
    for times in range(6):
        assert_same(da.diff(da.from_array(whole, chunks=2), times), np.diff(whole, times))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_areas_below_lines_are_those_of_numpy(axis):
    whole = np.arange(24.0).reshape(4, 6) ** 2
    chunked = da.from_array(whole, chunks=(3, 2))
    places = np.cumsum(np.arange(whole.shape[axis]) + 1.5)
    assert_same(da.trapezoid(chunked, axis=axis), np.trapezoid(whole, axis=axis), exact=False)
    assert_same(np.trapezoid(chunked, dx=0.5, axis=axis), np.trapezoid(whole, dx=0.5, axis=axis), exact=False)
    assert_same(da.trapezoid(chunked, places, axis=axis), np.trapezoid(whole, places, axis=axis), exact=False)
    assert_same(da.trapezoid(chunked, chunked, axis=axis), np.trapezoid(whole, whole, axis=axis), exact=False)


@pytest.mark.parametrize("axis", [0, 1])
def test_differences_of_sparse_blocks(axis):
    whole = np.eye(6, 8) + 2 * np.eye(6, 8, 3)
    made = da.diff(da.from_array(sparse.COO(whole), chunks=(3, 4), asarray=False), axis=axis).compute()
    assert isinstance(made, sparse.SparseArray)
    np.testing.assert_array_equal(made.todense(), np.diff(whole, axis=axis))
