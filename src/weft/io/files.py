"""Which files a path stands for: single ones, directories, patterns and lists of them, on any file system of fsspec.

Listings say sizes and times of change, so that what is made of files has another name once they change, without a second
question for each file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from weft.text import natural_sort_key

__all__ = ["UNFINISHED", "FoundFile", "filesystem_for", "find_files", "is_local", "protocols_of", "unpacked"]

#: What listings of the different file systems say about the state of a file.
STATE = ("size", "mtime", "ino", "ETag", "etag", "LastModified", "last_modified", "md5Hash", "created", "checksum")

#: Part of the names of files that are being written, or were when their writer was killed.
UNFINISHED = ".part-written"


class FoundFile(NamedTuple):
    """A file, its size if that is known, and what changes when it is written anew."""

    path: str
    size: int | None
    stamp: tuple[Any, ...]

    @classmethod
    def of(cls, path: str, info: Mapping[str, Any]) -> FoundFile:
        """A file as a file system describes it."""
        size = info.get("size")
        state = tuple([(key, str(info[key])) for key in STATE if info.get(key) is not None])
        return cls(path, None if size is None else int(size), state)


def filesystem_for(path: Any, storage_options: Mapping[str, Any] | None = None, filesystem: Any = None) -> Any:
    """The fsspec file system of a path, or the one that is given (fsspec's or Arrow's, or one of their names)."""
    import fsspec

    if filesystem in (None, "fsspec"):
        return fsspec.url_to_fs(os.fspath(path), **dict(storage_options or {}))[0]
    if isinstance(filesystem, fsspec.AbstractFileSystem):
        if storage_options:
            raise ValueError("storage_options and a filesystem that is made already cannot be given together")
        return filesystem
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow import fs as pafs

    if filesystem in ("arrow", "pyarrow"):
        place = os.fspath(path)
        if "://" not in place:
            return ArrowFSWrapper(pafs.LocalFileSystem(**dict(storage_options or {})))
        if storage_options:
            raise ValueError(
                "filesystem='arrow' takes no storage_options: make a pyarrow.fs file system and pass it as filesystem="
            )
        return ArrowFSWrapper(pafs.FileSystem.from_uri(place)[0])
    if isinstance(filesystem, pafs.FileSystem):
        return ArrowFSWrapper(filesystem)
    raise ValueError(
        f"filesystem is 'fsspec', 'arrow', or a file system of either; it is {filesystem!r} ({type(filesystem).__name__})"
    )


def protocols_of(filesystem: Any) -> tuple[str, ...]:
    """The names of a file system."""
    protocol = filesystem.protocol
    return tuple(protocol) if isinstance(protocol, (tuple, list)) else (protocol,)


def is_local(filesystem: Any) -> bool:
    """Whether files are this machine's own."""
    return "file" in protocols_of(filesystem) or getattr(getattr(filesystem, "fs", None), "type_name", "") == "local"


def find_files(
    path: Any,
    *,
    kind: str,
    storage_options: Mapping[str, Any] | None = None,
    filesystem: Any = None,
    extensions: str | Sequence[str] | None = None,
) -> tuple[Any, list[FoundFile], str | None]:
    """The file system, the files in natural order, and the directory they were looked for in, if there is one.

    Parameters
    ----------
    path : str, path, or list of them
        Files, directories (with all that is below them) and patterns. The order of a list is kept.
    kind : str
        What is looked for, for messages: ``"Parquet"``.
    extensions : str or sequence of str, optional
        Ends of the names that count in directories. Names that begin with ``_`` or ``.`` never do.

    Raises
    ------
    FileNotFoundError
        Nothing is there.
    """
    given = list(path) if isinstance(path, (list, tuple, set, frozenset)) else [path]
    if not given:
        raise ValueError(f"cannot read {kind}: the list of paths is empty")
    for each in given:
        if not isinstance(each, (str, os.PathLike)):
            raise TypeError(f"cannot read {kind} from a {type(each).__name__}: paths are texts or path objects")
    fs = filesystem_for(given[0], storage_options, filesystem)
    if not is_local(fs):
        fs.invalidate_cache()  # others may have written since it was listed
    ends = (extensions,) if isinstance(extensions, str) else None if extensions is None else tuple(extensions)
    files: list[FoundFile] = []
    root: str | None = None
    for each in given:
        place = place_in(fs, os.fspath(each), storage_options)
        found, is_folder = listed(fs, place, ends)
        if not found:
            raise FileNotFoundError(f"cannot read {each!r}: there is no {kind} file of that name, or in that directory")
        files.extend(found)
        if is_folder and len(given) == 1:
            root = place
    return fs, files, root


def place_in(fs: Any, path: str, storage_options: Mapping[str, Any] | None) -> str:
    """A path as its file system knows it; that of ``zip://*.csv::s3://bucket/x.zip`` is within the archive."""
    if "::" not in path or path.startswith("simplecache"):
        return str(fs._strip_protocol(path))
    import fsspec

    return str(fsspec.url_to_fs(path, **dict(storage_options or {}))[1])


def listed(fs: Any, place: str, ends: tuple[str, ...] | None) -> tuple[list[FoundFile], bool]:
    """The files of one path, and whether it is a directory."""
    if any(mark in place for mark in "*?["):
        matches = {path: info for path, info in fs.glob(place, detail=True).items() if UNFINISHED not in path}
        found: dict[str, Any] = {}
        for path, info in matches.items():
            if info.get("type") == "directory":
                found.update({each.path: each for each in below(fs, path, ends)})
            else:
                found[path] = FoundFile.of(path, info)
        return [found[path] for path in sorted(found, key=natural_sort_key)], False
    try:
        info = fs.info(place)
    except FileNotFoundError:
        return [], False
    if info.get("type") == "directory":
        return below(fs, place, ends), True
    return [FoundFile.of(place, info)], False


def below(fs: Any, place: str, ends: tuple[str, ...] | None) -> list[FoundFile]:
    """The files in a directory and the directories in it, without hidden ones."""
    found = fs.find(place, detail=True)
    chosen = [path for path in found if is_data(path[len(place) :], ends)]
    return [FoundFile.of(path, found[path]) for path in sorted(chosen, key=natural_sort_key)]


def is_data(path: str, ends: Iterable[str] | None) -> bool:
    """Whether a file of a directory holds data, by its path in it."""
    parts = path.strip("/").split("/")
    if UNFINISHED in parts[-1] or any(part.startswith((".", "_")) and "=" not in part for part in parts):
        return False
    return ends is None or parts[-1].endswith(tuple(ends))


def unpacked(filesystem: Any, path: str, compression: str | None) -> Any:
    """A file open for reading bytes, which are what it holds before it was compressed.

    Parameters
    ----------
    filesystem : fsspec file system
    path : str
    compression : str, optional
        A method of fsspec's; "infer": as the name ends.
    """
    import fsspec  # here, for a quick import

    return fsspec.core.OpenFile(filesystem, path, "rb", fsspec.core.get_compression(path, compression))
