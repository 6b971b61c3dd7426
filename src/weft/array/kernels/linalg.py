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
    "block_reflector",
    "cholesky_below",
    "cholesky_diagonal",
    "cholesky_lower",
    "combined_determinants",
    "determinant_of_panel",
    "downdated",
    "eigen",
    "eigen_symmetric",
    "eigenvalues",
    "eliminated",
    "identities",
    "identity_columns",
    "inverted",
    "least_squares",
    "log_determinant",
    "lower_panel",
    "lu_panel",
    "lu_stack",
    "lu_updated",
    "multiplied_by",
    "padded_panel",
    "permutation_tile",
    "permuted",
    "qr_complete",
    "qr_panel",
    "qr_panel_r",
    "qr_r",
    "qr_reduced",
    "qr_stacked",
    "qr_stacked_r",
    "rank_of",
    "reflected",
    "row_order",
    "singular",
    "singular_values",
    "solved_backward",
    "solved_forward",
    "tall_qr",
    "tall_r",
    "tiled_zeros",
    "triangular_stack",
    "upper_panel",
]

Block = np.ndarray[Any, Any]

#: A matrix is tall enough for products instead of reflections with so many rows for each column, and wide enough from so many.
CHOLESKY_ROWS, CHOLESKY_COLUMNS = 8, 16


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


# QR


def qr_reduced(block: Block) -> tuple[Block, Block]:
    """Thin factors of each matrix."""
    q, r = np.linalg.qr(block)
    return q, r


def qr_complete(block: Block) -> tuple[Block, Block]:
    """Factors of each matrix, the first square."""
    q, r = np.linalg.qr(block, mode="complete")
    return q, r


def qr_r(block: Block) -> Block:
    """The second factor of each matrix."""
    made: Any = np.linalg.qr(block, mode="r")
    return np.asarray(made)


def tall_qr(block: Block) -> tuple[Block, Block]:
    """Thin factors of a tall matrix; by matrix products where its columns are far enough from being dependent."""
    found = cholesky_qr(block)
    if found is None:
        return qr_reduced(block)
    first, inverse, r = found
    return first @ inverse, r


def tall_r(block: Block) -> Block:
    """The second factor of a tall matrix."""
    found = cholesky_qr(block)
    return qr_r(block) if found is None else found[2]


def cholesky_qr(block: Block) -> tuple[Block, Block, Block] | None:
    """Two matrices whose product is the first factor, and the second; None where Householder's reflections are needed.

    Notes
    -----
    CholeskyQR2 (Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, Roundoff error analysis of the CholeskyQR2 algorithm, 2015) takes
    half of the operations, and nearly all of them in BLAS. It is as exact as reflections if the first pass makes columns that are
    nearly orthogonal, which is looked at: they are not where the condition number is beyond the root of the precision.
    """
    m, n = block.shape
    if m < CHOLESKY_ROWS * n or n < CHOLESKY_COLUMNS:
        return None
    try:
        with np.errstate(all="ignore"):
            upper = adjoint(np.linalg.cholesky(adjoint(block) @ block))
            solve = scipy_linalg().solve_triangular
            first = solve(upper, block.T, trans="T", check_finite=False).T
            gram = adjoint(first) @ first
            if not np.linalg.norm(gram - np.eye(n)) < 0.5:  # NaN, too
                return None
            again = adjoint(np.linalg.cholesky(gram))
            return first, np.linalg.inv(again).astype(block.dtype, copy=False), again @ upper
    except (np.linalg.LinAlgError, ImportError):
        return None


def qr_stacked(*pieces: Block) -> tuple[Block, ...]:
    """Second factor of matrices on top of each other, and the rows of the first that belong to each of them."""
    q, r = np.linalg.qr(np.concatenate(pieces))
    bounds = np.cumsum([len(piece) for piece in pieces])[:-1]
    return (r, *[np.ascontiguousarray(rows) for rows in np.split(q, bounds)])


def qr_stacked_r(*pieces: Block) -> Block:
    """Second factor of matrices on top of each other."""
    made: Any = np.linalg.qr(np.concatenate(pieces), mode="r")
    return np.asarray(made)


def multiplied_by(left: Block, right: Block) -> Block:
    """Product of two blocks."""
    return left @ right


def block_reflector(raw: Block, tau: Block) -> tuple[Block, Block]:
    """``y`` and ``t`` with ``q == identity - y @ t @ adjoint(y)``, from LAPACK's reflectors.

    Notes
    -----
    The inverse of ``t`` is the upper triangle of ``adjoint(y) @ y`` with ``1 / tau`` as its diagonal (Joffrain, Low,
    Quintana-Ortí, van de Geijn and Van Zee, Accumulating Householder transformations, revisited, 2006).
    """
    count = len(tau)
    y = np.tril(raw[:, :count], -1)
    y[np.arange(count), np.arange(count)] = 1
    idle = tau == 0
    y[:, idle] = 0
    inverse = np.triu(adjoint(y) @ y, 1)
    inverse[np.arange(count), np.arange(count)] = 1 / np.where(idle, 1, tau)
    t = np.linalg.inv(inverse) if count else inverse
    return np.ascontiguousarray(y), t.astype(raw.dtype, copy=False)


def qr_panel(panel: Block, top: int, nrows: int) -> tuple[Block, Block, Block]:
    """Reflectors of the rows from ``top`` on, as ``y`` and ``t``, and the panel's columns of the second factor."""
    raw, tau = np.linalg.qr(panel[top:], mode="raw")
    raw = raw.T
    r = padded_panel(panel[:top], nrows)
    below = np.triu(raw[: nrows - top])
    r[top : top + len(below)] = below
    return (*block_reflector(raw, tau), r)


def qr_panel_r(panel: Block, top: int, nrows: int) -> Block:
    """Only the panel's columns of the second factor: for the last panel, where nobody wants the first."""
    r = padded_panel(panel[:top], nrows)
    below = np.linalg.qr(panel[top:], mode="r")[: nrows - top]
    r[top : top + len(below)] = below
    return r


def padded_panel(panel: Block, nrows: int) -> Block:
    """A panel with so many rows: cut off, or zeros below."""
    made = np.zeros((nrows, panel.shape[1]), panel.dtype)
    made[: len(panel)] = panel[:nrows]
    return made


def reflected(panel: Block, y: Block, t: Block, top: int, back: bool) -> Block:
    """A panel with reflectors applied to its rows from ``top`` on; ``back`` applies their adjoint."""
    made = np.array(panel)
    factor = adjoint(t) if back else t
    made[top:] -= y @ (factor @ (adjoint(y) @ panel[top:]))
    return made


# LU


def lu_panel(panel: Block, top: int) -> tuple[Block, Block]:
    """A panel with its rows from ``top`` on factored, and the rows that were exchanged, one after the other."""
    if len(panel) == top or not panel.shape[1]:
        return panel, np.empty(0, np.int64)
    (getrf,) = scipy_linalg().get_lapack_funcs(("getrf",), (panel,))
    packed, pivots, info = getrf(panel[top:])
    if info < 0:
        raise ValueError(f"LAPACK's getrf refused its argument {-info}")
    made = np.empty_like(panel)
    made[:top], made[top:] = panel[:top], packed
    return made, pivots.astype(np.int64)


def order_of(pivots: Block, nrows: int) -> Block:
    """The order of rows after exchanges."""
    order = np.arange(nrows)
    for place, other in enumerate(pivots.tolist()):
        if place != other:
            order[place], order[other] = order[other], order[place]
    return order


def permuted(panel: Block, pivots: Block, top: int) -> Block:
    """A copy with rows exchanged, counted from ``top``."""
    made = np.array(panel)
    made[top:] = panel[top:][order_of(pivots, len(panel) - top)]
    return made


def lu_updated(panel: Block, packed: Block, pivots: Block, top: int) -> Block:
    """A panel after the elimination of another one's columns; also the forward step of a solution."""
    made = permuted(panel, pivots, top)
    end = top + len(pivots)
    made[top:end] = triangular(packed[top:end, : len(pivots)], made[top:end], lower=True, unit=True)
    made[end:] -= packed[end:, : len(pivots)] @ made[top:end]
    return made


solved_forward = lu_updated


def solved_backward(panel: Block, packed: Block, top: int, strict: bool) -> Block:
    """The backward step of a solution: unknowns of one panel, and what they take from the rows above.

    A singular matrix is an error, or makes all unknowns infinite.
    """
    width = packed.shape[1]
    corner = packed[top : top + width]
    if width and not np.all(np.diagonal(corner)):
        if strict:
            raise np.linalg.LinAlgError("Singular matrix")
        return np.full_like(panel, np.inf)
    made = np.array(panel)
    made[top : top + width] = triangular(corner, panel[top : top + width], lower=False)
    with np.errstate(invalid="ignore"):
        made[:top] -= packed[:top] @ made[top : top + width]
    return made


def row_order(*values: Any) -> Block:
    """The order that all exchanges of rows make; the constants are where they start, and the number of rows."""
    *pivots, tops, nrows = values
    order = np.arange(nrows)
    for each, top in zip(pivots, tops, strict=True):
        order[top:] = order[top:][order_of(each, nrows - top)]
    return order


def permutation_tile(order: Block, rows: tuple[int, int], columns: tuple[int, int], dtype: np.dtype[Any]) -> Block:
    """A tile of the matrix that brings ordered rows back to their places."""
    made = np.zeros((rows[1] - rows[0], columns[1] - columns[0]), dtype)
    own = order[columns[0] : columns[1]]
    inside = np.flatnonzero((own >= rows[0]) & (own < rows[1]))
    made[own[inside] - rows[0], inside] = 1
    return made


def lower_panel(*values: Any) -> Block:
    """Columns of the lower factor from a packed panel, with the exchanges that came after it."""
    packed, *pivots, top, tops, width = values
    made: Block = np.tril(packed[:, :width], -1 - top)
    made[np.arange(top, top + width), np.arange(width)] = 1
    for each, later in zip(pivots, tops, strict=True):
        made = permuted(made, each, later)
    return made


def upper_panel(packed: Block, first: int, nrows: int) -> Block:
    """Columns of the upper factor from a packed panel whose first column is number ``first``."""
    return np.triu(packed[:nrows], -first)


def determinant_of_panel(packed: Block, pivots: Block, top: int) -> Block:
    """Sign and logarithm of a panel's part of the determinant."""
    sign, logarithm = np.linalg.slogdet(np.diag(np.diagonal(packed[top : top + packed.shape[1]])))
    exchanges = np.count_nonzero(pivots != np.arange(len(pivots)))
    return np.array([-sign if exchanges % 2 else sign, logarithm])


def combined_determinants(*values: Any) -> tuple[Block, Block]:
    """Sign and logarithm of all; the constant is the dtype of the matrix."""
    *parts, dtype = values
    logarithm = np.sum([part[1].real for part in parts], axis=0)
    sign = np.prod([part[0] for part in parts], axis=0)
    real = np.empty(0, dtype).real.dtype
    return np.asarray(sign if dtype.kind == "c" else sign.real, dtype), np.asarray(logarithm, real)


def log_determinant(block: Block) -> tuple[Block, Block]:
    """Sign and logarithm for each matrix."""
    sign, logarithm = np.linalg.slogdet(block)
    return np.asarray(sign), np.asarray(logarithm)


def lu_stack(block: Block) -> tuple[Block, Block, Block]:
    """Permutation, lower and upper factor of each matrix."""
    if not block.size:  # of which SciPy gives other shapes
        *batch, m, n = block.shape
        k = min(m, n)
        p, lower = np.zeros((*batch, m, m), block.real.dtype), np.zeros((*batch, m, k), block.dtype)
        p[...], lower[...] = np.eye(m), np.eye(m, k)
        return p, lower, np.zeros((*batch, k, n), block.dtype)
    p, lower, upper = scipy_linalg().lu(block, check_finite=False)
    return p, lower, upper


def triangular_stack(a: Block, b: Block, lower: bool, unit: bool) -> Block:
    """Solutions for each triangle."""
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    made = np.empty((*shape, *b.shape[-2:]), np.result_type(a, b))
    a, b = np.broadcast_to(a, (*shape, *a.shape[-2:])), np.broadcast_to(b, made.shape)
    for place in np.ndindex(*shape):
        made[place] = triangular(a[place], b[place], lower, unit)
    return made


def eliminated(panel: Block, triangle: Block, top: int, lower: bool, unit: bool) -> Block:
    """One step of a triangular solution: unknowns of one panel of the triangle, and what they take from other rows."""
    end = top + triangle.shape[1]
    made = np.array(panel)
    made[top:end] = triangular(triangle[top:end], panel[top:end], lower, unit)
    if lower:
        made[end:] -= triangle[end:] @ made[top:end]
    else:
        made[:top] -= triangle[:top] @ made[top:end]
    return made


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
