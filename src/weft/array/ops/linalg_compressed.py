"""Leading singular vectors of large matrices, by random projection.

A random matrix of few columns, multiplied by the matrix, spans nearly all of what the leading singular vectors span. The
matrix is projected onto that, which makes it small enough for an exact decomposition (Halko, Martinsson and Tropp, Finding
structure with randomness, 2011). The matrix is read twice, and twice more for each power iteration.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.ops.elementwise import elementwise, multiply, where
from weft.array.ops.linalg_base import as_matrices
from weft.array.ops.linalg_qr import as_floats, qr
from weft.array.ops.linalg_results import SVDResult
from weft.array.ops.linalg_svd import svd
from weft.array.ops.matrix_products import conjugated, matmul
from weft.array.ops.random_generator import Generator, RandomState, default_rng
from weft.array.ops.reductions import sum as sum_of
from weft.array.ops.tensor import matrix_transpose

__all__ = ["compression_level", "compression_matrix", "svd_compressed"]


def compression_level(n: int, q: int, n_oversamples: int = 10, min_subspace_size: int = 20) -> int:
    """Columns that a random projection should have.

    Parameters
    ----------
    n : int
        Length of the shorter axis of the matrix; there are never more.
    q : int
        Singular vectors that are wanted.
    n_oversamples : int
        How many more there are for accuracy.
    min_subspace_size : int
        There are never less, but for very small matrices.

    Examples
    --------
    >>> compression_level(100, 10), compression_level(100, 50), compression_level(15, 10)
    (20, 60, 15)
    """
    return min(max(min_subspace_size, q + n_oversamples), n)


def compression_matrix(
    data: Any,
    q: int,
    iterator: str = "power",
    n_power_iter: int = 0,
    n_oversamples: int = 10,
    seed: Any = None,
    compute: bool = False,
) -> Any:
    """A matrix with orthonormal rows that, multiplied by ``data``, keeps its leading singular vectors.

    Parameters
    ----------
    data : (m, n) array-like
    q : int
        Singular vectors that are wanted.
    iterator : {'power', 'QR', 'none'}
        How power iterations go: without or with making columns orthogonal in between, which is slower, and exact where singular
        values fall steeply; ``'none'`` makes none.
    n_power_iter : int
        How many; each makes the projection more exact where singular values fall slowly.
    n_oversamples : int
        Further columns of the projection.
    seed : int, Generator or RandomState, optional
    compute : bool
        Whether to compute what each iteration makes before the next is written, so that ``data`` need not be held.

    Returns
    -------
    (l, m) Array, with ``l = compression_level(min(m, n), q, n_oversamples)``

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.compression_matrix(da.ones((100, 50), chunks=25), 5, seed=0).shape
    (20, 100)
    """
    x = as_floats(as_matrices(data, "compression_matrix"))
    if x.ndim != 2:
        raise ValueError(f"compression_matrix takes one matrix, and the array has {x.ndim} axes")
    if iterator not in ("power", "QR", "none"):
        raise ValueError(f"compression_matrix: iterator is 'power', 'QR' or 'none', and not {iterator!r}")
    if iterator == "none" and n_power_iter:
        raise ValueError(f"compression_matrix: iterator='none' makes no iterations, and n_power_iter={n_power_iter}")
    m, n = x.shape
    level = compression_level(min(m, n), q, n_oversamples)
    random = seed if isinstance(seed, (Generator, RandomState)) else default_rng(seed)
    omega = random.standard_normal(size=(n, level), chunks=(x.chunks[1], (level,))).astype(x.dtype, copy=False)
    adjoint = conjugated(matrix_transpose(x))

    def settled(y: Any) -> Any:
        return y.persist() if compute else y

    made = settled(matmul(x, omega))
    if iterator == "QR":
        made = settled(qr(made)[0])
    for _ in range(n_power_iter):
        if iterator == "QR":
            back = settled(qr(matmul(adjoint, made))[0])
            made = settled(qr(matmul(x, back))[0])
        else:
            made = settled(matmul(x, settled(matmul(adjoint, made))))
    if iterator != "QR":
        made = settled(qr(made)[0])
    return conjugated(matrix_transpose(made))


def svd_compressed(
    a: Any,
    k: int,
    iterator: str = "power",
    n_power_iter: int = 0,
    n_oversamples: int = 10,
    seed: Any = None,
    compute: bool = False,
    coerce_signs: bool = True,
) -> SVDResult:
    """The ``k`` leading singular values and vectors of a matrix, by random projection.

    Parameters
    ----------
    a : (m, n) array-like
    k : int
        How many.
    iterator, n_power_iter, n_oversamples, seed, compute
        As for `compression_matrix`.
    coerce_signs : bool
        Whether signs are set so that the sums of right singular vectors are not negative.

    Returns
    -------
    SVDResult (U, S, Vh)

    Examples
    --------
    >>> import weft.array as da
    >>> u, s, vh = da.linalg.svd_compressed(da.ones((100, 50), chunks=25), 2, seed=0)
    >>> u.shape, s.shape, vh.shape
    ((100, 2), (2,), (2, 50))
    """
    x = as_floats(as_matrices(a, "svd_compressed"))
    if k < 0:
        raise ValueError(f"svd_compressed: k is how many singular values are wanted, and not {k}")
    small = compression_matrix(x, k, iterator, n_power_iter, n_oversamples, seed, compute)
    if compute:
        small = small.persist()
    u, s, vh = svd(matmul(small, x), coerce_signs=False)
    u, s, vh = matmul(conjugated(matrix_transpose(small)), u[:, :k]), s[:k], vh[:k]
    if coerce_signs:
        sums = sum_of(vh, axis=1)
        signs = where(elementwise(np.real, sums) < 0, -1, 1).astype(s.dtype)
        u, vh = multiply(u, signs), multiply(vh, signs[:, None])
    return SVDResult(u, s, vh)
