from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.array.matrices import assert_orthonormal, numbers
from tests.array.strategies import chunks_of

import weft
import weft.array as da


def falling(shape, dtype="float64", rank=60, by=0.6):
    """A matrix whose singular values fall by a factor."""
    k = min(*shape, rank)
    left, right = (np.linalg.qr(numbers(seed, (n, k), dtype))[0] for seed, n in enumerate(shape))
    return left * by ** np.arange(k) @ right.T.conj()


@settings(deadline=None, max_examples=10)
@given(
    st.data(),
    st.sampled_from([(80, 50), (50, 80), (200, 15)]),
    st.sampled_from([("power", 0), ("power", 2), ("QR", 2), ("none", 0)]),
    st.sampled_from(["float64", "complex128"]),
)
def test_leading_singular_values_and_vectors_are_found(data, shape, how, dtype):
    whole = falling(shape, dtype)
    x = da.from_array(whole, chunks=data.draw(chunks_of(shape)))
    iterator, iterations = how
    made = da.linalg.svd_compressed(x, 5, iterator=iterator, n_power_iter=iterations, seed=3)
    u, s, vh = weft.compute(*made)
    assert (u.shape, s.shape, vh.shape) == ((shape[0], 5), (5,), (5, shape[1]))
    np.testing.assert_allclose(s, 0.6 ** np.arange(5), rtol=1e-3)
    assert_orthonormal(u)
    assert_orthonormal(vh.conj().T)
    expected = np.linalg.svd(whole, full_matrices=False)
    np.testing.assert_allclose((u * s) @ vh, (expected.U[:, :5] * expected.S[:5]) @ expected.Vh[:5], atol=0.02)


def test_one_seed_gives_the_same_vectors_whatever_the_chunks():
    whole = falling((60, 40))
    made = [
        weft.compute(*da.linalg.svd_compressed(da.from_array(whole, chunks=chunks), 4, seed=7, n_power_iter=1))
        for chunks in (60, 13, (60, 9))
    ]
    for other in made[1:]:
        for ours, theirs in zip(made[0], other, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_iterations_may_be_computed_one_after_the_other():
    x = da.from_array(falling((60, 40)), chunks=15)
    lazy = da.linalg.svd_compressed(x, 4, seed=7, n_power_iter=1).S.compute()
    np.testing.assert_allclose(da.linalg.svd_compressed(x, 4, seed=7, n_power_iter=1, compute=True).S.compute(), lazy)


def test_the_projection_has_orthonormal_rows():
    x = da.from_array(falling((60, 40)), chunks=15)
    matrix = da.linalg.compression_matrix(x, 5, seed=0).compute()
    assert matrix.shape == (da.linalg.compression_level(40, 5), 60)
    assert_orthonormal(matrix.T)


def test_wrong_calls_are_refused_at_once():
    x = da.ones((20, 20))
    with pytest.raises(ValueError, match="iterator"):
        da.linalg.svd_compressed(x, 3, iterator="other")
    with pytest.raises(ValueError, match="n_power_iter"):
        da.linalg.svd_compressed(x, 3, iterator="none", n_power_iter=1)
    with pytest.raises(ValueError, match="wanted"):
        da.linalg.svd_compressed(x, -1)
    with pytest.raises(ValueError, match="one matrix"):
        da.linalg.compression_matrix(da.ones((2, 3, 3)), 1)
