"""Polynomials fitted to points, and their values."""

from __future__ import annotations

import numpy as np
import pytest
from tests.array.strategies import assert_same

import weft.array as da

PLACES = np.arange(20) / 7
HEIGHTS = np.random.default_rng(0).normal(size=(20, 3))
X, Y = da.from_array(PLACES, chunks=6), da.from_array(HEIGHTS, chunks=(7, 2))


def assert_all_near(ours, expected):
    for mine, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine.compute() if isinstance(mine, da.Array) else mine, theirs, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("columns", [np.s_[:, 0], np.s_[:, :]])
def test_fits_are_those_of_numpy(columns):
    ours, whole = Y[columns], HEIGHTS[columns]
    weights = 1 + PLACES
    assert_same(da.polyfit(X, ours, 3), np.polyfit(PLACES, whole, 3), exact=False)
    assert_same(np.polyfit(X, ours, 2, w=weights), np.polyfit(PLACES, whole, 2, w=weights), exact=False)
    assert_all_near(da.polyfit(X, ours, 2, full=True), np.polyfit(PLACES, whole, 2, full=True))
    for cov in (True, "unscaled"):
        assert_all_near(da.polyfit(X, ours, 2, cov=cov), np.polyfit(PLACES, whole, 2, cov=cov))


def test_values_are_those_of_numpy():
    assert_same(da.polyval([2, -1, 3], X), np.polyval([2, -1, 3], PLACES), exact=False)
    assert_same(np.polyval(da.arange(3), X), np.polyval(np.arange(3), PLACES), exact=False)
    assert_same(da.polyval([2, 1], da.arange(5, chunks=2)), np.polyval([2, 1], np.arange(5)))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda: da.polyfit(X, Y, -1)),
        (TypeError, lambda: da.polyfit(Y, Y, 1)),
        (TypeError, lambda: da.polyfit(X[:0], Y[:0], 1)),
        (TypeError, lambda: da.polyfit(X, Y[:5], 1)),
        (TypeError, lambda: da.polyfit(X, Y[:, :, None], 1)),
        (TypeError, lambda: da.polyfit(X, Y, 1, w=Y)),
        (TypeError, lambda: da.polyfit(X, Y, 1, w=X[:3])),
        (ValueError, lambda: da.polyfit(X[:3], Y[:3], 2, cov=True)),
    ],
)
def test_what_numpy_refuses_is_refused(error, call):
    with pytest.raises(error):
        call()
