"""Files that appear whole or not at all: they are written beside their place, and moved there when they are complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from weft.extras import import_required
from weft.io.files import UNFINISHED, is_local, protocols_of

__all__ = ["can_rename", "compressed", "in_place", "packing", "paths_for", "put_in_place", "written_whole"]

#: File systems on which a file is cheaply renamed; others (object stores) show a file when it is committed.
RENAMING = frozenset({"file", "memory", "sftp", "ssh", "smb", "hdfs", "ftp"})


def paths_for(
    path: Any, count: int, name_function: Callable[[int], str] | None = None, ending: str = "part"
) -> list[str]:
    """The paths of several files.

    Parameters
    ----------
    path : str, path, or list of them
        A directory, a path with one ``*``, or a path for each file.
    count : int
    name_function : callable, optional
        Gives what stands in the place of ``*``, by the number of the file. Names must be in order.
    ending : str
        Of the names of files in a directory.

    Examples
    --------
    >>> paths_for("out/*.txt", 3), paths_for("out", 2)
    (['out/0.txt', 'out/1.txt', 'out/2.txt'], ['out/0.part', 'out/1.part'])
    """
    if isinstance(path, (list, tuple, set)):
        paths = [os.fspath(each) for each in path]
        if len(paths) != count:
            raise ValueError(f"cannot write {count} partitions to {len(paths)} paths: there must be one for each")
        return paths
    pattern = os.fspath(path)
    if pattern.count("*") > 1:
        raise ValueError(f"a path to write to has one * at most; {pattern!r} has {pattern.count('*')}")
    if "*" not in pattern:
        pattern = f"{pattern.rstrip('/')}/*.{ending}"
    width = len(str(max(0, count - 1)))
    names = [str(name_function(number)) if name_function else str(number).zfill(width) for number in range(count)]
    if len(set(names)) < count:
        raise ValueError(
            f"name_function gives {next(name for name in names if names.count(name) > 1)!r} more than once"
        )
    if names != sorted(names):
        raise ValueError(
            "name_function must give names in order, so that the files, sorted, are the partitions in theirs"
        )
    return [pattern.replace("*", name) for name in names]


def can_rename(filesystem: Any) -> bool:
    """Whether files of a file system can be renamed cheaply."""
    return not RENAMING.isdisjoint(protocols_of(filesystem)) or is_local(filesystem)


def put_in_place(filesystem: Any, temporary: str, path: str) -> None:
    """Give a complete file its name; what had that name before is replaced."""
    if "file" in protocols_of(filesystem):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(temporary, path)
    else:
        filesystem.makedirs(filesystem._parent(path), exist_ok=True)
        filesystem.mv(temporary, path)


@contextmanager
def in_place(filesystem: Any, place: str) -> Iterator[Any]:
    """A binary stream into a file that takes its place when the block ends without an error."""
    renames = can_rename(filesystem)
    parent = filesystem._parent(place)
    if parent:
        filesystem.makedirs(parent, exist_ok=True)
    target = f"{place}.{os.urandom(4).hex()}{UNFINISHED}" if renames else place
    options = {} if renames else {"autocommit": False}
    opened = filesystem.open(target, "wb", **options)
    try:
        with opened as raw:
            yield raw
    except BaseException:
        if renames:
            with suppress(FileNotFoundError):
                filesystem.rm_file(target)
        else:
            opened.discard()
        raise
    if renames:
        put_in_place(filesystem, target, place)
    else:
        opened.commit()


@contextmanager
def written_whole(
    path: str, compression: str | Mapping[str, Any] | None, storage_options: Mapping[str, Any] | None
) -> Iterator[Any]:
    """A binary stream, compressed if that is asked for, into a file that appears whole or not at all."""
    import fsspec

    fs, place = fsspec.core.url_to_fs(path, **dict(storage_options or {}))
    with in_place(fs, place) as raw, compressed(raw, path, compression) as stream:
        yield stream


@contextmanager
def compressed(raw: Any, path: str, compression: str | Mapping[str, Any] | None) -> Iterator[Any]:
    """A stream into another one, compressed by what `packing` says."""
    make, options = packing(path, compression)
    if make is None:
        yield raw
    else:
        with make(raw, mode="wb", **options) as stream:
            yield stream


def packing(path: str, compression: str | Mapping[str, Any] | None) -> tuple[Any, dict[str, Any]]:
    """What compresses a file, and its options: None for a plain file.

    Parameters
    ----------
    path : str
        Its end names the method where that is "infer".
    compression : str, mapping or None
        A method of fsspec's, or ``{"method": ..., **options}``.

    Raises
    ------
    ValueError
        There is no such method.
    """
    import fsspec

    method: Any = compression
    options: dict[str, Any] = {}
    if isinstance(compression, Mapping):
        options = dict(compression)
        method = options.pop("method", "infer")
    kind = fsspec.core.get_compression(path, method)
    return (None if kind is None else compressor(kind)), options


def compressor(kind: str) -> Any:
    """What fsspec compresses with."""
    known = import_required("fsspec.compression", "compressing files needs fsspec").compr
    if kind not in known:
        raise ValueError(f"there is no compression {kind!r}; there are {sorted(each for each in known if each)}")
    return known[kind]
