"""Pictures as arrays: ``da.image``."""

from weft.array.io.image import imread

__all__ = ["imread"]
