"""The namespace of the Python array API standard, revision 2025.12: what ``x.__array_namespace__()`` gives.

It has every name of `weft.array`, and differs in one: ``linalg`` is the standard's, whose ``svd`` makes full matrices and whose
``cholesky`` gives the lower factor. `weft.array.linalg` has the defaults that users of Dask know.

>>> import weft.array as da
>>> xp = da.eye(2).__array_namespace__()
>>> xp.__array_api_version__
'2025.12'
>>> xp.linalg.svd(xp.ones((3, 1))).U.shape
(3, 3)
"""

from __future__ import annotations

import weft.array as everything
from weft.array import numpy_linalg as linalg  # noqa: F401 (found before __getattr__ is asked)

__all__ = [*everything.__all__]


def __getattr__(name: str) -> object:
    return getattr(everything, name)


def __dir__() -> list[str]:
    return sorted({*dir(everything), *__all__})
