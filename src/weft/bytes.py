"""Files as delayed blocks of bytes."""

from weft.delayed.reading import read_bytes

__all__ = ["read_bytes"]
