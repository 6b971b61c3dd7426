"""Singular values and vectors, and eigenvalues.

A matrix with many more rows than columns is first reduced by QR to a small square one, whose singular vectors are then
multiplied into the first factor; one with many more columns than rows is transposed. What is left, of order ``min(m, n)``, is
gathered into one block for LAPACK, as are the matrices whose eigenvalues are asked for: it has to fit into memory.
`weft.array.linalg.svd_compressed` gives the leading singular vectors of matrices for which that is too much.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from weft.array.kernels import linalg as kernels
from weft.array.ops.linalg_base import (
    as_matrices,
    as_square,
    core_several,
    core_wise,
    is_single,
    real_kind,
)
from weft.array.ops.linalg_qr import as_floats, like, qr
from weft.array.ops.linalg_results import EighResult, EigResult, QRResult, SVDResult
from weft.array.ops.matrix_products import conjugated, matmul
from weft.array.ops.tensor import matrix_transpose

__all__ = ["eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals", "tsqr"]

#: How much longer one axis must be than the other for QR to come first.
LONG = 1.5


def svd(
    a: Any,
    coerce_signs: bool = True,
    full_matrices: bool = False,
    *,
    compute_uv: bool = True,
    hermitian: bool = False,
) -> Any:
    """Singular value decomposition of a matrix, or of each matrix of a stack.

    Parameters
    ----------
    a : (..., m, n) array-like
        However it is cut.
    coerce_signs : bool
        Whether the signs of singular vectors are set by a rule, so that they do not depend on how the matrix is cut: the
        sums of right vectors are not negative (those of left vectors, for matrices with more columns than rows).
    full_matrices : bool
        Whether ``u`` is (m, m) and ``vh`` (n, n); or (m, k) and (k, n) with ``k = min(m, n)``, the default as in Dask.
    compute_uv : bool
        Whether singular vectors are wanted; otherwise only singular values are returned.
    hermitian : bool
        Whether the matrix is Hermitian, which is quicker; only its lower triangle is read.

    Returns
    -------
    SVDResult (U, S, Vh), or S

    Raises
    ------
    LinAlgError
        The array has less than two axes; or, when it is computed, LAPACK did not converge.

    Examples
    --------
    >>> import weft.array as da
    >>> u, s, vh = da.linalg.svd(da.ones((6, 2), chunks=(2, 1)))
    >>> u.shape, vh.shape, s.round(4).compute()[0]
    ((6, 2), (2, 2), np.float64(3.4641))
    """
    if not compute_uv:
        return svdvals(a, hermitian=hermitian)
    x = as_floats(as_square(a, "svd") if hermitian else as_matrices(a, "svd"))
    m, n = x.shape[-2:]
    k = min(m, n)
    signs = ("left" if m < n else "right") if coerce_signs else "free"
    if not is_single(x) and not hermitian:
        if not full_matrices and m >= LONG * n and n:
            q, r = qr(x)
            u, s, vh = in_one_block(r, signs)
            return SVDResult(like(matmul(q, u), x.expr), s, like(vh, x.expr))
        if not full_matrices and n >= LONG * m and m:
            q, r = qr(conjugated(matrix_transpose(x)))
            u, s, vh = in_one_block(conjugated(matrix_transpose(r)), signs)
            return SVDResult(like(u, x.expr), s, like(matmul(vh, conjugated(matrix_transpose(q))), x.expr))
    shapes = ((m, m), (n, n)) if full_matrices else ((m, k), (k, n))
    u, s, vh = in_one_block(x, signs, bool(full_matrices), hermitian, shapes)
    return SVDResult(u, s, vh) if is_single(x) else SVDResult(like(u, x.expr), s, like(vh, x.expr))


def in_one_block(x: Any, signs: str, full: bool = False, hermitian: bool = False, shapes: Any = None) -> list[Any]:
    """The decomposition of matrices that are gathered."""
    m, n = x.shape[-2:]
    left, right = shapes or ((m, min(m, n)), (min(m, n), n))
    outputs = [(left, x.dtype), ((min(m, n),), real_kind(x.dtype)), (right, x.dtype)]
    return core_several(kernels.singular, (x,), (2,), outputs, (full, hermitian, signs), "svd")


def svdvals(x: Any, /, *, hermitian: bool = False) -> Any:
    """Singular values of a matrix, or of each matrix of a stack, in descending order.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.svdvals(da.ones((6, 2), chunks=(2, 1))).shape
    (2,)
    """
    a = as_floats(as_square(x, "svdvals") if hermitian else as_matrices(x, "svdvals"))
    m, n = a.shape[-2:]
    if not is_single(a) and not hermitian and m and n:
        if m >= LONG * n:
            a = qr(a, mode="r")
        elif n >= LONG * m:
            a = qr(conjugated(matrix_transpose(a)), mode="r")
    kind = real_kind(a.dtype)
    return core_wise(kernels.singular_values, (a,), (2,), (min(m, n),), kind, "svdvals", hermitian=hermitian)


def tsqr(data: Any, compute_svd: bool = False, _max_vchunk_size: int | None = None) -> Any:
    """QR factors, or singular values and vectors, of a matrix with many more rows than columns.

    Parameters
    ----------
    data : (m, n) array-like
        Chunks of rows are factored by themselves, and their factors in a tree. It may be cut along columns, too.
    compute_svd : bool
        Whether singular values and vectors are wanted.
    _max_vchunk_size : int, optional
        Rows of a chunk, at most.

    Returns
    -------
    QRResult (Q, R), or SVDResult (U, S, Vh)

    Examples
    --------
    >>> import weft.array as da
    >>> q, r = da.linalg.tsqr(da.ones((6, 2), chunks=(2, 2)))
    >>> q.shape, r.shape
    ((6, 2), (2, 2))
    """
    x = as_matrices(data, "tsqr")
    if x.ndim != 2:
        raise ValueError(f"tsqr takes one matrix, and the array has {x.ndim} axes; use qr for stacks")
    if _max_vchunk_size is not None:
        x = x.rechunk({0: min(_max_vchunk_size, max(1, x.shape[0]))})
    if compute_svd:
        made = svd(x, coerce_signs=False)
        return SVDResult(*made)
    q, r = qr(x)
    return QRResult(q, r)


def symmetric(a: Any, name: str, uplo: str) -> tuple[Any, str]:
    """A stack of Hermitian matrices, and which triangle is read."""
    side = uplo.upper()
    if side not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return as_floats(as_square(a, name)), side


def eigh(a: Any, UPLO: str = "L") -> EighResult:  # noqa: N803 (NumPy's name)
    """Eigenvalues and eigenvectors of a Hermitian matrix, or of each of a stack.

    Parameters
    ----------
    a : (..., n, n) array-like
        A matrix in several chunks is gathered into one block.
    UPLO : {'L', 'U'}
        Which triangle is read.

    Returns
    -------
    EighResult (eigenvalues, eigenvectors)
        In ascending order; eigenvectors are columns.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.eigh(da.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues.compute()
    array([1., 2.])
    """
    x, side = symmetric(a, "eigh", UPLO)
    n = x.shape[-1]
    outputs = [((n,), real_kind(x.dtype)), ((n, n), x.dtype)]
    values, vectors = core_several(kernels.eigen_symmetric, (x,), (2,), outputs, (side,), "eigh")
    return EighResult(values, vectors if x.ndim > 2 else like(vectors, x.expr))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 (NumPy's name)
    """Eigenvalues of a Hermitian matrix, or of each of a stack, in ascending order; see `eigh`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.eigvalsh(da.asarray([[2.0, 0.0], [0.0, 1.0]])).compute()
    array([1., 2.])
    """
    x, side = symmetric(a, "eigvalsh", UPLO)
    return core_wise(np.linalg.eigvalsh, (x,), (2,), x.shape[-1:], real_kind(x.dtype), "eigvalsh", UPLO=side)


def eig(a: Any) -> EigResult:
    """Eigenvalues and eigenvectors of a square matrix, or of each of a stack.

    Parameters
    ----------
    a : (..., n, n) array-like
        A matrix in several chunks is gathered into one block.

    Returns
    -------
    EigResult (eigenvalues, eigenvectors)
        Always complex: whether all are real is not known before they are computed.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.eig(da.asarray([[0.0, -1.0], [1.0, 0.0]])).eigenvalues.compute()
    array([0.+1.j, 0.-1.j])
    """
    x = as_floats(as_square(a, "eig"))
    kind, n = np.result_type(x.dtype, np.complex64), x.shape[-1]
    values, vectors = core_several(kernels.eigen, (x,), (2,), [((n,), kind), ((n, n), kind)], (kind,), "eig")
    return EigResult(values, vectors if x.ndim > 2 else like(vectors, x.expr))


def eigvals(a: Any) -> Any:
    """Eigenvalues of a square matrix, or of each of a stack, as complex numbers; see `eig`.

    Examples
    --------
    >>> import weft.array as da
    >>> da.linalg.eigvals(da.asarray([[0.0, -1.0], [1.0, 0.0]])).compute()
    array([0.+1.j, 0.-1.j])
    """
    x = as_floats(as_square(a, "eigvals"))
    kind = np.result_type(x.dtype, np.complex64)
    return core_wise(kernels.eigenvalues, (x,), (2,), x.shape[-1:], kind, "eigvals", kind=kind)
