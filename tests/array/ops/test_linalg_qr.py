from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import adjoint, assert_orthonormal, matrices, numbers, tolerance

import weft
import weft.array as da
from weft.array.kernels.linalg_qr import tall_qr, tall_r
from weft.array.ops.linalg_qr import is_tall

quick = settings(deadline=None, max_examples=50)
tall = st.tuples(st.integers(10, 40), st.integers(1, 5))


def check(whole, chunked, mode="reduced"):
    expected = np.linalg.qr(whole, mode=mode)
    made = da.linalg.qr(chunked, mode=mode)
    if mode == "r":
        r = made.compute(scheduler="sync")
        assert (made.shape, made.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(adjoint(r) @ r, adjoint(whole) @ whole, atol=100 * tolerance(whole))
        return
    assert [(each.shape, each.dtype) for each in made] == [(each.shape, each.dtype) for each in expected]
    q, r = weft.compute(made.Q, made.R, scheduler="sync")
    assert (q.shape, r.shape) == (made.Q.shape, made.R.shape)
    np.testing.assert_allclose(q @ r, whole, atol=10 * tolerance(whole))
    np.testing.assert_array_equal(r, np.triu(r))
    assert_orthonormal(q)


@quick
@given(matrices(), st.sampled_from(["reduced", "complete", "r"]))
def test_matrices_of_any_shape_and_chunks_have_orthonormal_factors(pair, mode):
    check(*pair, mode)


@quick
@given(st.data(), tall)
def test_tall_matrices_are_factored_in_a_tree(data, shape):
    rows = data.draw(st.integers(1, 7))
    whole = numbers(data.draw(st.integers(0, 99)), shape, "float64")
    chunked = da.from_array(whole, chunks=(rows, shape[1]))
    assert is_tall(chunked.expr) or chunked.numblocks[0] == 1
    check(whole, chunked, data.draw(st.sampled_from(["reduced", "r"])))


@pytest.mark.parametrize("shape", [(60, 12), (40, 40), (12, 60)])
def test_linearly_dependent_columns_do_not_spoil_orthogonality(shape):
    rank = 3
    whole = numbers(0, (shape[0], rank), "float64") @ numbers(1, (rank, shape[1]), "float64")
    check(whole, da.from_array(whole, chunks=(11, 5)))
    check(np.zeros(shape), da.zeros(shape, chunks=7))


@pytest.mark.parametrize("chunks", [(20, 30), (30, 7), 7])
def test_ill_conditioned_matrices_have_orthonormal_factors(chunks):
    random = np.random.default_rng(0)
    left, right = (np.linalg.qr(random.normal(size=(n, 30)))[0] for n in (60, 30))
    whole = left * np.logspace(0, -16, 30) @ right.T
    q, r = weft.compute(*da.linalg.qr(da.from_array(whole, chunks=chunks)))
    np.testing.assert_allclose(q.T @ q, np.eye(30), atol=1e-13)
    np.testing.assert_allclose(q @ r, whole, atol=1e-14)


@pytest.mark.parametrize("condition", [1, 1e3, 1e7, 1e9, 1e16, np.inf])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_tall_chunks_are_factored_exactly_by_products_or_reflections(condition, dtype):
    left, right = (np.linalg.qr(numbers(n, (n, 20), dtype))[0] for n in (400, 20))
    values = np.logspace(0, -np.log10(condition), 20) if condition < np.inf else np.arange(20) % 2
    whole = left * values @ adjoint(right)
    q, r = tall_qr(whole)
    np.testing.assert_array_equal(r, np.triu(r))
    np.testing.assert_array_equal(tall_r(whole), r)
    np.testing.assert_allclose(adjoint(q) @ q, np.eye(20), atol=1e-14)
    np.testing.assert_allclose(q @ r, whole, atol=1e-14)


def test_chunks_with_nan_and_infinity_are_factored_as_numpy_does():
    for value in (np.nan, 1e300):
        whole = numbers(0, (400, 20), "float64")
        whole[7, 3] = value
        np.testing.assert_allclose(np.abs(tall_r(whole)), np.abs(np.linalg.qr(whole, mode="r")))


def test_empty_matrices_have_empty_factors():
    for shape in [(0, 3), (3, 0), (0, 0)]:
        check(np.zeros(shape), da.zeros(shape, chunks=2))


def test_integers_are_factored_as_floats():
    whole = np.arange(24).reshape(8, 3) ** 2
    check(whole.astype(float), da.from_array(whole, chunks=(3, 3)))


def test_factors_are_cut_as_the_matrix_is():
    x = da.ones((30, 20), chunks=(10, 5))
    q, r = da.linalg.qr(x)
    assert q.chunks == x.chunks
    assert r.chunks[1] == x.chunks[1]


def test_only_what_is_asked_for_is_made():
    from weft.execution import plan_of

    q, r = da.linalg.qr(da.from_array(np.ones((80, 4)), chunks=(8, 4)))
    assert plan_of([r])[0].ntasks < plan_of([q])[0].ntasks
    both = plan_of([q, r])[0].ntasks
    assert both < plan_of([q])[0].ntasks + plan_of([r])[0].ntasks


def test_short_matrices_have_their_own_name():
    whole = numbers(0, (4, 20), "float64")
    q, r = da.linalg.sfqr(da.from_array(whole, chunks=(4, 6)))
    np.testing.assert_allclose((q @ r).compute(), whole, atol=1e-12)
    with pytest.raises(ValueError, match="name"):
        da.linalg.sfqr(whole, name="x")


def test_wrong_calls_are_refused_at_once():
    with pytest.raises(np.linalg.LinAlgError, match="two-dimensional"):
        da.linalg.qr(da.ones(3))
    with pytest.raises(ValueError, match="raw"):
        da.linalg.qr(da.ones((3, 3)), mode="raw")
    with pytest.raises(ValueError, match="Unrecognized"):
        da.linalg.qr(da.ones((3, 3)), mode="other")
    with pytest.raises(TypeError, match="unsupported"):
        da.linalg.qr(da.ones((3, 3), dtype="float16"))


def test_factors_are_made_by_processes_and_threads():
    x = da.from_array(numbers(0, (12, 12), "float64"), chunks=5)
    for scheduler in ("threads", "processes"):
        q, r = weft.compute(*da.linalg.qr(x), scheduler=scheduler, num_workers=2)
        np.testing.assert_allclose(q @ r, x.compute(), atol=1e-12)
