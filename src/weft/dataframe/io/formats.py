"""All formats together: what frames and columns can be written as."""

from __future__ import annotations

from weft.dataframe.io.parquet_writing import ParquetMethods

__all__ = ["FrameFormatMethods"]


class FrameFormatMethods(ParquetMethods):
    """Frames as files and other collections."""

    __slots__ = ()
