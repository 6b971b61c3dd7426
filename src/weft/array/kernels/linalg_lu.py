"""LU factors of panels, and what is solved, permuted and multiplied with them.

A *panel* is some neighbouring columns of a matrix, with all rows. Where a step works on the rows from ``top`` on, the rows
above are finished. Factors and triangular solves come from SciPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels.linalg import Block, scipy_linalg, triangular

__all__ = [
    "combined_determinants",
    "determinant_of_panel",
    "eliminated",
    "log_determinant",
    "lower_panel",
    "lu_panel",
    "lu_stack",
    "lu_updated",
    "permutation_tile",
    "permuted",
    "row_order",
    "solved_backward",
    "solved_forward",
    "triangular_stack",
    "upper_panel",
]


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
