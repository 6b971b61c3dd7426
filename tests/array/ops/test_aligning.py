"""Several arrays cut alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from tests.array.strategies import assert_same, chunked_arrays

import weft.array as da
from weft.errors import PerformanceWarning


@settings(max_examples=30, deadline=None)
@given(chunked_arrays(shape=(5, 6)), chunked_arrays(shape=(6, 5)), chunked_arrays(shape=(6,)))
def test_unified_arrays_are_the_same_arrays_cut_alike(first, second, third):
    chunks, arrays = da.unify_chunks(first[1], "ij", second[1], "ji", third[1], "j")
    for x, (whole, _), letters in zip(arrays, (first, second, third), ("ij", "ji", "j"), strict=True):
        assert x.chunks == tuple(chunks[letter] for letter in letters)
        assert_same(x, whole)


def test_what_is_broadcast_or_has_no_index_stays():
    x, y = da.ones((4, 1), chunks=2), da.ones((4, 6), chunks=3)
    _, (a, b, c) = da.unify_chunks(x, "ij", y, "ij", 5, None)
    assert (a.shape, b.shape, c) == ((4, 1), (4, 6), 5)
    assert a.chunks[0] == b.chunks[0]


def test_a_warning_is_given_where_chunks_explode():
    rows, columns = da.ones((400, 400), chunks=(20, 400)), da.ones((400, 400), chunks=(400, 20))
    with pytest.warns(PerformanceWarning, match="20 times"):
        da.unify_chunks(rows, "ij", columns, "ij")
    da.unify_chunks(rows, "ij", columns, "ij", warn=False)


@pytest.mark.parametrize(("arguments", "error"), [((np.ones(2),), TypeError), ((np.ones(2), "ij"), ValueError)])
def test_arguments_that_do_not_fit_are_refused(arguments, error):
    with pytest.raises(error):
        da.unify_chunks(*arguments)
