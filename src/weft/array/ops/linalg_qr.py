"""QR factors, by two algorithms.

*Tall matrices* (TSQR; Demmel, Grigori, Hoemmen and Langou, Communication-optimal parallel and sequential QR and LU
factorizations, 2012): each chunk of rows is factored by itself; the small second factors are put on top of each other and
factored, in a tree; what the tree finds is then multiplied into the first factors, from the top down. The data is read once.

*All others* go by panels, as LAPACK's blocked algorithm does: a panel of columns is factored into reflectors, and these are
applied to each panel on its right, all at once. The first factor is what the reflectors make of the identity. Both are
stable whatever the matrix: orthogonality does not suffer from linearly dependent columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from weft.array.base import new
from weft.array.chunks import Cut, axis_chunks, axis_largest, compress, regular
from weft.array.expr import ArrayExpr
from weft.array.kernels import linalg as kernels
from weft.array.kernels import linalg_qr
from weft.array.layout_cost import chunk_limit
from weft.array.ops.elementwise import cast, elementwise
from weft.array.ops.linalg_base import (
    Layout,
    Several,
    as_matrices,
    core_several,
    core_wise,
    float_kind,
    is_single,
    parts_of,
)
from weft.array.ops.linalg_results import QRResult
from weft.array.ops.rechunking import laid_out
from weft.expr import derived, node
from weft.physical.drawn import Blocks, Recipe, Sheet
from weft.records import record
from weft.typing import Key

__all__ = ["as_floats", "columns_cut", "factored", "is_tall", "like", "qr", "sfqr"]

#: Columns of a panel where the matrix' own chunks are of no use: enough for BLAS, few enough for workers to share the work.
PANEL_COLUMNS = (32, 512)
#: Panels beyond which the matrix' own chunks are too narrow.
MOST_PANELS = 64
#: Rows of factors on top of each other, in multiples of the columns, that one task of a tree takes.
STACKED = 8


def qr(a: Any, mode: str = "reduced") -> Any:
    """QR factors of a matrix, or of each matrix of a stack.

    Parameters
    ----------
    a : (..., m, n) array-like
        However it is cut: tall matrices are factored by chunks of rows in a tree, others by panels of columns.
    mode : {'reduced', 'complete', 'r'}
        Shapes (m, k) and (k, n) with ``k = min(m, n)``; (m, m) and (m, n); or only the second factor.

    Returns
    -------
    QRResult (Q, R), or R
        Signs are those of Householder's reflections, which may differ between algorithms.

    Raises
    ------
    LinAlgError
        The array has less than two axes.

    Examples
    --------
    >>> import weft.array as da
    >>> x = da.ones((6, 2), chunks=(2, 2))
    >>> q, r = da.linalg.qr(x)
    >>> abs(r[0, 0]).round(4).compute()
    np.float64(2.4495)
    """
    if mode not in ("reduced", "complete", "r"):
        if mode in ("raw", "full", "economic"):
            raise ValueError(f"qr: mode={mode!r} is not supported for chunked arrays; use 'reduced', 'complete' or 'r'")
        raise ValueError(f"Unrecognized mode {mode!r}: use 'reduced', 'complete' or 'r'")
    x = as_floats(as_matrices(a, "qr"))
    m, n = x.shape[-2:]
    if is_single(x):
        k = m if mode == "complete" else min(m, n)
        if mode == "r":
            return core_wise(linalg_qr.qr_r, (x,), (2,), (k, n), x.dtype, "qr")
        kernel = linalg_qr.qr_complete if mode == "complete" else linalg_qr.qr_reduced
        return QRResult(*core_several(kernel, (x,), (2,), [((m, k), x.dtype), ((k, n), x.dtype)], name="qr"))
    if mode != "complete" and is_tall(x.expr):
        made = parts_of(TallQR(x.expr, mode == "reduced"))
    else:
        made = parts_of(PanelQR(x.expr, mode))
    made = [like(each, x.expr) for each in made]
    return made[0] if mode == "r" else QRResult(*made)


def as_floats(x: Any) -> Any:
    """An array in the dtype in which LAPACK works on it."""
    kind = float_kind(x.dtype)
    return x if x.dtype == kind else elementwise(cast, x, dtype=kind)


def like(x: Any, source: ArrayExpr) -> Any:
    """An array cut as a matrix is, along axes that are as long."""
    grid = [
        cut if length == other else own
        for length, own, other, cut in zip(x.shape, x.expr.grid, source.shape, source.grid, strict=True)
    ]
    for axis in (0, 1):  # axes that the matrix has at the other place: the first factor of a wide one
        if x.shape[axis] != source.shape[axis] and x.shape[axis] == source.shape[1 - axis]:
            grid[axis] = source.grid[1 - axis]
    expr = laid_out(x.expr, tuple(grid))
    return x if expr is x.expr else new(expr)


def is_tall(expr: ArrayExpr) -> bool:
    """Whether a matrix is best factored by chunks of rows."""
    m, n = expr.shape
    if m < n:
        return False
    rows = max(n, axis_largest(m, expr.grid[0]))
    if expr.numblocks[1] == 1:
        return m >= 2 * n or expr.numblocks[0] > 1
    return m >= 4 * n and rows * n * expr.dtype.itemsize <= 2 * chunk_limit()


def row_cut(expr: ArrayExpr) -> Cut:
    """Chunks of rows of a tall matrix that are at least as long as the matrix is wide, where that is not too large."""
    m, n = expr.shape
    itemsize = expr.dtype.itemsize
    limit = max(chunk_limit(), axis_largest(m, expr.grid[0]) * axis_largest(n, expr.grid[1]) * itemsize)
    most = max(1, limit // max(1, n * itemsize))
    made: list[int] = []
    for length in axis_chunks(m, expr.grid[0]):
        pieces = -(-length // most) if length > most else 1
        parts = [(at + 1) * length // pieces - at * length // pieces for at in range(pieces)]
        for part in parts:
            if made and made[-1] < n and made[-1] + part <= most:
                made[-1] += part
            else:
                made.append(part)
    if len(made) > 1 and made[-1] < n and made[-2] + made[-1] <= most:
        last = made.pop()
        made[-1] += last
    return compress(made)


@node
class TallQR(Several):
    """QR factors of a tall matrix, by chunks of rows."""

    matrix: ArrayExpr
    wants_q: bool

    @property
    def label(self) -> str:
        return "qr"

    @derived
    def rows(self) -> Cut:
        """How rows are cut."""
        return row_cut(self.matrix)

    @derived
    def parts(self) -> tuple[Layout, ...]:
        (m, n), dtype = self.matrix.shape, self.matrix.dtype
        second = Layout((n, n), dtype, (regular(n, n), regular(n, n)))
        first = Layout((m, n), dtype, (self.rows, regular(n, n)))
        return (first, second) if self.wants_q else (second,)

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        n = self.matrix.shape[1]
        return (laid_out(self.matrix, (self.rows, regular(n, n))),)

    @property
    def recipe(self) -> Recipe:
        m, n = self.matrix.shape
        return TallTree(axis_chunks(m, self.rows), n, self.wants_q, self.matrix.dtype.itemsize)


@record
class TallTree(Recipe):
    """Factors of chunks, factors of factors, and the way back."""

    heights: tuple[int, ...]
    width: int
    wants_q: bool
    itemsize: int

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        keys = list(sources[0].keys)
        n, row = self.width, self.width * self.itemsize
        largest = max(self.heights)
        rows = [min(height, n) for height in self.heights]
        if not self.wants_q:
            keys = [
                sheet.call(linalg_qr.tall_r, [key], nbytes=min(largest, n) * row, workspace=largest * row)
                for key in keys
            ]
            while len(keys) > 1:
                groups = self.groups(rows)
                keys = [
                    sheet.call(
                        linalg_qr.qr_stacked_r, [keys[at] for at in group], nbytes=n * row, workspace=STACKED * n * row
                    )
                    for group in groups
                ]
                rows = [min(n, sum(rows[at] for at in group)) for group in groups]
            return keys
        pairs = [
            sheet.call(linalg_qr.tall_qr, [key], outputs=2, nbytes=largest * row, workspace=largest * row)
            for key in keys
        ]
        firsts, keys = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        levels: list[tuple[list[list[int]], list[list[Key]]]] = []
        while len(keys) > 1:
            groups = self.groups(rows)
            made = [
                sheet.call(
                    linalg_qr.qr_stacked,
                    [keys[at] for at in group],
                    outputs=1 + len(group),
                    nbytes=n * row,
                    workspace=STACKED * n * row,
                )
                for group in groups
            ]
            levels.append((groups, [list(each[1:]) for each in made]))
            keys = [each[0] for each in made]
            rows = [min(n, sum(rows[at] for at in group)) for group in groups]
        down: list[Key] | None = None
        for groups, pieces in reversed(levels):
            below: list[Key] = []
            for number, group in enumerate(groups):
                for place in range(len(group)):
                    piece = pieces[number][place]
                    if down is None:
                        below.append(piece)
                    else:
                        below.append(sheet.call(linalg_qr.multiplied_by, [piece, down[number]], nbytes=n * row))
            down = below
        if down is not None:
            firsts = [
                sheet.call(linalg_qr.multiplied_by, [first, factor], nbytes=largest * row)
                for first, factor in zip(firsts, down, strict=True)
            ]
        return [*firsts, *keys]

    def groups(self, rows: Sequence[int]) -> list[list[int]]:
        """Neighbours that are put on top of each other: two at least, and not too many rows together."""
        made: list[list[int]] = [[]]
        height = 0
        for number, own in enumerate(rows):
            if len(made[-1]) >= 2 and height + own > STACKED * self.width:
                made.append([])
                height = 0
            made[-1].append(number)
            height += own
        if len(made) > 1 and len(made[-1]) == 1:
            made[-2].extend(made.pop())
        return made


def columns_cut(expr: ArrayExpr, length: int | None = None) -> Cut:
    """How columns are cut into panels: as the matrix is, if those are panels of a good size."""
    m, n = expr.shape
    chunks = [each for each in axis_chunks(n, expr.grid[1]) if each] or [0]
    most = max(1, chunk_limit() // max(1, m * expr.dtype.itemsize))
    if len(chunks) <= MOST_PANELS and (max(chunks) <= most or len(chunks) >= n):
        return compress(chunks)
    low, high = PANEL_COLUMNS
    return regular(n, min(max(low, min(high, most)), max(1, n)))


@node
class PanelQR(Several):
    """QR factors of a matrix by panels of columns."""

    matrix: ArrayExpr
    mode: str

    @property
    def label(self) -> str:
        return "qr"

    @derived
    def columns(self) -> Cut:
        """How columns are cut."""
        return columns_cut(self.matrix)

    @derived
    def first_columns(self) -> Cut:
        """How the columns of the first factor are cut."""
        m, n = self.matrix.shape
        lengths = []
        left = min(m, n)
        for length in axis_chunks(n, self.columns):
            if left > 0:
                lengths.append(min(left, length))
            left -= length
        if self.mode == "complete" and m > n:
            width = axis_largest(n, self.columns) or m
            more = axis_chunks(m - n, regular(m - n, width))
            lengths.extend(more)
        return compress(lengths or [0])

    @derived
    def parts(self) -> tuple[Layout, ...]:
        (m, n), dtype = self.matrix.shape, self.matrix.dtype
        k = m if self.mode == "complete" else min(m, n)
        second = Layout((k, n), dtype, (regular(k, k), self.columns))
        if self.mode == "r":
            return (second,)
        return Layout((m, k), dtype, (regular(m, m), self.first_columns)), second

    @property
    def sources(self) -> tuple[ArrayExpr, ...]:
        m = self.matrix.shape[0]
        return (laid_out(self.matrix, (regular(m, m), self.columns)),)

    @property
    def recipe(self) -> Recipe:
        m, n = self.matrix.shape
        k = m if self.mode == "complete" else min(m, n)
        first = () if self.mode == "r" else axis_chunks(k, self.first_columns)
        return Panels(m, axis_chunks(n, self.columns), k, first, self.matrix.dtype)


@record
class Panels(Recipe):
    """Reflectors of each panel, applied to the panels on its right, and to the identity."""

    height: int
    widths: tuple[int, ...]
    nrows: int
    first: tuple[int, ...]
    dtype: np.dtype[Any]

    def draw(self, sheet: Sheet, *sources: Blocks) -> list[Key]:
        panels = list(sources[0].keys)
        tops = list(accumulate(self.widths, initial=0))[:-1]
        nbytes = self.height * max(self.widths) * self.dtype.itemsize
        reflectors: list[tuple[Key, Key, int]] = []
        second: list[Key] = []
        for number, top in enumerate(tops):
            if top >= self.height:
                second.append(sheet.call(linalg_qr.padded_panel, [panels[number]], (self.nrows,), nbytes=nbytes))
                continue
            last = number + 1 == len(tops) or top + self.widths[number] >= self.height
            if last and not self.first and number + 1 == len(tops):
                second.append(sheet.call(linalg_qr.qr_panel_r, [panels[number]], (top, self.nrows), nbytes=nbytes))
                continue
            y, t, r = sheet.call(
                linalg_qr.qr_panel, [panels[number]], (top, self.nrows), outputs=3, nbytes=nbytes, workspace=2 * nbytes
            )
            reflectors.append((y, t, top))
            second.append(r)
            for right in range(number + 1, len(tops)):
                panels[right] = sheet.call(
                    linalg_qr.reflected, [panels[right], y, t], (top, True), nbytes=nbytes, workspace=nbytes
                )
        return [*self.reflected_identity(sheet, reflectors, nbytes), *second]

    def reflected_identity(self, sheet: Sheet, reflectors: list[tuple[Key, Key, int]], nbytes: int) -> list[Key]:
        """Panels of the first factor."""
        made: list[Key] = []
        start = 0
        for width in self.first:
            panel = sheet.call(kernels.identity_columns, [], (self.height, start, width, self.dtype), nbytes=nbytes)
            for y, t, top in reversed(reflectors):
                if top < start + width:  # the others see nothing but zeros
                    panel = sheet.call(
                        linalg_qr.reflected, [panel, y, t], (top, False), nbytes=nbytes, workspace=nbytes
                    )
            made.append(panel)
            start += width
        return made


def factored(x: Any, wants_q: bool = True) -> Any:
    """Thin factors of a matrix with more rows than columns, for those who go on with them."""
    return qr(x, "reduced" if wants_q else "r")


def sfqr(data: Any, name: str | None = None) -> QRResult:
    """QR factors of a matrix with more columns than rows, by panels of columns; see `qr`.

    Parameters
    ----------
    data : (m, n) array-like
    name : None
        Names of arrays follow from what they are: another one is refused.

    Examples
    --------
    >>> import weft.array as da
    >>> q, r = da.linalg.sfqr(da.ones((2, 6), chunks=(2, 2)))
    >>> q.shape, r.shape
    ((2, 2), (2, 6))
    """
    if name is not None:
        raise ValueError("sfqr: name= is not supported; arrays are named by what they are")
    x = as_matrices(data, "sfqr")
    if x.ndim != 2:
        raise ValueError(f"sfqr takes one matrix, and the array has {x.ndim} axes; use qr for stacks")
    made: QRResult = qr(x)
    return made
