"""Versions of Python, the system, and packages."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

__all__ = ["versions"]


def versions(packages: list[str] | None = None) -> dict[str, Any]:
    """Versions of Python, the system, and packages."""
    import importlib.metadata

    found: dict[str, Any] = {}
    for name in ("weft", "cloudpickle", "numpy", "pandas", "pyarrow", *(packages or ())):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    host = {
        "python": platform.python_version(),
        "python-bits": 64 if sys.maxsize > 1 << 32 else 32,
        "OS": platform.system(),
        "OS-release": platform.release(),
        "machine": platform.machine(),
        "processor": platform.processor(),
        "byteorder": sys.byteorder,
        "LC_ALL": os.environ.get("LC_ALL", "None"),
        "LANG": os.environ.get("LANG", "None"),
    }
    return {"host": host, "packages": {"python": platform.python_version(), **found}}
