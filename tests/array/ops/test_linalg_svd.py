from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import adjoint, assert_close, assert_orthonormal, matrices, numbers, tolerance

import weft
import weft.array as da
from weft import config
from weft.errors import PerformanceWarning

quick = settings(deadline=None, max_examples=40)
square = matrices(square=True)


def symmetric(pair):
    whole, chunked = pair
    whole = whole + adjoint(whole)
    return whole, da.from_array(whole, chunks=chunked.chunks)


@quick
@given(matrices(), st.booleans())
def test_singular_values_and_vectors_of_matrices_of_any_shape_and_chunks(pair, full):
    whole, chunked = pair
    expected = np.linalg.svd(whole, full_matrices=full)
    made = da.linalg.svd(chunked, full_matrices=full)
    assert [(each.shape, each.dtype) for each in made] == [(each.shape, each.dtype) for each in expected]
    u, s, vh = weft.compute(*made, scheduler="sync")
    k, bound = s.shape[-1], 10 * tolerance(whole)
    np.testing.assert_allclose(s, expected.S, atol=bound)
    np.testing.assert_allclose(u[..., :k] * s[..., None, :] @ vh[..., :k, :], whole, atol=bound)
    assert_orthonormal(u)
    assert_orthonormal(adjoint(vh))
    assert_close(da.linalg.svdvals(chunked), np.linalg.svdvals(whole), bound)
    assert_close(da.linalg.svd(chunked, compute_uv=False), np.linalg.svdvals(whole), bound)


@quick
@given(st.data(), st.sampled_from([(30, 4), (4, 30), (9, 9)]))
def test_signs_do_not_depend_on_chunks(data, shape):
    whole = numbers(data.draw(st.integers(0, 99)), shape, "float64")
    chunks = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    expected = da.linalg.svd(da.from_array(whole, chunks=-1))
    for ours, other in zip(da.linalg.svd(da.from_array(whole, chunks=chunks)), expected, strict=True):
        assert_close(ours, other.compute())


def test_small_singular_values_are_as_exact_as_lapack_has_them():
    random = np.random.default_rng(0)
    left, right = (np.linalg.qr(random.normal(size=(n, 12)))[0] for n in (90, 12))
    whole = left * np.logspace(0, -15, 12) @ right.T
    s = da.linalg.svdvals(da.from_array(whole, chunks=(20, 5))).compute()
    np.testing.assert_allclose(s, np.linalg.svdvals(whole), atol=1e-15)


def test_numpys_form_makes_full_matrices():
    x = da.ones((6, 2), chunks=2)
    assert [each.shape for each in np.linalg.svd(x)] == [(6, 6), (2,), (2, 2)]
    assert [each.shape for each in np.linalg.svd(x, False)] == [(6, 2), (2,), (2, 2)]


def test_tall_matrices_have_their_own_name():
    whole = numbers(0, (20, 3), "float64")
    x = da.from_array(whole, chunks=(4, 3))
    q, r = da.linalg.tsqr(x)
    np.testing.assert_allclose((q @ r).compute(), whole, atol=1e-12)
    u, s, vh = da.linalg.tsqr(x, compute_svd=True)
    np.testing.assert_allclose(((u * s) @ vh).compute(), whole, atol=1e-12)
    q, _ = da.linalg.tsqr(x, _max_vchunk_size=3)
    assert q.chunksize[0] <= 4


@quick
@given(square, st.sampled_from(["L", "U", "l"]))
def test_eigenvalues_of_symmetric_matrices_agree_with_numpy(pair, side):
    whole, chunked = symmetric(pair)
    bound = 10 * tolerance(whole)
    values, vectors = da.linalg.eigh(chunked, side)
    assert_close(values, np.linalg.eigh(whole, side).eigenvalues, bound)
    v = vectors.compute(scheduler="sync")
    np.testing.assert_allclose(whole @ v, v * values.compute()[..., None, :], atol=10 * bound)
    assert_orthonormal(v)
    assert_close(da.linalg.eigvalsh(chunked, side), np.linalg.eigvalsh(whole, side), bound)
    assert_close(
        da.linalg.svd(chunked, compute_uv=False, hermitian=True),
        np.linalg.svd(whole, compute_uv=False, hermitian=True),
        bound,
    )


@quick
@given(square)
def test_eigenvalues_are_complex(pair):
    whole, chunked = pair
    kind = np.result_type(whole, np.complex64)
    values, vectors = weft.compute(*da.linalg.eig(chunked), scheduler="sync")
    assert (values.dtype, vectors.dtype) == (kind, kind)
    np.testing.assert_allclose(whole @ vectors, vectors * values[..., None, :], atol=10 * tolerance(whole))
    assert_close(da.linalg.eigvals(chunked), np.linalg.eigvals(whole).astype(kind), 10 * tolerance(whole))


def test_wrong_calls_are_refused_at_once():
    for function in (da.linalg.eigh, da.linalg.eigvalsh, da.linalg.eig, da.linalg.eigvals):
        with pytest.raises(np.linalg.LinAlgError, match="square"):
            function(da.ones((3, 2)))
    for function in (da.linalg.svd, da.linalg.svdvals, da.linalg.tsqr):
        with pytest.raises(np.linalg.LinAlgError, match="two-dimensional"):
            function(da.ones(3))
    with pytest.raises(ValueError, match="UPLO"):
        da.linalg.eigh(da.ones((3, 3)), "X")
    with pytest.raises(ValueError, match="one matrix"):
        da.linalg.tsqr(da.ones((2, 3, 3)))


def test_a_matrix_larger_than_the_budget_is_gathered_with_a_warning():
    x = da.ones((3000, 3000), chunks=1000)
    with config.set({"memory.budget": "10 MB"}):
        with pytest.warns(PerformanceWarning, match=r"eigvalsh\(\) gathers a matrix of 6"):
            da.linalg.eigvalsh(x)
        with pytest.warns(PerformanceWarning, match=r"svd\(\) gathers"):
            da.linalg.svd(x)
        da.linalg.svd(da.ones((30000, 30), chunks=1000))
