"""Names that programs import from ``dask.array.gufunc``, at the same place."""

from weft.array.ops.gufunc import apply_gufunc, as_gufunc, gufunc

__all__ = ["apply_gufunc", "as_gufunc", "gufunc"]
