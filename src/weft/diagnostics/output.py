"""Optional packages, and files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from pathlib import Path
from typing import Any

from weft.errors import MissingDependencyError

__all__ = ["optional", "write_whole"]


def optional(module: str, purpose: str) -> Any:
    """Import a module of the extra ``diagnostics``; MissingDependencyError says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingDependencyError(
            f"cannot {purpose}: the Python package {package!r} is not installed. "
            f"Get it with: pip install 'weft[diagnostics]' (or pip install {package})"
        ) from error


def write_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file under another name, and give it its own once it is complete."""
    target = Path(path).absolute()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return target
