"""Names that programs import from ``dask.array.gufunc``, at the same place.

``weft.array.gufunc`` is the class of that name, until this module is imported, which Python then puts in its place: so it
can be called as well.
"""

import sys
from types import ModuleType
from typing import Any

from weft.array.ops.gufunc import apply_gufunc, as_gufunc, gufunc

__all__ = ["apply_gufunc", "as_gufunc", "gufunc"]


class CallableModule(ModuleType):
    """A module that makes a `gufunc` when it is called."""

    def __call__(self, *args: Any, **kwargs: Any) -> gufunc:
        return gufunc(*args, **kwargs)


sys.modules[__name__].__class__ = CallableModule
