"""LU factors with partial pivoting, and what follows from them: solutions, inverses, determinants.

The matrix goes by panels of columns. A panel has all rows, so the pivot of a column is the largest element of the whole column,
as in LAPACK, and ill-conditioned matrices lose no more digits than there. Panels on the right are updated side by side.
Solutions go by panels of the right-hand side, through the same packed panels; explicit factors are made only for `lu`.
"""

from __future__ import annotations

import operator
from functools import reduce
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from weft.array.chunks import Cut, axis_chunks, compress, regular
from weft.array.expr import ArrayExpr
from weft.array.kernels import linalg as kernels
from weft.array.kernels import linalg_lu
from weft.array.ops.elementwise import cast, elementwise, exp, multiply
from weft.array.ops.linalg_base import (
    Layout,
    Part,
    Several,
    as_matrices,
    as_square,
    core_several,
    core_wise,
    is_single,
    parts_of,
    real_kind,
)
from weft.array.ops.linalg_qr import as_floats, columns_cut, like
from weft.array.ops.linalg_results import SlogdetResult
from weft.array.ops.matrix_products import matmul
from weft.array.ops.rechunking import laid_out
from weft.expr import derived, node
from weft.physical.drawn import Blocks, Recipe, Sheet
from weft.records import record
from weft.typing import Key

__all__ = ["det", "inv", "inverse_or_infinite", "lu", "matrix_power", "slogdet", "solve_general"]


@node
class PackedLU(Several):
    """Both factors in one matrix, and the rows that were exchanged for each column."""

    matrix: ArrayExpr

    @property
    def label(self) -> str:
        return "lu"

    @derived
    def columns(self) -> Cut:
        """How columns are cut."""
        return columns_cut(self.matrix)

    @derived
    def pivots(self) -> tuple[int, ...]:
        """Number of pivots in each panel."""
        left, made = self.matrix.shape[0], []
        for width in axis_chunks(self.matrix.shape[1], self.columns):
            made.append(max(0, min(left, width)))
            left -= width
        return tuple(made)

    @derived
    def parts(self) -> tuple[Layout, ...]:
        m, n = self.matrix.shape
        return (
            Layout((m, n), self.matrix.dtype, (regular(m, m), self.columns)),
            Layout((sum(self.pivots),), np.dtype(np.int64), (compress(self.pivots),)),
        )

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        m = self.matrix.shape[0]
        return (laid_out(self.matrix, (regular(m, m), self.columns)),)

    @property
    def recipe(self) -> Recipe:
        m, n = self.matrix.shape
        return Eliminating(m, axis_chunks(n, self.columns), self.matrix.dtype.itemsize)


@record
class Eliminating(Recipe):
    """Panels factored from the left to the right."""

    height: int
    widths: tuple[int, ...]
    itemsize: int

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        panels = list(sources[0].keys)
        nbytes = self.height * max(self.widths) * self.itemsize
        pivots: list[Key] = []
        for number, top in enumerate(accumulate(self.widths[:-1], initial=0)):
            top = min(top, self.height)
            panels[number], own = sheet.call(
                linalg_lu.lu_panel, [panels[number]], (top,), outputs=2, nbytes=nbytes, workspace=nbytes
            )
            pivots.append(own)
            if top < self.height:
                for right in range(number + 1, len(panels)):
                    panels[right] = sheet.call(
                        linalg_lu.lu_updated,
                        [panels[right], panels[number], own],
                        (top,),
                        nbytes=nbytes,
                        workspace=nbytes,
                    )
        return [*panels, *pivots]


@node
class UnpackedLU(Several):
    """Permutation, lower and upper factor."""

    matrix: ArrayExpr

    @property
    def label(self) -> str:
        return "lu"

    @derived
    def packed(self) -> PackedLU:
        """The factors in one matrix."""
        return PackedLU(self.matrix)

    @derived
    def lower_columns(self) -> Cut:
        """How the columns of the lower factor are cut."""
        return compress([each for each in self.packed.pivots if each] or [0])

    @derived
    def parts(self) -> tuple[Layout, ...]:
        (m, n), dtype = self.matrix.shape, self.matrix.dtype
        k = min(m, n)
        rows = self.matrix.grid[0]
        return (
            Layout((m, m), real_kind(dtype), (rows, rows)),
            Layout((m, k), dtype, (regular(m, m), self.lower_columns)),
            Layout((k, n), dtype, (regular(k, k), self.packed.columns)),
        )

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        return Part(self.packed, 0), Part(self.packed, 1)

    @property
    def recipe(self) -> Recipe:
        packed = self.packed
        (m, n), dtype = self.matrix.shape, self.matrix.dtype
        rows = axis_chunks(m, self.matrix.grid[0])
        return Unpacking(m, rows, axis_chunks(n, packed.columns), packed.pivots, dtype)


@record
class Unpacking(Recipe):
    """Each panel of each factor from one packed panel."""

    height: int
    rows: tuple[int, ...]
    widths: tuple[int, ...]
    pivots: tuple[int, ...]
    dtype: np.dtype[Any]

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        packed, exchanges = sources
        nbytes = self.height * max(self.widths) * self.dtype.itemsize
        firsts = list(accumulate(self.widths, initial=0))[:-1]
        tops = [min(first, self.height) for first in firsts]
        order = sheet.call(
            linalg_lu.row_order, list(exchanges.keys), (tuple(tops), self.height), nbytes=8 * self.height
        )
        bounds = list(pairwise(accumulate(self.rows, initial=0)))
        made = [
            sheet.call(linalg_lu.permutation_tile, [order], (rows, columns, real_kind(self.dtype)))
            for rows in bounds
            for columns in bounds
        ]
        count = 0
        for number, width in enumerate(self.pivots):
            if not width and (count or number + 1 < len(self.pivots)):
                continue
            later = range(number + 1, len(self.pivots))
            made.append(
                sheet.call(
                    linalg_lu.lower_panel,
                    [packed[0, number], *[exchanges[each] for each in later]],
                    (tops[number], tuple([tops[each] for each in later]), width),
                    nbytes=nbytes,
                    workspace=nbytes,
                )
            )
            count += 1
        k = min(self.height, sum(self.widths))
        for number, first in enumerate(firsts):
            made.append(sheet.call(linalg_lu.upper_panel, [packed[0, number]], (first, k), nbytes=nbytes))
        return made


def lu(a: Any) -> tuple[Any, Any, Any]:
    """Permutation, lower and upper factor: ``a == p @ l @ u``, with partial pivoting as LAPACK does it.

    Parameters
    ----------
    a : (..., m, n) array-like

    Returns
    -------
    p : (..., m, m) Array
    l : (..., m, k) Array, with ones on the diagonal; ``k = min(m, n)``
    u : (..., k, n) Array

    Raises
    ------
    MissingDependencyError
        When it is computed: SciPy is not there.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> p, l, u = da.linalg.lu(da.asarray(np.array([[0.0, 1.0], [2.0, 3.0]])))
    >>> (p @ l @ u).compute()
    array([[0., 1.],
           [2., 3.]])
    """
    x = as_floats(as_matrices(a, "lu"))
    m, n = x.shape[-2:]
    if is_single(x):
        k, kind = min(m, n), x.dtype
        outputs = [((m, m), real_kind(kind)), ((m, k), kind), ((k, n), kind)]
        p, low, up = core_several(linalg_lu.lu_stack, (x,), (2,), outputs, name="lu")
        return p, low, up
    p, low, up = parts_of(UnpackedLU(x.expr))
    return p, like(low, x.expr), like(up, x.expr)


@node
class Solved(Several):
    """Panels of the solution of a square matrix; of the identity (so of the inverse), if there is no right-hand side."""

    matrix: ArrayExpr
    right: ArrayExpr | None
    strict: bool = True

    @property
    def label(self) -> str:
        return "inv" if self.right is None else "solve"

    @derived
    def packed(self) -> PackedLU:
        """The factors."""
        return PackedLU(self.matrix)

    @derived
    def parts(self) -> tuple[Layout, ...]:
        n = self.matrix.shape[0]
        if self.right is None:
            return (Layout((n, n), self.matrix.dtype, (regular(n, n), columns_cut(self.matrix))),)
        return (Layout(self.right.shape, self.right.dtype, (regular(n, n), columns_cut(self.right))),)

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        right = () if self.right is None else (laid_out(self.right, self.parts[0].grid),)
        return (Part(self.packed, 0), Part(self.packed, 1), *right)

    @property
    def recipe(self) -> Recipe:
        packed, (own,) = self.packed, self.parts
        widths = axis_chunks(self.matrix.shape[1], packed.columns)
        return Substituting(widths, axis_chunks(own.shape[1], own.grid[1]), own.dtype, self.strict)


@record
class Substituting(Recipe):
    """For each panel of the right-hand side, forward through the lower factor and back through the upper."""

    widths: tuple[int, ...]
    right: tuple[int, ...]
    dtype: np.dtype[Any]
    strict: bool

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        packed, exchanges, *given = sources
        height = sum(self.widths)
        nbytes = height * max(self.right) * self.dtype.itemsize
        tops = list(accumulate(self.widths, initial=0))[:-1]
        made: list[Key] = []
        for number, (first, width) in enumerate(zip(accumulate(self.right, initial=0), self.right, strict=False)):
            if given:
                panel = given[0][0, number]
            else:
                panel = sheet.call(kernels.identity_columns, [], (height, first, width, self.dtype), nbytes=nbytes)
            for at, top in enumerate(tops):
                inputs = [panel, packed[0, at], exchanges[at]]
                panel = sheet.call(linalg_lu.solved_forward, inputs, (top,), nbytes=nbytes, workspace=nbytes)
            for at, top in reversed(list(enumerate(tops))):
                panel = sheet.call(
                    linalg_lu.solved_backward,
                    [panel, packed[0, at]],
                    (top, self.strict),
                    nbytes=nbytes,
                    workspace=nbytes,
                )
            made.append(panel)
        return made


def solve_general(a: Any, b: Any) -> Any:
    """Solution for one square matrix in several chunks; ``b`` has two axes."""
    (made,) = parts_of(Solved(a.expr, b.expr))
    return like(made, b.expr)


def inv(a: Any) -> Any:
    """Inverse of a square matrix, or of each of a stack.

    Parameters
    ----------
    a : (..., n, n) array-like

    Raises
    ------
    LinAlgError
        The array is no square matrix; or, when it is computed, the matrix is singular.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.linalg.inv(da.from_array(np.array([[2.0, 0.0], [0.0, 4.0]]), chunks=1)).compute()
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    x = as_floats(as_square(a, "inv"))
    if is_single(x):
        return core_wise(np.linalg.inv, (x,), (2,), x.shape[-2:], x.dtype, "inv")
    (made,) = parts_of(Solved(x.expr, None))
    return like(made, x.expr)


def inverse_or_infinite(x: Any) -> Any:
    """Inverses of matrices in their floating-point dtype; infinite or NaN where there are none."""
    if is_single(x):
        return core_wise(kernels.inverse_or_infinite, (x,), (2,), x.shape[-2:], x.dtype, "inv")
    (made,) = parts_of(Solved(x.expr, None, False))
    return like(made, x.expr)


def matrix_power(a: Any, n: int) -> Any:
    """A square matrix (or a stack of them) to a whole power, by repeated squaring.

    A negative power is that of the inverse.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.matrix_power(da.ones((2, 2), chunks=1), 3).compute()
    array([[4., 4.],
           [4., 4.]])
    """
    x = as_square(a, "matrix_power")
    try:
        power = operator.index(n)
    except TypeError:
        raise TypeError(f"exponent must be an integer, not {type(n).__name__}") from None
    if power == 0:
        made = core_wise(kernels.identities, (x,), (2,), x.shape[-2:], x.dtype, "matrix_power")
        return made if x.ndim > 2 else like(made, x.expr)
    if power < 0:
        x, power = inv(x), -power
    factors = []
    while True:
        power, odd = divmod(power, 2)
        if odd:
            factors.append(x)
        if not power:
            return reduce(matmul, factors)
        x = matmul(x, x)


@node
class Determinant(Several):
    """Sign, and logarithm of the absolute value, of the determinant of a matrix in several chunks."""

    matrix: ArrayExpr

    @property
    def label(self) -> str:
        return "slogdet"

    @derived
    def packed(self) -> PackedLU:
        """The factors."""
        return PackedLU(self.matrix)

    @derived
    def parts(self) -> tuple[Layout, ...]:
        dtype = self.matrix.dtype
        return Layout((), dtype, ()), Layout((), real_kind(dtype), ())

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        return Part(self.packed, 0), Part(self.packed, 1)

    @property
    def recipe(self) -> Recipe:
        return Diagonals(axis_chunks(self.matrix.shape[1], self.packed.columns), self.matrix.dtype)


@record
class Diagonals(Recipe):
    """Parts of a determinant from each panel, and all together."""

    widths: tuple[int, ...]
    dtype: np.dtype[Any]

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        packed, exchanges = sources
        tops = list(accumulate(self.widths, initial=0))[:-1]
        parts = [
            sheet.call(linalg_lu.determinant_of_panel, [packed[0, at], exchanges[at]], (top,))
            for at, top in enumerate(tops)
        ]
        return list(sheet.call(linalg_lu.combined_determinants, parts, (self.dtype,), outputs=2))


def slogdet(a: Any) -> SlogdetResult:
    """Sign, and logarithm of the absolute value, of the determinant: where the determinant itself is too large or small.

    Examples
    --------
    >>> import weft.array as da
    >>> sign, logarithm = da.linalg.slogdet(da.asarray([[0.0, 2.0], [2.0, 0.0]], chunks=1))
    >>> sign.compute(), logarithm.round(4).compute()
    (np.float64(-1.0), np.float64(1.3863))
    """
    x = as_floats(as_square(a, "slogdet"))
    if is_single(x):
        outputs = [((), x.dtype), ((), real_kind(x.dtype))]
        return SlogdetResult(*core_several(linalg_lu.log_determinant, (x,), (2,), outputs, name="slogdet"))
    return SlogdetResult(*parts_of(Determinant(x.expr)))


def det(a: Any) -> Any:
    """Determinant of a square matrix, or of each of a stack.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.det(da.asarray([[0.0, 2.0], [2.0, 0.0]], chunks=1)).round(4).compute()
    np.float64(-4.0)
    """
    x = as_floats(as_square(a, "det"))
    if is_single(x):
        return core_wise(np.linalg.det, (x,), (2,), (), x.dtype, "det")
    sign, logarithm = slogdet(x)
    made = multiply(sign, exp(logarithm))
    return made if made.dtype == x.dtype else elementwise(cast, made, dtype=x.dtype)
