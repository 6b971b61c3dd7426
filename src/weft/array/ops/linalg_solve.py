"""Systems of equations: exact, in the least-squares sense, of more than two axes; ranks, conditions and pseudo-inverses."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from weft.array.io.from_array import asarray
from weft.array.kernels import linalg as kernels
from weft.array.ops.elementwise import absolute, multiply, square, subtract, where
from weft.array.ops.linalg_base import as_matrices, as_square, core_several, core_wise, is_single, real_kind
from weft.array.ops.linalg_cholesky import cholesky, right_hand_side, solve_triangular
from weft.array.ops.linalg_lu import inv, inverse_or_infinite, solve_general
from weft.array.ops.linalg_norm import norm
from weft.array.ops.linalg_qr import as_floats, qr
from weft.array.ops.linalg_svd import svd, svdvals
from weft.array.ops.matrix_products import conjugated, matmul
from weft.array.ops.reductions import sum as sum_of
from weft.array.ops.sizes import known
from weft.array.ops.tensor import matrix_transpose
from weft.array.ops.transposing import expand_dims, normal_axis

__all__ = ["cond", "lstsq", "matrix_rank", "pinv", "solve", "tensorinv", "tensorsolve"]

#: What SciPy calls kinds of matrices, and how their systems are solved here.
KINDS = {
    "gen": "general",
    "general": "general",
    "sym": "general",
    "symmetric": "general",
    "her": "general",
    "hermitian": "general",
    "diagonal": "general",
    "tridiagonal": "general",
    "banded": "general",
    "pos": "positive",
    "positive definite": "positive",
    "upper triangular": "upper",
    "lower triangular": "lower",
}


def solve(a: Any, b: Any, sym_pos: bool | None = None, assume_a: str = "gen") -> Any:
    """Solution of ``a @ x == b``.

    Parameters
    ----------
    a : (..., n, n) array-like
    b : (n,) or (..., n, k) array-like
    sym_pos : bool, optional
        An older way to say ``assume_a="pos"``.
    assume_a : str
        What is known of the matrix, as in SciPy: ``"gen"``, ``"sym"``, ``"her"``, ``"pos"`` (positive definite: by Cholesky's
        factors), ``"upper triangular"``, ``"lower triangular"`` and others.

    Returns
    -------
    Array
        Of the shape of ``b``.

    Raises
    ------
    LinAlgError
        ``a`` is not square; or, when it is computed, singular, or not positive definite though it should be.
    ValueError
        The rows of ``b`` do not fit.

    Notes
    -----
    In general by LU factors with partial pivoting over whole columns.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.from_array(np.array([[3.0, 1.0], [1.0, 2.0]]), chunks=1)
    >>> da.linalg.solve(x, da.asarray([9.0, 8.0])).round(6).compute()
    array([2., 3.])
    """
    if assume_a not in KINDS:
        raise ValueError(f"solve: {assume_a!r} is not a recognized matrix structure: it is one of {', '.join(KINDS)}")
    kind = "positive" if sym_pos else KINDS[assume_a]
    if kind in ("upper", "lower"):
        return solve_triangular(a, b, lower=kind == "lower")
    x, y, is_vector = right_hand_side("solve", a, b)
    if kind == "positive":
        factor = cholesky(x, lower=True)
        y = solve_triangular(factor, y, lower=True)
        made = solve_triangular(conjugated(matrix_transpose(factor)), y)
    elif x.ndim > 2 or y.ndim > 2 or (is_single(x) and is_single(y)):
        made = core_wise(np.linalg.solve, (x, y), (2, 2), y.shape[-2:], y.dtype, "solve")
    else:
        made = solve_general(x, y)
    return made[..., 0] if is_vector else made


def lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, Any, Any, Any]:
    """Solution of ``a @ x == b`` in the least-squares sense; the shortest one where there are several.

    Parameters
    ----------
    a : (m, n) array-like
    b : (m,) or (m, k) array-like
    rcond : float, optional
        Singular values below this part of the largest count as zero; the dtype's precision times ``max(m, n)`` by default.

    Returns
    -------
    x : (n,) or (n, k) Array
        Its columns are cut like those of ``b``.
    residuals : (1,) or (k,) Array
        Sums of squares; of length 0 if ``m <= n``. NumPy also leaves it empty where the rank is too small, which is not
        known before it is computed.
    rank : () Array
    s : (min(m, n),) Array
        Singular values of ``a``.

    Notes
    -----
    The matrix is reduced by QR to a square one, to which LAPACK's solver is applied: it has the same singular values, and
    ranks are found as reliably as there.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> x = da.from_array(np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]), chunks=(1, 2))
    >>> da.linalg.lstsq(x, da.asarray([1.0, 3.0, 5.0]))[0].round(6).compute()
    array([2., 1.])
    """
    x, y = as_matrices(a, "lstsq"), known(asarray(b))
    if x.ndim != 2:
        raise np.linalg.LinAlgError(f"{x.ndim}-dimensional array given. Array must be two-dimensional")
    if y.ndim not in (1, 2):
        raise np.linalg.LinAlgError(f"{y.ndim}-dimensional array given. Array must be one- or two-dimensional")
    is_vector = y.ndim == 1
    y = expand_dims(y, 1) if is_vector else y
    m, n = x.shape
    if y.shape[0] != m:
        raise np.linalg.LinAlgError(f"Incompatible dimensions: a has {m} rows, and b {y.shape[0]}")
    kind = np.result_type(as_floats(x).dtype, as_floats(y).dtype)
    x, y = x.astype(kind, copy=False), y.astype(kind, copy=False)
    real = real_kind(kind)
    bound = float(np.finfo(real).eps) * max(m, n) if rcond is None else float(rcond)
    if m >= n:
        q, small = qr(x)
        right = matmul(conjugated(matrix_transpose(q)), y)
    else:
        q, r = qr(conjugated(matrix_transpose(x)))
        small, right = conjugated(matrix_transpose(r)), y
    order, k = min(m, n), y.shape[1]
    outputs = [((order, k), kind), ((), np.intc), ((order,), real)]
    z, rank, s = core_several(kernels.least_squares, (small, right), (2, 2), outputs, (bound,), "lstsq")
    z = z.rechunk({1: y.chunks[1]})
    made = z if m >= n else matmul(q, z)
    residuals = sum_of(square(absolute(subtract(y, matmul(x, made)))), axis=0)
    if m <= n:
        residuals = residuals[:0]
    return made[:, 0] if is_vector else made, residuals, rank, s


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """Pseudo-inverse (Moore and Penrose) of a matrix, or of each of a stack.

    Parameters
    ----------
    a : (..., m, n) array-like
    rcond, rtol : float or (...) array-like, optional
        Singular values that are not larger than this part of the largest count as zero; 1e-15 by default, or, for
        ``rtol=None`` given by name, the dtype's precision times ``max(m, n)``.
    hermitian : bool
        Whether the matrix is Hermitian.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.pinv(da.ones((2, 4), chunks=2)).compute()[0]
    array([0.125, 0.125])
    """
    x = as_floats(as_square(a, "pinv") if hermitian else as_matrices(a, "pinv"))
    m, n = x.shape[-2:]
    if rcond is not None and rtol is not None:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    bound = rtol if rcond is None else rcond
    if bound is None:
        bound = max(m, n) * np.finfo(x.dtype).eps
    if not m or not n:
        return conjugated(matrix_transpose(x))
    u, s, vh = svd(x, coerce_signs=False, hermitian=hermitian)
    scale = core_wise(kernels.inverted, (s, asarray(bound)), (1, 0), s.shape[-1:], s.dtype, "pinv")
    left = multiply(conjugated(matrix_transpose(vh)), scale[..., None, :])
    return matmul(left, conjugated(matrix_transpose(u)))


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:  # noqa: N803 (NumPy's name)
    """Rank of a matrix, or of each of a stack: how many singular values are larger than a bound.

    Parameters
    ----------
    A : (..., m, n) array-like
    tol : float or (...) array-like, optional
        The bound.
    hermitian : bool
        Whether the matrix is Hermitian.
    rtol : float or (...) array-like, optional
        The bound, relative to the largest singular value; the dtype's precision times ``max(m, n)`` by default.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.matrix_rank(da.ones((4, 4), chunks=2)).compute()
    np.int64(1)
    """
    if tol is not None and rtol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    given = asarray(A)
    if given.ndim < 2:
        return (given != 0).any().astype(np.int64)
    x = as_floats(as_matrices(given, "matrix_rank"))
    s = svdvals(x, hermitian=hermitian)
    bound = tol if tol is not None else rtol
    if bound is None:
        bound = max(x.shape[-2:]) * np.finfo(x.dtype).eps
    return core_wise(kernels.rank_of, (s, asarray(bound)), (1, 0), (), np.int64, "matrix_rank", relative=tol is None)


def cond(x: Any, p: Any = None) -> Any:
    """Condition number of a matrix, or of each of a stack.

    Parameters
    ----------
    x : (..., m, n) array-like
    p : {None, 1, -1, 2, -2, inf, -inf, 'fro', 'nuc'}
        Of which norm; None and 2 are the ratio of the largest and the smallest singular value.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> da.linalg.cond(da.from_array(np.diag([1.0, 4.0]), chunks=1)).compute()
    np.float64(4.0)
    """
    a = as_floats(as_matrices(x, "cond"))
    if not a.shape[-1] or not a.shape[-2]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = svdvals(a)
        made = core_wise(kernels.ratio, (s,), (1,), (), s.dtype, "cond", smallest=p == -2)
    else:
        a = as_square(a, "cond")
        made = norm(a, p, axis=(-2, -1)) * norm(inverse_or_infinite(a), p, axis=(-2, -1))
    missing = (a != a).any(axis=(-2, -1)) if a.dtype.kind in "fc" else False
    return where((made != made) & ~missing, np.asarray(np.inf, made.dtype)[()], made)


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Solution of ``tensordot(a, x, x.ndim) == b``.

    Parameters
    ----------
    a : array-like
        Of shape ``b.shape + x.shape``, where both have as many elements.
    b : array-like
    axes : tuple of int, optional
        Axes of ``a`` that are brought to its end first.

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> a = np.eye(6).reshape(2, 3, 6)
    >>> da.linalg.tensorsolve(da.from_array(a, chunks=2), da.ones((2, 3))).shape
    (6,)
    """
    x, y = known(asarray(a)), known(asarray(b))
    if axes is not None:
        moved = [normal_axis(axis, x.ndim) for axis in axes]
        x = x.transpose([axis for axis in range(x.ndim) if axis not in moved] + moved)
    shape = x.shape[y.ndim :]
    if prod(shape) ** 2 != x.size or prod(shape) != y.size:
        raise np.linalg.LinAlgError(
            "Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim]); "
            f"the shapes are {x.shape} and {y.shape}"
        )
    return solve(x.reshape(prod(shape), prod(shape)), y.reshape(-1)).reshape(shape)


def tensorinv(a: Any, ind: int = 2) -> Any:
    """Inverse of ``a`` with respect to ``tensordot(..., ind)``.

    Parameters
    ----------
    a : array-like
        The first ``ind`` axes have as many elements as the others.
    ind : int

    Examples
    --------
    >>> import numpy as np
    >>> import weft.array as da
    >>> a = da.from_array(np.eye(6).reshape(2, 3, 6), chunks=2)
    >>> da.linalg.tensorinv(a).shape
    (6, 2, 3)
    """
    x = known(asarray(a))
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    first, last = x.shape[:ind], x.shape[ind:]
    if prod(first) != prod(last):
        raise np.linalg.LinAlgError(
            f"Last 2 dimensions of the array must be square: the axes before {ind} have {prod(first)} elements together, "
            f"those after it {prod(last)}"
        )
    return inv(x.reshape(prod(first), prod(last))).reshape(*last, *first)
