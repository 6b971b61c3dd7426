"""QR factors of blocks, of stacked triangles, and of panels (some neighbouring columns of a matrix, with all rows)."""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.linalg import Block, adjoint, scipy_linalg

__all__ = [
    "block_reflector",
    "multiplied_by",
    "padded_panel",
    "qr_complete",
    "qr_panel",
    "qr_panel_r",
    "qr_r",
    "qr_reduced",
    "qr_stacked",
    "qr_stacked_r",
    "reflected",
    "tall_qr",
    "tall_r",
]


#: A matrix is tall enough for products instead of reflections with so many rows for each column, and wide enough from so many.
CHOLESKY_ROWS, CHOLESKY_COLUMNS = 8, 16


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
