from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import adjoint, assert_close, matrices, right_sides, tolerance

import weft.array as da

quick = settings(deadline=None, max_examples=40)


@quick
@given(matrices(square=True))
def test_cholesky_agrees_with_numpy(pair):
    whole, chunked = pair
    whole = whole @ adjoint(whole) + np.eye(whole.shape[-1], dtype=whole.dtype)
    x = da.from_array(whole, chunks=chunked.chunks)
    assert_close(da.linalg.cholesky(x, lower=True), np.linalg.cholesky(whole))
    assert_close(da.linalg.cholesky(x), np.linalg.cholesky(whole, upper=True))
    assert_close(np.linalg.cholesky(x), np.linalg.cholesky(whole))


@pytest.mark.parametrize("lower", [True, False])
def test_only_the_triangle_that_is_asked_for_is_read(lower):
    whole = np.eye(9) * 3 + 1
    other = np.triu(np.full((9, 9), np.nan), 1)
    spoiled = da.from_array(whole + (other if lower else other.T), chunks=4)
    np.testing.assert_allclose(
        da.linalg.cholesky(spoiled, lower=lower).compute(), np.linalg.cholesky(whole, upper=not lower)
    )


def test_a_matrix_that_is_not_positive_definite_is_found_when_it_is_computed():
    for chunks in (2, 5):
        with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
            da.linalg.cholesky(da.from_array(np.diag([1.0, 1, 1, 1, -1]), chunks=chunks)).compute()
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        da.linalg.cholesky(da.ones((2, 3)))


@quick
@given(st.data())
def test_triangular_systems_are_solved_as_scipy_solves_them(data):
    whole, chunked = data.draw(matrices(square=True, batched=False))
    whole = whole + 9 * np.eye(len(whole), dtype=whole.dtype)
    x = da.from_array(whole, chunks=chunked.chunks)
    b, y = data.draw(right_sides(len(whole)))
    how = {
        "lower": data.draw(st.booleans()),
        "trans": data.draw(st.sampled_from([0, "N", 1, "T", 2, "C"])),
        "unit_diagonal": data.draw(st.booleans()),
    }
    assume_fine = 1e4 if how["unit_diagonal"] else 10
    expected = scipy.linalg.solve_triangular(whole, b, **how)
    bound = tolerance(whole, b) * assume_fine * max(1, np.abs(expected).max())
    assert_close(da.linalg.solve_triangular(x, y, **how), expected.astype(np.result_type(whole, b)), bound)


def test_stacks_of_triangles_are_solved():
    whole = np.tril(np.arange(18.0).reshape(2, 3, 3)) + np.eye(3)
    right = np.arange(6.0).reshape(3, 2)
    made = da.linalg.solve_triangular(da.from_array(whole, chunks=1), right, lower=True)
    np.testing.assert_allclose(made.compute(), np.linalg.solve(whole, right), atol=1e-12)


def test_wrong_calls_are_refused_at_once():
    x = da.ones((3, 3))
    with pytest.raises(ValueError, match="order 3"):
        da.linalg.solve_triangular(x, da.ones(4))
    with pytest.raises(ValueError, match="trans"):
        da.linalg.solve_triangular(x, da.ones(3), trans="X")
    with pytest.raises(np.linalg.LinAlgError, match="0-dimensional"):
        da.linalg.solve_triangular(x, 1.0)
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        da.linalg.solve_triangular(da.zeros((4, 4), chunks=2), da.ones(4)).compute()


def test_upper_is_another_word_for_the_choice_of_the_factor():
    a = np.array([[4.0, 2.0], [2.0, 5.0]])
    x = da.from_array(a, chunks=1)
    np.testing.assert_allclose(da.linalg.cholesky(x, upper=False).compute(), np.linalg.cholesky(a))
    np.testing.assert_allclose(da.linalg.cholesky(x, upper=True).compute(), np.linalg.cholesky(a, upper=True))
