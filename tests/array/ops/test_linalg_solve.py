from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import adjoint, assert_close, matrices, numbers, right_sides, tolerance

import weft.array as da

quick = settings(deadline=None, max_examples=40)
doubles = st.sampled_from(["float64", "complex128"])


@quick
@given(st.data(), st.sampled_from(["gen", "sym", "her", "pos", "upper triangular", "lower triangular", "banded"]))
def test_systems_are_solved_as_numpy_solves_them(data, kind):
    whole, chunked = data.draw(matrices(square=True, batched=False))
    if kind in ("sym", "her", "pos"):
        whole = whole @ adjoint(whole)
    if "triangular" in kind:
        whole = np.tril(whole) if kind.startswith("lower") else np.triu(whole)
    whole = whole + 9 * np.eye(len(whole), dtype=whole.dtype)
    b, y = data.draw(right_sides(len(whole)))
    x = da.from_array(whole, chunks=chunked.chunks)
    bound = 10 * tolerance(whole, b)
    assert_close(da.linalg.solve(x, y, assume_a=kind), np.linalg.solve(whole, b), bound)
    if kind == "pos":
        assert_close(da.linalg.solve(x, y, sym_pos=True), np.linalg.solve(whole, b), bound)


def test_stacks_of_systems_are_solved():
    whole = numbers(0, (2, 4, 4), "float64")
    for right in (np.ones(4), np.ones((4, 2)), np.ones((2, 4, 3))):
        made = da.linalg.solve(da.from_array(whole, chunks=3), da.from_array(right, chunks=2))
        assert_close(made, np.linalg.solve(whole, right), 1e-10)


@quick
@given(st.data())
def test_least_squares_agree_with_numpy(data):
    whole, chunked = data.draw(matrices(batched=False, dtypes=doubles))
    b, y = data.draw(right_sides(len(whole), dtypes=doubles))
    made, expected = da.linalg.lstsq(chunked, y), np.linalg.lstsq(whole, b)
    bound = 1e-9 * max(1, np.linalg.cond(whole))
    for ours, theirs in zip(made, expected, strict=True):
        assert_close(ours, theirs, bound)


@pytest.mark.parametrize("shape", [(20, 6), (6, 20), (9, 9)])
def test_the_shortest_solution_is_found_where_columns_are_dependent(shape):
    whole = numbers(0, (shape[0], 3), "float64") @ numbers(1, (3, shape[1]), "float64")
    b = numbers(2, (shape[0],), "float64")
    x, _, rank, s = da.linalg.lstsq(da.from_array(whole, chunks=(4, 5)), b)
    expected = np.linalg.lstsq(whole, b)
    assert rank.compute() == 3
    np.testing.assert_allclose(x.compute(), expected[0], atol=1e-12)
    np.testing.assert_allclose(s.compute(), expected[3], atol=1e-12)


@quick
@given(matrices(dtypes=doubles))
def test_pseudo_inverses_and_ranks_agree_with_numpy(pair):
    whole, chunked = pair
    bound = 1e-9 * max(1, np.max(np.linalg.cond(whole))) ** 2
    assert_close(da.linalg.pinv(chunked), np.linalg.pinv(whole), bound)
    assert_close(da.linalg.pinv(chunked, 0.5), np.linalg.pinv(whole, 0.5), bound)
    assert_close(da.linalg.pinv(chunked, rtol=0.1), np.linalg.pinv(whole, rtol=0.1), bound)
    assert_close(da.linalg.matrix_rank(chunked), np.linalg.matrix_rank(whole))
    assert_close(da.linalg.matrix_rank(chunked, 1.0), np.linalg.matrix_rank(whole, 1.0))
    assert_close(da.linalg.matrix_rank(chunked, rtol=0.5), np.linalg.matrix_rank(whole, rtol=0.5))


def test_rank_and_pseudo_inverse_of_dependent_columns():
    whole = numbers(0, (20, 3), "float64") @ numbers(1, (3, 6), "float64")
    x = da.from_array(whole, chunks=(4, 5))
    assert da.linalg.matrix_rank(x).compute() == 3
    np.testing.assert_allclose(da.linalg.pinv(x).compute(), np.linalg.pinv(whole), atol=1e-12)
    symmetric = whole.T @ whole
    y = da.from_array(symmetric, chunks=4)
    np.testing.assert_allclose(
        da.linalg.pinv(y, hermitian=True).compute(), np.linalg.pinv(symmetric, hermitian=True), atol=1e-10
    )
    assert da.linalg.matrix_rank(y, hermitian=True).compute() == 3
    assert da.linalg.matrix_rank(da.zeros(3)).compute() == 0
    assert da.linalg.matrix_rank(da.ones(3)).compute() == 1


@quick
@given(matrices(dtypes=doubles, square=True), st.sampled_from([None, 1, -1, 2, -2, np.inf, -np.inf, "fro"]))
def test_condition_numbers_agree_with_numpy(pair, p):
    whole, chunked = pair
    expected = np.linalg.cond(whole, p)
    assert_close(da.linalg.cond(chunked, p), expected, 1e-9 * max(1, np.max(np.linalg.cond(whole))))


@pytest.mark.parametrize("chunks", [2, 4])
def test_singular_matrices_have_infinite_condition_numbers(chunks):
    whole = np.diag([1.0, 1, 1, 0])
    for p in (None, 1, "fro"):
        assert da.linalg.cond(da.from_array(whole, chunks=chunks), p).compute() == np.inf
    assert np.isnan(da.linalg.cond(da.from_array(np.full((1, 1), np.nan)), 1).compute())


def test_tensors_are_solved_and_inverted():
    whole = numbers(0, (2, 3, 6), "float64")
    x, right = da.from_array(whole, chunks=2), np.ones((2, 3))
    assert_close(da.linalg.tensorsolve(x, right), np.linalg.tensorsolve(whole, right), 1e-10)
    moved = np.moveaxis(whole, 2, 0)
    assert_close(
        da.linalg.tensorsolve(da.from_array(moved, chunks=2), right, axes=(0,)),
        np.linalg.tensorsolve(moved, right, axes=(0,)),
        1e-10,
    )
    assert_close(da.linalg.tensorinv(x), np.linalg.tensorinv(whole), 1e-10)
    with pytest.raises(np.linalg.LinAlgError, match="requirement"):
        da.linalg.tensorsolve(x, np.ones(2))
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        da.linalg.tensorinv(x, ind=1)
    with pytest.raises(ValueError, match="ind"):
        da.linalg.tensorinv(x, ind=0)


def test_wrong_calls_are_refused_at_once():
    x = da.ones((3, 3))
    with pytest.raises(ValueError, match="recognized"):
        da.linalg.solve(x, da.ones(3), assume_a="other")
    with pytest.raises(ValueError, match="order 3"):
        da.linalg.solve(x, da.ones(2))
    with pytest.raises(np.linalg.LinAlgError, match="Incompatible"):
        da.linalg.lstsq(x, da.ones(2))
    with pytest.raises(np.linalg.LinAlgError, match="two-dimensional"):
        da.linalg.lstsq(da.ones((2, 3, 3)), da.ones(3))
    with pytest.raises(ValueError, match="both"):
        da.linalg.pinv(x, 1.0, rtol=1.0)
    with pytest.raises(ValueError, match="both"):
        da.linalg.matrix_rank(x, 1.0, rtol=1.0)
    with pytest.raises(np.linalg.LinAlgError, match="empty"):
        da.linalg.cond(da.ones((0, 0)))
    with pytest.raises(np.linalg.LinAlgError, match="ingular"):
        da.linalg.solve(da.zeros((4, 4), chunks=2), da.ones(4)).compute()
