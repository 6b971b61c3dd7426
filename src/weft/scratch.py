"""Files and directories that are gone after a block."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

__all__ = ["tmpdir", "tmpfile"]


@contextlib.contextmanager
def tmpdir(dir: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """A new directory, removed with all that is in it when the block ends.

    Parameters
    ----------
    dir : path, optional
        Where to make it; by default among the system's temporary files.

    Examples
    --------
    >>> with tmpdir() as path:
    ...     os.path.isdir(path)
    True
    >>> os.path.exists(path)
    False
    """
    import tempfile  # here, for a quick import of what imports this

    path = tempfile.mkdtemp(dir=dir)
    try:
        yield path
    finally:
        remove_tree(path)


@contextlib.contextmanager
def tmpfile(extension: str = "", dir: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """A path at which nothing is; what the block writes there, a file or a directory, is removed when it ends.

    Parameters
    ----------
    extension : str
        What the path ends in, with or without a dot.
    dir : path, optional
        Where it lies; by default among the system's temporary files.

    Examples
    --------
    >>> with tmpfile("csv") as path:
    ...     path.endswith(".csv"), os.path.exists(path)
    (True, False)
    """
    with tmpdir(dir) as directory:
        yield os.path.join(directory, f"data{'.' * bool(extension)}{extension.lstrip('.')}")


def remove_tree(path: str | os.PathLike[str]) -> None:
    """Remove a directory and all in it, as far as that can be done; nothing happens if it is not there."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)
