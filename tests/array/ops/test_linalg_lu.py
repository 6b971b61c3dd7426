from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import SIDES, assert_close, matrices, numbers, tolerance

import weft.array as da

quick = settings(deadline=None, max_examples=40)
square = matrices(square=True)


@quick
@given(matrices())
def test_lu_agrees_with_scipy(pair):
    whole, chunked = pair
    for ours, expected in zip(da.linalg.lu(chunked), scipy.linalg.lu(whole), strict=True):
        expected = (
            expected.real if ours.dtype.kind == "f" else expected
        )  # SciPy's permutations of one row are complex where the matrix is
        assert_close(ours, expected, 100 * tolerance(whole))


@quick
@given(square)
def test_inverses_and_determinants_agree_with_numpy(pair):
    whole, chunked = pair
    bound = tolerance(whole) * max(1, np.max(np.linalg.cond(whole)))
    assert_close(da.linalg.inv(chunked), np.linalg.inv(whole), bound)
    assert_close(da.linalg.det(chunked), np.linalg.det(whole), bound)
    for ours, expected in zip(da.linalg.slogdet(chunked), np.linalg.slogdet(whole), strict=True):
        assert_close(ours, expected, bound)


@quick
@given(matrices(dtypes=st.just("float64"), square=True, sides=SIDES), st.integers(-3, 5))
def test_powers_agree_with_numpy(pair, power):
    whole, chunked = pair
    bound = 1e-9 * max(1, np.max(np.linalg.cond(whole))) ** max(1, -power)
    assert_close(da.linalg.matrix_power(chunked, power), np.linalg.matrix_power(whole, power), bound)


def test_powers_of_integers_are_exact():
    whole = np.array([[1, 1], [1, 0]])
    made = da.linalg.matrix_power(da.from_array(whole, chunks=1), 30)
    assert made.dtype == whole.dtype
    np.testing.assert_array_equal(made.compute(), np.linalg.matrix_power(whole, 30))


@pytest.mark.parametrize("chunks", [4, 7, (40, 5), (5, 40)])
def test_pivots_are_searched_in_whole_columns(chunks):
    whole = np.eye(40)[::-1] + np.tril(np.full((40, 40), 1e-17), -1)  # without exchanges between tiles: division by 0
    x = da.from_array(whole, chunks=chunks)
    np.testing.assert_allclose((da.linalg.inv(x) @ x).compute(), np.eye(40), atol=1e-12)
    p, low, up = da.linalg.lu(x)
    assert abs(low).max().compute() <= 1
    np.testing.assert_allclose((p @ low @ up).compute(), whole, atol=1e-15)


def test_ill_conditioned_systems_lose_no_more_digits_than_with_lapack():
    whole = scipy.linalg.hilbert(12)
    right = whole @ np.ones(12)
    ours = da.linalg.solve(da.from_array(whole, chunks=5), da.from_array(right, chunks=5)).compute()
    np.testing.assert_allclose(whole @ ours, right, atol=1e-14)
    random = numbers(0, (60, 60), "float64") * np.logspace(0, -12, 60)[:, None]
    right = random @ np.ones(60)
    ours = da.linalg.solve(da.from_array(random, chunks=(13, 7)), da.from_array(right, chunks=9)).compute()
    theirs = np.linalg.solve(random, right)
    assert np.abs(ours - 1).max() <= 10 * np.abs(theirs - 1).max() + 1e-14


def test_singular_matrices_are_found_when_they_are_computed():
    for x in (da.zeros((4, 4), chunks=2), da.ones((4, 4), chunks=4), da.ones((2, 3, 3))):
        with pytest.raises(np.linalg.LinAlgError, match=r"[Ss]ingular"):
            da.linalg.inv(x).compute()
    assert da.linalg.det(da.ones((6, 6), chunks=2)).compute() == 0
    sign, logarithm = da.linalg.slogdet(da.ones((6, 6), chunks=2))
    assert (sign.compute(), logarithm.compute()) == (0, -np.inf)


def test_singular_matrices_have_factors():
    whole = np.ones((7, 7))
    for ours, expected in zip(da.linalg.lu(da.from_array(whole, chunks=3)), scipy.linalg.lu(whole), strict=True):
        assert_close(ours, expected)


def test_empty_matrices_are_inverted():
    for shape in [(0, 0), (2, 0, 0)]:
        assert_close(da.linalg.inv(da.zeros(shape)), np.linalg.inv(np.zeros(shape)))
        assert_close(da.linalg.det(da.zeros(shape)), np.linalg.det(np.zeros(shape)))


def test_wrong_calls_are_refused_at_once():
    for function in (da.linalg.inv, da.linalg.det, da.linalg.slogdet):
        with pytest.raises(np.linalg.LinAlgError, match="square"):
            function(da.ones((3, 2)))
        with pytest.raises(np.linalg.LinAlgError, match="two-dimensional"):
            function(da.ones(3))
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        da.linalg.matrix_power(da.ones((3, 2)), 2)
    with pytest.raises(TypeError, match="integer"):
        da.linalg.matrix_power(da.ones((3, 3)), 1.5)
