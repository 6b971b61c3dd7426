"""Normal forms of SciPy's sparse arrays and matrices: the arrays they are made of."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sparse

from weft.tokenize.encode import normalize_token

#: What each format keeps its values and their places in.
_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "coords"),
    "dia": ("data", "offsets"),
    "lil": ("data", "rows"),
}


@normalize_token.register(sparse.sparray, sparse.spmatrix)
def _normalize_sparse(matrix: Any) -> Any:
    if matrix.format == "dok":
        return matrix.shape, matrix.dtype, dict(matrix.items())
    return matrix.shape, matrix.dtype, [getattr(matrix, part) for part in _PARTS[matrix.format]]
