"""Names that users of Dask's module of this name look for."""

from weft.array.ops.selecting import shuffle_slice

__all__ = ["shuffle_slice"]
