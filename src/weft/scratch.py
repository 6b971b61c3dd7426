"""Files and directories that are gone after a block."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

__all__ = ["filetext", "filetexts", "tmp_cwd", "tmpdir", "tmpfile"]


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


@contextlib.contextmanager
def filetext(text: str | bytes, extension: str = "") -> Iterator[str]:
    """The path of a file that has this text, removed when the block ends.

    Examples
    --------
    >>> with filetext("a,b", "csv") as path:
    ...     os.path.getsize(path)
    3
    """
    with tmpfile(extension) as path:
        _write(path, text)
        yield path


@contextlib.contextmanager
def filetexts(texts: Mapping[str, str | bytes]) -> Iterator[list[str]]:
    """Files of these names with these texts, in a new directory that is the current one during the block.

    Examples
    --------
    >>> with filetexts({"a.csv": "a,b", "b.csv": "c,d"}) as names:
    ...     names, os.path.exists("a.csv")
    (['a.csv', 'b.csv'], True)
    """
    with tmp_cwd():
        for name, text in texts.items():
            _write(name, text)
        yield list(texts)


@contextlib.contextmanager
def tmp_cwd(dir: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """A new directory that is the current one during the block, and removed afterwards."""
    with tmpdir(dir) as path, contextlib.chdir(path):
        yield path


def _write(path: str, text: str | bytes) -> None:
    """Write a text as it is."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def remove_tree(path: str | os.PathLike[str]) -> None:
    """Remove a directory and all in it, as far as that can be done; nothing happens if it is not there."""
    import shutil

    shutil.rmtree(path, ignore_errors=True)
