"""Linear algebra on chunked arrays, with NumPy's names: ``weft.array.linalg.qr``."""

from weft.array.ops.linalg_cholesky import cholesky, solve_triangular
from weft.array.ops.linalg_compressed import compression_level, compression_matrix, svd_compressed
from weft.array.ops.linalg_facade import LinAlgError, cross, diagonal, outer, trace
from weft.array.ops.linalg_lu import det, inv, lu, matrix_power, slogdet
from weft.array.ops.linalg_norm import matrix_norm, norm, vector_norm
from weft.array.ops.linalg_qr import qr, sfqr
from weft.array.ops.linalg_results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from weft.array.ops.linalg_solve import cond, lstsq, matrix_rank, pinv, solve, tensorinv, tensorsolve
from weft.array.ops.linalg_svd import eig, eigh, eigvals, eigvalsh, svd, svdvals, tsqr
from weft.array.ops.matrix_products import matmul, vecdot
from weft.array.ops.tensor import matrix_transpose, tensordot
from weft.array.ops.tensor_products import multi_dot

__all__ = [
    "EigResult",
    "EighResult",
    "LinAlgError",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "compression_level",
    "compression_matrix",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "lu",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "sfqr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svd_compressed",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "tsqr",
    "vecdot",
    "vector_norm",
]
