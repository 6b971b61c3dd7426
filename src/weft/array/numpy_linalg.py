"""Linear algebra as NumPy and the array API standard have it, down to the defaults.

The names that `numpy.linalg` and `weft.array.linalg` have in common, but for two whose defaults differ between NumPy and
Dask: ``svd`` makes full matrices, and ``cholesky`` gives the lower factor. This is what ``np.linalg.svd(x)`` of a chunked
array calls.
"""

from numpy import linalg as _numpys

from weft.array.linalg import *  # noqa: F403
from weft.array.linalg import __all__ as _own
from weft.array.ops.linalg_facade import cholesky, svd  # type: ignore[assignment]

__all__ = ["cholesky", "svd"]
__all__ += [name for name in _own if name not in __all__ and hasattr(_numpys, name)]
