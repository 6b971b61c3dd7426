"""Linear algebra on blocks: LAPACK for a block or a panel, and the small steps from which factorisations are put together.

A *panel* is some neighbouring columns of a matrix, with all rows. Where a step works on the rows from ``top`` on, the rows
above are finished. Triangular solves and LU factors come from SciPy; the rest is NumPy's.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from weft.extras import import_required

__all__ = [
    "cholesky_below",
    "cholesky_diagonal",
    "cholesky_lower",
    "downdated",
    "eigen",
    "eigen_symmetric",
    "eigenvalues",
    "identities",
    "identity_columns",
    "inverted",
    "least_squares",
    "rank_of",
    "singular",
    "singular_values",
    "tiled_zeros",
]

Block = np.ndarray[Any, Any]


def scipy_linalg() -> ModuleType:
    """SciPy's linear algebra."""
    return import_required(  # type: ignore[no-any-return]
        "scipy.linalg",
        "triangular solves and LU and Cholesky factors of chunked matrices need SciPy: pip install scipy",
    )


def adjoint(block: Block) -> Block:
    """Conjugate transpose of each matrix."""
    return np.conjugate(np.swapaxes(block, -1, -2))


def triangular(a: Block, b: Block, lower: bool, unit: bool = False) -> Block:
    """``x`` with ``a @ x == b``, for a triangle ``a``."""
    if not b.size:
        return b
    made: Block = scipy_linalg().solve_triangular(a, b, lower=lower, unit_diagonal=unit, check_finite=False)
    return made


def identities(block: Block) -> Block:
    """Identity matrices, as many as there are matrices in a block."""
    made = np.empty_like(block)
    made[...] = np.eye(block.shape[-1], dtype=block.dtype)
    return made


def identity_columns(nrows: int, first: int, ncolumns: int, dtype: np.dtype[Any]) -> Block:
    """Some columns of an identity matrix."""
    return np.eye(nrows, ncolumns, -first, dtype)


def tiled_zeros(shape: tuple[int, int], dtype: np.dtype[Any]) -> Block:
    """A tile without anything in it."""
    return np.zeros(shape, dtype)


# Cholesky


def cholesky_lower(block: Block) -> Block:
    """Lower factor of each matrix; only lower triangles are read."""
    return np.linalg.cholesky(block)


def downdated(*values: Block) -> Block:
    """A tile less the products of some tiles with the adjoints of others."""
    tile, *others = values
    half = len(others) // 2
    made = np.array(tile)
    for left, right in zip(others[:half], others[half:], strict=True):
        made -= left @ adjoint(right)
    return made


def cholesky_diagonal(tile: Block) -> Block:
    """Lower factor of a tile on the diagonal."""
    try:
        return np.linalg.cholesky(tile)
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError("Matrix is not positive definite") from None


def cholesky_below(tile: Block, corner: Block) -> Block:
    """A tile of the lower factor below the diagonal."""
    return np.ascontiguousarray(adjoint(triangular(corner, adjoint(tile), lower=True)))


# Singular values and eigenvalues


def singular(block: Block, full: bool, hermitian: bool, signs: str) -> tuple[Block, Block, Block]:
    """Singular vectors and values of each matrix; ``signs`` says which vectors get sums that are not negative, if any."""
    u, s, vh = np.linalg.svd(block, full_matrices=full, hermitian=hermitian)
    if signs != "free" and s.size:
        count = s.shape[-1]
        sums = u[..., :, :count].sum(axis=-2) if signs == "left" else vh[..., :count, :].sum(axis=-1)
        factors = np.where(sums.real < 0, -1, 1).astype(s.dtype)
        u, vh = np.array(u), np.array(vh)
        u[..., :, :count] *= factors[..., None, :]
        vh[..., :count, :] *= factors[..., :, None]
    return u, s, vh


def singular_values(block: Block, hermitian: bool) -> Block:
    """Singular values of each matrix."""
    return np.linalg.svd(block, compute_uv=False, hermitian=hermitian)


def eigen_symmetric(block: Block, uplo: str) -> tuple[Block, Block]:
    """Eigenvalues and vectors of each symmetric matrix."""
    values, vectors = np.linalg.eigh(block, UPLO="U" if uplo == "U" else "L")
    return values, vectors


def eigen(block: Block, dtype: np.dtype[Any]) -> tuple[Block, Block]:
    """Eigenvalues and vectors of each matrix, as complex numbers."""
    values, vectors = np.linalg.eig(block)
    return values.astype(dtype), vectors.astype(dtype)


def eigenvalues(block: Block, kind: np.dtype[Any]) -> Block:
    """Eigenvalues of each matrix, as complex numbers."""
    return np.linalg.eigvals(block).astype(kind)


def inverted(s: Block, rtol: Block) -> Block:
    """Reciprocals of singular values, and zero for those that are not larger than ``rtol`` times the largest."""
    cutoff = rtol[..., None] * np.max(s, axis=-1, keepdims=True, initial=0)
    large = s > cutoff
    return np.divide(1, s, out=np.zeros_like(s), where=large)


def rank_of(s: Block, bound: Block, relative: bool) -> Block:
    """How many singular values are larger than a bound, which may be relative to the largest."""
    cutoff = bound[..., None]
    if relative:
        cutoff = cutoff * np.max(s, axis=-1, keepdims=True, initial=0)
    return np.asarray(np.count_nonzero(s > cutoff, axis=-1))


def least_squares(r: Block, b: Block, rcond: float) -> tuple[Block, Block, Block]:
    """Solution, rank and singular values of a small problem."""
    x, _, rank, s = np.linalg.lstsq(r, b, rcond)
    return x, np.asarray(rank), s


def ratio(s: Block, smallest: bool) -> Block:
    """The largest singular value over the smallest, or the other way round."""
    with np.errstate(all="ignore"):
        made = s[..., -1] / s[..., 0] if smallest else s[..., 0] / s[..., -1]
    return np.asarray(made)


def inverse_or_infinite(block: Block) -> Block:
    """Inverse of each matrix; infinite where it is singular."""
    try:
        return np.linalg.inv(block)
    except np.linalg.LinAlgError:
        made = np.empty_like(block)
        for place in np.ndindex(*block.shape[:-2]):
            try:
                made[place] = np.linalg.inv(block[place])
            except np.linalg.LinAlgError:
                made[place] = np.inf
        return made
