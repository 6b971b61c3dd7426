"""Cholesky factors by tiles, and solutions of triangular systems by panels."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from weft.array.chunks import Cut, axis_chunks, axis_largest, compress, regular
from weft.array.expr import ArrayExpr
from weft.array.io.from_array import asarray
from weft.array.kernels import linalg as kernels
from weft.array.kernels import linalg_lu
from weft.array.layout_cost import chunk_limit
from weft.array.ops.elementwise import cast, elementwise
from weft.array.ops.linalg_base import (
    Layout,
    Several,
    as_square,
    core_wise,
    float_kind,
    is_single,
    parts_of,
)
from weft.array.ops.linalg_qr import as_floats, columns_cut, like
from weft.array.ops.matrix_products import conjugated
from weft.array.ops.rechunking import laid_out
from weft.array.ops.sizes import known
from weft.array.ops.tensor import matrix_transpose
from weft.array.ops.transposing import expand_dims
from weft.expr import derived, node
from weft.physical.drawn import Blocks, Recipe, Sheet
from weft.records import record
from weft.typing import Key

__all__ = ["cholesky", "right_hand_side", "solve_triangular"]

#: Tiles that one task takes the products of.
PRODUCTS = 4
#: Length of a tile where the matrix' own chunks are of no use, and tiles along an axis beyond which they are too small.
TILE, MOST_TILES = 1024, 64


@node
class Cholesky(Several):
    """Lower factor of a Hermitian matrix of which the lower triangle is read."""

    matrix: ArrayExpr

    @property
    def label(self) -> str:
        return "cholesky"

    @derived
    def cut(self) -> Cut:
        """How both axes are cut: as the axis of the matrix that has more chunks, if those are of a good size."""
        n = self.matrix.shape[0]
        cuts = sorted(self.matrix.grid, key=lambda cut: -axis_largest(n, cut))
        chunks = [each for each in axis_chunks(n, cuts[-1]) if each] or [0]
        if len(chunks) <= MOST_TILES and max(chunks) ** 2 * self.matrix.dtype.itemsize <= chunk_limit():
            return compress(chunks)
        return regular(n, TILE)

    @derived
    def parts(self) -> tuple[Layout, ...]:
        return (Layout(self.matrix.shape, self.matrix.dtype, (self.cut, self.cut)),)

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        return (laid_out(self.matrix, (self.cut, self.cut)),)

    @property
    def recipe(self) -> Recipe:
        return Tiles(axis_chunks(self.matrix.shape[0], self.cut), self.matrix.dtype)


@record
class Tiles(Recipe):
    """Tiles of the lower factor, column by column; those above the diagonal are zeros."""

    lengths: tuple[int, ...]
    dtype: np.dtype[Any]

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        tiles, count = sources[0], len(self.lengths)
        nbytes = max(self.lengths) ** 2 * self.dtype.itemsize
        made: dict[tuple[int, int], Key] = {}
        for column in range(count):
            for row in range(column, count):
                tile = tiles[row, column]
                for start in range(0, column, PRODUCTS):
                    before = range(start, min(column, start + PRODUCTS))
                    others = [*[made[row, each] for each in before], *[made[column, each] for each in before]]
                    tile = sheet.call(kernels.downdated, [tile, *others], nbytes=nbytes, workspace=nbytes)
                if row == column:
                    made[row, column] = sheet.call(kernels.cholesky_diagonal, [tile], nbytes=nbytes)
                else:
                    made[row, column] = sheet.call(
                        kernels.cholesky_below, [tile, made[column, column]], nbytes=nbytes, workspace=nbytes
                    )
        for row in range(count):
            for column in range(row + 1, count):
                shape = (self.lengths[row], self.lengths[column])
                made[row, column] = sheet.call(kernels.tiled_zeros, [], (shape, self.dtype), nbytes=nbytes)
        return [made[row, column] for row in range(count) for column in range(count)]


def cholesky(a: Any, lower: bool = False, *, upper: bool | None = None) -> Any:
    """Cholesky factor of a Hermitian, positive definite matrix, or of each of a stack.

    Parameters
    ----------
    a : (..., n, n) array-like
        Only the triangle that is asked for is read.
    lower : bool
        Whether ``a == l @ l.conj().T`` is asked for, or ``a == u.conj().T @ u`` (the default, as in Dask and SciPy;
        `numpy.linalg.cholesky` gives the lower factor).
    upper : bool, optional
        The same choice in the words of NumPy and the array API standard; decides where it is given.

    Raises
    ------
    LinAlgError
        The array is no square matrix; or, when it is computed, the matrix is not positive definite.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.from_array(np.array([[4.0, 2.0], [2.0, 5.0]]), chunks=1)
    >>> da.linalg.cholesky(x, lower=True).compute()
    array([[2., 0.],
           [1., 2.]])
    """
    lower = lower if upper is None else not upper
    x = as_floats(as_square(a, "cholesky"))
    if not lower:
        return conjugated(matrix_transpose(cholesky(conjugated(matrix_transpose(x)), lower=True)))
    if is_single(x):
        return core_wise(kernels.cholesky_lower, (x,), (2,), x.shape[-2:], x.dtype, "cholesky")
    (made,) = parts_of(Cholesky(x.expr))
    return like(made, x.expr)


@node
class TriangularSolution(Several):
    """Panels of the solution of a triangular system."""

    matrix: ArrayExpr
    right: ArrayExpr
    is_lower: bool
    unit: bool

    @property
    def label(self) -> str:
        return "solve_triangular"

    @derived
    def parts(self) -> tuple[Layout, ...]:
        n = self.matrix.shape[0]
        return (Layout(self.right.shape, self.right.dtype, (regular(n, n), columns_cut(self.right))),)

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        n = self.matrix.shape[0]
        triangle = laid_out(self.matrix, (regular(n, n), columns_cut(self.matrix)))
        return triangle, laid_out(self.right, self.parts[0].grid)

    @property
    def recipe(self) -> Recipe:
        widths = axis_chunks(self.matrix.shape[0], columns_cut(self.matrix))
        return Eliminations(widths, self.is_lower, self.unit, self.parts[0].nbytes)


@record
class Eliminations(Recipe):
    """For each panel of the right-hand side, one panel of the triangle after the other."""

    widths: tuple[int, ...]
    lower: bool
    unit: bool
    nbytes: int

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        triangle, right = sources
        steps = list(enumerate(accumulate(self.widths[:-1], initial=0)))
        made = []
        for panel in right.keys:
            for at, top in steps if self.lower else reversed(steps):
                panel = sheet.call(
                    linalg_lu.eliminated,
                    [panel, triangle[0, at]],
                    (top, self.lower, self.unit),
                    nbytes=self.nbytes,
                    workspace=self.nbytes,
                )
            made.append(panel)
        return made


def solve_triangular(a: Any, b: Any, lower: bool = False, trans: Any = 0, unit_diagonal: bool = False) -> Any:
    """Solution of ``a @ x == b`` for a triangle ``a``.

    Parameters
    ----------
    a : (..., n, n) array-like
        Only the triangle that is asked for is read.
    b : (n,) or (..., n, k) array-like
    lower : bool
        Which triangle.
    trans : {0, 'N', 1, 'T', 2, 'C'}
        Whether ``a`` is taken as it is, transposed, or conjugated and transposed.
    unit_diagonal : bool
        Whether the diagonal counts as ones, and is not read.

    Raises
    ------
    LinAlgError
        The triangle is not square; or, when it is computed, singular.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.from_array(np.array([[2.0, 0.0], [1.0, 4.0]]), chunks=1)
    >>> da.linalg.solve_triangular(x, da.asarray([2.0, 9.0]), lower=True).compute()
    array([1., 2.])
    """
    x, y, is_vector = right_hand_side("solve_triangular", a, b)
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f"solve_triangular: trans is 0, 1, 2, 'N', 'T' or 'C', and not {trans!r}")
    if trans not in (0, "N"):
        x, lower = matrix_transpose(x), not lower
        if trans in (2, "C"):
            x = conjugated(x)
    if x.ndim > 2 or y.ndim > 2 or (is_single(x) and is_single(y)):
        how = {"lower": bool(lower), "unit": bool(unit_diagonal)}
        made = core_wise(linalg_lu.triangular_stack, (x, y), (2, 2), y.shape[-2:], y.dtype, "solve_triangular", **how)
        return made[..., 0] if is_vector else made
    (made,) = parts_of(TriangularSolution(x.expr, y.expr, bool(lower), bool(unit_diagonal)))
    return like(made, y.expr)[:, 0] if is_vector else like(made, y.expr)


def right_hand_side(name: str, a: Any, b: Any) -> tuple[Any, Any, bool]:
    """A square matrix and what stands on the right, as a matrix, in one dtype; and whether it was a vector."""
    x, y = as_square(a, name), known(asarray(b))
    if y.ndim == 0:
        raise np.linalg.LinAlgError(f"0-dimensional array given to {name}. Array must be at least one-dimensional")
    is_vector = y.ndim == 1
    if is_vector:
        y = expand_dims(y, 1)
    if y.shape[-2] != x.shape[-1]:
        raise ValueError(
            f"{name}: the matrix is of order {x.shape[-1]}, and the right-hand side has {y.shape[-2]} rows: "
            f"shapes {x.shape} and {np.shape(b)}"
        )
    kind = float_kind(x.dtype, y.dtype)
    x, y = [each if each.dtype == kind else elementwise(cast, each, dtype=kind) for each in (x, y)]
    return x, y, is_vector
