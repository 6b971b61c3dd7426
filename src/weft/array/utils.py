"""Names that programs import from ``dask.array.utils``, at the same place."""

from weft.array.comparing import assert_eq, meta_from_array

__all__ = ["assert_eq", "meta_from_array"]
