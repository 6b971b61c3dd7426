"""Options of Parquet that readers and writers share, and those that are passed on to Arrow."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

__all__ = ["BLOCKSIZE", "ENGINES", "EXTENSIONS", "check_options", "codec_of", "custom_of", "read_options"]

#: Bytes of row groups, before compression, that make a partition by default.
BLOCKSIZE = "64 MiB"


EXTENSIONS = (".parq", ".parquet", ".pq")


#: Options that users of other readers know, and that say nothing here.
ENGINES = (None, "auto", "pyarrow", "arrow")


def read_options(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Options for Arrow among further arguments."""
    allowed = ("decryption_properties", "page_checksum_verification")
    for name in kwargs:
        if name not in allowed:
            raise TypeError(f"read_parquet() knows no argument {name!r}; further ones are {', '.join(allowed)}")
    return {name: value for name, value in kwargs.items() if value is not None}


def check_options(options: Mapping[str, Any]) -> None:
    """Raise TypeError for arguments that Arrow's writer does not know."""
    import pyarrow.parquet as pq

    known = set(inspect.signature(pq.ParquetWriter.__init__).parameters) | {"data_page_size", "max_rows_per_page"}
    known |= (
        set(inspect.signature(pq.core._parquet.ParquetWriter.__init__).parameters) if hasattr(pq, "core") else set()
    )
    for name in options:
        if name not in known - {"self", "where", "schema", "filesystem", "options", "compression"}:
            raise TypeError(f"to_parquet() knows no argument {name!r}, and neither does pyarrow's ParquetWriter")


def codec_of(compression: Any) -> Any:
    """Names of codecs as Arrow knows them."""
    if isinstance(compression, Mapping):
        return {str(label): codec_of(each) for label, each in compression.items()}
    return "NONE" if compression is None else compression


def custom_of(custom: Mapping[Any, Any] | None) -> dict[bytes, bytes]:
    """Texts for footers as bytes."""
    made = {as_bytes(key): as_bytes(value) for key, value in (custom or {}).items()}
    if b"pandas" in made:
        raise ValueError("custom_metadata cannot have the key 'pandas', which says how a frame is made of the columns")
    return made


def as_bytes(value: Any) -> bytes:
    """A text as bytes."""
    return value if isinstance(value, bytes) else str(value).encode()
