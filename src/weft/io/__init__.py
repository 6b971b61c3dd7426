"""Files and bytes, for all collections: ``open_files`` gives files that open anywhere, ``read_bytes`` delayed blocks of them.

``read_bytes`` makes delayed values, which stand on a higher floor: it is looked up there when it is first asked for.
"""

from importlib import import_module
from typing import Any

from weft.io.bytes import open_files

__all__ = ["open_files", "read_bytes"]


def __getattr__(name: str) -> Any:
    if name == "read_bytes":
        return import_module("weft.delayed.reading").read_bytes
    raise AttributeError(f"module 'weft.io' has no attribute {name!r}")
