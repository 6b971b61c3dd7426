"""Files as delayed blocks of bytes, under the name by which programs written for Dask import them."""

from weft.delayed.reading import read_bytes

__all__ = ["read_bytes"]
